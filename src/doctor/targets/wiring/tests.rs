//! What a pod has, in which role, and what could not be read.

use std::collections::HashMap;

use super::super::kit::*;
use super::super::world::{Strays, World};
use super::*;
use crate::doctor::evidence::SourceFact;
use crate::doctor::probes::credentials::Wallet;
use crate::model::image::ImageReference;
use crate::model::view::NamespaceView;

/// Secrets and their roles, as an image of `registry.example.com` sees them.
fn roles(wired: &Wired) -> Vec<(String, Role)> {
    let image = ImageReference::parse("registry.example.com/team/app:1").unwrap();
    let (facts, _) = wired.sources.facts(&image, &mut Wallet::default());
    let name = |fact: &SourceFact| fact.object.clone().unwrap().1;
    facts.iter().map(|fact| (name(fact), fact.role)).collect()
}

fn named(list: &[(&str, Role)]) -> Vec<(String, Role)> {
    list.iter()
        .map(|(name, role)| ((*name).to_owned(), *role))
        .collect()
}

fn origin(wired: &Wired) -> &ListOrigin {
    match &wired.facts[0] {
        Fact::Wiring(wiring) => &wiring.origin,
        other => panic!("{other:?}"),
    }
}

/// The account `default` has `linked`, and the namespace has `other` beside it.
fn shop() -> World {
    world(NamespaceView {
        service_accounts: Ok(vec![account("default", &["linked"])]),
        secrets: Ok(vec![secret("linked"), secret("other"), secret("own")]),
        ..view()
    })
}

#[test]
fn a_pod_made_now_gets_what_the_account_has() {
    let (world, config) = (shop(), config());
    let wired = Wiring::new(&world, &config).account(NAMESPACE, "default");
    assert_eq!(
        roles(&wired),
        named(&[
            ("linked", Role::Used),
            ("other", Role::Unlinked),
            ("own", Role::Unlinked)
        ])
    );
    assert!(wired.lines.is_empty());
}

#[test]
fn a_pod_without_a_list_is_older_than_the_link() {
    let (world, config) = (shop(), config());
    let wired = Wiring::new(&world, &config).pod(&pod("web", Vec::new()), None);
    assert_eq!(roles(&wired)[0], ("linked".to_owned(), Role::Late));
    assert!(matches!(origin(&wired), ListOrigin::Copied { .. }));
}

#[test]
fn a_list_of_its_own_keeps_the_accounts_out() {
    let (world, config) = (shop(), config());
    let wiring = Wiring::new(&world, &config);
    let own = Pod {
        pull_secrets: names(&["own"]),
        ..pod("web", Vec::new())
    };
    let wired = wiring.pod(&own, None);
    assert_eq!(
        roles(&wired),
        named(&[
            ("own", Role::Used),
            ("linked", Role::Overridden),
            ("other", Role::Unlinked)
        ])
    );
    assert!(matches!(origin(&wired), ListOrigin::Own { .. }));

    let template = Workload {
        pull_secrets: names(&["own"]),
        ..workload(kinds::DEPLOYMENT, "web", Vec::new())
    };
    let wired = wiring.template(&template);
    assert_eq!(roles(&wired)[1], ("linked".to_owned(), Role::Overridden));
}

/// How a list came about, where the names alone do not tell.
#[test]
fn whose_list_it_is() {
    let bare = |list: &[&str]| Pod {
        pull_secrets: names(list),
        ..pod("web", Vec::new())
    };
    let applied = |list: &[&str], given: &[&str]| Pod {
        applied_pull_secrets: Some(names(given)),
        ..bare(list)
    };
    let account = account("default", &["a", "b"]);
    let changed = |second| ServiceAccount {
        pull_secrets_changed: at(second),
        ..account.clone()
    };
    let own = Workload {
        pull_secrets: names(&["a"]),
        ..workload(kinds::REPLICA_SET, "web", Vec::new())
    };
    let none = workload(kinds::REPLICA_SET, "web", Vec::new());
    // The template tells, whatever the names are.
    assert!(has_own_list(&bare(&["a"]), Some(&own), Some(&account)));
    assert!(!has_own_list(&bare(&["x"]), Some(&none), Some(&account)));
    // What kubectl was given tells.
    assert!(has_own_list(&applied(&["a"], &["a"]), None, Some(&account)));
    assert!(!has_own_list(&applied(&["a"], &[]), None, Some(&account)));
    // The names tell: some are the account's, as it was then, or none is.
    assert!(!has_own_list(&bare(&["a"]), None, Some(&account)));
    assert!(has_own_list(&bare(&["x"]), None, Some(&account)));
    // The account had both when the pod was made (at 100) with one; or got them since.
    assert!(has_own_list(&bare(&["a"]), None, Some(&changed(50))));
    assert!(!has_own_list(&bare(&["a"]), None, Some(&changed(150))));
    assert!(!has_own_list(&bare(&[]), None, Some(&account)));
    assert!(!has_own_list(&bare(&["a"]), None, None));
}

#[test]
fn an_account_that_is_not_there_makes_no_pod() {
    let (world, config) = (shop(), config());
    let wired = Wiring::new(&world, &config).account(NAMESPACE, "gone");
    assert!(roles(&wired).is_empty());
    assert!(wired.lines[0].detail.contains("shop/gone does not exist"));
    assert_eq!(wired.lines[0].check, Check::Credentials);
}

/// A list that may not be read is made up for by reading what is named; what else is there stays unknown, and is said.
#[test]
fn secrets_that_may_not_be_listed() {
    let config = config();
    let closed = |found| {
        let name = (NAMESPACE.to_owned(), "linked".to_owned());
        let strays = Strays {
            secrets: HashMap::from([(name, found)]),
            ..Strays::default()
        };
        let view = NamespaceView {
            service_accounts: Ok(vec![account("default", &["linked"])]),
            secrets: Err(forbidden("secrets")),
            ..view()
        };
        World::new(view, strays)
    };
    let world = closed(Ok(Some(secret("linked"))));
    let wired = Wiring::new(&world, &config).account(NAMESPACE, "default");
    assert_eq!(roles(&wired), named(&[("linked", Role::Used)]));
    let checks: Vec<_> = wired.lines.iter().map(|line| line.check).collect();
    assert_eq!(checks, [Check::Wiring]);

    let world = closed(Err(forbidden("secrets")));
    let wired = Wiring::new(&world, &config).account(NAMESPACE, "default");
    assert!(roles(&wired).is_empty());
    assert_eq!(wired.lines[0].check, Check::Credentials);
    assert_eq!(wired.lines[0].skip_reason, Some(SkipReason::Forbidden));
}

#[test]
fn a_secret_that_is_named_and_not_there_keeps_its_place() {
    let config = config();
    let world = world(NamespaceView {
        service_accounts: Ok(vec![account("default", &["gone", "linked"])]),
        secrets: Ok(vec![secret("linked")]),
        ..view()
    });
    let wired = Wiring::new(&world, &config).account(NAMESPACE, "default");
    assert_eq!(
        roles(&wired),
        named(&[("gone", Role::Used), ("linked", Role::Used)])
    );
}

#[test]
fn consumers_with_the_same_list_share_their_sources() {
    let (world, config) = (shop(), config());
    let wiring = Wiring::new(&world, &config);
    let first = wiring.pod(&pod("web-1", Vec::new()), None);
    let second = wiring.pod(&pod("web-2", Vec::new()), None);
    assert!(Arc::ptr_eq(&first.sources, &second.sources));
    assert_ne!(first.consumer, second.consumer);
}

//! A look at a whole cluster: what the API server and the registries are asked for it, read from their own logs.

use std::collections::BTreeMap;

use extreg::doctor::causes::Cause;
use extreg::doctor::diagnosis::{Outcome, Report};
use extreg::doctor::evidence::{Check, SkipReason};
use extreg::doctor::targets::Wanted;
use extreg_test_support::fleet::{Fleet, LOGIN, MISSING_TAG, Size};
use extreg_test_support::registry::{At, Fault, LoggedRequest, Origin};

use crate::kit::*;

/// More pods than fit on a page, and more images to a registry than are asked for at once.
const SIZE: Size = Size {
    namespaces: 5,
    deployments: 12,
    pods: 620,
    images: 60,
    registries: 5,
    missing: 2,
};

fn doctor(fleet: &Fleet) -> Doctor {
    Doctor::of("replaced")
        .wanting(Wanted::InUse)
        .everywhere()
        .trust(fleet.ca.root_pem())
        .kubeconfig(fleet.api.kubeconfig("default"))
        .platform(None)
}

fn look(fleet: &Fleet) -> Report {
    doctor(fleet).run()
}

/// The causes of what is not healthy.
fn causes(report: &Report) -> Vec<&'static str> {
    let failed = report
        .results
        .iter()
        .filter(|result| result.outcome() != Outcome::Healthy);
    failed
        .map(|result| result.cause().map_or("none", Cause::id))
        .collect()
}

#[test]
fn every_image_is_asked_for_once_and_politely() {
    let fleet = Fleet::start(SIZE);
    let report = look(&fleet);
    assert_eq!(report.results.len(), SIZE.images);
    assert_eq!(causes(&report), [Cause::TagMissing.id(); 2]);

    let mut manifests: BTreeMap<String, usize> = BTreeMap::new();
    let mut tokens: BTreeMap<(usize, String, bool), usize> = BTreeMap::new();
    for (at, request) in fleet.log() {
        if request.asks_for_token() {
            let login = request.authorization().is_some() || !request.body.is_empty();
            let key = (at, request.target(), login);
            *tokens.entry(key).or_default() += 1;
        } else if request.path.contains("/manifests/") {
            let image = format!("{}{}", request.host, request.path);
            *manifests.entry(image).or_default() += 1;
        }
    }
    // Twice for one that is not there: as the consumer, and as a stranger.
    for (path, asked) in &manifests {
        assert!(*asked <= 2, "{asked} requests for {path}");
    }
    let there = |path: &&String| !path.ends_with(MISSING_TAG);
    let names: Vec<&String> = manifests.keys().filter(there).collect();
    assert_eq!(names.len(), SIZE.images - SIZE.missing, "{names:#?}");
    for (token, asked) in tokens {
        assert_eq!(asked, 1, "{token:?}");
    }
}

#[test]
fn no_registry_has_more_than_four_connections() {
    let fleet = Fleet::start(SIZE);
    look(&fleet);
    for registry in &fleet.registries {
        for origin in [Origin::Registry, Origin::Token] {
            let most = registry.most_connections(origin);
            assert!(most <= 4, "{most} to {:?}", registry.dialect());
        }
    }
}

#[test]
fn lists_are_read_in_pages() {
    let fleet = Fleet::start(SIZE);
    look(&fleet);
    let requests = fleet.api.requests();
    let lists: Vec<_> = requests
        .iter()
        .filter(|request| request.method == "GET" && request.path == "/api/v1/pods")
        .collect();
    assert_eq!(lists.len(), 2, "{lists:#?}");
    for list in &lists {
        assert_eq!(list.parameter("limit").as_deref(), Some("500"));
    }
    assert_eq!(lists[0].parameter("continue"), None);
    assert!(lists[1].parameter("continue").is_some());
    // Nothing is read namespace by namespace but where something fails.
    let by_name = requests
        .iter()
        .filter(|request| request.path.contains("/namespaces/team-"))
        .count();
    assert!(by_name <= 10 * SIZE.missing, "{by_name}");
}

#[test]
fn a_registry_that_asks_for_a_pause_gets_it() {
    let fleet = Fleet::start(Size { missing: 0, ..SIZE });
    for registry in &fleet.registries {
        let busy = Fault::answer(429, "text/plain", "slow down");
        registry.fault(busy.at(At::Manifests).times(2));
        registry.fault(Fault::retry_after("1"));
    }
    let report = look(&fleet);
    assert_eq!(causes(&report), Vec::<&str>::new());
    for registry in &fleet.registries {
        let log = registry.log();
        let busy = log.iter().filter(|request| request.status == Some(429));
        assert_eq!(busy.count(), 2, "{:?}", registry.dialect());
    }
}

#[test]
fn a_registry_that_does_not_recover_is_left_alone() {
    let fleet = Fleet::start(Size { missing: 0, ..SIZE });
    let busy = &fleet.registries[1];
    let answer = Fault::answer(429, "text/plain", "slow down");
    busy.fault(answer.at(At::Manifests));
    busy.fault(Fault::retry_after("0"));
    let report = look(&fleet);
    let images = SIZE.images / SIZE.registries;
    assert_eq!(causes(&report), vec![Cause::Rate.id(); images]);
    let log = busy.log();
    let asked = log.iter().filter(|request| request.status == Some(429));
    // Once for every image, and the pauses' worth of those that were on their way together.
    assert!(asked.count() <= 4 * images);
}

#[test]
fn what_is_known_when_the_user_stops_it_is_told() {
    let fleet = Fleet::start(SIZE);
    let known = 20;
    let report = doctor(&fleet).stopped_after(known).run();
    assert_eq!(report.results.len(), SIZE.images);
    let healthy = report.count(Outcome::Healthy);
    assert!(healthy >= known - SIZE.missing, "{healthy}");
    // What was not reached is not called healthy.
    let log = fleet.log();
    for result in &report.results {
        let reached = log.iter().any(|(_, request)| {
            let path = format!("/v2/{}/manifests/", result.subject.repository());
            request.host == result.subject.registry() && request.path.starts_with(&path)
        });
        assert!(reached || result.outcome() == Outcome::Undetermined);
    }
}

#[test]
fn what_waits_is_looked_at_to_its_last_part_and_what_runs_is_not() {
    let fleet = Fleet::start(SIZE);
    let report = look(&fleet);
    let layers =
        |request: &LoggedRequest| request.method == "HEAD" && request.path.contains("/blobs/");
    assert!(!fleet.log().iter().any(|(_, request)| layers(request)));
    for result in report
        .results
        .iter()
        .filter(|result| result.outcome() == Outcome::Healthy)
    {
        let parts: Vec<_> = result.evidence.of(Check::Blobs).collect();
        assert!(
            parts
                .iter()
                .all(|(_, item)| item.skip_reason == Some(SkipReason::OptIn)),
            "{}",
            told(result)
        );
    }
    // Named, it is looked at in full.
    fleet.forget();
    let image = fleet.images.last().expect("an image");
    let named = Doctor::of(image).trust(fleet.ca.root_pem());
    let host = image.split('/').next().unwrap_or_default();
    named.login(host, LOGIN).healthy();
    assert!(fleet.log().iter().any(|(_, request)| layers(request)));
}

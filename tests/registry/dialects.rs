//! Every dialect: how it is known, how a good and a wrong password are told apart, and what it says to the questions of a
//! diagnosis. The table is what people's registries answer; a line that changes is a registry that is understood differently.

use std::fmt::Write as _;

use extreg::model::credential::Credential;
use extreg::model::dialect::Dialect;
use extreg::model::observation::{
    Exchange, LoginVerdict, ManifestView, PingKind, Purpose, PushVerdict, PushView,
};
use extreg::registry::Registry;
use extreg_test_support::content::Image;
use extreg_test_support::registry::{
    self as embedded, Block, Limit, RegistryBuilder, User, Variant,
};
use extreg_test_support::registry::{Dialect as Kind, Fault};

use secrecy::SecretString;

use crate::kit::{CANARY, alice, of, password, plain_client};

/// Alice may pull and push in `team`, and only pull `team/base`; she has no right on `other`.
fn builder(kind: Kind) -> RegistryBuilder {
    of(kind).user(
        User::new("alice", CANARY)
            .pull("team/*")
            .push("team/app")
            .push("team/app/*"),
    )
}

fn fill(registry: &embedded::Registry) {
    for repository in ["team/app", "team/base", "other/app"] {
        registry.push_image(&named(registry, repository), "1.0", &Image::new());
    }
}

/// Google's names have three components at least.
fn named(registry: &embedded::Registry, repository: &str) -> String {
    match registry.dialect() {
        Kind::ArtifactRegistry => format!("{repository}/web"),
        _ => repository.to_owned(),
    }
}

fn mallory(registry: &embedded::Registry) -> Registry {
    plain_client(registry, vec![password("alice", "wrong-password")])
}

fn verdict(verdict: &LoginVerdict) -> String {
    match verdict {
        LoginVerdict::Accepted => "accepted".to_owned(),
        LoginVerdict::Refused { expired, words } => {
            format!(
                "refused{} {words:?}",
                if *expired { " (expired)" } else { "" }
            )
        }
        LoginVerdict::NotProved { why } => format!("not proved: {why}"),
        other => format!("{other:?}"),
    }
}

fn seen(exchange: &Exchange) -> String {
    match &exchange.result {
        Ok(answer) => {
            let by = match exchange.purpose {
                Purpose::Token | Purpose::CredentialCheck => "token ",
                _ => "",
            };
            format!("{by}{} {}", answer.status, answer.words())
                .trim_end()
                .to_owned()
        }
        Err(fault) => format!("{fault:?}"),
    }
}

fn pulled(view: &ManifestView) -> String {
    let granted = view
        .grant
        .as_ref()
        .and_then(|grant| grant.granted.as_ref())
        .map(|granted| format!(" [{}]", granted.join(",")))
        .unwrap_or_default();
    format!("{}{granted}", seen(&view.exchange))
}

fn pushed(view: &PushView) -> String {
    let leftover = if view.leftover.is_some() {
        ", leftover"
    } else {
        ""
    };
    match &view.verdict {
        PushVerdict::Allowed => format!("allowed{leftover}"),
        PushVerdict::Denied { words } => format!("denied: {words}"),
        PushVerdict::RepositoryMissing { words } => format!("repository missing: {words}"),
        PushVerdict::Refused { words } => format!("refused: {words}"),
        PushVerdict::NotProved { why } => format!("not proved: {why}"),
    }
}

/// Requests that carried credentials and were refused for that.
fn refused_logins(registry: &embedded::Registry) -> usize {
    registry
        .log()
        .iter()
        .filter(|request| request.authorization().is_some())
        .filter(|request| matches!(request.status, Some(400 | 401 | 403)))
        .count()
}

async fn describe(name: &str, registry: &embedded::Registry, table: &mut String) {
    fill(registry);
    let client = alice(registry);
    let mut line = |what: &str, text: &str| {
        writeln!(table, "  {what:<12} {text}").expect("a string");
    };
    let ping = client.ping().await;
    line("ping", &format!("{:?}, {}", ping.kind, ping.dialect.name()));
    line("login", &verdict(&client.login(0).await.verdict));

    let wrong = mallory(registry);
    registry.clear_log();
    let repository = named(registry, "team/app");
    let (login, denied) = tokio::join!(wrong.login(0), wrong.manifest(&repository, "1.0", Some(0)));
    line("wrong", &verdict(&login.verdict));
    assert!(
        denied.manifest.is_none() || name == "Distribution",
        "{name}"
    );
    assert!(
        refused_logins(registry) <= 1,
        "{name}: {:#?}",
        registry.log()
    );

    for (what, repository, tag, credential) in [
        ("there", "team/app", "1.0", Some(0)),
        ("no tag", "team/app", "2.0", Some(0)),
        ("no right", "other/app", "1.0", Some(0)),
        ("no repo", "other/none", "1.0", Some(0)),
        ("anonymous", "team/app", "1.0", None),
    ] {
        line(
            what,
            &pulled(
                &client
                    .manifest(&named(registry, repository), tag, credential)
                    .await,
            ),
        );
    }
    let tags = client
        .tags(&named(registry, "team/app"), Some(0), 100)
        .await;
    line("tags", &seen(&tags.exchange));

    // Nothing up to here may have created anything.
    assert_eq!(
        registry.created_repositories(),
        Vec::<String>::new(),
        "{name}"
    );
    let mut leftovers = 0;
    for (what, repository) in [
        ("push", "team/app"),
        ("push base", "team/base"),
        ("push none", "other/none"),
    ] {
        let view = client.push(&named(registry, repository), Some(0)).await;
        line(what, &pushed(&view));
        leftovers += usize::from(view.leftover.is_some());
    }
    // What could not be cancelled is said.
    assert_eq!(registry.open_uploads(), leftovers, "{name}");
    assert_eq!(
        registry.created_repositories(),
        Vec::<String>::new(),
        "{name}: the push probe created something"
    );
    let said = format!("{:?}", client.exchanges());
    assert!(!said.contains(CANARY), "{name}");
}

#[tokio::test]
async fn what_every_dialect_says() {
    let mut table = String::new();
    for kind in Kind::ALL {
        writeln!(table, "{kind:?}").expect("a string");
        let registry = builder(*kind).start();
        describe(&format!("{kind:?}"), &registry, &mut table).await;
    }
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn variants_are_the_same_dialect() {
    let mut table = String::new();
    for (kind, variant) in [
        (Kind::Ghcr, Variant::GhcrLegacy),
        (Kind::Artifactory, Variant::ArtifactoryPath),
        (Kind::Artifactory, Variant::ArtifactoryBasic),
        (Kind::Zot, Variant::ZotBearer),
        (Kind::Nexus, Variant::NexusBearer),
        (Kind::OpenShift, Variant::OpenShiftBasic),
    ] {
        writeln!(table, "{kind:?} {variant:?}").expect("a string");
        let registry = builder(kind).variant(variant).start();
        describe(&format!("{variant:?}"), &registry, &mut table).await;
    }
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn every_embedded_dialect_is_known() {
    for kind in Kind::ALL {
        let expected = match kind {
            Kind::Distribution | Kind::DistributionToken | Kind::DistributionBasic => {
                Dialect::Distribution
            }
            Kind::DockerHub => Dialect::DockerHub,
            Kind::Quay => Dialect::Quay,
            Kind::RedHat => Dialect::RedHat,
            Kind::Ghcr => Dialect::Ghcr,
            Kind::GitLab => Dialect::GitLab,
            Kind::Ecr => Dialect::Ecr,
            Kind::EcrPublic => Dialect::EcrPublic,
            Kind::ArtifactRegistry => Dialect::ArtifactRegistry,
            Kind::Acr => Dialect::Acr,
            Kind::Harbor => Dialect::Harbor,
            Kind::Artifactory => Dialect::Artifactory,
            Kind::Zot => Dialect::Zot,
            Kind::Nexus => Dialect::Nexus,
            Kind::OpenShift => Dialect::OpenShift,
            Kind::Gitea => Dialect::Gitea,
        };
        let registry = builder(*kind).start();
        assert_eq!(alice(&registry).dialect().await, expected, "{kind:?}");
    }
}

#[tokio::test]
async fn repositories_that_only_asking_would_create_are_left_uncreated() {
    for kind in [Kind::Quay, Kind::GitLab] {
        let registry = of(kind)
            .user(User::new("alice", CANARY).pull("*").push("*"))
            .start();
        registry.push_image("team/app", "1.0", &Image::new());
        let client = alice(&registry);
        let missing = client.push("team/none", Some(0)).await;
        assert!(
            matches!(missing.verdict, PushVerdict::NotProved { .. }),
            "{kind:?}: {missing:?}"
        );
        assert_eq!(registry.created_repositories(), Vec::<String>::new());
        let there = client.push("team/app", Some(0)).await;
        assert_eq!(there.verdict, PushVerdict::Allowed, "{kind:?}");
    }
}

#[tokio::test]
async fn a_service_named_by_the_request_alone_is_found() {
    let registry = builder(Kind::Nexus).variant(Variant::NexusPaths).start();
    fill(&registry);
    let client = alice(&registry);
    let view = client.manifest("team/app", "1.0", Some(0)).await;
    assert!(view.manifest.is_some(), "{:#?}", client.exchanges());
}

/// A repository may refuse a login that is good, with the words of one that is not.
#[tokio::test]
async fn a_repository_that_refuses_basic_does_not_make_the_password_wrong() {
    for kind in [Kind::Nexus, Kind::Ecr, Kind::Zot] {
        let registry = builder(kind).start();
        fill(&registry);
        let client = alice(&registry);
        let refused = client.manifest("other/app", "1.0", Some(0)).await;
        assert!(refused.manifest.is_none(), "{kind:?}");
        let there = client.manifest("team/app", "1.0", Some(0)).await;
        assert!(there.manifest.is_some(), "{kind:?}: {there:?}");
        assert_eq!(client.login(0).await.verdict, LoginVerdict::Accepted);
    }
}

#[tokio::test]
async fn identity_tokens_are_exchanged_and_registry_tokens_sent_as_they_are() {
    let registry = builder(Kind::Acr).start();
    fill(&registry);
    let identity = |token: &str| Credential::IdentityToken {
        username: "00000000-0000-0000-0000-000000000000".to_owned(),
        token: SecretString::from(token),
    };
    let client = plain_client(&registry, vec![identity(CANARY), identity("wrong-token")]);
    let (view, login) = tokio::join!(client.manifest("team/app", "1.0", Some(0)), client.login(0));
    assert!(view.manifest.is_some(), "{view:?}");
    assert_eq!(login.verdict, LoginVerdict::Accepted);
    assert!(matches!(
        client.login(1).await.verdict,
        LoginVerdict::Refused { .. }
    ));
    let said = format!("{:?}", client.exchanges());
    assert!(!said.contains(CANARY) && !said.contains("wrong-token"));

    let bearer = registry
        .log()
        .iter()
        .find_map(|request| {
            let token = request.authorization()?.strip_prefix("Bearer ")?;
            Some(token.to_owned())
        })
        .unwrap();
    let tokens = vec![
        Credential::RegistryToken(SecretString::from(bearer)),
        Credential::RegistryToken(SecretString::from("no-such-token")),
    ];
    let client = plain_client(&registry, tokens);
    assert_eq!(client.login(0).await.verdict, LoginVerdict::Accepted);
    let view = client.manifest("team/app", "1.0", Some(0)).await;
    assert!(view.manifest.is_some() && view.grant.is_none());
    assert!(matches!(
        client.login(1).await.verdict,
        LoginVerdict::Refused { .. }
    ));
}

#[tokio::test]
async fn a_registry_that_says_the_login_has_expired_is_believed() {
    let registry = of(Kind::Ecr)
        .user(User::new("AWS", CANARY).pull("*").expired())
        .start();
    fill(&registry);
    let client = plain_client(&registry, vec![password("AWS", CANARY)]);
    let (login, view) = tokio::join!(client.login(0), client.manifest("team/app", "1.0", Some(0)));
    assert!(
        matches!(login.verdict, LoginVerdict::Refused { expired: true, .. }),
        "{login:?}"
    );
    assert!(view.manifest.is_none());
    assert_eq!(crate::kit::with_credentials(&registry), 1);
}

#[tokio::test]
async fn hosts_that_keep_everybody_out_are_not_blamed_on_the_login() {
    let ui = builder(Kind::Nexus).variant(Variant::NexusUiPort).start();
    let client = alice(&ui);
    assert!(matches!(
        client.ping().await.kind,
        PingKind::NotARegistry { .. }
    ));
    let login = client.login(0).await;
    assert!(
        matches!(login.verdict, LoginVerdict::Unknown { .. }),
        "{login:?}"
    );
    assert!(matches!(
        client.push("team/app", Some(0)).await.verdict,
        PushVerdict::NotProved { .. }
    ));
    assert_eq!(crate::kit::with_credentials(&ui), 0);

    let no_ability = of(Kind::GitLab)
        .user(
            User::new("alice", CANARY)
                .pull("*")
                .without_registry_ability(),
        )
        .start();
    fill(&no_ability);
    let login = alice(&no_ability).login(0).await;
    assert!(
        matches!(login.verdict, LoginVerdict::Refused { expired: false, .. }),
        "{login:?}"
    );
}

#[tokio::test]
async fn a_password_that_says_when_it_ended_is_expired() {
    let registry = builder(Kind::OpenShift).start();
    fill(&registry);
    // {"alg":"none"} . {"exp":1700000000} . signature
    let ended = "eyJhbGciOiJub25lIn0.eyJleHAiOjE3MDAwMDAwMDB9.c2ln";
    let client = plain_client(&registry, vec![password("alice", ended)]);
    assert!(matches!(
        client.login(0).await.verdict,
        LoginVerdict::Refused { expired: true, .. }
    ));
}

#[tokio::test]
async fn policies_and_limits_keep_the_registrys_words() {
    let harbor = builder(Kind::Harbor).start();
    fill(&harbor);
    harbor.block("team/app", Block::Vulnerabilities(7));
    let view = alice(&harbor).manifest("team/app", "1.0", Some(0)).await;
    let answer = crate::kit::answer(&view.exchange);
    assert_eq!(answer.status, 412);
    assert!(answer.has_code("PROJECTPOLICYVIOLATION"));

    let hub = builder(Kind::DockerHub).start();
    fill(&hub);
    hub.fault(Fault::limited(Limit::PullQuota));
    let view = alice(&hub).manifest("team/app", "1.0", Some(0)).await;
    let answer = crate::kit::answer(&view.exchange);
    assert_eq!(answer.status, 429);
    assert!(answer.has_code("TOOMANYREQUESTS"));

    let quay = builder(Kind::Quay).start();
    fill(&quay);
    quay.fault(Fault::limited(Limit::Login));
    let login = alice(&quay).login(0).await;
    assert!(
        matches!(login.verdict, LoginVerdict::Throttled { .. }),
        "{login:?}"
    );
}

#[tokio::test]
async fn a_registry_with_another_clock_refuses_fresh_tokens() {
    for seconds in [-3600, 3600] {
        let registry = builder(Kind::DistributionToken).start();
        fill(&registry);
        registry.fault(Fault::clock_skew(seconds));
        let client = alice(&registry);
        let (login, view) =
            tokio::join!(client.login(0), client.manifest("team/app", "1.0", Some(0)));
        let LoginVerdict::TokenRefused {
            clock_skew: Some(skew),
        } = login.verdict
        else {
            panic!("{seconds}: {login:?} {view:?}");
        };
        assert!((3000..4000).contains(&skew.as_secs()), "{skew:?}");
    }
}

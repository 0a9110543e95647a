//! The rules of politeness and safety, each proven by what the servers were sent.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use extreg::model::observation::{ExchangeFault, LoginVerdict, Purpose, Withheld};
use extreg::registry::Registry;
use extreg_test_support::certs::Ca;
use extreg_test_support::content::Image;
use extreg_test_support::registry::{self as embedded, At, Fault, Origin, RegistryBuilder, User};

use crate::kit::{
    CANARY, alice, answer, blobs, client, fault, of, open_registry, options, password,
    with_credentials,
};

fn token_registry() -> RegistryBuilder {
    of(embedded::Dialect::DistributionToken).user(User::new("alice", CANARY).pull("*").push("*"))
}

/// Everything that a diagnosis asks, short of the push probe; what came of it as text.
async fn diagnose(client: &Registry) -> String {
    let (dial, ping, login, nobody, view, tags) = tokio::join!(
        client.dial(),
        client.ping(),
        client.login(0),
        client.manifest("team/app", "1.0", None),
        client.manifest("team/app", "1.0", Some(0)),
        client.tags("team/app", Some(0), 100),
    );
    let mut checked = Vec::new();
    if view.manifest.is_some() {
        for blob in blobs(&view) {
            checked.push(client.blob("team/app", &blob, Some(0)).await);
        }
    }
    format!(
        "{dial:?} {ping:?} {login:?} {nobody:?} {view:?} {tags:?} {checked:?} {:?}",
        client.exchanges()
    )
}

/// The canary, also in the forms in which it travels.
fn assert_no_canary(text: &str) {
    for secret in [
        CANARY.to_owned(),
        STANDARD.encode(format!("alice:{CANARY}")),
        STANDARD.encode(CANARY),
    ] {
        assert!(!text.contains(&secret), "{secret} is in {text}");
    }
}

#[tokio::test]
async fn a_diagnosis_asks_for_nothing_but_pull() {
    let registry = token_registry().start();
    registry.push_image("team/app", "1.0", &Image::new());
    let said = diagnose(&alice(&registry)).await;
    assert_no_canary(&said);
    for request in registry.log() {
        assert!(
            matches!(request.method.as_str(), "GET" | "HEAD"),
            "{request:?}"
        );
        let query = request.query.clone().unwrap_or_default();
        for word in ["push", "delete", "%2A", "*"] {
            assert!(!query.contains(word), "{query}");
        }
    }
}

#[tokio::test]
async fn storage_gets_no_credentials() {
    let ca = Ca::new("Corp Root");
    let registry = token_registry()
        .tls(&ca.server(&["127.0.0.1"]))
        .blob_storage()
        .start();
    registry.push_image("team/app", "1.0", &Image::new());
    let client = client(
        &registry.host(),
        vec![password("alice", CANARY)],
        options(&[ca.pem()]),
    );
    diagnose(&client).await;
    let log = registry.log();
    let stored: Vec<_> = log
        .iter()
        .filter(|request| request.origin == Origin::Storage)
        .collect();
    assert_eq!(stored.len(), 2);
    let dialled: Vec<String> = client
        .dials()
        .iter()
        .map(|dial| dial.origin.to_string())
        .collect();
    assert!(dialled.contains(&registry.url()));
    assert!(dialled.contains(&registry.storage_url().unwrap().to_owned()));
    for request in stored {
        assert_eq!(request.authorization(), None);
    }
}

#[tokio::test]
async fn a_redirect_to_another_registry_takes_no_credentials_along_and_its_challenge_is_not_answered()
 {
    let ca = Ca::new("Corp Root");
    let server = ca.server(&["127.0.0.1"]);
    let registry = token_registry().tls(&server).start();
    registry.push_image("team/app", "1.0", &Image::new());
    let other = token_registry().tls(&server).start();
    other.push_image("team/app", "1.0", &Image::new());
    registry.fault(Fault::redirect_elsewhere(&other.url()).at(At::Manifests));
    let client = client(
        &registry.host(),
        vec![password("alice", CANARY)],
        options(&[ca.pem()]),
    );
    let view = client.manifest("team/app", "1.0", Some(0)).await;
    assert_eq!(answer(&view.exchange).status, 401);
    assert_eq!(other.log().len(), 1);
    assert_eq!(with_credentials(&other), 0);
}

#[tokio::test]
async fn redirects_to_plain_http_are_not_followed() {
    let ca = Ca::new("Corp Root");
    let elsewhere = open_registry();
    let registry = token_registry()
        .tls(&ca.server(&["127.0.0.1"]))
        .blob_storage_at(&elsewhere.url())
        .start();
    registry.push_image("team/app", "1.0", &Image::new());
    let client = client(
        &registry.host(),
        vec![password("alice", CANARY)],
        options(&[ca.pem()]),
    );
    let view = client.manifest("team/app", "1.0", Some(0)).await;
    let blob = client.blob("team/app", &blobs(&view)[0], Some(0)).await;
    assert!(matches!(
        fault(blob.redirected.as_ref().unwrap()),
        ExchangeFault::Withheld(Withheld::Redirect { .. })
    ));
    registry.fault(Fault::redirect_elsewhere(&elsewhere.url()).at(At::Manifests));
    let view = client.manifest("team/app", "2.0", Some(0)).await;
    assert!(matches!(
        fault(&view.exchange),
        ExchangeFault::Withheld(Withheld::Redirect { .. })
    ));
    assert!(elsewhere.log().is_empty());
}

/// What is withheld from a registry with TLS that announces `realm`.
async fn withheld_from(realm: &str) -> Withheld {
    let ca = Ca::new("Corp Root");
    let registry = token_registry()
        .tls(&ca.server(&["127.0.0.1"]))
        .realm(realm)
        .start();
    registry.push_image("team/app", "1.0", &Image::new());
    let client = client(
        &registry.host(),
        vec![password("alice", CANARY)],
        options(&[ca.pem()]),
    );
    let start = Instant::now();
    for credential in [None, Some(0)] {
        let view = client.manifest("team/app", "1.0", credential).await;
        assert!(matches!(fault(&view.exchange), ExchangeFault::Withheld(_)));
        assert_eq!(view.exchange.purpose, Purpose::Token);
    }
    assert!(matches!(
        client.login(0).await.verdict,
        LoginVerdict::ServiceFault { .. }
    ));
    assert_eq!(with_credentials(&registry), 0);
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "something was dialled"
    );
    match fault(&client.manifest("team/app", "1.0", Some(0)).await.exchange) {
        ExchangeFault::Withheld(why) => why.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn nothing_is_sent_to_realms_that_no_registry_should_name() {
    let eavesdropper = open_registry();
    let down = format!("{}/token", eavesdropper.url());
    assert_eq!(
        withheld_from(&down).await,
        Withheld::RealmDowngrade { realm: down }
    );
    assert!(eavesdropper.log().is_empty());
    let metadata = "https://169.254.169.254/latest/token";
    assert_eq!(
        withheld_from(metadata).await,
        Withheld::RealmAddress {
            realm: metadata.to_owned()
        }
    );
    assert!(matches!(
        withheld_from("https://alice:secret@127.0.0.1/token").await,
        Withheld::RealmMalformed { .. }
    ));
}

/// Harbor with a wrong external address: the commonest way to come by such a realm.
#[tokio::test]
async fn a_realm_that_steps_down_by_mistake_gets_nothing_either() {
    let ca = Ca::new("Corp Root");
    let harbor = of(embedded::Dialect::Harbor)
        .variant(embedded::Variant::HarborHttpRealm)
        .tls(&ca.server(&["127.0.0.1"]))
        .user(User::new("alice", CANARY).pull("*"))
        .start();
    harbor.push_image("team/app", "1.0", &Image::new());
    let client = client(
        &harbor.host(),
        vec![password("alice", CANARY)],
        options(&[ca.pem()]),
    );
    let view = client.manifest("team/app", "1.0", Some(0)).await;
    assert!(matches!(
        fault(&view.exchange),
        ExchangeFault::Withheld(Withheld::RealmDowngrade { .. })
    ));
    assert_eq!(with_credentials(&harbor), 0);
}

#[tokio::test]
async fn redirects_of_the_token_service_are_not_followed() {
    let elsewhere = open_registry();
    let registry = token_registry().start();
    registry.push_image("team/app", "1.0", &Image::new());
    registry.fault(Fault::redirect_elsewhere(&elsewhere.url()).at(At::Token));
    let client = alice(&registry);
    let view = client.manifest("team/app", "1.0", Some(0)).await;
    assert!(answer(&view.exchange).is_redirect());
    assert!(matches!(
        client.login(0).await.verdict,
        LoginVerdict::ServiceFault { .. }
    ));
    assert!(elsewhere.log().is_empty());
}

#[tokio::test]
async fn bodies_are_bounded() {
    let registry = token_registry().anonymous_pull("*").start();
    registry.push_image("team/app", "1.0", &Image::new());
    registry.fault(Fault::endless_body().at(At::Manifests));
    registry.fault(Fault::endless_body().at(At::Tags));
    let client = alice(&registry);
    let view = client.manifest("team/app", "1.0", Some(0)).await;
    let endless = answer(&view.exchange);
    assert!(endless.truncated);
    assert_eq!(endless.body.len(), 4 * 1024 * 1024);
    let tags = client.tags("team/app", Some(0), 10).await;
    assert!(answer(&tags.exchange).truncated);
    assert_eq!(answer(&tags.exchange).body.len(), 1024 * 1024);
    // What is kept for the report is not the megabytes.
    let kept: usize = client
        .exchanges()
        .iter()
        .filter_map(|exchange| exchange.answer())
        .map(|answer| answer.body.len())
        .sum();
    assert!(kept < 64 * 1024, "{kept}");

    let registry = token_registry().start();
    registry.push_image("team/app", "1.0", &Image::new());
    registry.fault(Fault::endless_body().at(At::Token));
    let view = alice(&registry).manifest("team/app", "1.0", Some(0)).await;
    assert_eq!(view.exchange.purpose, Purpose::Token);
    assert!(view.manifest.is_none());
}

#[tokio::test]
async fn a_server_that_repeats_what_it_was_sent_is_not_quoted() {
    let registry = token_registry().start();
    let basic = STANDARD.encode(format!("alice:{CANARY}"));
    let echo =
        format!(r#"{{"errors":[{{"code":"UNAUTHORIZED","message":"bad {CANARY} in {basic}"}}]}}"#);
    registry.fault(Fault::answer(401, "application/json", &echo).at(At::Token));
    let said = diagnose(&alice(&registry)).await;
    assert_no_canary(&said);
    assert!(said.contains("[secret]"));
}

#[tokio::test]
async fn tokens_are_in_nothing_that_is_reported() {
    let registry = token_registry().start();
    registry.push_image("team/app", "1.0", &Image::new());
    let said = diagnose(&alice(&registry)).await;
    let mut tokens = 0;
    for request in registry.log() {
        if let Some(token) = request
            .authorization()
            .and_then(|value| value.strip_prefix("Bearer "))
        {
            assert!(!said.contains(token));
            tokens += 1;
        }
    }
    assert!(tokens > 0);
}

#[tokio::test]
async fn a_limited_login_is_not_tried_again() {
    let registry = token_registry().start();
    registry.push_image("team/app", "1.0", &Image::new());
    registry.fault(Fault::status(429).at(At::Token));
    let client = alice(&registry);
    let (login, view) = tokio::join!(client.login(0), client.manifest("team/app", "1.0", Some(0)));
    assert!(matches!(login.verdict, LoginVerdict::Throttled { .. }));
    assert_eq!(answer(&view.exchange).status, 429);
    assert_eq!(with_credentials(&registry), 1);
}

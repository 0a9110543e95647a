//! The check that `link` makes before it writes: doctor's probes and words for one registry and one credential.

use std::time::{Duration, Instant};

use extreg::doctor::ask::Depth;
use extreg::doctor::causes::Cause;
use extreg::doctor::check::{CheckOutcome, CheckRequest, CheckStatus, check};
use extreg::doctor::setup;
use extreg::env::Env;
use extreg::model::credential::Credential;
use extreg::model::endpoint::RegistryArgument;
use extreg::model::image::ImageReference;
use extreg::model::pem;
use extreg::model::trust::RootStore;
use extreg_test_support::net::ClosedPort;
use extreg_test_support::registry::Dialect;

use crate::dialects::World;
use crate::kit::*;

fn checked(
    host: &str,
    ca: &str,
    (user, password): (&str, &str),
    image: Option<&str>,
) -> CheckOutcome {
    let mut roots = RootStore::new();
    roots.add_bundle("the test", &pem::parse(ca.as_bytes()));
    let deadline = Instant::now() + Duration::from_secs(30);
    let proxy = setup::proxy_rules(&Env::default());
    let request = CheckRequest {
        registry: RegistryArgument::parse(host).expect("a registry"),
        credential: Some(Credential::Password {
            username: user.to_owned(),
            password: password.into(),
        }),
        image: image
            .map(|image| ImageReference::parse(&format!("{host}/{image}")).expect("an image")),
        options: setup::registry_options(
            &std::sync::Arc::new(roots),
            None,
            proxy,
            false,
            false,
            deadline,
        ),
        client: None,
        depth: Depth::Full,
    };
    tokio::runtime::Runtime::new()
        .expect("a runtime")
        .block_on(check(request))
}

fn in_world(dialect: Dialect, login: (&str, &str), image: Option<&str>) -> CheckOutcome {
    let world = World::new(dialect);
    checked(&world.registry.host(), world.ca.root_pem(), login, image)
}

#[test]
fn a_good_login_says_what_was_checked() {
    let outcome = in_world(Dialect::DistributionToken, ALICE, None);
    assert_eq!(outcome.status, CheckStatus::Healthy, "{outcome:?}");
    let said = outcome.checked.join("\n");
    for words in [
        "answers as a registry (CNCF distribution)",
        "the login alice is accepted",
        "is trusted",
    ] {
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(outcome.unchecked, Vec::<String>::new());
    let outcome = in_world(Dialect::DistributionToken, ALICE, Some("team/app:1.0"));
    assert_eq!(outcome.status, CheckStatus::Healthy, "{outcome:?}");
    assert!(
        outcome.checked.join("\n").contains("it may pull"),
        "{outcome:?}"
    );
}

#[test]
fn what_fails_has_doctors_words() {
    for (outcome, cause) in [
        (
            in_world(Dialect::Quay, MALLORY, None),
            Cause::BadCredentials,
        ),
        (
            in_world(Dialect::DistributionToken, BOB, Some("team/app:1.0")),
            Cause::PullDenied,
        ),
        (
            in_world(Dialect::DistributionToken, ALICE, Some("team/none:1")),
            Cause::RepositoryMissing,
        ),
        (
            checked(&ClosedPort::new().host(), "", ALICE, None),
            Cause::Refused,
        ),
    ] {
        assert_eq!(
            (outcome.status, outcome.cause),
            (CheckStatus::Failed, Some(cause)),
            "{outcome:?}"
        );
        assert!(!outcome.because.is_empty(), "{outcome:?}");
        assert!(!format!("{outcome:?}").contains(SECRET));
    }
    let world = World::new(Dialect::DistributionToken);
    let untrusted = checked(&world.registry.host(), "", ALICE, None);
    assert_eq!(untrusted.cause, Some(Cause::UnknownCa), "{untrusted:?}");
    assert!(
        world
            .registry
            .log()
            .iter()
            .all(|request| request.authorization().is_none())
    );
}

#[test]
fn a_login_that_proves_nothing_is_not_called_good() {
    let outcome = in_world(Dialect::Distribution, ALICE, None);
    assert_eq!(outcome.status, CheckStatus::Undetermined, "{outcome:?}");
    assert!(
        outcome
            .unchecked
            .join("\n")
            .contains("whether the password of alice is right"),
        "{outcome:?}"
    );
}

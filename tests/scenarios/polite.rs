//! What doctor does not do to registries, read from the registry's own log.

use extreg_test_support::registry::{Dialect, LoggedRequest, Origin};

use crate::dialects::{NO_DIGEST, World};
use crate::kit::*;

/// Everything that the questions of all kinds leave in the log.
fn log_of(dialect: Dialect) -> Vec<LoggedRequest> {
    let world = World::new(dialect);
    for (image, login) in [
        ("team/app:1.0", Some(ALICE)),
        ("team/app:1.0", None),
        ("team/app:1.0", Some(BOB)),
        ("team/none:1", Some(ALICE)),
        (NO_DIGEST, Some(ALICE)),
    ] {
        drop(world.doctor(image, login).run());
    }
    world.registry.log()
}

#[test]
fn nothing_is_asked_for_but_pulls_and_nothing_is_written() {
    for &dialect in Dialect::ALL {
        for request in log_of(dialect) {
            let target = request.target();
            for word in ["push", "delete", "%2A", "*"] {
                assert!(!target.contains(word), "{dialect:?}: {target}");
            }
            assert!(
                ["GET", "HEAD"].contains(&request.method.as_str()),
                "{dialect:?}: {} {target}",
                request.method
            );
        }
    }
}

#[test]
fn a_wrong_password_is_sent_once() {
    for &dialect in Dialect::ALL {
        let world = World::new(dialect);
        drop(world.doctor("team/app:1.0", Some(MALLORY)).run());
        let refused = world
            .registry
            .log()
            .iter()
            .filter(|request| {
                request
                    .authorization()
                    .is_some_and(|sent| sent.starts_with("Basic "))
            })
            .filter(|request| matches!(request.status, Some(401 | 403)))
            .count();
        assert!(refused <= 1, "{dialect:?}: {refused} refused logins");
    }
}

#[test]
fn storage_gets_no_credentials() {
    let world = World::of(
        extreg_test_support::registry::Registry::builder()
            .dialect(Dialect::DistributionToken)
            .blob_storage(),
    );
    world.doctor("team/app:1.0", Some(ALICE)).healthy();
    let log = world.registry.log();
    assert!(log.iter().any(|request| request.origin == Origin::Storage));
    for request in log
        .iter()
        .filter(|request| request.origin == Origin::Storage)
    {
        assert_eq!(request.authorization(), None);
    }
}

#[test]
fn names_are_guessed_few_times() {
    let world = World::new(Dialect::Quay);
    let _open = world.doctor("repository/some/thing_that-is:1", None).run();
    let asked: std::collections::BTreeSet<String> = world
        .registry
        .log()
        .iter()
        .filter(|request| request.path.contains("/manifests/") || request.path.contains("/tags/"))
        .map(|request| request.path.clone())
        .collect();
    assert!(
        asked.len() <= 6,
        "the image itself and five guesses: {asked:?}"
    );
}

#[test]
fn credentials_stay_off_plain_http_that_nobody_asked_for() {
    let world = World::new(Dialect::DistributionBasic);
    world
        .registry
        .fault(extreg_test_support::registry::Fault::plain_http());
    drop(world.doctor("team/app:1.0", Some(ALICE)).run());
    assert!(
        world
            .registry
            .log()
            .iter()
            .all(|request| request.authorization().is_none())
    );
}

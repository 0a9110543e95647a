//! The registry itself: limits, failures, policies, its token service, its clock, the push right.

use extreg::doctor::causes::Cause;
use extreg::doctor::diagnosis::{Diagnosis, Outcome};
use extreg::doctor::finding::Confidence;
use extreg_test_support::content::Image;
use extreg_test_support::net::ClosedPort;
use extreg_test_support::registry::{At, Block, Dialect, Fault, Limit, Registry, User, Variant};

use crate::dialects::World;
use crate::kit::*;

#[test]
fn limits_are_told_apart() {
    for (limit, words) in [
        (Limit::PullQuota, "a limit on pulls"),
        (Limit::Abuse, "a limit on requests"),
    ] {
        let world = World::new(Dialect::DockerHub);
        world.registry.fault(Fault::limited(limit));
        let result = world.doctor("public/app:1.0", None).certainly(Cause::Rate);
        assert!(result.summary().contains(words), "{}", result.summary());
        World::new(Dialect::DockerHub)
            .doctor("public/app:1.0", None)
            .healthy();
    }
    let world = World::new(Dialect::Quay);
    world.registry.fault(Fault::limited(Limit::Login));
    let result = world
        .doctor("team/app:1.0", Some(ALICE))
        .certainly(Cause::Rate);
    assert!(
        result.summary().contains("a limit on logins"),
        "{}",
        result.summary()
    );
}

#[test]
fn failures_of_the_registry() {
    for fault in [
        Fault::status(503),
        Fault::status(500).at(At::Manifests),
        Fault::html_status(502),
        Fault::no_challenge(),
        Fault::html_page().at(At::Manifests),
        Fault::corrupted().at(At::Manifests),
    ] {
        let world = World::new(Dialect::DistributionToken);
        let words = format!("{fault:?}");
        let image = if words.contains("WrongBody") {
            let digest = world.registry.tags("team/app")[0].1.clone();
            format!("team/app@{digest}")
        } else {
            "team/app:1.0".to_owned()
        };
        world.registry.fault(fault);
        let result = one(world.doctor(&image, Some(ALICE)).run());
        assert_eq!(
            result.cause(),
            Some(Cause::ServerError),
            "{words}\n{}",
            told(&result)
        );
        world.registry.mend();
        world.doctor(&image, Some(ALICE)).healthy();
    }
}

#[test]
fn policies_of_the_registry() {
    for (dialect, block) in [
        (Dialect::Harbor, Block::Vulnerabilities(7)),
        (Dialect::Harbor, Block::Unsigned),
        (Dialect::Artifactory, Block::Xray),
        (Dialect::Quay, Block::NamespaceDisabled),
    ] {
        let world = World::new(dialect);
        let words = format!("{block:?}");
        world.registry.block("team/app", block);
        let result = one(world.doctor("team/app:1.0", Some(ALICE)).run());
        assert_eq!(
            result.cause(),
            Some(Cause::Quarantined),
            "{words}\n{}",
            told(&result)
        );
        World::new(dialect)
            .doctor("team/app:1.0", Some(ALICE))
            .healthy();
    }
    let world = World::of(
        Registry::builder()
            .dialect(Dialect::Acr)
            .variant(Variant::AcrFirewall),
    );
    world
        .doctor("team/app:1.0", Some(ALICE))
        .finds(Cause::Quarantined, Confidence::Likely);
}

#[test]
fn the_token_service() {
    let closed = ClosedPort::new();
    for (what, builder) in [
        (
            "out of reach",
            Registry::builder().realm(&format!("https://{}/token", closed.host())),
        ),
        (
            "plain HTTP",
            Registry::builder().realm("http://127.0.0.1:1/token"),
        ),
        (
            "no address",
            Registry::builder().realm("http://169.254.169.254/latest/meta-data"),
        ),
    ] {
        let world = World::of(builder.dialect(Dialect::DistributionToken));
        let result = one(world.doctor("team/app:1.0", Some(ALICE)).run());
        assert_eq!(
            result.cause(),
            Some(Cause::TokenService),
            "{what}\n{}",
            told(&result)
        );
    }
    for fault in [
        Fault::status(503).at(At::Token),
        Fault::html_page().at(At::Token),
    ] {
        let world = World::new(Dialect::DistributionToken);
        world.registry.fault(fault);
        world
            .doctor("team/app:1.0", Some(ALICE))
            .certainly(Cause::TokenService);
        world.registry.mend();
        world.doctor("team/app:1.0", Some(ALICE)).healthy();
    }
    let harbor = World::of(
        Registry::builder()
            .dialect(Dialect::Harbor)
            .variant(Variant::HarborHttpRealm),
    );
    harbor
        .doctor("team/app:1.0", Some(ALICE))
        .certainly(Cause::TokenService);
    let off = World::of(
        Registry::builder()
            .dialect(Dialect::GitLab)
            .variant(Variant::GitLabRegistryOff),
    );
    off.doctor("team/app:1.0", Some(ALICE))
        .certainly(Cause::TokenService);
}

#[test]
fn a_clock_that_is_wrong() {
    let world = World::new(Dialect::DistributionToken);
    world.registry.fault(Fault::clock_skew(-3600));
    world
        .doctor("team/app:1.0", Some(ALICE))
        .certainly(Cause::ClockSkew);
    world.registry.mend();
    world.doctor("team/app:1.0", Some(ALICE)).healthy();
}

#[test]
fn words_of_a_registry_cannot_harm_a_terminal() {
    let world = World::new(Dialect::DistributionToken);
    world.registry.fault(Fault::hostile_text());
    // Every report is checked for control characters.
    world
        .doctor("team/app:1.0", Some(BOB))
        .certainly(Cause::PullDenied);
}

#[test]
fn the_push_right_is_a_second_result() {
    let world = World::new(Dialect::DistributionToken);
    world
        .registry
        .set_user(User::new("carol", SECRET).push("team/*"));
    let (report, announced) = world
        .doctor("team/app:1.0", Some(("carol", SECRET)))
        .push()
        .try_run()
        .expect("a run");
    let outcomes: Vec<Outcome> = report.results.iter().map(Diagnosis::outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Healthy, Outcome::Healthy],
        "{}",
        told(&report.results[1])
    );
    assert_eq!(announced.len(), 1);
    assert!(
        announced[0].contains("asks for a token with the push right"),
        "{announced:?}"
    );

    let (report, _) = world
        .doctor("team/app:1.0", Some(ALICE))
        .push()
        .try_run()
        .expect("a run");
    let causes: Vec<Option<Cause>> = report.results.iter().map(Diagnosis::cause).collect();
    assert_eq!(
        causes,
        [None, Some(Cause::PushDenied)],
        "{}",
        told(&report.results[1])
    );
    assert_eq!(world.registry.created_repositories(), Vec::<String>::new());
    assert_eq!(world.registry.open_uploads(), 0);

    let (report, announced) = world
        .doctor("team/app:1.0", Some(MALLORY))
        .push()
        .try_run()
        .expect("a run");
    assert_eq!(
        report.results[1].cause(),
        Some(Cause::BadCredentials),
        "{}",
        told(&report.results[1])
    );
    assert_eq!(
        announced,
        Vec::<String>::new(),
        "nothing is pushed with a refused login"
    );
}

#[test]
fn several_images_share_what_they_can() {
    let world = World::new(Dialect::DistributionToken);
    world
        .registry
        .push_image("team/other", "2", &Image::new().label("other"));
    let report = world
        .doctor("team/app:1.0", Some(ALICE))
        .and(world.registry.image("team/other:2"))
        .and(world.registry.image("team/app:9"))
        .run();
    let outcomes: Vec<Outcome> = report.results.iter().map(Diagnosis::outcome).collect();
    assert_eq!(
        outcomes,
        [Outcome::Healthy, Outcome::Healthy, Outcome::Failed]
    );
    let pings = world
        .registry
        .log()
        .iter()
        .filter(|request| request.path == "/v2/" && request.authorization().is_none())
        .count();
    assert_eq!(
        pings,
        1,
        "the registry is asked once what it is: {:#?}",
        world.registry.log()
    );
    let logins = world
        .registry
        .log()
        .iter()
        .filter(|request| request.asks_for_token() && request.authorization().is_some())
        .count();
    assert!(
        logins <= 2,
        "one token a repository: {:#?}",
        world.registry.log()
    );
}

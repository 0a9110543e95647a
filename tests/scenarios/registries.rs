//! The registry itself: limits, failures, policies, its token service, its clock, the push right.

use extreg::doctor::causes::Cause;
use extreg::doctor::diagnosis::{Diagnosis, Outcome};
use extreg::doctor::finding::Confidence;
use extreg_test_support::certs::Ca;
use extreg_test_support::content::Image;
use extreg_test_support::net::ClosedPort;
use extreg_test_support::registry::{
    At, Block, Dialect, Fault, Limit, RegistryBuilder, User, Variant,
};

use crate::dialects::{World, of, on};
use crate::kit::*;

scenarios![
    a_limit_on_pulls = limited(Dialect::DockerHub, Limit::PullQuota)
        .says("a limit on pulls")
        .mended(repair),
    a_limit_on_requests = limited(Dialect::DockerHub, Limit::Abuse)
        .says("a limit on requests")
        .mended(repair),
    a_limit_on_logins = limited(Dialect::Quay, Limit::Login)
        .says("a limit on logins")
        .mended(repair),
    out_of_service = fails(|| Fault::status(503)),
    a_failure_at_the_manifest = fails(|| Fault::status(500).at(At::Manifests)),
    a_load_balancer_without_a_registry = fails(|| Fault::html_status(502)),
    a_refusal_without_a_challenge = fails(Fault::no_challenge),
    a_page_in_place_of_a_manifest = fails(|| Fault::html_page().at(At::Manifests)),
    a_manifest_with_other_bytes = Scenario::of(Cause::ServerError, || {
        let world = World::new(Dialect::DistributionToken);
        let digest = world.registry.tags("team/app")[0].1.clone();
        world.registry.fault(Fault::corrupted().at(At::Manifests));
        (world, format!("team/app@{digest}"))
    })
    .asks(|(world, image)| world.doctor(image, Some(ALICE)))
    .mended(|(world, _)| world.registry.mend()),
    a_manifest_as_plain_text = fails(|| Fault::served_as("text/plain")),
    a_manifest_without_a_type = fails(|| Fault::served_as("")),
    a_manifest_that_is_no_json = fails(|| {
        let kind = "application/vnd.oci.image.manifest.v1+json";
        Fault::answer(200, kind, r#"{"schemaVersion":2,"#).at(At::Manifests)
    }),
    a_configuration_with_other_bytes = fails(Fault::corrupted),
    parts_that_are_shorter_than_the_manifest_says = fails(Fault::cut_short),
    a_challenge_that_no_runtime_knows =
        faulty(Cause::ServerError, Dialect::DistributionToken, || {
            Fault::challenges(&["Negotiate"])
        },)
        .says("a challenge that runtimes do not answer (negotiate)")
        .mended(repair),
    a_challenge_without_a_realm = faulty(Cause::ServerError, Dialect::DistributionToken, || {
        Fault::challenges(&[r#"Bearer service="registry""#])
    },)
    .says("a Bearer challenge without a realm")
    .mended(repair),
    a_push_that_a_gateway_refuses = Scenario::of(Cause::Proxy, || {
        let world = World::new(Dialect::Distribution);
        world.registry.fault(Fault::html_status(403).method("POST"));
        world
    })
    .asks(|world| world.doctor("team/app:1.0", None).push())
    .likely()
    .mended(repair),
    vulnerabilities = blocked(Dialect::Harbor, Block::Vulnerabilities(7)),
    no_signature_in_the_registry = blocked(Dialect::Harbor, Block::Unsigned),
    a_scan_that_found_something = blocked(Dialect::Artifactory, Block::Xray),
    a_namespace_that_is_disabled = blocked(Dialect::Quay, Block::NamespaceDisabled),
    a_firewall_in_the_registry = rebuilt(Cause::Quarantined, Dialect::Acr, |builder| builder
        .variant(Variant::AcrFirewall))
    .likely()
    .mended_by_asking(Rebuilt::whole),
    a_token_service_that_fails = token(|| Fault::status(503)),
    a_page_in_place_of_a_token = token(Fault::html_page),
    a_token_that_lives_for_a_text = token(|| {
        let life = r#"{"token":"canary-of-a-token","expires_in":"300"}"#;
        Fault::answer(200, "application/json", life)
    }),
    a_token_from_no_time = token(|| {
        let issued = r#"{"token":"canary-of-a-token","issued_at":"yesterday"}"#;
        Fault::answer(200, "application/json", issued)
    }),
    a_token_with_a_line_end = token(|| {
        let token = r#"{"token":"canary-of-a-token\n"}"#;
        Fault::answer(200, "application/json", token)
    }),
    no_token_for_strangers = Scenario::of(Cause::TokenService, || {
        let world = World::new(Dialect::DistributionToken);
        let nothing = Fault::answer(200, "application/json", "{}");
        world.registry.fault(nothing.at(At::Token));
        world
    })
    .asks(|world| world.doctor("public/app:1.0", None))
    .says("answers without a token")
    .mended(repair),
    a_token_service_out_of_reach = Scenario::of(Cause::TokenService, || {
        let closed = ClosedPort::new();
        let url = format!("https://{}/token", closed.host());
        let away = World::of(of(Dialect::DistributionToken).realm(&url));
        (away, World::new(Dialect::DistributionToken), closed)
    })
    .asks(|(away, ..)| away.doctor("team/app:1.0", Some(ALICE)))
    .shows(|(.., closed), result| {
        let words = format!(
            "token service {} does not: connection refused",
            closed.host()
        );
        assert!(result.summary().contains(&words), "{}", result.summary());
    })
    .mended_by_asking(|(_, near, _)| near.doctor("team/app:1.0", Some(ALICE))),
    a_token_service_without_a_name = realm("https://no-such-host.invalid/token")
        .says("token service no-such-host.invalid does not: the name does not resolve")
        .mended_by_asking(Rebuilt::whole),
    a_token_service_that_nobody_trusts =
        rebuilt(Cause::TokenService, Dialect::DistributionToken, |builder| {
            builder.token_tls(&Ca::new("Other Root").server(&["127.0.0.1"]))
        })
        .says("does not: the certificate is not trusted")
        .mended_by_asking(Rebuilt::whole),
    a_token_service_on_plain_http = realm("http://127.0.0.1:1/token")
        .says("token service 127.0.0.1:1 must not be asked")
        .mended_by_asking(Rebuilt::whole),
    a_token_service_that_is_no_host = realm("http://169.254.169.254/latest/meta-data")
        .says("must not be asked")
        .mended_by_asking(Rebuilt::whole),
    a_token_service_behind_a_proxy_that_forgot_https =
        variant(Dialect::Harbor, Variant::HarborHttpRealm),
    a_token_service_that_is_switched_off = variant(Dialect::GitLab, Variant::GitLabRegistryOff),
    a_clock_that_is_wrong = faulty(Cause::ClockSkew, Dialect::DistributionToken, || {
        Fault::clock_skew(-3600)
    })
    .mended(repair),
    no_right_to_push = on(Cause::PushDenied, Dialect::DistributionToken)
        .asks(|world| world.doctor("team/app:1.0", Some(ALICE)).push())
        .shows(|world, _| {
            assert_eq!(world.registry.created_repositories(), Vec::<String>::new());
            assert_eq!(world.registry.open_uploads(), 0);
        })
        .mended(|world| {
            let alice = User::new(ALICE.0, ALICE.1).push("team/*");
            world.registry.set_user(alice);
        }),
];

/// The registry misbehaves.
fn faulty(cause: Cause, dialect: Dialect, fault: impl Fn() -> Fault + 'static) -> Faulty<World> {
    Scenario::of(cause, move || {
        let world = World::new(dialect);
        world.registry.fault(fault());
        world
    })
    .asks(|world| world.doctor("team/app:1.0", Some(ALICE)))
}

fn repair(world: &World) {
    world.registry.mend();
}

fn fails(fault: fn() -> Fault) -> Scenario {
    faulty(Cause::ServerError, Dialect::DistributionToken, fault).mended(repair)
}

fn limited(dialect: Dialect, limit: Limit) -> Faulty<World> {
    faulty(Cause::Rate, dialect, move || Fault::limited(limit))
}

fn token(fault: fn() -> Fault) -> Scenario {
    faulty(Cause::TokenService, Dialect::DistributionToken, move || {
        fault().at(At::Token)
    })
    .mended(repair)
}

/// The registry's policy keeps this repository back, and no other.
fn blocked(dialect: Dialect, block: Block) -> Scenario {
    Scenario::of(Cause::Quarantined, move || {
        let world = World::new(dialect);
        world.registry.block("team/app", block.clone());
        world
    })
    .asks(|world| world.doctor("team/app:1.0", Some(ALICE)))
    .mended(repair)
}

/// A registry that was set up wrongly, and the same set up as it should be.
struct Rebuilt {
    faulty: World,
    whole: World,
}

impl Rebuilt {
    fn faulty(&self) -> Doctor {
        self.faulty.doctor("team/app:1.0", Some(ALICE))
    }

    fn whole(&self) -> Doctor {
        self.whole.doctor("team/app:1.0", Some(ALICE))
    }
}

fn rebuilt(
    cause: Cause,
    dialect: Dialect,
    fault: impl Fn(RegistryBuilder) -> RegistryBuilder + 'static,
) -> Faulty<Rebuilt> {
    Scenario::of(cause, move || Rebuilt {
        faulty: World::of(fault(of(dialect))),
        whole: World::new(dialect),
    })
    .asks(Rebuilt::faulty)
}

/// The registry sends clients to this token service.
fn realm(url: &'static str) -> Faulty<Rebuilt> {
    rebuilt(
        Cause::TokenService,
        Dialect::DistributionToken,
        move |builder| builder.realm(url),
    )
}

fn variant(dialect: Dialect, variant: Variant) -> Scenario {
    rebuilt(Cause::TokenService, dialect, move |builder| {
        builder.variant(variant)
    })
    .mended_by_asking(Rebuilt::whole)
}

#[test]
fn words_of_a_registry_cannot_harm_a_terminal() {
    let world = World::new(Dialect::DistributionToken);
    world.registry.fault(Fault::hostile_text());
    // Every report is checked for control characters.
    world
        .doctor("team/app:1.0", Some(BOB))
        .finds(Cause::PullDenied, Confidence::Likely);
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

/// Runtimes send GET and no HEAD: what HEAD says of a blob is nobody's matter as long as GET hands it out.
#[test]
fn a_head_that_lies_is_not_believed() {
    for fault in [Fault::empty(404), Fault::empty(200)] {
        let world = World::new(Dialect::Distribution);
        world.registry.fault(fault.at(At::Blobs).method("HEAD"));
        world.doctor("team/app:1.0", None).healthy();
    }
}

/// What is said of the registry does not exclude what was seen on the way to its token service.
#[test]
fn a_fault_that_was_seen_is_not_ruled_out() {
    let world =
        World::of(of(Dialect::DistributionToken).realm("https://no-such-host.invalid/token"));
    let result = world
        .doctor("team/app:1.0", Some(ALICE))
        .certainly(Cause::TokenService);
    assert!(!result.ruled_out.contains(&Cause::Dns), "{}", told(&result));
}

//! It does not get as far as the question: names, connections, silence, proxies.

use std::time::{Duration, Instant};

use extreg::doctor::causes::Cause;
use extreg::doctor::evidence::Check;
use extreg_test_support::net::{ClosedPort, HttpProxy};
use extreg_test_support::registry::{At, Dialect, Fault};

use crate::dialects::World;
use crate::kit::*;

#[test]
fn a_name_that_does_not_resolve() {
    Doctor::of("no-such-host.invalid/team/app:1").certainly(Cause::Dns);
}

#[test]
fn a_port_that_nobody_listens_on() {
    let closed = ClosedPort::new();
    let result = Doctor::of(format!("{}/team/app:1", closed.host())).certainly(Cause::Refused);
    assert!(
        result.ruled_out.contains(&Cause::Dns) || result.subject.registry().starts_with("127.")
    );
}

/// Servers that take connections and say nothing, or cut them, at each stage.
#[test]
fn silence_and_cuts_are_named_with_their_stage() {
    for (fault, cause, check) in [
        (Fault::silent_accept(), Cause::Timeout, Check::Tls),
        (Fault::silent_tls(), Cause::Timeout, Check::Tls),
        (Fault::silent_http(), Cause::Timeout, Check::Registry),
        (Fault::reset_at_accept(), Cause::Reset, Check::Tls),
        (Fault::reset_in_tls(), Cause::Reset, Check::Tls),
        (Fault::close_at_accept(), Cause::Reset, Check::Tls),
    ] {
        let world = World::new(Dialect::Distribution);
        let words = format!("{fault:?}");
        world.registry.fault(fault);
        let result = one(world.doctor("team/app:1.0", None).run());
        assert_eq!(result.cause(), Some(cause), "{words}\n{}", told(&result));
        let stages: Vec<Check> = result
            .because()
            .iter()
            .map(|at| result.evidence.as_slice()[*at].check)
            .collect();
        // A reset may come before the first byte of TLS is sent, or after it.
        let early = cause == Cause::Reset && stages == [Check::Tcp];
        assert!(stages == [check] || early, "{words}\n{}", told(&result));
        world.registry.mend();
        world.doctor("team/app:1.0", None).healthy();
    }
}

#[test]
fn a_manifest_that_breaks_off() {
    let world = World::new(Dialect::Distribution);
    world
        .registry
        .fault(Fault::reset_in_body().at(At::Manifests));
    let result = one(world.doctor("team/app:1.0", None).run());
    assert_eq!(result.cause(), Some(Cause::Reset), "{}", told(&result));
    world.registry.mend();
    world.doctor("team/app:1.0", None).healthy();
}

/// The run ends with its deadline, whatever is under way, and says what was not seen.
#[test]
fn the_deadline_holds() {
    for place in [At::Everything, At::Manifests, At::Blobs] {
        let world = World::new(Dialect::Distribution);
        world.registry.fault(Fault::silent_http().at(place));
        let begun = Instant::now();
        let result = one(world
            .doctor("team/app:1.0", None)
            .timeout(Duration::from_secs(2))
            .run());
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "{place:?} took {:?}",
            begun.elapsed()
        );
        assert!(!result.verdict.is_healthy(), "{}", told(&result));
        let late =
            result.cause() == Some(Cause::Timeout) || told(&result).contains("the time was over");
        assert!(late, "{place:?}\n{}", told(&result));
    }
}

#[test]
fn the_proxy_is_what_fails() {
    let world = World::new(Dialect::Distribution);
    let target = "registry.internal:443";
    let proxy = |builder: extreg_test_support::net::HttpProxyBuilder| {
        builder.route(target, &world.registry.host()).start()
    };
    let doctor = |url: &str| {
        Doctor::of("registry.internal/team/app:1.0")
            .trust(world.ca.root_pem())
            .var("HTTPS_PROXY", url)
    };
    let closed = ClosedPort::new();
    doctor(&format!("http://{}", closed.host())).certainly(Cause::Proxy);
    let strict = proxy(HttpProxy::builder().credentials("proxy-user", "proxy-pass"));
    let result = doctor(&strict.url()).certainly(Cause::Proxy);
    assert!(
        result.summary().contains("HTTPS_PROXY"),
        "{}",
        result.summary()
    );
    let refusing = HttpProxy::builder().refuse("registry.internal").start();
    doctor(&refusing.url()).certainly(Cause::Proxy);
    // Through it, the registry is asked by a name that its certificate does not have.
    let open = proxy(HttpProxy::builder());
    doctor(&open.url()).certainly(Cause::HostnameMismatch);
}

#[test]
fn a_page_in_the_registrys_place() {
    let world = World::new(Dialect::Distribution);
    world.registry.fault(Fault::block_page());
    let result = one(world.doctor("team/app:1.0", None).run());
    assert_eq!(result.cause(), Some(Cause::Proxy), "{}", told(&result));
    world.registry.mend();
    world.doctor("team/app:1.0", None).healthy();
}

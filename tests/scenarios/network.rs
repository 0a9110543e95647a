//! It does not get as far as the question: names, connections, silence, proxies.

use std::time::{Duration, Instant};

use extreg::doctor::causes::Cause;
use extreg::doctor::evidence::Check;
use extreg_test_support::certs::Ca;
use extreg_test_support::content::Image;
use extreg_test_support::net::{ClosedPort, HttpProxy, HttpProxyBuilder};
use extreg_test_support::registry::{At, Dialect, Fault, Registry};

use crate::dialects::{World, on};
use crate::kit::*;

scenarios![
    a_name_that_does_not_resolve = on(Cause::Dns, Dialect::Distribution)
        .asks(|_| Doctor::of("no-such-host.invalid/team/app:1.0"))
        .mended_by_asking(|world| world.doctor("team/app:1.0", None)),
    a_port_that_nobody_listens_on = Scenario::of(Cause::Refused, || (
        World::new(Dialect::Distribution),
        ClosedPort::new()
    ))
    .asks(
        |(world, closed)| Doctor::of(format!("{}/team/app:1.0", closed.host()))
            .trust(world.ca.root_pem())
    )
    .mended_by_asking(|(world, _)| world.doctor("team/app:1.0", None)),
    silence_after_the_connection = breaks(Cause::Timeout, Check::Tls, Fault::silent_accept),
    silence_in_tls = breaks(Cause::Timeout, Check::Tls, Fault::silent_tls),
    silence_after_the_request = breaks(Cause::Timeout, Check::Registry, Fault::silent_http),
    a_reset_after_the_connection = breaks(Cause::Reset, Check::Tls, Fault::reset_at_accept),
    a_reset_in_tls = breaks(Cause::Reset, Check::Tls, Fault::reset_in_tls),
    an_end_after_the_connection = breaks(Cause::Reset, Check::Tls, Fault::close_at_accept),
    a_manifest_that_breaks_off = breaks(Cause::Reset, Check::Manifest, || Fault::reset_in_body()
        .at(At::Manifests)),
    blobs_that_never_come = breaks(Cause::Timeout, Check::Blobs, || {
        Fault::silent_http().at(At::Blobs)
    }),
    a_reset_is_no_proof_of_tls = Scenario::of(Cause::Reset, || {
        let registry = Registry::builder().start();
        registry.push_image("team/app", "1.0", &Image::new());
        registry.fault(Fault::reset_at_accept());
        registry
    })
    .asks(|registry| Doctor::of(registry.image("team/app:1.0")).plain())
    .mended(Registry::mend),
    a_page_in_the_registrys_place = broken(Cause::Proxy, Check::Registry, Fault::block_page)
        .likely()
        .mended(repair),
    a_proxy_that_is_not_there = Scenario::of(Cause::Proxy, || (
        Behind::new(|proxy| proxy),
        ClosedPort::new()
    ))
    .asks(|(behind, closed)| behind.through(&format!("http://{}", closed.host())))
    .mended_by_asking(|(behind, _)| behind.through(&behind.open.url())),
    a_proxy_that_wants_a_login = proxy(|proxy| proxy.credentials("proxy-user", "proxy-pass")),
    a_proxy_that_refuses = proxy(|proxy| proxy.refuse("registry.internal")),
];

/// The registry answers nothing, or breaks off, and the report names the stage.
fn breaks(cause: Cause, check: Check, fault: fn() -> Fault) -> Scenario {
    broken(cause, check, fault).mended(repair)
}

fn broken(cause: Cause, check: Check, fault: fn() -> Fault) -> Faulty<World> {
    Scenario::of(cause, move || {
        let world = World::new(Dialect::Distribution);
        world.registry.fault(fault());
        world
    })
    .asks(|world| world.doctor("team/app:1.0", None))
    .shows(move |_, result| {
        let stages: Vec<Check> = result
            .because()
            .iter()
            .map(|at| result.evidence.as_slice()[*at].check)
            .collect();
        // A reset may come before the first byte of TLS is sent, or after it.
        let early = cause == Cause::Reset && stages == [Check::Tcp];
        assert!(stages == [check] || early, "{stages:?}\n{}", told(result));
    })
}

fn repair(world: &World) {
    world.registry.mend();
}

/// A registry that is known by name to proxies alone: a faulty one and an open one.
struct Behind {
    registry: Registry,
    ca: Ca,
    faulty: HttpProxy,
    open: HttpProxy,
}

impl Behind {
    fn new(fault: fn(HttpProxyBuilder) -> HttpProxyBuilder) -> Self {
        let ca = Ca::new("Corp Root");
        let registry = Registry::builder()
            .tls(&ca.server(&["registry.internal"]))
            .start();
        registry.push_image("team/app", "1.0", &Image::new());
        let proxy = || HttpProxy::builder().route("registry.internal:443", &registry.host());
        Self {
            faulty: fault(proxy()).start(),
            open: proxy().start(),
            registry,
            ca,
        }
    }

    fn through(&self, proxy: &str) -> Doctor {
        Doctor::of("registry.internal/team/app:1.0")
            .trust(self.ca.root_pem())
            .var("HTTPS_PROXY", proxy)
    }
}

fn proxy(fault: fn(HttpProxyBuilder) -> HttpProxyBuilder) -> Scenario {
    Scenario::of(Cause::Proxy, move || Behind::new(fault))
        .asks(|behind| behind.through(&behind.faulty.url()))
        .says("HTTPS_PROXY")
        .shows(|behind, _| assert!(behind.registry.log().is_empty()))
        .mended_by_asking(|behind| behind.through(&behind.open.url()))
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
        // What was asked had no answer in time, and what was not asked any more is said.
        let late = result.cause() == Some(Cause::Timeout)
            || told(&result).contains("no answer in time")
            || told(&result).contains("the time was over");
        assert!(late, "{place:?}\n{}", told(&result));
    }
}

//! TLS: the port's protocol and every fault of a certificate, judged as Go judges it.

use extreg::doctor::causes::Cause;
use extreg_test_support::certs::fixtures::negative_serial;
use extreg_test_support::certs::{Ca, Issued, Leaf, self_signed};
use extreg_test_support::content::Image;
use extreg_test_support::registry::{Dialect, Fault, Registry};

use crate::dialects::{World, on};
use crate::kit::*;

const NAMES: [&str; 2] = ["127.0.0.1", "localhost"];

scenarios![
    an_issuer_that_nobody_trusts = Scenario::of(Cause::UnknownCa, || {
        let ca = Ca::new("Corp Root");
        (served(&ca.server(&NAMES)), ca, Ca::new("Other Root"))
    })
    .asks(|(registry, _, stranger)| doctor(registry, stranger.root_pem()))
    .says("Corp Root")
    .suggests(|_| "--registry-ca".to_owned())
    .mended_by_asking(|(registry, ca, _)| doctor(registry, ca.root_pem())),
    a_home_made_certificate_that_is_its_own_root = Scenario::of(Cause::UnknownCa, || {
        let certificate = self_signed(&NAMES);
        (served(&certificate), certificate)
    })
    .asks(|(registry, _)| doctor(registry, Ca::new("Other Root").root_pem()))
    .mended_by_asking(|(registry, certificate)| doctor(registry, &certificate.ca_pem)),
    an_intermediate_that_is_left_out = replaced(Cause::IncompleteChain, || {
        let root = Ca::new("Corp Root");
        let middle = root.intermediate("Corp Issuing");
        let leaf = Leaf::new(&NAMES).issuer_url("http://pki.example.com/issuing.cer");
        Certificates {
            faulty: middle.issue(&leaf).incomplete(),
            whole: middle.issue(&leaf),
        }
    }),
    // Without a hint where it is, all that can be said is that nobody vouches for it.
    an_intermediate_that_nothing_leads_to = replaced(Cause::UnknownCa, || {
        let middle = Ca::new("Corp Root").intermediate("Corp Issuing");
        let leaf = Leaf::new(&NAMES);
        Certificates {
            faulty: middle.issue(&leaf).incomplete(),
            whole: middle.issue(&leaf),
        }
    }),
    a_certificate_that_has_expired = leaf(Cause::CertificateExpired, || Leaf::new(&NAMES)
        .expired())
    .says("the certificate of")
    .mended_by_asking(Served::whole),
    a_certificate_of_tomorrow = leaf(Cause::CertificateNotYetValid, || Leaf::new(&NAMES)
        .not_yet_valid())
    .mended_by_asking(Served::whole),
    a_ca_that_has_expired = issuer(Cause::CertificateExpired, || Ca::builder("Old Root")
        .expired()
        .build())
    .says("the CA behind")
    .mended_by_asking(Served::whole),
    a_certificate_for_other_names = leaf(Cause::HostnameMismatch, || Leaf::new(&[
        "registry.example.com"
    ]))
    .says("registry.example.com")
    .mended_by_asking(Served::whole),
    a_certificate_with_a_common_name_alone =
        leaf(Cause::HostnameMismatch, || Leaf::common_name_only(
            "127.0.0.1"
        ))
        .mended_by_asking(Served::whole),
    a_ca_without_the_flag = issuer(Cause::UnknownCa, || Ca::builder("No CA")
        .without_ca_flag()
        .build())
    .mended_by_asking(Served::whole),
    a_ca_that_may_not_sign = issuer(Cause::UnknownCa, || Ca::builder("No Sign")
        .without_cert_sign()
        .build())
    .mended_by_asking(Served::whole),
    a_ca_for_clients = issuer(Cause::UnknownCa, || Ca::builder("Client CA")
        .client_auth_only()
        .build())
    .mended_by_asking(Served::whole),
    a_serial_number_that_go_does_not_take = replaced(Cause::Handshake, || Certificates {
        faulty: negative_serial(),
        whole: Ca::new("Corp Root").server(&NAMES),
    }),
    a_certificate_for_clients = leaf(Cause::Handshake, || Leaf::new(&NAMES).client_auth_only())
        .mended_by_asking(Served::whole),
    a_client_certificate_is_wanted_after_the_handshake = Scenario::of(Cause::Handshake, || {
        let ca = Ca::new("Corp Root");
        let registry = Registry::builder()
            .tls(&ca.server(&["127.0.0.1"]))
            .asks_for_client_certificates_of(ca.root_pem())
            .start();
        registry.push_image("team/app", "1.0", &Image::new());
        let page =
            "<html><head><title>400 No required SSL certificate was sent</title></head></html>";
        registry.fault(Fault::answer(400, "text/html", page));
        (registry, ca)
    })
    .asks(|(registry, ca)| { Doctor::of(registry.image("team/app:1.0")).trust(ca.root_pem()) })
    .says("wants a client certificate")
    .mended(|(registry, _)| registry.mend()),
    a_client_certificate_is_wanted = Scenario::of(Cause::Handshake, || {
        let ca = Ca::new("Corp Root");
        let strict = Registry::builder()
            .tls(&ca.server(&NAMES))
            .client_certificates_of(ca.root_pem())
            .start();
        (strict, served(&ca.server(&NAMES)), ca)
    })
    .asks(|(strict, _, ca)| doctor(strict, ca.root_pem()))
    .mended_by_asking(|(_, open, ca)| doctor(open, ca.root_pem())),
    a_port_that_speaks_plain_http = Scenario::of(Cause::PlainHttp, || {
        let registry = Registry::builder().start();
        registry.push_image("team/app", "1", &Image::new());
        registry
    })
    .asks(|registry| Doctor::of(registry.image("team/app:1")))
    .mended_by_asking(|registry| Doctor::of(registry.image("team/app:1")).plain()),
    a_tls_port_that_lost_its_tls = Scenario::of(Cause::PlainHttp, || {
        let world = World::new(Dialect::Distribution);
        world.registry.fault(Fault::plain_http());
        world
    })
    .asks(|world| world.doctor("team/app:1.0", None))
    .mended(|world| world.registry.mend()),
    plain_http_to_a_tls_port = on(Cause::HttpsRequired, Dialect::Distribution)
        .asks(|world| world.doctor("team/app:1.0", None).plain())
        .mended_by_asking(|world| world.doctor("team/app:1.0", None)),
];

fn served(certificate: &Issued) -> Registry {
    let registry = Registry::builder().tls(certificate).start();
    registry.push_image("team/app", "1", &Image::new());
    registry
}

fn doctor(registry: &Registry, ca: &str) -> Doctor {
    Doctor::of(registry.image("team/app:1")).trust(ca)
}

/// A certificate, and what takes its place.
struct Certificates {
    faulty: Issued,
    whole: Issued,
}

/// The registry with each of them.
struct Served {
    faulty: (Registry, Issued),
    whole: (Registry, Issued),
}

impl Served {
    fn new(certificates: Certificates) -> Self {
        Self {
            faulty: (served(&certificates.faulty), certificates.faulty),
            whole: (served(&certificates.whole), certificates.whole),
        }
    }

    fn faulty(&self) -> Doctor {
        doctor(&self.faulty.0, &self.faulty.1.ca_pem)
    }

    fn whole(&self) -> Doctor {
        doctor(&self.whole.0, &self.whole.1.ca_pem)
    }
}

/// The registry's certificate is replaced.
fn replaced(cause: Cause, certificates: fn() -> Certificates) -> Scenario {
    Scenario::of(cause, move || Served::new(certificates()))
        .asks(Served::faulty)
        .mended_by_asking(Served::whole)
}

/// The certificate is at fault, and the same CA issues a good one.
fn leaf(cause: Cause, leaf: fn() -> Leaf) -> Faulty<Served> {
    Scenario::of(cause, move || {
        let ca = Ca::new("Corp Root");
        Served::new(Certificates {
            faulty: ca.issue(&leaf()),
            whole: ca.server(&NAMES),
        })
    })
    .asks(Served::faulty)
}

/// The CA is at fault, though it is trusted, and another takes its place.
fn issuer(cause: Cause, ca: fn() -> Ca) -> Faulty<Served> {
    Scenario::of(cause, move || {
        Served::new(Certificates {
            faulty: ca().server(&NAMES),
            whole: Ca::new("Corp Root").server(&NAMES),
        })
    })
    .asks(Served::faulty)
}

#[test]
fn two_faults_are_both_named_and_the_one_that_go_meets_first_is_the_cause() {
    let other = served(&Ca::new("Corp Root").server(&["registry.example.com"]));
    let stranger = Ca::new("Other Root");
    let result = doctor(&other, stranger.root_pem()).certainly(Cause::HostnameMismatch);
    assert!(
        result.summary().contains("nobody vouches"),
        "{}",
        result.summary()
    );
}

#[test]
fn a_bundle_without_a_usable_certificate_is_refused() {
    let ca = Ca::new("Corp Root");
    let registry = served(&ca.server(&NAMES));
    for bundle in [
        "not a certificate".to_owned(),
        format!("\u{feff}{}", ca.root_pem()),
    ] {
        let why = doctor(&registry, &bundle)
            .try_run()
            .map(|_| ())
            .unwrap_err();
        assert!(why.contains("no certificate that can be used"), "{why}");
    }
}

//! TLS: the port's protocol and every fault of a certificate, judged as Go judges it.

use extreg::doctor::causes::Cause;
use extreg_test_support::certs::fixtures::negative_serial;
use extreg_test_support::certs::{Ca, Issued, Leaf, self_signed};
use extreg_test_support::content::Image;
use extreg_test_support::registry::{Fault, Registry};

use crate::dialects::World;
use crate::kit::*;
use extreg_test_support::registry::Dialect;

const NAMES: [&str; 2] = ["127.0.0.1", "localhost"];

fn served(certificate: &Issued) -> Registry {
    let registry = Registry::builder().tls(certificate).start();
    registry.push_image("team/app", "1", &Image::new());
    registry
}

fn doctor(registry: &Registry, ca: &str) -> Doctor {
    Doctor::of(registry.image("team/app:1")).trust(ca)
}

#[test]
fn an_issuer_that_nobody_trusts() {
    let (ca, stranger) = (Ca::new("Corp Root"), Ca::new("Other Root"));
    let registry = served(&ca.server(&NAMES));
    let result = doctor(&registry, stranger.root_pem()).certainly(Cause::UnknownCa);
    assert!(
        result.summary().contains("Corp Root"),
        "{}",
        result.summary()
    );
    let named = result.remedies().iter().any(|remedy| {
        remedy
            .commands
            .iter()
            .flatten()
            .any(|word| word == "--registry-ca")
    });
    assert!(named, "{:?}", result.remedies());
    doctor(&registry, ca.root_pem()).healthy();
}

#[test]
fn the_home_made_certificate_that_is_its_own_root() {
    let certificate = self_signed(&NAMES);
    let registry = served(&certificate);
    doctor(&registry, Ca::new("Other Root").root_pem()).certainly(Cause::UnknownCa);
    doctor(&registry, &certificate.ca_pem).healthy();
}

#[test]
fn an_intermediate_that_is_left_out() {
    let root = Ca::new("Corp Root");
    let middle = root.intermediate("Corp Issuing");
    let leaf = Leaf::new(&NAMES).issuer_url("http://pki.example.com/issuing.cer");
    let registry = served(&middle.issue(&leaf).incomplete());
    doctor(&registry, root.root_pem()).certainly(Cause::IncompleteChain);
    // Without a hint where it is, all that can be said is that nobody vouches for it.
    let silent = served(&middle.issue(&Leaf::new(&NAMES)).incomplete());
    doctor(&silent, root.root_pem()).certainly(Cause::UnknownCa);
    let whole = served(&middle.issue(&leaf));
    doctor(&whole, root.root_pem()).healthy();
}

#[test]
fn dates_of_the_certificate_and_of_the_ca() {
    let ca = Ca::new("Corp Root");
    let expired = served(&ca.issue(&Leaf::new(&NAMES).expired()));
    let result = doctor(&expired, ca.root_pem()).certainly(Cause::CertificateExpired);
    assert!(
        result.summary().starts_with("the certificate of"),
        "{}",
        result.summary()
    );
    let early = served(&ca.issue(&Leaf::new(&NAMES).not_yet_valid()));
    doctor(&early, ca.root_pem()).certainly(Cause::CertificateNotYetValid);
    let old = Ca::builder("Old Root").expired().build();
    let below = served(&old.server(&NAMES));
    let result = doctor(&below, old.root_pem()).certainly(Cause::CertificateExpired);
    assert!(
        result.summary().starts_with("the CA behind"),
        "{}",
        result.summary()
    );
    doctor(&served(&ca.server(&NAMES)), ca.root_pem()).healthy();
}

#[test]
fn a_certificate_for_other_names() {
    let ca = Ca::new("Corp Root");
    let other = served(&ca.server(&["registry.example.com"]));
    let result = doctor(&other, ca.root_pem()).certainly(Cause::HostnameMismatch);
    assert!(
        result.summary().contains("registry.example.com"),
        "{}",
        result.summary()
    );
    let common = served(&ca.issue(&Leaf::common_name_only("127.0.0.1")));
    doctor(&common, ca.root_pem()).certainly(Cause::HostnameMismatch);
    // Two faults are both named, and the one that Go meets first is the cause.
    let result =
        doctor(&other, Ca::new("Other Root").root_pem()).certainly(Cause::HostnameMismatch);
    assert!(
        result.summary().contains("nobody vouches"),
        "{}",
        result.summary()
    );
}

#[test]
fn issuers_that_must_not_vouch() {
    for ca in [
        Ca::builder("No CA").without_ca_flag().build(),
        Ca::builder("No Sign").without_cert_sign().build(),
        Ca::builder("Client CA").client_auth_only().build(),
    ] {
        let registry = served(&ca.server(&NAMES));
        let result = one(doctor(&registry, ca.root_pem()).run());
        assert_eq!(result.cause(), Some(Cause::UnknownCa), "{}", told(&result));
    }
}

#[test]
fn certificates_that_go_does_not_take() {
    let negative = negative_serial();
    doctor(&served(&negative), &negative.ca_pem).certainly(Cause::Handshake);
    let ca = Ca::new("Corp Root");
    let client = served(&ca.issue(&Leaf::new(&NAMES).client_auth_only()));
    doctor(&client, ca.root_pem()).certainly(Cause::Handshake);
}

#[test]
fn a_client_certificate_is_wanted() {
    let ca = Ca::new("Corp Root");
    let registry = Registry::builder()
        .tls(&ca.server(&NAMES))
        .client_certificates_of(ca.root_pem())
        .start();
    registry.push_image("team/app", "1", &Image::new());
    doctor(&registry, ca.root_pem()).certainly(Cause::Handshake);
}

#[test]
fn http_where_tls_was_tried_and_the_other_way_round() {
    let plain = Registry::builder().start();
    plain.push_image("team/app", "1", &Image::new());
    Doctor::of(plain.image("team/app:1")).certainly(Cause::PlainHttp);
    Doctor::of(plain.image("team/app:1")).plain().healthy();
    let world = World::new(Dialect::Distribution);
    world
        .doctor("team/app:1.0", None)
        .plain()
        .certainly(Cause::HttpsRequired);
    world.doctor("team/app:1.0", None).healthy();
    world.registry.fault(Fault::plain_http());
    world
        .doctor("team/app:1.0", None)
        .certainly(Cause::PlainHttp);
}

#[test]
fn a_bundle_without_a_usable_certificate_is_refused() {
    let ca = Ca::new("Corp Root");
    let registry = served(&ca.server(&NAMES));
    for (bundle, words) in [
        (
            "not a certificate".to_owned(),
            "no certificate that can be used",
        ),
        (
            format!("\u{feff}{}", ca.root_pem()),
            "no certificate that can be used",
        ),
    ] {
        let why = doctor(&registry, &bundle)
            .try_run()
            .map(|_| ())
            .unwrap_err();
        assert!(why.contains(words), "{why}");
    }
}

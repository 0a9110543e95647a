//! Certificates of every kind, and servers that show them.
#![expect(
    clippy::expect_used,
    reason = "a test's helper that cannot do its work ends the test"
)]

use std::sync::Arc;

use extreg_test_support::certs::{
    Ca, Issued, KeyKind, Leaf, certificates_in, fixtures, self_signed, self_signed_end_entity,
};
use extreg_test_support::client::{get, request};
use extreg_test_support::registry::{Dialect, Registry, User};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::{CertificateError, Error, RootCertStore};

use super::common::eventually;

/// rustls' verdict on what a server would send, with exactly these roots.
fn verdict(issued: &Issued, roots_pem: &str, name: &str) -> Result<(), Error> {
    let mut roots = RootCertStore::empty();
    for root in certificates_in(roots_pem) {
        roots.add(root).expect("a root");
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .expect("a verifier");
    let chain = issued.chain_der();
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    verifier
        .verify_server_cert(&chain[0], &chain[1..], &name, &[], UnixTime::now())
        .map(|_| ())
}

fn text(result: Result<(), Error>) -> String {
    result.expect_err("a refusal").to_string()
}

#[test]
fn good_certificates_of_every_key_are_good() {
    for key in [
        KeyKind::P256,
        KeyKind::P384,
        KeyKind::P521,
        KeyKind::Ed25519,
        KeyKind::Rsa2048,
    ] {
        let ca = Ca::builder("Root").key(key).build();
        let leaf = ca.issue(&Leaf::new(&["127.0.0.1", "localhost"]).key(key));
        assert_eq!(verdict(&leaf, ca.pem(), "127.0.0.1"), Ok(()), "{key:?}");
        assert_eq!(verdict(&leaf, ca.pem(), "localhost"), Ok(()), "{key:?}");
        let registry = Registry::builder().tls(&leaf).start();
        let ping = get(format!("{}/v2/", registry.url()))
            .trust(ca.pem())
            .send();
        assert_eq!(ping.status, 200, "{key:?}");
    }
}

#[test]
fn each_flaw_is_the_one_that_was_ordered() {
    let ca = Ca::new("Root");
    let ip = "127.0.0.1";
    let good = ca.server(&[ip]);
    let is = |result: Result<(), Error>, wanted: fn(&CertificateError) -> bool| {
        assert!(
            matches!(&result, Err(Error::InvalidCertificate(error)) if wanted(error)),
            "{result:?}"
        );
    };
    is(verdict(&good, Ca::new("Other").pem(), ip), |error| {
        matches!(error, CertificateError::UnknownIssuer)
    });
    is(
        verdict(&ca.issue(&Leaf::new(&[ip]).expired()), ca.pem(), ip),
        |error| matches!(error, CertificateError::ExpiredContext { .. }),
    );
    is(
        verdict(&ca.issue(&Leaf::new(&[ip]).not_yet_valid()), ca.pem(), ip),
        |error| matches!(error, CertificateError::NotValidYetContext { .. }),
    );
    is(
        verdict(&ca.server(&["other.example"]), ca.pem(), ip),
        |error| matches!(error, CertificateError::NotValidForNameContext { .. }),
    );
    is(
        verdict(
            &ca.issue(&Leaf::common_name_only("localhost")),
            ca.pem(),
            "localhost",
        ),
        |error| matches!(error, CertificateError::NotValidForNameContext { .. }),
    );
    is(
        verdict(
            &ca.issue(&Leaf::new(&[ip]).client_auth_only()),
            ca.pem(),
            ip,
        ),
        |error| matches!(error, CertificateError::InvalidPurposeContext { .. }),
    );
    let own = self_signed(&[ip]);
    assert!(text(verdict(&own, &own.ca_pem, ip)).contains("CaUsedAsEndEntity"));
    assert!(
        text(verdict(
            &ca.issue(&Leaf::new(&[ip]).ca_true()),
            ca.pem(),
            ip
        ))
        .contains("CaUsedAsEndEntity")
    );
    let plain = self_signed_end_entity(&[ip]);
    assert_eq!(verdict(&plain, &plain.ca_pem, ip), Ok(()));
    let constrained = Ca::builder("Constrained")
        .permit_dns("corp.example")
        .build();
    let outside = constrained.server(&["other.example"]);
    assert!(
        text(verdict(&outside, constrained.pem(), "other.example"))
            .contains("NameConstraintViolation")
    );
}

/// The five flaws of an authority that rustls does not look for and Go does: the certificates must have them, which
/// rustls' verdict cannot show, so openssl's words on the certificate's content do.
#[test]
fn authorities_that_go_refuses_pass_here_and_are_what_they_say() {
    let ip = "127.0.0.1";
    let has = |ca: &Ca, bytes: &[u8]| ca.der().windows(bytes.len()).any(|window| window == bytes);
    let ca_true = [0x30, 0x03, 0x01, 0x01, 0xff];
    let expired = Ca::builder("Expired").expired().build();
    assert!(has(&expired, b"100101000000Z"));
    let no_flag = Ca::builder("No flag").without_ca_flag().build();
    assert!(!has(&no_flag, &ca_true));
    let no_sign = Ca::builder("No sign").without_cert_sign().build();
    assert!(has(&no_sign, &ca_true) && has(&no_sign, &[0x03, 0x02, 0x01, 0x82]));
    let client = Ca::builder("Client").client_auth_only().build();
    assert!(has(&client, &[0x2b, 6, 1, 5, 5, 7, 3, 2]));
    for ca in [expired, no_flag, no_sign, client] {
        assert_eq!(verdict(&ca.server(&[ip]), ca.pem(), ip), Ok(()));
    }
    let negative = fixtures::negative_serial();
    assert_eq!(verdict(&negative, &negative.ca_pem, ip), Ok(()));
    assert!(
        negative
            .der()
            .windows(3)
            .any(|window| window == [0x02, 0x01, 0xd6])
    );
}

#[test]
fn fixtures_are_what_rcgen_cannot_make() {
    let sha1 = fixtures::sha1_signature();
    assert!(verdict(&sha1, &sha1.ca_pem, "localhost").is_err());
    let rsa = fixtures::below_rsa_1024_root();
    assert!(verdict(&rsa, &rsa.ca_pem, "localhost").is_err());
    let v1 = fixtures::x509_v1();
    assert!(text(verdict(&v1, &v1.ca_pem, "localhost")).contains("UnsupportedCertVersion"));
    let registry = Registry::builder().tls(&v1).start();
    let refused = get(format!("{}/v2/", registry.url()))
        .trust(&v1.ca_pem)
        .try_send();
    assert!(refused.is_err(), "a server can show it all the same");
    eventually("the client's alert is read", || {
        registry.failed_handshakes().len() == 1
    });
}

#[test]
fn a_chain_is_complete_unless_the_server_forgets_it() {
    let root = Ca::new("Root");
    let issuing = root.intermediate("Policy").intermediate("Issuing");
    let url = "http://ca.example/issuing.crt";
    let complete = issuing.issue(&Leaf::new(&["127.0.0.1"]).issuer_url(url));
    assert_eq!(complete.chain_der().len(), 3);
    assert_eq!(verdict(&complete, root.pem(), "127.0.0.1"), Ok(()));
    assert_eq!(complete.ca_pem, root.pem());
    let incomplete = complete.clone().incomplete();
    assert_eq!(incomplete.chain_der().len(), 1);
    assert!(verdict(&incomplete, root.pem(), "127.0.0.1").is_err());
    let der = incomplete.der();
    assert!(
        der.windows(url.len())
            .any(|window| window == url.as_bytes())
    );
}

#[test]
fn servers_can_want_client_certificates_and_old_tls() {
    let ca = Ca::new("Root");
    let server = ca.server(&["127.0.0.1"]);
    let registry = Registry::builder()
        .tls(&server)
        .client_certificates_of(ca.pem())
        .start();
    let ping = || get(format!("{}/v2/", registry.url())).trust(ca.pem());
    assert!(ping().try_send().is_err(), "no certificate");
    eventually("the server misses the certificate", || {
        let reasons = registry.failed_handshakes();
        reasons
            .iter()
            .any(|reason| reason.contains("no certificates"))
    });
    assert_eq!(ping().identity(&ca.client("alice")).send().status, 200);
    let log = registry.log();
    assert!(log.last().expect("a request").client_certificate);

    let old = Registry::builder().tls(&server).tls12_only().start();
    assert_eq!(
        get(format!("{}/v2/", old.url()))
            .trust(ca.pem())
            .send()
            .status,
        200
    );
}

#[test]
fn http2_is_offered_and_can_be_left_out() {
    let ca = Ca::new("Root");
    let server = ca.server(&["127.0.0.1"]);
    let registry = Registry::builder()
        .dialect(Dialect::DistributionBasic)
        .user(User::new("alice", "s3cret"))
        .tls(&server)
        .start();
    let ping = request("GET", format!("{}/v2/", registry.url()))
        .trust(ca.pem())
        .basic("alice", "s3cret")
        .http2()
        .send();
    assert_eq!(ping.status, 200);
    let log = registry.log();
    assert_eq!(
        (log[0].version.as_str(), log[0].host.as_str()),
        ("HTTP/2.0", registry.host().as_str())
    );
    let old = Registry::builder().tls(&server).http1_only().start();
    let refused = get(format!("{}/v2/", old.url()))
        .trust(ca.pem())
        .http2()
        .try_send();
    assert!(refused.is_err());
}

#[test]
fn token_service_and_storage_have_tls_of_their_own() {
    let ca = Ca::new("Root");
    let other = Ca::new("Other");
    let registry = Registry::builder()
        .dialect(Dialect::DistributionToken)
        .tls(&ca.server(&["127.0.0.1"]))
        .token_tls(&other.server(&["127.0.0.1"]))
        .blob_storage()
        .start();
    let realm = format!("{}/token", registry.token_url().expect("its own origin"));
    assert!(realm.starts_with("https://"));
    assert!(get(&realm).trust(ca.pem()).try_send().is_err());
    assert_eq!(get(&realm).trust(other.pem()).send().status, 200);
    let storage = registry.storage_url().expect("a storage");
    assert_eq!(
        get(format!("{storage}/x")).trust(ca.pem()).send().status,
        403
    );
}

//! One test a row: kubectl (Go 1.23) and skopeo were run against servers with these certificates. Where the TLS library of this tool
//! decides otherwise, Go's verdict is the one that counts.

use extreg::model::certificate::{Hash, Refusal, SignatureAlgorithm};
use extreg::model::trust::{
    CaFault, DateKind, GoError, IssuerVerdict, NameVerdict, OtherFault, Role,
};
use rcgen::{
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyUsagePurpose, NameConstraints, date_time_ymd,
};

use crate::kit::{HOST, Signed, ca_params, fixture, server_params, store, verdict};

const UNKNOWN: &str =
    "tls: failed to verify certificate: x509: certificate signed by unknown authority";

#[test]
fn self_signed_by_openssl_req_is_its_own_root() {
    let server = fixture("home-made");
    let verdict = verdict(&[&server], &store(&[&server]));
    assert!(verdict.is_trusted());
    assert!(
        verdict.leaf().unwrap().is_ca(),
        "`openssl req -x509` marks it as a CA"
    );
}

#[test]
fn the_same_certificate_without_trust_is_of_unknown_authority() {
    let server = fixture("home-made");
    let verdict = verdict(&[&server], &store(&[&Signed::root("Other").der]));
    assert_eq!(verdict.go_words().as_deref(), Some(UNKNOWN));
    let IssuerVerdict::UnknownAuthority {
        self_signed,
        same_name_in,
        ..
    } = &verdict.issuer
    else {
        panic!("{verdict:?}")
    };
    assert!(self_signed);
    assert!(same_name_in.is_empty());
}

#[test]
fn server_certificate_marked_as_ca_and_issued_by_a_ca() {
    let root = Signed::root("Root");
    let mut params = server_params(&[HOST]);
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    assert!(verdict(&[&root.sign(params).der], &store(&[&root.der])).is_trusted());
}

#[test]
fn self_signed_and_no_ca_is_its_own_root() {
    let mut params = server_params(&[HOST]);
    params.is_ca = IsCa::ExplicitNoCa;
    let server = Signed::by_itself(params);
    assert!(verdict(&[&server.der], &store(&[&server.der])).is_trusted());
}

#[test]
fn p521_root() {
    let root = Signed::by_itself_with(ca_params("Root"), &rcgen::PKCS_ECDSA_P521_SHA512);
    assert!(verdict(&[&root.server()], &store(&[&root.der])).is_trusted());
}

#[test]
fn p521_server_key() {
    let root = Signed::root("Root");
    let server = root.sign_with(server_params(&[HOST]), &rcgen::PKCS_ECDSA_P521_SHA512);
    assert!(verdict(&[&server.der], &store(&[&root.der])).is_trusted());
}

#[test]
fn rsa_1024_root_and_leaf() {
    let verdict = verdict(
        &[&fixture("rsa1024-leaf")],
        &store(&[&fixture("rsa1024-root")]),
    );
    assert!(verdict.is_trusted());
    assert_eq!(
        verdict.leaf().unwrap().public_key.to_string(),
        "RSA 1024 bits"
    );
}

#[test]
fn expired_root_with_a_valid_leaf_names_the_root() {
    let mut params = ca_params("Old Root");
    params.not_after = date_time_ymd(2029, 12, 31);
    let root = Signed::by_itself(params);
    let verdict = verdict(&[&root.server()], &store(&[&root.der]));
    assert_eq!(
        verdict.go_words().as_deref(),
        Some(
            "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: \
             current time 2030-06-01T12:00:00Z is after 2029-12-31T00:00:00Z"
        )
    );
    assert!(
        matches!(verdict.issuer, IssuerVerdict::Trusted { .. }),
        "the issuer is known: {verdict:?}"
    );
    let [fault] = verdict.dates.as_slice() else {
        panic!("{verdict:?}")
    };
    assert_eq!(
        (fault.which, fault.subject.as_str(), fault.kind),
        (Role::Root, "Old Root", DateKind::Expired)
    );
}

#[test]
fn root_without_ca_true() {
    let mut params = ca_params("No CA");
    params.is_ca = IsCa::NoCa;
    params.key_usages.clear();
    let root = Signed::by_itself(params);
    let verdict = verdict(&[&root.server()], &store(&[&root.der]));
    assert_eq!(
        verdict.go_words().as_deref(),
        Some(
            "tls: failed to verify certificate: x509: certificate signed by unknown authority (possibly because of \
             \"x509: invalid signature: parent certificate cannot sign this kind of certificate\" while trying to verify \
             candidate authority certificate \"No CA\")"
        )
    );
    let IssuerVerdict::BadCa {
        why: CaFault::NotACa,
        role: Role::Root,
        sources,
        ..
    } = &verdict.issuer
    else {
        panic!("{verdict:?}")
    };
    assert_eq!(sources, &["test"]);
}

#[test]
fn root_without_key_cert_sign() {
    let mut params = ca_params("Only CRLs");
    params.key_usages = vec![KeyUsagePurpose::CrlSign];
    let root = Signed::by_itself(params);
    let verdict = verdict(&[&root.server()], &store(&[&root.der]));
    assert!(
        verdict
            .go_words()
            .unwrap()
            .contains("parent certificate cannot sign this kind of certificate")
    );
    assert!(
        matches!(
            verdict.issuer,
            IssuerVerdict::BadCa {
                why: CaFault::MayNotSign,
                ..
            }
        ),
        "{verdict:?}"
    );
}

#[test]
fn root_for_clients_only() {
    let mut params = ca_params("Clients");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let root = Signed::by_itself(params);
    let verdict = verdict(&[&root.server()], &store(&[&root.der]));
    assert_eq!(verdict.go_error(), Some(&GoError::IncompatibleUsage));
    let [fault] = verdict.purpose.as_slice() else {
        panic!("{verdict:?}")
    };
    assert_eq!(
        (fault.which, fault.subject.as_str()),
        (Role::Root, "Clients")
    );
    assert_eq!(fault.allowed, ["clientAuth"]);
}

#[test]
fn negative_serial_number() {
    let verdict = verdict(
        &[&fixture("negative-serial-leaf")],
        &store(&[&fixture("root")]),
    );
    assert_eq!(
        verdict.go_words().as_deref(),
        Some("tls: failed to parse certificate from server: x509: negative serial number")
    );
    let [
        OtherFault::Refused {
            position: 0,
            why: Refusal::NegativeSerial,
            ..
        },
    ] = verdict.other.as_slice()
    else {
        panic!("{verdict:?}")
    };
    assert!(
        matches!(verdict.issuer, IssuerVerdict::Trusted { .. }),
        "{verdict:?}"
    );
}

#[test]
fn common_name_without_alternative_names() {
    let root = Signed::root("Root");
    let verdict = verdict(&[&root.sign(server_params(&[])).der], &store(&[&root.der]));
    assert_eq!(
        verdict.go_words().as_deref(),
        Some(
            "tls: failed to verify certificate: x509: certificate relies on legacy Common Name field, use SANs instead"
        )
    );
    assert_eq!(
        verdict.name,
        NameVerdict::CommonNameOnly {
            common_name: HOST.to_owned()
        }
    );
}

#[test]
fn version_1_leaf() {
    let verdict = verdict(&[&fixture("v1-leaf")], &store(&[&fixture("root")]));
    assert!(
        verdict
            .go_words()
            .unwrap()
            .ends_with("legacy Common Name field, use SANs instead")
    );
    assert_eq!(verdict.leaf().unwrap().version, Some(1));
    assert!(
        matches!(verdict.issuer, IssuerVerdict::Trusted { .. }),
        "{verdict:?}"
    );
}

#[test]
fn sha1_signature() {
    let verdict = verdict(&[&fixture("sha1-leaf")], &store(&[&fixture("root")]));
    let words = verdict.go_words().unwrap();
    assert!(
        words.contains("\"x509: cannot verify signature: insecure algorithm SHA1-RSA\""),
        "{words}"
    );
    let IssuerVerdict::BadCa { why, .. } = &verdict.issuer else {
        panic!("{verdict:?}")
    };
    assert_eq!(
        *why,
        CaFault::WeakSignature(SignatureAlgorithm::Rsa(Hash::Sha1))
    );
}

#[test]
fn leaf_for_clients_only() {
    let root = Signed::root("Root");
    let mut params = server_params(&[HOST]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let verdict = verdict(&[&root.sign(params).der], &store(&[&root.der]));
    assert_eq!(verdict.go_error(), Some(&GoError::IncompatibleUsage));
    assert_eq!(verdict.purpose[0].which, Role::Leaf);
}

#[test]
fn name_constraint_of_the_root() {
    let mut params = ca_params("Constrained");
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("corp.example".to_owned())],
        excluded_subtrees: Vec::new(),
    });
    let root = Signed::by_itself(params);
    let verdict = verdict(&[&root.server()], &store(&[&root.der]));
    assert_eq!(
        verdict.go_words().as_deref(),
        Some(
            "tls: failed to verify certificate: x509: a root or intermediate certificate is not authorized to sign for \
             this name: DNS name \"registry.example.com\" is not permitted by any constraint"
        )
    );
    assert!(
        matches!(verdict.other.as_slice(), [OtherFault::NameConstraint { authority, .. }] if authority == "Constrained")
    );
}

#[test]
fn expired_leaf() {
    let root = Signed::root("Root");
    let mut params = server_params(&[HOST]);
    params.not_after = date_time_ymd(2030, 1, 1);
    let verdict = verdict(&[&root.sign(params).der], &store(&[&root.der]));
    assert!(
        verdict
            .go_words()
            .unwrap()
            .contains("is after 2030-01-01T00:00:00Z")
    );
    assert_eq!(
        (verdict.dates.len(), verdict.dates[0].which),
        (1, Role::Leaf)
    );
}

#[test]
fn missing_intermediate_that_nobody_knows() {
    let root = Signed::root("Root");
    let between = root.sign(ca_params("Between"));
    let verdict = verdict(&[&between.server()], &store(&[&root.der]));
    assert_eq!(verdict.go_words().as_deref(), Some(UNKNOWN));
    let IssuerVerdict::UnknownAuthority {
        missing_issuer,
        self_signed,
        presented,
        ..
    } = &verdict.issuer
    else {
        panic!("{verdict:?}")
    };
    assert_eq!(
        (missing_issuer.as_str(), self_signed, presented),
        ("Between", &false, &false)
    );
}

#[test]
fn wrong_name() {
    let root = Signed::root("Root");
    let verdict = verdict(
        &[&root.sign(server_params(&["a.example", "b.example"])).der],
        &store(&[&root.der]),
    );
    assert_eq!(
        verdict.go_words().as_deref(),
        Some(
            "tls: failed to verify certificate: x509: certificate is valid for a.example, b.example, not \
             registry.example.com"
        )
    );
    assert_eq!(
        verdict.name,
        NameVerdict::Mismatch {
            wanted: HOST.to_owned(),
            presented: vec!["a.example".to_owned(), "b.example".to_owned()]
        }
    );
}

#[test]
fn an_intermediate_as_the_root() {
    let root = Signed::root("Root");
    let between = root.sign(ca_params("Between"));
    assert!(verdict(&[&between.server()], &store(&[&between.der])).is_trusted());
}

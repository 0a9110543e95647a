//! The small rules, case by case. Whole chains are judged in `tests/trust_table`.

use proptest::prelude::*;

use super::constraints;
use super::name::Asked;
use crate::model::certificate::Certificate;

fn certificate(edit: impl FnOnce(&mut rcgen::CertificateParams)) -> Certificate {
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    edit(&mut params);
    let key = rcgen::KeyPair::generate().unwrap();
    Certificate::read(params.self_signed(&key).unwrap().der())
}

fn named(names: &[&str]) -> Certificate {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    certificate(|params| {
        params.subject_alt_names = rcgen::CertificateParams::new(names)
            .unwrap()
            .subject_alt_names;
    })
}

#[test]
fn names_that_are_covered() {
    for (pattern, host, covered) in [
        ("a.example", "a.example", true),
        ("a.example", "A.EXAMPLE", true),
        ("a.example", "a.example.", true),
        ("a.example", "b.a.example", false),
        ("*.example", "a.example", true),
        ("*.example", "a.b.example", false),
        ("*.example", "example", false),
        ("*", "example", false),
        ("a*.example", "ab.example", false),
        ("a*.example", "a*.example", true),
        ("a.*.example", "a.b.example", false),
        ("under_score.example", "under_score.example", true),
        ("-a.example", "-a.example", true),
        ("a.example", "", false),
    ] {
        assert_eq!(
            Asked::read(host).matches(&named(&[pattern])),
            covered,
            "{pattern} for {host}"
        );
    }
}

#[test]
fn an_address_in_a_dns_name_does_not_count() {
    let certificate = certificate(|params| {
        params.subject_alt_names = vec![rcgen::SanType::DnsName("192.0.2.1".try_into().unwrap())];
    });
    assert!(!Asked::read("192.0.2.1").matches(&certificate));
    assert!(
        Asked::read("fe80::1%eth0").matches(&named(&["fe80::1"])),
        "the zone does not matter"
    );
}

#[test]
fn common_names_never_count() {
    let by_common_name = |with_names: bool| {
        certificate(|params| {
            params
                .distinguished_name
                .push(rcgen::DnType::CommonName, "*.example.com");
            if with_names {
                params.subject_alt_names =
                    vec![rcgen::SanType::DnsName("other.example".try_into().unwrap())];
            }
        })
    };
    let asked = Asked::read("registry.example.com");
    assert!(
        !asked.matches(&by_common_name(false))
            && asked.matches_common_name_only(&by_common_name(false))
    );
    assert!(
        !asked.matches_common_name_only(&by_common_name(true)),
        "with alternative names it is a plain mismatch"
    );
}

#[test]
fn many_names_are_counted_and_not_listed() {
    let names: Vec<String> = (0..120)
        .map(|number| format!("h{number}.example"))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let words = Asked::read("other.example").go_words(&named(&names));
    assert_eq!(
        words,
        "x509: certificate is valid for 120 names, but none matched other.example"
    );
}

fn authority(
    permitted: &[rcgen::GeneralSubtree],
    excluded: &[rcgen::GeneralSubtree],
) -> Certificate {
    certificate(|params| {
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.name_constraints = Some(rcgen::NameConstraints {
            permitted_subtrees: permitted.to_vec(),
            excluded_subtrees: excluded.to_vec(),
        });
    })
}

fn dns(domain: &str) -> rcgen::GeneralSubtree {
    rcgen::GeneralSubtree::DnsName(domain.to_owned())
}

#[test]
fn dns_constraints() {
    for (name, constraint, within) in [
        ("corp.example", "corp.example", true),
        ("a.corp.example", "corp.example", true),
        ("A.Corp.Example", "corp.example", true),
        ("acorp.example", "corp.example", false),
        ("corp.example", ".corp.example", false),
        ("a.corp.example", ".corp.example", true),
        ("*.corp.example", "corp.example", true),
        ("anything.example", "", true),
    ] {
        let (leaf, domain) = (named(&[name]), [dns(constraint)]);
        assert_eq!(
            constraints::check(&leaf, &authority(&domain, &[])).is_ok(),
            within,
            "{name} in {constraint}"
        );
        assert_eq!(
            constraints::check(&leaf, &authority(&[], &domain)).is_err(),
            within,
            "{name} out of {constraint}"
        );
    }
    let both = authority(&[dns("example")], &[dns("corp.example")]);
    assert_eq!(
        constraints::check(&named(&["a.corp.example"]), &both).unwrap_err(),
        "DNS name \"a.corp.example\" is excluded by constraint \"corp.example\""
    );
    assert!(
        constraints::check(&named(&["ok.example", "bad.test"]), &both).is_err(),
        "every name counts"
    );
    assert!(
        constraints::check(&named(&["192.0.2.1"]), &both).is_ok(),
        "other kinds of names are not touched"
    );
}

#[test]
fn address_mail_and_uri_constraints() {
    let net =
        rcgen::GeneralSubtree::IpAddress(rcgen::CidrSubnet::V4([10, 0, 0, 0], [255, 0, 0, 0]));
    let addresses = authority(&[net], &[]);
    assert!(constraints::check(&named(&["10.1.2.3"]), &addresses).is_ok());
    assert_eq!(
        constraints::check(&named(&["192.0.2.1"]), &addresses).unwrap_err(),
        "IP address \"192.0.2.1\" is not permitted by any constraint"
    );
    assert!(
        constraints::check(&named(&["2001:db8::1"]), &addresses).is_err(),
        "no IPv6 network is permitted"
    );

    let mail = authority(
        &[rcgen::GeneralSubtree::Rfc822Name("corp.example".to_owned())],
        &[],
    );
    let with = |name: &str| {
        certificate(|params| {
            params.subject_alt_names = vec![rcgen::SanType::Rfc822Name(name.try_into().unwrap())];
        })
    };
    assert!(constraints::check(&with("a@corp.example"), &mail).is_ok());
    assert!(constraints::check(&with("a@other.example"), &mail).is_err());
}

proptest! {
    #[test]
    fn any_name_is_judged(host in ".{0,40}", pattern in "[a-z*.]{1,20}") {
        let certificate = named(&[&pattern]);
        let asked = Asked::read(&host);
        if !asked.matches(&certificate) {
            prop_assert!(asked.go_words(&certificate).starts_with("x509: "));
        }
    }
}

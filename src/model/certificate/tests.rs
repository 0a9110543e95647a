use proptest::prelude::*;

use super::*;

fn read(pem: &str) -> Certificate {
    let bundle = crate::model::pem::parse(pem.as_bytes());
    bundle.certificates[0].certificate.clone()
}

fn home_made() -> Certificate {
    read(include_str!("../../../tests/fixtures/trust/home-made.pem"))
}

fn made(edit: impl FnOnce(&mut rcgen::CertificateParams)) -> Certificate {
    let mut params = rcgen::CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
    edit(&mut params);
    let key = rcgen::KeyPair::generate().unwrap();
    Certificate::read(params.self_signed(&key).unwrap().der())
}

#[test]
fn what_openssl_prints_of_it() {
    let certificate = home_made();
    assert_eq!(certificate.version, Some(3));
    assert_eq!(certificate.subject.to_string(), "registry.example.com");
    assert_eq!(certificate.subject.full, "CN=registry.example.com");
    assert!(certificate.is_self_issued() && certificate.is_ca());
    assert_eq!(
        certificate.not_after.unwrap().to_string(),
        "2126-10-29T13:53:13Z"
    );
    assert_eq!(certificate.names.dns, ["registry.example.com"]);
    assert_eq!(certificate.public_key.to_string(), "RSA 2048 bits");
    assert_eq!(certificate.signature_algorithm.to_string(), "SHA256-RSA");
    assert_eq!(certificate.subject_key_id, certificate.authority_key_id);
    assert_eq!(
        certificate.serial,
        Some(Serial {
            text: "528351664959510565605803228670673620616692300852".to_owned(),
            negative: false
        })
    );
    assert_eq!(certificate.refusal, None);
    assert!(certificate.unreadable.is_empty());
    assert_eq!(certificate.may_sign(), Ok(()));
}

#[test]
fn fingerprints_look_like_those_of_openssl() {
    let text = home_made().fingerprint().to_string();
    assert_eq!((text.len(), text.matches(':').count()), (95, 31));
    assert_eq!(text, text.to_uppercase());
}

#[test]
fn what_is_no_certificate() {
    for bytes in [
        &b""[..],
        b"0",
        b"\x30\x03abc",
        b"-----BEGIN CERTIFICATE-----",
    ] {
        let certificate = Certificate::read(bytes);
        assert_eq!(certificate.refusal, Some(Refusal::Malformed));
        assert_eq!(certificate.der(), bytes);
        assert!(certificate.signed_part().is_empty() && !certificate.unreadable.is_empty());
        assert_eq!(certificate.subject.to_string(), "(no name)");
    }
}

#[test]
fn keys_and_usages() {
    let certificate = made(|params| {
        params.key_usages = vec![
            rcgen::KeyUsagePurpose::DigitalSignature,
            rcgen::KeyUsagePurpose::CrlSign,
        ];
        params.extended_key_usages = vec![
            rcgen::ExtendedKeyUsagePurpose::ClientAuth,
            rcgen::ExtendedKeyUsagePurpose::Other(vec![1, 2, 3]),
        ];
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Constrained(2));
    });
    assert_eq!(certificate.public_key.to_string(), "ECDSA P-256");
    let usages: Vec<&str> = certificate.key_usage.unwrap().names().collect();
    assert_eq!(usages, ["digitalSignature", "cRLSign"]);
    let extended: Vec<String> = certificate
        .extended_key_usage
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(extended, ["clientAuth", "1.2.3"]);
    assert_eq!(
        certificate.basic_constraints,
        Some(BasicConstraints {
            ca: true,
            path_len: Some(2)
        })
    );
    assert_eq!(certificate.may_sign(), Err(SigningBar::KeyUsage));
}

#[test]
fn names_of_every_kind() {
    let certificate = made(|params| {
        params.subject_alt_names = vec![
            rcgen::SanType::DnsName("*.example.com".try_into().unwrap()),
            rcgen::SanType::IpAddress("2001:db8::1".parse().unwrap()),
            rcgen::SanType::Rfc822Name("ops@example.com".try_into().unwrap()),
            rcgen::SanType::URI("https://example.com/x".try_into().unwrap()),
        ];
    });
    let names = &certificate.names;
    assert!(names.present);
    assert_eq!(names.dns, ["*.example.com"]);
    assert_eq!(names.ip, ["2001:db8::1".parse::<IpAddr>().unwrap()]);
    assert_eq!(names.email, ["ops@example.com"]);
    assert_eq!(names.uri, ["https://example.com/x"]);
    assert!(
        !made(|params| params.subject_alt_names.clear())
            .names
            .present
    );
}

#[test]
fn name_constraints() {
    let constraints = made(|params| {
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.name_constraints = Some(rcgen::NameConstraints {
            permitted_subtrees: vec![rcgen::GeneralSubtree::DnsName("corp.example".to_owned())],
            excluded_subtrees: vec![rcgen::GeneralSubtree::IpAddress(rcgen::CidrSubnet::V4(
                [10, 0, 0, 0],
                [255, 0, 0, 0],
            ))],
        });
    })
    .name_constraints
    .unwrap();
    assert_eq!(constraints.permitted.dns, ["corp.example"]);
    let [net] = constraints.excluded.ip.as_slice() else {
        panic!()
    };
    assert_eq!(
        (net.address.as_slice(), net.mask.as_slice()),
        (&[10, 0, 0, 0][..], &[255, 0, 0, 0][..])
    );
}

/// Changes one octet string of a certificate for another of the same length.
fn patched(certificate: &Certificate, from: &[u8], to: &[u8]) -> Certificate {
    assert_eq!(from.len(), to.len());
    let mut der = certificate.der().to_vec();
    let at = der
        .windows(from.len())
        .position(|window| window == from)
        .unwrap();
    der[at..at + to.len()].copy_from_slice(to);
    Certificate::read(&der)
}

#[test]
fn refusals_go_by_gos_order_and_words() {
    let plain = made(|params| {
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(
            rcgen::DnType::CommonName,
            rcgen::DnValue::PrintableString("ops at example".try_into().unwrap()),
        );
    });
    assert_eq!(plain.refusal, None);
    let at = patched(&plain, b"ops at example", b"ops @@ example");
    assert_eq!(
        at.refusal.map(|refusal| refusal.to_string()).as_deref(),
        Some("x509: invalid RDNSequence: invalid attribute value: invalid PrintableString")
    );
    assert_eq!(
        at.issuer.common_name.as_deref(),
        Some("ops @@ example"),
        "it can be read all the same"
    );

    let version = patched(&plain, &[0xa0, 3, 2, 1, 2], &[0xa0, 3, 2, 1, 3]);
    assert_eq!(version.refusal, Some(Refusal::Version));

    let curve = patched(
        &plain,
        &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
        &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x06],
    );
    assert_eq!(
        curve.refusal,
        Some(Refusal::PublicKey("unsupported elliptic curve"))
    );

    let dns = patched(&plain, b"a.example", b"a.ex\xffmple");
    assert_eq!(
        dns.refusal,
        Some(Refusal::Extension("SAN dNSName is malformed"))
    );
}

#[test]
fn doubled_extension() {
    let twice = |oid: &[u64]| rcgen::CustomExtension::from_oid_content(oid, vec![5, 0]);
    let certificate =
        made(|params| params.custom_extensions = vec![twice(&[1, 2, 3]), twice(&[1, 2, 3])]);
    assert_eq!(
        certificate
            .refusal
            .map(|refusal| refusal.to_string())
            .as_deref(),
        Some("x509: certificate contains duplicate extension with OID \"1.2.3\"")
    );
}

#[test]
fn malformed_extensions_that_go_refuses_and_others() {
    let with = |oid: &[u64]| {
        let extension = rcgen::CustomExtension::from_oid_content(oid, vec![5, 0]);
        made(|params| params.custom_extensions = vec![extension])
    };
    for (oid, words) in [
        ([2, 5, 29, 15], "x509: invalid key usage"),
        ([2, 5, 29, 31], "x509: invalid CRL distribution points"),
        ([2, 5, 29, 32], "x509: invalid certificate policies"),
        ([2, 5, 29, 37], "x509: invalid extended key usages"),
    ] {
        let refusal = with(&oid).refusal.map(|refusal| refusal.to_string());
        assert_eq!(refusal.as_deref(), Some(words));
    }
    let issuer_names = with(&[2, 5, 29, 18]);
    assert_eq!(issuer_names.refusal, None, "Go does not read this one");
    assert_eq!(issuer_names.unreadable, ["extension 2.5.29.18"]);
}

#[test]
fn critical_extensions() {
    let critical = |oid: &[u64], content: Vec<u8>| {
        made(|params| {
            let mut extension = rcgen::CustomExtension::from_oid_content(oid, content);
            extension.set_criticality(true);
            params.custom_extensions = vec![extension];
        })
    };
    assert_eq!(
        critical(&[1, 2, 3], vec![5, 0]).unhandled_critical,
        ["1.2.3"]
    );
    assert_eq!(
        critical(&[2, 5, 29, 54], vec![2, 1, 0]).unhandled_critical,
        Vec::<String>::new()
    );
    let access = critical(&[1, 3, 6, 1, 5, 5, 7, 1, 1], vec![0x30, 0]);
    assert_eq!(
        access.refusal,
        Some(Refusal::Extension(
            "authority info access incorrectly marked critical"
        ))
    );
}

#[test]
fn serial_numbers() {
    let negative = Certificate::read(
        &base64::Engine::decode(
            &base64::engine::general_purpose::STANDARD,
            include_str!("../../../tests/fixtures/trust/negative-serial-leaf.pem")
                .lines()
                .filter(|line| !line.starts_with('-'))
                .collect::<String>(),
        )
        .unwrap(),
    );
    assert_eq!(
        negative.serial,
        Some(Serial {
            text: "-5".to_owned(),
            negative: true
        })
    );
    assert_eq!(negative.refusal, Some(Refusal::NegativeSerial));
    let long =
        made(|params| params.serial_number = Some(rcgen::SerialNumber::from_slice(&[0x7f; 2000])));
    assert!(
        long.serial.unwrap().text.starts_with("0x7f7f"),
        "no quadratic work for a foreign number"
    );
}

#[test]
fn signature_algorithms() {
    let of = |name: &str| match name {
        "pss" => {
            read(include_str!("../../../tests/fixtures/trust/pss-leaf.pem")).signature_algorithm
        }
        _ => read(include_str!("../../../tests/fixtures/trust/sha1-leaf.pem")).signature_algorithm,
    };
    assert_eq!(
        (of("pss").to_string(), of("pss").is_insecure()),
        ("SHA256-RSAPSS".to_owned(), false)
    );
    assert_eq!(
        (of("sha1").to_string(), of("sha1").is_insecure()),
        ("SHA1-RSA".to_owned(), true)
    );
}

#[test]
fn debug_is_short_and_names_it() {
    let text = format!("{:?}", home_made());
    assert!(
        text.contains("registry.example.com") && text.len() < 250,
        "{text}"
    );
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let certificate = Certificate::read(&bytes);
        prop_assert_eq!(certificate.der(), bytes.as_slice());
    }

    #[test]
    fn a_damaged_certificate_is_read(at in 0..700_usize, with in any::<u8>()) {
        let mut der = home_made().der().to_vec();
        let at = at % der.len();
        der[at] = with;
        let certificate = Certificate::read(&der);
        prop_assert!(certificate.refusal.is_some() || !certificate.signed_part().is_empty());
    }
}

#[test]
fn fingerprints_are_read_in_every_spelling() {
    let printed = (0..32)
        .map(|byte| format!("{byte:02X}"))
        .collect::<Vec<_>>()
        .join(":");
    let wanted = Fingerprint(std::array::from_fn(|at| {
        u8::try_from(at).unwrap_or_default()
    }));
    let plain = printed.replace(':', "").to_lowercase();
    for text in [
        printed.clone(),
        plain.clone(),
        format!(" {plain}\n"),
        format!("SHA256:{plain}"),
        format!("SHA-256 {printed}"),
        format!("sha256 Fingerprint={printed}"),
        printed.replace(':', " "),
    ] {
        assert_eq!(Fingerprint::parse(&text), Some(wanted), "{text}");
    }
    assert_eq!(wanted.to_string(), printed);
    for bad in [
        "",
        "00",
        &plain[2..],
        &format!("{plain}00"),
        &plain.replace('0', "g"),
        &"é".repeat(32),
    ] {
        assert_eq!(Fingerprint::parse(bad), None, "{bad}");
    }
}

//! What the table does not have: several faults at once, long chains, stores with sources, and what this tool cannot check.

use extreg::model::certificate::Refusal;
use extreg::model::trust::{
    CaFault, DateKind, GoError, IssuerVerdict, Missing, NameVerdict, OtherFault, Role, RootStore,
    judge,
};
use rcgen::{BasicConstraints, CustomExtension, IsCa, date_time_ymd};

use crate::kit::{
    HOST, Signed, ca_params, check, fixture, issuer_url, now, read, server_params, store, verdict,
};

#[test]
fn an_unknown_issuer_does_not_hide_name_and_dates() {
    let mut params = server_params(&["other.example"]);
    params.not_after = date_time_ymd(2030, 1, 1);
    let server = Signed::root("Unknown").sign(params);
    let verdict = verdict(&[&server.der], &RootStore::new());
    assert!(
        matches!(&verdict.issuer, IssuerVerdict::UnknownAuthority { missing_issuer, .. } if missing_issuer == "Unknown")
    );
    assert!(matches!(verdict.name, NameVerdict::Mismatch { .. }));
    assert_eq!(verdict.dates.len(), 1);
    assert!(
        matches!(verdict.go_error(), Some(GoError::Dates(_))),
        "Go stops at the dates"
    );
}

#[test]
fn whole_chain_with_every_place_named() {
    let root = Signed::root("Root");
    let between = root.sign(ca_params("Between"));
    let verdict = verdict(&[&between.server(), &between.der], &store(&[&root.der]));
    assert!(verdict.is_trusted());
    let roles: Vec<Role> = verdict.path.iter().map(|entry| entry.role).collect();
    assert_eq!(roles, [Role::Leaf, Role::Intermediate, Role::Root]);
    assert_eq!(verdict.path[2].sources, ["test"]);
    assert!(verdict.path[1].sources.is_empty());
}

#[test]
fn expired_intermediate() {
    let root = Signed::root("Root");
    let mut params = ca_params("Between");
    params.not_before = date_time_ymd(2031, 1, 1);
    let between = root.sign(params);
    let verdict = verdict(&[&between.server(), &between.der], &store(&[&root.der]));
    let [fault] = verdict.dates.as_slice() else {
        panic!("{verdict:?}")
    };
    assert_eq!(
        (fault.which, fault.kind),
        (Role::Intermediate, DateKind::NotYetValid)
    );
    assert!(
        verdict
            .go_words()
            .unwrap()
            .contains("is before 2031-01-01T00:00:00Z")
    );
}

#[test]
fn presented_root_that_is_not_trusted() {
    let root = Signed::root("Corp Root");
    let verdict = verdict(&[&root.server(), &root.der], &RootStore::new());
    let IssuerVerdict::UnknownAuthority {
        missing_issuer,
        presented,
        self_signed,
        ..
    } = &verdict.issuer
    else {
        panic!("{verdict:?}")
    };
    assert_eq!(
        (missing_issuer.as_str(), presented, self_signed),
        ("Corp Root", &true, &false)
    );
}

#[test]
fn missing_intermediate_whose_address_the_leaf_names() {
    let root = Signed::root("Root");
    let between = root.sign(ca_params("Between"));
    let mut params = server_params(&[HOST]);
    params.custom_extensions = vec![issuer_url("http://pki.example/between.crt")];
    let verdict = verdict(&[&between.sign(params).der], &store(&[&root.der]));
    assert_eq!(
        verdict.issuer,
        IssuerVerdict::IncompleteChain {
            missing_issuer: "Between".to_owned(),
            known_by: Missing::Url("http://pki.example/between.crt".to_owned()),
        }
    );
}

#[test]
fn an_address_does_not_make_a_presented_chain_incomplete() {
    let root = Signed::root("Root");
    let mut params = server_params(&[HOST]);
    params.custom_extensions = vec![issuer_url("http://pki.example/root.crt")];
    let verdict = verdict(&[&root.sign(params).der, &root.der], &RootStore::new());
    assert!(
        matches!(
            verdict.issuer,
            IssuerVerdict::UnknownAuthority {
                presented: true,
                ..
            }
        ),
        "{verdict:?}"
    );
}

#[test]
fn missing_intermediate_from_the_known_ones() {
    let root = Signed::root("Root");
    let between = root.sign(ca_params("Between"));
    let mut roots = store(&[&root.der]);
    roots
        .add_intermediate("configmap ca", read(&between.der))
        .unwrap();
    let verdict = verdict(&[&between.server()], &roots);
    assert!(!verdict.is_trusted());
    assert_eq!(
        verdict.issuer,
        IssuerVerdict::IncompleteChain {
            missing_issuer: "Between".to_owned(),
            known_by: Missing::Known {
                sources: vec!["configmap ca".to_owned()]
            },
        }
    );
}

#[test]
fn known_intermediate_below_an_unknown_root_is_unknown_authority() {
    let root = Signed::root("Root");
    let between = root.sign(ca_params("Between"));
    let mut roots = store(&[&Signed::root("Other").der]);
    roots.add_intermediate("known", read(&between.der)).unwrap();
    let mut params = server_params(&[HOST]);
    params.custom_extensions = vec![issuer_url("http://pki.example/between.crt")];
    let verdict = verdict(&[&between.sign(params).der], &roots);
    assert!(
        matches!(&verdict.issuer, IssuerVerdict::UnknownAuthority { missing_issuer, .. } if missing_issuer == "Root"),
        "{verdict:?}"
    );
}

#[test]
fn a_root_made_anew_under_the_same_name() {
    let (old, new) = (Signed::root("Corp Root"), Signed::root("Corp Root"));
    let mut roots = RootStore::new();
    roots
        .add_der("configmap registry-config", &old.der)
        .unwrap();
    let verdict = verdict(&[&new.server()], &roots);
    let IssuerVerdict::UnknownAuthority { same_name_in, .. } = &verdict.issuer else {
        panic!("{verdict:?}")
    };
    assert_eq!(same_name_in, &["configmap registry-config"]);
    let words = verdict.go_words().unwrap();
    assert!(
        words.contains("x509: ECDSA verification failure"),
        "{words}"
    );
}

#[test]
fn intermediate_that_is_no_ca() {
    let root = Signed::root("Root");
    let mut params = ca_params("Between");
    params.is_ca = IsCa::ExplicitNoCa;
    let between = root.sign(params);
    let verdict = verdict(&[&between.server(), &between.der], &store(&[&root.der]));
    assert!(
        matches!(
            &verdict.issuer,
            IssuerVerdict::BadCa {
                why: CaFault::NotACa,
                role: Role::Intermediate,
                ..
            }
        ),
        "{verdict:?}"
    );
}

#[test]
fn path_length_exceeded() {
    let mut params = ca_params("Root");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let root = Signed::by_itself(params);
    let between = root.sign(ca_params("Between"));
    let verdict = verdict(&[&between.server(), &between.der], &store(&[&root.der]));
    assert_eq!(verdict.go_error(), Some(&GoError::TooManyIntermediates));
    assert!(
        matches!(
            verdict.issuer,
            IssuerVerdict::BadCa {
                why: CaFault::PathTooLong { limit: 0 },
                ..
            }
        ),
        "{verdict:?}"
    );
    let direct = root.server();
    assert!(crate::kit::verdict(&[&direct], &store(&[&root.der])).is_trusted());
}

#[test]
fn a_cross_signed_root_finds_the_path_that_holds() {
    let mut params = ca_params("Expired Root");
    params.not_after = date_time_ymd(2025, 1, 1);
    let expired = Signed::by_itself(params);
    let (root, stray) = (Signed::root("Root"), Signed::root("Stray"));
    let crossed = root.cross_signed_by(&expired);
    let server = root.server();
    let presented: [&[u8]; 4] = [&server, &crossed, &expired.der, &stray.der];
    assert!(verdict(&presented, &store(&[&expired.der, &root.der])).is_trusted());
    let verdict = verdict(&presented, &store(&[&expired.der]));
    assert_eq!(verdict.dates.len(), 1, "{verdict:?}");
    assert_eq!(verdict.dates[0].subject, "Expired Root");
}

#[test]
fn certificates_that_certify_each_other_end() {
    let (one, two) = (Signed::root("One"), Signed::root("Two"));
    let (one_by_two, two_by_one) = (one.cross_signed_by(&two), two.cross_signed_by(&one));
    let verdict = verdict(
        &[&one.server(), &one_by_two, &two_by_one],
        &RootStore::new(),
    );
    assert!(matches!(
        verdict.issuer,
        IssuerVerdict::UnknownAuthority { .. }
    ));
}

#[test]
fn critical_extension_that_nobody_knows() {
    let root = Signed::root("Root");
    let mut params = server_params(&[HOST]);
    let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![0x05, 0x00]);
    extension.set_criticality(true);
    params.custom_extensions = vec![extension];
    let verdict = verdict(&[&root.sign(params).der], &store(&[&root.der]));
    assert_eq!(verdict.go_error(), Some(&GoError::CriticalExtension));
    assert_eq!(
        verdict.other,
        [OtherFault::CriticalExtension("1.2.3.4".to_owned())]
    );
}

#[test]
fn version_1_root() {
    assert!(verdict(&[&fixture("v1-root-leaf")], &store(&[&fixture("v1-root")])).is_trusted());
}

#[test]
fn pss_signature() {
    assert!(verdict(&[&fixture("pss-leaf")], &store(&[&fixture("root")])).is_trusted());
}

#[test]
fn rsa_key_of_512_bits() {
    let verdict = verdict(
        &[&fixture("rsa512-leaf")],
        &store(&[&fixture("rsa512-root")]),
    );
    assert!(
        matches!(
            verdict.issuer,
            IssuerVerdict::BadCa {
                why: CaFault::SmallKey(512),
                ..
            }
        ),
        "{verdict:?}"
    );
    assert!(
        verdict
            .go_words()
            .unwrap()
            .contains("512-bit keys are insecure")
    );
}

#[test]
fn a_signature_that_only_go_can_check_is_no_fault() {
    let (leaf, roots) = (
        fixture("rsa1024-sha384-leaf"),
        store(&[&fixture("rsa1024-root")]),
    );
    let untold = verdict(&[&leaf], &roots);
    assert!(untold.is_undetermined(), "{untold:?}");
    assert!(
        matches!(&untold.issuer, IssuerVerdict::Undetermined { why } if why.contains("SHA384-RSA"))
    );
    let wrong_name = judge(&[&leaf], "other.example", now(), &roots);
    check(&wrong_name);
    assert!(
        matches!(wrong_name.go_error(), Some(GoError::Name(_))),
        "what is certain is said all the same"
    );
    assert!(matches!(
        wrong_name.issuer,
        IssuerVerdict::Undetermined { .. }
    ));
}

#[test]
fn addresses_match_addresses_only() {
    let root = Signed::root("Root");
    let roots = store(&[&root.der]);
    let server = root.sign(server_params(&["192.0.2.7", "2001:db8::7"])).der;
    for name in [
        "192.0.2.7",
        "2001:db8::7",
        "[2001:db8::7]",
        "::ffff:192.0.2.7",
    ] {
        assert!(
            judge(&[&server], name, now(), &roots).is_trusted(),
            "{name}"
        );
    }
    let other = judge(&[&server], "192.0.2.8", now(), &roots);
    assert!(
        other
            .go_words()
            .unwrap()
            .ends_with("valid for 192.0.2.7, 2001:db8::7, not 192.0.2.8")
    );
    let named = judge(&[root.server()], "192.0.2.8", now(), &roots);
    assert!(named.go_words().unwrap().ends_with(
        "cannot validate certificate for 192.0.2.8 because it doesn't contain any IP SANs"
    ));
    let host = judge(&[&server], HOST, now(), &roots);
    assert!(
        host.go_words()
            .unwrap()
            .ends_with("not valid for any names, but wanted to match registry.example.com")
    );
}

#[test]
fn nothing_and_rubbish() {
    let none: [&[u8]; 0] = [];
    let verdict = judge(&none, HOST, now(), &RootStore::new());
    check(&verdict);
    assert_eq!(verdict.other, [OtherFault::NoCertificate]);
    let verdict = crate::kit::verdict(&[b"rubbish"], &RootStore::new());
    assert_eq!(verdict.name, NameVerdict::Unreadable);
    assert_eq!(
        verdict.go_error(),
        Some(&GoError::Parse(Refusal::Malformed))
    );
}

#[test]
fn an_unneeded_certificate_that_does_not_parse_ends_the_handshake() {
    let root = Signed::root("Root");
    let verdict = verdict(
        &[&root.server(), &fixture("negative-serial-leaf")],
        &store(&[&root.der]),
    );
    assert!(matches!(verdict.issuer, IssuerVerdict::Trusted { .. }));
    assert!(
        matches!(
            verdict.other.as_slice(),
            [OtherFault::Refused { position: 1, .. }]
        ),
        "{verdict:?}"
    );
}

#[test]
fn a_store_remembers_every_source_and_drops_what_go_drops() {
    let root = Signed::root("Root");
    let mut roots = store(&[&root.der]);
    roots.add_der("second", &root.der).unwrap();
    roots.add_der("second", &root.der).unwrap();
    let mut other = RootStore::new();
    other.add_der("third", &root.der).unwrap();
    roots.include(std::sync::Arc::new(other));
    assert_eq!(
        roots.sources_of(&read(&root.der)),
        ["test", "second", "third"]
    );
    assert_eq!(
        roots.add_der("bad", &fixture("negative-serial-leaf")),
        Err(Refusal::NegativeSerial)
    );
    // One that is not read before it is looked for is dropped then.
    let refused = fixture("negative-serial-leaf");
    roots.add_unread("unread", &refused);
    assert!(!roots.is_anchor(&read(&refused)));
    assert!(roots.sources_of(&read(&refused)).is_empty());
    assert!(roots.is_anchor(&read(&root.der)));
}

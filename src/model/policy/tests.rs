use proptest::prelude::*;

use super::*;
use crate::model::mirrors::{ImageLocation, Match, RuleKind};

fn list(entries: &[&str]) -> Vec<String> {
    entries.iter().map(ToString::to_string).collect()
}

fn image(registry: &'static str) -> ImageLocation<'static> {
    ImageLocation {
        registry,
        repository: "team/app",
        tag: Some("1"),
        digest: None,
    }
}

fn access(allowed: &[&str], blocked: &[&str], registry: &'static str) -> Access {
    let sources = RegistrySources {
        allowed: list(allowed),
        blocked: list(blocked),
        ..RegistrySources::default()
    };
    node_access(&sources, &sources.registries_conf(&[]), &image(registry))
}

#[test]
fn allowed_on_nodes() {
    let allowed_by = |entry: &str| Access::Allowed {
        entry: entry.to_owned(),
    };
    assert_eq!(access(&[], &[], "quay.io"), Access::Open);
    for entry in [
        "quay.io",
        "quay.io/team",
        "quay.io/team/app",
        "quay.io/team/app:1",
        "*.io",
    ] {
        assert_eq!(access(&[entry], &[], "quay.io"), allowed_by(entry));
    }
    assert_eq!(
        access(&["*.example.com"], &[], "a.b.example.com:5000"),
        allowed_by("*.example.com")
    );
    assert_eq!(
        access(&["quay.io", "quay.io/team"], &[], "quay.io"),
        allowed_by("quay.io/team"),
        "the closest"
    );
    for entry in [
        "quay.io/tea",
        "quay.io/team/",
        "docker.io",
        "*.quay.io",
        "quay",
    ] {
        assert!(
            matches!(access(&[entry], &[], "quay.io"), Access::NotAllowed { .. }),
            "{entry}"
        );
    }
}

#[test]
fn the_allowed_list_knows_no_leniency_about_ports() {
    let near = |entry: &str, registry| match access(&[entry], &[], registry) {
        Access::NotAllowed { near } => near,
        other => panic!("{other:?}"),
    };
    let miss = near("registry.example.com", "registry.example.com:5000").unwrap();
    assert!(miss.port_differs && !miss.case_differs);
    assert!(
        near("registry.example.com:5000", "registry.example.com")
            .unwrap()
            .port_differs
    );
    assert!(
        near(
            "registry.example.com:5000/team",
            "registry.example.com:5001"
        )
        .unwrap()
        .port_differs
    );
    let miss = near("Registry.example.com", "registry.example.com").unwrap();
    assert!(miss.case_differs && !miss.port_differs);
    assert_eq!(
        near("registry.example.com/other", "registry.example.com:5000"),
        None
    );
    assert_eq!(
        near("registry.example.com/other", "registry.example.com"),
        None
    );
}

#[test]
fn blocked_on_nodes() {
    let blocked_by = |entry: &str, how| Access::Blocked {
        entry: entry.to_owned(),
        how,
    };
    assert_eq!(
        access(&[], &["quay.io"], "quay.io"),
        blocked_by("quay.io", Match::Scope)
    );
    assert_eq!(
        access(&[], &["*.example.com"], "a.example.com:5000"),
        blocked_by("*.example.com", Match::Wildcard)
    );
    assert_eq!(
        access(&[], &["a.example.com"], "a.example.com:5000"),
        blocked_by("a.example.com", Match::IgnoringPort)
    );
    assert_eq!(access(&[], &["quay.io/other"], "quay.io"), Access::Open);
}

#[test]
fn a_block_without_port_is_lifted_by_a_mirror_and_one_in_the_policy_is_not() {
    let rules = [MirrorRule {
        kind: RuleKind::ImageTagMirrorSet,
        object: "m".to_owned(),
        source: "quay.io:8443/team".to_owned(),
        mirrors: list(&["mirror.local/team"]),
        never_contact_source: true,
    }];
    let judged = |blocked: &str| {
        let sources = RegistrySources {
            blocked: list(&[blocked]),
            ..RegistrySources::default()
        };
        node_access(
            &sources,
            &sources.registries_conf(&rules),
            &image("quay.io:8443"),
        )
    };
    assert_eq!(
        judged("quay.io"),
        Access::Open,
        "the mirror stands in for the source"
    );
    assert!(
        matches!(judged("quay.io:8443"), Access::Blocked { .. }),
        "the policy judges the reference itself"
    );
}

#[test]
fn insecure_on_nodes_and_in_imports() {
    let conf = |entry: &str| {
        RegistrySources {
            insecure: list(&[entry]),
            ..RegistrySources::default()
        }
        .registries_conf(&[])
    };
    for (entry, registry, node, import) in [
        (
            "registry.example.com:5000",
            "registry.example.com:5000",
            Some(Match::Scope),
            true,
        ),
        (
            "registry.example.com",
            "registry.example.com:5000",
            Some(Match::IgnoringPort),
            false,
        ),
        (
            "*.example.com",
            "registry.example.com:5000",
            Some(Match::Wildcard),
            false,
        ),
        (
            "registry.example.com:5000/team",
            "registry.example.com:5000",
            Some(Match::Scope),
            false,
        ),
        (
            "registry.example.com:5000",
            "registry.example.com",
            None,
            false,
        ),
        (
            "registry.example.com",
            "registry.example.com",
            Some(Match::Scope),
            true,
        ),
    ] {
        let conf = conf(entry);
        assert_eq!(
            node_insecure(&conf, &image(registry)).map(|by| by.how),
            node,
            "{entry} for {registry}"
        );
        assert_eq!(
            import_insecure(&conf, registry),
            import.then_some(entry),
            "{entry} for {registry}"
        );
    }
}

#[test]
fn blocked_in_imports() {
    let judged = |blocked: &str, rules: &[MirrorRule]| {
        let sources = RegistrySources {
            blocked: list(&[blocked]),
            ..RegistrySources::default()
        };
        import_access(&sources.registries_conf(rules), "quay.io")
    };
    assert_eq!(
        judged("quay.io", &[]),
        Access::Blocked {
            entry: "quay.io".to_owned(),
            how: Match::Scope
        }
    );
    assert_eq!(judged("*.io", &[]), Access::Open);
    assert_eq!(judged("quay.io/team", &[]), Access::Open);
    let mirrored = MirrorRule {
        kind: RuleKind::ImageDigestMirrorSet,
        object: "m".to_owned(),
        source: "quay.io".to_owned(),
        mirrors: list(&["mirror.local"]),
        never_contact_source: false,
    };
    assert_eq!(
        judged("quay.io", &[mirrored]),
        Access::Open,
        "an entry with mirrors does not block an import"
    );
}

fn allowed(elements: &[(&str, bool)]) -> Vec<AllowedRegistry> {
    elements
        .iter()
        .map(|(domain_name, insecure)| AllowedRegistry {
            domain_name: (*domain_name).to_owned(),
            insecure: *insecure,
        })
        .collect()
}

fn admits(elements: &[(&str, bool)], registry: &str, insecure: bool, check: ImportCheck) -> bool {
    let admission = import_admission(&allowed(elements), None, registry, insecure, check);
    matches!(admission, ImportAdmission::Admitted { .. })
}

#[test]
fn imports_by_request() {
    for (domain, secure_element, registry, insecure, admitted) in [
        ("quay.io", true, "quay.io", false, true),
        ("quay.io", true, "quay.io:443", false, true),
        ("quay.io", true, "quay.io", true, false),
        ("quay.io", false, "quay.io", true, true),
        ("quay.io", false, "quay.io", false, false),
        ("quay.io", true, "quay.io:5000", false, false),
        ("quay.io:5000", true, "quay.io:5000", true, true),
        ("quay.io:*", true, "quay.io:5000", false, true),
        ("*", true, "quay.io", false, true),
        ("*", true, "quay.io:5000", false, false),
        ("*:*", true, "quay.io:5000", true, true),
        ("*.example.com", true, "a.b.example.com", false, true),
        ("*.example.com", true, "example.com", false, false),
        ("*example.com", true, "myexample.com", false, true),
        (
            "r?.example.com:50??",
            true,
            "r1.example.com:5000",
            false,
            true,
        ),
        ("Quay.io", true, "quay.io", false, false),
        ("docker.io", true, "", false, true),
        ("docker.io", true, "docker.io", false, true),
        ("docker.io", true, "index.docker.io", false, true),
        (
            "registry-1.docker.io",
            true,
            "registry-1.docker.io",
            false,
            true,
        ),
        ("registry-1.docker.io", true, "", false, false),
    ] {
        let elements = [(domain, !secure_element)];
        assert_eq!(
            admits(&elements, registry, insecure, ImportCheck::Request),
            admitted,
            "{domain} for {registry:?}, insecure {insecure}"
        );
    }
}

#[test]
fn imports_by_stream_tags_take_either_port_when_insecure() {
    assert!(admits(
        &[("quay.io", false)],
        "quay.io",
        true,
        ImportCheck::StreamTag
    ));
    assert!(admits(
        &[("quay.io", true)],
        "quay.io",
        true,
        ImportCheck::StreamTag
    ));
    assert!(!admits(
        &[("quay.io:5000", true)],
        "quay.io",
        true,
        ImportCheck::StreamTag
    ));
    assert!(!admits(
        &[("quay.io", true)],
        "quay.io",
        false,
        ImportCheck::StreamTag
    ));
    assert!(admits(
        &[("quay.io:*", false)],
        "quay.io",
        true,
        ImportCheck::StreamTag
    ));
}

#[test]
fn what_decides_about_an_import_is_named() {
    let judge = |elements: &[(&str, bool)], registry: &str| {
        import_admission(
            &allowed(elements),
            Some("internal.svc:5000"),
            registry,
            false,
            ImportCheck::Request,
        )
    };
    assert_eq!(judge(&[], "quay.io"), ImportAdmission::Unrestricted);
    assert_eq!(
        judge(&[("quay.io", false)], "internal.svc:5000"),
        ImportAdmission::Internal
    );
    let by = |domain_name: &str| ImportAdmission::Admitted {
        domain_name: domain_name.to_owned(),
    };
    assert_eq!(
        judge(
            &[("x", false), ("*.io", false), ("quay.io", false)],
            "quay.io"
        ),
        by("*.io")
    );
    let refused = ImportAdmission::Refused {
        host: "ghcr.io".to_owned(),
        port: Some("443".to_owned()),
    };
    assert_eq!(judge(&[("quay.io", false)], "ghcr.io"), refused);
    let broken = ImportAdmission::Broken {
        domain_name: "https://quay.io:443".to_owned(),
    };
    assert_eq!(judge(&[("https://quay.io:443", false)], "quay.io"), broken);
}

#[test]
fn keys_of_additional_trusted_ca() {
    assert_eq!(
        key_for("registry.example.com:5000"),
        "registry.example.com..5000"
    );
    let found = |keys: &[&'static str], registry: &str| trusted_ca(keys.iter().copied(), registry);
    for (key, registry) in [
        ("r.example..5000", "r.example:5000"),
        ("r.example", "r.example"),
        ("docker.io", "docker.io"),
    ] {
        assert_eq!(
            found(&["other", key], registry),
            TrustedCa {
                key: Some(key),
                near: vec![]
            }
        );
    }
    for (key, registry, miss) in [
        ("r.example", "r.example:5000", KeyMiss::Port),
        ("r.example..443", "r.example", KeyMiss::Port),
        ("r.example..5001", "r.example:5000", KeyMiss::Port),
        ("r.example.5000", "r.example:5000", KeyMiss::Separator),
        ("r.example-5000", "r.example:5000", KeyMiss::Separator),
        ("r.example_5000", "r.example:5000", KeyMiss::Separator),
        ("R.example..5000", "r.example:5000", KeyMiss::Case),
    ] {
        assert_eq!(
            found(&[key], registry),
            TrustedCa {
                key: None,
                near: vec![(key, miss)]
            },
            "{key} for {registry}"
        );
    }
    assert_eq!(
        found(&["ca.crt"], "r.example"),
        TrustedCa {
            key: None,
            near: vec![]
        }
    );
    assert_eq!(
        unmatched_keys(
            ["ca.crt", "r.example..5000", "updateservice-registry"],
            &["r.example:5000"]
        ),
        ["ca.crt"]
    );
}

proptest! {
    #[test]
    fn a_blocked_registry_is_never_open(registry in "[a-c]\\.(com|io)(:[1-9])?", entry in "(\\*\\.)?[a-c]?\\.?(com|io)(:[1-9])?") {
        let sources = RegistrySources { blocked: vec![entry.clone(), registry.clone()], ..RegistrySources::default() };
        let image = ImageLocation { registry: &registry, repository: "x", tag: None, digest: None };
        let judged = node_access(&sources, &sources.registries_conf(&[]), &image);
        let blocked = matches!(judged, Access::Blocked { .. });
        prop_assert!(blocked, "{:?}", judged);
    }

    #[test]
    fn star_admits_every_host(host in "[a-z.]{1,20}", port in 1..65535_u16) {
        let registry = format!("{host}:{port}");
        prop_assert!(admits(&[("*:*", false)], &registry, false, ImportCheck::Request));
        let exact = [(registry.as_str(), false)];
        prop_assert!(admits(&exact, &registry, true, ImportCheck::Request));
    }

    #[test]
    fn a_key_serves_its_own_registry_only(host in "[a-z]{1,5}(\\.[a-z]{1,5}){0,2}", port in any::<Option<u16>>()) {
        let registry = port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"));
        let key = key_for(&registry);
        prop_assert_eq!(trusted_ca([key.as_str()], &registry).key, Some(key.as_str()));
        let other = format!("x{registry}");
        prop_assert_eq!(trusted_ca([key.as_str()], &other).key, None);
    }
}

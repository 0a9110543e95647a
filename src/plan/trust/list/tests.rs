use super::super::USER_CA_BUNDLE;
use super::*;

fn pem_of(at: usize) -> String {
    pem::encode(webpki_root_certs::TLS_SERVER_ROOT_CERTS[at].as_ref())
}

fn now() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().expect("a time")
}

fn map(name: &str, scope: Scope, bundles: &[(&str, String)]) -> Map {
    Map {
        name: format!("openshift-config/{name}"),
        scope,
        is_named: true,
        bundles: bundles
            .iter()
            .map(|(key, text)| ((*key).to_owned(), text.clone()))
            .collect(),
    }
}

fn input(keys: &[(&str, String)]) -> Input {
    Input {
        maps: vec![map("cas", Scope::Registry, keys)],
        registries: ["quay.io", "registry.example.com:5000"]
            .map(str::to_owned)
            .into(),
        complete: true,
        ..Input::default()
    }
}

fn remarks(key: &str) -> Vec<String> {
    list(&input(&[(key, pem_of(0))]), now()).remarks
}

#[test]
fn every_certificate_has_its_line() {
    let marked = format!("# kubectl-extreg: quay.io\n{}{}", pem_of(0), pem_of(1));
    let mut input = input(&[("quay.io", marked)]);
    let mut nodes = map(USER_CA_BUNDLE, Scope::Cluster, &[(BUNDLE_KEY, pem_of(2))]);
    nodes.is_named = false;
    input.maps.insert(0, nodes);
    let trusted = list(&input, now());
    assert_eq!(trusted.remarks, Vec::<String>::new());
    let lines: Vec<_> = trusted
        .entries
        .iter()
        .map(|entry| {
            (
                entry.registry.as_deref(),
                entry.put_in_for.len(),
                entry.only_nodes,
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            (Some("quay.io"), 1, false),
            (Some("quay.io"), 0, false),
            (None, 0, true)
        ]
    );
}

#[test]
fn keys_that_serve_nobody_say_why() {
    for (key, words) in [
        (
            "registry.example.com.5000",
            "the port is written with two dots",
        ),
        (
            "registry.example.com-5000",
            "the port is written with two dots",
        ),
        ("registry.example.com", "the port differs"),
        ("Quay.io", "upper and lower case differ"),
        (
            "mirror.example.com_8443",
            "for mirror.example.com:8443 it is \"mirror.example.com..8443\"",
        ),
        (
            "mirror.example.com:8443",
            "for mirror.example.com:8443 it is \"mirror.example.com..8443\"",
        ),
        (
            "10.0.0.7",
            "matches no registry: no image, mirror or import of this cluster",
        ),
        ("10.0.0.7.5000", "for 10.0.0.7:5000 it is"),
        ("ghcr.io", "matches no registry"),
    ] {
        let remarks = remarks(key);
        assert_eq!(remarks.len(), 1, "{key}: {remarks:?}");
        assert!(remarks[0].contains(words), "{key}: {remarks:?}");
    }
    for key in ["quay.io", "registry.example.com..5000", UPDATE_SERVICE] {
        assert_eq!(remarks(key), Vec::<String>::new(), "{key}");
    }
}

#[test]
fn what_is_not_known_is_said_so() {
    let mut input = input(&[("ghcr.io", pem_of(0))]);
    input.complete = false;
    assert!(list(&input, now()).remarks[0].contains("that could be read"));
    input.insecure = vec!["ghcr.io".to_owned()];
    assert!(list(&input, now()).remarks[0].contains("stands in insecureRegistries"));
}

#[test]
fn bundles_that_are_ill_say_why() {
    let trusted = list(
        &input(&[("quay.io", format!("\u{feff}{}", pem_of(0)))]),
        now(),
    );
    assert!(
        trusted.remarks[0].contains("line 1: a byte order mark"),
        "{:?}",
        trusted.remarks
    );
    let late = "2300-01-01T00:00:00Z".parse().expect("a time");
    let trusted = list(&input(&[("quay.io", pem_of(0))]), late);
    assert!(trusted.entries[0].ended && trusted.remarks[0].contains("ended on"));
    let mut input = Input {
        maps: vec![map("proxy", Scope::Cluster, &[("ca.crt", pem_of(0))])],
        absent: vec![(
            "openshift-config/lost".into(),
            "image.config.openshift.io/cluster".into(),
        )],
        ..Input::default()
    };
    let trusted = list(&input, now());
    assert!(trusted.entries.is_empty());
    for (remark, words) in trusted.remarks.iter().zip([
        "does not exist",
        "has no key ca-bundle.crt",
        "only ca-bundle.crt is read",
    ]) {
        assert!(remark.contains(words), "{remark}");
    }
    input.maps.clear();
    assert_eq!(list(&input, now()).remarks.len(), 1);
}

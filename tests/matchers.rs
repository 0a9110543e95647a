//! The two matchers side by side: every spelling of a key that is known from the field, against both consumers.
//!
//! The table was taken from running the originals (Kubernetes' `credentialprovider` and containers/image's
//! `pkg/docker/config`); `tests/properties.rs` compares with a transcription of both on random input.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

use extreg::model::docker_config::{DockerConfig, Format};
use extreg::model::image::ImageReference;
use extreg::model::keyring::NearMiss;
use extreg::model::{auth_file, keyring};
use serde_json::json;

const PORT: &str = "registry.example.com:5000/team/app";
const PLAIN: &str = "registry.example.com/team/app";
const HUB: &str = "docker.io/library/nginx";

/// Key, image, the kubelet's verdict, containers/image's.
type Row = (&'static str, &'static str, Verdict, Verdict);

#[derive(Debug, PartialEq, Clone, Copy)]
enum Verdict {
    Yes,
    No(NearMiss),
    /// No match, and about another registry altogether.
    Foreign,
}

use NearMiss::{
    ApiPath, Brackets, Case, DockerHubAlias, Path, PortDiffers, PortMissing, PortSurplus,
    TrailingSlash, Wildcard, WildcardDepth,
};
use Verdict::{Foreign, No, Yes};

const TABLE: &[Row] = &[
    ("registry.example.com:5000", PORT, Yes, Yes),
    (
        "registry.example.com",
        PORT,
        No(PortMissing),
        No(PortMissing),
    ),
    (
        "registry.example.com:5000",
        PLAIN,
        No(PortSurplus),
        No(PortSurplus),
    ),
    (
        "registry.example.com:5001",
        PORT,
        No(PortDiffers),
        No(PortDiffers),
    ),
    ("https://registry.example.com:5000", PORT, Yes, Yes),
    ("https://registry.example.com:5000/", PORT, Yes, Yes),
    ("http://registry.example.com:5000", PORT, Yes, Yes),
    ("https://registry.example.com:5000/v1/", PORT, Yes, Yes),
    ("https://registry.example.com:5000/v2/", PORT, Yes, Yes),
    (
        "https://registry.example.com:5000/v2",
        PORT,
        No(ApiPath),
        Yes,
    ),
    ("registry.example.com:5000/v2/", PORT, Yes, No(ApiPath)),
    (
        "registry.example.com:5000/v2",
        PORT,
        No(ApiPath),
        No(ApiPath),
    ),
    (
        "registry.example.com:443",
        PLAIN,
        No(PortSurplus),
        No(PortSurplus),
    ),
    (
        "registry.example.com:80",
        PLAIN,
        No(PortSurplus),
        No(PortSurplus),
    ),
    ("registry.example.com/team", PLAIN, Yes, Yes),
    ("registry.example.com/team/app", PLAIN, Yes, Yes),
    ("registry.example.com/team/", PLAIN, Yes, No(TrailingSlash)),
    ("registry.example.com/", PLAIN, Yes, No(TrailingSlash)),
    (
        "registry.example.com/team/app/",
        PLAIN,
        No(TrailingSlash),
        No(TrailingSlash),
    ),
    ("registry.example.com/tea", PLAIN, Yes, No(Path)),
    ("registry.example.com/other", PLAIN, No(Path), No(Path)),
    ("registry.example.com/Team", PLAIN, No(Case), No(Case)),
    ("https://registry.example.com/team", PLAIN, Yes, Yes),
    ("https://registry.example.com/other", PLAIN, No(Path), Yes),
    ("*.example.com", PLAIN, Yes, No(Wildcard)),
    ("*.example.com/team", PLAIN, Yes, No(Wildcard)),
    ("*.example.com/other", PLAIN, No(Path), No(Wildcard)),
    ("*.*.com", PLAIN, Yes, No(Wildcard)),
    ("reg*.example.com", PLAIN, Yes, No(Wildcard)),
    ("*.example.com", PORT, No(PortMissing), No(Wildcard)),
    ("*.example.com:5000", PORT, Yes, No(Wildcard)),
    ("*.com", PLAIN, No(WildcardDepth), No(Wildcard)),
    ("*", PLAIN, No(WildcardDepth), No(Wildcard)),
    (
        "*.registry.example.com",
        PLAIN,
        No(WildcardDepth),
        No(Wildcard),
    ),
    ("*.example.org", PLAIN, Foreign, Foreign),
    ("Registry.example.com", PLAIN, No(Case), No(Case)),
    ("HTTPS://registry.example.com", PLAIN, No(Case), No(Case)),
    ("docker://registry.example.com", PLAIN, Foreign, Foreign),
    ("registry.example.com/team/app:1", PLAIN, No(Path), No(Path)),
    ("user:pass@registry.example.com", PLAIN, Yes, Foreign),
    ("registry.example.org", PLAIN, Foreign, Foreign),
    ("example.com", PLAIN, Foreign, Foreign),
    ("", PLAIN, Foreign, Foreign),
    ("docker.io", HUB, Yes, Yes),
    ("index.docker.io", HUB, Yes, Yes),
    ("https://index.docker.io/v1/", HUB, Yes, Yes),
    ("https://docker.io/v2/", HUB, Yes, Yes),
    ("docker.io/library", HUB, Yes, Yes),
    ("docker.io/library/nginx", HUB, Yes, Yes),
    ("docker.io/other", HUB, No(Path), No(Path)),
    ("https://index.docker.io/v1", HUB, No(ApiPath), Yes),
    ("index.docker.io/v1/", HUB, Yes, No(ApiPath)),
    ("registry-1.docker.io", HUB, No(DockerHubAlias), Yes),
    (
        "https://registry-1.docker.io/v2/",
        HUB,
        No(DockerHubAlias),
        Yes,
    ),
    (
        "registry.hub.docker.com",
        HUB,
        No(DockerHubAlias),
        No(DockerHubAlias),
    ),
    (
        "index.docker.io/library",
        HUB,
        No(DockerHubAlias),
        No(DockerHubAlias),
    ),
    ("docker.io:443", HUB, No(PortSurplus), No(PortSurplus)),
    ("quay.io", HUB, Foreign, Foreign),
    // No dot and no port: the kubelet takes the first component for a namespace of Docker Hub.
    ("https://index.docker.io/v1/", "localhost/app", Yes, Foreign),
    ("[::1]:5000", "[::1]:5000/app", Yes, Yes),
    ("[::1]", "[::1]:5000/app", No(PortMissing), No(PortMissing)),
    ("[::1]", "[::1]/app", No(Brackets), Yes),
    ("[::1]:443", "[::1]/app", No(PortSurplus), No(PortSurplus)),
];

#[test]
fn every_spelling_by_both_matchers() {
    let mut wrong = Vec::new();
    for &(key, image, kubelet, containers_image) in TABLE {
        let verdict = |matches: bool, miss: Option<NearMiss>| match (matches, miss) {
            (true, None) => Yes,
            (false, Some(miss)) => No(miss),
            (false, None) => Foreign,
            (true, Some(_)) => panic!("{key} both matches {image} and nearly does"),
        };
        let by_kubelet = verdict(
            keyring::key_matches(key, image),
            keyring::near_miss(key, image),
        );
        let by_containers_image = verdict(
            auth_file::key_matches(key, image),
            auth_file::near_miss(key, image),
        );
        if (by_kubelet, by_containers_image) != (kubelet, containers_image) {
            wrong.push((key, image, by_kubelet, by_containers_image));
        }
        // The whole look-up agrees with the single key.
        let config = config(&[key]);
        assert_eq!(
            keyring::lookup(&[&config], image).len(),
            usize::from(kubelet == Yes),
            "kubelet look-up: key {key}, image {image}"
        );
        assert_eq!(
            auth_file::lookup(&[&config], image).is_some(),
            containers_image == Yes,
            "containers/image look-up: key {key}, image {image}"
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_import_looks_up_with_the_tag() {
    let key = "registry.example.com/team/app:1";
    assert!(keyring::key_matches(key, "registry.example.com/team/app:1"));
}

fn config(keys: &[&str]) -> DockerConfig {
    let auths: serde_json::Map<_, _> = keys
        .iter()
        .map(|key| ((*key).to_owned(), json!({"auth": "dTpw"})))
        .collect();
    let text = json!({ "auths": auths }).to_string();
    DockerConfig::parse(text.as_bytes(), Format::ConfigJson).unwrap()
}

/// Keys of the matches, with the config they are from.
fn tried(configs: &[&DockerConfig], name: &str) -> Vec<(usize, String)> {
    keyring::lookup(configs, name)
        .into_iter()
        .map(|found| {
            assert_eq!(configs[found.config].entries()[found.entry].key, found.key);
            (found.config, found.key)
        })
        .collect()
}

#[test]
fn the_kubelet_tries_the_most_specific_key_first_and_then_the_order_given() {
    let broad = config(&["registry.example.com", "quay.io", "*.example.com"]);
    let narrow = config(&["https://registry.example.com/team", "registry.example.com"]);
    assert_eq!(
        tried(&[&broad, &narrow], PLAIN),
        [
            (1, "https://registry.example.com/team".to_owned()),
            (0, "registry.example.com".to_owned()),
            (1, "registry.example.com".to_owned()),
            // `*` sorts before letters, so the wildcard comes last.
            (0, "*.example.com".to_owned()),
        ]
    );
}

#[test]
fn docker_hub_s_old_key_is_asked_only_when_nothing_else_matches() {
    let both = config(&["https://index.docker.io/v1/", "docker.io"]);
    assert_eq!(tried(&[&both], HUB), [(0, "docker.io".to_owned())]);
    let old = config(&["https://index.docker.io/v1/", "quay.io"]);
    assert_eq!(
        tried(&[&old], HUB),
        [(0, "https://index.docker.io/v1/".to_owned())]
    );
    assert!(tried(&[&old], PLAIN).is_empty());
}

#[test]
fn a_key_that_is_no_url_is_passed_over_and_the_others_still_count() {
    let odd = config(&[
        "registry.example.com:port",
        "registry.example.com%zz",
        "regis try.example.com",
        "registry.example.com",
    ]);
    assert_eq!(
        tried(&[&odd], PLAIN),
        [(0, "registry.example.com".to_owned())]
    );
}

fn chosen(configs: &[&DockerConfig], name: &str) -> Option<(usize, String)> {
    auth_file::lookup(configs, name).map(|found| (found.config, found.key))
}

#[test]
fn containers_image_takes_the_longest_key_of_the_first_file_that_has_one() {
    let first = config(&["registry.example.com", "registry.example.com/team"]);
    let second = config(&["registry.example.com/team/app"]);
    assert_eq!(
        chosen(&[&first, &second], PLAIN),
        Some((0, "registry.example.com/team".to_owned()))
    );
    assert_eq!(
        chosen(&[&second, &first], PLAIN),
        Some((0, "registry.example.com/team/app".to_owned()))
    );
    let other = config(&["quay.io"]);
    assert_eq!(
        chosen(&[&other, &second], PLAIN),
        Some((1, "registry.example.com/team/app".to_owned()))
    );
}

#[test]
fn containers_image_prefers_the_literal_key_to_the_url() {
    let both = config(&["https://registry.example.com/v1/", "registry.example.com"]);
    assert_eq!(
        chosen(&[&both], PLAIN),
        Some((0, "registry.example.com".to_owned()))
    );
}

#[test]
fn containers_image_passes_over_docker_s_marker_for_a_helper() {
    let marker = DockerConfig::parse(
        br#"{"auths": {"registry.example.com": {}}, "credsStore": "desktop"}"#,
        Format::ConfigJson,
    )
    .unwrap();
    let real = config(&["registry.example.com"]);
    assert_eq!(
        chosen(&[&marker, &real], PLAIN),
        Some((1, "registry.example.com".to_owned()))
    );
    // With nothing behind it, it is named, so that its fault can be told.
    assert_eq!(
        chosen(&[&marker], PLAIN),
        Some((0, "registry.example.com".to_owned()))
    );
}

#[test]
fn a_dockercfg_is_asked_for_the_registry_alone() {
    let legacy = |key: &str| {
        let text = json!({ key: {"auth": "dTpw"} }).to_string();
        DockerConfig::parse(text.as_bytes(), Format::DockerCfg).unwrap()
    };
    let path = legacy("registry.example.com/team");
    // The path is cut off, so that it serves the whole registry.
    assert!(chosen(&[&path], "registry.example.com/other/app").is_some());
    assert!(chosen(&[&legacy("https://index.docker.io/v1/")], HUB).is_some());
    assert!(chosen(&[&legacy("quay.io")], PLAIN).is_none());
}

#[test]
fn the_name_that_both_are_given_is_the_reference_s() {
    let hub = ImageReference::parse("nginx:1.27").unwrap().name();
    assert_eq!(hub, HUB);
    let port = ImageReference::parse("registry.example.com:5000/team/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef").unwrap();
    assert_eq!(port.name(), PORT);
}

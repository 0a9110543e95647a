use super::*;

const CONFIG: &str =
    r#"{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:c","size":7}"#;

fn kind(content_type: &str, body: &str) -> ManifestKind {
    read("latest", Some(content_type), None, body.as_bytes(), false)
        .unwrap()
        .kind
}

#[test]
fn images_list_their_blobs() {
    let body = format!(
        r#"{{"schemaVersion":2,"config":{CONFIG},"layers":[{{"mediaType":"l","digest":"sha256:1","size":9}}]}}"#
    );
    let ManifestKind::Image { config, layers } =
        kind(&format!("{OCI_MANIFEST}; charset=utf-8"), &body)
    else {
        panic!("no image");
    };
    assert_eq!((config.digest.as_str(), config.size), ("sha256:c", 7));
    assert_eq!(layers.len(), 1);
}

#[test]
fn attestations_have_no_platform() {
    let body = r#"{"manifests":[
        {"digest":"sha256:1","size":1,"mediaType":"m","platform":{"os":"linux","architecture":"arm64","variant":"v8"}},
        {"digest":"sha256:2","size":1,"mediaType":"m","platform":{"os":"unknown","architecture":"unknown"}},
        {"digest":"sha256:3","size":1,"mediaType":"m"}]}"#;
    let ManifestKind::Index { children } = kind(OCI_INDEX, body) else {
        panic!("no index");
    };
    let platforms: Vec<_> = children
        .iter()
        .map(|child| child.platform.is_some())
        .collect();
    assert_eq!(platforms, [true, false, false]);
    let for_any: Vec<_> = children.iter().map(|child| child.for_any).collect();
    assert_eq!(for_any, [false, false, true]);
}

#[test]
fn what_is_no_image_says_what_it_is() {
    let chart = r#"{"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"sha256:c","size":1},"layers":[]}"#;
    assert_eq!(
        kind(OCI_MANIFEST, chart),
        ManifestKind::Artifact {
            artifact_type: "application/vnd.cncf.helm.config.v1+json".to_owned()
        }
    );
    let declared = r#"{"artifactType":"application/x","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:c","size":2},"layers":[]}"#;
    assert_eq!(
        kind(OCI_MANIFEST, declared),
        ManifestKind::Artifact {
            artifact_type: "application/x".to_owned()
        }
    );
    assert_eq!(
        kind(SCHEMA1_SIGNED, r#"{"schemaVersion":1}"#),
        ManifestKind::Schema1
    );
    assert_eq!(
        kind("application/json", r#"{"schemaVersion":1}"#),
        ManifestKind::Schema1
    );
}

#[test]
fn a_page_or_a_cut_body_is_unknown() {
    assert_eq!(
        read("latest", Some(OCI_MANIFEST), None, b"<html>", false),
        None
    );
    assert_eq!(read("latest", Some(OCI_MANIFEST), None, b"", false), None);
    assert!(matches!(
        kind("text/html", "{}"),
        ManifestKind::Unknown { .. }
    ));
    let cut = read(
        "sha256:1",
        Some(OCI_MANIFEST),
        Some("sha256:1"),
        b"{\"config\":",
        true,
    )
    .unwrap();
    assert!(matches!(cut.kind, ManifestKind::Unknown { .. }));
    assert_eq!((cut.asked_digest, cut.header_digest), (None, None));
}

#[test]
fn digests_are_computed_and_lies_are_noted() {
    // `printf '{}' | sha256sum`, `| sha512sum`
    let sha256 = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    let sha512 = "sha512:27c74670adb75075fad058d5ceaf7b20c4e7786c83bae8a32f626f9782af34c9a33c2046ef60fd2a7878d378e29fec851806bbd9a67878f3a9f1cda4830763fd";
    let honest = read(sha256, None, Some(sha256), b"{}", false).unwrap();
    assert_eq!(
        (
            honest.digest.as_str(),
            honest.header_digest,
            honest.asked_digest
        ),
        (sha256, None, None)
    );
    let other = read(sha512, None, Some(sha512), b"{}", false).unwrap();
    assert_eq!(
        (
            other.digest.as_str(),
            other.header_digest,
            other.asked_digest
        ),
        (sha512, None, None)
    );
    let lie = read(sha256, None, Some("sha256:0"), b"{ }", false).unwrap();
    assert_eq!(lie.header_digest.as_deref(), Some("sha256:0"));
    assert_eq!(lie.asked_digest.as_deref(), Some(sha256));
    let by_tag = read("latest", None, None, b"{}", false).unwrap();
    assert_eq!(by_tag.asked_digest, None);
    assert!(
        read(sha256, None, None, b"<html>", false)
            .unwrap()
            .asked_digest
            .is_some()
    );
}

#[test]
fn the_type_that_a_manifest_is_served_as_is_kept_where_it_is_none() {
    let served = |content_type| {
        read("latest", content_type, None, b"{}", false)
            .unwrap()
            .served_as
    };
    assert_eq!(
        served(Some(
            "application/vnd.oci.image.index.v1+json; charset=utf-8"
        )),
        None
    );
    assert_eq!(
        served(Some("Text/Plain; charset=utf-8")).as_deref(),
        Some("text/plain")
    );
    assert_eq!(served(None).as_deref(), Some(""));
}

#[test]
fn layers_with_addresses_of_their_own_are_not_the_registrys() {
    let body = format!(
        r#"{{"config":{CONFIG},"layers":[{{"digest":"sha256:1","size":9,"urls":["https://example.com/1"]}},{{"digest":"sha256:2","size":9,"urls":[]}}]}}"#
    );
    let ManifestKind::Image { layers, .. } = kind(OCI_MANIFEST, &body) else {
        panic!("no image");
    };
    assert_eq!(layers.len(), 1);
    assert_eq!(layers[0].digest, "sha256:2");
}

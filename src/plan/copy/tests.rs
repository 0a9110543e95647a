use serde_json::json;

use super::*;
use crate::model::observation::Descriptor;
use crate::model::platform::Platform;

fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

fn part(letter: char, size: u64) -> Part {
    Part {
        descriptor: Descriptor {
            digest: digest(letter),
            size,
            media_type: String::new(),
        },
        foreign: false,
    }
}

fn described(ways: &[(Descriptor, Way)]) -> Vec<(String, Way)> {
    ways.iter()
        .map(|(blob, way)| (blob.digest[7..8].to_owned(), *way))
        .collect()
}

#[test]
fn what_is_there_stays_what_is_next_door_is_mounted_and_the_rest_is_sent() {
    let foreign = Part {
        foreign: true,
        ..part('f', 1000)
    };
    let parts = [
        part('a', 10),
        part('b', 300),
        foreign,
        part('a', 10),
        part('c', 20),
    ];
    let mut target = Target {
        present: vec![digest('c')],
        mount_from: None,
    };
    let sent = ways(&parts, &target);
    let expected = [
        ("f", Way::Foreign),
        ("b", Way::Send),
        ("c", Way::Present),
        ("a", Way::Send),
    ];
    assert_eq!(
        described(&sent),
        expected.map(|(name, way)| (name.to_owned(), way))
    );
    let totals = Totals::of(&sent);
    assert_eq!(
        totals.sent,
        Sum {
            blobs: 2,
            bytes: 310
        }
    );
    assert_eq!(
        totals.present,
        Sum {
            blobs: 1,
            bytes: 20
        }
    );
    assert_eq!(
        totals.foreign,
        Sum {
            blobs: 1,
            bytes: 1000
        }
    );
    assert_eq!(totals.mounted, Sum::default());

    target.mount_from = Some("team/base".to_owned());
    let totals = Totals::of(&ways(&parts, &target));
    assert_eq!(
        totals.mounted,
        Sum {
            blobs: 2,
            bytes: 310
        }
    );
    assert_eq!(totals.sent, Sum::default());
}

#[test]
fn a_blob_that_is_foreign_to_one_manifest_alone_is_copied() {
    let foreign = Part {
        foreign: true,
        ..part('a', 10)
    };
    for parts in [[foreign.clone(), part('a', 10)], [part('a', 10), foreign]] {
        assert_eq!(ways(&parts, &Target::default())[0].1, Way::Send);
    }
}

#[test]
fn manifests_are_read_by_their_shape() {
    let image = json!({
        "schemaVersion": 2,
        "config": {"digest": digest('c'), "size": 2, "mediaType": "application/vnd.example+json"},
        "layers": [
            {"digest": digest('a'), "size": 5},
            {"digest": digest('a'), "size": 5},
            {"digest": digest('b'), "size": 7, "urls": ["https://example.com/b"]},
        ],
        "subject": {"digest": digest('d')},
        "annotations": {"a": "b"},
    });
    let read_image = read("", image.to_string().as_bytes()).unwrap();
    let blobs: Vec<(u64, bool)> = read_image
        .blobs
        .iter()
        .map(|part| (part.descriptor.size, part.foreign))
        .collect();
    assert_eq!(blobs, [(2, false), (5, false), (7, true)]);
    assert_eq!(read_image.subject, Some(digest('d')));
    assert_eq!(
        read_image.artifact_type.as_deref(),
        Some("application/vnd.example+json")
    );
    assert_eq!(read_image.annotations, Some(json!({"a": "b"})));
    assert!(read_image.entries.is_empty());

    let artifact = json!({"blobs": [{"digest": digest('a'), "size": 5}], "artifactType": "x/y"});
    let artifact = read("", artifact.to_string().as_bytes()).unwrap();
    assert_eq!(artifact.blobs.len(), 1);
    assert_eq!(artifact.artifact_type.as_deref(), Some("x/y"));
}

#[test]
fn what_cannot_be_copied_is_refused_with_its_reason() {
    let schema1 = json!({"schemaVersion": 1, "fsLayers": []}).to_string();
    assert_eq!(read("", schema1.as_bytes()), Err(Unfit::Schema1));
    let signed = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    assert_eq!(read(signed, b"{}"), Err(Unfit::Schema1));
    assert_eq!(read("", b"<html>"), Err(Unfit::NoJson));
    assert_eq!(read("", b"{}"), Err(Unfit::NoParts));
    for bad in ["", "sha256:", "sha256:../../x", "sha256:zz", "0123"] {
        let manifest = json!({"layers": [{"digest": bad}]}).to_string();
        assert_eq!(read("", manifest.as_bytes()), Err(Unfit::NoDigest), "{bad}");
    }
}

#[test]
fn one_platform_of_an_index() {
    let entry = |letter, os: &str, architecture: &str, variant: Option<&str>| {
        let mut platform = json!({"os": os, "architecture": architecture});
        if let Some(variant) = variant {
            platform["variant"] = json!(variant);
        }
        json!({"digest": digest(letter), "size": 1, "platform": platform})
    };
    let index = json!({"manifests": [
        entry('e', "unknown", "unknown", None),
        entry('6', "linux", "arm", Some("v6")),
        entry('7', "linux", "arm", Some("v7")),
        entry('a', "linux", "amd64", None),
    ]});
    let index = read("", index.to_string().as_bytes()).unwrap();
    let chosen = |text: &str| {
        let wanted = Platform::parse(text).unwrap();
        index
            .for_platform(&wanted)
            .map(|entry| entry.descriptor.digest.clone())
    };
    assert_eq!(chosen("linux/amd64"), Some(digest('a')));
    assert_eq!(chosen("linux/arm/v7"), Some(digest('7')));
    assert_eq!(chosen("linux/arm/v8"), Some(digest('6')));
    assert_eq!(chosen("linux/s390x"), None);
    assert_eq!(
        index.platforms(),
        ["linux/arm/v6", "linux/arm/v7", "linux/amd64"]
    );
}

#[test]
fn tags_of_what_is_attached() {
    let hex = "a".repeat(64);
    assert_eq!(fallback_tag(&digest('a')), Some(format!("sha256-{hex}")));
    let long = format!("sha512:{}", "b".repeat(128));
    assert_eq!(
        fallback_tag(&long),
        Some(format!("sha512-{}", "b".repeat(64)))
    );
    assert_eq!(
        signature_tags(&digest('a')),
        [
            format!("sha256-{hex}.sig"),
            format!("sha256-{hex}.att"),
            format!("sha256-{hex}.sbom")
        ]
    );
}

#[test]
fn a_list_of_referrers_keeps_what_it_has() {
    let (one, other) = (
        json!({"digest": digest('1')}),
        json!({"digest": digest('2')}),
    );
    let list = joined(None, std::slice::from_ref(&one)).unwrap();
    assert_eq!(list["manifests"], json!([one]));
    assert_eq!(list["schemaVersion"], 2);
    assert_eq!(joined(Some(&list), std::slice::from_ref(&one)), None);
    let list = json!({"manifests": [one], "annotations": {"kept": "yes"}});
    let more = joined(Some(&list), &[one.clone(), other.clone()]).unwrap();
    assert_eq!(more["manifests"], json!([one, other]));
    assert_eq!(more["annotations"]["kept"], "yes");
}

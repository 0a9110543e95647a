//! What refers to an image: lists of referrers, the tag that stands in for them, and the tags of signing tools.

use extreg_test_support::content::{Artifact, Image, Index, Packed, digest};
use extreg_test_support::process::{DockerRegistry, real_registry_or_skip};
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::{Value, json};

use super::{Home, is_there, manifest, writes};

const SBOM: &str = "application/spdx+json";

/// An artifact about another manifest.
fn about(subject: &Packed, kind: &str) -> Packed {
    let artifact = Artifact::new(kind).pack();
    let mut json: Value = serde_json::from_slice(&artifact.manifest).expect("JSON");
    json["subject"] = json!({
        "mediaType": subject.media_type,
        "digest": subject.digest(),
        "size": subject.manifest.len(),
    });
    json["annotations"] = json!({"made": "by the test"});
    Packed {
        manifest: json.to_string().into_bytes(),
        ..artifact
    }
}

fn tag_of(digest: &str) -> String {
    digest.replace(':', "-")
}

/// The list under the tag that stands in for the referrers API.
fn list(of: &[&Packed]) -> Packed {
    let entries: Vec<Value> = of
        .iter()
        .map(|one| {
            json!({
                "mediaType": one.media_type,
                "digest": one.digest(),
                "size": one.manifest.len(),
                "artifactType": SBOM,
            })
        })
        .collect();
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": entries,
    });
    Packed {
        media_type: "application/vnd.oci.image.index.v1+json".to_owned(),
        manifest: index.to_string().into_bytes(),
        blobs: Vec::new(),
        children: of.iter().map(|one| (*one).clone()).collect(),
    }
}

#[test]
fn between_registries_without_the_api_the_tag_is_kept() {
    if !real_registry_or_skip("promotes an image with what refers to it") {
        return;
    }
    let (source, target) = (
        DockerRegistry::builder().start(),
        DockerRegistry::builder().start(),
    );
    let image = Image::new().pack();
    let digest = source.push("web", "1", &image);
    let (sbom, other) = (about(&image, SBOM), about(&image, "application/other"));
    let scan = about(&sbom, "application/scan");
    let signature = Artifact::new("application/signature").pack();
    source.push("web", &tag_of(&digest), &list(&[&sbom]));
    source.push("web", &tag_of(&sbom.digest()), &list(&[&scan]));
    source.push("web", &format!("{}.sig", tag_of(&digest)), &signature);
    // The target knows something of its own about the image.
    target.push("web", &tag_of(&digest), &list(&[&other]));

    let home = Home::new();
    let line = format!(
        "{} {} --plain-http",
        source.image("web:1"),
        target.image("web")
    );
    home.promote(&line).success();
    let remote = target.remote();
    assert_eq!(manifest(&remote, "web", &sbom.digest()).status, 404);
    // The tag is right already; what refers to it is not there.
    let document = home.document(&format!("{line} --with-referrers"));
    assert_eq!(document["referrers"], json!({"found": 3, "copied": 3}));
    is_there(&remote, "web", "1", &image);
    is_there(&remote, "web", &sbom.digest(), &sbom);
    is_there(&remote, "web", &scan.digest(), &scan);
    is_there(
        &remote,
        "web",
        &format!("{}.sig", tag_of(&digest)),
        &signature,
    );
    let listed = |subject: &str| -> Vec<Value> {
        let list = manifest(&remote, "web", &tag_of(subject)).json();
        list["manifests"].as_array().expect("a list").clone()
    };
    let all = listed(&digest);
    assert_eq!(all.len(), 2, "{all:?}");
    assert_eq!(all[0]["digest"], other.digest());
    assert_eq!(all[1]["digest"], sbom.digest());
    assert_eq!(all[1]["artifactType"], SBOM);
    assert_eq!(all[1]["annotations"]["made"], "by the test");
    assert_eq!(listed(&sbom.digest())[0]["digest"], scan.digest());

    let output = home.promote(&format!("{line} --with-referrers")).success();
    output.prints(&format!("{} unchanged\n", target.image("web:1")));
}

fn zot() -> Registry {
    Registry::builder()
        .dialect(Dialect::Zot)
        .user(User::new("mover", "good").pull("*").push("*"))
        .start()
}

#[test]
fn registries_with_the_api_keep_the_list_themselves() {
    let (source, target) = (zot(), zot());
    let index = Index::of(&["linux/amd64", "linux/arm64"]).pack();
    source.push("web", "1", &index);
    let sbom = about(&index.children[1], SBOM);
    source.push("web", "sbom", &sbom);
    let home = Home::new();
    let hosts = [source.host(), target.host()];
    let entries: Vec<_> = hosts
        .iter()
        .map(|host| (host.as_str(), "mover", "good"))
        .collect();
    home.logins("auth.json", &entries);
    let line = format!(
        "{} {} --plain-http -a auth.json --with-referrers",
        source.image("web:1"),
        target.image("web")
    );
    let document = home.document(&line);
    assert_eq!(document["referrers"], json!({"found": 1, "copied": 1}));
    assert_eq!(target.manifest("web", &sbom.digest()), Some(sbom.manifest));
    let tags: Vec<String> = target.tags("web").into_iter().map(|(tag, _)| tag).collect();
    assert_eq!(tags, ["1"]);
    // The tag comes last.
    let last = writes(&target).last().map(|request| request.path.clone());
    assert_eq!(last.as_deref(), Some("/v2/web/manifests/1"));
    home.promote(&line)
        .success()
        .prints(&format!("{} unchanged\n", target.image("web:1")));
}

#[test]
fn from_a_registry_with_the_api_to_one_without() {
    let (source, target) = (zot(), Registry::builder().start());
    let image = Image::new().pack();
    source.push("web", "1", &image);
    let sbom = about(&image, SBOM);
    source.push("web", "sbom", &sbom);
    let home = Home::new();
    home.logins("auth.json", &[(&source.host(), "mover", "good")]);
    let line = format!(
        "{} {} --plain-http -a auth.json --with-referrers",
        source.image("web:1"),
        target.image("web")
    );
    // What would move is said with what refers to it.
    let dry = home.document(&format!("{line} --dry-run"));
    assert_eq!(dry["referrers"], json!({"found": 1, "copied": 1}));
    assert!(writes(&target).is_empty());
    home.promote(&line).success();
    let list = target.manifest("web", &tag_of(&image.digest()));
    let list: Value = serde_json::from_slice(&list.expect("a list")).expect("JSON");
    assert_eq!(list["manifests"][0]["digest"], digest(&sbom.manifest));
}

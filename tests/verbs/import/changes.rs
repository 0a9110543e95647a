//! Policies, and what a tag follows.

use extreg_test_support::content::{Image, Index};
use serde_json::json;

use super::{Imports, STREAM, follows};

#[test]
fn policies_that_are_not_named_stay() {
    let imports = Imports::new();
    let flags = "--scheduled --insecure --reference-policy=local --import-mode=preserveoriginal";
    imports.import("app", "team/app:1", flags).success();
    let tag = imports.tag("latest").expect("the tag");
    let all = json!({"insecure": true, "scheduled": true, "importMode": "PreserveOriginal"});
    assert_eq!(tag["importPolicy"], all);
    assert_eq!(tag["referencePolicy"]["type"], "Local");

    let output = imports.import("app", "team/app:1", "").success();
    output.prints(&format!("{STREAM} unchanged\n"));
    output.says("app:latest stays insecure, scheduled, reference policy Local, import mode PreserveOriginal");
    assert_eq!(imports.tag("latest").expect("the tag")["importPolicy"], all);
}

#[test]
fn policies_are_turned_off_and_back_again() {
    let imports = Imports::new();
    let flags = "--scheduled --insecure --reference-policy=local";
    imports.import("app", "team/app:1", flags).success();
    let on = imports.tag("latest").expect("the tag");

    let flags = "--scheduled=false --insecure=false --reference-policy=source";
    let output = imports.import("app", "team/app:1", flags).success();
    output.prints(&format!("{STREAM} imported\n"));
    let off = imports.tag("latest").expect("the tag");
    assert_eq!(off["importPolicy"], json!({"importMode": "Legacy"}));
    assert_eq!(off["referencePolicy"]["type"], "Source");

    imports.undo().success();
    let back = imports.tag("latest").expect("the tag");
    for field in ["from", "importPolicy", "referencePolicy"] {
        assert_eq!(back[field], on[field], "{field}");
    }
}

#[test]
fn one_platform_or_all_of_them() {
    let imports = Imports::new();
    let platforms = Index::of(&["linux/amd64", "linux/arm64"]);
    let list = imports.registry.push_index("team/multi", "1", &platforms);
    let one = imports.import("app:one", "team/multi:1", "").success();
    one.says("(linux/amd64), since");
    assert_ne!(imports.newest("one"), Some(list.clone()));
    let all = imports
        .import("app:all", "team/multi:1", "--import-mode=PreserveOriginal")
        .success();
    all.says("(linux/amd64, linux/arm64), since");
    assert_eq!(imports.newest("all"), Some(list));
}

#[test]
fn another_source_is_followed_when_it_is_asked_for_and_taken_back() {
    let imports = Imports::new();
    imports
        .registry
        .push_image("team/app", "2", &Image::new().label("2"));
    imports.import("app", "team/app:1", "").success();
    let first = imports.newest("latest");
    let state = imports.state();

    let refused = imports.import("app", "team/app:2", "").exits(1);
    refused.says(&format!(
        "app:latest follows {}",
        imports.image("team/app:1")
    ));
    refused.says("--change-source makes it follow");
    assert_eq!(imports.state(), state);

    let output = imports
        .import("app", "team/app:2", "--change-source --scheduled")
        .success();
    output.prints(&format!("{STREAM} imported\n"));
    let tag = imports.tag("latest").expect("the tag");
    assert_eq!(tag["from"]["name"], imports.image("team/app:2"));
    assert_eq!(tag["importPolicy"]["scheduled"], true);
    assert_ne!(imports.newest("latest"), first);

    imports.undo().success();
    let tag = imports.tag("latest").expect("the tag");
    assert_eq!(tag["from"]["name"], imports.image("team/app:1"));
    assert_eq!(tag["importPolicy"], json!({"importMode": "Legacy"}));
}

/// The importer itself would leave what the tag follows as it is.
#[test]
fn another_source_with_the_same_image_is_followed_too() {
    let imports = Imports::new();
    imports
        .registry
        .push_image("team/app", "same", &Image::new());
    imports.import("app", "team/app:1", "").success();
    let first = imports.newest("latest");
    imports
        .import("app", "team/app:same", "--change-source")
        .success();
    let tag = imports.tag("latest").expect("the tag");
    assert_eq!(tag["from"]["name"], imports.image("team/app:same"));
    assert_eq!(imports.newest("latest"), first);
}

#[test]
fn an_alias_and_a_reference_become_tags_that_are_imported() {
    let imports = Imports::new();
    let mut reference = follows("ref", &imports.image("team/app:1"));
    reference["reference"] = json!(true);
    imports.stream_of(&json!([
        follows("1", &imports.image("team/app:1")),
        {"name": "alias", "from": {"kind": "ImageStreamTag", "name": "app:1"}},
        reference,
    ]));
    for tag in ["alias", "ref"] {
        imports
            .import(&format!("app:{tag}"), "team/app:1", "--change-source")
            .success();
        let now = imports.tag(tag).expect("the tag");
        assert_eq!(
            now["from"],
            json!({"kind": "DockerImage", "name": imports.image("team/app:1")})
        );
        assert!(now["reference"] != true, "{now}");
        assert!(
            imports
                .newest(tag)
                .expect("an image")
                .starts_with("sha256:")
        );
    }
    imports.undo().success();
    assert_eq!(imports.tag("ref").expect("the tag")["reference"], true);
}

#[test]
fn a_tag_that_is_pushed_to_is_imported_into_when_asked_for() {
    let imports = Imports::new();
    imports.stream_of(&json!([]));
    let own = "image-registry.openshift-image-registry.svc:5000/shop/app";
    imports.set_status(
        &json!({"dockerImageRepository": own, "tags": [{"tag": "latest", "items": [{
        "image": "sha256:00", "dockerImageReference": format!("{own}@sha256:00"), "generation": 1,
        "created": "2026-01-02T03:04:05Z"}]}]}),
    );
    let refused = imports.import("app", "team/app:1", "").exits(1);
    refused.says("app:latest is pushed to, not imported");
    refused.says("what is pushed there afterwards counts again");
    imports.is_untouched();
    imports
        .import("app", "team/app:1", "--change-source")
        .success();
    assert_ne!(imports.newest("latest").as_deref(), Some("sha256:00"));
}

//! Streams that are there, that are not, and whose tags belong to others.

use serde_json::json;

use super::*;
use crate::plan::edit::apply_all;

const IMAGE: &str = "quay.io/team/app:1";

fn stream(tag: &Value, status: &Value) -> Object {
    Object::new(json!({
        "metadata": {"name": "app", "namespace": "shop", "generation": 3},
        "spec": {"tags": [{"name": "other", "from": {"kind": "DockerImage", "name": "x/y:1"}}, tag]},
        "status": {"dockerImageRepository": "registry.local:5000/shop/app", "tags": [status]},
    }))
}

fn tag(source: &str) -> Value {
    json!({"name": "1", "from": {"kind": "DockerImage", "name": source}, "generation": 3,
        "importPolicy": {"importMode": "Legacy"}, "referencePolicy": {"type": "Source"}})
}

fn imported() -> Value {
    json!({"tag": "1", "items": [{"image": "sha256:1", "generation": 3}]})
}

fn decide(
    seen: Option<&Object>,
    more: impl FnOnce(&mut StreamAim<'_>),
) -> Result<Option<Change>, StreamRefusal> {
    let image = ImageReference::parse(IMAGE).expect("an image");
    let mut aim = StreamAim {
        namespace: "shop",
        name: "app",
        tag: "1",
        image: &image,
        seen,
        policy: None,
        insecure: false,
        scheduled: false,
        change_source: false,
    };
    more(&mut aim);
    change(&aim)
}

/// The tag as the change would leave it.
fn tag_after(seen: &Object, change: &Change) -> Value {
    let Action::Edit(ops) = &change.action else {
        panic!("{:?}", change.action);
    };
    let after = apply_all(ops, seen.value())
        .expect("edits")
        .expect("a change");
    assert_eq!(after["spec"]["tags"][0], seen.value()["spec"]["tags"][0]);
    let tags = after["spec"]["tags"].as_array().expect("tags").iter();
    let mut own = tags.filter(|tag| tag["name"] == "1");
    own.next().cloned().expect("the tag")
}

#[test]
fn a_stream_that_is_not_there_is_made_with_what_was_asked_for() {
    let change = decide(None, |aim| {
        aim.insecure = true;
        aim.policy = Some(ReferencePolicy::Local);
    });
    let change = change.expect("a plan").expect("a change");
    let Action::Create(made) = change.action else {
        panic!("{:?}", change.action);
    };
    assert_eq!(made.label(MANAGED_BY), Some(MANAGER));
    assert_eq!(
        made.items(TAGS),
        [
            json!({"name": "1", "from": {"kind": "DockerImage", "name": IMAGE},
            "importPolicy": {"insecure": true}, "referencePolicy": {"type": "Local"}})
        ]
    );
}

#[test]
fn a_tag_that_is_not_there_is_added() {
    let seen = stream(&json!({"name": "2"}), &json!({"tag": "2"}));
    let change = decide(Some(&seen), |_| {})
        .expect("a plan")
        .expect("a change");
    assert_eq!(tag_after(&seen, &change)["from"]["name"], IMAGE);
    assert_eq!(change.done, "tag 1 added");
}

#[test]
fn a_tag_that_has_imported_the_image_stays() {
    for source in [IMAGE, "quay.io/team/app:1"] {
        let seen = stream(&tag(source), &imported());
        assert!(decide(Some(&seen), |_| {}).expect("a plan").is_none());
    }
}

#[test]
fn a_tag_whose_import_failed_is_imported_again() {
    let mut failed = imported();
    failed["conditions"] = json!([{"type": "ImportSuccess", "status": "False", "generation": 3}]);
    for status in [failed, json!({"tag": "1"}), json!({"tag": "2"})] {
        let seen = stream(&tag(IMAGE), &status);
        let change = decide(Some(&seen), |_| {})
            .expect("a plan")
            .expect("a change");
        assert_eq!(tag_after(&seen, &change)["generation"], 0);
        assert!(matches!(change.undo, UndoNote::Nothing(_)));
    }
    let mut mended = imported();
    mended["conditions"] = json!([{"type": "ImportSuccess", "status": "False", "generation": 2}]);
    let seen = stream(&tag(IMAGE), &mended);
    assert!(decide(Some(&seen), |_| {}).expect("a plan").is_none());
}

#[test]
fn a_tag_of_another_source_is_only_changed_when_that_is_meant() {
    for other in [
        tag("quay.io/team/app:2"),
        json!({"name": "1", "from": {"kind": "ImageStreamTag", "name": "app:2"}, "reference": true}),
    ] {
        let seen = stream(&other, &imported());
        let refusal = decide(Some(&seen), |_| {}).expect_err("another source");
        assert!(matches!(refusal, StreamRefusal::OtherSource { .. }));
        let change = decide(Some(&seen), |aim| aim.change_source = true);
        let change = change.expect("a plan").expect("a change");
        let after = tag_after(&seen, &change);
        assert_eq!(after["from"], json!({"kind": "DockerImage", "name": IMAGE}));
        assert_ne!(after["reference"], true);
    }
    let pushed = stream(&json!({"name": "2"}), &imported());
    let refusal = decide(Some(&pushed), |_| {}).expect_err("it is pushed to");
    assert_eq!(
        refusal,
        StreamRefusal::Pushed {
            tag: "app:1".into()
        }
    );
    assert!(decide(Some(&pushed), |aim| aim.change_source = true).is_ok());
}

#[test]
fn policies_that_are_not_named_are_carried_forward() {
    let mut local = tag(IMAGE);
    local["referencePolicy"]["type"] = json!("Local");
    local["importPolicy"]["scheduled"] = json!(true);
    let seen = stream(&local, &imported());
    assert!(decide(Some(&seen), |_| {}).expect("a plan").is_none());
    let change = decide(Some(&seen), |aim| {
        assert_eq!(aim.reference_policy(), ReferencePolicy::Local);
        aim.policy = Some(ReferencePolicy::Source);
        aim.insecure = true;
    });
    let change = change.expect("a plan").expect("a change");
    let after = tag_after(&seen, &change);
    assert_eq!(after["referencePolicy"]["type"], "Source");
    assert_eq!(
        after["importPolicy"],
        json!({"importMode": "Legacy", "scheduled": true, "insecure": true})
    );
}

#[test]
fn triggers_put_in_images_of_these_repositories() {
    let image = ImageReference::parse(IMAGE).expect("an image");
    let seen = stream(&tag(IMAGE), &imported());
    let aim = StreamAim {
        namespace: "shop",
        name: "app",
        tag: "1",
        image: &image,
        seen: Some(&seen),
        policy: None,
        insecure: false,
        scheduled: false,
        change_source: false,
    };
    let all = repositories(&aim, &image);
    assert_eq!(all[0], "quay.io/team/app");
    assert!(all.contains(&"image-registry.openshift-image-registry.svc:5000/shop/app".to_owned()));
    assert!(all.contains(&"registry.local:5000/shop/app".to_owned()));
}

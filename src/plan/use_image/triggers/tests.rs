//! Triggers of both forms, alone and beside others.

use serde_json::json;

use super::*;
use crate::model::image::ImageReference;
use crate::plan::edit::{apply_all, invert_all};

const PATH: &str = "spec.template.spec.containers[?(@.name==\"web\")].image";

fn image() -> ImageReference {
    ImageReference::parse("quay.io/team/app:1").expect("an image")
}

fn aim(image: &ImageReference) -> StreamAim<'_> {
    StreamAim {
        namespace: "shop",
        name: "app",
        tag: "1",
        image,
        seen: None,
        policy: None,
        insecure: false,
        scheduled: false,
        change_source: false,
    }
}

fn pod_spec() -> Value {
    json!({
        "containers": [{"name": "web", "image": "old:1"}, {"name": "proxy", "image": "p:1"}],
        "initContainers": [{"name": "setup", "image": "s:1"}],
    })
}

fn deployment(triggers: &Value) -> Workload {
    let mut object = json!({
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"spec": pod_spec()}},
    });
    match triggers {
        Value::Null => {}
        Value::String(text) => object["metadata"]["annotations"][ANNOTATION] = json!(text),
        list => object["metadata"]["annotations"][ANNOTATION] = json!(list.to_string()),
    }
    Workload {
        kind: kinds::DEPLOYMENT,
        object: Object::new(object),
    }
}

fn config(triggers: &Value) -> Workload {
    let object = json!({
        "kind": "DeploymentConfig",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"spec": pod_spec()}, "triggers": triggers},
    });
    Workload {
        kind: kinds::DEPLOYMENT_CONFIG,
        object: Object::new(object),
    }
}

fn container(workload: &Workload, name: &str) -> Container {
    let all = containers::all(&workload.object, workload.spec());
    all.into_iter()
        .find(|container| container.name == name)
        .expect("a container")
}

/// The object after the rewrite, and what was taken off; taking it back gives the object as it was.
fn after(workload: &Workload, name: &str, via: bool) -> (Value, Vec<String>) {
    let image = image();
    let aim = aim(&image);
    let container = container(workload, name);
    let found = rewrite(workload, &container, via.then_some(&aim)).expect("triggers");
    let before = workload.object.value();
    let after = apply_all(&found.ops, before).expect("edits");
    let now = after.unwrap_or_else(|| before.clone());
    let back = invert_all(&found.ops, before).expect("an inverse");
    let undone = apply_all(&back, &now).expect("edits");
    let undone = Object::new(undone.unwrap_or_else(|| now.clone()));
    assert_eq!(
        undone.annotation(ANNOTATION),
        workload.object.annotation(ANNOTATION)
    );
    assert_eq!(
        undone.items(CONFIG_PLACE),
        workload.object.items(CONFIG_PLACE)
    );
    let removed = found.removed.iter().map(ToString::to_string).collect();
    (now, removed)
}

fn annotation(object: &Value) -> Value {
    let text = object["metadata"]["annotations"][ANNOTATION].as_str();
    text.map_or(Value::Null, |text| {
        serde_json::from_str(text).expect("JSON")
    })
}

fn from(tag: &str, path: &str) -> Value {
    json!({"from": {"kind": "ImageStreamTag", "name": tag}, "fieldPath": path})
}

#[test]
fn a_new_trigger_is_written_as_oc_writes_it() {
    let (now, removed) = after(&deployment(&Value::Null), "web", true);
    assert_eq!(annotation(&now), json!([from("app:1", PATH)]));
    assert!(removed.is_empty());
    let (now, _) = after(&deployment(&Value::Null), "setup", true);
    assert_eq!(
        annotation(&now)[0]["fieldPath"],
        "spec.template.spec.initContainers[?(@.name==\"setup\")].image"
    );
    let job = annotation_for(kinds::CRON_JOB, "web", "app:1");
    assert!(
        job.contains("spec.jobTemplate.spec.template.spec.containers["),
        "{job}"
    );
}

#[test]
fn what_is_wanted_already_is_left_as_it_is() {
    for trigger in [
        from("app:1", PATH),
        from("app:1", "spec.template.spec.containers[0].image"),
        json!({"from": {"kind": "ImageStreamTag", "name": "app:1", "namespace": "shop"}, "fieldPath": PATH, "paused": false}),
    ] {
        let before = deployment(&json!([trigger]));
        let (now, removed) = after(&before, "web", true);
        assert_eq!(&now, before.object.value());
        assert!(removed.is_empty());
    }
}

#[test]
fn another_trigger_of_the_container_is_replaced_and_others_stay() {
    let other = from("p:1", "spec.template.spec.containers[1].image");
    let single = PATH.replace('"', "'");
    for path in [PATH, &single, "spec.template.spec.containers[0].image"] {
        let (now, removed) = after(
            &deployment(&json!([from("old:2", path), other])),
            "web",
            true,
        );
        assert_eq!(annotation(&now), json!([other, from("app:1", PATH)]));
        assert_eq!(removed, ["image trigger on istag/old:2"]);
    }
    // A paused one is resumed.
    let mut paused = from("app:1", PATH);
    paused["paused"] = json!(true);
    let (now, removed) = after(&deployment(&json!([paused])), "web", true);
    assert_eq!(annotation(&now), json!([from("app:1", PATH)]));
    assert_eq!(removed, ["image trigger on istag/app:1, which is paused,"]);
}

#[test]
fn a_direct_image_takes_the_triggers_of_its_container_off() {
    let other = from("p:1", "spec.template.spec.containers[1].image");
    let mut elsewhere = from("old:2", PATH);
    elsewhere["from"]["namespace"] = json!("images");
    let (now, removed) = after(&deployment(&json!([elsewhere, other])), "web", false);
    assert_eq!(annotation(&now), json!([other]));
    assert_eq!(
        removed,
        ["image trigger on istag/old:2 of namespace images"]
    );
    let (now, _) = after(&deployment(&json!([from("old:2", PATH)])), "web", false);
    assert_eq!(annotation(&now), Value::Null);
    let before = deployment(&json!([other]));
    assert_eq!(&after(&before, "web", false).0, before.object.value());
}

#[test]
fn an_annotation_that_cannot_be_read_is_refused() {
    for text in ["{}", "no json", "[1"] {
        let workload = deployment(&json!(text));
        let container = container(&workload, "web");
        assert!(rewrite(&workload, &container, None).is_err(), "{text}");
    }
    let workload = deployment(&json!(" "));
    let container = container(&workload, "web");
    assert!(rewrite(&workload, &container, None).is_ok());
}

fn change(names: &Value, tag: &str, automatic: bool) -> Value {
    json!({"type": "ImageChange", "imageChangeParams": {
        "automatic": automatic, "containerNames": names,
        "from": {"kind": "ImageStreamTag", "namespace": "shop", "name": tag},
        "lastTriggeredImage": "quay.io/x@sha256:1",
    }})
}

#[test]
fn a_config_gets_its_trigger_beside_the_others() {
    let own = json!({"type": "ConfigChange"});
    let (now, _) = after(&config(&json!([own])), "web", true);
    assert_eq!(
        now["spec"]["triggers"],
        json!([own, config_trigger("web", "shop", "app:1")])
    );
    let before = config(&json!([own, change(&json!(["web"]), "app:1", true)]));
    let (now, removed) = after(&before, "web", true);
    assert_eq!(&now, before.object.value());
    assert!(removed.is_empty());
}

#[test]
fn a_trigger_of_two_containers_keeps_the_other() {
    let before =
        config(&json!([change(&json!(["web", "proxy"]), "old:1", true), {"type": "ConfigChange"}]));
    let (now, removed) = after(&before, "web", false);
    assert_eq!(
        now["spec"]["triggers"],
        json!([change(&json!(["proxy"]), "old:1", true), {"type": "ConfigChange"}])
    );
    assert_eq!(removed, ["image trigger on istag/old:1"]);
}

#[test]
fn a_trigger_that_is_not_automatic_goes_too() {
    let before = config(&json!([change(&json!(["web"]), "app:1", false)]));
    let (now, removed) = after(&before, "web", false);
    assert_eq!(now["spec"]["triggers"], json!([]));
    assert_eq!(removed, ["image trigger on istag/app:1, which is paused,"]);
    let (now, _) = after(&before, "web", true);
    assert_eq!(
        now["spec"]["triggers"],
        json!([config_trigger("web", "shop", "app:1")])
    );
}

#[test]
fn a_second_trigger_on_one_container_goes() {
    let twice = change(&json!(["web"]), "app:1", true);
    let (now, removed) = after(
        &config(&json!([change(&json!(["web"]), "old:1", true), twice])),
        "web",
        true,
    );
    assert_eq!(now["spec"]["triggers"], json!([twice]));
    assert_eq!(removed, ["image trigger on istag/old:1"]);
}

#[test]
fn the_images_that_are_ruled_are_known_by_place() {
    let workload = deployment(&json!([from("app:1", PATH)]));
    assert_eq!(
        ruled_images(&workload.object),
        ["/spec/template/spec/containers/0/image"]
    );
    let workload = config(&json!([change(&json!(["setup"]), "app:1", true)]));
    assert_eq!(
        ruled_images(&workload.object),
        ["/spec/template/spec/initContainers/0/image"]
    );
    let paused = config(&json!([change(&json!(["web"]), "app:1", false)]));
    assert!(ruled_images(&paused.object).is_empty());
    assert!(ruled_images(&Object::new(json!({"kind": "Service"}))).is_empty());
}

#[test]
fn what_an_annotation_says_does_not_reach_a_terminal_as_it_is() {
    let workload = deployment(&json!([from("old\u{1b}[31m:1", PATH)]));
    let (_, removed) = after(&workload, "web", false);
    assert!(!removed[0].contains('\u{1b}'), "{removed:?}");
}

use serde_json::json;

use super::*;

const REPOSITORY: &str = "image-registry.openshift-image-registry.svc:5000/shop/app";

fn config(to: &Value) -> Object {
    Object::new(json!({
        "metadata": {"name": "app", "namespace": "shop"}, "spec": {"output": {"to": to}},
    }))
}

fn tag(local: bool) -> Old {
    let stream = Object::new(json!({
        "metadata": {"name": "app", "namespace": "shop"}, "spec": {"lookupPolicy": {"local": local}},
        "status": {"dockerImageRepository": REPOSITORY},
    }));
    let to = json!({"kind": "ImageStreamTag", "name": "app:1"});
    Old::of(&config(&to), |_, _| Some(&stream)).expect("a tag")
}

fn named(mut value: Value) -> Object {
    value["metadata"]["name"] = json!("web");
    value["metadata"]["namespace"] = json!("shop");
    Object::new(value)
}

fn how(old: &Old, kind: Kind, value: Value) -> Option<String> {
    let found = watchers(old, &[(kind, named(value))]);
    found.into_iter().next().map(|watcher| watcher.how)
}

fn template(image: &str) -> Value {
    json!({"spec": {"template": {"spec": {"containers": [{"name": "app", "image": image}]}}}})
}

#[test]
fn the_old_output_is_read_as_it_was() {
    let none = |_: &str, _: &str| None;
    let image = json!({"kind": "DockerImage", "name": "quay.io/team/app"});
    let old = Old::of(&config(&image), none).expect("an image");
    assert_eq!(old.to_string(), "quay.io/team/app:latest");
    let other = json!({"kind": "ImageStreamTag", "name": "app:1", "namespace": "other"});
    let old = Old::of(&config(&other), none).expect("a tag");
    assert_eq!(old.to_string(), "image stream tag other/app:1");
    assert_eq!(Old::of(&config(&Value::Null), none), None);
}

#[test]
fn triggers_on_the_tag_are_found() {
    let from = json!({"kind": "ImageStreamTag", "name": "app:1"});
    let old = tag(false);
    let trigger = json!([{"from": from, "fieldPath": "spec.template.spec.containers[?(@.name==\"app\")].image"}]);
    let deployment = json!({"metadata": {"annotations": {TRIGGERS: trigger.to_string()}}});
    assert_eq!(
        how(&old, kinds::DEPLOYMENT, deployment).as_deref(),
        Some("is rolled out when it changes (container app)")
    );
    let dc = json!({"spec": {"triggers": [{"type": "ConfigChange"}, {"type": "ImageChange",
        "imageChangeParams": {"from": from, "containerNames": ["web"]}}]}});
    assert_eq!(
        how(&old, kinds::DEPLOYMENT_CONFIG, dc).as_deref(),
        Some("is rolled out when it changes (container web)")
    );
    let bc = json!({"spec": {"strategy": {"sourceStrategy": {"from": from}},
        "triggers": [{"type": "ImageChange", "imageChange": {}}]}});
    assert_eq!(
        how(&old, kinds::BUILD_CONFIG, bc).as_deref(),
        Some("is built anew when it changes")
    );
    let other = json!({"kind": "ImageStreamTag", "name": "app:2"});
    let bc = json!({"spec": {"strategy": {}, "triggers": [{"imageChange": {"from": other}}]}});
    assert_eq!(how(&old, kinds::BUILD_CONFIG, bc), None);
}

#[test]
fn so_is_what_takes_from_it_without_a_trigger() {
    let from = json!({"kind": "ImageStreamTag", "name": "app:1", "namespace": "shop"});
    let old = tag(false);
    for (spec, words) in [
        (
            json!({"strategy": {"dockerStrategy": {"from": from}}}),
            "takes its base image from it",
        ),
        (
            json!({"strategy": {}, "source": {"images": [{"from": from}]}}),
            "takes files from it",
        ),
    ] {
        let found = how(&old, kinds::BUILD_CONFIG, json!({ "spec": spec }));
        assert_eq!(found.as_deref(), Some(words));
    }
    let stream = json!({"spec": {"tags": [{"name": "prod", "from": from}]}});
    assert_eq!(
        how(&old, kinds::IMAGE_STREAM, stream).as_deref(),
        Some("follows it with its tag prod")
    );
    let mut own = named(json!({"spec": {"tags": [{"name": "prod", "from": {"kind": "ImageStreamTag", "name": "1"}}]}}))
        .into_value();
    own["metadata"]["name"] = json!("app");
    let found = watchers(&old, &[(kinds::IMAGE_STREAM, Object::new(own))]);
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn so_is_what_runs_it_by_the_integrated_registrys_name_or_by_the_streams() {
    let runs = Some("runs it by name".to_owned());
    let inside = format!("{REPOSITORY}:1");
    assert_eq!(how(&tag(false), kinds::DEPLOYMENT, template(&inside)), runs);
    let other = format!("{REPOSITORY}:2");
    assert_eq!(how(&tag(false), kinds::DEPLOYMENT, template(&other)), None);
    // A short name is the tag only where names are looked up in the namespace.
    assert_eq!(how(&tag(false), kinds::DEPLOYMENT, template("app:1")), None);
    assert_eq!(how(&tag(true), kinds::DEPLOYMENT, template("app:1")), runs);
    let mut resolves = template("app:1");
    resolves["spec"]["template"]["metadata"] =
        json!({"annotations": {"alpha.image.policy.openshift.io/resolve-names": "*"}});
    assert_eq!(how(&tag(false), kinds::STATEFUL_SET, resolves), runs);
}

#[test]
fn an_image_outside_is_watched_by_imports_and_by_name() {
    let old = Old::Image(ImageReference::parse("quay.io/team/app:1").expect("an image"));
    let from = json!({"kind": "DockerImage", "name": "quay.io/team/app:1"});
    let stream = json!({"spec": {"tags": [{"name": "latest", "from": from}]}});
    assert_eq!(
        how(&old, kinds::IMAGE_STREAM, stream).as_deref(),
        Some("imports it into its tag latest")
    );
    let job = json!({"spec": {"jobTemplate": template("quay.io/team/app:1")}});
    assert_eq!(
        how(&old, kinds::CRON_JOB, job).as_deref(),
        Some("runs it by name")
    );
    assert_eq!(
        how(&old, kinds::DEPLOYMENT, template("quay.io/team/app:2")),
        None
    );
    let mut owned = template("quay.io/team/app:1");
    owned["metadata"] = json!({"ownerReferences": [{"kind": "Deployment"}]});
    assert_eq!(how(&old, kinds::REPLICA_SET, owned), None);
}

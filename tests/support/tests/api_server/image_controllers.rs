//! The controllers that import the tags of streams and put images into workloads, and what rollouts say of themselves.

use extreg_test_support::api::{Api, Flavor, ImportAnswer, make};
use serde_json::{Value, json};

const TRIGGERS: &str = "image.openshift.io/triggers";

fn platform() -> Api {
    let flavor = Flavor::OpenShift4 {
        version: "4.20.3".into(),
    };
    let api = Api::builder()
        .flavor(flavor)
        .rolls_out()
        .follows_images()
        .start();
    api.add_namespace("shop");
    api
}

fn digest(number: u8) -> String {
    format!("sha256:{}", number.to_string().repeat(64))
}

fn import_of(api: &Api, number: u8) {
    let found = digest(number);
    api.on_import(move |_| ImportAnswer::found(&found));
}

fn stream(api: &Api) -> Value {
    api.get("imagestreams", "shop", "app").expect("a stream")
}

fn image(api: &Api, resource: &str, container: usize) -> Value {
    let object = api.get(resource, "shop", "web").expect("a workload");
    object["spec"]["template"]["spec"]["containers"][container]["image"].clone()
}

fn trigger(path: &str, more: &Value) -> Value {
    let mut trigger = json!({
        "from": {"kind": "ImageStreamTag", "name": "app:1"},
        "fieldPath": format!("spec.template.spec.containers[{path}].image"),
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        trigger[key] = value.clone();
    }
    trigger
}

fn deployment(list: &Value) -> Value {
    let mut deployment = make::deployment("shop", "web", "old:1");
    deployment["metadata"]["annotations"] = json!({TRIGGERS: list.to_string()});
    deployment
}

#[test]
fn a_tag_is_imported_when_it_is_newer_than_what_was_seen_of_it() {
    let api = platform();
    import_of(&api, 1);
    api.create(make::image_stream("shop", "app", "1", "quay.io/a/b:1"));
    let made = stream(&api);
    let tag = &made["status"]["tags"][0];
    assert_eq!(tag["items"][0]["image"], digest(1).as_str());
    assert_eq!(
        tag["items"][0]["dockerImageReference"],
        format!("quay.io/a/b@{}", digest(1))
    );

    // What did not change is not imported again.
    import_of(&api, 2);
    api.edit("imagestreams", "shop", "app", |stream| {
        stream["metadata"]["labels"] = json!({"a": "b"});
    });
    assert_eq!(
        stream(&api)["status"]["tags"][0]["items"][0]["image"],
        digest(1).as_str()
    );
    let mut changed = stream(&api);
    changed["spec"]["tags"][0]["from"]["name"] = json!("quay.io/a/b:2");
    api.update(&changed).expect("an update");
    assert_eq!(
        stream(&api)["status"]["tags"][0]["items"][0]["image"],
        digest(2).as_str()
    );

    // A client asks for another import with generation 0; a failure is not tried again by itself.
    api.on_import(|_| ImportAnswer::failed("NotFound", "gone"));
    let mut again = stream(&api);
    again["spec"]["tags"][0]["generation"] = json!(0);
    api.update(&again).expect("an update");
    let failed = stream(&api);
    assert_eq!(
        failed["status"]["tags"][0]["conditions"][0]["reason"],
        "NotFound"
    );
    import_of(&api, 3);
    api.create(make::config_map("shop", "any", &json!({})));
    assert_eq!(stream(&api)["status"], failed["status"]);
}

#[test]
fn an_annotation_puts_the_image_in_by_name_or_place() {
    for path in ["?(@.name==\"app\")", "0"] {
        let api = platform();
        import_of(&api, 1);
        api.create(deployment(&json!([trigger(path, &json!({}))])));
        assert_eq!(image(&api, "deployments", 0), "old:1");
        api.create(make::image_stream("shop", "app", "1", "quay.io/a/b:1"));
        let by_digest = format!("quay.io/a/b@{}", digest(1));
        assert_eq!(image(&api, "deployments", 0), by_digest.as_str());
        let pods = api.list("pods", "shop");
        assert_eq!(pods.len(), 1);
        assert_eq!(
            pods[0]["spec"]["containers"][0]["image"],
            by_digest.as_str()
        );
    }
}

#[test]
fn triggers_that_do_nothing() {
    let paused = trigger("0", &json!({"paused": true}));
    let single = trigger("?(@.name=='app')", &json!({}));
    let twice = json!([trigger("0", &json!({})), trigger("0", &json!({}))]);
    for list in [
        json!([paused]),
        json!([single]),
        twice,
        json!({}),
        json!([trigger("7", &json!({}))]),
    ] {
        let api = platform();
        import_of(&api, 1);
        api.create(make::image_stream("shop", "app", "1", "quay.io/a/b:1"));
        api.create(deployment(&list));
        assert_eq!(image(&api, "deployments", 0), "old:1", "{list}");
    }
}

#[test]
fn a_local_tag_is_pulled_from_the_integrated_registry() {
    let api = platform();
    import_of(&api, 1);
    let mut local = make::image_stream("shop", "app", "1", "quay.io/a/b:1");
    local["spec"]["tags"][0]["referencePolicy"] = json!({"type": "Local"});
    api.create(local);
    api.create(deployment(&json!([trigger("0", &json!({}))])));
    let inside = format!(
        "image-registry.openshift-image-registry.svc:5000/shop/app@{}",
        digest(1)
    );
    assert_eq!(image(&api, "deployments", 0), inside.as_str());
}

#[test]
fn a_config_waits_until_all_its_triggers_have_an_image() {
    let api = platform();
    import_of(&api, 1);
    let change = |name: &str, container: &str| {
        json!({"type": "ImageChange", "imageChangeParams": {"automatic": true, "containerNames": [container],
            "from": {"kind": "ImageStreamTag", "name": name}}})
    };
    let mut config = make::deployment_config("shop", "web", "old:1");
    let containers = &mut config["spec"]["template"]["spec"]["containers"];
    *containers = json!([{"name": "app", "image": "old:1"}, {"name": "proxy", "image": "old:2"}]);
    config["spec"]["triggers"] = json!([change("app:1", "app"), change("proxy:1", "proxy")]);
    api.create(config);
    api.create(make::image_stream("shop", "app", "1", "quay.io/a/b:1"));
    assert_eq!(image(&api, "deploymentconfigs", 0), "old:1");
    api.create(make::image_stream(
        "shop",
        "proxy",
        "1",
        "quay.io/a/proxy:1",
    ));
    let by_digest = format!("quay.io/a/b@{}", digest(1));
    assert_eq!(image(&api, "deploymentconfigs", 0), by_digest.as_str());
    let config = api
        .get("deploymentconfigs", "shop", "web")
        .expect("a config");
    let last = &config["spec"]["triggers"][0]["imageChangeParams"]["lastTriggeredImage"];
    assert_eq!(*last, by_digest.as_str());
}

#[test]
fn rollouts_say_when_they_are_over() {
    let api = platform();
    api.create(make::deployment("shop", "web", "quay.io/a/b:1"));
    api.create(make::workload(
        "StatefulSet",
        "shop",
        "web",
        "quay.io/a/b:1",
    ));
    api.create(make::deployment_config("shop", "web", "quay.io/a/b:1"));
    let status = |resource: &str| {
        let object = api.get(resource, "shop", "web").expect("a workload");
        object["status"].clone()
    };
    assert_eq!(
        status("deployments")["conditions"][0]["reason"],
        "NewReplicaSetAvailable"
    );
    let set = status("statefulsets");
    assert_eq!(set["currentRevision"], set["updateRevision"]);
    let config = status("deploymentconfigs");
    assert_eq!(config["latestVersion"], 1);
    assert_eq!(
        config["conditions"][0]["reason"],
        "NewReplicationControllerAvailable"
    );
}

#[test]
fn without_being_told_to_nothing_is_imported() {
    let flavor = Flavor::OpenShift4 {
        version: "4.20.3".into(),
    };
    let api = Api::builder().flavor(flavor).start();
    api.add_namespace("shop");
    import_of(&api, 1);
    api.create(make::image_stream("shop", "app", "1", "quay.io/a/b:1"));
    assert!(stream(&api)["status"]["tags"].is_null());
}

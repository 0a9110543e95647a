use extreg_test_support::api::{Api, Flavor, make};
use serde_json::{Value, json};

use super::http::{Answer, Ground, Server, get, on_every_cluster, patch, put};

fn apply(api: &impl Server, path: &str, query: &str, body: &Value) -> Answer {
    patch(api, "apply", &format!("{path}?{query}"), body)
}

/// An account that somebody owns a label of; accounts that come with a namespace own nothing.
fn owned(api: &Ground<'_>) {
    let mut robot = make::service_account(&api.ns, "robot");
    robot["metadata"]["labels"] = json!({"app": "shop"});
    api.create(robot);
}

fn account(secrets: &[&str]) -> Value {
    let secrets: Vec<Value> = secrets.iter().map(|name| json!({ "name": name })).collect();
    json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}, "imagePullSecrets": secrets})
}

fn web(containers: &Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": containers}},
        },
    })
}

fn owner<'a>(object: &'a Value, manager: &str, operation: &str) -> &'a Value {
    let entries = object["metadata"]["managedFields"].as_array();
    entries
        .into_iter()
        .flatten()
        .find(|entry| entry["manager"] == manager && entry["operation"] == operation)
        .map_or(&Value::Null, |entry| &entry["fieldsV1"])
}

#[test]
fn apply_creates_and_then_changes_and_then_does_nothing() {
    on_every_cluster(|api| {
        let web_path = api.apps("deployments/web");
        let body = web(&json!([{"name": "app", "image": "registry.example.com/web:1"}]));
        let made = apply(api, &web_path, "fieldManager=one", &body).expect(201);
        assert_eq!(
            owner(&made, "one", "Apply"),
            &json!({"f:spec": {
                "f:selector": {},
                "f:template": {
                    "f:metadata": {"f:labels": {"f:app": {}}},
                    "f:spec": {"f:containers": {"k:{\"name\":\"app\"}": {".": {}, "f:image": {}, "f:name": {}}}},
                },
            }})
        );
        let before = api.snapshot();
        assert_eq!(
            apply(api, &web_path, "fieldManager=one", &body).expect(200),
            made
        );
        assert_eq!(
            api.snapshot(),
            before,
            "applying the same once more changes nothing"
        );
        let changed = web(&json!([{"name": "app", "image": "registry.example.com/web:2"}]));
        let stored = apply(api, &web_path, "fieldManager=one", &changed).expect(200);
        assert_eq!(
            stored["spec"]["template"]["spec"]["containers"][0]["image"],
            "registry.example.com/web:2"
        );
    });
}

#[test]
fn atomic_pull_secrets_conflict_and_force_takes_the_whole_list() {
    on_every_cluster(|api| {
        let robot = api.core("serviceaccounts/robot");
        owned(api);
        patch(
            &api,
            "merge",
            &format!("{robot}?fieldManager=kubectl-patch"),
            &json!({"imagePullSecrets": [{"name": "a"}]}),
        )
        .expect(200);
        let refused = apply(api, &robot, "fieldManager=me", &account(&["b"])).expect(409);
        assert_eq!(refused["reason"], "Conflict");
        assert_eq!(
            refused["message"],
            "Apply failed with 1 conflict: conflict with \"kubectl-patch\" using v1: .imagePullSecrets"
        );
        assert_eq!(
            refused["details"]["causes"],
            json!([{
                "reason": "FieldManagerConflict", "message": "conflict with \"kubectl-patch\" using v1",
                "field": ".imagePullSecrets",
            }])
        );
        let taken = apply(api, &robot, "fieldManager=me&force=true", &account(&["b"])).expect(200);
        assert_eq!(taken["imagePullSecrets"], json!([{"name": "b"}]));
        assert_eq!(
            owner(&taken, "me", "Apply"),
            &json!({"f:imagePullSecrets": {}})
        );
        assert_eq!(owner(&taken, "kubectl-patch", "Update"), &Value::Null);
        // Now the other applier meets it.
        let refused = apply(api, &robot, "fieldManager=you", &account(&["c"])).refused(409);
        assert_eq!(
            refused,
            "Apply failed with 1 conflict: conflict with \"me\": .imagePullSecrets"
        );
    });
}

#[test]
fn an_object_of_which_nobody_owns_anything_is_not_tracked_until_somebody_applies() {
    on_every_cluster(|api| {
        let path = &api.core("serviceaccounts/default");
        let body = json!({"imagePullSecrets": [{"name": "a"}]});
        let patched = patch(
            &api,
            "merge",
            &format!("{path}?fieldManager=someone"),
            &body,
        )
        .expect(200);
        assert!(patched["metadata"].get("managedFields").is_none());
        let mut config = account(&["b"]);
        config["metadata"]["name"] = "default".into();
        assert_eq!(
            apply(api, path, "fieldManager=me", &config).refused(409),
            "Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: .imagePullSecrets"
        );
    });
}

#[test]
fn the_same_value_is_shared_and_not_contested() {
    on_every_cluster(|api| {
        let robot = api.core("serviceaccounts/robot");
        owned(api);
        apply(api, &robot, "fieldManager=one", &account(&["a"])).expect(200);
        let both = apply(api, &robot, "fieldManager=two", &account(&["a"])).expect(200);
        assert_eq!(owner(&both, "one", "Apply"), owner(&both, "two", "Apply"));
        // One lets go: the value stays, because the other owns it.
        let bare =
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "robot"}});
        let left = apply(api, &robot, "fieldManager=one", &bare).expect(200);
        assert_eq!(left["imagePullSecrets"], json!([{"name": "a"}]));
        // The last one lets go: it is gone.
        let gone = apply(api, &robot, "fieldManager=two", &bare).expect(200);
        assert!(gone.get("imagePullSecrets").is_none());
        assert!(owner(&gone, "two", "Apply").is_null());
    });
}

#[test]
fn list_items_belong_to_those_who_apply_them() {
    on_every_cluster(|api| {
        let web_path = api.apps("deployments/web");
        let container = |name: &str, image: &str| json!({"name": name, "image": format!("registry.example.com/{image}")});
        apply(
            api,
            &web_path,
            "fieldManager=one",
            &web(&json!([
                container("app", "web:1"),
                container("old", "old:1")
            ])),
        )
        .expect(201);
        let side = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"template": {"spec": {"containers": [container("side", "side:1")]}}},
        });
        let both = apply(api, &web_path, "fieldManager=two", &side).expect(200);
        let names = |object: &Value| -> Vec<String> {
            let list = object
                .pointer("/spec/template/spec/containers")
                .and_then(Value::as_array)
                .unwrap();
            list.iter()
                .map(|one| one["name"].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(names(&both), ["app", "old", "side"]);
        let one_left = apply(
            api,
            &web_path,
            "fieldManager=one",
            &web(&json!([container("app", "web:1")])),
        )
        .expect(200);
        assert_eq!(
            names(&one_left),
            ["app", "side"],
            "only what it had applied itself goes"
        );
        let contested = json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
            "spec": {"template": {"spec": {"containers": [container("side", "side:1"), container("app", "web:9")]}}},
        });
        let refused = apply(api, &web_path, "fieldManager=two", &contested).refused(409);
        assert_eq!(
            refused,
            "Apply failed with 1 conflict: conflict with \"one\": .spec.template.spec.containers[name=\"app\"].image"
        );
    });
}

#[test]
fn several_conflicts_are_listed_by_manager() {
    on_every_cluster(|api| {
        api.create(make::config_map(&api.ns, "one", &json!({"own": "1"})));
        let path = &api.core("configmaps/one");
        patch(
            &api,
            "merge",
            &format!("{path}?fieldManager=a"),
            &json!({"data": {"x": "1", "y": "1"}}),
        )
        .expect(200);
        patch(
            &api,
            "merge",
            &format!("{path}?fieldManager=b"),
            &json!({"data": {"z": "1"}}),
        )
        .expect(200);
        let body = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "data": {"x": "2", "y": "2", "z": "2"},
        });
        let refused = apply(api, path, "fieldManager=me", &body).refused(409);
        assert_eq!(
            refused,
            "Apply failed with 3 conflicts: conflicts with \"a\" using v1:\n- .data.x\n- .data.y\nconflicts with \"b\" \
         using v1:\n- .data.z"
        );
    });
}

#[test]
fn updates_take_fields_from_appliers() {
    on_every_cluster(|api| {
        let robot = api.core("serviceaccounts/robot");
        owned(api);
        let stored = apply(api, &robot, "fieldManager=one", &account(&["a"])).expect(200);
        let mut changed = stored.clone();
        changed["imagePullSecrets"] = json!([{"name": "a"}, {"name": "b"}]);
        let changed = put(&api, &format!("{robot}?fieldManager=editor"), &changed).expect(200);
        assert_eq!(
            owner(&changed, "editor", "Update"),
            &json!({"f:imagePullSecrets": {}})
        );
        assert!(owner(&changed, "one", "Apply").is_null());
        // PUT of `managedFields: []` forgets the owners.
        let mut forgotten = changed.clone();
        forgotten["metadata"]["managedFields"] = json!([]);
        let forgotten = put(&api, &robot, &forgotten).expect(200);
        assert!(forgotten["metadata"].get("managedFields").is_none());
        // Whoever applies then finds everything with `before-first-apply`.
        let refused = apply(api, &robot, "fieldManager=one", &account(&["c"])).refused(409);
        assert_eq!(
            refused,
            "Apply failed with 1 conflict: conflict with \"before-first-apply\" using v1: .imagePullSecrets"
        );
    });
}

#[test]
fn status_is_owned_through_its_own_door() {
    on_every_cluster(|api| {
        let made = api.create(make::pod(&api.ns, "web", "registry.example.com/web:1"));
        assert!(
            made["metadata"]["managedFields"][0]["fieldsV1"]
                .get("f:status")
                .is_none()
        );
        let path = &api.core("pods/web/status?fieldManager=kubelet");
        let stored = patch(
            &api,
            "merge",
            path,
            &json!({"status": {"phase": "Running"}}),
        )
        .expect(200);
        let entry = stored["metadata"]["managedFields"]
            .as_array()
            .unwrap()
            .iter()
            .find(|entry| entry["manager"] == "kubelet")
            .expect("the kubelet's entry");
        assert_eq!(entry["subresource"], "status");
        assert_eq!(entry["fieldsV1"], json!({"f:status": {"f:phase": {}}}));
    });
}

#[test]
fn what_cannot_be_applied_is_refused() {
    on_every_cluster(|api| {
        let robot = api.core("serviceaccounts/robot");
        let web_path = api.apps("deployments/web");
        owned(api);
        let body = account(&["a"]);
        let refused = patch(&api, "apply", &robot, &body).refused(422);
        assert!(
            refused.contains("fieldManager: Required value: is required for apply patch"),
            "{refused}"
        );
        let mut managed = body.clone();
        managed["metadata"]["managedFields"] = json!([]);
        assert_eq!(
            apply(api, &robot, "fieldManager=me", &managed).refused(400),
            "metadata.managedFields must be nil"
        );
        let mut typo = body.clone();
        typo["imagePullSecret"] = json!([]);
        assert_eq!(
            apply(api, &robot, "fieldManager=me", &typo).refused(500),
            "failed to create typed patch object (/robot; /v1, Kind=ServiceAccount): .imagePullSecret: field not \
         declared in schema"
        );
        let mut twice = web(&json!([{"name": "app", "image": "a"}, {"name": "app", "image": "b"}]));
        assert!(
            apply(api, &web_path, "fieldManager=me", &twice)
                .refused(500)
                .contains("duplicate entries for key [name=\"app\"]")
        );
        twice["metadata"]["name"] = "other".into();
        twice["spec"]["template"]["spec"]["containers"] = json!([{"name": "app", "image": "a"}]);
        assert!(
            apply(api, &web_path, "fieldManager=me", &twice)
                .refused(400)
                .contains("does not match the name on the URL")
        );
        let mut stale = body.clone();
        stale["metadata"]["resourceVersion"] = "1".into();
        assert_eq!(apply(api, &robot, "fieldManager=me", &stale).status, 409);
        let mut alien = body;
        alien["metadata"] = json!({"name": "fresh", "uid": "u"});
        let fresh = &api.core("serviceaccounts/fresh");
        assert!(
            apply(api, fresh, "fieldManager=me", &alien)
                .refused(409)
                .contains("uid mismatch")
        );
    });
}

#[test]
fn dry_run_conflicts_too_and_stores_nothing() {
    on_every_cluster(|api| {
        owned(api);
        let fresh = &api.core("serviceaccounts/fresh");
        let mut body = account(&["a"]);
        body["metadata"]["name"] = "fresh".into();
        apply(api, fresh, "fieldManager=me&dryRun=All", &body).expect(201);
        assert_eq!(get(&api, fresh).status, 404);
        apply(api, fresh, "fieldManager=me", &body).expect(201);
        body["imagePullSecrets"] = json!([{"name": "b"}]);
        assert_eq!(
            apply(api, fresh, "fieldManager=you&dryRun=All", &body).status,
            409
        );
        let shown = apply(api, fresh, "fieldManager=me&dryRun=All", &body).expect(200);
        assert_eq!(shown["imagePullSecrets"], json!([{"name": "b"}]));
        assert_eq!(
            get(&api, fresh).expect(200)["imagePullSecrets"],
            json!([{"name": "a"}])
        );
    });
}

#[test]
fn secrets_can_be_applied_with_string_data() {
    on_every_cluster(|api| {
        let path = &api.core("secrets/s");
        let body = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "type": "Opaque", "stringData": {"a": "b"},
        });
        let stored = apply(api, path, "fieldManager=me", &body).expect(201);
        assert_eq!(stored["data"], json!({"a": "Yg=="}));
        assert!(stored.get("stringData").is_none());
    });
}

#[test]
fn lists_of_image_config_are_atomic() {
    let api = Api::builder()
        .flavor(Flavor::OpenShift4 {
            version: "4.18.12".into(),
        })
        .start();
    let path = "/apis/config.openshift.io/v1/images/cluster";
    let config = |list: &[&str]| {
        json!({
            "apiVersion": "config.openshift.io/v1", "kind": "Image", "metadata": {"name": "cluster"},
            "spec": {"registrySources": {"insecureRegistries": list}},
        })
    };
    apply(&api, path, "fieldManager=one", &config(&["a.example.com"])).expect(200);
    let refused = apply(&api, path, "fieldManager=two", &config(&["b.example.com"])).refused(409);
    assert_eq!(
        refused,
        "Apply failed with 1 conflict: conflict with \"one\": .spec.registrySources.insecureRegistries"
    );
}

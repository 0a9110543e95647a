use extreg_test_support::api::{Api, Flavor, make};
use serde_json::{Value, json};

use super::http::{Ground, get, on_every_cluster, patch, send};

fn link(api: &Ground<'_>, names: &[&str]) {
    api.edit("serviceaccounts", "default", |account| {
        account["imagePullSecrets"] = names.iter().map(|name| json!({ "name": name })).collect();
    });
}

#[test]
fn json_patch_adds_tests_and_removes() {
    on_every_cluster(|api| {
        let account = api.core("serviceaccounts/default");
        link(api, &["a"]);
        let add = json!([
            {"op": "test", "path": "/imagePullSecrets", "value": [{"name": "a"}]},
            {"op": "add", "path": "/imagePullSecrets/-", "value": {"name": "b"}},
        ]);
        let stored = patch(&api, "json", &account, &add).expect(200);
        assert_eq!(
            stored["imagePullSecrets"],
            json!([{"name": "a"}, {"name": "b"}])
        );
        // The same once more: the test fails, nothing is written, and the server does not say why.
        let before = api.snapshot();
        let refused = patch(&api, "json", &account, &add).expect(422);
        assert_eq!(refused["reason"], "Invalid");
        assert_eq!(
            refused["message"],
            "the server rejected our request due to an error in our request"
        );
        assert_eq!(api.snapshot(), before);
        let remove = json!([{"op": "remove", "path": "/imagePullSecrets/0"}]);
        assert_eq!(
            patch(&api, "json", &account, &remove).expect(200)["imagePullSecrets"],
            json!([{"name": "b"}])
        );
        // The last one gone, the list is gone: Go leaves empty lists out.
        let empty = patch(&api, "json", &account, &remove).expect(200);
        assert!(empty.get("imagePullSecrets").is_none());
        let missing = json!([{"op": "add", "path": "/imagePullSecrets/-", "value": {"name": "b"}}]);
        assert_eq!(patch(&api, "json", &account, &missing).status, 422);
        assert_eq!(patch(&api, "json", &account, &remove).status, 422);
    });
}

#[test]
fn a_test_for_null_passes_when_the_key_is_absent() {
    on_every_cluster(|api| {
        let account = api.core("serviceaccounts/default");
        let add = json!([
            {"op": "test", "path": "/imagePullSecrets", "value": null},
            {"op": "add", "path": "/imagePullSecrets", "value": [{"name": "b"}]},
        ]);
        assert_eq!(patch(&api, "json", &account, &add).status, 200);
        assert_eq!(patch(&api, "json", &account, &add).status, 422);
        let deep = json!([{"op": "test", "path": "/nothing/here", "value": null}]);
        assert_eq!(patch(&api, "json", &account, &deep).status, 422);
        assert!(
            patch(&api, "json", &account, &json!({"not": "a list"}))
                .refused(400)
                .starts_with("error decoding patch")
        );
    });
}

#[test]
fn merge_patch_replaces_lists_and_null_removes() {
    on_every_cluster(|api| {
        let account = api.core("serviceaccounts/default");
        link(api, &["a", "b"]);
        let stored = patch(
            &api,
            "merge",
            &account,
            &json!({"imagePullSecrets": [{"name": "c"}]}),
        )
        .expect(200);
        assert_eq!(stored["imagePullSecrets"], json!([{"name": "c"}]));
        let stored = patch(&api, "merge", &account, &json!({"imagePullSecrets": null})).expect(200);
        assert!(stored.get("imagePullSecrets").is_none());
    });
}

#[test]
fn a_version_in_a_patch_is_an_optimistic_lock() {
    on_every_cluster(|api| {
        let account = api.core("serviceaccounts/default");
        link(api, &["a"]);
        let version = get(&api, &account).expect(200)["metadata"]["resourceVersion"].clone();
        let change = |kind: &str, name: &str, version: &Value| {
            let body = json!({"metadata": {"resourceVersion": version}, "imagePullSecrets": [{"name": name}]});
            patch(&api, kind, &account, &body)
        };
        let new = change("merge", "b", &version).expect(200)["metadata"]["resourceVersion"].clone();
        for kind in ["merge", "strategic"] {
            assert!(
                change(kind, "c", &version)
                    .refused(409)
                    .contains("the object has been modified")
            );
        }
        let body = json!([
            {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
            {"op": "replace", "path": "/imagePullSecrets", "value": []},
        ]);
        assert_eq!(patch(&api, "json", &account, &body).status, 409);
        assert_eq!(change("strategic", "c", &new).status, 200);
        assert_eq!(change("merge", "d", &json!("1")).status, 409);
    });
}

#[test]
fn identity_cannot_be_patched() {
    on_every_cluster(|api| {
        let account = api.core("serviceaccounts/default");
        let renamed = patch(
            &api,
            "merge",
            &account,
            &json!({"metadata": {"name": "other"}}),
        );
        assert_eq!(
            renamed.refused(400),
            "the name of the object (other) does not match the name on the URL (default)"
        );
        let moved = patch(
            &api,
            "merge",
            &account,
            &json!({"metadata": {"namespace": "kube-system"}}),
        );
        assert!(moved.refused(400).contains("does not match the namespace"));
        let missing = &api.core("serviceaccounts/none");
        assert_eq!(
            patch(&api, "merge", missing, &json!({})).refused(404),
            "serviceaccounts \"none\" not found"
        );
    });
}

#[test]
fn unknown_fields_are_warned_of_refused_or_ignored() {
    on_every_cluster(|api| {
        let account = api.core("serviceaccounts/default");
        let body = json!({"imagePullSecret": [{"name": "typo"}]});
        let warned = patch(&api, "merge", &account, &body);
        assert_eq!(
            warned.headers("warning"),
            ["299 - \"unknown field \\\"imagePullSecret\\\"\""]
        );
        assert!(warned.expect(200).get("imagePullSecret").is_none());
        let strict = patch(
            &api,
            "merge",
            &format!("{account}?fieldValidation=Strict"),
            &body,
        )
        .refused(422);
        assert!(
            strict.contains("strict decoding error: unknown field \"imagePullSecret\""),
            "{strict}"
        );
        let ignored = patch(
            &api,
            "merge",
            &format!("{account}?fieldValidation=Ignore"),
            &body,
        );
        assert!(ignored.headers("warning").is_empty());
        let typed = patch(
            &api,
            "merge",
            &account,
            &json!({"automountServiceAccountToken": "yes"}),
        )
        .refused(422);
        assert!(
            typed.contains("cannot unmarshal string into Go struct field"),
            "{typed}"
        );
    });
}

#[test]
fn custom_resources_take_no_strategic_patch() {
    let api = Api::builder()
        .flavor(Flavor::OpenShift4 {
            version: "4.18.12".into(),
        })
        .start();
    let path = "/apis/config.openshift.io/v1/images/cluster";
    let sources =
        json!({"spec": {"registrySources": {"insecureRegistries": ["r.example.com:5000"]}}});
    let refused = patch(&api, "strategic", path, &sources).expect(415);
    assert_eq!(refused["reason"], "UnsupportedMediaType");
    assert_eq!(
        refused["message"],
        "the body of the request was in an unknown format - accepted media types include: \
         application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
    );
    patch(&api, "merge", path, &sources).expect(200);
    let other = json!({"spec": {"registrySources": {"insecureRegistries": ["other.example.com"]}}});
    let stored = patch(&api, "merge", path, &other).expect(200);
    assert_eq!(
        stored["spec"]["registrySources"]["insecureRegistries"],
        json!(["other.example.com"])
    );
    // openshift-apiserver's types are Go types and take it.
    api.create(make::build_config(
        "default",
        "app",
        "r.example.com/base:1",
        "r.example.com/app:1",
    ));
    let bc = "/apis/build.openshift.io/v1/namespaces/default/buildconfigs/app";
    let push = json!({"spec": {"output": {"pushSecret": {"name": "push"}}}});
    let stored = patch(&api, "strategic", bc, &push).expect(200);
    assert_eq!(
        stored["spec"]["output"]["to"]["name"],
        "r.example.com/app:1"
    );
    assert_eq!(stored["spec"]["output"]["pushSecret"]["name"], "push");
    let odd = send(
        &api,
        "PATCH",
        bc,
        &[("content-type", "application/json")],
        "{}",
    );
    assert_eq!(odd.status, 415);
}

#[test]
fn writers_are_recorded_by_name_and_by_user_agent() {
    on_every_cluster(|api| {
        let path = &api.core("configmaps/one");
        api.create(make::config_map(&api.ns, "one", &json!({"own": "1"})));
        let agent = [
            ("content-type", "application/merge-patch+json"),
            ("user-agent", "tool/1.2 (linux)"),
        ];
        let body = json!({"metadata": {"labels": {"a": "1"}}}).to_string();
        send(&api, "PATCH", path, &agent, &body).expect(200);
        let named = json!({"metadata": {"labels": {"b": "2"}}});
        let stored = patch(&api, "merge", &format!("{path}?fieldManager=boss"), &named).expect(200);
        let owners: Vec<(&str, &str)> = stored["metadata"]["managedFields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| {
                (
                    entry["manager"].as_str().unwrap(),
                    entry["operation"].as_str().unwrap(),
                )
            })
            .collect();
        assert!(
            owners.contains(&("tool", "Update")) && owners.contains(&("boss", "Update")),
            "{owners:?}"
        );
        let refused = patch(&api, "merge", &format!("{path}?force=true"), &named).refused(422);
        assert!(
            refused.contains("force: Forbidden: may not be specified for non-apply patch"),
            "{refused}"
        );
    });
}

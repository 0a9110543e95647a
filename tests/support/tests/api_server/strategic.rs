use extreg_test_support::api::make;
use serde_json::{Value, json};

use super::http::{Ground, get, on_every_cluster, patch, post};

fn deployment(api: &Ground<'_>) {
    let mut web = make::deployment(&api.ns, "web", "registry.example.com/web:1");
    web["spec"]["template"]["spec"] = json!({
        "imagePullSecrets": [{"name": "a"}],
        "tolerations": [{"key": "one", "operator": "Exists"}],
        "volumes": [{"name": "v", "emptyDir": {}}],
        "containers": [
            {"name": "app", "image": "registry.example.com/web:1", "env": [{"name": "A", "value": "1"}],
             "ports": [{"containerPort": 80}]},
            {"name": "side", "image": "registry.example.com/side:1"},
        ],
    });
    api.create(web);
}

fn spec(api: &Ground<'_>, change: &Value) -> Value {
    let body = json!({"spec": {"template": {"spec": change}}});
    patch(api, "strategic", &api.apps("deployments/web"), &body).expect(200)["spec"]["template"]["spec"].clone()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|item| item["name"].as_str().unwrap())
        .collect()
}

#[test]
fn containers_are_merged_by_name_and_keep_their_order() {
    on_every_cluster(|api| {
        deployment(api);
        let after = spec(
            api,
            &json!({"containers": [{"name": "side", "image": "registry.example.com/side:2"}]}),
        );
        assert_eq!(names(&after["containers"]), ["app", "side"]);
        assert_eq!(
            after["containers"][0]["env"],
            json!([{"name": "A", "value": "1"}])
        );
        assert_eq!(
            after["containers"][1]["image"],
            "registry.example.com/side:2"
        );
        let after = spec(
            api,
            &json!({"containers": [{"name": "app", "env": [{"name": "B", "value": "2"}]}]}),
        );
        let mut env = names(&after["containers"][0]["env"]);
        env.sort_unstable();
        assert_eq!(env, ["A", "B"]);
        assert_eq!(
            after["containers"][0]["image"],
            "registry.example.com/web:1"
        );
        let after = spec(
            api,
            &json!({"containers": [{"name": "app", "ports": [{"containerPort": 80, "name": "http"}]}]}),
        );
        assert_eq!(
            after["containers"][0]["ports"],
            json!([{"containerPort": 80, "name": "http", "protocol": "TCP"}])
        );
    });
}

#[test]
fn pod_pull_secrets_merge_and_account_pull_secrets_are_replaced() {
    on_every_cluster(|api| {
        deployment(api);
        let after = spec(api, &json!({"imagePullSecrets": [{"name": "b"}]}));
        let mut all = names(&after["imagePullSecrets"]);
        all.sort_unstable();
        assert_eq!(all, ["a", "b"]);
        let account = &api.core("serviceaccounts/default");
        let change = |name: &str| {
            let body = json!({"imagePullSecrets": [{"name": name}], "secrets": [{"name": name}]});
            patch(&api, "strategic", account, &body).expect(200)
        };
        change("a");
        let after = change("b");
        assert_eq!(after["imagePullSecrets"], json!([{"name": "b"}]));
        let mut mounted = names(&after["secrets"]);
        mounted.sort_unstable();
        assert_eq!(mounted, ["a", "b"]);
    });
}

#[test]
fn tolerations_are_replaced_and_volumes_merged() {
    on_every_cluster(|api| {
        deployment(api);
        let after = spec(
            api,
            &json!({"tolerations": [{"key": "two", "operator": "Exists"}], "volumes": [{"name": "w", "emptyDir": {}}]}),
        );
        assert_eq!(
            after["tolerations"],
            json!([{"key": "two", "operator": "Exists"}])
        );
        assert_eq!(after["volumes"].as_array().unwrap().len(), 2);
        // retainKeys: another source replaces the old one instead of joining it.
        let change = json!({"volumes": [{"name": "v", "$retainKeys": ["name", "configMap"], "configMap": {"name": "c"}}]});
        let after = spec(api, &change);
        let volume = after["volumes"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["name"] == "v")
            .unwrap();
        assert!(
            volume.get("emptyDir").is_none() && volume["configMap"]["name"] == "c",
            "{volume}"
        );
    });
}

#[test]
fn directives_delete_and_replace() {
    on_every_cluster(|api| {
        let web = api.apps("deployments/web");
        deployment(api);
        let after = spec(
            api,
            &json!({"containers": [{"name": "side", "$patch": "delete"}]}),
        );
        assert_eq!(names(&after["containers"]), ["app"]);
        let after = spec(
            api,
            &json!({"imagePullSecrets": [{"$patch": "replace"}, {"name": "only"}]}),
        );
        assert_eq!(after["imagePullSecrets"], json!([{"name": "only"}]));
        let body = json!({"spec": {"strategy": {"$patch": "replace", "type": "Recreate"}}});
        let stored = patch(&api, "strategic", &web, &body).expect(200);
        assert_eq!(stored["spec"]["strategy"], json!({"type": "Recreate"}));
        let nothing = json!({"spec": {"template": {"spec": {"containers": [{"image": "x"}]}}}});
        let refused = patch(&api, "strategic", &web, &nothing).refused(500);
        assert!(
            refused.contains("does not contain declared merge key: name"),
            "{refused}"
        );
        let cleared = patch(
            &api,
            "strategic",
            &web,
            &json!({"spec": {"revisionHistoryLimit": null}}),
        )
        .expect(200);
        assert_eq!(
            cleared["spec"]["revisionHistoryLimit"], 10,
            "the default comes back"
        );
    });
}

#[test]
fn element_order_is_set_by_its_directive() {
    on_every_cluster(|api| {
        let web = api.apps("deployments/web");
        deployment(api);
        let change = json!({
            "$setElementOrder/containers": [{"name": "side"}, {"name": "app"}],
            "containers": [{"name": "side", "image": "registry.example.com/side:3"}],
        });
        let after = spec(api, &change);
        assert_eq!(names(&after["containers"]), ["side", "app"]);
        let bad = json!({"spec": {"template": {"spec": {
            "$setElementOrder/containers": [{"name": "app"}], "containers": [{"name": "side", "image": "x"}],
        }}}});
        assert!(
            patch(&api, "strategic", &web, &bad)
                .refused(500)
                .contains("The order in patch list")
        );
    });
}

#[test]
fn primitive_lists_merge_and_lose_entries_by_directive() {
    on_every_cluster(|api| {
        let map = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "finalizers": ["example.com/a"]},
        });
        post(&api, &api.core("configmaps"), &map).expect(201);
        let path = &api.core("configmaps/held");
        let add = json!({"metadata": {"finalizers": ["example.com/b"]}});
        let stored = patch(&api, "strategic", path, &add).expect(200);
        assert_eq!(
            stored["metadata"]["finalizers"].as_array().unwrap().len(),
            2
        );
        let take = json!({"metadata": {"$deleteFromPrimitiveList/finalizers": ["example.com/a"]}});
        let stored = patch(&api, "strategic", path, &take).expect(200);
        assert_eq!(stored["metadata"]["finalizers"], json!(["example.com/b"]));
        assert_eq!(get(&api, path).expect(200), stored);
    });
}

#[test]
fn maps_are_merged_and_null_takes_an_entry_away() {
    on_every_cluster(|api| {
        api.create(make::config_map(
            &api.ns,
            "one",
            &json!({"a": "1", "b": "2"}),
        ));
        let path = &api.core("configmaps/one");
        let stored = patch(
            &api,
            "strategic",
            path,
            &json!({"data": {"a": null, "c": "3"}}),
        )
        .expect(200);
        assert_eq!(stored["data"], json!({"b": "2", "c": "3"}));
    });
}

use extreg_test_support::api::{Api, make};
use serde_json::{Value, json};

use super::http::{delete, get, on_every_cluster, post, send};

fn map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "1"}})
}

#[test]
fn lists_come_in_pages_of_one_moment() {
    on_every_cluster(|api| {
        let maps = api.core("configmaps");
        for index in 0..5 {
            post(&api, &maps, &map(&format!("m{index}"))).expect(201);
        }
        let first = get(&api, &format!("{maps}?limit=2")).expect(200);
        assert_eq!(first["kind"], "ConfigMapList");
        assert!(
            first["items"][0].get("kind").is_none(),
            "items of Go lists have no kind"
        );
        assert_eq!(first["metadata"]["remainingItemCount"], 3);
        let token = first["metadata"]["continue"].as_str().unwrap();
        // What happens between the pages is not seen.
        delete(&api, &format!("{maps}/m3"), &Value::Null).expect(200);
        let second = get(&api, &format!("{maps}?limit=2&continue={token}")).expect(200);
        assert_eq!(
            second["metadata"]["resourceVersion"],
            first["metadata"]["resourceVersion"]
        );
        let token = second["metadata"]["continue"].as_str().unwrap();
        let third = get(&api, &format!("{maps}?limit=2&continue={token}")).expect(200);
        assert!(third["metadata"].get("continue").is_none());
        let names: Vec<&Value> = [&first, &second, &third]
            .iter()
            .flat_map(|page| page["items"].as_array().unwrap())
            .map(|item| &item["metadata"]["name"])
            .collect();
        assert_eq!(names, ["m0", "m1", "m2", "m3", "m4"]);
        // What etcd has compacted cannot be read on from; only the embedded server does so on order.
        if let Some(embedded) = api.cluster.api() {
            embedded.compact();
            let expired = get(&api, &format!("{maps}?limit=2&continue={token}")).expect(410);
            assert_eq!(expired["reason"], "Expired");
        }
    });
}

#[test]
fn selectors_choose_by_label_and_field() {
    on_every_cluster(|api| {
        let maps = api.core("configmaps");
        for (name, labels) in [
            ("a", json!({"app": "web", "tier": "x"})),
            ("b", json!({"app": "db"})),
            ("c", json!({})),
        ] {
            let mut one = map(name);
            one["metadata"]["labels"] = labels;
            post(&api, &maps, &one).expect(201);
        }
        let names = |query: &str| -> Vec<String> {
            let list = get(&api, &format!("{maps}?{query}")).expect(200);
            list["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one["metadata"]["name"].as_str().unwrap().into())
                .collect()
        };
        assert_eq!(names("labelSelector=app%3Dweb"), ["a"]);
        assert_eq!(names("labelSelector=app%20in%20(web,db)"), ["a", "b"]);
        assert_eq!(names("labelSelector=app%20notin%20(web)"), ["b", "c"]);
        assert_eq!(names("labelSelector=!app"), ["c"]);
        assert_eq!(names("labelSelector=app,!tier"), ["b"]);
        assert_eq!(names("labelSelector=app!%3Dweb"), ["b", "c"]);
        assert_eq!(names("fieldSelector=metadata.name%3Db"), ["b"]);
        assert_eq!(
            names(&format!(
                "fieldSelector=metadata.name!%3Db,metadata.namespace%3D{}",
                api.ns
            )),
            ["a", "c"]
        );
        // With a selector the server does not count what remains.
        let page = get(&api, &format!("{maps}?labelSelector=app&limit=1")).expect(200);
        assert!(
            page["metadata"]["continue"].is_string()
                && page["metadata"]["remainingItemCount"].is_null()
        );
        let refused = get(&api, &format!("{maps}?fieldSelector=spec.x%3D1")).refused(400);
        assert_eq!(
            refused,
            "\"spec.x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        );
        let pods = api.core("pods?fieldSelector=spec.x%3D1");
        assert_eq!(
            get(&api, &pods).refused(400),
            "field label not supported: spec.x"
        );
    });
}

#[test]
fn events_and_pods_have_their_own_fields() {
    let api = Api::start();
    let pod = api.create(make::pod("default", "web", "registry.example.com/web:1"));
    api.add_event(&pod, "Warning", "Failed", "no");
    let of = |query: &str| {
        get(
            &api,
            &format!("/api/v1/namespaces/default/events?fieldSelector={query}"),
        )
        .expect(200)["items"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(
        of("involvedObject.name%3Dweb,involvedObject.kind%3DPod,type%3DWarning"),
        1
    );
    assert_eq!(of("involvedObject.name%3Dother"), 0);
    assert_eq!(
        of(&format!(
            "involvedObject.uid%3D{}",
            pod["metadata"]["uid"].as_str().unwrap()
        )),
        1
    );
    let pods = |query: &str| {
        get(&api, &format!("/api/v1/pods?fieldSelector={query}")).expect(200)["items"].clone()
    };
    assert_eq!(pods("status.phase%3DPending").as_array().unwrap().len(), 1);
    assert_eq!(pods("spec.nodeName%3Dn1").as_array().unwrap().len(), 0);
}

#[test]
fn metadata_alone_and_tables_on_request() {
    on_every_cluster(|api| {
        api.create(make::docker_secret(
            &api.ns,
            "pull",
            "registry.example.com",
            "robot",
            "pw",
        ));
        let partial = [(
            "accept",
            "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
        )];
        let path = &api.core("secrets");
        let one = send(&api, "GET", &format!("{path}/pull"), &partial, "").expect(200);
        assert_eq!(
            (&one["kind"], one.get("data")),
            (&json!("PartialObjectMetadata"), None)
        );
        let list = [(
            "accept",
            "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
        )];
        let all = send(&api, "GET", path, &list, "").expect(200);
        assert_eq!(all["kind"], "PartialObjectMetadataList");
        assert_eq!(all["items"][0]["metadata"]["name"], "pull");
        let table = [(
            "accept",
            "application/json;as=Table;v=v1;g=meta.k8s.io,application/json",
        )];
        let table = send(&api, "GET", path, &table, "").expect(200);
        assert_eq!(table["kind"], "Table");
        assert_eq!(
            table["rows"][0]["cells"][1],
            "kubernetes.io/dockerconfigjson"
        );
    });
}

#[test]
fn collections_can_be_deleted_by_selector() {
    on_every_cluster(|api| {
        let maps = api.core("configmaps");
        for name in ["a", "b"] {
            let mut one = map(name);
            one["metadata"]["labels"] = json!({"app": name});
            post(&api, &maps, &one).expect(201);
        }
        delete(&api, &format!("{maps}?labelSelector=app%3Da"), &Value::Null).expect(200);
        assert_eq!(get(&api, &format!("{maps}/a")).status, 404);
        assert_eq!(get(&api, &format!("{maps}/b")).status, 200);
    });
}

#[test]
fn seeded_objects_are_read_like_others() {
    let api = Api::start();
    api.seed(
        (0..3).map(|index| make::pod("default", &format!("p{index}"), "registry.example.com/a:1")),
    );
    let page = get(&api, "/api/v1/pods?limit=2").expect(200);
    assert_eq!(page["metadata"]["remainingItemCount"], 1);
    assert!(page["items"][0]["metadata"]["uid"].is_string());
    assert_eq!(
        get(&api, "/api/v1/namespaces/default/pods/p2").expect(200)["kind"],
        "Pod"
    );
}

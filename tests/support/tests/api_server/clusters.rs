//! What tests of the main crate use clusters for.

use extreg_test_support::api::{PodState, make};
use extreg_test_support::cluster::{Cluster, for_each_cluster};
use serde_json::json;

#[test]
fn both_kinds_have_the_same_ground() {
    for_each_cluster(|cluster| {
        let ns = cluster.namespace("ground");
        assert!(
            cluster.get("serviceaccounts", &ns, "default").is_some(),
            "{}",
            cluster.name()
        );
        assert!(cluster.url().starts_with("https://127.0.0.1:"));
        assert!(cluster.ca_pem().starts_with("-----BEGIN CERTIFICATE-----"));
        let dir = tempfile::tempdir().unwrap();
        let path = cluster.write_kubeconfig(dir.path(), &ns);
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(&cluster.url()) && text.contains(&cluster.admin_token()));
        assert!(text.contains(&format!("namespace: {ns:?}")));
        assert_ne!(cluster.limited_kubeconfig(&ns), text);
        assert_eq!(
            cluster.api().is_some(),
            matches!(cluster, Cluster::Embedded(_))
        );
    });
}

#[test]
fn objects_are_made_read_changed_and_deleted() {
    for_each_cluster(|cluster| {
        let ns = cluster.namespace("objects");
        cluster.create(&make::docker_secret(
            &ns,
            "pull",
            "registry.example.com",
            "u",
            "p",
        ));
        cluster.create(&make::deployment(&ns, "web", "registry.example.com/web:1"));
        let linked = cluster.edit("sa", &ns, "default", |account| {
            account["imagePullSecrets"] = json!([{"name": "pull"}]);
        });
        assert_eq!(linked["imagePullSecrets"][0]["name"], "pull");
        assert_eq!(cluster.list("deployments.apps", &ns).len(), 1);
        cluster.delete("secrets", &ns, "pull");
        assert!(cluster.get("secrets", &ns, "pull").is_none());
        cluster.create(&make::node(&format!("node-{ns}"), "arm64"));
        let node = cluster.get("nodes", "", &format!("node-{ns}")).unwrap();
        assert_eq!(node["status"]["nodeInfo"]["architecture"], "arm64");
    });
}

#[test]
fn pods_wait_on_their_images_with_events() {
    for_each_cluster(|cluster| {
        let ns = cluster.namespace("pods");
        let state = PodState::pull_failed("registry.example.com/web:1", "unauthorized");
        let pod = cluster.add_pod(&ns, "web", "registry.example.com/web:1", &state);
        let waiting = &pod["status"]["containerStatuses"][0]["state"]["waiting"];
        assert_eq!(
            waiting,
            &json!({"reason": "ErrImagePull", "message": "unauthorized"})
        );
        assert_eq!(pod["status"]["phase"], "Pending");
        let events = cluster.list("events", &ns);
        assert_eq!(events.len(), 3);
        for event in events {
            assert_eq!(event["involvedObject"]["uid"], pod["metadata"]["uid"]);
            assert_eq!(event["involvedObject"]["fieldPath"], "spec.containers{app}");
        }
    });
}

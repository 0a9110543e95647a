//! What tests of the main crate use clusters for.

use extreg_test_support::api::{PodState, make};
use extreg_test_support::cluster::{
    Cluster, for_each_cluster, for_each_openshift, for_each_openshift_alone,
};
use serde_json::{Value, json};

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

/// One object of every kind of OpenShift that is stored.
fn openshift_objects(ns: &str) -> Vec<Value> {
    let config = |kind: &str, spec: Value| json!({"apiVersion": "config.openshift.io/v1", "kind": kind, "metadata": {"name": "made"}, "spec": spec});
    let policy = json!({"scopes": ["quay.io"], "policy": {"rootOfTrust": {
        "policyType": "PublicKey", "publicKey": {"keyData": "a2V5"}}}});
    let mut ours = config("ImagePolicy", policy.clone());
    ours["metadata"]["namespace"] = ns.into();
    let mut legacy = make::deployment_config(ns, "web", "quay.io/a/b:1");
    legacy["spec"]["template"]["spec"]["containers"][0]["ports"] = json!([{"containerPort": 8080}]);
    vec![
        legacy,
        make::build_config(ns, "app", "quay.io/a/base:1", "quay.io/a/app:1"),
        json!({"apiVersion": "build.openshift.io/v1", "kind": "Build", "metadata": {"name": "app-1", "namespace": ns},
            "spec": {"strategy": {"type": "Docker", "dockerStrategy": {}}}, "status": {"phase": "Failed"}}),
        make::image_stream(ns, "base", "1", "quay.io/a/base:1"),
        json!({"apiVersion": "route.openshift.io/v1", "kind": "Route", "metadata": {"name": "web", "namespace": ns},
            "spec": {"to": {"kind": "Service", "name": "web", "weight": 100}}}),
        config(
            "ImageDigestMirrorSet",
            json!({"imageDigestMirrors": [{"source": "quay.io/a", "mirrors": ["m.example/a"]}]}),
        ),
        config(
            "ImageTagMirrorSet",
            json!({"imageTagMirrors": [{"source": "quay.io/a", "mirrors": ["m.example/a"]}]}),
        ),
        config("ClusterImagePolicy", policy),
        ours,
        config("ClusterOperator", json!({})),
        json!({"apiVersion": "operator.openshift.io/v1alpha1", "kind": "ImageContentSourcePolicy",
            "metadata": {"name": "made"}, "spec": {"repositoryDigestMirrors": []}}),
    ]
}

#[test]
fn the_kinds_of_openshift_are_stored_and_closed() {
    for_each_openshift_alone(|cluster| {
        assert!(cluster.is_openshift());
        let ns = cluster.namespace("kinds");
        for object in openshift_objects(&ns) {
            let stored = cluster.create(&object);
            assert_eq!(stored["kind"], object["kind"], "{}", cluster.name());
            let spec = object["spec"].as_object().unwrap();
            // Go leaves out empty lists, a custom resource keeps them.
            let given = spec.iter().filter(|(_, value)| **value != json!([]));
            for (name, _) in given {
                assert!(!stored["spec"][name].is_null(), "{name}: {stored}");
            }
        }
        let path = format!("/apis/build.openshift.io/v1/namespaces/{ns}/buildconfigs");
        let mut wrong = make::build_config(&ns, "wrong", "quay.io/a/base:1", "quay.io/a/app:1");
        wrong["spec"]["output"]["pushSecrets"] = json!({"name": "typo"});
        let send = |path: &str, media: &str, method: &str, body: &Value| {
            let headers = [("content-type", media)];
            cluster
                .client()
                .send(method, path, &headers, &body.to_string())
                .unwrap()
        };
        let strict = format!("{path}?fieldValidation=Strict");
        let answer = send(&strict, "application/json", "POST", &wrong);
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert!(
            answer.text.contains("spec.output.pushSecrets"),
            "{}",
            answer.text
        );
        wrong["spec"]["output"] = json!({"to": "a text"});
        let answer = send(&path, "application/json", "POST", &wrong);
        assert!(matches!(answer.status, 400 | 422), "{}", answer.text);
    });
}

#[test]
fn tags_of_a_stream_are_owned_one_by_one_and_lists_of_a_config_as_a_whole() {
    for_each_openshift_alone(|cluster| {
        let ns = cluster.namespace("owners");
        let apply = |path: &str, manager: &str, body: &Value| {
            let path = format!("{path}?fieldManager={manager}");
            let headers = [("content-type", "application/apply-patch+yaml")];
            let answer = cluster
                .client()
                .send("PATCH", &path, &headers, &body.to_string());
            answer.unwrap()
        };
        let stream = format!("/apis/image.openshift.io/v1/namespaces/{ns}/imagestreams/base");
        for (manager, tag) in [("one", "1"), ("two", "2")] {
            let object = make::image_stream(&ns, "base", tag, "quay.io/a/base:1");
            let answer = apply(&stream, manager, &object);
            assert!(answer.status < 300, "{}", answer.text);
        }
        let tags = cluster.get("imagestreams", &ns, "base").unwrap()["spec"]["tags"].take();
        assert_eq!(tags.as_array().unwrap().len(), 2, "{}", cluster.name());

        let config = "/apis/config.openshift.io/v1/images/cluster";
        let insecure = |host: &str| {
            json!({"apiVersion": "config.openshift.io/v1", "kind": "Image", "metadata": {"name": "cluster"},
                "spec": {"registrySources": {"insecureRegistries": [host]}}})
        };
        let answer = apply(config, "one", &insecure("a.example"));
        assert!(answer.status < 300, "{}", answer.text);
        assert_eq!(apply(config, "two", &insecure("b.example")).status, 409);
    });
}

#[test]
fn a_cluster_for_one_test_alone_is_fresh() {
    for_each_openshift_alone(|cluster| {
        let image = cluster
            .get("images.config.openshift.io", "", "cluster")
            .unwrap();
        assert_eq!(image["spec"], json!({}));
        assert!(cluster.list("nodes", "").is_empty());
        assert!(
            cluster
                .list("imagedigestmirrorsets.config.openshift.io", "")
                .is_empty()
        );
        let pools = cluster.list("machineconfigpools", "");
        assert_eq!(pools.len(), 2);
        assert_eq!(pools[0]["status"]["machineCount"], 3);
        cluster.edit("proxies.config.openshift.io", "", "cluster", |proxy| {
            proxy["spec"]["trustedCA"] = json!({"name": "ca"});
        });
        cluster.set_status(
            "proxies.config.openshift.io",
            "",
            "cluster",
            &json!({"httpProxy": "http://proxy:3128"}),
        );
        let proxy = cluster
            .get("proxies.config.openshift.io", "", "cluster")
            .unwrap();
        assert_eq!(
            (
                &proxy["spec"]["trustedCA"]["name"],
                &proxy["status"]["httpProxy"]
            ),
            (&json!("ca"), &json!("http://proxy:3128"))
        );
    });
}

#[test]
fn accounts_of_an_openshift_have_their_managed_secret() {
    for_each_openshift(|cluster| {
        let ns = cluster.namespace("accounts");
        for name in ["default", "builder", "deployer"] {
            let account = cluster.get("serviceaccounts", &ns, name).unwrap();
            let secret = account["secrets"][0]["name"].as_str().unwrap();
            assert_eq!(account["imagePullSecrets"], json!([{"name": secret}]));
            let secret = cluster.get("secrets", &ns, secret).unwrap();
            assert_eq!(secret["type"], "kubernetes.io/dockercfg");
        }
    });
}

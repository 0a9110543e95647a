use extreg_test_support::api::{Api, Flavor, PodState, make};
use serde_json::{Value, json};

use super::http::{delete, get, on_every_cluster, patch, post};

fn openshift() -> Api {
    Api::builder()
        .flavor(Flavor::OpenShift4 {
            version: "4.18.12".into(),
        })
        .start()
}

fn link(api: &Api, account: &str, secrets: &[&str]) {
    api.edit("serviceaccounts", "default", account, |object| {
        object["imagePullSecrets"] = secrets.iter().map(|name| json!({ "name": name })).collect();
    });
}

#[test]
fn pods_get_the_account_and_its_pull_secrets_when_they_have_none() {
    on_every_cluster(|api| {
        let link = |secrets: &Value| {
            api.edit("serviceaccounts", "default", |object| {
                object["imagePullSecrets"] = secrets.clone();
            });
        };
        let both = json!([{"name": "a"}, {"name": "b"}]);
        link(&both);
        let pod = api.create(make::pod(&api.ns, "bare", "registry.example.com/web:1"));
        assert_eq!(pod["spec"]["serviceAccountName"], "default");
        assert_eq!(pod["spec"]["serviceAccount"], "default");
        assert_eq!(pod["spec"]["imagePullSecrets"], both);
        let mount = &pod["spec"]["containers"][0]["volumeMounts"][0];
        assert_eq!(
            mount["mountPath"],
            "/var/run/secrets/kubernetes.io/serviceaccount"
        );
        assert_eq!(pod["spec"]["volumes"][0]["name"], mount["name"]);
        let mut own = make::pod(&api.ns, "own", "registry.example.com/web:1");
        own["spec"]["imagePullSecrets"] = json!([{"name": "mine"}]);
        assert_eq!(
            api.create(own)["spec"]["imagePullSecrets"],
            json!([{"name": "mine"}])
        );
        // At creation only: what is linked later does not reach the pod.
        link(&json!([{"name": "c"}]));
        let pod = get(&api, &api.core("pods/bare")).expect(200);
        assert_eq!(pod["spec"]["imagePullSecrets"], both);
    });
}

#[test]
fn the_account_of_a_pod_must_exist() {
    on_every_cluster(|api| {
        let mut pod = make::pod(&api.ns, "web", "registry.example.com/web:1");
        pod["spec"]["serviceAccountName"] = "robot".into();
        let refused = post(&api, &api.core("pods"), &pod).refused(403);
        let ns = &api.ns;
        assert_eq!(
            refused,
            format!(
                "pods \"web\" is forbidden: error looking up service account {ns}/robot: serviceaccount \"robot\" \
                 not found"
            )
        );
        api.create(make::service_account(&api.ns, "robot"));
        post(&api, &api.core("pods"), &pod).expect(201);
    });
}

#[test]
fn a_namespace_comes_with_its_accounts_and_goes_with_its_contents() {
    let plain = Api::start();
    plain.add_namespace("shop");
    let names = |api: &Api| -> Vec<String> {
        let all = api.list("serviceaccounts", "shop");
        all.iter()
            .map(|one| one["metadata"]["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&plain), ["default"]);
    assert_eq!(plain.list("secrets", "shop"), Vec::<Value>::new());
    assert_eq!(
        plain.get("namespaces", "", "shop").unwrap()["status"]["phase"],
        "Active"
    );
    delete(&plain, "/api/v1/namespaces/shop", &Value::Null).expect(200);
    assert_eq!(
        get(&plain, "/api/v1/namespaces/shop/serviceaccounts/default").status,
        404
    );
    let refused = delete(&plain, "/api/v1/namespaces/default", &Value::Null).refused(403);
    assert_eq!(
        refused,
        "namespaces \"default\" is forbidden: this namespace may not be deleted"
    );

    let api = openshift();
    api.add_namespace("shop");
    assert_eq!(names(&api), ["builder", "default", "deployer"]);
    for account in api.list("serviceaccounts", "shop") {
        let name = account["metadata"]["name"].as_str().unwrap();
        let secret = account["imagePullSecrets"][0]["name"].as_str().unwrap();
        assert!(
            secret.starts_with(&format!("{name}-dockercfg-")),
            "{secret}"
        );
        assert_eq!(account["secrets"], account["imagePullSecrets"]);
        assert_eq!(
            account["metadata"]["annotations"]["openshift.io/internal-registry-pull-secret-ref"],
            secret
        );
        let stored = api.get("secrets", "shop", secret).unwrap();
        assert_eq!(stored["type"], "kubernetes.io/dockercfg");
        let owner = &stored["metadata"]["annotations"]["openshift.io/internal-registry-auth-token.service-account"];
        assert_eq!(owner, name);
    }
    // An account of the user's own gets one too.
    api.create(make::service_account("shop", "robot"));
    assert!(
        api.get("serviceaccounts", "shop", "robot").unwrap()["imagePullSecrets"][0]["name"]
            .is_string()
    );
}

#[test]
fn workloads_become_pods_that_go_through_admission() {
    let api = Api::start();
    link(&api, "default", &["pull"]);
    let mut web = make::deployment("default", "web", "registry.example.com/web:1");
    web["spec"]["replicas"] = 2.into();
    api.create(web);
    assert_eq!(
        api.list("pods", ""),
        Vec::<Value>::new(),
        "nothing happens by itself"
    );
    api.roll_out();
    let sets = api.list("replicasets", "default");
    assert_eq!(sets.len(), 1);
    assert_eq!(sets[0]["metadata"]["ownerReferences"][0]["name"], "web");
    let pods = api.list("pods", "default");
    assert_eq!(pods.len(), 2);
    assert_eq!(
        pods[0]["metadata"]["ownerReferences"][0]["name"],
        sets[0]["metadata"]["name"]
    );
    assert_eq!(
        pods[0]["spec"]["imagePullSecrets"],
        json!([{"name": "pull"}])
    );
    assert_eq!(pods[0]["status"]["phase"], "Running");
    let web = api.get("deployments", "default", "web").unwrap();
    assert_eq!(
        (
            &web["status"]["readyReplicas"],
            &web["status"]["observedGeneration"]
        ),
        (&json!(2), &json!(1))
    );
    let before = api.store_version();
    api.roll_out();
    assert_eq!(
        api.store_version(),
        before,
        "a settled cluster stays as it is"
    );
    delete(
        &api,
        "/apis/apps/v1/namespaces/default/deployments/web",
        &Value::Null,
    )
    .expect(200);
    assert_eq!(
        api.list("pods", "default").len() + api.list("replicasets", "default").len(),
        0
    );
}

#[test]
fn a_restart_makes_new_pods_with_what_is_linked_now() {
    let api = Api::builder().rolls_out().start();
    api.on_pod(|pod| {
        let image = pod["spec"]["containers"][0]["image"]
            .as_str()
            .unwrap_or_default();
        if pod["spec"]["imagePullSecrets"].is_null() {
            PodState::pull_failed(image, "unauthorized")
        } else {
            PodState::running()
        }
    });
    let path = "/apis/apps/v1/namespaces/default/deployments";
    post(
        &api,
        path,
        &make::deployment("default", "web", "registry.example.com/web:1"),
    )
    .expect(201);
    let pods = api.list("pods", "default");
    let waiting = &pods[0]["status"]["containerStatuses"][0]["state"]["waiting"];
    assert_eq!(
        waiting,
        &json!({"reason": "ErrImagePull", "message": "unauthorized"})
    );
    let events = api.list("events", "default");
    let failed = |event: &&Value| {
        event["message"] == "Failed to pull image \"registry.example.com/web:1\": unauthorized"
    };
    let event = events.iter().find(failed).expect("the kubelet's event");
    assert_eq!(event["involvedObject"]["uid"], pods[0]["metadata"]["uid"]);
    assert_eq!(event["involvedObject"]["fieldPath"], "spec.containers{app}");
    link(&api, "default", &["pull"]);
    api.retry_pods();
    assert_eq!(
        api.list("pods", "default")[0]["status"]["phase"],
        "Pending",
        "the old pod has the old secrets"
    );
    let restart = json!({"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "now"}}}}});
    patch(&api, "strategic", &format!("{path}/web"), &restart).expect(200);
    let after = api.list("pods", "default");
    assert_eq!(after.len(), 1);
    assert_ne!(after[0]["metadata"]["uid"], pods[0]["metadata"]["uid"]);
    assert_eq!(after[0]["status"]["phase"], "Running");
    assert_eq!(api.list("replicasets", "default").len(), 2);
}

#[test]
fn every_kind_of_workload_gets_pods() {
    let api = openshift();
    api.create(make::workload(
        "StatefulSet",
        "default",
        "sts",
        "registry.example.com/a:1",
    ));
    api.create(make::workload(
        "DaemonSet",
        "default",
        "ds",
        "registry.example.com/a:1",
    ));
    api.create(make::deployment_config(
        "default",
        "dc",
        "registry.example.com/a:1",
    ));
    api.roll_out();
    let mut names: Vec<String> = api
        .list("pods", "default")
        .iter()
        .map(|pod| {
            pod["metadata"]["name"]
                .as_str()
                .unwrap()
                .split('-')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["dc", "ds", "sts"]);
    assert!(api.get("pods", "default", "sts-0").is_some());
    assert_eq!(api.list("rc", "default").len(), 1);
}

#[test]
fn a_workload_with_a_missing_account_says_so() {
    let api = Api::builder().rolls_out().start();
    let mut web = make::deployment("default", "web", "registry.example.com/web:1");
    web["spec"]["template"]["spec"]["serviceAccountName"] = "robot".into();
    post(&api, "/apis/apps/v1/namespaces/default/deployments", &web).expect(201);
    let failure = || {
        let stored = api.get("deployments", "default", "web").unwrap();
        let conditions = stored["status"]["conditions"].as_array().cloned();
        let mut conditions = conditions.unwrap_or_default().into_iter();
        conditions.find(|condition| condition["type"] == "ReplicaFailure")
    };
    let condition = failure().expect("a failure");
    assert!(
        condition["message"]
            .as_str()
            .unwrap()
            .contains("error looking up service account default/robot")
    );
    let events = api.list("events", "default");
    assert_eq!(
        events
            .iter()
            .filter(|event| event["reason"] == "FailedCreate")
            .count(),
        1
    );
    post(
        &api,
        "/api/v1/namespaces/default/serviceaccounts",
        &make::service_account("default", "robot"),
    )
    .expect(201);
    assert_eq!(api.list("pods", "default").len(), 1);
    assert_eq!(failure(), None);
}

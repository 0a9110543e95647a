use serde_json::json;

use super::*;

fn reach() -> Reach {
    Reach {
        registry: "quay.io".into(),
        path: None,
    }
}

fn pod(change: impl FnOnce(&mut Value)) -> Option<PodView> {
    let mut pod = json!({
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "shop"},
        "spec": {"containers": [{"name": "app", "image": "quay.io/team/app:1"}]},
        "status": {"phase": "Pending"},
    });
    change(&mut pod);
    PodView::of(&pod, &reach())
}

fn workload(kind: Kind, change: impl FnOnce(&mut Value)) -> WorkloadView {
    let mut workload = json!({
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"spec": {"containers": [{"name": "app", "image": "quay.io/team/app:1"}]}}},
    });
    change(&mut workload);
    WorkloadView::of(kind, workload, &reach()).expect("an image from there")
}

fn of_deployment(pod: &mut Value) {
    pod["metadata"]["labels"] = json!({"pod-template-hash": "5f6"});
    pod["metadata"]["ownerReferences"] =
        json!([{"kind": "ReplicaSet", "name": "web-5f6", "controller": true}]);
}

fn judge(pods: Vec<PodView>, workloads: Vec<WorkloadView>) -> Aftermath {
    let wiring = Wiring {
        pods,
        workloads,
        unread: Vec::new(),
    };
    let had = ["old".to_owned()];
    let linked = [Linked {
        namespace: "shop",
        account: "default",
        pull_secrets: &had,
    }];
    aftermath(&wiring, &linked, "mine", "now")
}

#[test]
fn the_registry_and_the_path_decide_which_images_count() {
    let team = Reach {
        registry: "quay.io".into(),
        path: Some("team".into()),
    };
    for (image, all, part) in [
        ("quay.io/team/app:1", true, true),
        (
            "quay.io/team@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            true,
            true,
        ),
        ("quay.io/teams/app", true, false),
        ("quay.io:443/team/app", false, false),
        ("team/app", false, false),
        ("", false, false),
    ] {
        assert_eq!(reach().covers(image), all, "{image}");
        assert_eq!(team.covers(image), part, "{image}");
    }
}

#[test]
fn pods_that_are_over_leaving_building_or_elsewhere_do_not_count() {
    assert!(pod(|_| {}).is_some());
    assert!(pod(|it| it["status"]["phase"] = json!("Succeeded")).is_none());
    assert!(pod(|it| it["metadata"]["deletionTimestamp"] = json!("now")).is_none());
    assert!(pod(|it| it["spec"]["containers"][0]["image"] = json!("ghcr.io/a/b")).is_none());
    assert!(
        pod(|it| {
            it["metadata"]["ownerReferences"] =
                json!([{"kind": "Build", "name": "app-1", "controller": true}]);
        })
        .is_none()
    );
}

#[test]
fn a_pod_waits_until_its_node_has_the_image() {
    let waits = |status: Value| pod(|it| it["status"] = status).expect("a pod").waits;
    assert!(waits(json!({})));
    // The literal reason of a malformed secret: any waiting counts.
    assert!(waits(
        json!({"containerStatuses": [{"name": "app", "imageID": "", "state": {"waiting": {"reason": "illegal base64 data at input byte 0"}}}]})
    ));
    assert!(!waits(
        json!({"containerStatuses": [{"name": "app", "imageID": "", "state": {"running": {}}}]})
    ));
    assert!(!waits(
        json!({"containerStatuses": [{"name": "app", "imageID": "sha256:1", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]})
    ));
}

#[test]
fn the_workload_behind_a_pod_is_found() {
    let owner = |change: fn(&mut Value)| pod(change).expect("a pod").owner;
    let pair = |kind: &str, name: &str| Some((kind.to_owned(), name.to_owned()));
    assert_eq!(owner(|_| {}), None);
    assert_eq!(owner(of_deployment), pair("Deployment", "web"));
    assert_eq!(
        owner(|it| it["metadata"]["ownerReferences"] =
            json!([{"kind": "ReplicaSet", "name": "bare", "controller": true}])),
        pair("ReplicaSet", "bare")
    );
    assert_eq!(
        owner(|it| it["metadata"]["annotations"] =
            json!({"openshift.io/deployment-config.name": "old"})),
        pair("DeploymentConfig", "old")
    );
}

#[test]
fn only_the_pods_of_linked_accounts_without_the_secret_need_anything() {
    let deployment = || workload(kinds::DEPLOYMENT, |_| {});
    let result = judge(vec![pod(of_deployment).expect("a pod")], vec![deployment()]);
    assert_eq!(result.restarts.len(), 1);
    assert_eq!(result.restarts[0].object.to_string(), "deployment.apps/web");
    let change = result.restarts[0].change.as_ref().expect("a restart");
    assert_eq!(change.done, "restarted");

    let has = pod(|it| {
        of_deployment(it);
        it["spec"]["imagePullSecrets"] = json!([{"name": "mine"}]);
    });
    let other = pod(|it| {
        of_deployment(it);
        it["spec"]["serviceAccountName"] = json!("ci");
    });
    for pod in [has, other] {
        let result = judge(vec![pod.expect("a pod")], vec![deployment()]);
        assert!(result.restarts.is_empty() && result.overrides.is_empty());
    }
}

#[test]
fn a_list_that_admission_copied_is_no_override() {
    let copied = pod(|it| it["spec"]["imagePullSecrets"] = json!([{"name": "old"}]));
    let own = pod(|it| it["spec"]["imagePullSecrets"] = json!([{"name": "own"}]));
    let result = judge(
        vec![copied.expect("a pod"), own.expect("a pod")],
        Vec::new(),
    );
    assert_eq!(result.restarts.len(), 1);
    assert_eq!(result.overrides.len(), 1);
    assert_eq!(result.overrides[0].1, ["own"]);
}

#[test]
fn a_template_that_overrides_is_named_and_not_restarted() {
    let template = workload(kinds::DEPLOYMENT, |it| {
        it["spec"]["template"]["spec"]["imagePullSecrets"] = json!([{"name": "stale"}]);
    });
    let waiting = pod(|it| {
        of_deployment(it);
        it["spec"]["imagePullSecrets"] = json!([{"name": "stale"}]);
    });
    let result = judge(vec![waiting.expect("a pod")], vec![template]);
    assert!(result.restarts.is_empty());
    assert_eq!(result.overrides.len(), 1);
    assert_eq!(result.overrides[0].0.to_string(), "deployment.apps/web");
}

#[test]
fn what_a_restart_would_not_restart_says_why() {
    let advice = |kind: Kind, owner: &'static str, change: fn(&mut Value)| {
        let pod = pod(|it| {
            it["metadata"]["ownerReferences"] =
                json!([{"kind": owner, "name": "web", "controller": true}]);
        });
        let result = judge(vec![pod.expect("a pod")], vec![workload(kind, change)]);
        result.restarts[0].change.as_ref().err().cloned()
    };
    assert_eq!(advice(kinds::STATEFUL_SET, "StatefulSet", |_| {}), None);
    let delete = advice(kinds::DAEMON_SET, "DaemonSet", |it| {
        it["spec"]["updateStrategy"] = json!({"type": "OnDelete"});
    });
    assert!(delete.is_some_and(|it| it.contains("delete its pods")));
    let paused = advice(kinds::DEPLOYMENT, "Deployment", |it| {
        it["spec"]["paused"] = json!(true);
    });
    assert_eq!(paused.as_deref(), Some("it is paused"));
    let rollout = advice(kinds::DEPLOYMENT_CONFIG, "DeploymentConfig", |it| {
        it["spec"]["triggers"] = json!([{"type": "ImageChange"}]);
    });
    assert!(rollout.is_some_and(|it| it.contains("oc rollout latest")));
}

#[test]
fn makers_that_cannot_be_restarted_are_named_with_advice() {
    let advice = |kind: &'static str| {
        let pod = pod(|it| {
            it["metadata"]["ownerReferences"] =
                json!([{"kind": kind, "name": "it", "controller": true}]);
        });
        let result = judge(vec![pod.expect("a pod")], Vec::new());
        let one = &result.restarts[0];
        (
            one.object.to_string(),
            one.change.as_ref().err().cloned().unwrap_or_default(),
        )
    };
    assert_eq!(advice("Job").0, "job.batch/it");
    let (object, words) = advice("Rollout");
    assert_eq!(object, "pod/web-1");
    assert_eq!(words, "delete it, and Rollout it makes it again");
}

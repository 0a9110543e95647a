use serde_json::json;

use super::*;

#[test]
fn a_secret_keeps_what_may_be_a_docker_config_and_nothing_else() {
    let secret = secret(&json!({
        "metadata": {
            "namespace": "team", "name": "s",
            "annotations": { LAST_APPLIED: "{\"data\": \"Y2FuYXJ5\"}", "extreg.dev/registry": "quay.io" },
        },
        "type": OPAQUE,
        "data": { "config.json": "e30=", ".docker_configjson": "e30=", "password": "Y2FuYXJ5" },
    }));
    assert_eq!(
        secret.keys,
        ["config.json", ".docker_configjson", "password"]
    );
    assert_eq!(
        secret.configs.keys().collect::<Vec<_>>(),
        [".docker_configjson", "config.json"]
    );
    assert_eq!(secret.configs["config.json"].expose(), b"{}");
    assert_eq!(
        secret.annotations.keys().collect::<Vec<_>>(),
        ["extreg.dev/registry"]
    );
    let shown = format!("{secret:?}");
    assert!(!shown.contains("Y2FuYXJ5") && !shown.contains("canary") && !shown.contains("e30="));
}

#[test]
fn a_pod_lists_every_image_with_its_state() {
    let pod = pod(&json!({
        "metadata": { "namespace": "team", "name": "web-1", "creationTimestamp": "2026-01-02T03:04:05Z",
            "ownerReferences": [{"kind": "Other", "name": "x"}, {"kind": "ReplicaSet", "name": "web", "controller": true}] },
        "spec": { "serviceAccountName": "robot", "imagePullSecrets": [{"name": "a"}, {}],
            "initContainers": [{"name": "init", "image": "i"}],
            "containers": [{"name": "web", "image": "w", "imagePullPolicy": "Never"}],
            "volumes": [{"name": "data", "image": {"reference": "v"}}, {"name": "tmp", "emptyDir": {}}] },
        "status": { "phase": "Pending", "containerStatuses": [
            {"name": "web", "imageID": "", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no"}}}] },
    }));
    let seen: Vec<_> = pod
        .containers
        .iter()
        .map(|container| {
            (
                container.kind,
                container.image.as_str(),
                container.waiting.is_some(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (ContainerKind::Init, "i", false),
            (ContainerKind::Regular, "w", true),
            (ContainerKind::Volume, "v", false)
        ]
    );
    assert_eq!(pod.pull_secrets, ["a"]);
    assert_eq!(
        pod.owner,
        Some(Owner {
            kind: "ReplicaSet".into(),
            name: "web".into()
        })
    );
    assert_eq!(pod.created.unwrap().as_second(), 1_767_323_045);
    assert!(pod.waits_for_image());
}

#[test]
fn templates_are_found_in_every_kind() {
    let spec = json!({"containers": [{"name": "c", "image": "img"}], "serviceAccount": "old"});
    let cron = json!({"metadata": {"namespace": "n", "name": "c"},
        "spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}});
    let cron = workload(kinds::CRON_JOB, &cron).unwrap();
    assert_eq!(
        (
            cron.containers[0].image.as_str(),
            cron.service_account.as_str()
        ),
        ("img", "old")
    );

    let past = json!({"metadata": {"namespace": "n", "name": "r",
        "ownerReferences": [{"kind": "Deployment", "name": "d", "controller": true}]},
        "spec": {"replicas": 0, "template": {"spec": spec}}});
    assert_eq!(workload(kinds::REPLICA_SET, &past), None);
    assert!(workload(kinds::DEPLOYMENT, &past).is_some());
}

#[test]
fn the_time_of_a_link_is_that_of_the_newest_owner_of_the_list() {
    let fields =
        |what: &str, time: &str| json!({"manager": "m", "time": time, "fieldsV1": {what: {}}});
    let account = service_account(&json!({"metadata": {"name": "a", "managedFields": [
        fields("f:imagePullSecrets", "2026-01-02T03:04:05Z"),
        fields("f:imagePullSecrets", "2026-01-03T03:04:05Z"),
        fields("f:secrets", "2026-01-09T03:04:05Z")]}}));
    let changed = account.pull_secrets_changed.map(|at| at.to_string());
    assert_eq!(changed.as_deref(), Some("2026-01-03T03:04:05Z"));
    let untold = service_account(&json!({"metadata": {"name": "a"}}));
    assert_eq!(untold.pull_secrets_changed, None);
}

#[test]
fn a_pods_own_list_is_told_from_the_copied_one() {
    let applied = |text: &str| {
        pod(
            &json!({"metadata": {"annotations": {LAST_APPLIED: text}, "labels": {"app": "web"}},
            "spec": {"imagePullSecrets": [{"name": "copied"}]}}),
        )
    };
    let own = applied(r#"{"spec": {"imagePullSecrets": [{"name": "own"}]}}"#);
    assert_eq!(own.applied_pull_secrets, Some(vec!["own".to_owned()]));
    assert_eq!(own.labels["app"], "web");
    assert_eq!(
        applied(r#"{"spec": {}}"#).applied_pull_secrets,
        Some(Vec::new())
    );
    assert_eq!(applied("not JSON").applied_pull_secrets, None);
    assert_eq!(pod(&json!({})).applied_pull_secrets, None);
}

#[test]
fn selectors_read_as_flags() {
    let of = |kind, selector: Value| {
        workload(kind, &json!({"metadata": {"name": "w", "labels": {"team": "a"}}, "spec": {"selector": selector}}))
            .unwrap()
    };
    let both = of(
        kinds::DEPLOYMENT,
        json!({"matchLabels": {"app": "web", "tier": "a"}, "matchExpressions": [
        {"key": "env", "operator": "In", "values": ["x", "y"]}, {"key": "old", "operator": "DoesNotExist"},
        {"key": "new", "operator": "Exists"}, {"key": "env", "operator": "NotIn", "values": ["z"]}]}),
    );
    assert_eq!(
        both.selector.as_deref(),
        Some("app=web,tier=a,env in (x,y),!old,new,env notin (z)")
    );
    assert_eq!(both.labels["team"], "a");
    let legacy = of(kinds::DEPLOYMENT_CONFIG, json!({"app": "web"}));
    assert_eq!(legacy.selector.as_deref(), Some("app=web"));
    assert_eq!(of(kinds::CRON_JOB, Value::Null).selector, None);
}

#[test]
fn a_secret_may_be_kept_from_imports() {
    let excluded = |value: &str| {
        secret(&json!({"metadata": {"annotations": {EXCLUDE_SECRET: value}}})).excluded_from_import
    };
    assert!(excluded("true") && !excluded("false"));
}

#[test]
fn secrets_that_are_mounted_or_read_are_known() {
    let pod = pod(&json!({"spec": {
        "imagePullSecrets": [{"name": "pull"}],
        "volumes": [{"secret": {"secretName": "d"}}, {"projected": {"sources": [{"secret": {"name": "c"}}, {"configMap": {"name": "x"}}]}}],
        "initContainers": [{"envFrom": [{"secretRef": {"name": "b"}}]}],
        "containers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "a", "key": "k"}}}, {"value": "x"}]},
            {"env": [{"valueFrom": {"secretKeyRef": {"name": "a", "key": "j"}}}]}]}}));
    assert_eq!(pod.other_secrets, ["a", "b", "c", "d"]);
}

//! Every branch of the originals.

use serde_json::json;

use super::*;

fn judge(kind: Kind, spec: &Value, status: &Value) -> Progress {
    let object = json!({"metadata": {"generation": 3}, "spec": spec, "status": status});
    of(kind, &object, "web", &Before::default())
}

#[track_caller]
fn waits(progress: &Progress, words: &str) {
    match progress {
        Progress::Waiting(said) => assert!(said.contains(words), "{said}"),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn done(progress: &Progress, words: &str) {
    match progress {
        Progress::Done(said) => assert!(said.contains(words), "{said}"),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn failed(progress: &Progress, words: &str) {
    match progress {
        Progress::Failed(said) => assert!(said.contains(words), "{said}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_deployment() {
    let of = |status: &Value| judge(kinds::DEPLOYMENT, &json!({"replicas": 3}), status);
    waits(&of(&json!({"observedGeneration": 2})), "not seen");
    waits(
        &of(&json!({"observedGeneration": 3, "replicas": 3, "updatedReplicas": 1})),
        "1 of 3 new pods are made",
    );
    waits(
        &of(&json!({"observedGeneration": 3, "replicas": 4, "updatedReplicas": 3})),
        "1 old pods",
    );
    let status = json!({"observedGeneration": 3, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 2});
    waits(&of(&status), "2 of 3 new pods are available");
    let status = json!({"observedGeneration": 4, "replicas": 3, "updatedReplicas": 3, "availableReplicas": 3});
    done(&of(&status), "3 of 3");
    let late = json!([{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]);
    failed(
        &of(&json!({"observedGeneration": 3, "conditions": late})),
        "deadline",
    );
    // One that is scaled to nothing is rolled out.
    let none = judge(
        kinds::DEPLOYMENT,
        &json!({"replicas": 0}),
        &json!({"observedGeneration": 3}),
    );
    done(&none, "0 of 0");
}

#[test]
fn a_daemon_set() {
    let of = |status: &Value| judge(kinds::DAEMON_SET, &json!({}), status);
    waits(&of(&json!({"observedGeneration": 1})), "not seen");
    let status =
        json!({"observedGeneration": 3, "desiredNumberScheduled": 2, "updatedNumberScheduled": 1});
    waits(&of(&status), "1 of 2 pods are new");
    let status = json!({"observedGeneration": 3, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 1});
    waits(&of(&status), "1 of 2 pods are available");
    let status = json!({"observedGeneration": 3, "desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2});
    done(&of(&status), "2 of 2");
}

#[test]
fn a_stateful_set() {
    let of = |spec: &Value, status: &Value| judge(kinds::STATEFUL_SET, spec, status);
    let whole = json!({"replicas": 3, "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}});
    waits(&of(&whole, &json!({})), "not seen");
    waits(
        &of(
            &whole,
            &json!({"observedGeneration": 3, "readyReplicas": 2}),
        ),
        "2 of 3 pods are ready",
    );
    let status = json!({"observedGeneration": 3, "readyReplicas": 3, "updatedReplicas": 1});
    waits(&of(&whole, &status), "1 of 3 pods are new");
    let mut part = whole.clone();
    part["updateStrategy"]["rollingUpdate"]["partition"] = json!(2);
    done(&of(&part, &status), "keeps 2");
    let status = json!({"observedGeneration": 3, "readyReplicas": 3, "updatedReplicas": 3});
    done(&of(&whole, &status), "3 pods are new");
    // Without parameters the revisions tell.
    let plain = json!({"replicas": 3, "updateStrategy": {"type": "RollingUpdate"}});
    let mut status = json!({
        "observedGeneration": 3, "readyReplicas": 3, "updatedReplicas": 3,
        "currentRevision": "web-1", "updateRevision": "web-2",
    });
    waits(&of(&plain, &status), "3 pods are new");
    status["currentRevision"] = json!("web-2");
    done(&of(&plain, &status), "3 pods ready");
}

#[test]
fn a_deployment_config() {
    let of = |spec: &Value, status: &Value| judge(kinds::DEPLOYMENT_CONFIG, spec, status);
    let triggered = json!({"replicas": 1, "triggers": [{"type": "ImageChange"}]});
    waits(&of(&triggered, &json!({})), "image trigger");
    failed(
        &of(&json!({"replicas": 1, "triggers": []}), &json!({})),
        "oc rollout latest",
    );
    let spec = json!({"replicas": 1, "triggers": [{"type": "ConfigChange"}]});
    waits(
        &of(&spec, &json!({"latestVersion": 1, "observedGeneration": 2})),
        "not seen",
    );
    let with = |reason: &str, message: &str| {
        let condition = json!([{"type": "Progressing", "reason": reason, "message": message}]);
        json!({"latestVersion": 2, "observedGeneration": 3, "availableReplicas": 1, "conditions": condition})
    };
    done(
        &of(&spec, &with("NewReplicationControllerAvailable", "")),
        "1 pod available",
    );
    for reason in [
        "ProgressDeadlineExceeded",
        "RolloutCancelled",
        "DeploymentConfigPaused",
    ] {
        failed(&of(&spec, &with(reason, "it said so")), "it said so");
    }
    waits(
        &of(&spec, &with("ReplicationControllerUpdated", "")),
        "0 of 1 new pods",
    );
    let mut status = with("ReplicationControllerUpdated", "");
    status["replicas"] = json!(1);
    status["updatedReplicas"] = json!(1);
    waits(&of(&spec, &status), "declared finished");
}

#[test]
fn a_pod() {
    let pod = |image: &str, status: &Value| json!({"spec": {"containers": [{"name": "web", "image": image}]}, "status": {"containerStatuses": [status]}});
    let before = Before {
        image: Some("quay.io/a:1".into()),
        container_id: Some("cri-o://1".into()),
    };
    let of = |object: &Value| of(kinds::POD, object, "web", &before);
    waits(
        &of(&pod("quay.io/a:2", &json!({"name": "other"}))),
        "has not started",
    );
    let old = json!({"name": "web", "image": "quay.io/a:1", "containerID": "cri-o://1", "state": {"running": {}}});
    waits(&of(&pod("quay.io/a:2", &old)), "still runs");
    let pulling = json!({"name": "web", "state": {"waiting": {"reason": "ImagePullBackOff"}}});
    waits(&of(&pod("quay.io/a:2", &pulling)), "ImagePullBackOff");
    // The runtime may call the image otherwise.
    let new = json!({"name": "web", "image": "quay.io/a@sha256:2", "containerID": "cri-o://2", "state": {"running": {}}});
    done(&of(&pod("quay.io/a:2", &new)), "started");
    let named = json!({"name": "web", "image": "quay.io/a:2", "containerID": "cri-o://1"});
    done(&of(&pod("quay.io/a:2", &named)), "started");
    done(&of(&pod("quay.io/a:1", &old)), "started");
}

#[test]
fn what_does_not_roll_is_done() {
    done(
        &judge(kinds::CRON_JOB, &json!({}), &json!({})),
        "has the image",
    );
}

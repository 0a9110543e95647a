//! What the workload controllers say of a rollout beside its counts: conditions, revisions, the number of the deployment.
//!
//! Sources: kube-controller-manager `pkg/controller/deployment/progress.go` (`syncRolloutStatus`),
//! `pkg/controller/statefulset/stateful_set_control.go`; openshift-controller-manager
//! `pkg/apps/deploymentconfig/deploymentconfig_controller.go` (`updateConditions`). Deadlines do not pass here.

use std::sync::Arc;

use serde_json::{Value, json};

use super::store::collection;
use super::world::{World, now};

/// Completes the status of all workloads.
pub(crate) fn complete(world: &mut World) {
    for (group, plural) in [
        ("apps", "deployments"),
        ("apps", "statefulsets"),
        ("apps.openshift.io", "deploymentconfigs"),
    ] {
        let Some(resource) = world.resource(group, "v1", plural) else {
            continue;
        };
        for object in world.store.list(&collection(&resource), "") {
            let mut changed = (*object).clone();
            match plural {
                "deployments" => deployment(&mut changed),
                "statefulsets" => stateful_set(&mut changed),
                _ => deployment_config(world, &mut changed),
            }
            if changed != *object {
                world.put(&resource, changed);
            }
        }
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

/// All pods that are wanted are there, new and available.
fn is_complete(object: &Value) -> bool {
    let (wanted, status) = (
        object["spec"]["replicas"].as_u64().unwrap_or(1),
        &object["status"],
    );
    number(&status["updatedReplicas"]) == wanted
        && number(&status["replicas"]) == wanted
        && number(&status["availableReplicas"]) >= wanted
}

/// Sets a condition, whose time is that of its last change.
fn set(object: &mut Value, reason: &str, status: &str, message: &str) {
    let conditions = &mut object["status"]["conditions"];
    if !conditions.is_array() {
        *conditions = json!([]);
    }
    let Some(list) = conditions.as_array_mut() else {
        return;
    };
    let known = list.iter().any(|condition| {
        condition["type"] == "Progressing"
            && condition["reason"] == reason
            && condition["message"] == message
    });
    if known {
        return;
    }
    list.retain(|condition| condition["type"] != "Progressing");
    list.push(json!({
        "type": "Progressing", "status": status, "reason": reason, "message": message,
        "lastTransitionTime": now(), "lastUpdateTime": now(),
    }));
}

fn deployment(object: &mut Value) {
    let name = object["metadata"]["name"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    if is_complete(object) {
        let words = format!("ReplicaSet of \"{name}\" has successfully progressed.");
        set(object, "NewReplicaSetAvailable", "True", &words);
    } else {
        let words = format!("ReplicaSet of \"{name}\" is progressing.");
        set(object, "ReplicaSetUpdated", "True", &words);
    }
}

fn stateful_set(object: &mut Value) {
    let generation = number(&object["metadata"]["generation"]);
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let update = format!("{name}-{generation}");
    if is_complete(object) {
        object["status"]["currentRevision"] = update.as_str().into();
        object["status"]["currentReplicas"] = object["status"]["replicas"].clone();
    }
    object["status"]["updateRevision"] = update.into();
}

fn deployment_config(world: &World, object: &mut Value) {
    let uid = object["metadata"]["uid"].clone();
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
    let kind = (String::new(), "replicationcontrollers".to_owned());
    let all: Vec<Arc<Value>> = world.store.list(&kind, namespace);
    let made = all
        .iter()
        .filter(|one| one["metadata"]["ownerReferences"][0]["uid"] == uid)
        .count();
    object["status"]["latestVersion"] = made.into();
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let deployment = format!("{name}-{made}");
    if made == 0 {
        return;
    }
    if is_complete(object) {
        let words = format!("replication controller \"{deployment}\" successfully rolled out");
        set(object, "NewReplicationControllerAvailable", "True", &words);
    } else {
        let words = format!("replication controller \"{deployment}\" is progressing");
        set(object, "ReplicationControllerUpdated", "True", &words);
    }
}

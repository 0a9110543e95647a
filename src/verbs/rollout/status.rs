//! How far a rollout is, from the object alone, as kubectl and oc judge it: kubectl `pkg/polymorphichelpers/rollout_status.go`
//! (`DeploymentStatusViewer`, `DaemonSetStatusViewer`, `StatefulSetStatusViewer`) and oc
//! `pkg/helpers/originpolymorphichelpers/deploymentconfigs/status.go`. Pods, which they do not judge, by their container. Pure.

use serde_json::Value;

use super::Before;
use crate::model::kinds::{self, Kind};
use crate::model::sanitize::sanitize_line;

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Progress {
    Waiting(String),
    Done(String),
    /// It will not come to an end by itself.
    Failed(String),
}

/// Judges an object. `container` and `before` are for pods.
pub(super) fn of(kind: Kind, object: &Value, container: &str, before: &Before) -> Progress {
    match kind {
        kinds::DEPLOYMENT => deployment(object),
        kinds::DAEMON_SET => daemon_set(object),
        kinds::STATEFUL_SET => stateful_set(object),
        kinds::DEPLOYMENT_CONFIG => deployment_config(object),
        kinds::POD => pod(object, container, before),
        _ => Progress::Done("has the image".to_owned()),
    }
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_default()
}

/// Its controller has not seen the change yet.
fn is_unseen(object: &Value) -> bool {
    number(&object["metadata"]["generation"]) > number(&object["status"]["observedGeneration"])
}

fn unseen() -> Progress {
    Progress::Waiting("its controller has not seen the change yet".to_owned())
}

fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    object["status"]["conditions"]
        .as_array()?
        .iter()
        .find(|condition| condition["type"] == kind)
}

fn deployment(object: &Value) -> Progress {
    if is_unseen(object) {
        return unseen();
    }
    let late = condition(object, "Progressing")
        .is_some_and(|condition| condition["reason"] == "ProgressDeadlineExceeded");
    if late {
        return Progress::Failed("it has exceeded its progress deadline".to_owned());
    }
    let wanted = object["spec"]["replicas"].as_i64();
    replicas(object, wanted)
}

/// The counts that a Deployment and a DeploymentConfig have in common.
fn replicas(object: &Value, wanted: Option<i64>) -> Progress {
    let status = &object["status"];
    let updated = number(&status["updatedReplicas"]);
    let all = number(&status["replicas"]);
    let available = number(&status["availableReplicas"]);
    match wanted {
        Some(wanted) if updated < wanted => {
            Progress::Waiting(format!("{updated} of {wanted} new pods are made"))
        }
        _ if all > updated => {
            Progress::Waiting(format!("{} old pods are still there", all - updated))
        }
        _ if available < updated => {
            Progress::Waiting(format!("{available} of {updated} new pods are available"))
        }
        _ => Progress::Done(format!(
            "rolled out, {available} of {updated} pods available"
        )),
    }
}

fn daemon_set(object: &Value) -> Progress {
    if is_unseen(object) {
        return unseen();
    }
    let status = &object["status"];
    let wanted = number(&status["desiredNumberScheduled"]);
    let updated = number(&status["updatedNumberScheduled"]);
    let available = number(&status["numberAvailable"]);
    if updated < wanted {
        Progress::Waiting(format!("{updated} of {wanted} pods are new"))
    } else if available < wanted {
        Progress::Waiting(format!("{available} of {wanted} pods are available"))
    } else {
        Progress::Done(format!(
            "rolled out, {available} of {wanted} pods available"
        ))
    }
}

fn stateful_set(object: &Value) -> Progress {
    let status = &object["status"];
    if number(&status["observedGeneration"]) == 0 || is_unseen(object) {
        return unseen();
    }
    let wanted = object["spec"]["replicas"].as_i64();
    let ready = number(&status["readyReplicas"]);
    if let Some(wanted) = wanted
        && ready < wanted
    {
        return Progress::Waiting(format!("{ready} of {wanted} pods are ready"));
    }
    let updated = number(&status["updatedReplicas"]);
    let rolling = &object["spec"]["updateStrategy"]["rollingUpdate"];
    if rolling.is_object() {
        let partition = rolling["partition"].as_i64();
        if let (Some(wanted), Some(partition)) = (wanted, partition)
            && updated < wanted - partition
        {
            let wanted = wanted - partition;
            return Progress::Waiting(format!("{updated} of {wanted} pods are new"));
        }
        let rest = partition
            .filter(|partition| *partition > 0)
            .map_or_else(String::new, |partition| {
                format!("; its partition keeps {partition} as they were")
            });
        return Progress::Done(format!("rolled out, {updated} pods are new{rest}"));
    }
    if status["updateRevision"] != status["currentRevision"] {
        return Progress::Waiting(format!("{updated} pods are new"));
    }
    Progress::Done(format!("rolled out, {ready} pods ready"))
}

fn deployment_config(object: &Value) -> Progress {
    let triggers = object["spec"]["triggers"].as_array();
    if number(&object["status"]["latestVersion"]) == 0 {
        let waits = triggers
            .into_iter()
            .flatten()
            .any(|trigger| trigger["type"] == "ImageChange");
        if waits {
            return Progress::Waiting("it waits for its image trigger".to_owned());
        }
        if triggers.is_some_and(Vec::is_empty) {
            return Progress::Failed("nothing rolls it out but `oc rollout latest`".to_owned());
        }
    }
    if is_unseen(object) {
        return unseen();
    }
    let progressing = condition(object, "Progressing");
    let message = progressing
        .and_then(|condition| condition["message"].as_str())
        .map_or_else(
            || "its rollout failed".to_owned(),
            |message| sanitize_line(message, 400),
        );
    match progressing.and_then(|condition| condition["reason"].as_str()) {
        Some("NewReplicationControllerAvailable") => {
            let available = number(&object["status"]["availableReplicas"]);
            let pods = if available == 1 { "pod" } else { "pods" };
            Progress::Done(format!("rolled out, {available} {pods} available"))
        }
        Some("ProgressDeadlineExceeded" | "RolloutCancelled" | "DeploymentConfigPaused") => {
            Progress::Failed(message)
        }
        // That it is over is said by the condition alone.
        _ => match replicas(object, Some(number(&object["spec"]["replicas"]))) {
            Progress::Done(_) => {
                Progress::Waiting("its deployment has not been declared finished".to_owned())
            }
            other => other,
        },
    }
}

/// The status of a container of a pod.
pub(super) fn of_container<'a>(pod: &'a Value, container: &str) -> Option<&'a Value> {
    ["containerStatuses", "initContainerStatuses"]
        .iter()
        .filter_map(|list| pod["status"][list].as_array())
        .flatten()
        .find(|status| status["name"] == container)
}

/// The kubelet starts a container again when its image is another (kubelet `pkg/kubelet/kuberuntime` `containerChanged`).
fn pod(object: &Value, container: &str, before: &Before) -> Progress {
    let image = ["containers", "initContainers"]
        .iter()
        .filter_map(|list| object["spec"][list].as_array())
        .flatten()
        .find(|own| own["name"] == container)
        .and_then(|own| own["image"].as_str());
    let Some(status) = of_container(object, container) else {
        return Progress::Waiting(format!("the kubelet has not started {container}"));
    };
    if let Some(reason) = status["state"]["waiting"]["reason"].as_str() {
        let reason = sanitize_line(reason, 100);
        return Progress::Waiting(format!("{container} waits: {reason}"));
    }
    let had_it = before.image.as_deref() == image;
    let is_another = status["containerID"].as_str() != before.container_id.as_deref();
    let says_so = status["image"].as_str() == image;
    if had_it || is_another || says_so {
        Progress::Done(format!("{container} was started with the image"))
    } else {
        Progress::Waiting(format!("{container} still runs with its old image"))
    }
}

#[cfg(test)]
mod tests;

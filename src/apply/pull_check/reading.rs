//! Reads what the kubelet, the scheduler and the API server say of the pod: its status and its events. Pure.
//!
//! Sources: kubelet `pkg/kubelet/images/image_manager.go` (`EnsureImageExists`, `pullImage`), `types.go` beside it, and
//! `pkg/kubelet/kuberuntime/kuberuntime_container.go` (`startContainer`: the pull comes first, so that every later
//! reason says that the image is there).

use serde_json::Value;

use super::pod::CONTAINER;
use super::{NoVerdict, PullVerdict};
use crate::model::sanitize::sanitize_line;

/// A longer message is cut.
const MESSAGE_LIMIT: usize = 4000;
/// More events than these are not kept.
const EVENTS: usize = 50;
/// The kubelet waits with these before it has come to the pull.
const BEFORE: [&str; 2] = ["ContainerCreating", "PodInitializing"];
/// The kubelet waits with these once the image is there.
const AFTER: [&str; 7] = [
    "CreateContainerConfigError",
    "CreateContainerError",
    "PreCreateHookError",
    "PreStartHookError",
    "PostStartHookError",
    "RunContainerError",
    "CrashLoopBackOff",
];
/// The scheduler has looked, or is not to look yet; its own errors it tries again by itself.
const UNSCHEDULED: [&str; 2] = ["Unschedulable", "SchedulingGated"];
const BACK_OFF: &str = "ImagePullBackOff";

/// An event about the pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodEvent {
    /// `Normal` or `Warning`.
    pub kind: String,
    pub reason: String,
    /// On one line, sanitised.
    pub message: String,
    /// The component that wrote it.
    pub from: String,
}

/// The events about this very pod, oldest first.
pub(super) fn events(mut items: Vec<Value>) -> Vec<PodEvent> {
    items.sort_by(|a, b| moment(a).cmp(&moment(b)));
    items
        .iter()
        .filter(|event| is_ours(event))
        .take(EVENTS)
        .map(|event| {
            let text = |value: &Value| sanitize_line(value.as_str().unwrap_or_default(), 100);
            let from = match &event["source"]["component"] {
                Value::String(component) if !component.is_empty() => component,
                _ => event["reportingComponent"].as_str().unwrap_or_default(),
            };
            PodEvent {
                kind: text(&event["type"]),
                reason: text(&event["reason"]),
                message: clean(&event["message"]),
                from: sanitize_line(from, 100),
            }
        })
        .collect()
}

/// About the pod as a whole or its one container, and not about a sidecar that a webhook put in.
fn is_ours(event: &Value) -> bool {
    match event["involvedObject"]["fieldPath"].as_str() {
        Some(path) if !path.is_empty() => path == format!("spec.containers{{{CONTAINER}}}"),
        _ => true,
    }
}

/// When it happened first; the moments of one format sort as text. The name tells those of one second apart: client-go
/// puts the nanoseconds into it.
fn moment(event: &Value) -> (&str, &str) {
    let times = [
        &event["firstTimestamp"],
        &event["eventTime"],
        &event["metadata"]["creationTimestamp"],
    ];
    let time = times.iter().find_map(|time| time.as_str());
    let name = event["metadata"]["name"].as_str().unwrap_or_default();
    (time.unwrap_or_default(), name)
}

fn clean(text: &Value) -> String {
    sanitize_line(text.as_str().unwrap_or_default(), MESSAGE_LIMIT)
}

/// The verdict, as soon as there is one.
pub(super) fn verdict(pod: &Value, events: &[PodEvent]) -> Option<PullVerdict> {
    let status = container(pod);
    let digest = digest(status["imageID"].as_str().unwrap_or_default());
    let pulled = Some(PullVerdict::Pulled {
        digest: digest.clone(),
    });
    if let Some(reason) = status["state"]["waiting"]["reason"].as_str() {
        if AFTER.contains(&reason) {
            return pulled;
        }
        if !BEFORE.contains(&reason) && !reason.is_empty() {
            return Some(failed(
                reason,
                clean(&status["state"]["waiting"]["message"]),
                events,
            ));
        }
    }
    let ended = &status["state"]["terminated"]["reason"];
    // What stands for a container of which the kubelet never knew anything.
    let known = !ended.is_null() && ended != "ContainerStatusUnknown";
    if known || status["state"]["running"].is_object() || digest.is_some() {
        return pulled;
    }
    if events.iter().any(|event| event.reason == "Pulled") {
        return pulled;
    }
    if let Some(words) = first_failure(events) {
        return Some(PullVerdict::Failed {
            reason: "ErrImagePull".to_owned(),
            message: words,
        });
    }
    not_started(pod)
}

/// The first full words win over the back-off, which older kubelets send without any.
fn failed(reason: &str, message: String, events: &[PodEvent]) -> PullVerdict {
    let first = first_failure(events);
    let (reason, message) = match first {
        Some(words) if reason == BACK_OFF => ("ErrImagePull", words),
        Some(words) if message.is_empty() => (reason, words),
        _ => (reason, message),
    };
    PullVerdict::Failed {
        // The kubelet may use any error's words as a reason.
        reason: sanitize_line(reason, 200),
        message,
    }
}

/// The words of the first event that tells why, without what stands before them (`Failed to pull image "X": `).
fn first_failure(events: &[PodEvent]) -> Option<String> {
    events.iter().find_map(|event| {
        let rest = event.message.strip_prefix("Failed to pull image ")?;
        let words = rest.split_once("\": ").map_or(rest, |(_, words)| words);
        (event.reason == "Failed").then(|| words.to_owned())
    })
}

/// Why the pod does not come to the pull, where that is said.
fn not_started(pod: &Value) -> Option<PullVerdict> {
    let none = |why, words: String| Some(PullVerdict::NotKnown { why, words });
    let status = &pod["status"];
    let told = || {
        let words = [&status["reason"], &status["message"]].map(clean);
        words.join(": ").trim_matches([':', ' ']).to_owned()
    };
    match (status["phase"].as_str(), status["reason"].as_str()) {
        (Some("Failed"), Some("DeadlineExceeded")) => none(NoVerdict::TimedOut, told()),
        (Some("Failed" | "Succeeded"), _) => none(NoVerdict::Unschedulable, told()),
        _ => {
            let conditions = status["conditions"].as_array();
            let refused = conditions.into_iter().flatten().find(|condition| {
                condition["type"] == "PodScheduled"
                    && condition["status"] == "False"
                    && UNSCHEDULED
                        .iter()
                        .any(|reason| condition["reason"] == *reason)
            })?;
            none(NoVerdict::Unschedulable, clean(&refused["message"]))
        }
    }
}

/// What kept the pod busy until the time was over, in the words of its last warning.
pub(super) fn last_warning(events: &[PodEvent]) -> Option<&PodEvent> {
    events.iter().rev().find(|event| event.kind == "Warning")
}

fn container(pod: &Value) -> &Value {
    pod["status"]["containerStatuses"]
        .as_array()
        .and_then(|all| all.iter().find(|status| status["name"] == CONTAINER))
        .unwrap_or(&Value::Null)
}

/// The digest in an image's id, where it is that of a manifest: `docker-pullable://r/app@sha256:...`, `r/app@sha256:...`.
/// A bare `sha256:...` is the digest of the image's config, and not comparable.
fn digest(image_id: &str) -> Option<String> {
    let (_, digest) = image_id.rsplit_once('@')?;
    let (algorithm, hex) = digest.split_once(':')?;
    (algorithm == "sha256" && hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .then(|| digest.to_owned())
}

#[cfg(test)]
mod tests;

//! The kubelet's part: what becomes of a pod, and the events about it.

use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::{Value, json};

use super::admit;
use super::kinds::Resource;
use super::store::key;
use super::world::{World, now};

/// Type, reason and message of an event.
pub(crate) type Words<'a> = (&'a str, &'a str, &'a str);

/// What the kubelet reports of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodState {
    waiting: Option<(String, String)>,
    events: Vec<(String, String, String)>,
}

impl PodState {
    /// All containers run and are ready.
    pub fn running() -> Self {
        Self {
            waiting: None,
            events: Vec::new(),
        }
    }

    /// All containers wait with this reason and message, such as `ErrImagePull`.
    pub fn waiting(reason: &str, message: &str) -> Self {
        Self {
            waiting: Some((reason.into(), message.into())),
            events: Vec::new(),
        }
    }

    /// What a kubelet reports when an image cannot be pulled: the containers wait with `ErrImagePull`, and the
    /// events are those of kubelet `pkg/kubelet/images/image_manager.go`.
    pub fn pull_failed(image: &str, message: &str) -> Self {
        Self::waiting("ErrImagePull", message)
            .event("Normal", "Pulling", &format!("Pulling image {image:?}"))
            .event(
                "Warning",
                "Failed",
                &format!("Failed to pull image {image:?}: {message}"),
            )
            .event("Warning", "Failed", "Error: ErrImagePull")
    }

    /// Adds an event about the pod: `Normal` or `Warning`, reason, message.
    pub fn event(mut self, kind: &str, reason: &str, message: &str) -> Self {
        self.events
            .push((kind.into(), reason.into(), message.into()));
        self
    }

    /// The kubelet's events about a pod in this state.
    pub(crate) fn events_about(&self, pod: &Value) -> Vec<Value> {
        let words = self.events.iter();
        words
            .map(|(kind, reason, message)| event_document(pod, (kind, reason, message), "kubelet"))
            .collect()
    }

    /// The status of a pod in this state.
    pub(crate) fn status(&self, pod: &Value) -> Value {
        let ready = self.waiting.is_none();
        let containers = pod["spec"]["containers"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let statuses: Vec<Value> = containers
            .iter()
            .map(|container| {
                let state = match &self.waiting {
                    Some((reason, message)) => json!({"waiting": {"reason": reason, "message": message}}),
                    None => json!({"running": {"startedAt": now()}}),
                };
                json!({
                    "name": container["name"], "image": container["image"], "imageID": "", "ready": ready,
                    "restartCount": 0, "started": ready, "state": state, "lastState": {},
                })
            })
            .collect();
        let flag = if ready { "True" } else { "False" };
        let condition = |kind: &str, status: &str| json!({"type": kind, "status": status, "lastProbeTime": null, "lastTransitionTime": now()});
        json!({
            "phase": if ready { "Running" } else { "Pending" },
            "conditions": [
                condition("Initialized", "True"), condition("Ready", flag), condition("ContainersReady", flag),
                condition("PodScheduled", "True"),
            ],
            "startTime": now(), "containerStatuses": statuses, "qosClass": "BestEffort",
        })
    }
}

/// Writes the status of a pod and the events about it.
pub(crate) fn set_state(world: &mut World, resource: &Resource, pod: &Value, state: &PodState) {
    let (namespace, name) = key(pod);
    let Ok(live) = world.find(resource, &namespace, &name) else {
        return;
    };
    let mut changed = (*live).clone();
    changed["status"] = state.status(&changed);
    if changed["status"] != live["status"] {
        world.put(resource, changed);
    }
    for (kind, reason, message) in &state.events {
        event(world, &live, (kind, reason, message), "kubelet");
    }
}

/// Makes an event about an object.
pub(crate) fn event(world: &mut World, about: &Value, words: Words<'_>, source: &str) {
    admit::make(world, &event_document(about, words, source));
}

/// An event about an object, named as client-go names them (`tools/record/event.go`). The kubelet's are about
/// the first container.
pub(crate) fn event_document(about: &Value, words: Words<'_>, source: &str) -> Value {
    static COUNT: AtomicI64 = AtomicI64::new(0);
    let (kind, reason, message) = words;
    let metadata = &about["metadata"];
    let moment =
        jiff::Timestamp::now().as_nanosecond() + i128::from(COUNT.fetch_add(1, Ordering::Relaxed));
    let name = format!(
        "{}.{moment:x}",
        metadata["name"].as_str().unwrap_or_default()
    );
    let mut involved = json!({
        "kind": about["kind"], "namespace": metadata["namespace"], "name": metadata["name"],
        "uid": metadata["uid"], "apiVersion": about["apiVersion"], "resourceVersion": metadata["resourceVersion"],
    });
    let first = about
        .pointer("/spec/containers/0/name")
        .and_then(Value::as_str);
    if let (Some(first), "kubelet") = (first, source) {
        involved["fieldPath"] = format!("spec.containers{{{first}}}").into();
    }
    json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": metadata["namespace"]},
        "involvedObject": involved, "reason": reason, "message": message, "type": kind, "count": 1,
        "firstTimestamp": now(), "lastTimestamp": now(), "eventTime": null,
        "source": {"component": source}, "reportingComponent": source, "reportingInstance": "",
    })
}

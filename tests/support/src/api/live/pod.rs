//! One pod on the cluster's machines: scheduled, pulled for, started, with the statuses and events of the originals.
//!
//! Sources: kubelet `pkg/kubelet/images/image_manager.go`, `pkg/kubelet/kuberuntime/kuberuntime_container.go`,
//! `pkg/kubelet/kubelet_pods.go` (`getPullSecretsForPod`); kube-scheduler `pkg/scheduler/schedule_one.go`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Reader;
use crate::api::kubelet::event_document;
use crate::api::world::{World, now};
use crate::pull::{Machines, Puller, Refused, Runtime, Settings};

/// One pod, and what its node knows about it.
pub(super) struct Job {
    pub(super) pod: Arc<Value>,
    machines: Machines,
    settings: Settings,
    secrets: Vec<Value>,
    missing: Vec<String>,
    nodes: Vec<Value>,
    openshift: bool,
}

/// What becomes of a pod: its node, its status, its events.
#[derive(Default)]
pub(super) struct Outcome {
    pub(super) node: String,
    pub(super) status: Value,
    pub(super) events: Vec<Value>,
}

impl Job {
    /// Nothing when the server has no machines.
    pub(super) fn of(world: &World, pod: Arc<Value>) -> Option<Self> {
        let reader = Reader(world);
        let namespace = pod["metadata"]["namespace"].as_str().unwrap_or_default();
        let (mut secrets, mut missing) = (Vec::new(), Vec::new());
        let named = pod["spec"]["imagePullSecrets"].as_array();
        for name in named.into_iter().flatten() {
            let name = name["name"].as_str().unwrap_or_default();
            match reader.get("secrets", namespace, name) {
                Some(secret) => secrets.push(secret),
                None if name.is_empty() => {}
                None => missing.push(name.to_owned()),
            }
        }
        Some(Self {
            machines: world.machines.clone()?,
            settings: Settings::read(&reader),
            secrets,
            missing,
            nodes: reader.list("nodes"),
            openshift: world.flavor.is_openshift(),
            pod,
        })
    }
}

/// How far one container came.
enum Came {
    /// Its turn is after an init container that fails.
    NotYet,
    Refused(Refused),
    /// The image is there, and the container could not be made or started.
    Broken {
        image_id: String,
        reason: &'static str,
        message: String,
    },
    Runs(String),
}

impl Job {
    /// Schedules the pod, and has its node pull and start what it can.
    pub(super) fn run(&self) -> Outcome {
        let mut outcome = Outcome::default();
        let node = match self.schedule() {
            Ok(node) => node,
            Err(words) => return self.unscheduled(&words),
        };
        let name = self.pod["metadata"]["name"].as_str().unwrap_or_default();
        let namespace = self.pod["metadata"]["namespace"]
            .as_str()
            .unwrap_or_default();
        outcome.events.push(self.scheduler_event(
            "Normal",
            "Scheduled",
            &format!("Successfully assigned {namespace}/{name} to {node}"),
        ));
        outcome.node = node;
        if !self.missing.is_empty() {
            let words = format!(
                "Unable to retrieve some image pull secrets ({}); attempting to pull the image may not succeed.",
                self.missing.join(", ")
            );
            let words = ("Warning", "FailedToRetrieveImagePullSecret", words.as_str());
            let mut event = event_document(&self.pod, words, "kubelet");
            drop(
                event["involvedObject"]
                    .as_object_mut()
                    .and_then(|about| about.remove("fieldPath")),
            );
            outcome.events.push(event);
        }
        let mut goes_on = true;
        let mut lists = Vec::new();
        for field in ["initContainers", "containers"] {
            let containers = self.pod["spec"][field].as_array();
            let mut statuses = Vec::new();
            for container in containers.into_iter().flatten() {
                let came = if goes_on {
                    self.container(field, container, &mut outcome.events)
                } else {
                    Came::NotYet
                };
                // Init containers run one after the other; they end at once here.
                let is_init = field == "initContainers";
                goes_on = goes_on && (!is_init || matches!(came, Came::Runs(_)));
                statuses.push((self.container_status(container, &came, is_init), came));
            }
            lists.push(statuses);
        }
        outcome.status = self.status(&lists);
        outcome
    }

    /// The node, by the pod's `nodeName` or its affinity to a node's name; the first otherwise.
    fn schedule(&self) -> Result<String, String> {
        let spec = &self.pod["spec"];
        if let Some(name) = spec["nodeName"].as_str().filter(|name| !name.is_empty()) {
            return Ok(name.to_owned());
        }
        let wanted = spec
            .pointer("/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms/0/matchFields/0/values/0")
            .and_then(Value::as_str);
        let tolerates = spec["tolerations"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|one| one["operator"] == "Exists" && one["key"].is_null());
        let names = |node: &&Value| {
            let cordoned = node["spec"]["unschedulable"] == Value::Bool(true);
            wanted.is_none_or(|name| node["metadata"]["name"] == name) && (tolerates || !cordoned)
        };
        if self.nodes.is_empty() && wanted.is_none() {
            return Ok("node-1".to_owned());
        }
        match self.nodes.iter().find(names) {
            Some(node) => Ok(node["metadata"]["name"]
                .as_str()
                .unwrap_or_default()
                .to_owned()),
            None => {
                let count = self.nodes.len();
                let why = if wanted.is_some() {
                    "didn't match Pod's node affinity/selector"
                } else {
                    "were unschedulable"
                };
                Err(format!(
                    "0/{count} nodes are available: {count} node(s) {why}. preemption: 0/{count} nodes are available: \
                     {count} Preemption is not helpful for scheduling."
                ))
            }
        }
    }

    fn unscheduled(&self, words: &str) -> Outcome {
        Outcome {
            node: String::new(),
            status: json!({"phase": "Pending", "qosClass": "BestEffort", "conditions": [{
                "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": words,
                "lastProbeTime": null, "lastTransitionTime": now(),
            }]}),
            events: vec![self.scheduler_event("Warning", "FailedScheduling", words)],
        }
    }

    /// The scheduler writes events of the newer kind: a precise time, and nothing under `source`.
    fn scheduler_event(&self, kind: &str, reason: &str, words: &str) -> Value {
        let mut event = event_document(&self.pod, (kind, reason, words), "default-scheduler");
        event["eventTime"] = format!("{:.6}", jiff::Timestamp::now()).into();
        for field in ["firstTimestamp", "lastTimestamp"] {
            event[field] = Value::Null;
        }
        event["source"] = json!({});
        event
    }

    fn container(&self, field: &str, container: &Value, events: &mut Vec<Value>) -> Came {
        let image = container["image"].as_str().unwrap_or_default();
        let name = container["name"].as_str().unwrap_or_default();
        let mut tell = |kind: &str, reason: &str, words: &str| {
            let mut event = event_document(&self.pod, (kind, reason, words), "kubelet");
            event["involvedObject"]["fieldPath"] = format!("spec.{field}{{{name}}}").into();
            events.push(event);
        };
        let puller = Puller {
            machines: &self.machines,
            settings: &self.settings,
            secrets: &self.secrets,
        };
        match puller.pull(image) {
            Ok(pulled) => {
                tell("Normal", "Pulling", &format!("Pulling image {image:?}"));
                tell(
                    "Normal",
                    "Pulled",
                    &format!(
                        "Successfully pulled image {image:?} in 12ms (12ms including waiting). Image size: {} bytes.",
                        pulled.size
                    ),
                );
                let came = self.start(container, pulled.image_id);
                if let Came::Broken { message, .. } = &came {
                    tell("Warning", "Failed", &format!("Error: {message}"));
                } else {
                    tell("Normal", "Created", &format!("Created container: {name}"));
                    tell("Normal", "Started", &format!("Started container {name}"));
                }
                came
            }
            Err(refused) => {
                let Refused {
                    reason,
                    message,
                    pulling,
                } = &refused;
                if *pulling {
                    tell("Normal", "Pulling", &format!("Pulling image {image:?}"));
                    tell(
                        "Warning",
                        "Failed",
                        &format!("Failed to pull image {image:?}: {message}"),
                    );
                } else if reason == "InvalidImageName" {
                    tell("Warning", "InspectFailed", message);
                }
                tell("Warning", "Failed", &format!("Error: {reason}"));
                Came::Refused(refused)
            }
        }
    }

    /// Whether the container starts: images of tests have no user and no files, so a command may only be one that an
    /// image usually has.
    fn start(&self, container: &Value, image_id: String) -> Came {
        let own = |field: &str| {
            let of = &container["securityContext"][field];
            if of.is_null() {
                self.pod["spec"]["securityContext"][field].clone()
            } else {
                of.clone()
            }
        };
        // OpenShift gives every pod a user of its own.
        if own("runAsNonRoot") == Value::Bool(true) && own("runAsUser").is_null() && !self.openshift
        {
            let about = &self.pod["metadata"];
            let text = |field: &str| about[field].as_str().unwrap_or_default();
            return Came::Broken {
                image_id,
                reason: "CreateContainerConfigError",
                message: format!(
                    "container has runAsNonRoot and image will run as root (pod: \"{}_{}({})\", container: {})",
                    text("name"),
                    text("namespace"),
                    text("uid"),
                    container["name"].as_str().unwrap_or_default()
                ),
            };
        }
        let command = container["command"][0].as_str().unwrap_or("/bin/app");
        let usual = ["/bin/", "/usr/", "/sbin/"];
        if !command.starts_with('/') || usual.iter().any(|root| command.starts_with(root)) {
            return Came::Runs(image_id);
        }
        match self.machines.runtime {
            Runtime::Containerd => Came::Broken {
                image_id,
                reason: "StartError",
                message: format!(
                    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc \
                     create failed: unable to start container process: error during container init: exec: \
                     {command:?}: stat {command}: no such file or directory: unknown"
                ),
            },
            Runtime::CriO => Came::Broken {
                image_id,
                reason: "CreateContainerError",
                message: format!(
                    "container create failed: executable file `{command}` not found: No such file or directory"
                ),
            },
        }
    }

    fn never_again(&self) -> bool {
        self.pod["spec"]["restartPolicy"] == "Never"
    }

    fn container_status(&self, container: &Value, came: &Came, is_init: bool) -> Value {
        let (id, state) = match came {
            Came::NotYet => ("", json!({"waiting": {"reason": "PodInitializing"}})),
            Came::Refused(refused) => (
                "",
                json!({"waiting": {"reason": refused.reason, "message": refused.message}}),
            ),
            Came::Broken {
                image_id,
                reason: "StartError",
                message,
            } if self.never_again() => (
                image_id.as_str(),
                json!({"terminated": {
                    "exitCode": 128, "reason": "StartError", "message": message,
                    "startedAt": "1970-01-01T00:00:00Z", "finishedAt": now(),
                }}),
            ),
            Came::Broken {
                image_id,
                reason: "StartError",
                message,
            } => (
                image_id.as_str(),
                json!({"waiting": {"reason": "RunContainerError", "message": message}}),
            ),
            // There is no container whose image could be named.
            Came::Broken {
                reason, message, ..
            } => (
                "",
                json!({"waiting": {"reason": reason, "message": message}}),
            ),
            Came::Runs(image_id) if is_init => (
                image_id.as_str(),
                json!({"terminated": {
                    "exitCode": 0, "reason": "Completed", "startedAt": now(), "finishedAt": now(),
                }}),
            ),
            Came::Runs(image_id) => (image_id.as_str(), json!({"running": {"startedAt": now()}})),
        };
        let ready = matches!(came, Came::Runs(_));
        json!({
            "name": container["name"], "image": container["image"], "imageID": id, "ready": ready,
            "restartCount": 0, "started": ready && !is_init, "state": state, "lastState": {},
        })
    }

    fn status(&self, lists: &[Vec<(Value, Came)>]) -> Value {
        let all = || lists.iter().flatten();
        let runs = all().all(|(_, came)| matches!(came, Came::Runs(_)));
        let over = all().any(|(status, _)| status["state"]["terminated"]["exitCode"] == 128);
        let (phase, flag) = match (runs, over) {
            (true, _) => ("Running", "True"),
            (false, true) => ("Failed", "False"),
            (false, false) => ("Pending", "False"),
        };
        let condition = |kind: &str, status: &str| json!({"type": kind, "status": status, "lastProbeTime": null, "lastTransitionTime": now()});
        let statuses = |at: usize| -> Value {
            let of = lists.get(at).map(Vec::as_slice).unwrap_or_default();
            of.iter().map(|(status, _)| status.clone()).collect()
        };
        let mut status = json!({
            "phase": phase,
            "conditions": [
                condition("Initialized", "True"), condition("Ready", flag),
                condition("ContainersReady", flag), condition("PodScheduled", "True"),
            ],
            "startTime": now(), "containerStatuses": statuses(1), "qosClass": "BestEffort",
        });
        if self.pod["spec"]["initContainers"].is_array() {
            status["initContainerStatuses"] = statuses(0);
        }
        status
    }
}

//! MachineConfigPools, ClusterOperators and nodes as the wait sees them.

use serde_json::Value;

use crate::model::sanitize::sanitize_line;

/// Longest text of an object that is shown.
const WORDS: usize = 400;

/// The objects of one look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    pub pools: Vec<Pool>,
    pub operators: Vec<Operator>,
    pub nodes: Vec<Node>,
    /// `resourceVersion` of the ControllerConfig, where it can be read.
    pub controller_config: Option<String>,
    /// Node and message of events on drains that fail, newest last.
    pub drains: Vec<(String, String)>,
    /// What may not be read, in words.
    pub unread: Vec<String>,
}

/// A MachineConfigPool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    pub name: String,
    pub paused: bool,
    pub machines: u64,
    pub updated: u64,
    /// `spec.configuration.name`: what the machines are to have.
    pub target: String,
    /// `status.configuration.name`: what all machines have.
    pub current: String,
    updated_condition: bool,
    /// Message of the condition `Degraded`, when it is true.
    pub degraded: Option<String>,
    /// Message of the condition `RenderDegraded`, when it is true.
    pub render_degraded: Option<String>,
}

/// A ClusterOperator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operator {
    pub name: String,
    pub available: bool,
    pub progressing: bool,
    /// `lastTransitionTime` of the condition `Progressing`.
    pub progressing_since: String,
    /// Message of the condition `Degraded`, when it is true.
    pub degraded: Option<String>,
}

/// What the machine-config-operator notes on a node.
///
/// Source: machine-config-operator `pkg/daemon/constants/constants.go`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    /// `Done`, `Working`, `Rebooting`, `Degraded`, `Unreconcilable`; empty where the operator does not manage the node.
    pub state: String,
    pub reason: String,
    pub current: String,
    pub desired: String,
    /// A drain was asked for and is not done.
    pub draining: bool,
    pub unschedulable: bool,
    pub ready: bool,
    /// Version of the ControllerConfig whose certificates it has.
    pub synced: Option<String>,
}

impl Pool {
    pub fn of(object: &Value) -> Self {
        let status = &object["status"];
        let count = |field: &str| status[field].as_u64().unwrap_or_default();
        Self {
            name: text(&object["metadata"]["name"]),
            paused: object["spec"]["paused"] == true,
            machines: count("machineCount"),
            updated: count("updatedMachineCount"),
            target: text(&object["spec"]["configuration"]["name"]),
            current: text(&status["configuration"]["name"]),
            updated_condition: condition(status, "Updated").is_some(),
            degraded: condition(status, "Degraded"),
            render_degraded: condition(status, "RenderDegraded"),
        }
    }

    /// Whether all its machines have what they are to have.
    pub fn is_updated(&self) -> bool {
        self.updated_condition && self.current == self.target && self.updated == self.machines
    }
}

impl Operator {
    pub fn of(object: &Value) -> Self {
        let status = &object["status"];
        let since = find(status, "Progressing").map(|it| text(&it["lastTransitionTime"]));
        Self {
            name: text(&object["metadata"]["name"]),
            // An operator that says nothing yet is not known to be ill.
            available: find(status, "Available").is_none_or(|it| it["status"] == "True"),
            progressing: condition(status, "Progressing").is_some(),
            progressing_since: since.unwrap_or_default(),
            degraded: condition(status, "Degraded"),
        }
    }
}

impl Node {
    pub fn of(object: &Value) -> Self {
        let annotations = &object["metadata"]["annotations"];
        let note =
            |name: &str| text(&annotations[format!("machineconfiguration.openshift.io/{name}")]);
        let wanted = note("desiredDrain");
        let synced = note("lastSyncedControllerConfigResourceVersion");
        Self {
            name: text(&object["metadata"]["name"]),
            state: note("state"),
            reason: sanitize_line(&note("reason"), WORDS),
            current: note("currentConfig"),
            desired: note("desiredConfig"),
            draining: wanted.starts_with("drain-") && wanted != note("lastAppliedDrain"),
            unschedulable: object["spec"]["unschedulable"] == true,
            ready: find(&object["status"], "Ready").is_none_or(|it| it["status"] == "True"),
            synced: (!synced.is_empty()).then_some(synced),
        }
    }

    /// Whether it is on its way to this configuration.
    pub(super) fn wants(&self, target: &str) -> bool {
        self.desired == target && (self.current != target || self.state != "Done")
    }

    /// What it is busy with: `node w1: being drained`.
    pub(super) fn doing(&self) -> Option<String> {
        let what = match self.state.as_str() {
            "" | "Done" => return None,
            _ if self.draining => "being drained",
            "Rebooting" => "rebooting",
            "Working" => "working",
            _ => return None,
        };
        Some(format!("node {}: {what}", self.name))
    }
}

/// The node and the words of an event on a drain that fails; `None` for other events.
///
/// Source: machine-config-operator `pkg/controller/drain/drain_controller.go` `drainNode` and `pkg/daemon/drain.go`
/// `performDrain`.
pub fn drain_event(object: &Value) -> Option<(String, String)> {
    let about = &object["involvedObject"];
    let reason = object["reason"].as_str()?;
    let ours = matches!(
        reason,
        "DrainThresholdExceeded" | "DrainFailed" | "FailedToDrain"
    );
    (ours && about["kind"] == "Node").then(|| {
        let words = sanitize_line(object["message"].as_str().unwrap_or_default(), WORDS);
        (text(&about["name"]), words)
    })
}

fn find<'a>(status: &'a Value, kind: &str) -> Option<&'a Value> {
    status["conditions"]
        .as_array()?
        .iter()
        .find(|condition| condition["type"] == kind)
}

/// The message of a condition that is true.
fn condition(status: &Value, kind: &str) -> Option<String> {
    let condition = find(status, kind)?;
    (condition["status"] == "True")
        .then(|| sanitize_line(condition["message"].as_str().unwrap_or_default(), WORDS))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

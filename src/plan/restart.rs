//! Which pods have to be made again before they use a newly linked secret, and which never will.
//!
//! Admission copies an account's `imagePullSecrets` into a pod when the pod is created and names none of its own
//! (Kubernetes `plugin/pkg/admission/serviceaccount` `Admit`): pods that exist keep what they have, and a template with a
//! list of its own never sees the account's.

use serde_json::{Value, json};

use super::{Action, Change, Object, Op, UndoNote, WhenGone, pod};
use crate::model::image::ImageReference;
use crate::model::kinds::{self, Kind, ObjectRef};

/// The annotation that `kubectl rollout restart` sets on a template
/// (kubectl `pkg/polymorphichelpers/objectrestarter.go`).
const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";
const TEMPLATE_ANNOTATIONS: &str = "/spec/template/metadata/annotations";

/// The registry, or the part of it, whose images matter.
#[derive(Debug, Clone)]
pub struct Reach {
    /// `docker.io` or `host[:port]`, as [`ImageReference::registry`] spells it.
    pub registry: String,
    pub path: Option<String>,
}

impl Reach {
    /// Whether the image comes from there.
    pub fn covers(&self, image: &str) -> bool {
        ImageReference::parse(image).is_ok_and(|image| {
            image.registry() == self.registry
                && self.path.as_deref().is_none_or(|path| {
                    image
                        .repository()
                        .strip_prefix(path)
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                })
        })
    }
}

/// What matters of a pod that has an image from the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodView {
    pub namespace: String,
    pub name: String,
    pub account: String,
    /// The names in its own `imagePullSecrets`.
    pub pull_secrets: Vec<String>,
    /// What made it, where that can be restarted or named.
    pub owner: Option<(String, String)>,
    /// Whether an image from the registry is still to be pulled.
    pub waits: bool,
}

impl PodView {
    /// `None` when the pod has no image from there, is over, or belongs to a build.
    pub fn of(value: &Value, reach: &Reach) -> Option<Self> {
        let object = Object::new(value.clone());
        if matches!(object.text("/status/phase"), "Succeeded" | "Failed")
            || value.pointer("/metadata/deletionTimestamp").is_some()
        {
            return None;
        }
        let owner = owner(&object);
        if owner.as_ref().is_some_and(|(kind, _)| kind == "Build") {
            return None;
        }
        let covered = pod::images(&object, "/spec")
            .iter()
            .any(|(_, image)| reach.covers(image));
        if !covered {
            return None;
        }
        Some(Self {
            namespace: object.namespace().to_owned(),
            name: object.name().to_owned(),
            account: pod::account_of(&object, "/spec"),
            pull_secrets: object
                .names("/spec/imagePullSecrets")
                .map(str::to_owned)
                .collect(),
            owner,
            waits: pod::waits_for(&object, |image| reach.covers(image)),
        })
    }
}

/// A workload whose template has an image from the registry.
#[derive(Debug, Clone)]
pub struct WorkloadView {
    pub kind: Kind,
    pub account: String,
    /// The names in the template's own `imagePullSecrets`.
    pub pull_secrets: Vec<String>,
    pub object: Object,
}

impl WorkloadView {
    /// `None` when its template has no image from there.
    pub fn of(kind: Kind, workload: Value, reach: &Reach) -> Option<Self> {
        let object = Object::new(workload);
        let template = pod::template_of(kind);
        pod::images(&object, template)
            .iter()
            .any(|(_, image)| reach.covers(image))
            .then(|| Self {
                kind,
                account: pod::account_of(&object, template),
                pull_secrets: object
                    .names(&format!("{template}/imagePullSecrets"))
                    .map(str::to_owned)
                    .collect(),
                object,
            })
    }

    fn reference(&self) -> ObjectRef {
        self.kind
            .object(Some(self.object.namespace()), self.object.name())
    }

    /// Why setting the template's annotation would not restart it.
    fn obstacle(&self) -> Option<&'static str> {
        if self.object.value().pointer("/spec/paused") == Some(&Value::Bool(true)) {
            return Some("it is paused");
        }
        if self.object.text("/spec/updateStrategy/type") == "OnDelete" {
            return Some("its update strategy is OnDelete: delete its pods");
        }
        let triggers = self.object.items("/spec/triggers");
        let config_change = triggers
            .iter()
            .any(|trigger| trigger["type"] == "ConfigChange");
        (self.kind == kinds::DEPLOYMENT_CONFIG && !triggers.is_empty() && !config_change)
            .then_some("it has no ConfigChange trigger: roll it out with `oc rollout latest`")
    }
}

/// Pods and workloads as far as they could be read.
#[derive(Debug, Clone, Default)]
pub struct Wiring {
    pub pods: Vec<PodView>,
    pub workloads: Vec<WorkloadView>,
    /// What could not be listed, and why: `pods (forbidden)`.
    pub unread: Vec<String>,
}

/// A linked account: its name, its namespace, and its pull secrets as they were read.
#[derive(Debug, Clone, Copy)]
pub struct Linked<'a> {
    pub namespace: &'a str,
    pub account: &'a str,
    pub pull_secrets: &'a [String],
}

/// What is left to do after the link.
#[derive(Debug, Clone, Default)]
pub struct Aftermath {
    pub restarts: Vec<NeedsRestart>,
    /// Pods and workloads that keep the account's secrets from being used, with the secrets that they name.
    pub overrides: Vec<(ObjectRef, Vec<String>)>,
    /// Pods that run without the secret: they get it when they are made again.
    pub running: usize,
}

/// Something whose pods wait for an image and do not have the secret.
#[derive(Debug, Clone)]
pub struct NeedsRestart {
    pub object: ObjectRef,
    /// Its pods that wait.
    pub pods: Vec<String>,
    /// What `--restart` would do; `Err` says why it can not.
    pub change: Result<Box<Change>, String>,
}

/// Judges every pod and workload of the linked accounts. `now` is the time to write into the annotation.
pub fn aftermath(wiring: &Wiring, linked: &[Linked<'_>], secret: &str, now: &str) -> Aftermath {
    let mut result = Aftermath::default();
    let account = |namespace: &str, name: &str| {
        linked
            .iter()
            .find(|linked| linked.namespace == namespace && linked.account == name)
    };
    for workload in &wiring.workloads {
        let names = &workload.pull_secrets;
        if account(workload.object.namespace(), &workload.account).is_some()
            && !names.is_empty()
            && !names.iter().any(|name| name == secret)
        {
            result.overrides.push((workload.reference(), names.clone()));
        }
    }
    for pod in &wiring.pods {
        let Some(account) = account(&pod.namespace, &pod.account) else {
            continue;
        };
        if pod.pull_secrets.iter().any(|name| name == secret) {
            continue;
        }
        let workload = workload_of(pod, &wiring.workloads);
        if workload.is_some_and(|workload| !workload.pull_secrets.is_empty()) {
            continue;
        }
        // What admission copied is a copy of the account's list; anything else is the pod's own.
        let copied = pod
            .pull_secrets
            .iter()
            .all(|name| account.pull_secrets.contains(name));
        if workload.is_none() && !copied {
            let reference = kinds::POD.object(Some(&pod.namespace), &pod.name);
            result.overrides.push((reference, pod.pull_secrets.clone()));
        } else if pod.waits {
            add(&mut result.restarts, pod, workload, now);
        } else {
            result.running += 1;
        }
    }
    result.restarts.sort_by(|a, b| a.object.cmp(&b.object));
    result.overrides.sort();
    result
}

fn add(
    restarts: &mut Vec<NeedsRestart>,
    pod: &PodView,
    workload: Option<&WorkloadView>,
    now: &str,
) {
    let (object, change) = match workload {
        Some(workload) => {
            let change = match workload.obstacle() {
                Some(obstacle) => Err(obstacle.to_owned()),
                None => {
                    restart(workload, now).ok_or_else(|| "delete it and create it again".to_owned())
                }
            };
            (workload.reference(), change.map(Box::new))
        }
        None => without_restart(pod),
    };
    match restarts.iter_mut().find(|known| known.object == object) {
        Some(known) => known.pods.push(pod.name.clone()),
        None => restarts.push(NeedsRestart {
            object,
            pods: vec![pod.name.clone()],
            change,
        }),
    }
}

/// What has to be done by hand for a pod whose maker cannot be restarted.
fn without_restart(pod: &PodView) -> (ObjectRef, Result<Box<Change>, String>) {
    let itself = kinds::POD.object(Some(&pod.namespace), &pod.name);
    let Some((kind, name)) = &pod.owner else {
        let advice = "nothing makes it again: delete it and create it again";
        return (itself, Err(advice.to_owned()));
    };
    match kinds::ALL.iter().find(|known| known.kind == kind) {
        Some(known) => (
            known.object(Some(&pod.namespace), name),
            Err("delete its pods, and it makes them again".to_owned()),
        ),
        None => (
            itself,
            Err(format!("delete it, and {kind} {name} makes it again")),
        ),
    }
}

/// The rolling restart of one workload, whatever its images are. `now` is the time to write into the annotation.
///
/// # Errors
///
/// Why that would not make its pods again, and what does.
pub fn rolling(kind: Kind, object: Object, now: &str) -> Result<Change, String> {
    let workload = WorkloadView {
        kind,
        account: String::new(),
        pull_secrets: Vec::new(),
        object,
    };
    let change = match workload.obstacle() {
        Some(obstacle) => Err(obstacle.to_owned()),
        None => restart(&workload, now).ok_or_else(|| "delete it and create it again".to_owned()),
    };
    change.map_err(|why| format!("{} is not restarted: {why}", workload.reference()))
}

/// The rolling restart of a workload that knows one.
fn restart(workload: &WorkloadView, now: &str) -> Option<Change> {
    let rolls = [
        kinds::DEPLOYMENT,
        kinds::STATEFUL_SET,
        kinds::DAEMON_SET,
        kinds::DEPLOYMENT_CONFIG,
    ];
    rolls.contains(&workload.kind).then(|| Change {
        object: workload.reference(),
        action: Action::Edit(vec![Op::MapSet {
            map: TEMPLATE_ANNOTATIONS.to_owned(),
            key: RESTARTED_AT.to_owned(),
            value: json!(now),
        }]),
        seen: Some(workload.object.clone()),
        done: "restarted".to_owned(),
        why: "its pods were made before the secret was linked".to_owned(),
        risk: Some("its pods are replaced, as its update strategy says".to_owned()),
        undo: UndoNote::Nothing("a restart leaves nothing to take back".to_owned()),
        when_gone: WhenGone::Skip,
    })
}

fn workload_of<'a>(pod: &PodView, workloads: &'a [WorkloadView]) -> Option<&'a WorkloadView> {
    let (kind, name) = pod.owner.as_ref()?;
    workloads.iter().find(|workload| {
        workload.kind.kind == kind
            && workload.object.name() == name
            && workload.object.namespace() == pod.namespace
    })
}

/// What made the pod: its controller, and for the two that stand between (ReplicaSet, ReplicationController) what made
/// that, by the names and labels that their controllers set.
fn owner(pod: &Object) -> Option<(String, String)> {
    let config = pod
        .annotation("openshift.io/deployment-config.name")
        .or_else(|| pod.label("deploymentconfig"));
    if let Some(name) = config {
        return Some((kinds::DEPLOYMENT_CONFIG.kind.to_owned(), name.to_owned()));
    }
    let controller = pod
        .items("/metadata/ownerReferences")
        .iter()
        .find(|owner| owner["controller"] == true)?;
    let kind = controller.get("kind").and_then(Value::as_str)?;
    let name = controller.get("name").and_then(Value::as_str)?;
    if kind == kinds::REPLICA_SET.kind
        && let Some(hash) = pod.label("pod-template-hash")
        && let Some(deployment) = name.strip_suffix(hash).and_then(|n| n.strip_suffix('-'))
    {
        return Some((kinds::DEPLOYMENT.kind.to_owned(), deployment.to_owned()));
    }
    Some((kind.to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests;

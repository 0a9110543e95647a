//! Plans another image for a container of a workload: its own field and nothing beside it, or through an image stream a tag
//! that imports it and a trigger that puts it in. What would put another image back is taken off.
//!
//! ```text
//! workload, container -> triggers of that container -> edits of the workload, change of the stream
//! ```

pub mod containers;
pub mod create;
pub mod owner;
pub mod rolls;
pub mod stream;
pub mod triggers;

use serde_json::{Value, json};

use super::edit::Op;
use super::{Action, Change, Object, Plan, UndoNote, WhenGone, pod};
use crate::model::image::ImageReference;
use crate::model::kinds::{self, Kind, ObjectRef};
use containers::{ChoiceRefusal, Container};
use rolls::Rolls;
use stream::{StreamAim, StreamRefusal};
use triggers::Unreadable;

/// The template annotation by which the names of images stand for image stream tags of the namespace (openshift
/// apiserver-library-go `pkg/admission/imagepolicy`, `oc set image-lookup`).
const RESOLVE_NAMES: &str = "alpha.image.policy.openshift.io/resolve-names";

/// A workload as it was read.
#[derive(Debug, Clone)]
pub struct Workload {
    pub kind: Kind,
    pub object: Object,
}

impl Workload {
    pub fn reference(&self) -> ObjectRef {
        self.kind
            .object(Some(self.object.namespace()), self.object.name())
    }

    /// Where the pod's spec stands in it.
    pub fn spec(&self) -> &'static str {
        pod::template_of(self.kind)
    }

    /// Whether its template has pull secrets of its own, so that the account's are not used (Kubernetes
    /// `plugin/pkg/admission/serviceaccount` `Admit`).
    pub fn has_own_secrets(&self) -> bool {
        self.object
            .names(&format!("{}/imagePullSecrets", self.spec()))
            .next()
            .is_some()
    }
}

/// What is wanted of a workload that is there.
#[derive(Debug, Clone, Copy)]
pub struct Aim<'a> {
    pub image: &'a ImageReference,
    /// `--container`.
    pub container: Option<&'a str>,
    /// `--via-stream`.
    pub stream: Option<&'a StreamAim<'a>>,
    /// A secret that is made or linked in the same run; it goes into the template where that has a list of its own.
    pub pull_secret: Option<&'a str>,
    /// How the client is called, for advice: `oc`.
    pub client: &'a str,
}

/// What comes of it.
#[derive(Debug, Clone)]
pub struct Planned {
    pub plan: Plan,
    /// The same plan as its triggers would leave the objects: what is to be looked at before anything is written.
    pub settled: Plan,
    pub container: String,
    /// Whether pods with the image come by themselves.
    pub rolls: Rolls,
}

/// Why nothing may be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UseRefusal {
    #[error("{object}: {why}")]
    Container { object: String, why: ChoiceRefusal },
    #[error(transparent)]
    Stream(#[from] StreamRefusal),
    #[error(
        "the annotation {} of {object} cannot be read: {why}",
        triggers::ANNOTATION
    )]
    Triggers { object: String, why: Unreadable },
    #[error("the template of {0} cannot be changed: a Job keeps the one that it was made with")]
    Job(String),
    #[error("{0} is over: a container of it does not start again")]
    PodIsOver(String),
    #[error("{object} cannot follow an image stream: no trigger acts on a {kind}")]
    NoTriggers { object: String, kind: &'static str },
    #[error("the pull secrets of {0} cannot be changed: a pod keeps those that it was made with")]
    PodSecrets(String),
}

/// Plans it. The stream comes before the workload.
///
/// # Errors
///
/// Where the container is not clear, the kind does not allow it, or somebody else's image would be written over.
pub fn existing(workload: &Workload, aim: &Aim<'_>) -> Result<Planned, UseRefusal> {
    let object = workload.reference().to_string();
    refuse_kind(workload, aim, &object)?;
    let container =
        containers::choose(&workload.object, workload.spec(), aim.container).map_err(|why| {
            UseRefusal::Container {
                object: object.clone(),
                why,
            }
        })?;
    let mut plan = Plan::default();
    let (ops, settled_ops) = match aim.stream {
        None => {
            let ops = direct(workload, &container, aim, &mut plan.notes);
            (ops.clone(), ops)
        }
        Some(stream) => {
            plan.changes.extend(stream::change(stream)?);
            through(workload, &container, aim, stream, &mut plan.notes).map_err(|why| {
                UseRefusal::Triggers {
                    object: object.clone(),
                    why,
                }
            })?
        }
    };
    let mut settled_ops = settled_ops;
    settled_ops.extend(without_status(workload));
    let rolls = rolls::of(workload, aim.stream.is_some(), aim.client, &mut plan.notes);
    let mut settled = plan.clone();
    plan.changes
        .push(change(workload, &container, aim, &rolls, ops));
    settled
        .changes
        .push(change(workload, &container, aim, &rolls, settled_ops));
    Ok(Planned {
        plan,
        settled,
        container: container.name,
        rolls,
    })
}

/// What the kind alone rules out.
fn refuse_kind(workload: &Workload, aim: &Aim<'_>, object: &str) -> Result<(), UseRefusal> {
    match workload.kind {
        kinds::JOB => return Err(UseRefusal::Job(object.to_owned())),
        kinds::POD => {
            if matches!(
                workload.object.text("/status/phase"),
                "Succeeded" | "Failed"
            ) {
                return Err(UseRefusal::PodIsOver(object.to_owned()));
            }
            if aim.stream.is_some() {
                return Err(UseRefusal::NoTriggers {
                    object: object.to_owned(),
                    kind: kinds::POD.kind,
                });
            }
            if aim.pull_secret.is_some() {
                return Err(UseRefusal::PodSecrets(object.to_owned()));
            }
        }
        _ => {}
    }
    Ok(())
}

/// The image itself, and no trigger that would put another in its place.
fn direct(
    workload: &Workload,
    container: &Container,
    aim: &Aim<'_>,
    notes: &mut Vec<String>,
) -> Vec<Op> {
    let mut ops = Vec::new();
    // What cannot be read is no trigger: the controller passes over it (library-go `pkg/image/trigger`).
    if let Ok(found) = triggers::rewrite(workload, container, None) {
        notes.extend(found.removed.iter().map(|trigger| {
            format!(
                "its {trigger} would put another image into the container {}: it is taken off",
                container.name
            )
        }));
        ops.extend(found.ops);
    }
    ops.push(set_image(workload, container, &aim.image.to_string()));
    ops.extend(own_secret(workload, aim));
    ops
}

/// The trigger, or where no trigger acts the name of the tag; and the same as it will be once the image is in.
fn through(
    workload: &Workload,
    container: &Container,
    aim: &Aim<'_>,
    stream: &StreamAim<'_>,
    notes: &mut Vec<String>,
) -> Result<(Vec<Op>, Vec<Op>), Unreadable> {
    let image = set_image(workload, container, &aim.image.to_string());
    if !triggers::act_on(workload.kind) {
        // The API server puts the image in when a pod is made.
        let name = format!("{}:{}", stream.name, stream.tag);
        let resolve = Op::MapSet {
            map: format!("{}/metadata/annotations", template(workload)),
            key: RESOLVE_NAMES.to_owned(),
            value: json!("*"),
        };
        let mut ops = vec![resolve, set_image(workload, container, &name)];
        ops.extend(own_secret(workload, aim));
        let mut settled = vec![image];
        settled.extend(own_secret(workload, aim));
        return Ok((ops, settled));
    }
    let found = triggers::rewrite(workload, container, Some(stream))?;
    notes.extend(
        found
            .removed
            .iter()
            .map(|trigger| format!("its {trigger} is replaced: a container follows one tag")),
    );
    let mut ops = found.ops;
    ops.push(Op::Leave {
        field: container.image_place(workload.spec()),
        becomes: stream::repositories(stream, aim.image),
    });
    ops.extend(own_secret(workload, aim));
    let mut settled = ops.clone();
    settled.push(image);
    Ok((ops, settled))
}

/// The template above the pod's spec.
fn template(workload: &Workload) -> &'static str {
    workload.spec().trim_end_matches("/spec")
}

fn set_image(workload: &Workload, container: &Container, image: &str) -> Op {
    Op::Set {
        field: container.image_place(workload.spec()),
        expected: container.image.clone().map(Value::String),
        value: Some(json!(image)),
    }
}

/// What a pod runs now tells nothing about the image that it is going to have.
fn without_status(workload: &Workload) -> Option<Op> {
    let status = workload.object.value().get("status")?;
    (workload.kind == kinds::POD).then(|| Op::Set {
        field: "/status".to_owned(),
        expected: Some(status.clone()),
        value: None,
    })
}

fn own_secret(workload: &Workload, aim: &Aim<'_>) -> Option<Op> {
    let secret = aim.pull_secret.filter(|_| workload.has_own_secrets())?;
    let list = format!("{}/imagePullSecrets", workload.spec());
    Some(Op::add_reference(&list, secret))
}

fn change(
    workload: &Workload,
    container: &Container,
    aim: &Aim<'_>,
    rolls: &Rolls,
    ops: Vec<Op>,
) -> Change {
    let image = aim.image.to_string();
    let done = match aim.stream {
        Some(stream) => format!("follows istag/{}:{}", stream.name, stream.tag),
        None => "image updated".to_owned(),
    };
    Change {
        object: workload.reference(),
        action: Action::Edit(ops),
        seen: Some(workload.object.clone()),
        done,
        why: format!("its container {} is to run {image}", container.name),
        risk: rolls::risk(workload, rolls),
        undo: UndoNote::Inverse,
        when_gone: WhenGone::Fail,
    }
}

#[cfg(test)]
mod tests;

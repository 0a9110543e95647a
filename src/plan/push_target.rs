//! Plans where builds push: the output, the push secret and the builder's account; and the way back into an image stream.

pub mod aim;
pub mod choose;
pub mod watchers;

use serde_json::{Value, json};

use super::ours::{MANAGED_BY, MANAGER, REGISTRY};
use super::{Action, Change, Object, Op, Plan, Purposes, UndoNote, WhenGone};
use crate::model::kinds;
use aim::{Goal, StreamTag};

const TO: &str = "/spec/output/to";
const PUSH_SECRET: &str = "/spec/output/pushSecret";
/// The account of builds that name none (openshift-apiserver `pkg/build/apiserver/buildgenerator`).
const BUILDER: &str = "builder";
/// The registry that a stream is for which builds push into: it has another name on every cluster.
const INTEGRATED: &str = "integrated";

/// One BuildConfig, and what is to become of it.
#[derive(Debug, Clone)]
pub struct Move {
    /// As it was read.
    pub config: Object,
    pub goal: Goal,
    pub secret: PushSecret,
}

/// What becomes of `pushSecret`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushSecret {
    /// It names this secret, and the account is linked to it.
    Use(String),
    /// It stays as it is.
    Keep,
    /// It goes.
    Remove,
}

/// What else is needed.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The accounts of the BuildConfigs, as they were read.
    pub accounts: &'a [Object],
    /// The image streams that do not exist and are to be made: namespace and name.
    pub missing_streams: &'a [(String, String)],
    /// The BuildConfigs were chosen by labels: one that is gone when it is its turn is left out.
    pub chosen: bool,
}

/// Why nothing may be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PushTargetRefusal {
    #[error("{config} is a pipeline: what it pushes, and where, is up to its stages")]
    Pipeline { config: String },
    #[error("{} would all push to {goal}: whichever build ended last would win", configs.join(", "))]
    OnePlace { configs: Vec<String>, goal: String },
}

/// The account that builds of this BuildConfig run as.
pub fn account_of(config: &Object) -> &str {
    match config.text("/spec/serviceAccount") {
        "" => BUILDER,
        name => name,
    }
}

/// The push secret that it names.
pub fn push_secret_of(config: &Object) -> Option<&str> {
    let name = config.text(&format!("{PUSH_SECRET}/name"));
    (!name.is_empty()).then_some(name)
}

/// Whether its stages are what builds.
pub fn is_pipeline(config: &Object) -> bool {
    config.text("/spec/strategy/type") == "JenkinsPipeline"
        || config
            .value()
            .pointer("/spec/strategy/jenkinsPipelineStrategy")
            .is_some_and(Value::is_object)
}

/// Why no build of it can be started from here; `None` where one can.
pub fn cannot_start(config: &Object) -> Option<String> {
    let name = config.name();
    // openshift/api `build/v1` `BuildConfigPausedAnnotation`, read as the API server does.
    let paused = config.annotation("openshift.io/build-config.paused");
    if paused.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Some(format!("bc/{name} is paused: no build of it starts"));
    }
    let binary = config.text("/spec/source/type") == "Binary"
        || config
            .value()
            .pointer("/spec/source/binary")
            .is_some_and(Value::is_object);
    binary.then(|| {
        format!("the source of bc/{name} is uploaded for every build: `oc start-build {name} --from-dir=DIR` does that")
    })
}

/// Whether the output is where the move wants it already, with nothing left behind of another kind.
pub fn is_there(config: &Object, goal: &Goal) -> bool {
    config.value().pointer(TO) == Some(&output(goal))
}

/// The plan: streams first, then accounts, then the BuildConfigs.
///
/// # Errors
///
/// For pipelines, and for several BuildConfigs that would push to one place.
pub fn push_target(moves: &[Move], ground: &Ground<'_>) -> Result<Plan, PushTargetRefusal> {
    refuse(moves)?;
    let mut plan = Plan::default();
    for (namespace, name) in ground.missing_streams {
        plan.changes.push(stream(namespace, name));
    }
    for account in ground.accounts {
        plan.changes.extend(account_change(account, moves));
    }
    for one in moves {
        plan.changes.push(config_change(one, ground.chosen));
    }
    Ok(plan)
}

fn refuse(moves: &[Move]) -> Result<(), PushTargetRefusal> {
    for (at, one) in moves.iter().enumerate() {
        if is_pipeline(&one.config) {
            return Err(PushTargetRefusal::Pipeline {
                config: format!("bc/{}", one.config.name()),
            });
        }
        let place = one.goal.to_string();
        let same: Vec<String> = moves
            .iter()
            .filter(|other| other.goal.to_string() == place)
            .map(|other| format!("bc/{}", other.config.name()))
            .collect();
        if same.len() > 1 && moves.iter().position(|it| it.goal.to_string() == place) == Some(at) {
            return Err(PushTargetRefusal::OnePlace {
                configs: same,
                goal: place,
            });
        }
    }
    Ok(())
}

fn stream(namespace: &str, name: &str) -> Change {
    Change {
        object: kinds::IMAGE_STREAM.object(Some(namespace), name),
        action: Action::Create(Object::new(json!({
            "apiVersion": kinds::IMAGE_STREAM.api_version(),
            "kind": kinds::IMAGE_STREAM.kind,
            "metadata": {
                "name": name,
                "namespace": namespace,
                "labels": { MANAGED_BY: MANAGER },
                "annotations": { REGISTRY: INTEGRATED },
            },
            "spec": {"lookupPolicy": {"local": false}},
        }))),
        seen: None,
        done: String::new(),
        why: "builds push into it".to_owned(),
        risk: None,
        undo: UndoNote::Inverse,
        when_gone: WhenGone::Fail,
    }
}

/// The account gets the secrets of all BuildConfigs that it builds, in both lists: which of them builds read depends on the
/// version.
fn account_change(account: &Object, moves: &[Move]) -> Option<Change> {
    let purposes = Purposes::PUSH;
    let mut ops: Vec<Op> = Vec::new();
    for one in moves {
        let PushSecret::Use(secret) = &one.secret else {
            continue;
        };
        if account_of(&one.config) != account.name() {
            continue;
        }
        for list in purposes.lists() {
            let op = Op::add_reference(list, secret);
            if !ops.contains(&op) {
                ops.push(op);
            }
        }
    }
    (!ops.is_empty()).then(|| Change {
        object: kinds::SERVICE_ACCOUNT.object(Some(account.namespace()), account.name()),
        action: Action::Edit(ops),
        seen: Some(account.clone()),
        done: format!("linked ({purposes})"),
        why: "its builds push with this secret".to_owned(),
        risk: None,
        undo: UndoNote::Inverse,
        when_gone: WhenGone::Fail,
    })
}

fn config_change(one: &Move, chosen: bool) -> Change {
    let read = |place: &str| {
        let value = one.config.value().pointer(place);
        value.filter(|value| !value.is_null()).cloned()
    };
    let mut ops = vec![Op::Set {
        field: TO.to_owned(),
        expected: read(TO),
        value: Some(output(&one.goal)),
    }];
    let secret = match &one.secret {
        PushSecret::Use(name) => Some(Some(json!({ "name": name }))),
        PushSecret::Remove => Some(None),
        PushSecret::Keep => None,
    };
    ops.extend(secret.map(|value| Op::Set {
        field: PUSH_SECRET.to_owned(),
        expected: read(PUSH_SECRET),
        value,
    }));
    Change {
        object: kinds::BUILD_CONFIG.object(Some(one.config.namespace()), one.config.name()),
        action: Action::Edit(ops),
        seen: Some(one.config.clone()),
        done: format!("pushes to {}", one.goal),
        why: "its builds push there".to_owned(),
        risk: None,
        undo: UndoNote::Inverse,
        when_gone: if chosen {
            WhenGone::Skip
        } else {
            WhenGone::Fail
        },
    }
}

/// `spec.output.to`, whole: a field that belongs to another kind of output (the namespace of an image stream tag) makes the API
/// server refuse a `DockerImage` (openshift-apiserver `pkg/build/apis/build/validation` `validateToImageReference`).
fn output(goal: &Goal) -> Value {
    match goal {
        Goal::External(image) => json!({"kind": "DockerImage", "name": image.to_string()}),
        Goal::Internal(StreamTag {
            namespace: Some(namespace),
            stream,
            tag,
            ..
        }) => {
            json!({"kind": "ImageStreamTag", "name": format!("{stream}:{tag}"), "namespace": namespace})
        }
        Goal::Internal(tag) => json!({"kind": "ImageStreamTag", "name": tag.name()}),
    }
}

#[cfg(test)]
mod tests;

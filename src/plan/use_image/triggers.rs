//! Image triggers: which of them rule a container, and the edits that leave it with the one that is wanted, or with none.
//!
//! Kubernetes' own kinds have theirs in an annotation (library-go `pkg/image/trigger`, openshift-controller-manager
//! `pkg/cmd/controller/image.go` for the kinds), a DeploymentConfig in its specification (openshift/api `apps/v1`).
//! Triggers that are paused, or not automatic, count as well: they would put their image in as soon as they are resumed, and
//! those of a DeploymentConfig with every `rollout latest`.

use std::fmt;

use serde_json::{Value, json};

use super::Workload;
use super::containers::{self, Container};
use super::stream::StreamAim;
use crate::model::kinds::{self, Kind};
use crate::model::sanitize::sanitize_line;
use crate::plan::edit::Op;
use crate::plan::{Object, pod};

pub const ANNOTATION: &str = "image.openshift.io/triggers";
/// The annotation as a place.
const ANNOTATION_PLACE: &str = "/metadata/annotations/image.openshift.io~1triggers";
/// Where a DeploymentConfig has its triggers.
const CONFIG_PLACE: &str = "/spec/triggers";

/// A trigger on one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// `istag/app:latest`, with its namespace where that is another.
    from: String,
    paused: bool,
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paused = if self.paused {
            ", which is paused,"
        } else {
            ""
        };
        write!(f, "image trigger on {}{paused}", self.from)
    }
}

/// An annotation that the trigger controller does not read either.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("it is no JSON list")]
    NoList,
}

/// What is to be done.
#[derive(Debug, Clone, Default)]
pub struct Rewrite {
    pub ops: Vec<Op>,
    /// The triggers that go.
    pub removed: Vec<Trigger>,
}

/// Whether image triggers act on objects of this kind.
pub fn act_on(kind: Kind) -> bool {
    matches!(
        kind,
        kinds::DEPLOYMENT
            | kinds::STATEFUL_SET
            | kinds::DAEMON_SET
            | kinds::CRON_JOB
            | kinds::DEPLOYMENT_CONFIG
    )
}

/// The edits that leave the container with a trigger on the tag of `wanted`, or without any.
///
/// # Errors
///
/// When the annotation is not what it should be. It then does nothing.
pub fn rewrite(
    workload: &Workload,
    container: &Container,
    wanted: Option<&StreamAim<'_>>,
) -> Result<Rewrite, Unreadable> {
    if workload.kind == kinds::DEPLOYMENT_CONFIG {
        Ok(in_config(workload, container, wanted))
    } else {
        in_annotation(workload, container, wanted)
    }
}

/// The annotation with one trigger, for a workload of this kind that is to be made.
pub fn annotation_for(kind: Kind, container: &str, tag: &str) -> String {
    Value::Array(vec![annotated(
        &base(pod::template_of(kind)),
        "containers",
        container,
        tag,
    )])
    .to_string()
}

/// The trigger of a DeploymentConfig.
pub fn config_trigger(container: &str, namespace: &str, tag: &str) -> Value {
    json!({
        "type": "ImageChange",
        "imageChangeParams": {
            "automatic": true,
            "containerNames": [container],
            "from": {"kind": "ImageStreamTag", "namespace": namespace, "name": tag},
        },
    })
}

/// Where in the object images stand that a trigger rules now, as JSON pointers.
pub fn ruled_images(object: &Object) -> Vec<String> {
    let known = kinds::ALL
        .iter()
        .find(|kind| kind.kind == object.text("/kind"));
    let Some(kind) = known.filter(|kind| act_on(**kind)) else {
        return Vec::new();
    };
    let workload = Workload {
        kind: *kind,
        object: object.clone(),
    };
    let spec = workload.spec();
    containers::all(object, spec)
        .iter()
        .filter(|container| {
            rewrite(&workload, container, None)
                .is_ok_and(|found| found.removed.iter().any(|trigger| !trigger.paused))
        })
        .map(|container| format!("{spec}/{}/{}/image", container.list, container.index))
        .collect()
}

fn in_annotation(
    workload: &Workload,
    container: &Container,
    wanted: Option<&StreamAim<'_>>,
) -> Result<Rewrite, Unreadable> {
    let text = workload.object.annotation(ANNOTATION);
    let all = match text.filter(|text| !text.trim().is_empty()) {
        None => Vec::new(),
        Some(text) => match serde_json::from_str(text) {
            Ok(Value::Array(all)) => all,
            _ => return Err(Unreadable::NoList),
        },
    };
    let base = base(workload.spec());
    let (own, mut kept): (Vec<Value>, Vec<Value>) = all.into_iter().partition(|trigger| {
        let path = trigger["fieldPath"].as_str().unwrap_or_default();
        means(path, &base, container)
    });
    let namespace = workload.object.namespace();
    let tag = wanted.map(tag_name);
    let is_wanted = |trigger: &Value| {
        trigger["paused"] != true
            && wanted.is_some_and(|aim| is_from(&trigger["from"], aim, namespace))
    };
    match own.as_slice() {
        [] if wanted.is_none() => return Ok(Rewrite::default()),
        [one] if is_wanted(one) => return Ok(Rewrite::default()),
        _ => {}
    }
    let removed = own
        .iter()
        .filter(|trigger| !is_wanted(trigger))
        .map(|trigger| of_annotation(trigger, namespace))
        .collect();
    kept.extend(tag.map(|tag| annotated(&base, container.list, &container.name, &tag)));
    let value = (!kept.is_empty()).then(|| json!(Value::Array(kept).to_string()));
    Ok(Rewrite {
        ops: vec![Op::Set {
            field: ANNOTATION_PLACE.to_owned(),
            expected: text.map(|text| json!(text)),
            value,
        }],
        removed,
    })
}

fn in_config(
    workload: &Workload,
    container: &Container,
    wanted: Option<&StreamAim<'_>>,
) -> Rewrite {
    let namespace = workload.object.namespace();
    let mut rewrite = Rewrite::default();
    let mut has_wanted = false;
    for (at, trigger) in workload.object.items(CONFIG_PLACE).iter().enumerate() {
        let change = &trigger["imageChangeParams"];
        let names = change["containerNames"].as_array();
        let others: Vec<&Value> = names
            .into_iter()
            .flatten()
            .filter(|name| **name != container.name)
            .collect();
        if names.is_none_or(|names| names.len() == others.len()) {
            continue;
        }
        let automatic = change["automatic"] == true;
        if automatic
            && !has_wanted
            && wanted.is_some_and(|aim| is_from(&change["from"], aim, namespace))
        {
            has_wanted = true;
            continue;
        }
        rewrite.removed.push(Trigger {
            from: from_words(&change["from"], namespace),
            paused: !automatic,
        });
        let mut like = trigger.clone();
        if let Some(change) = like["imageChangeParams"].as_object_mut() {
            // The controller's; it may be another by the time of the write.
            change.shift_remove("lastTriggeredImage");
        }
        rewrite.ops.push(Op::ItemRemove {
            list: CONFIG_PLACE.to_owned(),
            like,
        });
        if !others.is_empty() {
            let mut rest = trigger.clone();
            rest["imageChangeParams"]["containerNames"] = json!(others);
            rewrite.ops.push(Op::ItemAdd {
                list: CONFIG_PLACE.to_owned(),
                item: rest,
                at: Some(at),
            });
        }
    }
    if let Some(aim) = wanted.filter(|_| !has_wanted) {
        rewrite.ops.push(Op::ItemAdd {
            list: CONFIG_PLACE.to_owned(),
            item: config_trigger(&container.name, aim.namespace, &tag_name(aim)),
            at: None,
        });
    }
    rewrite
}

fn tag_name(aim: &StreamAim<'_>) -> String {
    format!("{}:{}", aim.name, aim.tag)
}

/// One trigger of the annotation, as `oc set triggers` writes it.
fn annotated(base: &str, list: &str, container: &str, tag: &str) -> Value {
    json!({
        "from": {"kind": "ImageStreamTag", "name": tag},
        "fieldPath": format!("{base}.{list}[?(@.name==\"{container}\")].image"),
    })
}

fn of_annotation(trigger: &Value, namespace: &str) -> Trigger {
    Trigger {
        from: from_words(&trigger["from"], namespace),
        paused: trigger["paused"] == true,
    }
}

fn from_words(from: &Value, namespace: &str) -> String {
    // Nobody checks what an annotation holds.
    let text = |field: &str| sanitize_line(from[field].as_str().unwrap_or_default(), 200);
    let (name, other) = (text("name"), text("namespace"));
    if other.is_empty() || other == namespace {
        format!("istag/{name}")
    } else {
        format!("istag/{name} of namespace {other}")
    }
}

fn is_from(from: &Value, aim: &StreamAim<'_>, namespace: &str) -> bool {
    let other = from["namespace"].as_str().unwrap_or_default();
    from["kind"] == "ImageStreamTag"
        && from["name"] == tag_name(aim).as_str()
        && (other.is_empty() || other == namespace)
}

/// The place of a pod's spec as field paths write it: `spec.template.spec`.
fn base(spec: &str) -> String {
    spec.trim_start_matches('/').replace('/', ".")
}

/// Whether a field path means the container's image: by its name or its place in the list (library-go
/// `ContainerForObjectFieldPath`). Single quotes are no form that the controller reads, and are meant all the same.
fn means(path: &str, base: &str, container: &Container) -> bool {
    let rest = path
        .strip_prefix(base)
        .and_then(|rest| rest.strip_prefix('.'))
        .and_then(|rest| rest.strip_prefix(container.list))
        .and_then(|rest| rest.strip_prefix('['))
        .and_then(|rest| rest.strip_suffix("].image"));
    let Some(selector) = rest else {
        return false;
    };
    if let Ok(index) = selector.parse::<usize>() {
        return index == container.index;
    }
    ['"', '\'']
        .iter()
        .any(|quote| selector == format!("?(@.name=={quote}{}{quote})", container.name))
}

#[cfg(test)]
mod tests;

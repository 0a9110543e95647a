//! Plans where a build takes an image from: the image itself, the secret that it is pulled with, the triggers that followed the
//! image of before, and the links of the account.
//!
//! Knows nothing of whether the image is there: that is looked at with the plan, before it is carried out.

pub mod builder;
pub mod input;
pub mod secret;
mod triggers;

use serde_json::{Value, json};

use super::edit::place::look;
use super::{Action, Change, Object, Op, Purposes, UndoNote, WhenGone};
use crate::model::kinds;
use input::{Input, Role};

/// What a build is to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// An image of a registry, with registry and tag or digest.
    Image(String),
    /// `STREAM:TAG`, of another namespace where one is given.
    Tag {
        namespace: Option<String>,
        name: String,
    },
}

impl Origin {
    /// The whole of `from`. Fields that belonged to what stood there before, such as the namespace of an image stream tag, do
    /// not survive: openshift-apiserver refuses a `DockerImage` that has one (`pkg/build/apis/build/validation`
    /// `validateImageReference`).
    fn reference(&self) -> Value {
        match self {
            Self::Image(image) => json!({"kind": "DockerImage", "name": image}),
            Self::Tag {
                namespace: Some(namespace),
                name,
            } => json!({"kind": "ImageStreamTag", "name": name, "namespace": namespace}),
            Self::Tag {
                namespace: None,
                name,
            } => json!({"kind": "ImageStreamTag", "name": name}),
        }
    }

    /// As people write it.
    pub fn words(&self) -> String {
        match self {
            Self::Image(image) => image.clone(),
            Self::Tag {
                namespace: Some(namespace),
                name,
            } => format!("{namespace}/{name}"),
            Self::Tag {
                namespace: None,
                name,
            } => name.clone(),
        }
    }
}

/// What a build is to be told.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    pub input: &'a Input,
    pub origin: &'a Origin,
    /// The secret to name in `pullSecret`; `None` leaves it as it is.
    pub pull_secret: Option<&'a str>,
    /// The client that the user calls, for commands: `oc`.
    pub client: &'a str,
}

/// The change of a BuildConfig, and what there is to say of it.
pub fn change(config: &Object, setting: &Setting<'_>) -> (Change, Vec<String>) {
    let input = setting.input;
    let from = input.from();
    let mut ops = vec![set(config, &from, &setting.origin.reference())];
    if let Some(secret) = setting.pull_secret {
        ops.push(set(
            config,
            &input.pull_secret(),
            &json!({ "name": secret }),
        ));
    }
    let mut notes = Vec::new();
    if input.role == Role::Docker && !there(config, &from) {
        notes.push(overrides(config));
    }
    let (trigger_ops, trigger_notes) = triggers::follow(config, setting);
    ops.extend(trigger_ops);
    notes.extend(trigger_notes);
    let origin = setting.origin.words();
    let done = match &input.role {
        Role::SourceImage { words } => format!("takes source image {words} from {origin}"),
        Role::Custom => format!("is built by {origin}"),
        Role::Source | Role::Docker => format!("builds on {origin}"),
    };
    let change = Change {
        object: kinds::BUILD_CONFIG.object(Some(config.namespace()), config.name()),
        action: Action::Edit(ops),
        seen: Some(config.clone()),
        done,
        why: format!("its builds take {origin}"),
        risk: None,
        undo: UndoNote::Inverse,
        when_gone: WhenGone::Fail,
    };
    let named = notes
        .into_iter()
        .map(|note| format!("bc/{}: {note}", config.name()))
        .collect();
    (change, named)
}

/// Links a secret to the account of builds, in both lists that the platform reads for them.
pub fn link(account: &Object, secret: &str) -> Change {
    let purposes = Purposes::BOTH;
    Change {
        object: kinds::SERVICE_ACCOUNT.object(Some(account.namespace()), account.name()),
        action: Action::Edit(
            purposes
                .lists()
                .iter()
                .map(|list| Op::add_reference(list, secret))
                .collect(),
        ),
        seen: Some(account.clone()),
        done: format!("linked ({purposes})"),
        why: "lets its builds use the secret, whichever list the platform reads".to_owned(),
        risk: None,
        undo: UndoNote::Inverse,
        when_gone: WhenGone::Fail,
    }
}

/// A field as it was read becomes `value`.
fn set(config: &Object, field: &str, value: &Value) -> Op {
    Op::Set {
        field: field.to_owned(),
        expected: look(config.value(), field)
            .filter(|old| !old.is_null())
            .cloned(),
        value: Some(value.clone()),
    }
}

fn there(config: &Object, place: &str) -> bool {
    look(config.value(), place).is_some_and(|value| !value.is_null())
}

/// The builder puts `from` in the place of the last FROM (openshift/builder `pkg/build/builder/common.go`
/// `addBuildParameters`); a Dockerfile in the BuildConfig itself shows which image that was.
fn overrides(config: &Object) -> String {
    let last = config
        .text("/spec/source/dockerfile")
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let first = words.next()?;
            let image = words.find(|word| !word.starts_with("--"))?;
            first.eq_ignore_ascii_case("from").then_some(image)
        })
        .next_back();
    let last = last.map_or_else(String::new, |image| format!(" ({image})"));
    format!(
        "the strategy had no `from`; with it the last FROM of the Dockerfile{last} is overridden, and those before it are not"
    )
}

#[cfg(test)]
mod tests;

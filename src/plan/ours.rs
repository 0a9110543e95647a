//! What may be written over or deleted: only what is ours, by the judgement of [`crate::model::ownership`].

use super::Object;
use crate::model::kinds::Kind;
use crate::model::ownership::{self, Marks};
pub use crate::model::ownership::{MANAGED_BY, MANAGER, Owner, REGISTRY};

/// Whose `object` is.
pub fn owner(object: &Object) -> Owner {
    ownership::owner(Marks {
        name: object.name(),
        type_name: object.text("/type"),
        label: &|key| object.label(key),
        annotation: &|key| object.annotation(key),
    })
}

/// An object that may not be written over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {name:?} in namespace {namespace:?} {why}")]
pub struct NotOurs {
    pub kind: String,
    pub namespace: String,
    pub name: String,
    pub why: Why,
}

/// Why it may not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    #[error("was not made by this tool: it is not overwritten")]
    Foreign,
    #[error("belongs to {0}: it is not overwritten")]
    OtherRegistry(String),
    #[error("is managed by the platform, which replaces it as it likes")]
    Platform,
    #[error("has the type {0}, and the type of a secret cannot be changed")]
    Type(String),
}

impl NotOurs {
    /// For an object that the platform manages.
    pub fn platform(kind: Kind, namespace: String, name: String) -> Self {
        Self {
            kind: kind.printed(),
            namespace,
            name,
            why: Why::Platform,
        }
    }
}

/// Whether `wanted`, which is ours, may be written over `existing`.
pub fn admit(kind: Kind, existing: &Object, wanted: &Object) -> Result<(), NotOurs> {
    let why = match owner(existing) {
        Owner::Platform => Why::Platform,
        Owner::Foreign => Why::Foreign,
        Owner::Ours { registry } if Some(&*registry) != wanted.annotation(REGISTRY) => {
            Why::OtherRegistry(registry)
        }
        Owner::Ours { .. } if existing.text("/type") != wanted.text("/type") => {
            Why::Type(existing.text("/type").to_owned())
        }
        Owner::Ours { .. } => return Ok(()),
    };
    Err(NotOurs {
        kind: kind.printed(),
        namespace: existing.namespace().to_owned(),
        name: existing.name().to_owned(),
        why,
    })
}

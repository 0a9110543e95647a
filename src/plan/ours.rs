//! Whose an object is: ours, the platform's, or somebody else's. Only ours is written over or deleted.

use super::Object;
use crate::model::kinds::Kind;

/// Label of everything that this tool makes.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
pub const MANAGER: &str = "kubectl-extreg";
/// Annotation of everything that this tool makes: the registry it is for, `host[:port][/path]`.
pub const REGISTRY: &str = "extreg.dev/registry";

/// Annotations that OpenShift's image pull secret controller puts on the secrets it makes and rotates
/// (openshift-controller-manager `pkg/internalregistry/controllers/annotations.go`), and those of the service account
/// tokens that came before (`pkg/serviceaccounts/controllers`, Kubernetes `core/v1` `ServiceAccountNameKey`).
const PLATFORM: [&str; 4] = [
    "openshift.io/internal-registry-auth-token.service-account",
    "openshift.io/internal-registry-auth-token.binding",
    "openshift.io/token-secret.name",
    "kubernetes.io/service-account.name",
];

/// Whose an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Ours, for the registry that it names.
    Ours { registry: String },
    /// Made and rotated by the platform: never to be linked, edited or deleted.
    Platform,
    /// Somebody else's.
    Foreign,
}

/// Whose `object` is.
pub fn owner(object: &Object) -> Owner {
    let annotated = PLATFORM
        .iter()
        .any(|annotation| object.annotation(annotation).is_some());
    // Before 4.16 the pull secrets of accounts are known by type and name only.
    let named =
        object.text("/type") == "kubernetes.io/dockercfg" && object.name().contains("-dockercfg-");
    if annotated || named {
        return Owner::Platform;
    }
    match (object.label(MANAGED_BY), object.annotation(REGISTRY)) {
        (Some(MANAGER), Some(registry)) => Owner::Ours {
            registry: registry.to_owned(),
        },
        _ => Owner::Foreign,
    }
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

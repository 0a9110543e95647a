//! The connection to the API server and all reads from it. Decides about no write: that is [`crate::apply`]'s.
//!
//! ```text
//! flags, kubeconfig, pod -> choose -> material, login, proxy -> session -> transport, link -> get, list, write, access
//! ```
//!
//! Objects are JSON, nothing of them dropped. Failures are [`ClusterError`], never a library's own text.

pub mod access;
mod choose;
pub mod connect;
mod discovery;
mod exec;
mod faults;
mod glimpse;
pub mod importing;
mod in_cluster;
mod kubeconfig;
mod link;
mod login;
mod material;
mod openid;
pub mod opinion;
mod page;
mod path;
mod proxy;
mod read;
mod session;
pub mod snapshot;
mod tls;
mod transport;
mod unreachable;
mod warnings;
mod write;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use serde_json::Value;

pub use crate::model::kinds::{self, Kind, ObjectRef};
pub use glimpse::Glimpse;
pub use write::FIELD_MANAGER;

/// A failed call in words for the user; never a library's own text.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ClusterError {
    /// 404 for the object.
    #[error("{0} not found")]
    NotFound(String),
    /// 403: the server's message, and the right that is missing.
    #[error("{message}")]
    Forbidden {
        verb: String,
        resource: String,
        namespace: Option<String>,
        message: String,
    },
    #[error("{0}")]
    Conflict(String),
    #[error("{0} already exists")]
    AlreadyExists(String),
    #[error("{0}")]
    Invalid(String),
    /// 401.
    #[error("You must be logged in to the server ({0})")]
    Unauthorized(String),
    /// No answer: refused, DNS, TLS, timeout; which, and the address.
    #[error("{0}")]
    Unreachable(String),
    /// The API group is not served.
    #[error("the server does not serve {0}")]
    GroupMissing(String),
    #[error("{0}")]
    Other(String),
}

/// A connected cluster. Cheap to clone.
#[derive(Clone)]
pub struct Cluster {
    session: Arc<session::Session>,
    known: Arc<Known>,
}

/// What does not change while the connection lives.
#[derive(Default)]
struct Known {
    groups: tokio::sync::OnceCell<Vec<String>>,
    /// Group and version to the resources served.
    resources: tokio::sync::Mutex<BTreeMap<String, Vec<String>>>,
    version: tokio::sync::OnceCell<Option<String>>,
    rights: Mutex<HashMap<access::Right, bool>>,
}

/// Which namespaces a list covers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    All,
    Namespace(String),
}

/// What a list asks for.
#[derive(Debug, Clone, Default)]
pub struct Selectors {
    pub labels: Option<String>,
    pub fields: Option<String>,
}

/// A write as it goes over the wire; only [`crate::apply`] makes them. Its `Debug` leaves the objects out: they may hold
/// secret values.
#[derive(Clone)]
pub enum Write {
    Create(Value),
    /// PUT of the whole object as it was read (unknown fields kept), guarded by its `resourceVersion`.
    Replace(Value),
    JsonPatch(Value),
    /// Server-side apply with the field manager `kubectl-extreg`.
    Apply {
        object: Value,
        force: bool,
    },
    Delete {
        uid: Option<String>,
        resource_version: Option<String>,
    },
}

impl std::fmt::Debug for Write {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Create(_) => "Create",
            Self::Replace(_) => "Replace",
            Self::JsonPatch(_) => "JsonPatch",
            Self::Apply { .. } => "Apply",
            Self::Delete { .. } => "Delete",
        })
    }
}

impl Cluster {
    fn of(session: session::Session) -> Self {
        Self {
            session: Arc::new(session),
            known: Arc::default(),
        }
    }

    /// The namespace of `-n`, of the context or of the pod.
    pub fn namespace(&self) -> &str {
        &self.session.target.namespace
    }

    /// Context name, for the report; none in a pod or with `--server` alone.
    pub fn context(&self) -> Option<&str> {
        self.session.target.context.as_deref()
    }

    /// Server URL, for the report.
    pub fn server(&self) -> &str {
        &self.session.server
    }

    /// The user's own token, as `oc whoami -t` prints it; `None` for who logs in without one. For the registry of this very
    /// cluster, and nobody else.
    pub async fn own_token(&self) -> Option<secrecy::SecretString> {
        self.session.bearer_token().await
    }

    /// Warning headers and remarks of the connection since the last call; each is told once.
    pub fn take_warnings(&self) -> Vec<String> {
        self.session.warnings.take()
    }
}

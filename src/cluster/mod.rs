//! The connection to the API server and all reads from it. Writes nothing: that is [`crate::apply`]'s.

pub mod access;
pub mod connect;
pub mod kinds;
pub mod snapshot;

use serde_json::Value;

/// A kind of object as the API server serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind {
    /// Empty for the core group.
    pub group: &'static str,
    pub version: &'static str,
    pub kind: &'static str,
    /// Plural, lower case.
    pub resource: &'static str,
    pub namespaced: bool,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectRef {
    pub kind: Kind,
    /// `None` for objects of the cluster.
    pub namespace: Option<String>,
    pub name: String,
}

/// A failed call in words for the user; never kube's own text.
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
    _private: (),
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

/// A write as it goes over the wire; only [`crate::apply`] makes them.
#[derive(Debug, Clone)]
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

impl Cluster {
    /// One object as JSON, nothing dropped; `None` when it does not exist.
    pub async fn get(&self, object: &ObjectRef) -> Result<Option<Value>, ClusterError> {
        todo!("{object:?}")
    }
    /// All objects, in pages of 500; `each` sees them one by one so that only what is needed is kept.
    pub async fn list(
        &self,
        kind: Kind,
        scope: &Scope,
        selectors: &Selectors,
        each: impl FnMut(Value) + Send,
    ) -> Result<(), ClusterError> {
        let mut each = each;
        each(Value::Null);
        todo!("{kind:?} {scope:?} {selectors:?}")
    }
    /// Performs one write. `dry_run` is the server's.
    pub async fn write(
        &self,
        object: &ObjectRef,
        write: &Write,
        dry_run: bool,
    ) -> Result<Value, ClusterError> {
        todo!("{object:?} {write:?} {dry_run}")
    }
    /// The namespace of the context or of `-n`.
    pub fn namespace(&self) -> &str {
        todo!()
    }
    /// Context name and server URL, for the report.
    pub fn context(&self) -> Option<&str> {
        todo!()
    }
    pub fn server(&self) -> &str {
        todo!()
    }
    /// The server's version; `None` when it does not parse or is not told.
    pub async fn version(&self) -> Option<String> {
        todo!()
    }
    /// OpenShift's version from ClusterVersion, where there is one and rights allow.
    pub async fn openshift_version(&self) -> Option<String> {
        todo!()
    }
    /// Whether the group is served, by discovery.
    pub async fn serves(&self, group: &str) -> Result<bool, ClusterError> {
        todo!("{group}")
    }
    /// Warning headers received since the last call, each once.
    pub fn take_warnings(&self) -> Vec<String> {
        todo!()
    }
}

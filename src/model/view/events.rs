//! Events: what components said about an object.

use jiff::Timestamp;

/// An event about an object (`core/v1`). Foreign text, not sanitised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Of the object that it is about.
    pub namespace: String,
    /// `Pod`, `Build`, ...: the kind that it is about.
    pub kind: String,
    pub name: String,
    pub uid: String,
    /// The part of the object: `spec.containers{web}`.
    pub field_path: Option<String>,
    /// `Normal` or `Warning`.
    pub type_name: String,
    /// `Failed`, `BackOff`, ...
    pub reason: String,
    pub message: String,
    /// How often it was seen.
    pub count: u64,
    /// When it was last seen.
    pub last: Option<Timestamp>,
    /// `kubelet`, ...
    pub component: String,
}

impl Event {
    /// The container that it is about: `spec.containers{web}` is about `web` (kubelet `pkg/kubelet/container/ref.go`
    /// `fieldPath`).
    pub fn container(&self) -> Option<&str> {
        let (_, rest) = self.field_path.as_deref()?.split_once('{')?;
        rest.strip_suffix('}')
    }
}

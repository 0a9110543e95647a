//! What planners and rules know about a namespace and about the cluster's configuration, as plain values.
//!
//! [`crate::cluster::snapshot`] fills them, each part by itself: what could not be read says why, and is never taken for
//! empty. Only what is needed is kept. Secret values do not show in `Debug`.

mod builds;
mod config;
mod events;
mod objects;
mod streams;

use std::fmt;
use std::sync::Arc;

use secrecy::ExposeSecret as _;

pub use builds::{Build, BuildConfig, BuildImage, BuildSourceImage, DockerfileOf};
pub use config::{
    ClusterConfigView, ConfigMapData, ImageConfig, Node, ProxyConfig, SignaturePolicy,
    SignaturePolicyKind,
};
pub use events::Event;
pub use objects::{
    Container, ContainerKind, Owner, Pod, Secret, ServiceAccount, Waiting, Workload, Workloads,
};
pub use streams::{ImageStream, ImportCondition, StreamTag, TagItem};

use crate::error::Error;

/// A part of a view, or why it is missing.
pub type Part<T> = Result<T, Missing>;

/// Why a part of a view is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// The caller did not want it.
    #[error("it was not read")]
    NotAsked,
    /// The user lacks this right.
    #[error("no right to {verb} {resource}{}", place(namespace.as_deref()))]
    Forbidden {
        verb: String,
        /// `resource[.group]`.
        resource: String,
        namespace: Option<String>,
    },
    /// The cluster does not have the kind (`resource.group`).
    #[error("the cluster does not serve {0}")]
    NotServed(String),
    /// Anything else, in words.
    #[error("{0}")]
    Failed(String),
}

fn place(namespace: Option<&str>) -> String {
    namespace.map_or_else(String::new, |name| format!(" in the namespace {name}"))
}

impl From<Missing> for Error {
    fn from(missing: Missing) -> Self {
        let message = missing.to_string();
        match missing {
            Missing::Forbidden {
                verb,
                resource,
                namespace,
            } => {
                let place = namespace.map_or_else(String::new, |name| format!(" -n {name}"));
                Self::failure(message).hint(format!(
                    "ask for the right; `kubectl auth can-i {verb} {resource}{place}` tells whether you have it"
                ))
            }
            _ => Self::failure(message),
        }
    }
}

/// Bytes that must not be shown. Cheap to clone; the memory is wiped when the last clone goes.
#[derive(Clone)]
pub struct SecretBytes(Arc<secrecy::SecretSlice<u8>>);

impl SecretBytes {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Arc::new(bytes.into()))
    }

    /// The value itself, for parsing and for nothing else.
    pub fn expose(&self) -> &[u8] {
        (*self.0).expose_secret()
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretBytes(***)")
    }
}

/// What was read of one namespace, or of all of them: every object names its own.
#[derive(Debug, Clone)]
pub struct NamespaceView {
    /// `None`: all namespaces.
    pub namespace: Option<String>,
    pub service_accounts: Part<Vec<ServiceAccount>>,
    /// Those that hold docker credentials, or look as if they were meant to.
    pub secrets: Part<Vec<Secret>>,
    pub pods: Part<Vec<Pod>>,
    pub workloads: Part<Workloads>,
    pub build_configs: Part<Vec<BuildConfig>>,
    pub builds: Part<Vec<Build>>,
    pub image_streams: Part<Vec<ImageStream>>,
    /// ImagePolicies.
    pub signature_policies: Part<Vec<SignaturePolicy>>,
    /// Warnings and what else tells of images that do not come.
    pub events: Part<Vec<Event>>,
}

impl NamespaceView {
    /// A service account by name; `None` also when they could not be read.
    pub fn service_account(&self, namespace: &str, name: &str) -> Option<&ServiceAccount> {
        self.service_accounts
            .iter()
            .flatten()
            .find(|account| account.namespace == namespace && account.name == name)
    }

    /// An image stream by name; `None` also when they could not be read.
    pub fn image_stream(&self, namespace: &str, name: &str) -> Option<&ImageStream> {
        self.image_streams
            .iter()
            .flatten()
            .find(|stream| stream.namespace == namespace && stream.name == name)
    }

    /// A secret by name; `None` also when they could not be read.
    pub fn secret(&self, namespace: &str, name: &str) -> Option<&Secret> {
        self.secrets
            .iter()
            .flatten()
            .find(|secret| secret.namespace == namespace && secret.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_bytes_do_not_show() {
        let bytes = SecretBytes::new(b"hunter2".to_vec());
        assert_eq!(format!("{bytes:?}"), "SecretBytes(***)");
        assert_eq!(bytes.expose(), b"hunter2");
    }

    #[test]
    fn a_missing_right_is_named() {
        let missing = Missing::Forbidden {
            verb: "list".into(),
            resource: "secrets".into(),
            namespace: Some("team".into()),
        };
        assert_eq!(
            missing.to_string(),
            "no right to list secrets in the namespace team"
        );
        let error = Error::from(missing);
        assert!(
            error.hints()[0].contains("kubectl auth can-i list secrets -n team"),
            "{error:?}"
        );
    }
}

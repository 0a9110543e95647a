//! What a diagnosis is about: an image, an operation, and who it is that pulls or pushes.

use jiff::Timestamp;

use crate::model::image::{ImageReference, ReferenceError};
use crate::model::platform::Platform;

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    Pull,
    Push,
    /// Only the login: the check of `link` without an image.
    Login,
}

impl Operation {
    /// The word of the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Login => "login",
        }
    }
}

/// Who it is that talks to the registry, which decides how credentials are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consumer {
    /// A pod that runs as this service account: the kubelet's keyring, which tries every entry that matches.
    ServiceAccount { namespace: String, name: String },
    /// A file given with `-a`: the matcher of containers/image, which takes one entry.
    AuthFile { path: String },
    /// Nobody in particular: `--no-cluster` without `-a`.
    Anonymous,
    /// One credential that is about to be stored (the check of `link`).
    Credential,
}

impl Consumer {
    /// In words, as the subject of a sentence: `the service account shop/default`.
    pub fn words(&self) -> String {
        match self {
            Self::ServiceAccount { namespace, name } => {
                format!("the service account {namespace}/{name}")
            }
            Self::AuthFile { path } => path.clone(),
            Self::Anonymous => "an anonymous client".to_owned(),
            Self::Credential => "the given credential".to_owned(),
        }
    }
}

/// One target: an image as it was written, and what is to be done with it.
#[derive(Debug, Clone)]
pub struct Subject {
    /// As given on the command line.
    pub text: String,
    pub image: Result<ImageReference, ReferenceError>,
    pub operation: Operation,
    pub consumer: Consumer,
    /// `--plain-http`, or the cluster's `insecureRegistries` led to HTTP.
    pub plain_http: bool,
    /// The platforms of which one must be served.
    pub platforms: Vec<Platform>,
    /// Where `platforms` came from, in words (`the nodes`, `--platform`, `this machine`).
    pub platforms_from: &'static str,
    /// When the run started; certificates are judged at this time.
    pub now: Timestamp,
}

impl Subject {
    /// The registry as it stands in the reference; empty when the reference does not parse.
    pub fn registry(&self) -> &str {
        self.image.as_ref().map_or("", ImageReference::registry)
    }

    /// The repository; empty when the reference does not parse.
    pub fn repository(&self) -> &str {
        self.image.as_ref().map_or("", ImageReference::repository)
    }

    /// The namespace whose objects a remedy changes.
    pub fn namespace(&self) -> Option<&str> {
        match &self.consumer {
            Consumer::ServiceAccount { namespace, .. } => Some(namespace),
            _ => None,
        }
    }

    /// The service account, where there is one.
    pub fn account(&self) -> Option<&str> {
        match &self.consumer {
            Consumer::ServiceAccount { name, .. } => Some(name),
            _ => None,
        }
    }
}

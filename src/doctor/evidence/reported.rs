//! The facts that come from the cluster's objects: how a target is wired to its secrets, what the cluster reported on it, and
//! what other vantages say.

use std::time::Duration;

use jiff::Timestamp;

use super::Vantage;
use crate::doctor::causes::Cause;

/// Which secrets the consumer is given, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WiringFact {
    pub origin: ListOrigin,
    /// Names of the secrets, in the order in which they are tried.
    pub secrets: Vec<String>,
    /// The place in `spec.source.images` of the image that a build takes from there.
    pub source_image: Option<usize>,
}

/// Where a consumer's list of secrets comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListOrigin {
    /// `imagePullSecrets` of the service account: what admission gives to a pod that is made now.
    Account { name: String },
    /// The pod's own specification, which admission filled from the service account when the pod was made.
    Copied { account: String },
    /// The pod's or template's own list; those of the service account are not used beside it.
    Own { account: String },
    /// A static pod's: the kubelet made it from a file of its node, and uses the node's own credentials for it.
    Static,
    /// All docker secrets of the namespace, in the order of their names.
    Namespace,
    /// Named in the build's specification (`pushSecret`, `pullSecret`).
    BuildField { field: &'static str },
    /// Found by the platform in a list of the service account (`secrets` or `imagePullSecrets`).
    BuildAccount { account: String, list: &'static str },
}

/// How the object's own wording became the image that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedFact {
    /// As the object has it: `istag/app:1.4`, a short name.
    pub from: String,
    /// By what: `image stream tag shop/app:1.4`, `its ImageChange trigger`.
    pub by: String,
}

impl ResolvedFact {
    /// `by` of an image that a Dockerfile in the build itself names.
    pub const BY_DOCKERFILE: &'static str = "its Dockerfile";
}

/// What the cluster reported on a target: an event, a status, a condition, the tail of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedFact {
    /// Among its like, the most telling first.
    pub place: usize,
    pub source: ObservedSource,
    /// The object that it was reported on, in words.
    pub object: String,
    /// Cleaned of wrappers; one line, not sanitised.
    pub message: String,
    /// Who speaks: `kubelet`, `containerd`, `openshift-import`, ...
    pub runtime: &'static str,
    /// The family at which the words point, or `unknown`.
    pub points_at: &'static str,
    /// What the words can mean, likeliest first, and whether the first of them is certain from the words alone.
    pub candidates: Vec<Cause>,
    pub certain: bool,
    /// The words carry no cause (`Back-off pulling image`).
    pub bare: bool,
    /// The target still waits for its image, so that the words are about now.
    pub current: bool,
    pub at: Option<Timestamp>,
}

/// Where the cluster's words stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ObservedSource {
    Event,
    Status,
    Condition,
    Log,
}

impl ObservedSource {
    /// The word of the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Status => "status",
            Self::Condition => "condition",
            Self::Log => "log",
        }
    }
}

/// What another vantage says when it is asked for the same image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpinionFact {
    /// [`Vantage::Cluster`] or [`Vantage::Node`].
    pub vantage: Vantage,
    /// In words: `the API server's import`, `node worker-1`.
    pub who: String,
    pub outcome: OpinionOutcome,
    /// Where it is about this image alone.
    pub elapsed: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpinionOutcome {
    Works {
        digest: Option<String>,
    },
    Fails {
        /// Cleaned of wrappers, not sanitised.
        message: String,
        points_at: &'static str,
        /// What the words can mean, likeliest first, and whether the first of them is certain from the words alone.
        candidates: Vec<Cause>,
        certain: bool,
    },
}

impl OpinionFact {
    /// The words of a failure.
    pub fn message_mut(&mut self) -> Option<&mut String> {
        match &mut self.outcome {
            OpinionOutcome::Fails { message, .. } => Some(message),
            OpinionOutcome::Works { .. } => None,
        }
    }
}

/// A node has the image: it was pulled there once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresentFact {
    /// The pod that has it, in words.
    pub object: String,
}

/// A signature policy that binds the image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignatureFact {
    pub place: usize,
    /// `clusterimagepolicy/NAME`, `imagepolicy/NAME`.
    pub policy: String,
    pub scope: String,
    /// Whether the registry has a sigstore attachment for the image; `None` when that was not asked, or could not be.
    pub attached: Option<bool>,
}

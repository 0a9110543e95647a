//! What registries told: about themselves, a login, a right, a manifest, tags, blobs, a push.

use std::collections::BTreeMap;
use std::time::Duration;

use super::wire::Exchange;
use crate::model::dialect::Dialect;
use crate::model::exposed::Exposed;
use crate::model::platform::Platform;

/// What an image's configuration says of how it is run and built on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConfigBlob {
    /// `None` where it does not name both operating system and architecture.
    pub platform: Option<Platform>,
    pub labels: BTreeMap<String, String>,
    /// It says by itself what is run: it has an entrypoint or a command.
    pub runs: bool,
    pub exposed: Exposed,
}

/// What `/v2/` told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ping {
    pub exchange: Exchange,
    pub kind: PingKind,
    pub dialect: Dialect,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PingKind {
    /// A registry that wants no credentials for `/v2/`.
    Open,
    /// A registry that wants credentials (401 with a challenge).
    Challenge,
    /// A registry that refuses without saying how to log in, or by a way that runtimes do not know.
    ChallengeMissing,
    /// 2xx, and nothing in it that only a registry says, as a file server answers that has an image's files in the right
    /// places: what it has when it is asked for the image tells.
    Unproven,
    /// It answers, and not as a registry.
    NotARegistry {
        why: String,
        title: Option<String>,
        location: Option<String>,
    },
    /// 5xx.
    ServerError,
    /// 403 and the like before any question was asked.
    Refused,
    /// 429.
    RateLimited,
    /// No answer at all.
    NoAnswer,
}

/// Whether a login was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// Which credential, as an index into the run's list; `None` for anonymous.
    pub credential: Option<usize>,
    pub exchanges: Vec<Exchange>,
    pub verdict: LoginVerdict,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginVerdict {
    /// Accepted by the call that proves it for this dialect.
    Accepted,
    /// Refused; `expired` when the credential or the registry says so.
    Refused { expired: bool, words: String },
    /// The registry takes any login (Nexus with anonymous access, Harbor with a scope): nothing is proved.
    NotProved { why: &'static str },
    Throttled {
        words: String,
        retry_after: Option<Duration>,
    },
    /// The token service did not answer, or not as one.
    ServiceFault { words: String },
    /// A fresh token is refused as invalid.
    TokenRefused { clock_skew: Option<Duration> },
    /// Not tried, or cut off.
    Unknown { why: String },
}

/// The token for one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    pub exchange: Exchange,
    /// The `access` claim where the token is a JWT that tells: actions granted on this repository.
    pub granted: Option<Vec<String>>,
    /// Claims worth showing (`sub`, `aud`, `exp`), never the token.
    pub claims: Vec<(String, String)>,
}

/// A manifest request as seen by one credential (or none).
///
/// `exchange` is the last one on the way to the manifest. Where a token was refused, or withheld, that is the token
/// request's own (its purpose says so), because the manifest was not asked for with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestView {
    pub credential: Option<usize>,
    pub grant: Option<Grant>,
    pub exchange: Exchange,
    pub manifest: Option<ManifestFact>,
}

/// A manifest that was delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestFact {
    /// Computed from the body, by the algorithm of the digest that was asked for.
    pub digest: String,
    /// The same by SHA-256, by which all know it.
    pub sha256: String,
    /// What the header claimed, when it differs.
    pub header_digest: Option<String>,
    /// The digest that was asked for, when the body does not match it.
    pub asked_digest: Option<String>,
    pub media_type: String,
    /// The `Content-Type` where that is no type of a manifest; empty where there was none.
    pub served_as: Option<String>,
    pub kind: ManifestKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManifestKind {
    Image {
        config: Descriptor,
        layers: Vec<Descriptor>,
    },
    Index {
        children: Vec<Child>,
    },
    /// A manifest whose config is no image configuration, and what it says it is.
    Artifact {
        artifact_type: String,
    },
    Schema1,
    Unknown {
        why: String,
    },
}

impl ManifestKind {
    /// What it is, with an article; foreign text, not sanitised.
    pub fn words(&self) -> String {
        match self {
            Self::Image { .. } => "an image".to_owned(),
            Self::Index { children } if children.is_empty() => {
                "an index without any manifest".to_owned()
            }
            Self::Index { .. } => "an index".to_owned(),
            Self::Artifact { artifact_type } => {
                format!("an artifact of type {artifact_type}, no image")
            }
            Self::Schema1 => {
                "a schema 1 manifest, which CRI-O and containerd no longer take".to_owned()
            }
            Self::Unknown { why } => format!("no image: {why}"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Descriptor {
    pub digest: String,
    pub size: u64,
    pub media_type: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    pub descriptor: Descriptor,
    /// `None` for attestations and other entries without a usable platform.
    pub platform: Option<Platform>,
    /// It says nothing of a platform: it is taken where none that does fits.
    pub for_any: bool,
}

/// `tags/list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tags {
    pub exchange: Exchange,
    /// `None` when the answer was no list.
    pub tags: Option<Vec<String>>,
    /// There are more than were read.
    pub partial: bool,
}

/// Whether one blob is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobView {
    pub descriptor: Descriptor,
    pub exchange: Exchange,
    /// The storage host that the registry redirected to, and its answer.
    pub redirected: Option<Exchange>,
    /// What is there in the blob's place, where it is seen not to be the blob.
    pub mismatch: Option<Mismatch>,
}

/// How what a registry hands out differs from what its manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// It is so many bytes long.
    Size { delivered: u64 },
    /// It has this digest.
    Digest { delivered: String },
    /// An index, where an image should be.
    Index,
    /// A manifest of something else than an image; in words.
    NoImage { what: String },
}

/// The push probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushView {
    pub credential: Option<usize>,
    /// By which way, and what it may leave behind, in words that are shown before it runs.
    pub way: &'static str,
    pub exchanges: Vec<Exchange>,
    pub verdict: PushVerdict,
    /// What could not be cancelled.
    pub leftover: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushVerdict {
    Allowed,
    Denied {
        words: String,
    },
    RepositoryMissing {
        words: String,
    },
    /// A policy of the registry, not of rights (proxy project, read-only, quota).
    Refused {
        words: String,
    },
    NotProved {
        why: String,
    },
}

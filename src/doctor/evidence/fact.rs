//! The facts that rules read: observations of [`crate::model::observation`] and what the cluster's objects say.
//!
//! No fact holds a credential: credentials are known by their place in the run's list.

use std::net::{IpAddr, SocketAddr};

use jiff::Timestamp;

use super::reported::{
    ObservedFact, OpinionFact, PresentFact, ResolvedFact, SignatureFact, WiringFact,
};
use crate::model::docker_config::EntryFault;
use crate::model::image::{ImageReference, ReferenceError};
use crate::model::keyring::NearMiss;
use crate::model::observation::{
    BlobView, ConfigBlob, ConnectFault, DnsFault, Login, ManifestKind, ManifestView, Ping,
    ProxyUse, PushView, Stage, Tags, Tls, TlsFault,
};
use crate::model::platform::Platform;

/// One typed observation.
#[derive(Debug, Clone)]
pub enum Fact {
    Reference(Result<ImageReference, ReferenceError>),
    Policy(PolicyFact),
    MirrorPlan(MirrorPlan),
    MirrorTrial(MirrorTrial),
    Dns(Stage<Vec<IpAddr>, DnsFault>),
    Tcp(Stage<SocketAddr, ConnectFault>),
    Proxy(ProxyUse),
    Tls(Stage<Tls, TlsFault>),
    Chain(ChainFact),
    Ping(Ping),
    OtherPort(PortFact),
    Source(SourceFact),
    Candidates {
        list: Vec<CandidateFact>,
        /// Why there may be more than `list` (the nodes' own pull secret cannot be read).
        maybe_more: Option<String>,
    },
    Login(Login),
    Manifest(Box<ManifestView>),
    Tags(Tags),
    Variant(VariantFact),
    /// The platforms that the image is for.
    Platforms(Vec<Platform>),
    /// How many parts of the image are there, of how many, and what they weigh together.
    Blobs {
        present: usize,
        checked: usize,
        total: usize,
        bytes: u64,
    },
    /// What the image's configuration says, where it was asked for.
    Config(Box<ConfigBlob>),
    /// A part that is not there, or could not be asked for.
    Blob(Box<BlobView>),
    Push(Box<PushView>),
    /// Which secrets the consumer is given, and by whom.
    Wiring(WiringFact),
    /// How the object's own wording became the image that is asked for.
    Resolved(ResolvedFact),
    /// What the cluster reported on the target.
    Observed(Box<ObservedFact>),
    /// What another vantage says when it is asked for the same image.
    Opinion(Box<OpinionFact>),
    /// A signature policy that binds the image.
    Signature(SignatureFact),
    Present(PresentFact),
}

impl Fact {
    /// Lets go of answers and certificates; what was seen in them stays as it is.
    pub(super) fn shed(&mut self) {
        match self {
            Self::Tls(stage) => {
                if let Ok(tls) = &mut stage.result {
                    tls.chain = Vec::new();
                }
            }
            Self::Ping(ping) => ping.exchange = ping.exchange.outline(),
            Self::Login(login) => login.exchanges = Vec::new(),
            Self::Manifest(view) => {
                view.exchange = view.exchange.outline();
                view.grant = None;
                if let Some(manifest) = &mut view.manifest {
                    manifest.kind = ManifestKind::Unknown { why: String::new() };
                }
            }
            _ => {}
        }
    }

    /// Where it stands among its like: by kind, then by its own number.
    pub(super) fn place(&self) -> u64 {
        let credential = |index: Option<usize>| index.map_or(0, |index| index as u64 + 1);
        match self {
            Self::Reference(_)
            | Self::Policy(_)
            | Self::MirrorPlan(_)
            | Self::Dns(_)
            | Self::Proxy(_)
            | Self::Ping(_)
            | Self::Platforms(_)
            | Self::Candidates { .. }
            | Self::Blobs { .. }
            | Self::Push(_)
            | Self::Wiring(_) => 0,
            Self::Tcp(_) | Self::Tls(_) | Self::Blob(_) | Self::Resolved(_) => 1,
            Self::MirrorTrial(trial) => 1 + trial.place as u64,
            Self::Chain(chain) => 2 + chain.side as u64,
            Self::OtherPort(port) => 10 + u64::from(port.port),
            Self::Source(source) => 1 + source.place as u64,
            Self::Login(login) => credential(login.credential),
            Self::Manifest(view) => credential(view.credential),
            Self::Signature(policy) => 2 + policy.place as u64,
            Self::Observed(seen) => 1 + seen.place as u64,
            Self::Present(_) => 400,
            Self::Opinion(opinion) => 500 + opinion.vantage as u64,
            Self::Tags(_) => 1_000,
            Self::Variant(_) => 1_001,
            Self::Config(_) => 1_002,
        }
    }
}

/// What image.config says on a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFact {
    pub decision: PolicyDecision,
    /// The entry of `insecureRegistries` that holds for it.
    pub insecure: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyDecision {
    /// No list keeps it out.
    Allowed,
    /// `blockedRegistries` has this entry, at this place.
    Blocked { entry: String, place: Option<usize> },
    /// `allowedRegistries` has these entries, and none of them holds.
    NotAllowed { allowed: Vec<String> },
    /// `allowedRegistriesForImport` has these entries, and none of them holds. It binds imports only.
    NotAllowedForImport { allowed: Vec<String> },
}

/// Where the nodes ask, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorPlan {
    /// `registry/repository` of each mirror.
    pub mirrors: Vec<String>,
    /// Whether the source is asked when no mirror has it (`mirrorSourcePolicy`).
    pub source_allowed: bool,
}

/// What came of asking one mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorTrial {
    /// Position in the plan.
    pub place: usize,
    pub mirror: String,
    pub outcome: TrialOutcome,
}

/// A mirror's own diagnosis in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrialOutcome {
    Healthy,
    Failed {
        cause: crate::doctor::causes::Cause,
        summary: String,
    },
    Undetermined {
        summary: String,
    },
}

/// Whose trust a chain was judged with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// This machine's store and `--registry-ca`.
    Here,
    /// The cluster's trust for this registry.
    Cluster,
}

/// A certificate chain judged with one set of roots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainFact {
    pub side: Side,
    pub leaf: String,
    pub issuer: String,
    pub not_after: Option<Timestamp>,
    /// The trusted certificate that it leads to.
    pub anchor: Option<String>,
    /// In the order in which Go notices them; empty when the chain is good.
    pub faults: Vec<ChainFault>,
    /// What was taken for granted (`the nodes' own bundle is taken to be the public roots`).
    pub assumed: Option<String>,
    /// The registry is listed in `insecureRegistries`: faults are not fatal for the nodes.
    pub tolerated: bool,
    /// What is wrong with the bundle that ought to hold the root, in words.
    pub bundle_remarks: Vec<String>,
}

/// One thing that is wrong with a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChainFault {
    Expired {
        who: String,
        at: Option<Timestamp>,
        is_ca: bool,
    },
    NotYetValid {
        who: String,
        from: Option<Timestamp>,
    },
    WrongName {
        presented: Vec<String>,
        only_common_name: bool,
    },
    /// No root vouches for it; `missing` says which intermediate is left out, and how that is known.
    UnknownIssuer {
        issuer: String,
        missing: Option<String>,
    },
    /// The issuer is there and must not vouch (no CA, not allowed to sign, wrong purpose).
    UnfitIssuer { words: String },
    /// The server's own certificate is refused for something else.
    UnfitLeaf { words: String },
    /// Our TLS library cannot judge it; nodes may.
    OurLimits { words: String },
}

/// What answers on another port, or by the other scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortFact {
    pub port: u16,
    pub https: bool,
    /// A registry answers there.
    pub registry: bool,
    pub words: String,
}

/// How a source of credentials comes into play.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// The consumer uses it: a linked pull secret, the file given.
    Used,
    /// The nodes' own pull secret, which every pod may use.
    Node,
    /// It matches as well, and stands behind the one that is sent by a consumer that sends one only.
    Shadowed,
    /// The service account has it, and the pod's or template's own list keeps it from being used.
    Overridden,
    /// The service account has it, and this pod was made before it had.
    Late,
    /// In the namespace, and nothing makes the consumer use it.
    Unlinked,
    /// In another namespace.
    Elsewhere,
}

impl Role {
    /// Whether the consumer would send what is in it.
    pub fn is_used(self) -> bool {
        matches!(self, Self::Used | Self::Node)
    }
}

/// A secret or file that may hold credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFact {
    /// Position in the order in which the consumer asks.
    pub place: usize,
    /// In words: `secret shop/corp-pull`, `auth.json`.
    pub name: String,
    /// Namespace and name, for secrets.
    pub object: Option<(String, String)>,
    pub role: Role,
    pub state: SourceState,
    /// Entries of it that are not in `state`, because another one is what was asked about.
    pub beside: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceState {
    /// Named, and not there.
    Missing,
    /// Not of a type that the consumer reads. `covers` says whether its content, read as what it looks like, is for this
    /// image; `None` where it looks like no docker config. `keys` are those of the content.
    WrongType {
        found: String,
        covers: Option<bool>,
        keys: Vec<String>,
    },
    /// The type is right and the content no docker config.
    Malformed { words: String },
    /// Readable; entries in the order of the file.
    Read(Vec<EntryFact>),
}

/// One entry as the consumer's matcher sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryFact {
    pub key: String,
    pub username: Option<String>,
    /// Why it cannot be sent.
    pub fault: Option<EntryFault>,
    /// The decoded password ends in a line end.
    pub trailing_newline: bool,
    /// The consumer's matcher takes it for this image.
    pub matches: bool,
    /// The other matcher takes it.
    pub other_matcher: bool,
    /// It means this registry and does not match.
    pub near_miss: Option<NearMiss>,
    /// Place in the run's list of credentials, when it may be tried.
    pub candidate: Option<usize>,
}

/// A credential that would be sent, or could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CandidateFact {
    /// Place in the run's list of credentials.
    pub index: usize,
    /// The source's name.
    pub source: String,
    pub object: Option<(String, String)>,
    pub key: String,
    pub username: Option<String>,
    pub role: Role,
}

/// Another name that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VariantFact {
    pub kind: VariantKind,
    /// Complete reference, ready to be pasted.
    pub image: String,
    pub found: bool,
}

/// By which rule a name was guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VariantKind {
    /// `library/` in front, or taken off.
    Library,
    /// A path component of web addresses or repository keys in front, or taken off.
    Prefix,
    /// A name that the cluster uses already.
    InUse,
    /// `_` for `-`, plural, doubled segment.
    Spelling,
}

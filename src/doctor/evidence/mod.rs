//! What was observed, stage by stage: the input of the rules and the body of the report.
//!
//! Evidence says what was seen and from where; it names no cause. The set is put into one canonical order, so that no
//! judgement can depend on which probe happened to end first.

mod complete;
mod describe;
mod fact;
mod reported;

use std::time::Duration;

pub use complete::complete;
pub use describe::{About, chain_fault_words, describe, name_of, short_digest, size_words};
pub use fact::{
    CandidateFact, ChainFact, ChainFault, EntryFact, Fact, MirrorPlan, MirrorTrial, PolicyDecision,
    PolicyFact, PortFact, Role, Side, SourceFact, SourceState, TrialOutcome, VariantFact,
    VariantKind,
};
pub use reported::{
    ListOrigin, ObservedFact, ObservedSource, OpinionFact, OpinionOutcome, PresentFact,
    ResolvedFact, SignatureFact, WiringFact,
};

/// The stages of the pull path, in the order of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Check {
    Reference,
    Policy,
    Mirror,
    Dns,
    Tcp,
    Tls,
    Registry,
    Credentials,
    Login,
    Permission,
    Manifest,
    Platform,
    Blobs,
    Push,
    Wiring,
    Observed,
}

impl Check {
    /// All sixteen, in order.
    pub const ALL: [Self; 16] = [
        Self::Reference,
        Self::Policy,
        Self::Mirror,
        Self::Dns,
        Self::Tcp,
        Self::Tls,
        Self::Registry,
        Self::Credentials,
        Self::Login,
        Self::Permission,
        Self::Manifest,
        Self::Platform,
        Self::Blobs,
        Self::Push,
        Self::Wiring,
        Self::Observed,
    ];

    /// The word of the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Policy => "policy",
            Self::Mirror => "mirror",
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::Registry => "registry",
            Self::Credentials => "credentials",
            Self::Login => "login",
            Self::Permission => "permission",
            Self::Manifest => "manifest",
            Self::Platform => "platform",
            Self::Blobs => "blobs",
            Self::Push => "push",
            Self::Wiring => "wiring",
            Self::Observed => "observed",
        }
    }
}

/// From where something was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Vantage {
    /// The machine that runs the command.
    Here,
    /// The API server's own import.
    Cluster,
    /// What a kubelet reported, or a probe on a node saw.
    Node,
    /// Read from the cluster's objects, or from a file.
    Config,
}

impl Vantage {
    /// The word of the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Here => "here",
            Self::Cluster => "cluster",
            Self::Node => "node",
            Self::Config => "config",
        }
    }
}

/// How a stage came out, taken by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    Pass,
    Fail,
    Warn,
    Skip,
}

impl Status {
    /// The word of the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Skip => "skip",
        }
    }
}

/// Why a stage was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SkipReason {
    /// The user lacks the right to read it.
    Forbidden,
    /// The deadline came first.
    TimedOut,
    /// An earlier stage failed.
    DependsOn,
    /// Only done when asked for.
    OptIn,
    /// There is nothing to look at.
    NotApplicable,
    /// Needs a cluster, and the run has none.
    NoCluster,
}

impl SkipReason {
    /// The word of the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Forbidden => "forbidden",
            Self::TimedOut => "timed-out",
            Self::DependsOn => "depends-on",
            Self::OptIn => "opt-in",
            Self::NotApplicable => "not-applicable",
            Self::NoCluster => "no-cluster",
        }
    }

    /// Whether something that belongs to a healthy target stays unknown because of it.
    pub fn leaves_a_gap(self) -> bool {
        matches!(self, Self::Forbidden | Self::TimedOut | Self::DependsOn)
    }
}

/// One thing that was seen, or not looked at.
#[derive(Debug, Clone)]
pub struct Evidence {
    pub check: Check,
    pub vantage: Vantage,
    pub status: Status,
    /// One line, sanitised.
    pub detail: String,
    /// How long it took, where that means something.
    pub elapsed: Option<Duration>,
    /// Set exactly for [`Status::Skip`].
    pub skip_reason: Option<SkipReason>,
    /// What the rules read; none for skips.
    pub fact: Option<Fact>,
}

impl Evidence {
    /// A stage that was not looked at, and why.
    pub fn skip(
        check: Check,
        vantage: Vantage,
        reason: SkipReason,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            check,
            vantage,
            status: Status::Skip,
            detail: detail.into(),
            elapsed: None,
            skip_reason: Some(reason),
            fact: None,
        }
    }

    /// Same stage, same place in line, whatever the order of arrival.
    fn sort_key(&self) -> impl Ord + '_ {
        (
            self.check,
            self.fact.as_ref().map_or(u64::MAX, Fact::place),
            self.vantage,
            self.status,
            self.detail.as_str(),
        )
    }
}

/// The evidence on one target, in canonical order. Ids are `e1`, `e2`, ... in that order.
#[derive(Debug, Clone, Default)]
pub struct EvidenceSet(Vec<Evidence>);

impl EvidenceSet {
    /// Puts evidence into the canonical order.
    pub fn new(mut items: Vec<Evidence>) -> Self {
        items.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        Self(items)
    }

    /// Adds evidence and keeps the order. Positions found before are void afterwards.
    pub fn extend(&mut self, items: impl IntoIterator<Item = Evidence>) {
        self.0.extend(items);
        self.0.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
    }

    pub fn iter(&self) -> std::slice::Iter<'_, Evidence> {
        self.0.iter()
    }

    pub fn as_slice(&self) -> &[Evidence] {
        &self.0
    }

    /// Everything on one stage, with positions.
    pub fn of(&self, check: Check) -> impl Iterator<Item = (usize, &Evidence)> {
        self.0
            .iter()
            .enumerate()
            .filter(move |(_, item)| item.check == check)
    }

    /// All facts that `pick` takes, with positions.
    pub fn facts<'a, T>(
        &'a self,
        pick: impl Fn(&'a Fact) -> Option<T> + 'a,
    ) -> impl Iterator<Item = (usize, T)> + 'a {
        self.0
            .iter()
            .enumerate()
            .filter_map(move |(at, item)| Some((at, pick(item.fact.as_ref()?)?)))
    }

    /// Lets go of answers and certificates, which nobody reads once the target is judged.
    pub fn shed(&mut self) {
        for fact in self.0.iter_mut().filter_map(|item| item.fact.as_mut()) {
            fact.shed();
        }
        self.0.shrink_to_fit();
    }

    /// A target that turned out healthy has no failed stages: what failed on the way there is worth a warning.
    pub fn soften(&mut self) {
        for item in &mut self.0 {
            if item.status == Status::Fail {
                item.status = Status::Warn;
            }
        }
    }
}

impl<'a> IntoIterator for &'a EvidenceSet {
    type Item = &'a Evidence;
    type IntoIter = std::slice::Iter<'a, Evidence>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The id of the evidence at a position.
pub fn id_of(position: usize) -> String {
    format!("e{}", position + 1)
}

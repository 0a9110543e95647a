//! The outcome of judging one target, and of a whole run.

use std::time::Duration;

use jiff::Timestamp;

use super::causes::Cause;
use super::evidence::{EvidenceSet, Fact, ObservedFact};
use super::finding::Finding;
use super::remedies::Remedy;
use super::target::Subject;
use crate::model::observation::ConfigBlob;

/// What the judgement must know of the run beside the evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// A cluster was asked.
    pub cluster: bool,
    /// It serves OpenShift's configuration.
    pub openshift: bool,
    /// The ConfigMap that `additionalTrustedCA` names.
    pub trusted_ca: Option<String>,
    /// `spec.noProxy` of the cluster's Proxy, empty where it has none; `None` where it was not read.
    pub no_proxy: Option<String>,
    /// The client through which the user calls, `oc` or `kubectl`.
    pub client: &'static str,
    /// The flags of this run that a command which looks again must repeat; no flag that holds a secret.
    pub flags: Vec<String>,
    /// A push is judged beside the pull.
    pub push: bool,
}

impl Setting {
    /// The client that remedies are written for.
    pub fn client(&self) -> &'static str {
        if self.openshift { "oc" } else { self.client }
    }
}

/// One target, judged.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    pub subject: Subject,
    pub verdict: Verdict,
    /// Causes that the evidence excludes.
    pub ruled_out: Vec<Cause>,
    pub evidence: EvidenceSet,
}

#[derive(Debug, Clone)]
pub enum Verdict {
    /// Everything that a healthy target needs was seen and is good.
    Healthy,
    /// A cause holds.
    Found {
        finding: Finding,
        remedies: Vec<Remedy>,
    },
    /// Nothing is known to be wrong, and not everything was seen; or nothing known fits.
    Open {
        cause: Option<Cause>,
        summary: String,
        because: Vec<usize>,
    },
}

/// The word of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Healthy,
    Failed,
    Undetermined,
}

impl Outcome {
    pub fn word(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Failed => "failed",
            Self::Undetermined => "undetermined",
        }
    }
}

impl Verdict {
    pub fn is_healthy(&self) -> bool {
        matches!(self, Self::Healthy)
    }

    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Healthy => Outcome::Healthy,
            Self::Found { finding, .. } if !finding.cause.is_open() => Outcome::Failed,
            Self::Found { .. } | Self::Open { .. } => Outcome::Undetermined,
        }
    }

    /// The cause and what is left beside it.
    pub fn causes(&self) -> (Option<Cause>, &[Cause]) {
        match self {
            Self::Healthy => (None, &[]),
            Self::Found { finding, .. } => (Some(finding.cause), &finding.alternatives),
            Self::Open { cause, .. } => (*cause, &[]),
        }
    }
}

impl Diagnosis {
    pub fn outcome(&self) -> Outcome {
        self.verdict.outcome()
    }

    /// Lets go of what only the judgement needed: the wire's answers and certificates. The lines of the report and the names
    /// in them stay.
    pub fn shed(&mut self) {
        self.evidence.shed();
    }

    pub fn cause(&self) -> Option<Cause> {
        self.verdict.causes().0
    }

    /// What the image's configuration says, where the run read it.
    pub fn image_config(&self) -> Option<&ConfigBlob> {
        let mut configs = self.evidence.facts(|fact| match fact {
            Fact::Config(config) => Some(config.as_ref()),
            _ => None,
        });
        configs.next().map(|(_, config)| config)
    }

    /// What the cluster reported on the target: its most telling words.
    pub fn observed(&self) -> Option<&ObservedFact> {
        self.observed_at().map(|(_, seen)| seen)
    }

    /// The same, and its place in the evidence.
    pub fn observed_at(&self) -> Option<(usize, &ObservedFact)> {
        self.evidence
            .facts(|fact| match fact {
                Fact::Observed(seen) => Some(seen.as_ref()),
                _ => None,
            })
            .next()
    }

    /// Whether those words point at another family than the cause is of. Words that point nowhere, or both ways, mislead
    /// nobody, and where the cause is not known nobody can say that they do.
    pub fn is_misled_by(&self, seen: &ObservedFact) -> bool {
        let points = !matches!(seen.points_at, "unknown" | "ambiguous");
        self.cause()
            .is_some_and(|cause| points && !cause.is_open() && seen.points_at != cause.family())
    }

    /// Positions of the evidence that the verdict rests on.
    pub fn because(&self) -> &[usize] {
        match &self.verdict {
            Verdict::Healthy => &[],
            Verdict::Found { finding, .. } => &finding.because,
            Verdict::Open { because, .. } => because,
        }
    }

    pub fn remedies(&self) -> &[Remedy] {
        match &self.verdict {
            Verdict::Found { remedies, .. } => remedies,
            _ => &[],
        }
    }

    /// One sentence on the outcome.
    pub fn summary(&self) -> String {
        match &self.verdict {
            Verdict::Healthy => format!("the {} works", self.subject.operation.word()),
            Verdict::Found { finding, .. } => finding.summary.clone(),
            Verdict::Open { summary, .. } => summary.clone(),
        }
    }
}

/// The cluster that was asked, for the report's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterName {
    pub context: Option<String>,
    pub server: String,
    pub kubernetes: Option<String>,
    pub openshift: Option<String>,
    /// The namespace that the run is about; none where it is about several.
    pub namespace: Option<String>,
}

/// A whole run.
#[derive(Debug, Clone)]
pub struct Report {
    pub started_at: Timestamp,
    pub elapsed: Duration,
    pub cluster: Option<ClusterName>,
    pub setting: Setting,
    pub results: Vec<Diagnosis>,
    /// Requests to registries, for `-vv`: method, URL, status, headers; nothing secret.
    pub exchanges: Vec<crate::model::observation::Exchange>,
}

impl Report {
    pub fn count(&self, outcome: Outcome) -> usize {
        self.results
            .iter()
            .filter(|result| result.outcome() == outcome)
            .count()
    }
}

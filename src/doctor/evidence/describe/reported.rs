//! Lines on what the cluster's objects say of a target, and on what other vantages say.

use super::words::list;
use super::{About, Line};
use crate::doctor::evidence::{
    Check, ListOrigin, ObservedFact, ObservedSource, OpinionFact, OpinionOutcome, PresentFact,
    ResolvedFact, SignatureFact, Status, Vantage, WiringFact,
};
use crate::model::sanitize::sanitize_line;

/// Foreign words of one line.
const LONGEST: usize = 300;

pub(super) fn wiring(wiring: &WiringFact, about: &About<'_>) -> Line {
    let first_only = about.subject.consumer.sends_first_only();
    let secrets = match wiring.secrets.as_slice() {
        [] => "no secret".to_owned(),
        // The kubelet goes through them until one gets the image.
        some if !first_only => in_order(some, 5),
        some => list(some, 5),
    };
    let first = if first_only && wiring.secrets.len() > 1 {
        "; only the first match is sent"
    } else {
        ""
    };
    let words = match &wiring.origin {
        ListOrigin::Account { name } => {
            format!("a pod gets {secrets} from the service account {name}")
        }
        ListOrigin::Copied { account } => {
            format!("the pod got {secrets} from the service account {account} when it was made")
        }
        ListOrigin::Own { account } => format!(
            "its own list has {secrets}; those of the service account {account} are not used"
        ),
        ListOrigin::Static => {
            "a static pod, made by the kubelet of its node: it gets the node's own credentials and no secret".to_owned()
        }
        ListOrigin::Namespace => format!("an import may use {secrets}{first}"),
        ListOrigin::BuildField { field } => format!("{field} names {secrets}{first}"),
        ListOrigin::BuildAccount { account, list } => format!(
            "the build has no secret of its own; {list} of the service account {account} has {secrets}"
        ),
    };
    (Check::Wiring, Vantage::Config, Status::Pass, words, None)
}

/// The first `limit` names in the order in which they are tried, and how many more.
fn in_order(names: &[String], limit: usize) -> String {
    let shown = names
        .iter()
        .take(limit)
        .map(|name| sanitize_line(name, 80))
        .collect::<Vec<_>>()
        .join(", then ");
    match names.len().saturating_sub(limit) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

pub(super) fn resolved(resolved: &ResolvedFact, about: &About<'_>) -> Line {
    let words = format!(
        "{} is {} by {}",
        sanitize_line(&resolved.from, 120),
        sanitize_line(&about.subject.text, 200),
        resolved.by
    );
    (Check::Reference, Vantage::Config, Status::Pass, words, None)
}

pub(super) fn present(present: &PresentFact) -> Line {
    let words = format!(
        "the node of {} has the image, from a pull before",
        sanitize_line(&present.object, 200)
    );
    (Check::Observed, Vantage::Node, Status::Pass, words, None)
}

pub(super) fn observed(seen: &ObservedFact) -> Line {
    let vantage = match seen.source {
        ObservedSource::Event | ObservedSource::Status => Vantage::Node,
        ObservedSource::Condition | ObservedSource::Log => Vantage::Cluster,
    };
    let status = if seen.current {
        Status::Fail
    } else {
        Status::Warn
    };
    let words = format!(
        "{} of {}: {}",
        seen.source.word(),
        seen.object,
        sanitize_line(&seen.message, LONGEST)
    );
    (Check::Observed, vantage, status, words, None)
}

pub(super) fn opinion(opinion: &OpinionFact) -> Line {
    let (status, words) = match &opinion.outcome {
        OpinionOutcome::Works { digest } => (
            Status::Pass,
            match digest {
                Some(digest) => format!("gets it, {}", super::short_digest(digest)),
                None => "gets it".to_owned(),
            },
        ),
        OpinionOutcome::Fails { message, .. } => (Status::Fail, sanitize_line(message, LONGEST)),
    };
    (
        Check::Observed,
        opinion.vantage,
        status,
        format!("{}: {words}", opinion.who),
        opinion.elapsed,
    )
}

pub(super) fn signature(policy: &SignatureFact) -> Line {
    let (status, attached) = match policy.attached {
        Some(true) => (Status::Pass, "; the registry has a signature for it"),
        Some(false) => (Status::Fail, "; the registry has no signature for it"),
        None => (
            Status::Warn,
            "; whether its signature is good is not checked here",
        ),
    };
    (
        Check::Policy,
        Vantage::Config,
        status,
        format!(
            "{} wants a signature for {}{attached}",
            policy.policy, policy.scope
        ),
        None,
    )
}

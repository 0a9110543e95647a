//! What only the cluster can say, because nothing of it can be seen from here: the node itself, its signature policy, the
//! list of registries that imports are allowed from.

use super::{Case, Rule};
use crate::doctor::causes::Cause;
use crate::doctor::evidence::{Fact, SignatureFact};
use crate::doctor::finding::Finding;
use crate::doctor::target::Consumer;

pub(super) const RULES: &[Rule] = &[runtime, signature, import_not_allowed];

/// The words name this cause first: a finding, as sure as the words are.
fn by_words(
    case: &Case<'_>,
    cause: Cause,
    summary: impl Fn(&str, &str) -> String,
) -> Option<Finding> {
    let (voice, words) = case.voices.own_now()?;
    if words.first() != Some(cause) {
        return None;
    }
    let summary = summary(&voice.who, &words.quoted());
    let finding = if words.certain {
        Finding::certain(cause, vec![voice.at], summary)
    } else {
        Finding::likely(cause, vec![voice.at], summary).or(words
            .candidates
            .iter()
            .skip(1)
            .take(3)
            .copied())
    };
    Some(finding.by_words())
}

/// Disk, image store, runtime, pull policy: the registry has nothing to do with it.
fn runtime(case: &Case<'_>) -> Option<Finding> {
    by_words(case, Cause::NodeRuntime, |who, message| {
        format!("{who} fails, not the registry: {message}")
    })
}

/// A signature policy refuses the image: in the node's words, or because the registry has no signature of an image that a
/// policy wants one for. Only nodes check signatures; imports do not.
fn signature(case: &Case<'_>) -> Option<Finding> {
    let said = by_words(case, Cause::Signature, |who, message| {
        format!("{who} rejects the image for its signature: {message}")
    });
    let pulls = matches!(
        case.subject.consumer,
        Consumer::ServiceAccount { .. } | Consumer::Pod { .. }
    );
    let Some((at, policy)) = unsigned(case).filter(|_| pulls) else {
        return said;
    };
    let registry = case.subject.registry();
    match said {
        Some(mut finding) => {
            finding.because.push(at);
            finding.confidence = crate::doctor::finding::Confidence::Certain;
            finding.alternatives.clear();
            Some(finding)
        }
        None => Some(
            Finding::likely(
                Cause::Signature,
                vec![at],
                format!(
                    "{} wants a signature for {}, and {registry} has none attached to the image",
                    policy.policy, policy.scope
                ),
            )
            .settled_by("what a node says when it pulls"),
        ),
    }
}

/// A policy that binds the image, for which the registry has no signature.
fn unsigned<'a>(case: &Case<'a>) -> Option<(usize, &'a SignatureFact)> {
    case.one(|fact| match fact {
        Fact::Signature(policy) if policy.attached == Some(false) => Some(policy),
        _ => None,
    })
}

/// The API server names its list, which could not be read here.
fn import_not_allowed(case: &Case<'_>) -> Option<Finding> {
    let read = case
        .one(|fact| match fact {
            Fact::Policy(policy) => Some(policy),
            _ => None,
        })
        .is_some();
    if read {
        return None;
    }
    let registry = case.subject.registry();
    by_words(case, Cause::ImportNotAllowed, |who, message| {
        format!("{who} imports from some registries only, and not from {registry}: {message}")
    })
}

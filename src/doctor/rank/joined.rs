//! What was seen from here, joined with what the cluster says: words are evidence, and a disagreement is the finding.
//!
//! The reasoning, in the order in which it is applied:
//! - A vantage that gets the image disproves every failure that it would have had as well ([`Proof::clears`]).
//! - A machine that does not reach the registry knows nothing of the cluster's network: where the consumer's own way says
//!   something, that counts, and what this machine could not reach does not.
//! - Where the image comes to this machine and not to the cluster now, the cluster's failure is the cause if it can be
//!   different there (trust, network, proxy, mirror, policy, limits). If it cannot (credentials, what the registry has),
//!   the words are older than what mended it, or the other side asks differently: that is said, and nothing is guessed.
//! - Words about what is over are no finding.

use crate::doctor::causes::Cause;
use crate::doctor::diagnosis::Verdict;
use crate::doctor::evidence::{Fact, TrialOutcome, Vantage};
use crate::doctor::finding::{Confidence, Finding};
use crate::doctor::rules::{Case, Proof, object_of};
use crate::doctor::target::{Consumer, Operation, TargetRef};

use super::said::{Weight, against_here, as_said, next_try, stopped_here, weight};

/// How the target looks from this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Here {
    /// What is to be done works.
    Works,
    /// No registry answered: what was seen is this machine's own way there.
    Unreached,
    /// A registry answered, and it does not work, or was not tried.
    Answered,
}

/// How it looks from here, where `works` says that it does.
pub(super) fn here(case: &Case<'_>, works: bool) -> Here {
    let mirror_answered = case
        .evidence
        .facts(|fact| match fact {
            Fact::MirrorTrial(trial) => Some(&trial.outcome),
            _ => None,
        })
        .any(|(_, outcome)| match outcome {
            TrialOutcome::Healthy => true,
            TrialOutcome::Failed { cause, .. } => !is_on_the_way(*cause),
            TrialOutcome::Undetermined { .. } => false,
        });
    if works {
        Here::Works
    } else if case.answered() || mirror_answered {
        Here::Answered
    } else {
        Here::Unreached
    }
}

/// The outcome of joining.
pub(super) enum Joined {
    /// Findings that are left, or were added; with none, what was seen from here decides.
    Findings(Vec<Finding>),
    /// The other vantages have decided.
    Verdict(Box<Verdict>),
}

/// Joins the findings from here with the voices.
pub(super) fn join(case: &Case<'_>, here: Here, mut findings: Vec<Finding>) -> Joined {
    if let Some(proof) = case.voices.proof() {
        findings.retain(|finding| !disproved(proof, finding));
        for finding in &mut findings {
            narrow(case, finding, proof);
        }
    }
    if here == Here::Unreached {
        match out_of_reach(case, findings) {
            Joined::Findings(left) => findings = left,
            verdict @ Joined::Verdict(_) => return verdict,
        }
    }
    if !findings.is_empty() {
        return Joined::Findings(findings);
    }
    if let Some(joined) = spoken(case, here) {
        return joined;
    }
    by_proof(case, here)
}

/// Whether a finding cannot hold, because another vantage gets the image. What is configured holds nevertheless, and so does
/// a build's secret without which its pod never starts.
fn disproved(proof: &Proof, finding: &Finding) -> bool {
    let configured = matches!(
        finding.cause,
        Cause::RegistryBlocked | Cause::RegistryNotAllowed | Cause::ImportNotAllowed
    );
    let certain = finding.confidence == Confidence::Certain;
    let needed = finding.cause == Cause::SecretMissing && certain;
    !configured && !needed && proof.clears(finding.cause)
}

/// "Not there, or not for you": somebody gets it, so it is there.
fn narrow(case: &Case<'_>, finding: &mut Finding, proof: &Proof) {
    let auth = |cause: &Cause| cause.family() == "auth";
    if finding.cause != Cause::MissingOrForbidden {
        return;
    }
    let Some(cause) = finding.alternatives.iter().copied().find(auth) else {
        return;
    };
    finding.cause = cause;
    finding.confidence = Confidence::Likely;
    finding.alternatives.clear();
    finding.because.push(proof.at);
    finding.summary = format!(
        "{} gets the image, so that it is there; {} gets nothing",
        proof.who,
        case.subject.consumer.words()
    );
}

/// Whether a cause is about the way to the registry, which is another one for every machine.
pub(super) fn is_on_the_way(cause: Cause) -> bool {
    matches!(cause.family(), "network" | "tls") || matches!(cause, Cause::Mirror | Cause::WrongPort)
}

/// This machine does not reach the registry: what it saw on its way is dropped where the consumer's own way is known.
fn out_of_reach(case: &Case<'_>, findings: Vec<Finding>) -> Joined {
    let (mut on_the_way, mut rest): (Vec<_>, Vec<_>) = findings
        .into_iter()
        .partition(|finding| is_on_the_way(finding.cause));
    let own = case
        .voices
        .own_now()
        .and_then(|(voice, words)| Some((voice, words, words.first()?)));
    let Some((voice, words, first)) = own else {
        if rest.is_empty()
            && on_the_way.iter().any(|finding| !is_shared(case, finding))
            && let Some(joined) = reached_by_others(case, &on_the_way)
        {
            return joined;
        }
        for finding in &mut on_the_way {
            of_this_machine(case, finding);
        }
        on_the_way.append(&mut rest);
        return Joined::Findings(on_the_way);
    };
    // Both say the same, and here more of it was seen.
    let agree = |finding: &Finding| {
        finding.cause == first || (finding.cause.family() == "tls" && first.family() == "tls")
    };
    if on_the_way.iter().any(agree) {
        on_the_way.append(&mut rest);
        return Joined::Findings(on_the_way);
    }
    if rest.is_empty()
        && let Some(mut finding) = as_said(case, voice, words, Here::Unreached)
    {
        let seen = on_the_way.iter().map(|finding| finding.cause);
        if is_on_the_way(finding.cause) {
            finding.alternatives.extend(seen);
        }
        rest.push(finding);
    }
    if rest.is_empty() {
        return open(
            format!(
                "{} fails in words that fit no known cause ({}), and this machine {} {}",
                voice.who,
                words.quoted(),
                stopped_here(case),
                case.subject.registry()
            ),
            vec![voice.at],
        );
    }
    Joined::Findings(rest)
}

/// Only this machine was seen to fail on its way, and another way is the one that counts: the network of an object of the
/// cluster may well be another.
fn of_this_machine(case: &Case<'_>, finding: &mut Finding) {
    let borne_out = case
        .voices
        .other_now()
        .and_then(|(_, words)| words.first())
        .is_some_and(|cause| cause == finding.cause);
    let of_an_object = matches!(case.subject.target, TargetRef::Object { .. })
        && case.subject.namespace().is_some();
    if finding.cause.family() != "network" || borne_out || !of_an_object {
        return;
    }
    if finding.confidence == Confidence::Certain {
        finding.confidence = Confidence::Likely;
    }
    let from_there = "a run from where the registry can be reached";
    finding
        .settle
        .get_or_insert_with(|| match case.subject.consumer {
            Consumer::Pod { .. } | Consumer::ServiceAccount { .. } => {
                format!("--from-node, or {from_there}")
            }
            _ => from_there.to_owned(),
        });
}

/// What does not depend on who looks.
fn is_shared(case: &Case<'_>, finding: &Finding) -> bool {
    // A certificate is the same for everybody who gets it.
    finding.cause.family() == "tls"
        && case
            .chains()
            .iter()
            .any(|(_, chain)| !chain.faults.is_empty())
}

/// The consumer's own way says nothing now: was the registry reached by others, or before?
fn reached_by_others(case: &Case<'_>, on_the_way: &[Finding]) -> Option<Joined> {
    let registry = case.subject.registry();
    let mut because: Vec<usize> = on_the_way
        .iter()
        .flat_map(|finding| finding.because.iter().copied())
        .collect();
    if let Some((voice, words)) = case.voices.other_now()
        && let Some(first) = words.first()
    {
        if on_the_way.iter().any(|finding| finding.cause == first) {
            return None;
        }
        if first.family() != "auth" {
            return as_said(case, voice, words, Here::Unreached)
                .map(|finding| Joined::Findings(vec![finding]));
        }
        because.push(voice.at);
        return Some(open(
            format!(
                "this machine {} {registry}; {} does and is refused, with the secrets of the namespace, which need not be those of {}",
                stopped_here(case),
                voice.who,
                case.subject.consumer.words()
            ),
            because,
        ));
    }
    let (at, before) = match case.voices.own_got_an_answer() {
        Some(voice) => (voice.at, format!("{} did before", voice.who)),
        None => case.one(|fact| match fact {
            Fact::Present(present) => Some(format!(
                "the node of {} has the image from a pull before",
                present.object
            )),
            _ => None,
        })?,
    };
    because.push(at);
    Some(open(
        format!(
            "this machine {} {registry}; {before}, and what it would get now is not known",
            stopped_here(case)
        ),
        because,
    ))
}

/// Nothing was found from here: what do the others say?
fn spoken(case: &Case<'_>, here: Here) -> Option<Joined> {
    if let Some((voice, words)) = case.voices.own_now() {
        match here {
            Here::Works => return Some(against_here(case, voice, words)),
            // What the consumer would send is not known: only words that need no more count.
            Here::Answered if case.credentials_unread() && !words.certain => {}
            Here::Answered | Here::Unreached => {
                if let Some(finding) = as_said(case, voice, words, here) {
                    return Some(Joined::Findings(vec![finding]));
                }
            }
        }
    }
    if here == Here::Works
        && !case.voices.own_works()
        && let Some((voice, words)) = case.voices.other_now()
        && let Some(first) = words.first()
        && weight(first, true) != Weight::Stale
    {
        return Some(against_here(case, voice, words));
    }
    None
}

/// No finding is left and nobody contradicts: the vantage that gets the image decides.
fn by_proof(case: &Case<'_>, here: Here) -> Joined {
    let still = case.voices.still_fails();
    let verb = case.subject.operation.word();
    if let Some(proof) = case.voices.proof()
        && case.subject.operation != Operation::Push
    {
        // A node that pulls has done all that a pod needs. An import has not: what nodes have besides must have been seen.
        let whole = proof.vantage == Vantage::Node || here != Here::Works;
        if proof.full && still.is_none() && whole {
            return Joined::Verdict(Box::new(Verdict::Healthy));
        }
        if !proof.full && here != Here::Works {
            return open(
                format!(
                    "{} gets the image; whether it comes with the credentials of {} as well was not seen",
                    proof.who,
                    case.subject.consumer.words()
                ),
                vec![proof.at],
            );
        }
    }
    match still {
        Some(voice) if here == Here::Works || case.voices.proof().is_some() => open(
            format!(
                "the {verb} works now, and {} still waits: {} should succeed",
                object_of(case.subject),
                next_try(&case.subject.consumer)
            ),
            vec![voice.at],
        ),
        _ => Joined::Findings(Vec::new()),
    }
}

pub(super) fn open(summary: String, because: Vec<usize>) -> Joined {
    Joined::Verdict(Box::new(Verdict::Open {
        cause: None,
        summary,
        because,
    }))
}

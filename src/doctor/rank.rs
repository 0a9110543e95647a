//! From all findings on a target to one cause, or to a clean bill of health: pure, and the same for any order of evidence.

mod excluded;
mod joined;
mod precedence;
mod ruled_out;
mod said;

use super::causes::Cause;
use super::diagnosis::{Diagnosis, Setting, Verdict};
use super::evidence::{
    Check, Evidence, EvidenceSet, Fact, SkipReason, Status, TrialOutcome, complete,
};
use super::finding::{Confidence, Finding};
use super::remedies;
use super::rules::{self, Case};
use super::target::{Operation, Subject};
use crate::model::observation::{LoginVerdict, PushVerdict};

use joined::Joined;
use ruled_out::ruled_out;

/// Judges the evidence on one target.
pub fn diagnose(subject: Subject, evidence: Vec<Evidence>, setting: &Setting) -> Diagnosis {
    let mut evidence = EvidenceSet::new(evidence);
    complete(&mut evidence, &subject, setting);
    let case = Case::new(&subject, &evidence);
    let by_mirror = case
        .evidence
        .facts(|fact| match fact {
            Fact::MirrorTrial(trial) => Some(trial.outcome == TrialOutcome::Healthy),
            _ => None,
        })
        .find_map(|(at, healthy)| healthy.then_some(at));
    let mut findings = rules::findings(&case);
    if by_mirror.is_some() {
        // The nodes never get to the source.
        findings.retain(|finding| {
            matches!(
                finding.cause,
                Cause::InvalidReference
                    | Cause::RegistryNotAllowed
                    | Cause::ImportNotAllowed
                    | Cause::SecretMalformed
                    | Cause::Signature
                    | Cause::NodeRuntime
            ) || (finding.cause == Cause::SecretMissing
                && finding.confidence == Confidence::Certain)
        });
    }
    let here = joined::here(&case, works(&case, by_mirror));
    let verdict = match joined::join(&case, here, findings) {
        Joined::Verdict(verdict) => *verdict,
        Joined::Findings(mut findings) => {
            precedence::sort(&mut findings);
            match findings.into_iter().next() {
                Some(finding) => found(&case, finding, setting),
                None => nothing_found(&case, by_mirror),
            }
        }
    };
    let ruled_out = ruled_out(&case, &verdict);
    let healthy = verdict.is_healthy();
    if healthy {
        evidence.soften();
    }
    Diagnosis {
        subject,
        verdict,
        ruled_out,
        evidence,
    }
}

/// The cause, with the cluster's words beside it where they can mean it.
fn found(case: &Case<'_>, mut finding: Finding, setting: &Setting) -> Verdict {
    if let Some((voice, words)) = case.voices.own_now()
        && words
            .candidates
            .iter()
            .take(3)
            .any(|cause| *cause == finding.cause)
    {
        finding.because.push(voice.at);
    }
    finding.because.sort_unstable();
    finding.because.dedup();
    let cause = finding.cause;
    let mut seen = vec![cause];
    finding.alternatives.retain(|other| {
        let new = !seen.contains(other);
        seen.push(*other);
        new
    });
    let remedies = remedies::remedies(case, &finding, setting);
    Verdict::Found { finding, remedies }
}

/// What is to be done works from here.
fn works(case: &Case<'_>, by_mirror: Option<usize>) -> bool {
    match case.subject.operation {
        Operation::Pull | Operation::Import => by_mirror.is_some() || case.delivered().is_some(),
        Operation::Push => case
            .push()
            .is_some_and(|(_, push)| push.verdict == PushVerdict::Allowed),
        Operation::Login => case
            .logins()
            .iter()
            .any(|(_, login)| login.verdict == LoginVerdict::Accepted),
    }
}

/// No rule holds: healthy if everything that a healthy target needs was seen, open otherwise.
fn nothing_found(case: &Case<'_>, by_mirror: Option<usize>) -> Verdict {
    if case.may_be_known_to_the_cloud()
        && !case.has_used_candidate()
        && let (Some((at, object)), Some(refused)) = (case.present(), case.refused())
    {
        return Verdict::Open {
            cause: None,
            summary: format!(
                "no secret is for {}, and the node of {object} has got the image: by credentials that the cloud gives to its nodes, or earlier ones, which are not seen from here",
                case.subject.registry()
            ),
            because: vec![refused.at, at],
        };
    }
    let gaps = roots(case, gaps(case, by_mirror.is_some()));
    let works = works(case, by_mirror);
    if !gaps.is_empty() {
        let names: Vec<String> = gaps
            .iter()
            .map(|at| {
                let item = &case.evidence.as_slice()[*at];
                format!(
                    "{} ({})",
                    item.check.word(),
                    item.skip_reason.map_or("", SkipReason::word)
                )
            })
            .collect();
        let mut seen: Vec<String> = Vec::new();
        for name in names {
            if !seen.contains(&name) {
                seen.push(name);
            }
        }
        let stopped = handshake_by(case).filter(|_| !works);
        let known = match stopped {
            Some(at) => format!("TLS: {}", case.evidence.as_slice()[at].detail),
            None if works => format!("the {} works from here", case.subject.operation.word()),
            None => "nothing wrong was found".to_owned(),
        };
        return Verdict::Open {
            cause: None,
            summary: format!("{known}; not seen: {}", seen.join(", ")),
            because: stopped.into_iter().chain(gaps).collect(),
        };
    }
    if works {
        return Verdict::Healthy;
    }
    if let Some((at, push)) = case.push()
        && let PushVerdict::NotProved { why } = &push.verdict
    {
        return Verdict::Open {
            cause: None,
            summary: format!(
                "the push right cannot be told from here: {}",
                crate::model::sanitize::sanitize_line(why, 160)
            ),
            because: vec![at],
        };
    }
    if case.subject.operation == Operation::Push
        && case.push().is_none()
        && let Some((at, _)) = case
            .logins()
            .into_iter()
            .find(|(_, login)| login.verdict == LoginVerdict::Accepted)
    {
        return Verdict::Open {
            cause: None,
            summary: "the login is good; whether it may push was not tried, --push tries it"
                .to_owned(),
            because: vec![at],
        };
    }
    if case.subject.operation == Operation::Login
        && let Some((at, words)) =
            case.logins()
                .into_iter()
                .find_map(|(at, login)| match &login.verdict {
                    LoginVerdict::NotProved { why } => Some((at, (*why).to_owned())),
                    _ => None,
                })
    {
        return Verdict::Open {
            cause: None,
            summary: format!("whether the login is good cannot be told: {words}"),
            because: vec![at],
        };
    }
    let because: Vec<usize> = case
        .evidence
        .iter()
        .enumerate()
        .filter(|(_, item)| matches!(item.status, Status::Fail | Status::Warn))
        .map(|(at, _)| at)
        .collect();
    Verdict::Open {
        cause: Some(Cause::Unknown),
        summary: "what was seen fits no known cause".to_owned(),
        because,
    }
}

/// Stages that a healthy target needs and that were not seen, for a reason of ours.
fn gaps(case: &Case<'_>, by_mirror: bool) -> Vec<usize> {
    case.evidence
        .iter()
        .enumerate()
        .filter(|(_, item)| {
            let needed = match item.check {
                Check::Observed => false,
                Check::Push => case.subject.operation == Operation::Push,
                // A manifest that came has proved them.
                Check::Login | Check::Permission | Check::Wiring => {
                    case.delivered().is_none() && !by_mirror
                }
                Check::Reference | Check::Policy | Check::Credentials => true,
                _ => !by_mirror,
            };
            needed && item.skip_reason.is_some_and(SkipReason::leaves_a_gap)
        })
        .map(|(at, _)| at)
        .collect()
}

/// The gaps that others follow from; all of them where each follows from something else.
fn roots(case: &Case<'_>, gaps: Vec<usize>) -> Vec<usize> {
    let is_root =
        |at: &&usize| case.evidence.as_slice()[**at].skip_reason != Some(SkipReason::DependsOn);
    let roots: Vec<usize> = gaps.iter().filter(is_root).copied().collect();
    if roots.is_empty() { gaps } else { roots }
}

/// The handshake that failed and of which no rule makes a cause: it may be this program's TLS that lacks something.
fn handshake_by(case: &Case<'_>) -> Option<usize> {
    case.evidence
        .iter()
        .position(|item| item.check == Check::Tls && item.status == Status::Fail)
}

/// The confidence of a verdict: health and found causes have one, open questions are ambiguous.
pub fn confidence(verdict: &Verdict) -> Confidence {
    match verdict {
        Verdict::Healthy => Confidence::Certain,
        Verdict::Found { finding, .. } => finding.confidence,
        Verdict::Open { .. } => Confidence::Ambiguous,
    }
}

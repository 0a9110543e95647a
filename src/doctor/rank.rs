//! From all findings on a target to one cause, or to a clean bill of health: pure, and the same for any order of evidence.

use super::causes::Cause;
use super::diagnosis::{Diagnosis, Setting, Verdict};
use super::evidence::{
    Check, Evidence, EvidenceSet, Fact, Side, SkipReason, Status, TrialOutcome, complete,
};
use super::finding::{Confidence, Finding};
use super::remedies;
use super::rules::{self, Case};
use super::target::{Operation, Subject};
use crate::model::observation::{LoginVerdict, PingKind, PushVerdict};

/// Which cause is named when several hold: the one that has to be mended first, or that explains the others. What stands
/// earlier wins. The order is that of the pull path, with the exceptions that the contract names: a fault of the
/// credentials before what it kept from being seen, another port before a refused connection, a short name before
/// "cannot be told", the token service before the network underneath it.
const PRECEDENCE: &[Cause] = &[
    Cause::InvalidReference,
    Cause::RegistryBlocked,
    Cause::RegistryNotAllowed,
    Cause::ImportNotAllowed,
    Cause::SecretMalformed,
    Cause::Mirror,
    Cause::WrongPort,
    Cause::HttpsRequired,
    Cause::PlainHttp,
    Cause::Dns,
    Cause::Proxy,
    Cause::Refused,
    Cause::Timeout,
    Cause::Reset,
    Cause::CertificateExpired,
    Cause::CertificateNotYetValid,
    Cause::HostnameMismatch,
    Cause::IncompleteChain,
    Cause::ClusterTrustMissing,
    Cause::UnknownCa,
    Cause::Handshake,
    Cause::NotARegistry,
    Cause::Rate,
    Cause::ClockSkew,
    Cause::TokenService,
    Cause::CredentialsBlockPublicPull,
    Cause::SecretKeyMismatch,
    Cause::SecretWrongType,
    Cause::SecretNotLinked,
    Cause::SecretMissing,
    Cause::SecretElsewhere,
    Cause::SecretOverridden,
    Cause::PodPredatesLink,
    Cause::SecretShadowed,
    Cause::ExpiredCredentials,
    Cause::BadCredentials,
    Cause::NoCredentials,
    Cause::PathPrefix,
    Cause::PullDenied,
    Cause::PushDenied,
    Cause::ShortName,
    Cause::RepositoryMissing,
    Cause::TagMissing,
    Cause::DigestMissing,
    Cause::Quarantined,
    Cause::Signature,
    Cause::ManifestUnsupported,
    Cause::PlatformMissing,
    Cause::BlobMissing,
    Cause::ServerError,
    Cause::NodeRuntime,
    Cause::MissingOrForbidden,
    Cause::Unknown,
];

fn precedence(cause: Cause) -> usize {
    PRECEDENCE
        .iter()
        .position(|listed| *listed == cause)
        .unwrap_or(PRECEDENCE.len())
}

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
                Cause::InvalidReference | Cause::RegistryNotAllowed | Cause::SecretMalformed
            )
        });
    }
    findings.sort_by(|a, b| {
        (precedence(a.cause), a.confidence, &a.summary).cmp(&(
            precedence(b.cause),
            b.confidence,
            &b.summary,
        ))
    });
    let verdict = match findings.into_iter().next() {
        Some(finding) => found(&case, finding, setting),
        None => nothing_found(&case, by_mirror),
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

fn found(case: &Case<'_>, mut finding: Finding, setting: &Setting) -> Verdict {
    finding.because.sort_unstable();
    finding.because.dedup();
    let cause = finding.cause;
    finding.alternatives.retain(|other| *other != cause);
    let remedies = remedies::remedies(case, &finding, setting);
    Verdict::Found { finding, remedies }
}

/// No rule holds: healthy if everything that a healthy target needs was seen, open otherwise.
fn nothing_found(case: &Case<'_>, by_mirror: Option<usize>) -> Verdict {
    let gaps = gaps(case, by_mirror.is_some());
    let works = match case.subject.operation {
        Operation::Pull | Operation::Import => by_mirror.is_some() || case.delivered().is_some(),
        Operation::Push => case
            .push()
            .is_some_and(|(_, push)| push.verdict == PushVerdict::Allowed),
        Operation::Login => case
            .logins()
            .iter()
            .any(|(_, login)| login.verdict == LoginVerdict::Accepted),
    };
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
        let verb = case.subject.operation.word();
        let works = if works {
            format!("the {verb} works from here")
        } else {
            "nothing wrong was found".to_owned()
        };
        return Verdict::Open {
            cause: None,
            summary: format!("{works}; not seen: {}", seen.join(", ")),
            because: gaps,
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
                Check::Wiring | Check::Observed => false,
                Check::Push => case.subject.operation == Operation::Push,
                // A manifest that came has proved them.
                Check::Login | Check::Permission => case.delivered().is_none() && !by_mirror,
                Check::Reference | Check::Policy | Check::Credentials => true,
                _ => !by_mirror,
            };
            needed && item.skip_reason.is_some_and(SkipReason::leaves_a_gap)
        })
        .map(|(at, _)| at)
        .collect()
}

/// The causes that the evidence excludes, in the order of the pull path.
fn ruled_out(case: &Case<'_>, verdict: &Verdict) -> Vec<Cause> {
    let passed = |check: Check| {
        case.evidence
            .of(check)
            .any(|(_, item)| item.status == Status::Pass)
    };
    let mut out: Vec<Cause> = Vec::new();
    let mut rule = |holds: bool, causes: &[Cause]| {
        if holds {
            out.extend(causes);
        }
    };
    rule(passed(Check::Reference), &[Cause::InvalidReference]);
    rule(
        passed(Check::Policy),
        &[Cause::RegistryBlocked, Cause::RegistryNotAllowed],
    );
    rule(
        case.dns().is_some_and(|(_, stage)| stage.result.is_ok()),
        &[Cause::Dns],
    );
    rule(
        case.tcp().is_some_and(|(_, stage)| stage.result.is_ok()),
        &[Cause::Refused],
    );
    rule(
        case.proxy().is_some_and(|(_, used)| used.result.is_ok()),
        &[Cause::Proxy],
    );
    let answers = case
        .ping
        .is_some_and(|(_, ping)| matches!(ping.kind, PingKind::Open | PingKind::Challenge));
    rule(answers, &[Cause::Timeout, Cause::Reset]);
    rule(
        case.tls().is_some_and(|(_, stage)| stage.result.is_ok()),
        &[Cause::PlainHttp, Cause::Handshake],
    );
    let chains = case.chains();
    let good = |side: Side| {
        chains
            .iter()
            .find(|(_, chain)| chain.side == side)
            .map(|(_, chain)| chain.faults.is_empty())
    };
    let trusted = good(Side::Cluster).or(good(Side::Here)) == Some(true);
    rule(
        trusted,
        &[
            Cause::CertificateExpired,
            Cause::CertificateNotYetValid,
            Cause::HostnameMismatch,
            Cause::IncompleteChain,
            Cause::UnknownCa,
        ],
    );
    rule(
        good(Side::Cluster) == Some(true) && good(Side::Here) == Some(true),
        &[Cause::ClusterTrustMissing],
    );
    rule(answers, &[Cause::NotARegistry, Cause::WrongPort]);
    let accepted = case
        .logins()
        .iter()
        .any(|(_, login)| login.verdict == LoginVerdict::Accepted);
    rule(
        accepted,
        &[Cause::BadCredentials, Cause::ExpiredCredentials],
    );
    let delivered = case.delivered().is_some();
    rule(delivered, &[Cause::NoCredentials, Cause::PullDenied]);
    rule(
        delivered || case.repository_exists().is_some(),
        &[Cause::PathPrefix, Cause::RepositoryMissing],
    );
    rule(delivered, &[Cause::TagMissing, Cause::DigestMissing]);
    rule(passed(Check::Platform), &[Cause::PlatformMissing]);
    rule(
        passed(Check::Blobs) && case.bad_blobs().is_empty(),
        &[Cause::BlobMissing],
    );
    let (cause, alternatives) = verdict.causes();
    out.retain(|ruled| Some(*ruled) != cause && !alternatives.contains(ruled));
    out.dedup();
    out
}

/// The confidence of a verdict: health and found causes have one, open questions are ambiguous.
pub fn confidence(verdict: &Verdict) -> Confidence {
    match verdict {
        Verdict::Healthy => Confidence::Certain,
        Verdict::Found { finding, .. } => finding.confidence,
        Verdict::Open { .. } => Confidence::Ambiguous,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cause_has_its_place() {
        for cause in Cause::ALL {
            assert_eq!(
                PRECEDENCE.iter().filter(|listed| *listed == cause).count(),
                1,
                "{cause}"
            );
        }
    }

    #[test]
    fn the_order_is_that_of_the_contract() {
        for (first, second) in [
            (Cause::SecretMalformed, Cause::NoCredentials),
            (Cause::SecretKeyMismatch, Cause::BadCredentials),
            (Cause::CredentialsBlockPublicPull, Cause::BadCredentials),
            (Cause::BadCredentials, Cause::RepositoryMissing),
            (Cause::WrongPort, Cause::Refused),
            (Cause::ShortName, Cause::MissingOrForbidden),
            (Cause::WrongPort, Cause::NotARegistry),
        ] {
            assert!(
                precedence(first) < precedence(second),
                "{first} before {second}"
            );
        }
    }
}

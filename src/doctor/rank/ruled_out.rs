//! What the evidence excludes.

use super::excluded::by_secrets;
use super::joined::is_on_the_way;
use crate::doctor::causes::Cause;
use crate::doctor::diagnosis::Verdict;
use crate::doctor::evidence::{Check, Side, Status};
use crate::doctor::rules::Case;
use crate::model::observation::{LoginVerdict, PingKind};

/// The causes that the evidence excludes, in the order of the pull path.
pub(super) fn ruled_out(case: &Case<'_>, verdict: &Verdict) -> Vec<Cause> {
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
    let by_objects = by_secrets(case);
    rule(!by_objects.is_empty(), &by_objects);
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
    // What was seen from here says nothing of somebody else's way to the registry.
    if let Verdict::Found { finding, .. } = verdict
        && finding.by_words
        && is_on_the_way(finding.cause)
    {
        out.retain(|ruled| !is_on_the_way(*ruled));
    }
    let (cause, alternatives) = verdict.causes();
    out.retain(|ruled| Some(*ruled) != cause && !alternatives.contains(ruled));
    let mut seen = Vec::new();
    out.retain(|ruled| {
        let new = !seen.contains(ruled);
        seen.push(*ruled);
        new
    });
    out
}

//! What the evidence excludes.

use super::excluded::by_secrets;
use super::joined::is_on_the_way;
use crate::doctor::causes::Cause;
use crate::doctor::diagnosis::Verdict;
use crate::doctor::evidence::{Check, Side, Status};
use crate::doctor::rules::Case;
use crate::model::observation::{ConnectFault, ExchangeFault, LoginVerdict, PingKind, TlsFault};

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
    let delivered = case.delivered().is_some();
    let answers = case.ping.is_some_and(|(_, ping)| match ping.kind {
        PingKind::Open | PingKind::Challenge => true,
        PingKind::Unproven => delivered,
        _ => false,
    });
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
    let seen = faults_seen(case);
    out.retain(|ruled| !seen.contains(ruled));
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

/// Faults of the network that were seen behind the registry's first answer: on the way to its token service, to its storage,
/// or at a later request. Nobody who reads of one wants to be told that it is excluded.
fn faults_seen(case: &Case<'_>) -> Vec<Cause> {
    let logins = case.logins();
    let by_login = logins.iter().flat_map(|(_, login)| &login.exchanges);
    let blobs = case.bad_blobs();
    let by_blob = blobs
        .iter()
        .map(|(_, view)| view.redirected.as_ref().unwrap_or(&view.exchange));
    let attempts = case.used.iter().chain(&case.anonymous);
    let by_manifest = attempts.flat_map(|attempt| {
        let grant = attempt.view.grant.as_ref().map(|grant| &grant.exchange);
        grant.into_iter().chain([&attempt.view.exchange])
    });
    by_login
        .chain(by_blob)
        .chain(by_manifest)
        .filter_map(|exchange| cause_of(exchange.result.as_ref().err()?))
        .collect()
}

fn cause_of(fault: &ExchangeFault) -> Option<Cause> {
    match fault {
        ExchangeFault::Dns(_) => Some(Cause::Dns),
        ExchangeFault::Connect(ConnectFault::TimedOut)
        | ExchangeFault::TimedOut { .. }
        | ExchangeFault::Tls(TlsFault::TimedOut) => Some(Cause::Timeout),
        ExchangeFault::Connect(ConnectFault::Reset)
        | ExchangeFault::Cut { .. }
        | ExchangeFault::Tls(TlsFault::Reset) => Some(Cause::Reset),
        ExchangeFault::Connect(_) => Some(Cause::Refused),
        ExchangeFault::Proxy(_) => Some(Cause::Proxy),
        ExchangeFault::Tls(TlsFault::PlainHttp) => Some(Cause::PlainHttp),
        ExchangeFault::Tls(_) => Some(Cause::Handshake),
        ExchangeFault::Untrusted => Some(Cause::UnknownCa),
        ExchangeFault::Protocol { .. }
        | ExchangeFault::Malformed { .. }
        | ExchangeFault::Withheld(_)
        | ExchangeFault::Deadline => None,
    }
}

//! TLS: the port's protocol, the handshake, and the chain as Go judges it, for this machine and for the cluster.

use super::{Case, Rule};
use crate::doctor::answer;
use crate::doctor::causes::Cause;
use crate::doctor::evidence::{ChainFact, ChainFault, Side};
use crate::doctor::finding::Finding;
use crate::doctor::target::Consumer;
use crate::model::observation::TlsFault;

pub(super) const RULES: &[Rule] = &[plain_http, https_required, handshake, chain];

fn plain_http(case: &Case<'_>) -> Option<Finding> {
    let (at, stage) = case.tls()?;
    matches!(stage.result, Err(TlsFault::PlainHttp)).then(|| {
        Finding::certain(
            Cause::PlainHttp,
            vec![at],
            format!(
                "{} speaks plain HTTP, and TLS was tried",
                case.subject.registry()
            ),
        )
    })
}

/// Plain HTTP was sent, and a registry answers TLS on the same port.
fn https_required(case: &Case<'_>) -> Option<Finding> {
    if !case.subject.plain_http {
        return None;
    }
    let (ping_at, ping) = case.ping?;
    if ping
        .exchange
        .result
        .as_ref()
        .is_ok_and(|answer| answer.status < 300)
    {
        return None;
    }
    let registry = case.subject.registry();
    let own: u16 = registry
        .rsplit_once(':')
        .and_then(|(_, port)| port.parse().ok())
        .unwrap_or(80);
    let (at, _) = case
        .other_ports()
        .into_iter()
        .find(|(_, port)| port.port == own && port.https)?;
    Some(Finding::certain(
        Cause::HttpsRequired,
        vec![ping_at, at],
        format!("{registry} speaks TLS, and plain HTTP was sent"),
    ))
}

fn handshake(case: &Case<'_>) -> Option<Finding> {
    let (at, fault) = case.tls_fault()?;
    let registry = case.subject.registry();
    match fault {
        TlsFault::ClientCertificateWanted => Some(Finding::certain(
            Cause::Handshake,
            vec![at],
            format!(
                "{registry} wants a client certificate, which neither pods nor this program have"
            ),
        )),
        // Where only our library lacks something, nodes may well succeed: nothing is found, and the stage stays open.
        fault @ TlsFault::Handshake {
            our_limits: false, ..
        } => Some(Finding::certain(
            Cause::Handshake,
            vec![at],
            format!(
                "the TLS handshake with {registry} fails: {}",
                answer::tls_words(fault)
            ),
        )),
        _ => None,
    }
}

/// The faults of the chain, in the order in which Go notices them: dates, names, issuers.
fn chain(case: &Case<'_>) -> Option<Finding> {
    let chains = case.chains();
    let side = |side: Side| chains.iter().find(|(_, chain)| chain.side == side).copied();
    let (here, cluster) = (side(Side::Here), side(Side::Cluster));
    match (here, cluster) {
        (Some(here), None) => one_side(case, here),
        (None, Some(cluster)) => one_side(case, cluster),
        (None, None) => None,
        (Some(here), Some(cluster)) => {
            if cluster.1.tolerated {
                return None;
            }
            let good = |chain: &ChainFact| chain.faults.is_empty();
            match (good(here.1), good(cluster.1)) {
                (true, true) => None,
                (true, false) if lacks_trust(cluster.1) => cluster_lacks(case, here, cluster),
                (false, true) if lacks_trust(here.1) => here_lacks(case, here, cluster),
                (_, false) => one_side(case, cluster),
                (false, true) => one_side(case, here),
            }
        }
    }
}

fn is_open(fault: &ChainFault) -> bool {
    matches!(fault, ChainFault::OurLimits { .. })
}

/// The only thing wrong is that nobody vouches for it.
fn lacks_trust(chain: &ChainFact) -> bool {
    !chain.faults.is_empty()
        && chain.faults.iter().all(|fault| {
            matches!(
                fault,
                ChainFault::UnknownIssuer { .. } | ChainFault::UnfitIssuer { .. }
            )
        })
}

/// What the configuration shows is taken for granted only as far as it goes: the nodes' own bundle cannot be read, and
/// whoever got an answer there, or was stopped by the certificate, settles it.
fn cluster_lacks(
    case: &Case<'_>,
    here: (usize, &ChainFact),
    cluster: (usize, &ChainFact),
) -> Option<Finding> {
    let summary = format!(
        "this machine trusts the CA behind {}, the cluster does not{}",
        case.subject.registry(),
        remarks(cluster.1)
    );
    let mut because = vec![here.0, cluster.0];
    if cluster.1.assumed.is_none() {
        return Some(Finding::certain(
            Cause::ClusterTrustMissing,
            because,
            summary,
        ));
    }
    if let Some((voice, _)) = case.voices.own_now()
        && case.voices.own_cause().is_some_and(is_about_trust)
    {
        because.push(voice.at);
        return Some(Finding::certain(
            Cause::ClusterTrustMissing,
            because,
            summary,
        ));
    }
    if case.voices.own_got_an_answer().is_some() {
        return None;
    }
    // The API server's own refusal bears it out, and is no word on the bundle of the nodes.
    because.extend(
        case.voices
            .other_now()
            .filter(|(_, words)| words.first().is_some_and(is_about_trust))
            .map(|(voice, _)| voice.at),
    );
    Some(
        Finding::likely(Cause::ClusterTrustMissing, because, summary)
            .settled_by("what a node says when it pulls: x509, or not"),
    )
}

/// Words that say nobody vouches for the certificate.
pub(in crate::doctor) fn is_about_trust(cause: Cause) -> bool {
    matches!(
        cause,
        Cause::UnknownCa | Cause::ClusterTrustMissing | Cause::IncompleteChain
    )
}

/// For pods it is the cluster's trust that counts; for a client on this machine its own.
fn here_lacks(
    case: &Case<'_>,
    here: (usize, &ChainFact),
    cluster: (usize, &ChainFact),
) -> Option<Finding> {
    matches!(case.subject.consumer, Consumer::AuthFile { .. }).then(|| {
        Finding::certain(
            Cause::ClusterTrustMissing,
            vec![here.0, cluster.0],
            format!(
                "the cluster trusts the CA behind {}, this machine does not",
                case.subject.registry()
            ),
        )
    })
}

fn remarks(chain: &ChainFact) -> String {
    match chain.bundle_remarks.first() {
        Some(remark) => format!(" ({remark})"),
        None => String::new(),
    }
}

fn one_side(case: &Case<'_>, (at, chain): (usize, &ChainFact)) -> Option<Finding> {
    if chain.tolerated {
        return None;
    }
    let first = chain.faults.iter().find(|fault| !is_open(fault))?;
    let registry = case.subject.registry();
    let (cause, words) = match first {
        ChainFault::Expired { is_ca: true, .. } => (
            Cause::CertificateExpired,
            format!("the CA behind {registry}'s certificate has expired"),
        ),
        ChainFault::Expired { .. } => (
            Cause::CertificateExpired,
            format!("the certificate of {registry} has expired"),
        ),
        ChainFault::NotYetValid { .. } => (
            Cause::CertificateNotYetValid,
            format!(
                "the certificate of {registry} is not valid yet, or this machine's clock is slow"
            ),
        ),
        ChainFault::WrongName { .. } => (
            Cause::HostnameMismatch,
            format!("the certificate is not for {registry}"),
        ),
        ChainFault::UnknownIssuer {
            missing: Some(_), ..
        } => (
            Cause::IncompleteChain,
            format!("{registry} leaves an intermediate certificate out"),
        ),
        ChainFault::UnknownIssuer { .. } | ChainFault::UnfitIssuer { .. } => (
            Cause::UnknownCa,
            format!(
                "nobody trusts the CA that signed the certificate of {registry}{}",
                remarks(chain)
            ),
        ),
        ChainFault::UnfitLeaf { .. } => (
            Cause::Handshake,
            format!("Go refuses the certificate of {registry}"),
        ),
        ChainFault::OurLimits { .. } => return None,
    };
    let all: Vec<String> = chain
        .faults
        .iter()
        .map(crate::doctor::evidence::chain_fault_words)
        .collect();
    Some(Finding::certain(
        cause,
        vec![at],
        format!("{words}: {}", all.join("; ")),
    ))
}

//! The cluster's words, weighed against what was seen from here.

use super::excluded::excluded;
use super::joined::{Here, Joined, is_on_the_way, open};
use crate::doctor::causes::Cause;
use crate::doctor::evidence::{Fact, Side, TrialOutcome, Vantage};
use crate::doctor::finding::Finding;
use crate::doctor::rules::{Case, Voice, Words, is_about_trust};
use crate::doctor::target::Consumer;

/// How a cause of the cluster's words stands against a view in which everything works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// One side trusts the certificate, the other does not.
    Trust,
    /// It can be so there and otherwise here.
    There,
    /// It would be so here as well: it is over, or they ask for something else.
    Stale,
}

/// `fresh`: the words came when this run asked, so that they cannot be older than what was seen here.
pub(super) fn weight(cause: Cause, fresh: bool) -> Weight {
    if is_about_trust(cause) {
        return Weight::Trust;
    }
    match cause {
        Cause::Mirror
        | Cause::ShortName
        | Cause::NotARegistry
        | Cause::WrongPort
        | Cause::InvalidReference
        | Cause::ManifestUnsupported
        | Cause::Rate
        | Cause::NodeRuntime
        | Cause::RegistryBlocked
        | Cause::RegistryNotAllowed
        | Cause::ImportNotAllowed
        | Cause::Signature => Weight::There,
        cause if is_on_the_way(cause) => Weight::There,
        cause => match cause.family() {
            "auth" | "ambiguous" | "unknown" => Weight::Stale,
            _ if fresh => Weight::There,
            _ => Weight::Stale,
        },
    }
}

/// The image comes here, and there it does not.
pub(super) fn against_here(case: &Case<'_>, voice: &Voice<'_>, words: &Words<'_>) -> Joined {
    let Some(first) = words.first() else {
        return open(
            format!(
                "the {} works from here, and {} fails in words that fit no known cause: {}",
                case.subject.operation.word(),
                voice.who,
                words.quoted()
            ),
            vec![voice.at],
        );
    };
    let unread = case.credentials_unread() && words.certain;
    match weight(first, voice.fresh) {
        Weight::Trust => Joined::Findings(vec![trust(case, voice, words)]),
        Weight::Stale if !unread => open(stale(case, voice, first), vec![voice.at]),
        Weight::There | Weight::Stale => Joined::Findings(
            as_said(case, voice, words, Here::Works)
                .into_iter()
                .collect(),
        ),
    }
}

/// The chain is trusted here, and there it is not.
fn trust(case: &Case<'_>, voice: &Voice<'_>, words: &Words<'_>) -> Finding {
    let chains = case.chains();
    let good = |side: Side| {
        chains
            .iter()
            .find(|(_, chain)| chain.side == side && chain.faults.is_empty())
            .map(|(at, _)| *at)
    };
    let registry = place(case);
    let summary = format!(
        "this machine trusts the CA behind {registry}, {} does not",
        voice.who
    );
    let because: Vec<usize> = good(Side::Here).into_iter().chain([voice.at]).collect();
    let mut finding = match good(Side::Cluster) {
        // The configuration has the CA, and the node does not (yet).
        Some(at) => {
            let mut finding = Finding::likely(
                Cause::ClusterTrustMissing,
                because,
                format!("{summary}, although the cluster's configuration has it"),
            )
            .or([Cause::Proxy])
            .settled_by("whether the nodes have taken the configuration over, and the chain that they are shown");
            finding.because.push(at);
            finding
        }
        None if voice.own => Finding::certain(Cause::ClusterTrustMissing, because, summary),
        None => Finding::likely(Cause::ClusterTrustMissing, because, summary)
            .settled_by("what a node says when it pulls: x509, or not"),
    };
    finding.alternatives.extend(
        words
            .candidates
            .iter()
            .copied()
            .filter(|other| *other == Cause::Mirror),
    );
    finding = finding.by_words();
    if registry != case.subject.registry() {
        finding.names.registry = Some(registry.to_owned());
    }
    finding
}

/// The registry that was asked: that of the mirror, where one has the image.
fn place<'a>(case: &'a Case<'_>) -> &'a str {
    case.evidence
        .facts(|fact| match fact {
            Fact::MirrorTrial(trial) if trial.outcome == TrialOutcome::Healthy => {
                trial.mirror.split('/').next()
            }
            _ => None,
        })
        .next()
        .map_or(case.subject.registry(), |(_, host)| host)
}

/// The words taken at their likeliest meaning that nothing seen excludes; certain only where they are.
pub(super) fn as_said(
    case: &Case<'_>,
    voice: &Voice<'_>,
    words: &Words<'_>,
    here: Here,
) -> Option<Finding> {
    let out = if here == Here::Works {
        Vec::new()
    } else {
        excluded(case)
    };
    let left: Vec<Cause> = words
        .candidates
        .iter()
        .copied()
        .enumerate()
        .filter(|(at, cause)| {
            !cause.is_open() && (!out.contains(cause) || (*at == 0 && words.certain))
        })
        // Whether a reference parses is known here: where it does, the words are about something else.
        .filter(|(_, cause)| *cause != Cause::InvalidReference || case.subject.image.is_err())
        .map(|(_, cause)| cause)
        .collect();
    let (&cause, others) = left.split_first()?;
    let registry = case.subject.registry();
    let there = format!("{} {}", voice.who, seen_there(cause, registry));
    let summary = match here {
        Here::Works => format!("{there}; this machine gets the image"),
        Here::Unreached => {
            let why = stopped_here(case);
            format!("{there}; this machine {why} {registry}, so that these words are all there is")
        }
        Here::Answered => format!("{there}: {}", words.quoted()),
    };
    let mut because = vec![voice.at];
    because.extend(case.candidates_at.filter(|_| cause.family() == "auth"));
    let finding = if words.certain && words.first() == Some(cause) {
        Finding::certain(cause, because, summary)
    } else {
        let likely = Finding::likely(cause, because, summary).or(others.iter().take(4).copied());
        match (here, &case.subject.consumer) {
            (Here::Unreached, Consumer::Import { .. }) => likely.settled_by(closer(case)),
            (Here::Unreached, _) => likely.settled_by(format!("--from-node, or {}", closer(case))),
            _ => likely,
        }
    };
    let object = case
        .candidates
        .iter()
        .find(|known| known.role.is_used())
        .filter(|_| cause.family() == "auth");
    let finding = finding.by_words();
    Some(match object {
        Some(candidate) => finding
            .secret(candidate.object.as_ref())
            .key(&candidate.key),
        None => finding,
    })
}

/// Whether this machine got as far as a certificate, and stopped there because nobody vouches for it.
fn is_untrusted_here(case: &Case<'_>) -> bool {
    case.chains()
        .iter()
        .any(|(_, chain)| chain.side == Side::Here && !chain.faults.is_empty())
}

/// Why no registry answered this machine, as a predicate whose object is the registry.
pub(super) fn stopped_here(case: &Case<'_>) -> &'static str {
    if is_untrusted_here(case) {
        "does not trust the certificate of"
    } else {
        "does not reach"
    }
}

/// What would bring an answer to this machine, or to another.
fn closer(case: &Case<'_>) -> &'static str {
    if is_untrusted_here(case) {
        "--registry-ca with the CA that signed the certificate"
    } else {
        "a run from where the registry can be reached"
    }
}

/// A cause as the predicate of whoever sees it.
fn seen_there(cause: Cause, registry: &str) -> String {
    match cause {
        Cause::Dns => format!("does not resolve the name of {registry}"),
        Cause::Refused => format!("is refused a connection to {registry}"),
        Cause::Timeout => format!("gets no answer from {registry} in time"),
        Cause::Reset => format!("is cut off in the middle by {registry}, or on the way there"),
        Cause::Proxy => format!("is stopped by a proxy on the way to {registry}"),
        Cause::Mirror => format!("asks a mirror of {registry}, and the mirror fails"),
        Cause::Rate => format!("has reached a limit of {registry}"),
        Cause::CertificateExpired | Cause::CertificateNotYetValid => {
            format!("finds the certificate of {registry} out of date by its own clock")
        }
        Cause::HostnameMismatch => format!("is shown a certificate that is not for {registry}"),
        Cause::PlainHttp => format!("speaks TLS to {registry}, and gets plain HTTP"),
        Cause::Handshake => format!("fails in the TLS handshake with {registry}"),
        cause => format!("says as much as: {}", cause.title()),
    }
}

/// Words that would hold here as well, and do not.
fn stale(case: &Case<'_>, voice: &Voice<'_>, cause: Cause) -> String {
    let who = &voice.who;
    let with = if case.has_used_candidate() {
        "the same credentials get"
    } else {
        "the same request gets"
    };
    let next = next_try(&case.subject.consumer);
    let from_node = match (&case.subject.consumer, voice.vantage) {
        (Consumer::Import { .. }, _) | (_, Vantage::Cluster) => "",
        _ if voice.fresh => "",
        _ => ", and so does --from-node",
    };
    match (cause.family(), voice.fresh) {
        ("auth" | "ambiguous", true) => format!(
            "{who} is refused now, and {with} the image from here: it sends other credentials, or the registry treats it otherwise"
        ),
        ("auth" | "ambiguous", false) => format!(
            "{who} was refused, and {with} the image from here: the words are older than what mended it, or other credentials were sent; {next} tells{from_node}"
        ),
        ("location", _) => format!(
            "{who} did not get what is there now: the words are older than the image, or another place was asked; {next} tells{from_node}"
        ),
        _ => format!("{who} failed, and the same works from here now: {next} tells{from_node}"),
    }
}

/// When the consumer tries again.
pub(super) fn next_try(consumer: &Consumer) -> &'static str {
    match consumer {
        Consumer::Import { .. } => "a new import",
        Consumer::BuildPull { .. } | Consumer::BuildPush { .. } => "a new build",
        Consumer::Pod { .. } => "its next try",
        _ => "the next pull",
    }
}

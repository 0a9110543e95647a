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
use crate::doctor::evidence::{Fact, Side, TrialOutcome, Vantage};
use crate::doctor::finding::{Confidence, Finding};
use crate::doctor::rules::{Case, Proof, Voice, Words, is_about_trust, object_of};
use crate::doctor::target::{Consumer, Operation};

use super::excluded::excluded;

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
    Verdict(Verdict),
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
            verdict => return verdict,
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
        if rest.is_empty() && on_the_way.iter().any(|finding| !is_shared(case, finding)) {
            if let Some(joined) = reached_by_others(case, &on_the_way) {
                return joined;
            }
        }
        on_the_way.append(&mut rest);
        return Joined::Findings(on_the_way);
    };
    // Both say the same, and here more of it was seen.
    let agree = |finding: &Finding| {
        finding.cause == first
            || (finding.cause.family() == "tls" && first.family() == "tls")
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
                "{} fails in words that fit no known cause ({}), and this machine does not reach {}",
                voice.who,
                words.quoted(),
                case.subject.registry()
            ),
            vec![voice.at],
        );
    }
    Joined::Findings(rest)
}

/// What does not depend on who looks.
fn is_shared(case: &Case<'_>, finding: &Finding) -> bool {
    // A certificate is the same for everybody who gets it.
    finding.cause.family() == "tls" && case.chains().iter().any(|(_, chain)| !chain.faults.is_empty())
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
                "this machine does not reach {registry}; {} does and is refused, with the secrets of the namespace, which need not be those of {}",
                voice.who,
                case.subject.consumer.words()
            ),
            because,
        ));
    }
    let voice = case.voices.own_got_an_answer()?;
    because.push(voice.at);
    Some(open(
        format!(
            "this machine does not reach {registry}; {} did before, and what it would get now is not known",
            voice.who
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
    let own_works = case.voices.iter().any(|voice| voice.own && voice.works());
    if here == Here::Works
        && !own_works
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
        if proof.full && still.is_none() {
            return Joined::Verdict(Verdict::Healthy);
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

/// How a cause of the cluster's words stands against a view in which everything works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// One side trusts the certificate, the other does not.
    Trust,
    /// It can be so there and otherwise here.
    There,
    /// It would be so here as well: it is over, or they ask for something else.
    Stale,
}

/// `fresh`: the words came when this run asked, so that they cannot be older than what was seen here.
fn weight(cause: Cause, fresh: bool) -> Weight {
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
fn against_here(case: &Case<'_>, voice: &Voice<'_>, words: &Words<'_>) -> Joined {
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
    finding
        .alternatives
        .extend(words.candidates.iter().copied().filter(|other| *other == Cause::Mirror));
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
fn as_said(case: &Case<'_>, voice: &Voice<'_>, words: &Words<'_>, here: Here) -> Option<Finding> {
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
        .map(|(_, cause)| cause)
        .collect();
    let (&cause, others) = left.split_first()?;
    let registry = case.subject.registry();
    let there = format!("{} {}", voice.who, seen_there(cause, registry));
    let summary = match here {
        Here::Works => format!("{there}; this machine gets the image"),
        Here::Unreached => {
            format!("{there}; this machine does not reach {registry}, so that these words are all there is")
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
            (Here::Unreached, Consumer::Import { .. }) => {
                likely.settled_by("a run from where the registry can be reached")
            }
            (Here::Unreached, _) => likely
                .settled_by("--from-node, or a run from where the registry can be reached"),
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
        Some(candidate) => finding.secret(candidate.object.as_ref()).key(&candidate.key),
        None => finding,
    })
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
        _ => format!(
            "{who} failed, and the same works from here now: {next} tells{from_node}"
        ),
    }
}

/// When the consumer tries again.
fn next_try(consumer: &Consumer) -> &'static str {
    match consumer {
        Consumer::Import { .. } => "a new import",
        Consumer::BuildPull { .. } | Consumer::BuildPush { .. } => "a new build",
        Consumer::Pod { .. } => "its next try",
        _ => "the next pull",
    }
}

fn open(summary: String, because: Vec<usize>) -> Joined {
    Joined::Verdict(Verdict::Open {
        cause: None,
        summary,
        because,
    })
}

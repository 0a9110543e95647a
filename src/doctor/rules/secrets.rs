//! The secrets themselves: missing, of the wrong type, malformed, misspelt, or not linked.

use super::{Case, Rule};
use crate::doctor::causes::Cause;
use crate::doctor::evidence::{EntryFact, Role, SourceFact, SourceState};
use crate::doctor::finding::Finding;
use crate::model::docker_config::EntryFault;
use crate::model::keyring::NearMiss;
use crate::model::observation::{ExchangeFault, Withheld};
use crate::model::sanitize::sanitize_line;

pub(super) const RULES: &[Rule] = &[
    breaks_the_keyring,
    malformed_file,
    malformed_entry,
    key_mismatch,
    identity_token,
    wrong_type,
    missing,
    not_linked,
];

/// One undecodable entry makes the kubelet give up on all secrets of the pod, whatever registry it is for
/// (Kubernetes `pkg/credentialprovider/secrets` `MakeDockerKeyring`).
fn breaks_the_keyring(case: &Case<'_>) -> Option<Finding> {
    if !case.subject.consumer.builds_keyring() {
        return None;
    }
    case.sources().into_iter().find_map(|(at, source)| {
        if !matches!(source.role, Role::Used) {
            return None;
        }
        let words = match &source.state {
            SourceState::Malformed { words } => words.clone(),
            SourceState::Read(entries) => entries.iter().find_map(|entry| {
                let fault = entry.fault.as_ref()?;
                fault
                    .breaks_whole_keyring()
                    .then(|| format!("the entry {:?}: {fault}", sanitize_line(&entry.key, 80)))
            })?,
            _ => return None,
        };
        Some(
            Finding::certain(
                Cause::SecretMalformed,
                vec![at],
                format!(
                    "{} does not decode, which makes the kubelet give up on every secret of the pod: {}",
                    source.name,
                    sanitize_line(&words, 120)
                ),
            )
            .secret(source.object.as_ref()),
        )
    })
}

/// The file that was given is no docker config, so that nothing can be sent.
fn malformed_file(case: &Case<'_>) -> Option<Finding> {
    if !matches!(case.subject.consumer, Consumer::AuthFile { .. }) {
        return None;
    }
    case.sources().into_iter().find_map(|(at, source)| {
        let SourceState::Malformed { words } = &source.state else {
            return None;
        };
        Some(Finding::certain(
            Cause::SecretMalformed,
            vec![at],
            format!(
                "{} is no docker config, so that nothing in it is used: {}",
                source.name,
                sanitize_line(words, 120)
            ),
        ))
    })
}

/// The entries of sources that the consumer uses.
fn used_entries<'a>(
    case: &Case<'a>,
) -> impl Iterator<Item = (usize, &'a SourceFact, &'a EntryFact)> {
    case.sources()
        .into_iter()
        .filter(|(_, source)| source.role.is_used())
        .flat_map(|(at, source)| {
            let entries = match &source.state {
                SourceState::Read(entries) => entries.as_slice(),
                _ => &[],
            };
            entries.iter().map(move |entry| (at, source, entry))
        })
}

/// The entry that would be used holds nothing that can be sent, or a password with a line end.
fn malformed_entry(case: &Case<'_>) -> Option<Finding> {
    let refused = case.refused()?;
    used_entries(case).find_map(|(at, source, entry)| {
        if !entry.matches {
            return None;
        }
        let because = vec![at, refused.at];
        let finding = match &entry.fault {
            Some(EntryFault::NotBase64 | EntryFault::NoColon)
                if case.subject.consumer.builds_keyring() =>
            {
                return None;
            }
            Some(fault) => Finding::certain(
                Cause::SecretMalformed,
                because,
                format!("the entry {:?} of {} cannot be used: {fault}", entry.key, source.name),
            ),
            None if entry.trailing_newline => {
                let index = entry.candidate?;
                case.used
                    .iter()
                    .find(|attempt| attempt.view.credential == Some(index))
                    .and_then(super::Attempt::credential_refused)?;
                Finding::likely(
                    Cause::SecretMalformed,
                    because,
                    format!(
                        "the password in the entry {:?} of {} ends in a line end, and the registry refuses it",
                        entry.key, source.name
                    ),
                )
                .or([Cause::BadCredentials])
                .settled_by("the same password without the line end")
            }
            None => return None,
        };
        Some(finding.secret(source.object.as_ref()).key(&entry.key))
    })
}

fn key_mismatch(case: &Case<'_>) -> Option<Finding> {
    let refused = case.refused()?;
    if case.has_used_candidate() {
        return None;
    }
    used_entries(case).find_map(|(at, source, entry)| {
        let near = entry.near_miss?;
        // A key for another path of the same registry, or for another port of the same host, is a credential for
        // something else: one host often serves several registries (Nexus).
        if entry.matches || matches!(near, NearMiss::Path | NearMiss::PortDiffers) {
            return None;
        }
        Some(
            Finding::certain(
                Cause::SecretKeyMismatch,
                vec![at, refused.at],
                format!(
                    "{} names {}, the image {}: {near}",
                    source.name,
                    sanitize_line(&entry.key, 80),
                    case.subject.registry()
                ),
            )
            .secret(source.object.as_ref())
            .key(&entry.key),
        )
    })
}

/// The credential is an identity token, which is exchanged at a token service, and the registry has none.
fn identity_token(case: &Case<'_>) -> Option<Finding> {
    if case.delivered().is_some() {
        return None;
    }
    let attempt = case.used.iter().find(|attempt| {
        matches!(
            attempt.view.exchange.result,
            Err(ExchangeFault::Withheld(Withheld::IdentityToken))
        )
    })?;
    let candidate = attempt.candidate?;
    let mut because: Vec<usize> = case.candidates_at.into_iter().collect();
    because.extend(attempt.because());
    because.extend(case.ping.map(|(at, _)| at));
    Some(
        Finding::certain(
            Cause::SecretMalformed,
            because,
            format!(
                "the entry {:?} of {} holds an identity token, and {} takes a user name and password only",
                candidate.key,
                candidate.source,
                case.subject.registry()
            ),
        )
        .secret(candidate.object.as_ref())
        .key(&candidate.key),
    )
}

fn wrong_type(case: &Case<'_>) -> Option<Finding> {
    let refused = case.refused()?;
    if case.has_used_candidate() {
        return None;
    }
    case.sources().into_iter().find_map(|(at, source)| {
        let SourceState::WrongType { found, covers } = &source.state else {
            return None;
        };
        if !matches!(source.role, Role::Used) {
            return None;
        }
        let summary = format!(
            "{} is of type {}, which is not read as a pull secret",
            source.name,
            sanitize_line(found, 60)
        );
        let because = vec![at, refused.at];
        let finding = match covers {
            Some(true) => Finding::certain(Cause::SecretWrongType, because, summary),
            Some(false) => return None,
            None => {
                Finding::likely(Cause::SecretWrongType, because, summary).or([Cause::NoCredentials])
            }
        };
        Some(finding.secret(source.object.as_ref()))
    })
}

fn missing(case: &Case<'_>) -> Option<Finding> {
    let refused = case.refused()?;
    if case.has_used_candidate() {
        return None;
    }
    let (at, source) = case
        .sources()
        .into_iter()
        .find(|(_, source)| source.role == Role::Used && source.state == SourceState::Missing)?;
    Some(
        Finding::likely(
            Cause::SecretMissing,
            vec![at, refused.at],
            format!(
                "{} names {}, which does not exist",
                case.subject.consumer.words(),
                source.name
            ),
        )
        .or([Cause::NoCredentials])
        .secret(source.object.as_ref()),
    )
}

/// A secret in the namespace that pulls, and that nothing makes the consumer use.
fn not_linked(case: &Case<'_>) -> Option<Finding> {
    let refused = case.refused()?;
    let good = case.unused.iter().find(|attempt| {
        attempt.delivered()
            && attempt
                .candidate
                .is_some_and(|candidate| candidate.role == Role::Unlinked)
    })?;
    let candidate = good.candidate?;
    let mut because = vec![refused.at];
    because.extend(good.because());
    Some(
        Finding::certain(
            Cause::SecretNotLinked,
            because,
            format!(
                "{} pulls the image, and {} does not use it",
                candidate.source,
                case.subject.consumer.words()
            ),
        )
        .secret(candidate.object.as_ref())
        .key(&candidate.key),
    )
}

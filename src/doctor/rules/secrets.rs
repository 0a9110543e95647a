//! The secrets themselves: missing, of the wrong type, malformed, or misspelt.

use super::kept_out::{TurnedAway, turned_away, wiring};
use super::{Case, Rule};
use crate::doctor::causes::Cause;
use crate::doctor::evidence::{EntryFact, ListOrigin, Role, SourceFact, SourceState};
use crate::doctor::finding::Finding;
use crate::doctor::target::Consumer;
use crate::model::docker_config::EntryFault;
use crate::model::keyring::NearMiss;
use crate::model::observation::{ExchangeFault, LoginVerdict, Withheld};
use crate::model::sanitize::sanitize_line;

pub(super) const RULES: &[Rule] = &[
    breaks_the_keyring,
    malformed_file,
    malformed_entry,
    key_mismatch,
    identity_token,
    wrong_type,
    missing,
    missing_in_build,
];

/// One undecodable entry makes whoever reads it give up on everything, whatever registry the entry is for: the kubelet and
/// imports on all secrets (Kubernetes `pkg/credentialprovider/secrets` `MakeDockerKeyring`), a build on the secret that it
/// has (openshift/builder `pkg/build/builder/cmd/dockercfg` `GetDockerConfig`, which reads it with the kubelet's code).
fn breaks_the_keyring(case: &Case<'_>) -> Option<Finding> {
    let gives_up = match &case.subject.consumer {
        Consumer::ServiceAccount { .. } | Consumer::Pod { .. } => {
            "which makes the kubelet give up on every secret of the pod"
        }
        Consumer::Import { .. } => "which makes an import give up on every secret of the namespace",
        Consumer::BuildPush { .. } => "so that the build pushes without a login",
        // What everybody gets, or the nodes' own secret gets, a build gets without its secret.
        Consumer::BuildPull { .. } if !delivered_without(case) => {
            "so that the build pulls without it"
        }
        _ => return None,
    };
    case.sources().into_iter().find_map(|(at, source)| {
        if !matches!(source.role, Role::Used) || passed_over(case, source) {
            return None;
        }
        let (key, words) = undecodable(source)?;
        let mut finding = Finding::certain(
            Cause::SecretMalformed,
            vec![at],
            format!(
                "{} does not decode, {gives_up}: {}",
                source.name,
                sanitize_line(&words, 120)
            ),
        )
        .secret(source.object.as_ref());
        finding.names.key = key;
        Some(finding)
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

/// A build that names no secret takes one of its account's list, and goes past those that do not decode
/// (openshift-controller-manager `pkg/build/buildutil` `FindDockerSecretAsReference`).
fn passed_over(case: &Case<'_>, source: &SourceFact) -> bool {
    let found = wiring(case)
        .is_some_and(|(_, wiring)| matches!(wiring.origin, ListOrigin::BuildAccount { .. }));
    let others = case
        .candidates
        .iter()
        .any(|known| known.role.is_used() && known.source != source.name);
    found && others
}

/// Why a source cannot be decoded, and the key of the entry at fault where it is one.
fn undecodable(source: &SourceFact) -> Option<(Option<String>, String)> {
    match &source.state {
        SourceState::Malformed { words } => Some((None, words.clone())),
        SourceState::Read(entries) => entries.iter().find_map(|entry| {
            let fault = entry.fault.as_ref()?;
            fault.breaks_whole_keyring().then(|| {
                let words = format!("the entry {:?}: {fault}", sanitize_line(&entry.key, 80));
                (Some(entry.key.clone()), words)
            })
        }),
        _ => None,
    }
}

/// The image comes to nobody in particular, or for the nodes' own secret.
fn delivered_without(case: &Case<'_>) -> bool {
    let by_node = case.used.iter().any(|attempt| {
        attempt.delivered()
            && attempt
                .candidate
                .is_some_and(|known| known.role == Role::Node)
    });
    by_node
        || case
            .anonymous
            .as_ref()
            .is_some_and(super::Attempt::delivered)
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
    let refused = turned_away(case)?;
    used_entries(case).find_map(|(at, source, entry)| {
        if !entry.matches {
            return None;
        }
        let because = vec![at, refused.at];
        let finding = match &entry.fault {
            Some(fault) if fault.breaks_whole_keyring() && case.subject.namespace().is_some() => {
                return None;
            }
            Some(EntryFault::WithHelper(words)) => Finding::certain(
                Cause::SecretMalformed,
                because,
                format!(
                    "{} holds no password for {}: {words}",
                    source.name,
                    sanitize_line(&entry.key, 80)
                ),
            ),
            Some(fault) => Finding::certain(
                Cause::SecretMalformed,
                because,
                format!(
                    "the entry {:?} of {} cannot be used: {fault}",
                    entry.key, source.name
                ),
            ),
            None if entry.trailing_newline => {
                let index = entry.candidate?;
                if !is_refused(case, index) {
                    return None;
                }
                line_end(because, source, &entry.key)
            }
            None => return None,
        };
        Some(finding.secret(source.object.as_ref()).key(&entry.key))
    })
}

/// The registry refuses a password that ends in a line end: most likely for that.
pub(super) fn line_end(because: Vec<usize>, source: &SourceFact, key: &str) -> Finding {
    Finding::likely(
        Cause::SecretMalformed,
        because,
        format!(
            "the password in the entry {:?} of {} ends in a line end, and the registry refuses it",
            sanitize_line(key, 80),
            source.name
        ),
    )
    .or([Cause::BadCredentials])
    .settled_by("the same password without the line end")
}

/// The registry refuses a credential, at the login or with the manifest.
pub(super) fn is_refused(case: &Case<'_>, index: usize) -> bool {
    let at_login = case.logins().into_iter().any(|(_, login)| {
        login.credential == Some(index) && matches!(login.verdict, LoginVerdict::Refused { .. })
    });
    at_login
        || case
            .used
            .iter()
            .filter(|attempt| attempt.view.credential == Some(index))
            .any(|attempt| attempt.credential_refused().is_some())
}

fn key_mismatch(case: &Case<'_>) -> Option<Finding> {
    let away = turned_away(case)?;
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
            sure(
                &away,
                Cause::SecretKeyMismatch,
                vec![at, away.at],
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
    let away = turned_away(case)?;
    if case.has_used_candidate() {
        return None;
    }
    case.sources().into_iter().find_map(|(at, source)| {
        let SourceState::WrongType { found, covers, .. } = &source.state else {
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
        let because = vec![at, away.at];
        let finding = match covers {
            Some(true) => sure(&away, Cause::SecretWrongType, because, summary),
            Some(false) => return None,
            None => {
                Finding::likely(Cause::SecretWrongType, because, summary).or([Cause::NoCredentials])
            }
        };
        Some(finding.secret(source.object.as_ref()))
    })
}

/// The kubelet goes on without a secret that does not exist, with a warning (`FailedToRetrieveImagePullSecret`): it is a
/// cause only where the image does not come without it.
fn missing(case: &Case<'_>) -> Option<Finding> {
    let away = turned_away(case)?;
    if case.has_used_candidate() {
        return None;
    }
    let (at, source) = absent(case)?;
    Some(
        Finding::likely(
            Cause::SecretMissing,
            vec![at, away.at],
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

/// A build mounts the secrets that it names: without one of them its pod never starts (openshift-controller-manager
/// `pkg/build/controller/build/build_controller.go`, reason `MissingPushSecret`). What it would find in its account's list
/// it goes on without.
fn missing_in_build(case: &Case<'_>) -> Option<Finding> {
    let builds = matches!(
        case.subject.consumer,
        Consumer::BuildPull { .. } | Consumer::BuildPush { .. }
    );
    let (wiring_at, wiring) = wiring(case).filter(|_| builds)?;
    let ListOrigin::BuildField { field } = &wiring.origin else {
        return None;
    };
    let (at, source) = absent(case)?;
    Some(
        Finding::certain(
            Cause::SecretMissing,
            vec![wiring_at, at],
            format!(
                "{} never starts: its {field} names {}, which does not exist",
                case.subject.consumer.words(),
                source.name
            ),
        )
        .secret(source.object.as_ref()),
    )
}

/// A secret that the consumer names, and that is not there.
pub(super) fn absent<'a>(case: &Case<'a>) -> Option<(usize, &'a SourceFact)> {
    case.sources()
        .into_iter()
        .find(|(_, source)| source.role == Role::Used && source.state == SourceState::Missing)
}

/// Certain, where the refusal was seen from here; likely, where only the cluster's words tell of it.
fn sure(away: &TurnedAway, cause: Cause, because: Vec<usize>, summary: String) -> Finding {
    if away.seen {
        Finding::certain(cause, because, summary)
    } else {
        Finding::likely(cause, because, summary).by_words()
    }
}

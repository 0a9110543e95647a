//! The entries of one source, each with what both matchers say of it: as the kubelet reads a secret, and as
//! containers/image reads a file.

use super::{Source, Wallet};
use crate::credentials::Found;
use crate::doctor::evidence::{CandidateFact, EntryFact, Role};
use crate::model::credential::Credential;
use crate::model::docker_config::{DockerConfig, EntryFault, Remark};
use crate::model::{auth_file, keyring};

/// The entries of a secret; the kubelet's keyring decides. `candidates` are the credentials that would be sent.
pub(super) fn as_the_kubelet(
    source: &Source,
    config: &DockerConfig,
    name: &str,
    candidates: &[CandidateFact],
) -> Vec<EntryFact> {
    let matched = keyring::lookup(&[config], name);
    let fact = |(at, entry): (usize, &crate::model::docker_config::Entry)| {
        let credential = entry.credential.as_ref();
        let candidate = candidates
            .iter()
            .find(|known| known.source == source.name && known.key == entry.key);
        EntryFact {
            key: entry.key.clone(),
            username: credential
                .ok()
                .and_then(Credential::username)
                .map(str::to_owned),
            fault: credential.err().cloned(),
            trailing_newline: has_newline(config, &entry.key),
            matches: matched.iter().any(|found| found.entry == at),
            other_matcher: auth_file::key_matches(&entry.key, name),
            near_miss: keyring::near_miss(&entry.key, name),
            candidate: candidate.map(|known| known.index),
        }
    };
    config.entries().iter().enumerate().map(fact).collect()
}

/// The entries of a file; containers/image decides. `found` is the one credential that it would take, which becomes a
/// candidate, `fault` the key and the fault of an entry that matches and cannot be used.
pub(super) fn as_a_file(
    source: &Source,
    config: &DockerConfig,
    found: Option<&Found>,
    fault: Option<&(String, String)>,
    name: &str,
    wallet: &mut Wallet,
    candidates: &mut Vec<CandidateFact>,
) -> Vec<EntryFact> {
    let candidate = found.map(|found| {
        let index = wallet.place(&source.name, &found.key, &found.credential);
        candidates.push(CandidateFact {
            index,
            source: source.name.clone(),
            object: None,
            key: found.key.clone(),
            username: found.credential.username().map(str::to_owned),
            role: Role::Used,
        });
        index
    });
    let mut entries: Vec<EntryFact> = config
        .entries()
        .iter()
        .map(|entry| {
            let taken = found.is_some_and(|found| found.key == entry.key);
            let broken = fault.is_some_and(|(key, _)| *key == entry.key);
            EntryFact {
                key: entry.key.clone(),
                username: None,
                fault: broken.then(|| {
                    entry
                        .credential
                        .as_ref()
                        .err()
                        .cloned()
                        .unwrap_or(EntryFault::Empty)
                }),
                trailing_newline: has_newline(config, &entry.key),
                matches: taken || broken,
                other_matcher: keyring::key_matches(&entry.key, name),
                near_miss: auth_file::near_miss(&entry.key, name),
                candidate: candidate.filter(|_| taken),
            }
        })
        .collect();
    // The file has no entry, and the credential helper that it names gives none.
    if let Some((key, reason)) = fault
        && !entries.iter().any(|entry| entry.key == *key)
    {
        entries.push(EntryFact {
            key: key.clone(),
            username: None,
            fault: Some(EntryFault::WithHelper(reason.clone())),
            trailing_newline: false,
            matches: true,
            other_matcher: false,
            near_miss: None,
            candidate: None,
        });
    }
    // A credential helper has it, and the file has no entry.
    if let Some(found) = found
        && !entries.iter().any(|entry| entry.matches)
    {
        entries.push(EntryFact {
            key: found.key.clone(),
            username: None,
            fault: None,
            trailing_newline: false,
            matches: true,
            other_matcher: false,
            near_miss: None,
            candidate,
        });
    }
    entries
}

fn has_newline(config: &DockerConfig, key: &str) -> bool {
    config
        .remarks()
        .iter()
        .any(|remark| matches!(remark, Remark::TrailingNewline { key: noted } if noted == key))
}

//! What containers/image takes out of a file given with `-a`, or out of what a credential helper keeps.

use std::sync::Arc;

use super::content::{Content, has_newline};
use super::{Source, Sources, Wallet};
use crate::credentials::Found;
use crate::doctor::evidence::{CandidateFact, EntryFact, Role, SourceState};
use crate::model::docker_config::{DockerConfig, Entry, EntryFault};
use crate::model::{auth_file, keyring};

/// A file: its content, the one entry that would be used for the image, and what is wrong where there should be one.
pub(super) struct AuthFile {
    pub(super) config: DockerConfig,
    pub(super) found: Option<Found>,
    pub(super) fault: Option<FileFault>,
}

/// Why a file that has something for the image gives nothing.
pub enum FileFault {
    /// The entry with this key cannot be used.
    Entry { key: String },
    /// The credential helper that the file names for this registry fails.
    Helper { key: String, reason: String },
}

impl FileFault {
    fn key(&self) -> &str {
        match self {
            Self::Entry { key } | Self::Helper { key, .. } => key,
        }
    }

    /// What is wrong with `entry`, which has that key.
    fn of(&self, entry: &Entry) -> EntryFault {
        match self {
            Self::Entry { .. } => entry.for_auth_file().err().unwrap_or(EntryFault::Empty),
            Self::Helper { reason, .. } => EntryFault::WithHelper(reason.clone()),
        }
    }
}

impl Sources {
    /// A file given with `-a`: its content, and the one entry that containers/image would use for the image.
    pub fn of_file(
        name: String,
        config: DockerConfig,
        found: Option<Found>,
        fault: Option<FileFault>,
    ) -> Self {
        let file = AuthFile {
            config,
            found,
            fault,
        };
        Self {
            list: vec![Source {
                name,
                object: None,
                role: Role::Used,
                content: Arc::new(Content::File(Box::new(file))),
            }],
            as_containers_image: true,
            first_only: true,
            by_reference: false,
            whole_namespace: false,
            only: None,
            maybe_more: None,
        }
    }

    /// A file given with `-a` that holds no docker config, and why.
    pub fn of_malformed_file(name: String, why: String) -> Self {
        Self {
            list: vec![Source {
                name,
                object: None,
                role: Role::Used,
                content: Arc::new(Content::Malformed(why)),
            }],
            as_containers_image: true,
            first_only: true,
            by_reference: false,
            whole_namespace: false,
            only: None,
            maybe_more: None,
        }
    }
}

/// The state of the file `source` for the image `name`; what would be sent is added to `candidates`.
pub(super) fn state(
    source: &str,
    file: &AuthFile,
    name: &str,
    wallet: &mut Wallet,
    candidates: &mut Vec<CandidateFact>,
) -> SourceState {
    let AuthFile {
        config,
        found,
        fault,
    } = file;
    let (found, fault) = (found.as_ref(), fault.as_ref());
    let candidate = found.map(|found| {
        let index = wallet.place(&found.credential);
        candidates.push(CandidateFact {
            index,
            source: source.to_owned(),
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
            let broken = fault.filter(|fault| fault.key() == entry.key);
            EntryFact {
                key: entry.key.clone(),
                username: None,
                fault: broken.map(|fault| fault.of(entry)),
                trailing_newline: has_newline(config, &entry.key),
                matches: taken || broken.is_some(),
                other_matcher: keyring::key_matches(&entry.key, name),
                near_miss: auth_file::near_miss(&entry.key, name),
                candidate: candidate.filter(|_| taken),
            }
        })
        .collect();
    // The file has no entry, and the credential helper that it names gives none.
    if let Some(FileFault::Helper { key, reason }) = fault
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
    SourceState::Read(entries)
}

//! One entry of a secret taken by itself: what a check of the secret tries, whatever images its key is for.

use std::sync::Arc;

use super::content::{Content, has_newline, keys_of, stayed_elsewhere};
use super::{ParsedSecret, Source, Sources, Wallet};
use crate::doctor::evidence::{CandidateFact, EntryFact, Role, SourceFact, SourceState};
use crate::doctor::target::Consumer;
use crate::model::credential::Credential;

impl ParsedSecret {
    /// The keys of its entries, in order; `None` where it cannot be read as a pull secret.
    pub fn keys(&self) -> Option<Vec<&str>> {
        match self.0.as_ref() {
            Content::Config(config) => Some(
                config
                    .entries()
                    .iter()
                    .map(|entry| entry.key.as_str())
                    .collect(),
            ),
            _ => None,
        }
    }

    /// Whether it can be read as a pull secret, has entries, and all of them can be sent.
    pub fn is_sound(&self) -> bool {
        match self.0.as_ref() {
            Content::Config(config) => {
                !config.entries().is_empty()
                    && config
                        .entries()
                        .iter()
                        .all(|entry| entry.credential.is_ok())
            }
            _ => false,
        }
    }
}

impl Sources {
    /// The entry `key` of a secret and nothing else.
    pub fn of_entry(namespace: &str, name: &str, secret: &ParsedSecret, key: &str) -> Self {
        let mut sources = Self::of(&Consumer::Credential);
        sources.secret(Role::Used, namespace, name, Some(secret.clone()));
        sources.only = Some(key.to_owned());
        sources
    }

    /// What stands at `key`: its fact, and the credential where it can be sent.
    pub(super) fn of_key(
        &self,
        key: &str,
        wallet: &mut Wallet,
    ) -> (Vec<SourceFact>, Vec<CandidateFact>) {
        let (mut facts, mut candidates) = (Vec::new(), Vec::new());
        for source in &self.list {
            let Content::Config(config) = source.content.as_ref() else {
                continue;
            };
            let Some(entry) = config.entries().iter().find(|entry| entry.key == key) else {
                continue;
            };
            let candidate = entry.credential.as_ref().ok().map(|credential| {
                let index = wallet.place(credential);
                candidates.push(candidate(source, key, credential, index));
                index
            });
            let read = EntryFact {
                key: key.to_owned(),
                username: username(&entry.credential),
                fault: entry.credential.as_ref().err().cloned(),
                trailing_newline: has_newline(config, key),
                matches: true,
                other_matcher: true,
                near_miss: None,
                candidate,
            };
            facts.push(SourceFact {
                place: 0,
                name: source.name.clone(),
                object: source.object.clone(),
                role: source.role,
                state: SourceState::Read(vec![read]),
                beside: config.entries().len() - 1,
            });
        }
        (facts, candidates)
    }

    /// What is known of the sources without an image: whether they are there and can be read at all.
    pub fn by_themselves(&self) -> Vec<SourceFact> {
        self.list
            .iter()
            .enumerate()
            .map(|(place, source)| SourceFact {
                place,
                name: source.name.clone(),
                object: source.object.clone(),
                role: source.role,
                state: state(&source.content),
                beside: 0,
            })
            .collect()
    }
}

fn state(content: &Arc<Content>) -> SourceState {
    match content.as_ref() {
        Content::Missing => SourceState::Missing,
        Content::WrongType { found, config } => SourceState::WrongType {
            found: found.clone(),
            covers: None,
            keys: config.as_ref().map(keys_of).unwrap_or_default(),
        },
        Content::Malformed(words) => SourceState::Malformed {
            words: words.clone(),
        },
        Content::Config(config) if config.entries().is_empty() => {
            SourceState::Read(stayed_elsewhere(config, "").into_iter().collect())
        }
        Content::Config(config) => SourceState::Read(
            config
                .entries()
                .iter()
                .map(|entry| EntryFact {
                    key: entry.key.clone(),
                    username: username(&entry.credential),
                    fault: entry.credential.as_ref().err().cloned(),
                    trailing_newline: has_newline(config, &entry.key),
                    matches: false,
                    other_matcher: false,
                    near_miss: None,
                    candidate: None,
                })
                .collect(),
        ),
        Content::File(_) => SourceState::Read(Vec::new()),
    }
}

fn username<E>(credential: &Result<Credential, E>) -> Option<String> {
    credential
        .as_ref()
        .ok()
        .and_then(Credential::username)
        .map(str::to_owned)
}

fn candidate(source: &Source, key: &str, credential: &Credential, index: usize) -> CandidateFact {
    CandidateFact {
        index,
        source: source.name.clone(),
        object: source.object.clone(),
        key: key.to_owned(),
        username: credential.username().map(str::to_owned),
        role: source.role,
    }
}

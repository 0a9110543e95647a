//! Which credentials a consumer has for an image, in the order in which it would send them: read from secrets and files,
//! nothing sent anywhere.

mod content;
mod entry;
mod file;
mod wallet;

use std::sync::Arc;

use crate::doctor::evidence::{CandidateFact, EntryFact, Role, SourceFact, SourceState};
use crate::doctor::target::Consumer;
use crate::model::credential::Credential;
use crate::model::docker_config::{DockerConfig, EntryFault, Format};
use crate::model::image::ImageReference;
use crate::model::view::{Secret, SecretBytes};
use crate::model::{auth_file, keyring};

use content::{Content, has_newline, keys_of, stayed_elsewhere};
pub use file::FileFault;
pub use wallet::Wallet;

/// Sources of credentials of one consumer, parsed once for all its images.
#[derive(Default)]
pub struct Sources {
    list: Vec<Source>,
    /// Keys are matched as containers/image matches them; else as the kubelet does.
    as_containers_image: bool,
    /// Only the first match is ever sent.
    first_only: bool,
    /// Keys are looked up with the tag or digest, which a key may then name as well.
    by_reference: bool,
    /// The consumer is given whatever is there: what has nothing to do with an image is not worth a line.
    whole_namespace: bool,
    /// The one entry that is meant, whatever image is asked for.
    only: Option<String>,
    /// Why there may be more.
    pub maybe_more: Option<String>,
}

#[derive(Clone)]
struct Source {
    name: String,
    object: Option<(String, String)>,
    role: Role,
    content: Arc<Content>,
}

/// The content of one secret, parsed once for all consumers that have it.
#[derive(Clone)]
pub struct ParsedSecret(Arc<Content>);

impl ParsedSecret {
    /// Reads the docker config in a secret, as its type says.
    pub fn of(secret: &Secret) -> Self {
        Self(Arc::new(Content::of_secret(secret)))
    }

    /// Reads it as a build does, which looks at the keys and not at the type.
    pub fn of_build(secret: &Secret) -> Self {
        Self(Arc::new(Content::of_build_secret(secret)))
    }

    /// Whether the kubelet's matcher finds an entry in it for `name` (a reference, with or without tag), by which the
    /// platform chooses secrets for builds. One undecodable entry spoils all of them.
    pub fn serves(&self, name: &str) -> bool {
        match self.0.as_ref() {
            Content::Config(config) => {
                let spoilt = config.entries().iter().any(|entry| {
                    entry
                        .credential
                        .as_ref()
                        .is_err_and(EntryFault::breaks_whole_keyring)
                });
                !spoilt && !keyring::lookup(&[config], name).is_empty()
            }
            _ => false,
        }
    }

    /// Whether its type keeps it from being read, and its content would serve `name`.
    pub fn would_serve(&self, name: &str) -> bool {
        match self.0.as_ref() {
            Content::WrongType {
                config: Some(config),
                ..
            } => !keyring::lookup(&[config], name).is_empty(),
            _ => false,
        }
    }
}

impl Sources {
    /// No sources yet; how keys are matched and how many credentials are sent follows from the consumer.
    pub fn of(consumer: &Consumer) -> Self {
        Self {
            list: Vec::new(),
            as_containers_image: !consumer.matches_as_kubelet(),
            first_only: consumer.sends_first_only(),
            by_reference: consumer.looks_up_references(),
            whole_namespace: matches!(consumer, Consumer::Import { .. }),
            only: None,
            maybe_more: None,
        }
    }

    /// Adds a secret that is named somewhere: `None` where it does not exist. The order of calls with a used role is the
    /// order in which the consumer asks.
    pub fn secret(&mut self, role: Role, namespace: &str, name: &str, found: Option<ParsedSecret>) {
        self.list.push(Source {
            name: format!("secret {namespace}/{name}"),
            object: Some((namespace.to_owned(), name.to_owned())),
            role,
            content: found.map_or_else(|| Arc::new(Content::Missing), |parsed| parsed.0),
        });
    }

    /// Adds the pull secret of all nodes, a dockerconfigjson.
    pub fn nodes(&mut self, bytes: &SecretBytes) {
        self.list.push(Source {
            name: "the nodes' pull secret".to_owned(),
            object: Some(("openshift-config".to_owned(), "pull-secret".to_owned())),
            role: Role::Node,
            content: Arc::new(Content::parse(bytes, Format::ConfigJson)),
        });
    }

    /// What a node has for a mirror on another host: its own pull secret, and nothing of the pod's. The kubelet looks up the
    /// image's own name and hands one login to the runtime, which sends it to no other host (containers/image
    /// `docker/docker_image_src.go` `newImageSourceAttempt`).
    pub fn of_nodes(&self) -> Self {
        let nodes = self.list.iter().filter(|source| source.role == Role::Node);
        Self {
            list: nodes.cloned().collect(),
            as_containers_image: true,
            first_only: true,
            by_reference: false,
            whole_namespace: false,
            only: None,
            maybe_more: self.maybe_more.clone(),
        }
    }

    /// What the sources have for an image: a fact each, and the credentials in the order in which they would be sent.
    pub fn facts(
        &self,
        image: &ImageReference,
        wallet: &mut Wallet,
    ) -> (Vec<SourceFact>, Vec<CandidateFact>) {
        if let Some(key) = &self.only {
            return self.of_key(key, wallet);
        }
        let bare = image.name();
        let name = if self.by_reference {
            image.to_string()
        } else {
            bare.clone()
        };
        let mut candidates = Vec::new();
        if self.as_containers_image {
            self.auth_file_candidates(&name, wallet, &mut candidates);
        } else {
            // The kubelet asks the pod's secrets first and the nodes' own after them (`UnionDockerKeyring`).
            self.keyring_candidates(&[Role::Used], &name, wallet, &mut candidates);
            self.keyring_candidates(&[Role::Node], &name, wallet, &mut candidates);
        }
        if self.first_only {
            for behind in candidates.iter_mut().skip(1) {
                behind.role = Role::Shadowed;
            }
        }
        for role in [
            Role::Shadowed,
            Role::Overridden,
            Role::Late,
            Role::Unlinked,
            Role::Elsewhere,
        ] {
            self.keyring_candidates(&[role], &name, wallet, &mut candidates);
        }
        let facts = self
            .list
            .iter()
            .enumerate()
            .filter_map(|(place, source)| {
                let state = self.state(source, &name, &bare, wallet, &mut candidates);
                // Of secrets that are not used only those that matter are worth a line.
                let matters = match &state {
                    SourceState::Read(entries) => entries.iter().any(|entry| entry.matches),
                    _ => false,
                };
                let used = source.role.is_used() && (!self.whole_namespace || concerns(&state));
                (used || matters).then(|| SourceFact {
                    place,
                    name: source.name.clone(),
                    object: source.object.clone(),
                    role: source.role,
                    state,
                    beside: 0,
                })
            })
            .collect();
        (facts, candidates)
    }

    fn configs(&self, roles: &[Role]) -> Vec<(&Source, &DockerConfig)> {
        self.list
            .iter()
            .filter(|source| roles.contains(&source.role))
            .filter_map(|source| match source.content.as_ref() {
                Content::Config(config) => Some((source, config)),
                _ => None,
            })
            .collect()
    }

    /// The kubelet's matches among the sources of some roles, usable ones only.
    fn keyring_candidates(
        &self,
        roles: &[Role],
        name: &str,
        wallet: &mut Wallet,
        candidates: &mut Vec<CandidateFact>,
    ) {
        let sources = self.configs(roles);
        let configs: Vec<&DockerConfig> = sources.iter().map(|(_, config)| *config).collect();
        for found in keyring::lookup(&configs, name) {
            let (source, config) = sources[found.config];
            take(source, config, &found, wallet, candidates);
        }
    }

    /// The one entry that containers/image takes of the sources in their order, and what would stand behind it.
    fn auth_file_candidates(
        &self,
        name: &str,
        wallet: &mut Wallet,
        candidates: &mut Vec<CandidateFact>,
    ) {
        for (source, config) in self.configs(&[Role::Used, Role::Node]) {
            if let Some(found) = auth_file::lookup(&[config], name) {
                take(source, config, &found, wallet, candidates);
            }
        }
    }

    fn matches(&self, key: &str, name: &str) -> (bool, bool) {
        let kubelet = keyring::key_matches(key, name);
        let containers_image = auth_file::key_matches(key, name);
        if self.as_containers_image {
            (containers_image, kubelet)
        } else {
            (kubelet, containers_image)
        }
    }

    fn state(
        &self,
        source: &Source,
        name: &str,
        bare: &str,
        wallet: &mut Wallet,
        candidates: &mut Vec<CandidateFact>,
    ) -> SourceState {
        match source.content.as_ref() {
            Content::Missing => SourceState::Missing,
            Content::WrongType { found, config } => SourceState::WrongType {
                found: found.clone(),
                covers: config
                    .as_ref()
                    .map(|config| self.finds(config, name).next().is_some()),
                keys: config.as_ref().map(keys_of).unwrap_or_default(),
            },
            Content::Malformed(words) => SourceState::Malformed {
                words: words.clone(),
            },
            Content::Config(config) => {
                let matched: Vec<usize> = self.finds(config, name).collect();
                let entries = config.entries().iter().enumerate().map(|(at, entry)| {
                    let near_miss = if self.as_containers_image {
                        auth_file::near_miss(&entry.key, bare)
                    } else {
                        keyring::near_miss(&entry.key, bare)
                    };
                    EntryFact {
                        key: entry.key.clone(),
                        username: entry
                            .credential
                            .as_ref()
                            .ok()
                            .and_then(Credential::username)
                            .map(str::to_owned),
                        fault: entry.credential.as_ref().err().cloned(),
                        trailing_newline: has_newline(config, &entry.key),
                        matches: matched.contains(&at),
                        other_matcher: self.matches(&entry.key, name).1,
                        near_miss,
                        candidate: candidates
                            .iter()
                            .find(|known| known.source == source.name && known.key == entry.key)
                            .map(|known| known.index),
                    }
                });
                let mut entries: Vec<EntryFact> = entries.collect();
                if entries.is_empty() {
                    entries.extend(stayed_elsewhere(config, auth_file::registry_of(name)));
                }
                SourceState::Read(entries)
            }
            Content::File(found) => file::state(&source.name, found, name, wallet, candidates),
        }
    }

    /// The entries of one config that the consumer's matcher takes.
    fn finds(&self, config: &DockerConfig, name: &str) -> std::vec::IntoIter<usize> {
        let found: Vec<usize> = if self.as_containers_image {
            auth_file::lookup(&[config], name)
                .map(|found| found.entry)
                .into_iter()
                .collect()
        } else {
            keyring::lookup(&[config], name)
                .into_iter()
                .map(|found| found.entry)
                .collect()
        };
        found.into_iter()
    }
}

/// Whether a source has to do with the image, or spoils others.
fn concerns(state: &SourceState) -> bool {
    match state {
        SourceState::Read(entries) => entries.iter().any(|entry| {
            let spoils = entry
                .fault
                .as_ref()
                .is_some_and(EntryFault::breaks_whole_keyring);
            entry.matches || entry.near_miss.is_some() || spoils
        }),
        SourceState::Missing | SourceState::WrongType { .. } | SourceState::Malformed { .. } => {
            true
        }
    }
}

/// Adds what a match holds, where that can be sent.
fn take(
    source: &Source,
    config: &DockerConfig,
    found: &keyring::Match,
    wallet: &mut Wallet,
    candidates: &mut Vec<CandidateFact>,
) {
    if let Ok(credential) = &config.entries()[found.entry].credential {
        candidates.push(CandidateFact {
            index: wallet.place(credential),
            source: source.name.clone(),
            object: source.object.clone(),
            key: found.key.clone(),
            username: credential.username().map(str::to_owned),
            role: source.role,
        });
    }
}

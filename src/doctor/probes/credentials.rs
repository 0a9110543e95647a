//! Which credentials a consumer has for an image, in the order in which it would send them: read from secrets and files,
//! nothing sent anywhere.

mod entries;

use std::collections::BTreeMap;

use crate::credentials::Found;
use crate::doctor::evidence::{CandidateFact, Role, SourceFact, SourceState};
use crate::model::credential::Credential;
use crate::model::docker_config::{DockerConfig, Format, Remark};
use crate::model::image::ImageReference;
use crate::model::keyring;
use crate::model::view::{NamespaceView, Secret, SecretBytes};

/// Sources of credentials, parsed once for all images of a run.
#[derive(Default)]
pub struct Sources {
    list: Vec<Source>,
    /// Why there may be more.
    pub maybe_more: Option<String>,
}

struct Source {
    name: String,
    object: Option<(String, String)>,
    role: Role,
    content: Content,
}

enum Content {
    Missing,
    WrongType {
        found: String,
        config: Option<DockerConfig>,
    },
    Malformed(String),
    Config(DockerConfig),
    /// What containers/image takes out of a file, and the file.
    File {
        config: DockerConfig,
        found: Option<Found>,
        fault: Option<(String, String)>,
    },
}

/// The run's list of credentials for one registry: each secret and entry once.
#[derive(Default)]
pub struct Wallet {
    known: Vec<(String, String)>,
    pub credentials: Vec<Credential>,
}

impl Wallet {
    /// The place of a credential, which is added when it is new.
    fn place(&mut self, source: &str, key: &str, credential: &Credential) -> usize {
        let id = (source.to_owned(), key.to_owned());
        match self.known.iter().position(|known| *known == id) {
            Some(at) => at,
            None => {
                self.known.push(id);
                self.credentials.push(credential.clone());
                self.credentials.len() - 1
            }
        }
    }
}

impl Sources {
    /// The pull secrets of a service account in their order, then the nodes' own, then what else the namespace has.
    ///
    /// `others` are secrets that the account names and that are not among those of the view: of other types, or `None`
    /// where they do not exist.
    pub fn of_account(
        namespace: &str,
        pull_secrets: &[String],
        view: &NamespaceView,
        others: &BTreeMap<String, Option<Secret>>,
        nodes: Option<&SecretBytes>,
    ) -> Self {
        let mut list = Vec::new();
        for name in pull_secrets {
            let secret = view
                .secret(namespace, name)
                .or_else(|| others.get(name).and_then(Option::as_ref));
            list.push(match secret {
                Some(secret) => of_secret(secret, Role::Used),
                None => Source {
                    name: format!("secret {namespace}/{name}"),
                    object: Some((namespace.to_owned(), name.clone())),
                    role: Role::Used,
                    content: Content::Missing,
                },
            });
        }
        if let Some(bytes) = nodes {
            list.push(Source {
                name: "the nodes' pull secret".to_owned(),
                object: Some(("openshift-config".to_owned(), "pull-secret".to_owned())),
                role: Role::Node,
                content: parsed(bytes, Format::ConfigJson),
            });
        }
        let unlinked = view
            .secrets
            .iter()
            .flatten()
            .filter(|secret| secret.namespace == namespace && !pull_secrets.contains(&secret.name))
            // The platform's own are for the internal registry, and Opaque ones for something else.
            .filter(|secret| !secret.is_of_platform() && secret.docker_config().is_some())
            .map(|secret| of_secret(secret, Role::Unlinked));
        list.extend(unlinked);
        Self {
            list,
            maybe_more: None,
        }
    }

    /// A file given with `-a`: its content, and the one entry that containers/image would use for the image.
    ///
    /// `fault` is the key and the fault of an entry that matches and cannot be used.
    pub fn of_file(
        name: String,
        config: DockerConfig,
        found: Option<Found>,
        fault: Option<(String, String)>,
    ) -> Self {
        Self {
            list: vec![Source {
                name,
                object: None,
                role: Role::Used,
                content: Content::File {
                    config,
                    found,
                    fault,
                },
            }],
            maybe_more: None,
        }
    }

    /// A file given with `-a` that is no docker config: nobody gets anything out of it.
    pub fn of_malformed_file(name: String, words: String) -> Self {
        Self {
            list: vec![Source {
                name,
                object: None,
                role: Role::Used,
                content: Content::Malformed(words),
            }],
            maybe_more: None,
        }
    }

    /// What the sources have for an image: a fact each, and the credentials in the order in which they would be sent.
    pub fn facts(
        &self,
        image: &ImageReference,
        wallet: &mut Wallet,
    ) -> (Vec<SourceFact>, Vec<CandidateFact>) {
        let name = image.name();
        let mut candidates = Vec::new();
        // The kubelet asks the pod's secrets first and the nodes' own after them (`UnionDockerKeyring`).
        for role in [Role::Used, Role::Node, Role::Unlinked] {
            self.kubelet_candidates(role, &name, wallet, &mut candidates);
        }
        let facts = self
            .list
            .iter()
            .enumerate()
            .filter_map(|(place, source)| {
                let state = source.state(&name, wallet, &mut candidates);
                // Of secrets that nobody links only those that matter are worth a line.
                let matters = match &state {
                    SourceState::Read(entries) => entries.iter().any(|entry| entry.matches),
                    _ => false,
                };
                (source.role != Role::Unlinked || matters).then(|| SourceFact {
                    place,
                    name: source.name.clone(),
                    object: source.object.clone(),
                    role: source.role,
                    state,
                })
            })
            .collect();
        (facts, candidates)
    }

    /// The kubelet's matches among the sources of one role, usable ones only.
    fn kubelet_candidates(
        &self,
        role: Role,
        name: &str,
        wallet: &mut Wallet,
        candidates: &mut Vec<CandidateFact>,
    ) {
        let sources: Vec<(&Source, &DockerConfig)> = self
            .list
            .iter()
            .filter(|source| source.role == role)
            .filter_map(|source| match &source.content {
                Content::Config(config) => Some((source, config)),
                _ => None,
            })
            .collect();
        let configs: Vec<&DockerConfig> = sources.iter().map(|(_, config)| *config).collect();
        for found in keyring::lookup(&configs, name) {
            let (source, config) = sources[found.config];
            if let Ok(credential) = &config.entries()[found.entry].credential {
                candidates.push(CandidateFact {
                    index: wallet.place(&source.name, &found.key, credential),
                    source: source.name.clone(),
                    object: source.object.clone(),
                    key: found.key,
                    username: credential.username().map(str::to_owned),
                    role,
                });
            }
        }
    }
}

impl Source {
    /// What it has for the image of this name; a file's credential becomes one of the candidates.
    fn state(
        &self,
        name: &str,
        wallet: &mut Wallet,
        candidates: &mut Vec<CandidateFact>,
    ) -> SourceState {
        match &self.content {
            Content::Missing => SourceState::Missing,
            Content::WrongType { found, config } => SourceState::WrongType {
                found: found.clone(),
                covers: config
                    .as_ref()
                    .map(|config| !keyring::lookup(&[config], name).is_empty()),
            },
            Content::Malformed(words) => SourceState::Malformed {
                words: words.clone(),
            },
            Content::Config(config) => {
                SourceState::Read(entries::as_the_kubelet(self, config, name, candidates))
            }
            Content::File {
                config,
                found,
                fault,
            } => SourceState::Read(entries::as_a_file(
                self,
                config,
                found.as_ref(),
                fault.as_ref(),
                name,
                wallet,
                candidates,
            )),
        }
    }
}

fn of_secret(secret: &Secret, role: Role) -> Source {
    let content = match secret.docker_config() {
        Some((format, bytes)) => parsed(bytes, format),
        None => Content::WrongType {
            found: format!("{} with the keys {}", secret.type_name, keys(secret)),
            config: secret
                .configs
                .values()
                .find_map(|bytes| DockerConfig::parse_any(bytes.expose()).ok()),
        },
    };
    Source {
        name: format!("secret {}/{}", secret.namespace, secret.name),
        object: Some((secret.namespace.clone(), secret.name.clone())),
        role,
        content,
    }
}

fn keys(secret: &Secret) -> String {
    if secret.keys.is_empty() {
        "none".to_owned()
    } else {
        secret.keys.join(", ")
    }
}

fn parsed(bytes: &SecretBytes, format: Format) -> Content {
    match DockerConfig::parse(bytes.expose(), format) {
        Ok(config) => {
            let other = config
                .remarks()
                .into_iter()
                .any(|remark| matches!(remark, Remark::WrongFormat { .. }));
            if other {
                let (type_name, shape) = match format {
                    Format::ConfigJson => ("kubernetes.io/dockerconfigjson", ".dockercfg"),
                    Format::DockerCfg => ("kubernetes.io/dockercfg", "config.json"),
                };
                Content::WrongType {
                    found: format!("{type_name} with the content of a {shape}"),
                    config: DockerConfig::parse_any(bytes.expose()).ok(),
                }
            } else {
                Content::Config(config)
            }
        }
        Err(error) => Content::Malformed(error.to_string()),
    }
}

//! What stands in a secret, read as its type says.

use crate::doctor::evidence::EntryFact;
use crate::model::docker_config::{DockerConfig, EntryFault, Format, Remark};
use crate::model::view::{Secret, SecretBytes};

/// The content of a source, parsed once.
pub(super) enum Content {
    Missing,
    WrongType {
        found: String,
        config: Option<DockerConfig>,
    },
    Malformed(String),
    Config(DockerConfig),
    /// What containers/image takes out of a file.
    File(Box<super::file::AuthFile>),
}

/// Whether the password of an entry ends in a line end.
pub(super) fn has_newline(config: &DockerConfig, key: &str) -> bool {
    config
        .remarks()
        .iter()
        .any(|remark| matches!(remark, Remark::TrailingNewline { key: noted } if noted == key))
}

impl Content {
    /// A secret's.
    pub(super) fn of_secret(secret: &Secret) -> Self {
        match secret.docker_config() {
            Some((format, bytes)) => Self::parse(bytes, format),
            None => Self::WrongType {
                found: format!("{} with the keys {}", secret.type_name, keys(secret)),
                config: secret
                    .configs
                    .values()
                    .find_map(|bytes| DockerConfig::parse_any(bytes.expose()).ok()),
            },
        }
    }

    /// A secret's, as the pod of a build reads it.
    pub(super) fn of_build_secret(secret: &Secret) -> Self {
        match secret.docker_config_of_build() {
            Some((format, bytes)) => Self::parse(bytes, format),
            None => Self::of_secret(secret),
        }
    }

    /// A docker config in the format that its place calls for.
    pub(super) fn parse(bytes: &SecretBytes, format: Format) -> Self {
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
                    Self::WrongType {
                        found: format!("{type_name} with the content of a {shape}"),
                        config: DockerConfig::parse_any(bytes.expose()).ok(),
                    }
                } else {
                    Self::Config(config)
                }
            }
            Err(error) => Self::Malformed(error.to_string()),
        }
    }
}

/// What stands in for the entries of a config that has none, because docker left all passwords to a credential helper.
pub(super) fn stayed_elsewhere(config: &DockerConfig, registry: &str) -> Option<EntryFact> {
    let words = config.left_to_helper(registry)?;
    Some(EntryFact {
        key: registry.to_owned(),
        username: None,
        fault: Some(EntryFault::WithHelper(words)),
        trailing_newline: false,
        matches: true,
        other_matcher: true,
        near_miss: None,
        candidate: None,
    })
}

/// The keys of a config's entries.
pub(super) fn keys_of(config: &DockerConfig) -> Vec<String> {
    config
        .entries()
        .iter()
        .map(|entry| entry.key.clone())
        .collect()
}

fn keys(secret: &Secret) -> String {
    if secret.keys.is_empty() {
        "none".to_owned()
    } else {
        secret.keys.join(", ")
    }
}

//! The pull secret of a registry as an object: how ours is made, and how any is read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::Object;
use super::ours::{MANAGED_BY, MANAGER, REGISTRY};
use crate::model::credential::Credential;
use crate::model::docker_config::{ConfigError, DockerConfig, Format};

/// The secret's type for a format.
pub fn type_of(format: Format) -> &'static str {
    match format {
        Format::ConfigJson => "kubernetes.io/dockerconfigjson",
        Format::DockerCfg => "kubernetes.io/dockercfg",
    }
}

/// The key of `data` that a format stands under.
pub fn data_key(format: Format) -> &'static str {
    match format {
        Format::ConfigJson => ".dockerconfigjson",
        Format::DockerCfg => ".dockercfg",
    }
}

/// The format that a secret's type promises; `None` for types that the kubelet does not read.
pub fn format_of(secret: &Object) -> Option<Format> {
    [Format::ConfigJson, Format::DockerCfg]
        .into_iter()
        .find(|format| type_of(*format) == secret.text("/type"))
}

/// Why no docker config can be read from a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("its type {0:?} is not one that holds registry credentials")]
    Type(String),
    #[error("it has no {0}")]
    NoData(&'static str),
    #[error("its {0} is not base64")]
    NotBase64(&'static str),
    #[error("its {0} is {1}")]
    NotConfig(&'static str, ConfigError),
}

/// The docker config in a secret, by its type.
pub fn read(secret: &Object) -> Result<DockerConfig, ReadError> {
    let format =
        format_of(secret).ok_or_else(|| ReadError::Type(secret.text("/type").to_owned()))?;
    let key = data_key(format);
    let text = text_of(secret, key).ok_or(ReadError::NoData(key))?;
    decoded(text, key, format)
}

fn text_of<'a>(secret: &'a Object, key: &str) -> Option<&'a str> {
    secret.value().get("data")?.get(key)?.as_str()
}

fn decoded(text: &str, key: &'static str, format: Format) -> Result<DockerConfig, ReadError> {
    let bytes = STANDARD
        .decode(text)
        .map_err(|_| ReadError::NotBase64(key))?;
    DockerConfig::parse(&bytes, format).map_err(|error| ReadError::NotConfig(key, error))
}

/// What a secret gives to somebody who copies credentials out of it.
pub enum Copied {
    /// A docker config, whatever the secret's type is.
    Config(DockerConfig),
    /// A user name and a password that name no registry.
    Login(Credential),
}

/// Where people put a docker config when they make a secret with `create secret generic --from-file`, by key.
const CONFIG_KEYS: [&str; 4] = [
    ".dockerconfigjson",
    ".dockercfg",
    "config.json",
    "auth.json",
];

/// What can be copied out of a secret: where its type says that it is a docker config, that; else a docker config under a
/// usual key, or `username` and `password`, the keys of `kubernetes.io/basic-auth`.
///
/// # Errors
///
/// As [`read`].
pub fn read_to_copy(secret: &Object) -> Result<Copied, ReadError> {
    let promised = match read(secret) {
        Err(error @ ReadError::Type(_)) => error,
        read => return read.map(Copied::Config),
    };
    let bytes = |key| STANDARD.decode(text_of(secret, key)?).ok();
    let config = CONFIG_KEYS
        .into_iter()
        .find_map(|key| DockerConfig::parse_any(&bytes(key)?).ok());
    if let Some(config) = config {
        return Ok(Copied::Config(config));
    }
    let line = |key| {
        let text = String::from_utf8(bytes(key)?).ok()?;
        Some(text.trim_end_matches(['\r', '\n']).to_owned()).filter(|text| !text.is_empty())
    };
    match (line("username"), line("password")) {
        (Some(username), Some(password)) => Ok(Copied::Login(Credential::Password {
            username,
            password: password.into(),
        })),
        _ => Err(promised),
    }
}

/// What our secret is to hold.
#[derive(Debug, Clone)]
pub struct Content {
    /// `host[:port][/path]`, for the annotation.
    pub registry: String,
    /// The key of the docker config.
    pub key: String,
    pub credential: Credential,
    /// `None`: as the existing one has it, else config.json.
    pub format: Option<Format>,
}

impl Content {
    /// The format to write, given what is there.
    pub fn format_for(&self, existing: Option<&Object>) -> Format {
        self.format
            .or_else(|| existing.and_then(format_of))
            .unwrap_or(Format::ConfigJson)
    }

    /// The secret, whole. When `existing` holds the same credentials its own text is kept, so that nothing changes.
    pub fn object(&self, namespace: &str, name: &str, existing: Option<&Object>) -> Object {
        let format = self.format_for(existing);
        let config = DockerConfig::single(format, &self.key, &self.credential);
        let text = existing
            .filter(|secret| read(secret).is_ok_and(|old| old.same_credentials(&config)))
            .and_then(|secret| secret.value().get("data")?.get(data_key(format))?.as_str())
            .map_or_else(
                || STANDARD.encode(config.to_json().expose_secret()),
                str::to_owned,
            );
        Object::new(json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "labels": { MANAGED_BY: MANAGER },
                "annotations": { REGISTRY: self.registry },
            },
            "type": type_of(format),
            "data": { data_key(format): text },
        }))
    }
}

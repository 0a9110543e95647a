//! `config.json`, `auth.json`, `.dockercfg` and the two secret types that hold them: read, judged entry by entry, merged
//! and written back without losing a key or the order.

use super::credential::Credential;

/// Which of the two shapes the JSON has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `{"auths": {KEY: {...}}}`: config.json, auth.json, secrets of type `kubernetes.io/dockerconfigjson`.
    ConfigJson,
    /// `{KEY: {...}}`: `.dockercfg`, secrets of type `kubernetes.io/dockercfg`.
    DockerCfg,
}

/// A parsed docker config. Entries keep their order; what this tool does not know is kept for writing back.
#[derive(Debug, Clone)]
pub struct DockerConfig {
    format: Format,
    entries: Vec<Entry>,
    root: serde_json::Map<String, serde_json::Value>,
}

/// One entry of `auths`.
#[derive(Debug, Clone)]
pub struct Entry {
    /// As written.
    pub key: String,
    /// What it would send, or why it is useless.
    pub credential: Result<Credential, EntryFault>,
}

/// What is wrong with one entry. Wording never holds a secret value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    #[error("its `auth` is not base64")]
    NotBase64,
    #[error("its `auth` decodes to text without a colon")]
    NoColon,
    #[error("its `auth` is not UTF-8 text")]
    NotUtf8,
    #[error("its user name is empty")]
    EmptyUsername,
    #[error("its password is empty")]
    EmptyPassword,
    #[error("it holds only an identity token, which the kubelet ignores")]
    OnlyIdentityToken,
    #[error("it holds no credential")]
    Empty,
    #[error("it is not a JSON object")]
    NotAnObject,
}

impl EntryFault {
    /// Whether kubelet code fails on the whole set of secrets because of this entry (bad base64, no colon).
    pub fn breaks_whole_keyring(&self) -> bool {
        matches!(self, Self::NotBase64 | Self::NoColon)
    }
}

/// Remarks on the whole file or on an entry that still works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// `credsStore` or `credHelpers`: the passwords are elsewhere.
    CredentialHelper { name: String },
    /// `.dockercfg` content where `auths` was expected, or the other way round.
    WrongFormat { expected: Format },
    /// The decoded password of `key` ends in a line end.
    TrailingNewline { key: String },
    /// `username`/`password` fields disagree with `auth`.
    Disagreement { key: String },
}

/// Why a text is no docker config at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("not JSON: {0}")]
    NotJson(String),
    #[error("not a JSON object")]
    NotAnObject,
    #[error("`auths` is not a JSON object")]
    AuthsNotAnObject,
}

impl DockerConfig {
    /// Reads `bytes` as the given format (a secret's type says which).
    pub fn parse(bytes: &[u8], format: Format) -> Result<Self, ConfigError> {
        todo!("{bytes:?} {format:?}")
    }
    /// Reads a file of either format (`-a FILE`): with `auths`, `credsStore`, ... it is a config.json.
    pub fn parse_any(bytes: &[u8]) -> Result<Self, ConfigError> {
        todo!("{bytes:?}")
    }
    /// A config with one entry.
    pub fn single(format: Format, key: &str, credential: &Credential) -> Self {
        todo!("{format:?} {key} {credential:?}")
    }
    pub fn format(&self) -> Format {
        self.format
    }
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
    pub fn remarks(&self) -> Vec<Remark> {
        todo!()
    }
    /// `credsStore`, if any.
    pub fn creds_store(&self) -> Option<&str> {
        todo!()
    }
    /// `credHelpers`: registry to helper name.
    pub fn cred_helpers(&self) -> Vec<(String, String)> {
        todo!()
    }
    /// Adds or replaces one entry, keeps all others and every unknown field.
    pub fn set(&mut self, key: &str, credential: &Credential) {
        todo!("{key} {credential:?}")
    }
    /// Takes one entry off; false when it was not there.
    pub fn remove(&mut self, key: &str) -> bool {
        todo!("{key}")
    }
    /// The JSON text, holding secret values: for the secret's data and nowhere else.
    pub fn to_json(&self) -> secrecy::SecretString {
        todo!()
    }
    /// Whether both hold the same entries with the same credentials.
    pub fn same_credentials(&self, other: &Self) -> bool {
        todo!("{other:?}")
    }
}
// creds branch: Debug must not show secrets (custom impl over root).

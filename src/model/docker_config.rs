//! `config.json`, `auth.json`, `.dockercfg` and the two secret types that hold them: read, judged entry by entry, merged
//! and written back without losing a key or the order.
//!
//! Which entry serves an image is for [`super::keyring`] and [`super::auth_file`]; running credential helpers is for
//! `crate::credentials`.

use std::fmt;

use secrecy::SecretString;
use serde_json::{Map, Value};

use super::credential::Credential;

mod entry;
#[cfg(test)]
mod tests;

pub use entry::{Entry, EntryFault, shown_key};

/// Which of the two shapes the JSON has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `{"auths": {KEY: {...}}}`: config.json, auth.json, secrets of type `kubernetes.io/dockerconfigjson`.
    ConfigJson,
    /// `{KEY: {...}}`: `.dockercfg`, secrets of type `kubernetes.io/dockercfg`.
    DockerCfg,
}

/// A parsed docker config. Entries keep their order; what this tool does not know is kept for writing back.
#[derive(Clone)]
pub struct DockerConfig {
    format: Format,
    entries: Vec<Entry>,
    root: Map<String, Value>,
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
    ///
    /// As Go's `encoding/json` does for every consumer: names of known fields in any case, `null` for nothing, the last
    /// of equal keys, and U+FFFD in place of bytes that are not UTF-8.
    pub fn parse(bytes: &[u8], format: Format) -> Result<Self, ConfigError> {
        let root = parse_root(bytes)?;
        Self::of_root(root, format)
    }

    /// Reads a file of either format (`-a FILE`): with `auths`, `credsStore`, ... it is a config.json.
    pub fn parse_any(bytes: &[u8]) -> Result<Self, ConfigError> {
        let root = parse_root(bytes)?;
        let format = if looks_like_dockercfg(&root) {
            Format::DockerCfg
        } else {
            Format::ConfigJson
        };
        Self::of_root(root, format)
    }

    fn of_root(root: Map<String, Value>, format: Format) -> Result<Self, ConfigError> {
        let entries = match format {
            Format::DockerCfg => entries_of(&root),
            Format::ConfigJson => match field(&root, "auths") {
                None | Some(Value::Null) => Vec::new(),
                Some(Value::Object(auths)) => entries_of(auths),
                Some(_) => return Err(ConfigError::AuthsNotAnObject),
            },
        };
        let mut config = Self {
            format,
            entries,
            root,
        };
        for at in 0..config.entries.len() {
            if let Some(words) = config.left_to_helper(&config.entries[at].key) {
                config.entries[at].left_to_helper(&words);
            }
        }
        Ok(config)
    }

    /// Which credential helper docker left the password for `key` to, in words that end a sentence.
    pub fn left_to_helper(&self, key: &str) -> Option<String> {
        let helpers = self.cred_helpers();
        let own = helpers.iter().find(|(registry, _)| registry == key);
        let (field, name) = match own {
            Some((_, name)) => ("credHelpers", name.as_str()),
            None => ("credsStore", self.creds_store()?),
        };
        Some(format!(
            "{field} leaves it to the credential helper {name:?} of the machine that wrote this"
        ))
    }

    /// A config with one entry.
    pub fn single(format: Format, key: &str, credential: &Credential) -> Self {
        let mut config = Self {
            format,
            entries: Vec::new(),
            root: Map::new(),
        };
        config.set(key, credential);
        config
    }

    pub fn format(&self) -> Format {
        self.format
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// What is worth saying beside the entries' faults, in the file's order: format and helpers first.
    pub fn remarks(&self) -> Vec<Remark> {
        let mut remarks = Vec::new();
        let wrong = match self.format {
            Format::ConfigJson => looks_like_dockercfg(&self.root),
            Format::DockerCfg => matches!(field(&self.root, "auths"), Some(Value::Object(_))),
        };
        if wrong {
            remarks.push(Remark::WrongFormat {
                expected: self.format,
            });
        }
        let helpers = self.cred_helpers().into_iter().map(|(_, name)| name);
        let store = self.creds_store().map(str::to_owned);
        for name in store.into_iter().chain(helpers) {
            let remark = Remark::CredentialHelper { name };
            if !remarks.contains(&remark) {
                remarks.push(remark);
            }
        }
        for entry in &self.entries {
            if entry.ends_in_newline() {
                remarks.push(Remark::TrailingNewline {
                    key: entry.key.clone(),
                });
            }
            if entry.disagrees() {
                remarks.push(Remark::Disagreement {
                    key: entry.key.clone(),
                });
            }
        }
        remarks
    }

    /// `credsStore`, if any.
    pub fn creds_store(&self) -> Option<&str> {
        match self.format {
            Format::DockerCfg => None,
            Format::ConfigJson => field(&self.root, "credsStore")
                .and_then(Value::as_str)
                .filter(|name| !name.is_empty()),
        }
    }

    /// `credHelpers`: registry to helper name.
    pub fn cred_helpers(&self) -> Vec<(String, String)> {
        match (self.format, field(&self.root, "credHelpers")) {
            (Format::ConfigJson, Some(Value::Object(helpers))) => helpers
                .iter()
                .filter_map(|(registry, name)| Some((registry.clone(), name.as_str()?.to_owned())))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Adds or replaces one entry, keeps all others and every unknown field.
    ///
    /// The password is written as `auth` alone, which every consumer reads and which wins over `username` and
    /// `password`. A user name with a colon cannot be told from its password there (RFC 7617 section 2): callers refuse
    /// one.
    pub fn set(&mut self, key: &str, credential: &Credential) {
        let entry = self.edit_auths(|auths| {
            let old = match auths.get_mut(key) {
                Some(Value::Object(old)) => std::mem::take(old),
                _ => Map::new(),
            };
            let value = Value::Object(entry::write(old, credential));
            let entry = Entry::read(key, &value);
            auths.insert(key.to_owned(), value);
            entry
        });
        match self.entries.iter_mut().find(|entry| entry.key == key) {
            Some(existing) => *existing = entry,
            None => self.entries.push(entry),
        }
    }

    /// Takes one entry off; false when it was not there.
    pub fn remove(&mut self, key: &str) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.key != key);
        let known = self.entries.len() < before;
        if known {
            self.edit_auths(|auths| auths.shift_remove(key));
        }
        known
    }

    /// Gives the map of entries to `edit`; makes one where there is none.
    fn edit_auths<T>(&mut self, edit: impl FnOnce(&mut Map<String, Value>) -> T) -> T {
        if self.format == Format::DockerCfg {
            return edit(&mut self.root);
        }
        let name = field_name(&self.root, "auths").unwrap_or_else(|| "auths".to_owned());
        let slot = self.root.entry(name).or_insert(Value::Null);
        let mut auths = match slot.take() {
            Value::Object(auths) => auths,
            _ => Map::new(),
        };
        let outcome = edit(&mut auths);
        *slot = Value::Object(auths);
        outcome
    }

    /// The JSON text, holding secret values: for the secret's data and nowhere else.
    pub fn to_json(&self) -> SecretString {
        // Writing a JSON value as text cannot fail: its keys are strings.
        SecretString::from(Value::Object(self.root.clone()).to_string())
    }

    /// Whether both hold the same entries with the same credentials, in whatever order and format.
    pub fn same_credentials(&self, other: &Self) -> bool {
        self.entries.len() == other.entries.len()
            && self.entries.iter().all(|entry| {
                other
                    .entries
                    .iter()
                    .any(|theirs| theirs.key == entry.key && theirs.same(entry))
            })
    }
}

/// Keys and kinds of credentials, never a value.
impl fmt::Debug for DockerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DockerConfig")
            .field("format", &self.format)
            .field("entries", &self.entries)
            .finish_non_exhaustive()
    }
}

fn parse_root(bytes: &[u8]) -> Result<Map<String, Value>, ConfigError> {
    // Messages of the JSON parser name a place and never quote the text.
    let value: Value = serde_json::from_str(&String::from_utf8_lossy(bytes))
        .map_err(|error| ConfigError::NotJson(error.to_string()))?;
    match value {
        Value::Object(root) => Ok(root),
        _ => Err(ConfigError::NotAnObject),
    }
}

fn entries_of(auths: &Map<String, Value>) -> Vec<Entry> {
    auths
        .iter()
        .map(|(key, value)| Entry::read(key, value))
        .collect()
}

/// A root without any of config.json's own fields, one of whose values has the fields of an entry.
fn looks_like_dockercfg(root: &Map<String, Value>) -> bool {
    let own = ["auths", "credsStore", "credHelpers"];
    own.iter().all(|name| field(root, name).is_none())
        && root.values().filter_map(Value::as_object).any(|value| {
            entry::FIELDS
                .iter()
                .any(|name| field(value, name).is_some_and(Value::is_string))
        })
}

/// The name under which a field stands, by Go's rule: in any case, the last one wins.
fn field_name(object: &Map<String, Value>, name: &str) -> Option<String> {
    object
        .keys()
        .rev()
        .find(|key| key.eq_ignore_ascii_case(name))
        .cloned()
}

/// A field by Go's rule; see [`field_name`].
fn field<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object
        .iter()
        .rev()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

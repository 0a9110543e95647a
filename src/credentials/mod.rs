//! Where this machine keeps registry credentials, and how to get one out: auth files, credential helpers, standard input.
//!
//! Gives one credential for one registry, never a whole file. Helpers run under a timeout and their output is never shown.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::env::Env;
use crate::model::credential::Credential;
use crate::model::docker_config::DockerConfig;

/// A credential and where it came from, in words for the user (`entry "quay.io" of ~/.docker/config.json`).
pub struct Found {
    pub credential: Credential,
    pub origin: String,
    /// The key under which it stood.
    pub key: String,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("cannot read {path}: {reason}")]
    Unreadable { path: PathBuf, reason: String },
    #[error("{path} is no docker config: {reason}")]
    Malformed { path: PathBuf, reason: String },
    #[error("{path} has no entry for {name}; it has {}", keys.join(", "))]
    NoEntry {
        path: PathBuf,
        name: String,
        keys: Vec<String>,
    },
    #[error("the entry {key:?} of {path} cannot be used: {reason}")]
    BadEntry {
        path: PathBuf,
        key: String,
        reason: String,
    },
    #[error("no credentials for {name} in {}", places.join(", "))]
    Nowhere { name: String, places: Vec<String> },
    #[error("the credential helper {helper:?} {reason}")]
    Helper { helper: String, reason: String },
}

/// The files asked when none is named, in order: `REGISTRY_AUTH_FILE`, `${XDG_RUNTIME_DIR}/containers/auth.json`,
/// `/run/containers/${UID}/auth.json`, `${XDG_CONFIG_HOME}/containers/auth.json`, `${DOCKER_CONFIG}/config.json`,
/// `~/.docker/config.json`, `~/.dockercfg`.
pub fn usual_places(env: &Env) -> Vec<PathBuf> {
    todo!("{env:?}")
}

/// The config in `path` (`-a FILE`).
pub async fn read_config(path: &Path) -> Result<DockerConfig, SourceError> {
    todo!("{path:?}")
}

/// The credential for `name` (`host[:port][/path]`) from one file, by containers/image's matcher; credential helpers named
/// in it are run, each for at most `timeout`.
pub async fn from_file(
    env: &Env,
    path: &Path,
    name: &str,
    timeout: Duration,
) -> Result<Found, SourceError> {
    todo!("{env:?} {path:?} {name} {timeout:?}")
}

/// The credential for `name` from the usual places: the first file that has one.
pub async fn from_usual_places(
    env: &Env,
    name: &str,
    timeout: Duration,
) -> Result<Found, SourceError> {
    todo!("{env:?} {name} {timeout:?}")
}

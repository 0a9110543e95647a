//! Where this machine keeps registry credentials, and how to get one out: auth files, credential helpers, standard input.
//!
//! Gives one credential for one registry, never a whole file. Helpers run under a timeout and their output is never shown.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::AsyncReadExt as _;

use crate::env::Env;
use crate::model::auth_file;
use crate::model::credential::Credential;
use crate::model::docker_config::{DockerConfig, EntryFault, Format, Remark, shown_key};

mod helper;
mod places;
#[cfg(test)]
mod tests;

pub use places::usual_places;

/// More than any file of credentials has; what is longer is something else.
const FILE_MAX: u64 = 4 * 1024 * 1024;

/// A credential and where it came from, in words for the user (`entry "quay.io" of ~/.docker/config.json`).
#[derive(Debug)]
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
    #[error("{path} has no entry for {name}; it has {}", listed(keys))]
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
    /// docker's marker: the password is with a helper, and who reads the file does not ask it.
    #[error("the entry {key:?} of {path} holds no password: {words}")]
    LeftToHelper {
        path: PathBuf,
        key: String,
        words: String,
    },
    #[error("no credentials for {name} in {}", places.join(", "))]
    Nowhere { name: String, places: Vec<String> },
    #[error("the credential helper {helper:?} {reason}")]
    Helper { helper: String, reason: String },
    /// The helper works, and keeps nothing for this registry.
    #[error("the credential helper {helper:?} has no credentials for {server}")]
    HelperHasNone { helper: String, server: String },
}

fn listed(keys: &[String]) -> String {
    if keys.is_empty() {
        "none at all".to_owned()
    } else {
        keys.join(", ")
    }
}

impl From<SourceError> for crate::error::Error {
    fn from(error: SourceError) -> Self {
        let failure = Self::failure(error.to_string());
        match error {
            SourceError::NoEntry { .. } => failure.hint(
                "keys match by host, port and whole path components; a user name can be given with --registry-username",
            ),
            SourceError::Nowhere { .. } => failure.hint(
                "give them with --registry-username and --registry-password-stdin, or name a file with -a",
            ),
            SourceError::BadEntry { .. }
            | SourceError::LeftToHelper { .. }
            | SourceError::Malformed { .. } => {
                failure.hint("log in again with the tool that wrote the file")
            }
            SourceError::Helper { .. } | SourceError::HelperHasNone { .. } => failure
                .hint("give the credentials with --registry-username and --registry-password-stdin"),
            SourceError::Unreadable { .. } => failure,
        }
    }
}

/// The config in `path` (`-a FILE`): of either format, at most 4 MiB.
pub async fn read_config(path: &Path) -> Result<DockerConfig, SourceError> {
    let bytes = read_bytes(path).await?;
    DockerConfig::parse_any(&bytes).map_err(|error| SourceError::Malformed {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

async fn read_bytes(path: &Path) -> Result<Vec<u8>, SourceError> {
    let unreadable = |error: std::io::Error| SourceError::Unreadable {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let file = tokio::fs::File::open(path).await.map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(FILE_MAX + 1)
        .read_to_end(&mut bytes)
        .await
        .map_err(unreadable)?;
    if bytes.len() as u64 > FILE_MAX {
        return Err(SourceError::Malformed {
            path: path.to_owned(),
            reason: "it is longer than 4 MiB".to_owned(),
        });
    }
    Ok(bytes)
}

/// The credential for `name` (`host[:port][/path]`) from one file, by containers/image's matcher; credential helpers named
/// in it are run, each for at most `timeout`.
///
/// In this order: the helper that `credHelpers` names for the registry, whose word is final; the entry of `auths`, with
/// whatever it holds (also `username` and `password` without `auth`, and tokens, as docker reads them); the helper of
/// `credsStore`, where the entry is missing or is docker's empty marker.
pub async fn from_file(
    env: &Env,
    path: &Path,
    name: &str,
    timeout: Duration,
) -> Result<Found, SourceError> {
    let path = env.cwd.join(path);
    let config = read_config(&path).await?;
    match ask(env, &path, &config, name, timeout).await? {
        Answer::Found(found) => Ok(found),
        Answer::Nothing(why) => Err(why),
    }
}

/// What containers/image (podman, skopeo, CRI-O, pulls of builds) gets for `name` out of the file that it is told to use.
///
/// It knows less than docker: `credHelpers` by the registry's own name and whatever the helper says, else the entry's `auth`
/// and the `identitytoken` beside it. `username` and `password`, `registrytoken` and `credsStore` are nothing to it, and a
/// `.dockercfg` is none of its files (containers/image `pkg/docker/config/config.go` `findCredentialsInFile`,
/// `decodeDockerAuth`).
pub async fn as_containers_image(
    env: &Env,
    path: &Path,
    name: &str,
    timeout: Duration,
) -> Result<Found, SourceError> {
    let path = env.cwd.join(path);
    let config = read_auth_file(&path).await?;
    let registry = auth_file::registry_of(name);
    let helpers = config.cred_helpers();
    if let Some((key, helper)) = helpers.iter().find(|(key, _)| key == registry) {
        return match ask_helper(env, &path, helper, registry, key, timeout).await? {
            Answer::Found(found) => Ok(found),
            Answer::Nothing(why) => Err(why),
        };
    }
    let Some(at) = auth_file::lookup(&[&config], name) else {
        // docker leaves a marker where it gave a password away; a file without any has never had one.
        let nothing = config.entries().is_empty();
        return Err(match config.left_to_helper(registry).filter(|_| nothing) {
            Some(words) => SourceError::LeftToHelper {
                key: registry.to_owned(),
                path,
                words,
            },
            None => no_entry(&path, &config, name),
        });
    };
    let entry = &config.entries()[at.entry];
    let left = config.left_to_helper(&entry.key);
    match (entry.for_auth_file(), left) {
        (Ok(credential), _) => Ok(Found {
            credential,
            origin: format!(
                "entry {:?} of {}",
                shown_key(&entry.key),
                places::shown(env, &path)
            ),
            key: entry.key.clone(),
        }),
        (Err(EntryFault::Empty), Some(words)) => Err(SourceError::LeftToHelper {
            path,
            key: entry.key.clone(),
            words,
        }),
        (Err(fault), _) => Err(SourceError::BadEntry {
            path,
            key: shown_key(&entry.key),
            reason: fault.to_string(),
        }),
    }
}

/// The file as containers/image reads one that it is told to use.
pub async fn read_auth_file(path: &Path) -> Result<DockerConfig, SourceError> {
    let bytes = read_bytes(path).await?;
    let malformed = |reason: String| SourceError::Malformed {
        path: path.to_owned(),
        reason,
    };
    let config = DockerConfig::parse(&bytes, Format::ConfigJson)
        .map_err(|error| malformed(error.to_string()))?;
    let other = config
        .remarks()
        .iter()
        .any(|remark| matches!(remark, Remark::WrongFormat { .. }));
    if other {
        return Err(malformed(
            "it has the shape of a .dockercfg, without the `auths` around its entries".to_owned(),
        ));
    }
    Ok(config)
}

/// The credential for `name` from the usual places: the first file that has one.
///
/// A file that is not there is passed over; one that cannot be read or understood is an error, because the credential
/// may be in it. A helper that fails is told of only when no later file has the credential.
pub async fn from_usual_places(
    env: &Env,
    name: &str,
    timeout: Duration,
) -> Result<Found, SourceError> {
    let places = usual_places(env);
    let mut failed_helper = None;
    for path in &places {
        let config = match read_config(path).await {
            Ok(config) => config,
            Err(SourceError::Unreadable { .. }) if is_absent(path).await => continue,
            Err(error) => return Err(error),
        };
        match ask(env, path, &config, name, timeout).await {
            Ok(Answer::Found(found)) => return Ok(found),
            Ok(Answer::Nothing(_)) => {}
            Err(error @ SourceError::Helper { .. }) => {
                failed_helper = failed_helper.or(Some(error));
            }
            Err(error) => return Err(error),
        }
    }
    Err(failed_helper.unwrap_or_else(|| SourceError::Nowhere {
        name: name.to_owned(),
        places: places.iter().map(|path| places::shown(env, path)).collect(),
    }))
}

async fn is_absent(path: &Path) -> bool {
    matches!(tokio::fs::try_exists(path).await, Ok(false))
        // A file where a directory of the path should be.
        || matches!(
            tokio::fs::metadata(path).await.map_err(|error| error.kind()),
            Err(std::io::ErrorKind::NotADirectory)
        )
}

/// What one file says about a registry.
enum Answer {
    Found(Found),
    /// It has none, and another file may: the error is for when there is no other.
    Nothing(SourceError),
}

async fn ask(
    env: &Env,
    path: &Path,
    config: &DockerConfig,
    name: &str,
    timeout: Duration,
) -> Result<Answer, SourceError> {
    let helpers = config.cred_helpers();
    if let Some((key, helper)) = helpers
        .iter()
        .find(|(key, _)| auth_file::helper_key_matches(key, name))
    {
        let server = server_url(name);
        return ask_helper(env, path, helper, &server, key, timeout).await;
    }
    let matched = auth_file::lookup(&[config], name).map(|at| &config.entries()[at.entry]);
    let fault = match matched {
        None => None,
        Some(entry) => match entry.held() {
            Ok(credential) => {
                let key = shown_key(&entry.key);
                return Ok(Answer::Found(Found {
                    credential,
                    origin: format!("entry {key:?} of {}", places::shown(env, path)),
                    key: entry.key.clone(),
                }));
            }
            Err(fault) => Some((entry, fault)),
        },
    };
    match (config.creds_store(), fault) {
        (Some(store), None | Some((_, EntryFault::Empty))) => {
            let key = matched.map_or_else(|| server_url(name), |entry| entry.key.clone());
            ask_helper(env, path, store, &key, &key, timeout).await
        }
        (_, Some((entry, fault))) => {
            let error = SourceError::BadEntry {
                path: path.to_owned(),
                key: shown_key(&entry.key),
                reason: fault.to_string(),
            };
            if fault == EntryFault::Empty {
                Ok(Answer::Nothing(error))
            } else {
                Err(error)
            }
        }
        (None, None) => Ok(Answer::Nothing(no_entry(path, config, name))),
    }
}

fn no_entry(path: &Path, config: &DockerConfig, name: &str) -> SourceError {
    SourceError::NoEntry {
        path: path.to_owned(),
        name: name.to_owned(),
        keys: config
            .entries()
            .iter()
            .map(|entry| &entry.key)
            .chain(config.cred_helpers().iter().map(|(key, _)| key))
            .map(|key| shown_key(key))
            .collect(),
    }
}

/// The name under which helpers keep a registry: Docker Hub by docker's old address, all others by host and port.
fn server_url(name: &str) -> String {
    match auth_file::registry_of(name) {
        "docker.io" => "https://index.docker.io/v1/".to_owned(),
        registry => registry.to_owned(),
    }
}

async fn ask_helper(
    env: &Env,
    path: &Path,
    helper: &str,
    server: &str,
    key: &str,
    timeout: Duration,
) -> Result<Answer, SourceError> {
    let answer = helper::get(env, helper, server, timeout)
        .await
        .map_err(|reason| SourceError::Helper {
            helper: helper.to_owned(),
            reason: reason.to_string(),
        })?;
    Ok(match answer {
        Some(credential) => Answer::Found(Found {
            credential,
            origin: format!(
                "credential helper {helper:?} named in {}",
                places::shown(env, path)
            ),
            key: key.to_owned(),
        }),
        None => Answer::Nothing(SourceError::HelperHasNone {
            helper: helper.to_owned(),
            server: server.to_owned(),
        }),
    })
}

//! The matcher of containers/image (`pkg/docker/config`): skopeo, podman, oc's client commands, CRI-O's auth files and
//! build pulls use it.
//!
//! It looks at keys alone; `credHelpers`, which containers/image asks first, are run by `crate::credentials`.

use super::docker_config::{DockerConfig, Entry, Format};
use super::keyring::{Match, NearMiss, Reading, explain};

/// The entry that containers/image would use: the longest of `registry/ns/repo`, `registry/ns`, ..., `registry`.
/// Configs are asked in order; the first that has one wins.
///
/// As `findCredentialsInFile` does it: where no key is literally one of these, keys are compared once more with scheme
/// and, behind a scheme, path cut off, and with Docker Hub's names made one. A `.dockercfg` is asked for the registry
/// alone. An entry that decodes to nothing (docker's marker for a credential helper) makes it ask the next config; where
/// all are so, the first of them is given, and its fault says that nothing would be sent.
pub fn lookup(configs: &[&DockerConfig], name: &str) -> Option<Match> {
    let mut passed_over = None;
    for (config, content) in configs.iter().enumerate() {
        let Some(entry) = find(content, name) else {
            continue;
        };
        let found = &content.entries()[entry];
        let at = Match {
            config,
            entry,
            key: found.key.clone(),
        };
        if !found.is_passed_over() {
            return Some(at);
        }
        passed_over = passed_over.or(Some(at));
    }
    passed_over
}

/// The index of the entry that one file gives.
fn find(config: &DockerConfig, name: &str) -> Option<usize> {
    let legacy = config.format() == Format::DockerCfg;
    let position = |wanted: &dyn Fn(&Entry) -> bool| config.entries().iter().position(wanted);
    let mut keys = lookup_order(name, legacy);
    keys.find_map(|key| position(&|entry| entry.key == key))
        .or_else(|| {
            let registry = normalize_registry(registry_of(name));
            position(&|entry| normalize_key(&entry.key, legacy) == registry)
        })
}

/// `authKeyLookupOrder`.
fn lookup_order(name: &str, legacy: bool) -> impl Iterator<Item = &str> {
    let first = if legacy { registry_of(name) } else { name };
    std::iter::successors(Some(first), |key| {
        key.rsplit_once('/').map(|(parent, _)| parent)
    })
}

/// Whether one key serves the image.
pub fn key_matches(key: &str, name: &str) -> bool {
    lookup_order(name, false).any(|candidate| candidate == key)
        || normalize_key(key, false) == normalize_registry(registry_of(name))
}

/// As [`super::keyring::near_miss`], by this matcher.
pub fn near_miss(key: &str, name: &str) -> Option<NearMiss> {
    if key_matches(key, name) {
        None
    } else {
        explain(key, name, Reading::ContainersImage)
    }
}

/// Whether a key of `credHelpers` is for the registry of `name`: literally for containers/image, and by any of Docker
/// Hub's names, because docker keeps Docker Hub's helper under `https://index.docker.io/v1/`.
pub(crate) fn helper_key_matches(key: &str, name: &str) -> bool {
    let registry = registry_of(name);
    key == registry || normalize_key(key, true) == normalize_registry(registry)
}

/// `host[:port]` of `host[:port]/path`.
pub(crate) fn registry_of(name: &str) -> &str {
    name.split_once('/').map_or(name, |(registry, _)| registry)
}

/// `normalizeAuthFileKey`.
fn normalize_key(key: &str, legacy: bool) -> &str {
    let stripped = key.strip_prefix("http://").unwrap_or(key);
    let stripped = stripped.strip_prefix("https://").unwrap_or(stripped);
    if legacy || stripped.len() < key.len() {
        normalize_registry(registry_of(stripped))
    } else {
        normalize_registry(stripped)
    }
}

/// `normalizeRegistry`: Docker Hub's names are one.
fn normalize_registry(registry: &str) -> &str {
    match registry {
        "registry-1.docker.io" | "docker.io" => "index.docker.io",
        other => other,
    }
}

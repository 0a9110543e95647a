//! The kubelet's matcher (`pkg/credentialprovider/keyring.go` of Kubernetes): which keys of docker configs serve an image.
//!
//! The kubelet, image stream imports, build pushes and the auto-resolution of build secrets use it. It looks at keys
//! alone: whether an entry's credential is any good stands in the entry.

use super::docker_config::DockerConfig;

mod glob;
mod go_url;
mod near;

pub use near::NearMiss;
pub(super) use near::{Reading, explain};

use go_url::Location;

/// The key under which the kubelet looks for Docker Hub's credentials when nothing else matches.
const DEFAULT_REGISTRY_HOST: &[u8] = b"index.docker.io";

/// Where a key stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Index into the configs given.
    pub config: usize,
    /// Index into that config's entries.
    pub entry: usize,
    pub key: String,
}

/// All matching entries in the order in which the kubelet tries them (most specific key first, then the order given).
/// `name` is `registry/repository` as [`super::image::ImageReference::name`] gives it.
///
/// The order is that of `BasicDockerKeyring.Lookup`: reverse order of the keys' bytes once scheme and API path are off;
/// equal keys in the order of the configs. Equal keys inside one config come in no fixed order there, and in the file's
/// order here. Consumers that use one credential only (imports, build pushes) take the first.
pub fn lookup(configs: &[&DockerConfig], name: &str) -> Vec<Match> {
    let all = configs.iter().enumerate().flat_map(|(config, content)| {
        content
            .entries()
            .iter()
            .enumerate()
            .filter_map(move |(entry, found)| {
                let at = Match {
                    config,
                    entry,
                    key: found.key.clone(),
                };
                Some((index_key(&found.key)?, at))
            })
    });
    let mut indexed: Vec<(Vec<u8>, Match)> = all.collect();
    let matched = indexed.iter().any(|(index, _)| serves(index, name));
    if matched {
        indexed.retain(|(index, _)| serves(index, name));
        // A stable sort: equal keys keep their order.
        indexed.sort_by(|(a, _), (b, _)| b.cmp(a));
    } else if is_default_registry(name) {
        indexed.retain(|(index, _)| index == DEFAULT_REGISTRY_HOST);
    } else {
        indexed.clear();
    }
    indexed.into_iter().map(|(_, at)| at).collect()
}

/// Whether one key serves the image.
pub fn key_matches(key: &str, name: &str) -> bool {
    index_key(key).is_some_and(|index| {
        serves(&index, name) || (index == DEFAULT_REGISTRY_HOST && is_default_registry(name))
    })
}

/// Why a key that means this registry does not match (port, scheme path, case, wildcard, path); `None` when it matches
/// or is about another registry altogether.
pub fn near_miss(key: &str, name: &str) -> Option<NearMiss> {
    if key_matches(key, name) {
        None
    } else {
        explain(key, name, Reading::Kubelet)
    }
}

/// The key as `BasicDockerKeyring.Add` files it: scheme off, `/v1/` and `/v2/` off when the slash behind them is there;
/// `None` for a key that is no URL and is passed over.
fn index_key(key: &str) -> Option<Vec<u8>> {
    let schemeless = key
        .strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"))
        .unwrap_or(key);
    let Location { mut host, path } = go_url::parse(schemeless.as_bytes())?;
    let path = if path.starts_with(b"/v2/") || path.starts_with(b"/v1/") {
        &path[3..]
    } else {
        &path[..]
    };
    if path != b"/" {
        host.extend_from_slice(path);
    }
    Some(host)
}

/// `URLsMatchStr`: equal ports, as many labels, each label globbed, the key's path a prefix of the image's.
fn serves(index: &[u8], name: &str) -> bool {
    let (Some(key), Some(image)) = (go_url::parse(index), go_url::parse(name.as_bytes())) else {
        return false;
    };
    let (key_host, key_port) = go_url::split_host_port(&key.host);
    let (image_host, image_port) = go_url::split_host_port(&image.host);
    let labels = |host: &[u8]| host.split(|&byte| byte == b'.').count();
    key_port == image_port
        && labels(key_host) == labels(image_host)
        && image.path.starts_with(&key.path)
        && key_host
            .split(|&byte| byte == b'.')
            .zip(image_host.split(|&byte| byte == b'.'))
            .all(|(pattern, label)| glob::matches(pattern, label))
}

/// `isDefaultRegistryMatch`: an image of Docker Hub, or one whose first component does not look like a host.
fn is_default_registry(name: &str) -> bool {
    match name.split_once('/') {
        None => !name.is_empty(),
        Some((first, _)) => {
            matches!(first, "docker.io" | "index.docker.io")
                || !(first.is_empty() || first.contains(['.', ':']))
        }
    }
}

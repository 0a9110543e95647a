//! The kubelet's matcher (`pkg/credentialprovider/keyring.go` of Kubernetes): which keys of docker configs serve an image.
//!
//! The kubelet, image stream imports, build pushes and the auto-resolution of build secrets use it.

use super::docker_config::DockerConfig;

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
pub fn lookup(configs: &[&DockerConfig], name: &str) -> Vec<Match> {
    todo!("{configs:?} {name}")
}

/// Whether one key serves the image.
pub fn key_matches(key: &str, name: &str) -> bool {
    todo!("{key} {name}")
}

/// Why a key that means this registry does not match (port, scheme path, case, wildcard, path); `None` when it matches
/// or is about another registry altogether.
pub fn near_miss(key: &str, name: &str) -> Option<NearMiss> {
    todo!("{key} {name}")
}

/// In which way a key nearly matches. Shared by both matchers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NearMiss {
    #[error("the port is missing in the key")]
    PortMissing,
    #[error("the key has a port, the image has none")]
    PortSurplus,
    #[error("the ports differ")]
    PortDiffers,
    #[error("the key's scheme or API path is not stripped")]
    ApiPath,
    #[error("upper and lower case differ")]
    Case,
    #[error("the key's path covers another repository")]
    Path,
    #[error("this matcher knows no wildcards")]
    Wildcard,
    #[error("the key ends in a slash")]
    TrailingSlash,
    #[error("Docker Hub is keyed by https://index.docker.io/v1/")]
    DockerHubAlias,
}

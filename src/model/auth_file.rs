//! The matcher of containers/image (`pkg/docker/config`): skopeo, podman, oc's client commands, CRI-O's auth files and
//! build pulls use it.

use super::docker_config::DockerConfig;
use super::keyring::{Match, NearMiss};

/// The entry that containers/image would use: the longest of `registry/ns/repo`, `registry/ns`, ..., `registry`.
/// Configs are asked in order; the first that has one wins.
pub fn lookup(configs: &[&DockerConfig], name: &str) -> Option<Match> {
    todo!("{configs:?} {name}")
}

/// Whether one key serves the image.
pub fn key_matches(key: &str, name: &str) -> bool {
    todo!("{key} {name}")
}

/// As [`super::keyring::near_miss`], by this matcher.
pub fn near_miss(key: &str, name: &str) -> Option<NearMiss> {
    todo!("{key} {name}")
}

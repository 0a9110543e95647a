//! The files in which container tools keep credentials, and how their paths are shown.

use std::path::{Path, PathBuf};

use crate::env::Env;

/// The files asked when none is named, in order: `REGISTRY_AUTH_FILE`, `${XDG_RUNTIME_DIR}/containers/auth.json`,
/// `/run/containers/${UID}/auth.json`, `${XDG_CONFIG_HOME}/containers/auth.json`, `${DOCKER_CONFIG}/config.json`,
/// `~/.docker/config.json`, `~/.dockercfg`.
///
/// As containers/image's `getAuthFilePaths` has it, a variable takes the place of its default: `/run/containers/${UID}`
/// stands in for `XDG_RUNTIME_DIR` where that is unset, `~/.config` for `XDG_CONFIG_HOME`, `~/.docker` for
/// `DOCKER_CONFIG`.
pub fn usual_places(env: &Env) -> Vec<PathBuf> {
    let home = env.home();
    let under_home = |path: &str| home.as_ref().map(|home| home.join(path));
    let variable = |name: &str| env.var(name).map(|value| env.cwd.join(value));
    let runtime = match variable("XDG_RUNTIME_DIR") {
        Some(directory) => Some(directory.join("containers/auth.json")),
        None => uid().map(|uid| PathBuf::from(format!("/run/containers/{uid}/auth.json"))),
    };
    let config = variable("XDG_CONFIG_HOME").or_else(|| under_home(".config"));
    let docker = variable("DOCKER_CONFIG").or_else(|| under_home(".docker"));
    [
        variable("REGISTRY_AUTH_FILE"),
        runtime,
        config.map(|directory| directory.join("containers/auth.json")),
        docker.map(|directory| directory.join("config.json")),
        under_home(".dockercfg"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The user id of this process: the owner of its directory in `/proc`. `None` where there is none (macOS).
#[cfg(unix)]
fn uid() -> Option<u32> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self")
        .ok()
        .map(|metadata| metadata.uid())
}

#[cfg(not(unix))]
fn uid() -> Option<u32> {
    None
}

/// The path with `~` for the home directory.
pub(super) fn shown(env: &Env, path: &Path) -> String {
    match env.home().and_then(|home| {
        path.strip_prefix(home)
            .ok()
            .map(|rest| Path::new("~").join(rest))
    }) {
        Some(short) => short.display().to_string(),
        None => path.display().to_string(),
    }
}

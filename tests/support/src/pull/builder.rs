//! The builder's part: it pulls the base image with containers/image's matcher, and pushes what it made with the kubelet's.
//!
//! Source: openshift/builder `pkg/build/builder/{sti,docker,daemonless,dockerutil,util}.go`.

use serde_json::Value;

use super::auth_file::find_credentials_in_file;
use super::image::Talk;
use super::keyring::BasicDockerKeyring;
use super::name::Name;
use super::node::containers_image;
use super::secrets::{self, Entries, Login};
use super::settings::Settings;
use super::wire::Wire;
use super::{Machines, push};
use crate::content::{Image, Packed};

/// What a build on a node has.
pub(crate) struct Builder<'a> {
    pub(crate) machines: &'a Machines,
    pub(crate) settings: &'a Settings,
    /// The secrets that are mounted into its pod.
    pub(crate) pull_secret: Option<&'a Value>,
    pub(crate) push_secret: Option<&'a Value>,
}

/// A push that failed: the words, and whom it logged in as.
pub(crate) struct PushFailed {
    pub(crate) words: String,
    pub(crate) user: Option<String>,
}

/// How often it pulls and pushes before it gives up (`DefaultPushOrPullRetryCount`, and once more).
pub(crate) const TRIES: usize = 3;

impl Builder<'_> {
    /// Pulls an image; the error is what containers/image says.
    pub(crate) fn pull(&self, image: &str) -> Result<(), String> {
        let name =
            Name::parse(image).map_err(|words| format!("parsing reference {image:?}: {words}"))?;
        let allowed = &self.settings.allowed;
        if !allowed.is_empty() && !Settings::lists(allowed, &name) {
            return Err(format!(
                "Source image rejected: Running image docker://{} is rejected by policy.",
                name.full()
            ));
        }
        let mut failures = Vec::new();
        for source in self.settings.sources(&name) {
            match self.pull_from(&source) {
                Ok(()) => return Ok(()),
                Err(words) => failures.push((source, words)),
            }
        }
        let words = match failures.split_last() {
            Some(((_, words), [])) => words.clone(),
            Some(((last, words), mirrors)) => {
                let extras: Vec<String> = mirrors
                    .iter()
                    .map(|(mirror, words)| format!("[{}: {words}]", mirror.full()))
                    .collect();
                let extras = extras.join("\n");
                format!("(Mirrors also failed: {extras}): {}: {words}", last.full())
            }
            None => String::new(),
        };
        Err(format!(
            "initializing source docker://{}: {words}",
            name.full()
        ))
    }

    fn pull_from(&self, source: &Name) -> Result<(), String> {
        self.refuse_blocked(source)?;
        let entries = self.pull_entries();
        let keys: Vec<String> = entries.iter().map(|(key, _)| key.clone()).collect();
        let login = find_credentials_in_file(&source.bare(), &keys, false)
            .and_then(|at| entries.get(at))
            .map(|(_, login)| login);
        let roots = self.roots(source);
        Talk::open(&self.wire(source, &roots), source, login)
            .and_then(|mut talk| talk_pull(&mut talk))
            .map_err(|trouble| containers_image(&trouble, source))
    }

    /// `mergeNodeCredentials`: the build's own before the node's, keys that are URLs put right.
    fn pull_entries(&self) -> Entries {
        let mut merged = Entries::new();
        for secret in self
            .pull_secret
            .into_iter()
            .chain(&self.settings.node_secret)
        {
            for (key, login) in secrets::entries_of_files(secret).unwrap_or_default() {
                let key = normalize_registry_location(&key);
                if !merged.iter().any(|(known, _)| *known == key) {
                    merged.push((key, login));
                }
            }
        }
        merged
    }

    /// The first entry of the push secret that the kubelet's keyring finds, and nothing of the node's (`GetDockerAuth`).
    fn push_login(&self, image: &str) -> Option<Login> {
        let entries = secrets::entries_of_files(self.push_secret?).ok()?;
        let keys: Vec<String> = entries.iter().map(|(key, _)| key.clone()).collect();
        let mut keyring = BasicDockerKeyring::default();
        keyring.add(0, &keys);
        let (_, entry) = keyring.lookup(image).into_iter().next()?;
        let (_, login) = entries.get(entry)?;
        // Half a login is none (`pushDaemonlessImage`).
        (!login.user.is_empty() && !login.password.is_empty()).then(|| login.clone())
    }

    /// Pushes a small image that is made for this build, and gives its digest.
    pub(crate) fn push(&self, image: &str, build: &str) -> Result<String, PushFailed> {
        let login = self.push_login(image);
        let failed = |words: String| PushFailed {
            words,
            user: login.as_ref().map(|login| login.user.clone()),
        };
        let name = Name::parse(image).map_err(|words| {
            failed(format!(
                "error parsing destination image name docker://{image}: {words}"
            ))
        })?;
        self.refuse_blocked(&name).map_err(failed)?;
        let roots = self.roots(&name);
        let made: Packed = Image::new().docker().label(build).pack();
        let mut last = String::new();
        for _ in 0..TRIES {
            match push::push(&self.wire(&name, &roots), &name, login.as_ref(), &made) {
                Ok(digest) => return Ok(digest),
                Err(words) => last = words,
            }
        }
        Err(failed(last))
    }

    fn refuse_blocked(&self, name: &Name) -> Result<(), String> {
        if !Settings::lists(&self.settings.blocked, name) {
            return Ok(());
        }
        Err(format!(
            "registry {} is blocked in /var/run/configs/openshift.io/build-system/registries.conf or /etc/containers/registries.conf.d",
            name.registry
        ))
    }

    fn roots(&self, name: &Name) -> String {
        self.settings.roots(&self.machines.roots, &name.registry)
    }

    fn wire<'w>(&'w self, name: &Name, roots: &'w str) -> Wire<'w> {
        Wire {
            machines: self.machines,
            roots,
            insecure: Settings::lists(&self.settings.insecure, name),
        }
    }
}

fn talk_pull(talk: &mut Talk<'_>) -> Result<(), super::image::Trouble> {
    talk.pull(true, false).map(drop)
}

/// `normalizeRegistryLocation`.
fn normalize_registry_location(location: &str) -> String {
    let Some(rest) = location
        .strip_prefix("http://")
        .or_else(|| location.strip_prefix("https://"))
    else {
        return location.to_owned();
    };
    let mut parts: Vec<&str> = rest.split('/').collect();
    if let Some(first) = parts.first_mut()
        && matches!(*first, "index.docker.io" | "registry-1.docker.io")
    {
        *first = "docker.io";
    }
    if parts
        .get(1)
        .is_some_and(|part| matches!(*part, "v1" | "v2"))
    {
        parts.remove(1);
    }
    let joined = parts.join("/");
    joined.strip_suffix('/').unwrap_or(&joined).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_urls_are_put_right() {
        for (key, location) in [
            ("quay.io/team", "quay.io/team"),
            ("https://quay.io/v2/", "quay.io"),
            ("https://quay.io:443/team/", "quay.io:443/team"),
            ("https://index.docker.io/v1/", "docker.io"),
        ] {
            assert_eq!(normalize_registry_location(key), location, "{key}");
        }
    }
}

//! What nodes are told where the cluster has no configuration of registries: scripts for OpenShift 3 and for Kubernetes with
//! containerd, and the Ansible playbook and the DaemonSet that run them. Text only: nothing is run or written here.
//!
//! Every script installs and removes; which of both it does unasked is chosen when it is rendered. What it must not touch, and
//! what it remembers in `/var/lib/extreg`, is in the scripts themselves, in `node_scripts/sh`.

mod containerd;
mod docker;
mod wrap;

use crate::model::endpoint::Endpoint;

pub use containerd::hosts_toml;
pub use docker::{Docker, DockerRefusal, crio_nodes, with_crio};
pub use wrap::{daemon_set, playbook};

/// What the nodes are to be told.
#[derive(Debug, Clone, Copy)]
pub enum Job<'a> {
    /// To trust a CA for a registry.
    Trust {
        /// `host[:port]`, as images write it.
        registry: &'a str,
        /// Certificates as PEM, parsed and judged already. Not needed to remove them.
        ca: &'a str,
    },
    /// To use a registry without TLS, or with a certificate that nobody vouches for.
    Insecure {
        /// `host[:port]`, as images write it.
        registry: &'a str,
        /// It speaks plain HTTP. Docker finds that out by itself, containerd does not.
        plain_http: bool,
    },
}

/// What a script does when it is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Install,
    Remove,
}

/// A rendered script for `sh`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// `trust-registry.example.com-5000`, `insecure-...`: for files and objects. Lower case, digits, dashes and dots.
    pub name: String,
    /// One line: what it does.
    pub title: String,
    pub action: Action,
    pub text: String,
}

impl Job<'_> {
    pub fn registry(&self) -> &str {
        match self {
            Self::Trust { registry, .. } | Self::Insecure { registry, .. } => registry,
        }
    }

    fn verb(&self) -> &'static str {
        match self {
            Self::Trust { .. } => "trust",
            Self::Insecure { .. } => "insecure",
        }
    }

    fn title(&self, action: Action) -> String {
        let registry = self.registry();
        match (self, action) {
            (Self::Trust { .. }, Action::Install) => {
                format!("Makes this node trust the CA of the registry {registry}.")
            }
            (Self::Trust { .. }, Action::Remove) => {
                format!("Takes the CA of the registry {registry} away from this node again.")
            }
            (Self::Insecure { .. }, Action::Install) => {
                format!("Makes this node use the registry {registry} without verification.")
            }
            (Self::Insecure { .. }, Action::Remove) => {
                format!("Ends that this node uses the registry {registry} without verification.")
            }
        }
    }
}

/// The script for the nodes of OpenShift 3, which run Docker.
pub fn openshift3(job: &Job<'_>, docker: Docker, action: Action) -> Script {
    docker::script(job, docker, action)
}

/// The script for Kubernetes nodes that run containerd.
pub fn containerd(job: &Job<'_>, action: Action) -> Script {
    containerd::script(job, action)
}

/// Puts a script together: the common beginning, then `parts`; `values` stand for `@NAME@`.
fn script(job: &Job<'_>, action: Action, parts: &[&str], values: &[(&str, &str)]) -> Script {
    let registry = job.registry();
    let slug = slug(registry);
    let name = format!("{}-{slug}", job.verb());
    let title = job.title(action);
    let file = format!("{name}.sh");
    let word = match action {
        Action::Install => "install",
        Action::Remove => "remove",
    };
    let mut text = include_str!("node_scripts/sh/begin.sh").to_owned();
    text.extend(parts.iter().copied());
    let common = [
        ("TITLE", title.as_str()),
        ("NAME", &file),
        ("ACTION", word),
        ("REGISTRY", registry),
        ("SLUG", &slug),
        ("KIND", job.verb()),
    ];
    for (name, value) in values.iter().chain(&common) {
        text = text.replace(&format!("@{name}@"), value);
    }
    Script {
        name,
        title,
        action,
        text,
    }
}

/// The registry as part of a file's name: `[::1]:5000` has signs that none should have.
fn slug(registry: &str) -> String {
    let parts: Vec<&str> = registry
        .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-')))
        .filter(|part| !part.is_empty())
        .collect();
    parts.join("-").to_ascii_lowercase()
}

/// The certificates alone, one line end after each line: what is written around them is for people.
fn pem_lines(ca: &str) -> String {
    let mut inside = false;
    let mut lines: Vec<&str> = Vec::new();
    for line in ca.lines().map(str::trim_end) {
        inside |= line == "-----BEGIN CERTIFICATE-----";
        if inside {
            lines.push(line);
        }
        inside &= line != "-----END CERTIFICATE-----";
    }
    lines.join("\n")
}

/// Where the registry answers: `registry-1.docker.io` for `docker.io`.
fn authority(registry: &str) -> String {
    Endpoint::of_registry(registry).api_authority()
}

#[cfg(test)]
mod tests;

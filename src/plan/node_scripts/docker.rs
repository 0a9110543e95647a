//! OpenShift 3: Docker on every node.

use super::{Action, Job, Script, pem_lines};

/// Which way of trusting a CA the nodes' Docker has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Docker {
    /// 1.13 and newer: the node's own trust store.
    TrustStore,
    /// Older: a folder for each registry.
    CertsD,
}

/// Why the version of the nodes' Docker is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DockerRefusal {
    #[error("{0:?} is no version of Docker, as 1.13.1 is one")]
    NoVersion(String),
    #[error("no node of this cluster runs Docker: {0}")]
    NoDocker(String),
    #[error("the nodes need different scripts: {old} have a Docker before 1.13, {new} a newer one")]
    Mixed { old: String, new: String },
}

impl Docker {
    /// Of `1.13.1`, `1.12`, `18.09.7`, `17.03.2-ce`.
    pub fn of_version(version: &str) -> Result<Self, DockerRefusal> {
        let refuse = || DockerRefusal::NoVersion(version.to_owned());
        let mut parts = version.trim_start_matches('v').split(['.', '-', '+']);
        let mut number = || parts.next()?.parse::<u32>().ok();
        let (Some(major), Some(minor)) = (number(), number()) else {
            return Err(refuse());
        };
        Ok(if (major, minor) >= (1, 13) {
            Self::TrustStore
        } else {
            Self::CertsD
        })
    }

    /// Of the nodes: their names and `status.nodeInfo.containerRuntimeVersion` (`docker://1.13.1`). Nodes with another
    /// runtime are left out.
    pub fn of_nodes(nodes: &[(String, String)]) -> Result<Self, DockerRefusal> {
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for (name, runtime) in nodes {
            let Some(version) = runtime.strip_prefix("docker://") else {
                continue;
            };
            match Self::of_version(version)? {
                Self::TrustStore => new.push(name.as_str()),
                Self::CertsD => old.push(name.as_str()),
            }
        }
        match (old.is_empty(), new.is_empty()) {
            (true, false) => Ok(Self::TrustStore),
            (false, true) => Ok(Self::CertsD),
            (false, false) => Err(DockerRefusal::Mixed {
                old: some(&old),
                new: some(&new),
            }),
            (true, true) => {
                let mut runtimes: Vec<&str> =
                    nodes.iter().map(|(_, runtime)| runtime.as_str()).collect();
                runtimes.sort_unstable();
                runtimes.dedup();
                Err(DockerRefusal::NoDocker(if runtimes.is_empty() {
                    "it has no nodes".to_owned()
                } else {
                    some(&runtimes)
                }))
            }
        }
    }
}

/// The nodes that run CRI-O, as [`Docker::of_nodes`] takes them; `None` where none does.
pub fn crio_nodes(nodes: &[(String, String)]) -> Option<String> {
    let names: Vec<&str> = nodes
        .iter()
        .filter(|(_, runtime)| runtime.starts_with("cri-o://"))
        .map(|(name, _)| name.as_str())
        .collect();
    (!names.is_empty()).then(|| some(&names))
}

/// What is done on a node of OpenShift 3.11 that runs CRI-O, which reads nothing of Docker's.
///
/// Source: openshift-ansible `roles/container_runtime/templates/crio.conf.j2`; CRI-O reads both when it starts.
pub fn with_crio(job: &Job<'_>, action: Action) -> String {
    match (job, action) {
        (Job::Trust { .. }, Action::Install) => "put the CA into /etc/pki/ca-trust/source/anchors, then `update-ca-trust extract` and `systemctl restart crio`".to_owned(),
        (Job::Trust { .. }, Action::Remove) => "take the CA out of /etc/pki/ca-trust/source/anchors, then `update-ca-trust extract` and `systemctl restart crio`".to_owned(),
        (Job::Insecure { registry, .. }, Action::Install) => format!(
            "put \"{registry}\" into insecure_registries of /etc/crio/crio.conf, then `systemctl restart crio`"
        ),
        (Job::Insecure { registry, .. }, Action::Remove) => format!(
            "take \"{registry}\" out of insecure_registries of /etc/crio/crio.conf, then `systemctl restart crio`"
        ),
    }
}

/// At most three of them.
fn some(names: &[&str]) -> String {
    match names {
        [a, b, c, rest @ ..] if !rest.is_empty() => {
            format!("{a}, {b}, {c} and {} more", rest.len())
        }
        few => few.join(", "),
    }
}

/// The masters import images: their API server reads the node's trust store when it starts.
const MASTERS: &str = "Run it on the masters too, where images are imported; their API server reads the trust store when it starts:\n# `master-restart api` (3.10 and 3.11) or `systemctl restart atomic-openshift-master-api` after it.";
const IMPORTS: &str =
    "Imports of image streams are told by themselves: `oc import-image --insecure`.";

/// With what this script does not do.
fn remark(words: &str, job: &Job<'_>, action: Action) -> String {
    format!(
        "{words}\n# A node that runs CRI-O (3.11) is not configured by this: {}.",
        with_crio(job, action)
    )
}

pub(super) fn script(job: &Job<'_>, docker: Docker, action: Action) -> Script {
    let end = include_str!("sh/end.sh");
    match job {
        Job::Trust { ca, .. } => {
            let place: &[&str] = match docker {
                Docker::TrustStore => &[include_str!("sh/anchors.sh")],
                Docker::CertsD => &[include_str!("sh/ours.sh"), include_str!("sh/certs_d.sh")],
            };
            let ca = pem_lines(ca);
            let remark = remark(MASTERS, job, action);
            super::script(
                job,
                action,
                &[&[include_str!("sh/ca.sh")], place, &[end]].concat(),
                &[("CA", &ca), ("REMARK", &remark)],
            )
        }
        Job::Insecure { .. } => super::script(
            job,
            action,
            &[include_str!("sh/options.sh"), end],
            &[
                ("AWK", include_str!("sh/options.awk").trim_end()),
                ("REMARK", &remark(IMPORTS, job, action)),
            ],
        ),
    }
}

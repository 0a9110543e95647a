//! What to do on clusters that have no configuration of registries that this tool could change.

use super::ground::Ground;
use crate::error::Error;

/// What was to be done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) what: What,
    /// The registry as images write it.
    pub(crate) registry: &'a str,
    /// How the tool is called.
    pub(crate) program: &'a str,
}

/// The configuration that was to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// `insecureRegistries`.
    Insecure,
    /// A CA for one registry.
    RegistryCa,
    /// A CA for everything.
    ClusterCa,
}

impl Wanted<'_> {
    fn verb(&self) -> &'static str {
        match self.what {
            What::Insecure => "insecure",
            What::RegistryCa | What::ClusterCa => "trust",
        }
    }
}

/// The refusal, with what to do instead.
pub(super) fn instead(ground: &Ground, wanted: &Wanted<'_>) -> Error {
    let (program, registry, verb) = (wanted.program, wanted.registry, wanted.verb());
    match ground {
        Ground::OpenShift(_) => Error::failure("this cluster has that configuration"),
        Ground::Hosted => hosted(wanted),
        Ground::MicroShift => microshift(wanted),
        Ground::OpenShift3 => Error::failure(
            "this is OpenShift 3: its registries are configured on every node, and not in the cluster",
        )
        .hint(format!(
            "`{program} {verb} {registry} --openshift3` prints the script for the nodes"
        )),
        Ground::Kubernetes { runtimes } => {
            let error = Error::failure(
                "this cluster has no image.config.openshift.io: on Kubernetes every node's container runtime is told by itself",
            );
            let has = |name: &str| runtimes.iter().any(|it| it.starts_with(name));
            let mut error = error;
            if has("containerd://") || !(has("cri-o://") || has("docker://")) {
                error = error.hint(format!(
                    "`{program} {verb} {registry} --containerd` prints the script for the nodes, with --daemonset a manifest that installs it"
                ));
            }
            if has("cri-o://") || runtimes.is_empty() {
                error = error.hint(format!("with CRI-O: {}", crio(wanted)));
            }
            if has("docker://") {
                error = error.hint(format!("with Docker: {}", docker(wanted)));
            }
            error
        }
    }
}

/// Source: HyperShift `api/hypershift/v1beta1` HostedCluster `spec.configuration.image` and `spec.additionalTrustBundle`; the ROSA
/// CLI's `edit cluster`, whose documentation calls image.config read-only there.
fn hosted(wanted: &Wanted<'_>) -> Error {
    let registry = wanted.registry;
    let error = Error::failure(
        "the control plane of this cluster is hosted elsewhere: its image.config and Proxy are copies, and what is written here is overwritten or refused",
    );
    match wanted.what {
        What::Insecure => error
            .hint(format!(
                "on the management cluster: add {registry} to spec.configuration.image.registrySources.insecureRegistries of the HostedCluster"
            ))
            .hint(format!(
                "on ROSA: rosa edit cluster -c NAME --registry-config-insecure-registries with the whole list, {registry} in it"
            )),
        What::RegistryCa => error
            .hint(
                "on the management cluster: spec.configuration.image.additionalTrustedCA of the HostedCluster names a ConfigMap beside it",
            )
            .hint(format!(
                "on ROSA: rosa edit cluster -c NAME --registry-config-additional-trusted-ca FILE, JSON with the key {}",
                registry.replace(':', "..")
            )),
        What::ClusterCa => error
            .hint(
                "on the management cluster: spec.additionalTrustBundle of the HostedCluster names a ConfigMap with ca-bundle.crt",
            )
            .hint("on ROSA: rosa edit cluster -c NAME --additional-trust-bundle-file FILE"),
    }
}

fn microshift(wanted: &Wanted<'_>) -> Error {
    Error::failure(
        "this is MicroShift, or a cluster like it without image.config.openshift.io: its registries are configured on the host",
    )
    .hint(format!("on the host: {}", crio(wanted)))
}

/// CRI-O reads the drop-ins of containers/image: `containers-registries.conf.d(5)`, `containers-certs.d(5)`.
fn crio(wanted: &Wanted<'_>) -> String {
    let registry = wanted.registry;
    match wanted.what {
        What::Insecure => format!(
            "write `[[registry]]`, `location = \"{registry}\"` and `insecure = true`, one line each, to /etc/containers/registries.conf.d/{}.conf, then `systemctl reload crio`",
            registry.replace(':', "-")
        ),
        What::RegistryCa => format!(
            "put the CA at /etc/containers/certs.d/{registry}/ca.crt; it is read at every pull"
        ),
        What::ClusterCa => {
            "put the CA into /etc/pki/ca-trust/source/anchors, then `update-ca-trust extract` and `systemctl restart crio`"
                .to_owned()
        }
    }
}

fn docker(wanted: &Wanted<'_>) -> String {
    let registry = wanted.registry;
    match wanted.what {
        What::Insecure => format!(
            "add {registry:?} to `insecure-registries` of /etc/docker/daemon.json, then `systemctl reload docker`"
        ),
        What::RegistryCa => {
            format!("put the CA at /etc/docker/certs.d/{registry}/ca.crt; it is read at every pull")
        }
        What::ClusterCa => {
            "put the CA into the host's trust store, then `systemctl restart docker`".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_cluster_has_a_way_for_everything() {
        let runtimes = |runtime: &str| Ground::Kubernetes {
            runtimes: vec![runtime.to_owned()],
        };
        for (ground, insecure, registry_ca, cluster_ca) in [
            (
                Ground::Hosted,
                "insecureRegistries of the HostedCluster",
                "the key r.example.com..5000",
                "--additional-trust-bundle-file",
            ),
            (
                Ground::MicroShift,
                "location = \"r.example.com:5000\"",
                "/etc/containers/certs.d/r.example.com:5000/ca.crt",
                "/etc/pki/ca-trust/source/anchors",
            ),
            (
                Ground::OpenShift3,
                "oc extreg insecure r.example.com:5000 --openshift3",
                "oc extreg trust r.example.com:5000 --openshift3",
                "oc extreg trust r.example.com:5000 --openshift3",
            ),
            (
                runtimes("containerd://2.1.4"),
                "oc extreg insecure r.example.com:5000 --containerd",
                "oc extreg trust r.example.com:5000 --containerd",
                "oc extreg trust r.example.com:5000 --containerd",
            ),
            (
                runtimes("docker://28.0.1"),
                "add \"r.example.com:5000\" to `insecure-registries`",
                "/etc/docker/certs.d/r.example.com:5000/ca.crt",
                "the host's trust store",
            ),
        ] {
            for (what, words) in [
                (What::Insecure, insecure),
                (What::RegistryCa, registry_ca),
                (What::ClusterCa, cluster_ca),
            ] {
                let wanted = Wanted {
                    what,
                    registry: "r.example.com:5000",
                    program: "oc extreg",
                };
                let hints = instead(&ground, &wanted).hints().join("\n");
                assert!(hints.contains(words), "{what:?}: {hints}");
            }
        }
    }
}

//! What kind of cluster it is, as far as the configuration of registries is concerned.

use serde_json::Value;

use super::elsewhere::{self, Wanted};
use crate::cluster::{Cluster, Kind, ObjectRef, kinds};
use crate::error::Error;
use crate::plan::node_effects::Platform;

/// The namespace of the machine-config-operator.
const MCO_NAMESPACE: &str = "openshift-machine-config-operator";

/// What kind of cluster it is.
pub(crate) enum Ground {
    /// OpenShift 4 whose nodes follow its own configuration.
    OpenShift(Box<OpenShift>),
    /// OpenShift 4 whose control plane is run elsewhere: its configuration is a copy.
    Hosted,
    OpenShift3,
    MicroShift,
    Kubernetes {
        /// How the nodes call their runtimes: `containerd://2.1.4`, each once; none where they may not be listed.
        runtimes: Vec<String>,
    },
}

/// What matters of an OpenShift 4.
#[derive(Debug, Default)]
pub(crate) struct OpenShift {
    pub(crate) version: Option<String>,
    single_node: bool,
    policies: Option<Value>,
    drain_override: bool,
}

impl OpenShift {
    pub(super) fn platform(&self) -> Platform<'_> {
        Platform {
            version: self.version.as_deref(),
            single_node: self.single_node,
            policies: self.policies.as_ref(),
            drain_override: self.drain_override,
        }
    }
}

impl Ground {
    /// The platform whose configuration can be changed, or what to do for `wanted` instead on this kind of cluster.
    ///
    /// # Errors
    ///
    /// On anything but an OpenShift 4 that follows its own configuration.
    pub(crate) fn platform(self, wanted: &Wanted<'_>) -> Result<OpenShift, Error> {
        match self {
            Self::OpenShift(platform) => Ok(*platform),
            other => Err(elsewhere::instead(&other, wanted)),
        }
    }
}

/// Finds out, by discovery and by what the cluster says of itself.
///
/// Sources: `config.openshift.io/v1` Infrastructure `status.controlPlaneTopology` (openshift/api `config/v1/types_infrastructure.go`);
/// MicroShift's ConfigMap `kube-public/microshift-version` (microshift `assets/version/microshift-version.yaml`).
pub(crate) async fn ground(cluster: &Cluster) -> Result<Ground, Error> {
    if cluster.serves(kinds::IMAGE_CONFIG.group).await? {
        return openshift(cluster).await;
    }
    if cluster.serves(kinds::DEPLOYMENT_CONFIG.group).await? {
        return Ok(Ground::OpenShift3);
    }
    let version = kinds::CONFIG_MAP.object(Some("kube-public"), "microshift-version");
    if cluster.serves(kinds::ROUTE.group).await? || optional(cluster, &version).await.is_some() {
        return Ok(Ground::MicroShift);
    }
    let mut runtimes: Vec<String> = Vec::new();
    // Who may not list nodes is told all ways.
    drop(
        cluster
            .list(
                kinds::NODE,
                &crate::cluster::Scope::All,
                &crate::cluster::Selectors::default(),
                |node| {
                    let runtime = node["status"]["nodeInfo"]["containerRuntimeVersion"].as_str();
                    if let Some(runtime) = runtime
                        && !runtimes.iter().any(|known| known == runtime)
                    {
                        runtimes.push(runtime.to_owned());
                    }
                },
            )
            .await,
    );
    Ok(Ground::Kubernetes { runtimes })
}

async fn openshift(cluster: &Cluster) -> Result<Ground, Error> {
    let (infrastructure, machine, drain) = (
        kinds::INFRASTRUCTURE.object(None, "cluster"),
        kinds::MACHINE_CONFIGURATION.object(None, "cluster"),
        kinds::CONFIG_MAP.object(Some(MCO_NAMESPACE), "image-registry-override-drain"),
    );
    let (infrastructure, policies, drain, version) = tokio::join!(
        optional(cluster, &infrastructure),
        optional(cluster, &machine),
        optional(cluster, &drain),
        cluster.openshift_version(),
    );
    let topology = infrastructure
        .as_ref()
        .and_then(|it| it["status"]["controlPlaneTopology"].as_str());
    if topology == Some("External") {
        return Ok(Ground::Hosted);
    }
    Ok(Ground::OpenShift(Box::new(OpenShift {
        version,
        single_node: topology == Some("SingleReplica"),
        policies: policies.map(|it| it["status"].clone()),
        drain_override: drain.is_some(),
    })))
}

/// An object that need not be there, nor be readable: what it would say refines an answer.
async fn optional(cluster: &Cluster, object: &ObjectRef) -> Option<Value> {
    if !serves(cluster, object.kind).await {
        return None;
    }
    cluster.get(object).await.ok()?
}

async fn serves(cluster: &Cluster, kind: Kind) -> bool {
    cluster.serves_resource(kind).await.unwrap_or(false)
}

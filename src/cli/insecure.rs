//! `insecure REGISTRY`.

use std::path::PathBuf;

use clap::Args;

use super::node_flags::NodeFlags;
use super::output::WriteFlags;
use super::rollout_flags::RolloutFlags;

/// Lets the cluster use a registry without TLS, or with a certificate that nobody vouches for.
///
/// On OpenShift 4 the registry is added to insecureRegistries of image.config.openshift.io/cluster, with its port, as images
/// and imports name it. Every node takes that up, drained one after another: what the nodes of this version do is said, and
/// asked about, first. A registry whose certificate could be trusted instead is refused: `trust` is the better way.
///
/// For OpenShift 3 and Kubernetes with containerd, whose nodes are configured by themselves, scripts are printed.
#[derive(Debug, Clone, Args)]
pub struct InsecureArgs {
    /// The registry, as images name it (host or host:port).
    #[arg(value_name = "REGISTRY")]
    pub target: String,
    /// Take the registry off the list again.
    #[arg(long)]
    pub remove: bool,
    /// Also where the certificate is trusted or could be, where a wildcard has it already, where it stays blocked, and for the cluster's own registry.
    #[arg(long, conflicts_with = "remove")]
    pub force: bool,
    /// Add it to allowedRegistries too, where there is such a list without it.
    #[arg(long, conflicts_with = "remove")]
    pub allow: bool,
    /// Write without asking the registry first; says what was not checked.
    #[arg(long)]
    pub skip_check: bool,
    #[command(flatten)]
    pub rollout: RolloutFlags,
    #[command(flatten)]
    pub nodes: NodeFlags,
    /// CA bundle that the registry's certificate is checked against, beside this machine's and the cluster's.
    #[arg(long, value_name = "FILE", help_heading = "Registry")]
    pub registry_ca: Option<PathBuf>,
    /// The registry speaks plain HTTP: it is not asked for a certificate.
    #[arg(long, help_heading = "Registry")]
    pub plain_http: bool,
    #[command(flatten)]
    pub write: WriteFlags,
}

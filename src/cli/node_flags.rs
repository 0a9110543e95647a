//! The flags that print what nodes need where the cluster has no configuration of registries.

use std::path::PathBuf;

use clap::Args;

/// What to render for the nodes, and where to. Nothing of it is written to a cluster.
#[derive(Debug, Clone, Args, Default)]
#[command(next_help_heading = "Nodes")]
pub struct NodeFlags {
    /// Print a script for the nodes of OpenShift 3; nothing is written to the cluster.
    #[arg(long, group = "node_kind", conflicts_with_all = ["wait", "output"])]
    pub openshift3: bool,
    /// Print a script for Kubernetes nodes with containerd; nothing is written to the cluster.
    #[arg(long, group = "node_kind", conflicts_with_all = ["wait", "output"])]
    pub containerd: bool,
    /// Docker's version on the nodes, where no cluster can be asked (1.13 and newer have another way than older).
    #[arg(
        long,
        value_name = "VERSION",
        requires = "openshift3",
        conflicts_with = "containerd"
    )]
    pub docker_version: Option<String>,
    /// With --openshift3: an Ansible playbook instead of the script.
    #[arg(long, requires = "openshift3", conflicts_with_all = ["output_dir", "containerd"])]
    pub ansible: bool,
    /// With --containerd: a DaemonSet that runs the script on every node, to be piped into `kubectl apply -f -`.
    #[arg(long, requires = "containerd", conflicts_with_all = ["output_dir", "openshift3"])]
    pub daemonset: bool,
    /// Image of the DaemonSet; it needs a shell, and the nodes must be able to pull it already.
    #[arg(
        long,
        value_name = "IMAGE",
        default_value = "docker.io/library/busybox:1.37",
        hide_short_help = true
    )]
    pub daemonset_image: String,
    /// Write everything into this folder instead: scripts, their undo, playbooks or manifests.
    #[arg(long, value_name = "DIR", requires = "node_kind")]
    pub output_dir: Option<PathBuf>,
}

impl NodeFlags {
    /// Whether something is to be rendered instead of written to the cluster.
    pub fn wanted(&self) -> bool {
        self.openshift3 || self.containerd
    }
}

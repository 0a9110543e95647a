//! `trust REGISTRY`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::node_flags::NodeFlags;
use super::output::WriteFlags;
use super::rollout_flags::RolloutFlags;
use crate::model::certificate::Fingerprint;
use crate::model::install_config::Policy;
use crate::plan::trust::Scope;

/// Makes the CA of a registry trusted, once it is known to verify what the registry shows.
#[derive(Debug, Clone, Args)]
pub struct TrustArgs {
    /// The registry, as images name it (host or host:port).
    #[arg(value_name = "REGISTRY", required_unless_present = "list")]
    pub registry: Option<String>,
    /// The CA that signed the registry's certificate: a PEM file, or - for standard input.
    #[arg(long, value_name = "FILE", group = "source")]
    pub ca: Option<PathBuf>,
    /// Take it from the registry itself: shows its chain, and needs --fingerprint or a yes.
    #[arg(long, group = "source")]
    pub from_registry: bool,
    /// Take the root that this machine verifies the registry with.
    #[arg(long, group = "source")]
    pub from_system: bool,
    /// SHA-256 of the certificate that is meant, as those who run the registry tell it; may be repeated.
    #[arg(long = "fingerprint", value_name = "SHA256", value_parser = fingerprint)]
    pub fingerprints: Vec<Fingerprint>,
    /// Mend a bundle that nodes would read only in part, the given one and the one that is there.
    #[arg(long)]
    pub repair: bool,
    /// Write without asking the registry first; says what was not checked.
    #[arg(long)]
    pub skip_check: bool,
    /// How far the trust reaches: registry (pulls, builds and imports from it) or cluster (every TLS connection of nodes and platform).
    #[arg(long, value_enum, value_name = "HOW-FAR", default_value_t = ScopeFlag::Registry, hide_possible_values = true, conflicts_with_all = ["openshift3", "containerd"])]
    pub scope: ScopeFlag,
    /// Put it into this install-config.yaml instead, for a cluster that is yet to be installed.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["scope", "list", "wait", "yes", "output", "openshift3", "containerd"])]
    pub install_config: Option<PathBuf>,
    /// Set additionalTrustBundlePolicy of the install-config: Always, or Proxyonly, which is what the installer does by itself.
    #[arg(
        long,
        value_enum,
        value_name = "POLICY",
        requires = "install_config",
        ignore_case = true,
        hide_possible_values = true
    )]
    pub bundle_policy: Option<PolicyFlag>,
    /// Take out again what was put in for the registry, or what --ca or --fingerprint name.
    #[arg(long, conflicts_with_all = ["from_registry", "from_system", "skip_check", "repair", "bundle_policy", "list"])]
    pub remove: bool,
    /// List what is trusted, where from and until when, and keys that serve no registry; -o yaml and json for programs.
    #[arg(long, conflicts_with_all = ["registry", "source", "fingerprints", "repair", "skip_check", "scope", "yes", "wait", "dry_run", "diff", "openshift3", "containerd"])]
    pub list: bool,
    #[command(flatten)]
    pub nodes: NodeFlags,
    #[command(flatten)]
    pub rollout: RolloutFlags,
    #[command(flatten)]
    pub write: WriteFlags,
}

/// `--scope`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ScopeFlag {
    Registry,
    Cluster,
}

impl From<ScopeFlag> for Scope {
    fn from(flag: ScopeFlag) -> Self {
        match flag {
            ScopeFlag::Registry => Self::Registry,
            ScopeFlag::Cluster => Self::Cluster,
        }
    }
}

/// `--bundle-policy`, as openshift-install writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyFlag {
    #[value(name = "Always")]
    Always,
    #[value(name = "Proxyonly")]
    Proxyonly,
}

impl From<PolicyFlag> for Policy {
    fn from(flag: PolicyFlag) -> Self {
        match flag {
            PolicyFlag::Always => Self::Always,
            PolicyFlag::Proxyonly => Self::Proxyonly,
        }
    }
}

fn fingerprint(text: &str) -> Result<Fingerprint, String> {
    Fingerprint::parse(text).ok_or_else(|| {
        format!(
            "{text:?} is no SHA-256: 64 hexadecimal digits, as `openssl x509 -noout -fingerprint -sha256` prints them"
        )
    })
}

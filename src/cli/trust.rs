//! `trust REGISTRY`.

use clap::Args;

/// Makes the certificate of a registry trusted by the cluster.
#[derive(Debug, Clone, Args)]
pub struct TrustArgs {}

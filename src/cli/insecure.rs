//! `insecure REGISTRY`.

use clap::Args;

/// Lets the cluster use a registry without TLS, or with a certificate that nobody vouches for.
#[derive(Debug, Clone, Args)]
pub struct InsecureArgs {}

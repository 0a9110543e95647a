//! The flags of every verb that talks to a registry. They never collide with kubectl's, which mean the API server.

use std::path::PathBuf;

use clap::Args;

/// How to reach and trust the registry.
#[derive(Debug, Clone, Args, Default)]
#[command(next_help_heading = "Registry")]
pub struct RegistryFlags {
    /// File with registry credentials (config.json, auth.json or .dockercfg).
    #[arg(short = 'a', long, value_name = "FILE")]
    pub registry_config: Option<PathBuf>,
    /// CA bundle that the registry's certificate is checked against, beside this machine's.
    #[arg(long, value_name = "FILE")]
    pub registry_ca: Option<PathBuf>,
    /// Speak plain HTTP to the registry, and send credentials over it.
    #[arg(long)]
    pub plain_http: bool,
}

//! `unlink REGISTRY[/PATH]` or `unlink SECRET`.

use clap::Args;

use super::namespaces::NamespaceFlags;
use super::output::WriteFlags;
use super::purposes;
use crate::plan::Purposes;

/// Takes a registry's secret off service accounts, and deletes it when this tool made it and nothing uses it any more.
#[derive(Debug, Clone, Args)]
pub struct UnlinkArgs {
    /// The registry as `link` was given it, or the name of a secret.
    #[arg(value_name = "REGISTRY[/PATH]|SECRET")]
    pub target: String,
    /// What to take off: pull, push or pull,push. Push is in both lists of an account, and goes out of both.
    #[arg(long = "for", value_name = "WHAT", value_parser = purposes::parse, default_value = "pull,push")]
    pub purposes: Purposes,
    /// Service account to take it off; may be repeated. Without it all that name the secret.
    #[arg(short = 'z', long = "service-account", value_name = "NAME")]
    pub service_accounts: Vec<String>,
    /// Keep the secret, whoever made it.
    #[arg(long)]
    pub keep_secret: bool,
    #[command(flatten)]
    pub namespaces: NamespaceFlags,
    #[command(flatten)]
    pub write: WriteFlags,
}

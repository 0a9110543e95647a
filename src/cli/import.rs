//! `import STREAM[:TAG] IMAGE`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::WriteFlags;

/// Imports an external image into an image stream, after a dry run.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// The image stream, which is made when it does not exist, and the tag; `latest` when none is named.
    #[arg(value_name = "STREAM[:TAG]")]
    pub stream: String,
    /// The image; with --all the repository.
    #[arg(value_name = "IMAGE")]
    pub image: String,
    /// Import every tag of the repository, each under its own name.
    #[arg(long)]
    pub all: bool,
    /// Follow IMAGE also where the tag follows something else, is pushed to, or is only a reference.
    #[arg(long)]
    pub change_source: bool,
    /// Import without the dry run before; an import that fails is put back all the same.
    #[arg(long)]
    pub skip_check: bool,
    #[command(flatten)]
    pub policy: PolicyFlags,
    /// CA bundle that a diagnosis from here trusts, beside this machine's.
    #[arg(long, value_name = "FILE", help_heading = "Registry")]
    pub registry_ca: Option<PathBuf>,
    #[command(flatten)]
    pub write: WriteFlags,
}

/// How a tag is imported. What is not named stays as it is.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Policy of the tag")]
pub struct PolicyFlags {
    /// Import without verifying certificates, or over plain HTTP; --insecure=false verifies again.
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        hide_possible_values = true
    )]
    pub insecure: Option<bool>,
    /// Import again from time to time; --scheduled=false stops that.
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        hide_possible_values = true
    )]
    pub scheduled: Option<bool>,
    /// Where pods pull from: source (the external registry) or local (the internal one, which passes it through).
    #[arg(long, value_enum, value_name = "WHERE", hide_possible_values = true)]
    pub reference_policy: Option<ReferencePolicy>,
    /// What becomes of an image for several platforms: Legacy (the cluster's own platform alone) or PreserveOriginal.
    #[arg(
        long,
        value_enum,
        value_name = "MODE",
        ignore_case = true,
        hide_possible_values = true
    )]
    pub import_mode: Option<ImportMode>,
}

/// `--reference-policy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReferencePolicy {
    Source,
    Local,
}

/// `--import-mode`, spelled as the API does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ImportMode {
    #[value(name = "Legacy")]
    Legacy,
    #[value(name = "PreserveOriginal")]
    PreserveOriginal,
}

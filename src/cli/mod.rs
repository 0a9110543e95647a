//! The command line: clap types only; their doc comments are the help. Every flag is accepted anywhere after the
//! plugin's name.

pub mod global;
pub mod registry_flags;

use clap::{Parser, Subcommand};

use global::Global;

/// Makes an external container registry usable from OpenShift and Kubernetes, and says why it is not when it is not.
#[derive(Debug, Parser)]
#[command(
    name = "extreg",
    bin_name = "oc extreg",
    version,
    propagate_version = false,
    disable_help_subcommand = true
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs, one file each.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Print the version.
    Version,
}

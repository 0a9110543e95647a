//! The command line: clap types only; their doc comments are the help. Every flag is accepted anywhere after the
//! plugin's name.

pub mod anywhere;
pub mod credential_flags;
pub mod doctor;
pub mod explain;
pub mod global;
pub mod link;
pub mod namespaces;
pub mod output;
mod purposes;
pub mod registry_flags;
pub mod undo;
pub mod unlink;

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
    /// Check the credentials of a registry, store them in one secret and link it to service accounts.
    Link(Box<link::LinkArgs>),
    /// Take a registry's secret off service accounts; delete it when it is ours and nothing uses it.
    Unlink(Box<unlink::UnlinkArgs>),
    /// Take back a change that this tool made.
    Undo(undo::UndoArgs),
    /// Say why an image cannot be pulled, with the evidence and what to do.
    Doctor(Box<doctor::DoctorArgs>),
    /// Explain a cause that doctor names.
    Explain(explain::ExplainArgs),
    /// Print the version.
    Version,
}

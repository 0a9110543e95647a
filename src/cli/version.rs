//! `version`.

use clap::{Args, ValueEnum};

/// Prints the version; asks no cluster.
#[derive(Debug, Clone, Args)]
pub struct VersionArgs {
    /// Print what is known of this build for programs.
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<VersionFormat>,
}

/// `-o`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum VersionFormat {
    Json,
    Yaml,
}

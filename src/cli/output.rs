//! The flags of every verb that writes.

use clap::{Args, ValueEnum};

/// Whether and how to write, and what to print of it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Writing")]
pub struct WriteFlags {
    /// Only say what would be written: `client` sends nothing but reads, `server` has the API server try it.
    #[arg(
        long,
        value_enum,
        value_name = "HOW",
        num_args = 0..=1,
        require_equals = true,
        default_value = "none",
        default_missing_value = "unchanged",
        hide_possible_values = true
    )]
    pub dry_run: DryRun,
    /// Print the objects instead of what was done: yaml, json or name.
    #[arg(
        short,
        long,
        value_enum,
        value_name = "FORMAT",
        hide_possible_values = true
    )]
    pub output: Option<Format>,
    /// Print secret values with -o yaml and -o json, which mask them otherwise.
    #[arg(long, requires = "output")]
    pub show_secret_values: bool,
    /// Show the difference of every object before it is written, with secret values masked.
    #[arg(long)]
    pub diff: bool,
    /// Take over fields that another manager of the object has written.
    #[arg(long, hide_short_help = true)]
    pub force_conflicts: bool,
}

/// `--dry-run`, as kubectl has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DryRun {
    None,
    Client,
    Server,
    /// The bare flag, which kubectl keeps for older scripts; taken for `client`.
    #[value(hide = true)]
    Unchanged,
}

/// `-o`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Yaml,
    Json,
    Name,
}

//! What to print of a report, and how; and a saved report in the place of a run.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The flags of a report.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Report")]
pub struct ReportFlags {
    /// Read a report that was saved with -o json (- for standard input) instead of looking: no cluster, no registry.
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = [
            "targets", "selector", "all_namespaces", "all", "RegistryFlags", "platform", "push", "no_cluster",
            "service_account", "timeout", "from_node", "fix", "wait",
        ]
    )]
    pub from: Option<PathBuf>,
    /// Replace host names, addresses, namespaces, object and user names and image paths by placeholders, for pasting into
    /// tickets; the same name has the same placeholder everywhere. Leaves out the requests of -vv.
    #[arg(long)]
    pub redact: bool,
    /// How to print the report.
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: ReportFormat,
    /// Print one line a cause, and one a target that works.
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Print every stage, and every list in full; twice: every request and answer too.
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// The formats of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ReportFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: extreg.dev/v1, see docs/doctor-report.schema.json.
    Json,
    /// For pipelines: JUnit XML; what is undetermined is an error.
    Junit,
}

//! `status`.

use clap::{Args, ValueEnum};

/// Lists the registries in use, and what reaches them: images, secrets, accounts, builds, image streams, trust.
///
/// Reads the cluster alone and asks no registry: whether a login is good and an image is there, doctor tells. What is
/// broken, at its end, double or unused is listed with the command that looks closer or mends it. What may not be read is
/// listed with the right that is missing. Nothing is written anywhere.
///
/// Exit status: 0 also where there are problems, 1 it could not do its work, 2 usage, 130 interrupted.
#[derive(Debug, Clone, Args)]
pub struct StatusArgs {
    /// All namespaces.
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Only what uses images and has these labels (key=value,...): workloads, pods, builds, image streams.
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// How to print it, instead of a table.
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<StatusFormat>,
}

/// `-o`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StatusFormat {
    /// A wider table, every image and every entry of a secret, and the cluster's own registry.
    Wide,
    /// For programs: extreg.dev/v1, see docs/registry-status.schema.json.
    Json,
    /// The same as YAML.
    Yaml,
    /// A picture for Graphviz.
    Dot,
    /// A picture for Mermaid.
    Mermaid,
}

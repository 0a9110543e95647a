//! The flags that choose more than one namespace.

use clap::Args;

/// Which namespaces, beside `-n`.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Namespaces")]
pub struct NamespaceFlags {
    /// These namespaces, parted by commas.
    #[arg(long, value_name = "A,B", value_delimiter = ',', conflicts_with_all = ["all_namespaces", "namespace_selector"])]
    pub namespaces: Vec<String>,
    /// All namespaces.
    #[arg(short = 'A', long, conflicts_with = "namespace_selector")]
    pub all_namespaces: bool,
    /// The namespaces with these labels (key=value,...).
    #[arg(long, value_name = "SELECTOR")]
    pub namespace_selector: Option<String>,
}

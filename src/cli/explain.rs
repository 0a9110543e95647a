//! `explain [CAUSE]`.

use clap::Args;

/// Explains a cause that doctor names: what it means, how doctor knows, what to do, when doctor may be wrong.
///
/// Without a cause it lists them all. Needs neither a network nor a cluster.
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// The id of a cause, for example auth.no-credentials; all are listed without one.
    #[arg(value_name = "CAUSE")]
    pub cause: Option<String>,
}

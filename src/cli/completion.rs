//! `completion SHELL`.

use clap::Args;

/// Prints or installs shell completion.
#[derive(Debug, Clone, Args)]
pub struct CompletionArgs {}

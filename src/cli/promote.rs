//! `promote SOURCE IMAGE`.

use clap::Args;

/// Copies an image from one registry to another.
#[derive(Debug, Clone, Args)]
pub struct PromoteArgs {}

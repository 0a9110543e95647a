//! `use WORKLOAD IMAGE`.

use clap::Args;

/// Points a workload at an image, directly or through an image stream.
#[derive(Debug, Clone, Args)]
pub struct UseArgs {}

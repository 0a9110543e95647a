//! `import STREAM[:TAG] IMAGE`.

use clap::Args;

/// Imports an external image into an image stream, after a dry run.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {}

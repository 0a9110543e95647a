//! `push-target BUILDCONFIG IMAGE`.

use clap::Args;

/// Sends the result of a build to an external registry.
#[derive(Debug, Clone, Args)]
pub struct PushTargetArgs {}

//! `build-source BUILDCONFIG IMAGE`.

use clap::Args;

/// Takes the base image of a build from an external registry.
#[derive(Debug, Clone, Args)]
pub struct BuildSourceArgs {}

//! `undo [ID]` and `undo --list`.

use clap::Args;

use super::output::WriteFlags;
use super::rollout_flags::RolloutFlags;

/// Takes back a change that this tool made, from its journal.
#[derive(Debug, Clone, Args)]
pub struct UndoArgs {
    /// The change, as `undo --list` shows it, or the beginning of it; the last one when it is left out.
    #[arg(value_name = "ID", conflicts_with = "list")]
    pub id: Option<String>,
    /// List the journal, oldest first.
    #[arg(long)]
    pub list: bool,
    #[command(flatten)]
    pub rollout: RolloutFlags,
    #[command(flatten)]
    pub write: WriteFlags,
}

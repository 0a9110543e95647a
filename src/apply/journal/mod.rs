//! The journal: what every run wrote, and how to take it back. One JSON file a run under `$XDG_STATE_HOME/extreg`
//! (`~/.local/state/extreg`), readable by the user alone. Holds no secret value.
//!
//! The file is there before the first write, with everything that is going to be written; what became of each change is
//! added afterwards. A run that is killed leaves changes as `intended`: taking those back does no harm where they were
//! not made.

mod record;
mod run;
mod store;

pub use record::{Entry, Header, Record, State, Undone};
pub use run::OpenRun;
pub use store::{Journal, JournalError};

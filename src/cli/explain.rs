//! `explain [CAUSE]` and `explain --message TEXT`.

use clap::{Args, ValueEnum};

/// Explains a cause that doctor names, or reads the text of a failed pull, push or import.
///
/// Without a cause it lists them all. With --message it says who speaks in a pasted text, what the words point at, what
/// they can mean, the likeliest first, and what would settle it. Needs neither a network nor a cluster.
#[derive(Debug, Clone, Args)]
pub struct ExplainArgs {
    /// The id of a cause, for example auth.no-credentials; all are listed without one.
    #[arg(value_name = "CAUSE", conflicts_with = "message")]
    pub cause: Option<String>,
    /// Text to read: a status message, an event, what describe printed, a build log, JSON; `-` reads standard input.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub message: Option<String>,
    /// How to print what the message says.
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    pub output: ReadingFormat,
}

/// The formats of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ReadingFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: extreg.dev/v1, see docs/message-reading.schema.json.
    Json,
}

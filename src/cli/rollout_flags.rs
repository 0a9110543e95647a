//! The flags of verbs that change the whole cluster.

use std::time::Duration;

use clap::Args;

use super::global::parse_duration;

/// Whether to ask, and whether to wait for the nodes.
#[derive(Debug, Clone, Args, Default)]
#[command(next_help_heading = "Cluster-wide changes")]
pub struct RolloutFlags {
    /// Write without asking, although it changes the whole cluster.
    #[arg(short, long)]
    pub yes: bool,
    /// Wait until nodes and operators have taken the change up, and say what keeps them; for 1h when no time is given.
    #[arg(
        long,
        value_name = "TIME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "1h",
        value_parser = parse_wait
    )]
    pub wait: Option<Duration>,
}

fn parse_wait(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        Duration::ZERO => Err("waiting needs some time; write 30m or 2h".to_owned()),
        time => Ok(time),
    }
}

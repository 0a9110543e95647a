//! One file a verb: gather, plan, apply, print. What decides something is elsewhere.

mod doctor;
mod explain;
mod link;
mod namespaces;
mod objects;
mod undo;
mod unlink;
mod version;
mod writing;

use crate::apply::Interrupt;
use crate::cli::{Cli, Verb};
use crate::env::Env;
use crate::error::Error;
use crate::ui::Ui;

/// What every verb is given.
pub struct Run {
    pub env: Env,
    pub ui: Ui,
    /// How the tool was called, for advice: `oc extreg`.
    pub program: &'static str,
    pub interrupt: Interrupt,
}

impl Run {
    /// For this process.
    pub fn new(env: Env, cli: &Cli, program: &'static str) -> Self {
        Self {
            ui: Ui::of_process(&env, cli.global.color),
            env,
            program,
            interrupt: Interrupt::default(),
        }
    }
}

/// How the tool was called, by `argv[0]`: oc runs `oc-extreg`, both run `kubectl-extreg`, and which of them did cannot be
/// told then.
pub fn program(env: &Env) -> &'static str {
    let name = env
        .args
        .first()
        .and_then(|name| std::path::Path::new(name).file_stem()?.to_str());
    if name == Some("oc-extreg") {
        "oc extreg"
    } else {
        "kubectl extreg"
    }
}

/// Runs the verb.
pub async fn run(run: &mut Run, cli: Cli) -> Result<(), Error> {
    match cli.verb {
        Verb::Link(args) => Box::pin(link::run(run, &cli.global, &args)).await,
        Verb::Unlink(args) => Box::pin(unlink::run(run, &cli.global, &args)).await,
        Verb::Undo(args) => Box::pin(undo::run(run, &cli.global, &args)).await,
        Verb::Doctor(args) => Box::pin(doctor::run(run, &cli.global, &args)).await,
        Verb::Explain(args) => explain::run(run, &args),
        Verb::Version => version::run(run),
    }
}

//! One file a verb: gather, plan, apply, print. What decides something is elsewhere.

mod arguments;
mod build_source;
pub mod completion;
mod connecting;
mod diagnosing;
mod doctor;
mod explain;
mod following;
mod import;
mod insecure;
mod link;
mod missing_namespace;
mod namespaces;
mod node_output;
mod objects;
mod platform_rollout;
mod preflight;
mod promote;
mod push_target;
mod rollout;
mod status;
mod trust;
mod undo;
mod unlink;
mod use_image;
mod version;
mod writing;

use crate::apply::Interrupt;
use crate::cli::global::Global;
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

    /// The client that the tool is a plugin of, for advice on other commands: `oc` or `kubectl`.
    pub fn client(&self) -> &'static str {
        if self.program.starts_with("oc") {
            "oc"
        } else {
            "kubectl"
        }
    }
}

/// How the tool was called, for advice that can be pasted. oc prefers a file named `oc-extreg`; both run
/// `kubectl-extreg`, and replace themselves by it with their environment as it is, in which the shells leave the program
/// that they started as `_`. Where nothing tells, it is oc.
pub fn program(env: &Env) -> &'static str {
    let named =
        |path: &std::path::Path, name: &str| path.file_stem().is_some_and(|stem| stem == name);
    let is_oc = env
        .args
        .first()
        .is_some_and(|program| named(program.as_ref(), "oc-extreg"));
    let by_kubectl = env
        .var("_")
        .is_some_and(|program| named(program.as_ref(), "kubectl"));
    if by_kubectl && !is_oc {
        "kubectl extreg"
    } else {
        "oc extreg"
    }
}

/// Runs the verb.
pub async fn run(run: &mut Run, cli: Cli) -> Result<(), Error> {
    let Cli { global, verb } = cli;
    let asks_a_cluster = verb.waits();
    match carry_out(run, &global, verb).await {
        Err(error) if asks_a_cluster => {
            Err(Box::pin(missing_namespace::explained(run, &global, error)).await)
        }
        done => done,
    }
}

async fn carry_out(run: &mut Run, global: &Global, verb: Verb) -> Result<(), Error> {
    match verb {
        Verb::Link(args) => Box::pin(link::run(run, global, &args)).await,
        Verb::Unlink(args) => Box::pin(unlink::run(run, global, &args)).await,
        Verb::Undo(args) => Box::pin(undo::run(run, global, &args)).await,
        Verb::Status(args) => Box::pin(status::run(run, global, &args)).await,
        Verb::Doctor(args) => Box::pin(doctor::run(run, global, &args)).await,
        Verb::PushTarget(args) => Box::pin(push_target::run(run, global, &args)).await,
        Verb::BuildSource(args) => Box::pin(build_source::run(run, global, &args)).await,
        Verb::Import(args) => Box::pin(import::run(run, global, &args)).await,
        Verb::Use(args) => Box::pin(use_image::run(run, global, &args)).await,
        Verb::Promote(args) => Box::pin(promote::run(run, global, &args)).await,
        Verb::Trust(args) => Box::pin(trust::run(run, global, &args)).await,
        Verb::Insecure(args) => Box::pin(insecure::run(run, global, &args)).await,
        Verb::Completion(args) => completion::run(run, &args),
        Verb::Explain(args) => explain::run(run, &args),
        Verb::Version(args) => version::run(run, &args),
    }
}

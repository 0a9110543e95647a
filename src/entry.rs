//! The program from start to end: parse, run, error to exit status.
//!
//! In the library so that the tour runs the very same program as `main.rs`.

use std::process::ExitCode;

use clap::FromArgMatches as _;
use futures_util::FutureExt as _;

use crate::cli::{self, Cli, anywhere};
use crate::env::Env;
use crate::error::{Error, Kind};
use crate::ui::{ColorChoice, Ui};
use crate::verbs::{self, Run};

/// Threads that work at the same time: what is waited for are servers, and machines may have a hundred processors.
const MOST_THREADS: usize = 4;
const BUG: &str = "this is a bug: the work was broken off";

/// Runs the program that `env` describes and gives its exit status.
pub fn run_program(env: Env) -> ExitCode {
    // Before anything that takes its time: a shell waits for every answer.
    if let Some(words) = verbs::completion::asked(&env) {
        return verbs::completion::answer_shell(&env, &words);
    }
    let program = verbs::program(&env);
    let mut command = cli::command(program);
    let mut args = env.args.clone();
    if let Some(verb) = anywhere::first_verb(&command, &args) {
        command = cli::of_verb(command, verb);
    } else {
        command = cli::of_all(command);
        args = anywhere::verb_first(&command, args);
    }
    let matches = command.try_get_matches_from(args);
    let cli = match matches.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            let mut ui = Ui::of_process(&env, ColorChoice::Auto);
            return ExitCode::from(ui.command_line(&error));
        }
    };
    let mut ui = Ui::of_process(&env, cli.global.color);
    let Err(error) = run(Run::new(env, &cli, program), cli) else {
        return ExitCode::SUCCESS;
    };
    ui.error(&error);
    ExitCode::from(error.status())
}

fn run(mut run: Run, cli: Cli) -> Result<(), Error> {
    if !cli.verb.waits() {
        return verbs::run(&mut run, cli)
            .now_or_never()
            .unwrap_or_else(|| Err(Error::failure(BUG)));
    }
    // There is no other that could have been installed before.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads())
        .enable_all()
        .build()
        .map_err(|error| Error::failure(format!("cannot start: {error}")))?;
    // On a thread of its own: a prompt, or whatever else blocks, does not keep Ctrl-C from being heard.
    let (interrupt, handle) = (run.interrupt.clone(), runtime.handle().clone());
    let (done, mut result) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || drop(done.send(handle.block_on(verbs::run(&mut run, cli)))));
    let result = runtime.block_on(async {
        loop {
            tokio::select! {
                done = &mut result => break done.unwrap_or_else(|_| Err(Error::failure(BUG))),
                () = told_to_stop() => if interrupt.ask().leaves() {
                    break Err(Error::exit_only(Kind::Interrupted));
                },
            }
        }
    });
    // Nothing that still waits holds the process up.
    runtime.shutdown_background();
    result
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |threads| threads.get().min(MOST_THREADS))
}

/// Ends when the user, or whoever runs this process, wants it to end: Ctrl-C, or SIGTERM, which is what a pod's end and
/// `timeout` send. Both get the same: nothing half-written, no pod left behind.
#[cfg(unix)]
async fn told_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        },
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

#[cfg(not(unix))]
async fn told_to_stop() {
    drop(tokio::signal::ctrl_c().await);
}

//! Completion: what is answered to kubectl, oc and shells ([`values`]), also when the cluster is slow or anything else is
//! wrong ([`trouble`]); real shells ([`shells`]); and what makes kubectl and oc ask ([`install`]).

mod install;
mod shells;
mod trouble;
mod values;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use extreg_test_support::process::{Cmd, Sandbox};

use crate::kit::World;

/// The folder of the scripts.
fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions")
}

/// `PATH` with the folders of the scripts and of the built program first.
fn path() -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_kubectl-extreg"));
    format!(
        "{}:{}:{}",
        scripts().display(),
        program.parent().expect("a folder").display(),
        std::env::var("PATH").unwrap_or_default()
    )
}

/// How long a cluster of the tests is waited for: a busy machine is no reason to find nothing.
const PATIENT: (&str, &str) = ("EXTREG_COMPLETION_TIMEOUT", "60s");

/// What the program answers for a line, which is split at single spaces: the last word is being typed. There is nothing on
/// standard error, and the end is a good one.
#[track_caller]
fn answer_within(
    timeout: &str,
    sandbox: &Arc<Sandbox>,
    kubeconfig: &Path,
    line: &str,
) -> Vec<String> {
    let output = Cmd::in_sandbox(env!("CARGO_BIN_EXE_kubectl-extreg"), sandbox.clone())
        .env("KUBECONFIG", kubeconfig)
        .env(PATIENT.0, timeout)
        .arg("__complete")
        .args(line.split(' '))
        .run()
        .success();
    assert_eq!(output.stderr, "", "{line}");
    output.stdout.lines().map(str::to_owned).collect()
}

/// The same on a world.
#[track_caller]
fn answer(world: &World, line: &str) -> Vec<String> {
    answer_within(PATIENT.1, &world.sandbox, &world.kubeconfig, line)
}

/// The candidates of an answer without their help, and the directive.
fn parts(answer: &[String]) -> (Vec<&str>, &str) {
    let (directive, candidates) = answer.split_last().expect("a directive");
    let names = candidates
        .iter()
        .map(|line| line.split('\t').next().unwrap_or_default())
        .collect();
    (names, directive)
}

/// Asserts the candidates, for which no file is a substitute.
#[track_caller]
fn offers(world: &World, line: &str, wanted: &[&str]) {
    let answer = answer(world, line);
    let (names, directive) = parts(&answer);
    assert_eq!(names, wanted, "{line}");
    let unfinished = wanted.iter().any(|name| name.ends_with(['/', '=']));
    assert_eq!(directive, if unfinished { ":6" } else { ":4" }, "{line}");
}

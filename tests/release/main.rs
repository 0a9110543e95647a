//! What a release is made of, from programs that stand in for built ones: manual pages, archives, packages, the image, sums,
//! the list of what is in the program, krew's manifest, and the workflow that calls the scripts. What compiles for a release
//! is not run here; how it would be called is looked at with a `cargo` that only notes it.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a helper that cannot do its work ends the test"
)]

mod build;
mod image;
mod krew;
mod make;
mod man;
mod notes;
mod packages;
mod sbom;
mod workflow;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use extreg_test_support::process::{Cmd, Sandbox, program_or_skip};

/// When the files of the releases of these tests are from: 2023-11-14T22:13:20Z.
const EPOCH: &str = "1700000000";
/// The version that is released.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-extreg");

/// A file of the project.
fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A script of `release`, in the sandbox.
fn script(name: &str, sandbox: &Arc<Sandbox>) -> Cmd {
    let script = project("release").join(name);
    with_cargo(Cmd::in_sandbox(script, sandbox.clone())).env("SOURCE_DATE_EPOCH", EPOCH)
}

/// A command that may call cargo: as it is here, and without a network.
fn with_cargo(command: Cmd) -> Cmd {
    let home = |variable: &str, folder: &str| {
        std::env::var_os(variable).map_or_else(
            || {
                let home = std::env::var_os("HOME").expect("a home");
                Path::new(&home).join(folder)
            },
            PathBuf::from,
        )
    };
    command
        .env("CARGO_HOME", home("CARGO_HOME", ".cargo"))
        .env("RUSTUP_HOME", home("RUSTUP_HOME", ".rustup"))
        .env("CARGO_NET_OFFLINE", "true")
}

/// A program that is small to pack, and yet is the one under test: it hands over to that, under the name it was called by.
fn stand_in(sandbox: &Sandbox, path: impl AsRef<Path>) -> PathBuf {
    sandbox.write(
        path,
        format!("#!/usr/bin/env bash\nexec -a \"$0\" '{PROGRAM}' \"$@\"\n"),
    )
}

/// The platforms of a release, as `release/targets` has them: system, processor, Rust's target.
fn targets() -> Vec<[String; 3]> {
    let text = std::fs::read_to_string(project("release/targets")).expect("the targets");
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            words.try_into().expect("three words")
        })
        .collect()
}

/// The names of the verbs that have a page, as the help lists them.
fn verbs() -> Vec<String> {
    use clap::CommandFactory as _;
    extreg::cli::Cli::command()
        .get_subcommands()
        .filter(|verb| !verb.is_hide_set())
        .map(|verb| verb.get_name().to_owned())
        .collect()
}

#[test]
fn the_scripts_are_clean() {
    if !program_or_skip("shellcheck", "the scripts of a release are clean") {
        return;
    }
    let mut scripts = Vec::new();
    for folder in ["release", "krew", ".ci"] {
        for entry in std::fs::read_dir(project(folder)).expect("the folder") {
            let path = entry.expect("an entry").path();
            let text = std::fs::read_to_string(&path).expect("text");
            if text.starts_with("#!") || text.starts_with("# shellcheck shell") {
                scripts.push(path);
            }
        }
    }
    assert!(scripts.len() >= 12, "{scripts:?}");
    Cmd::new("shellcheck")
        .arg("--external-sources")
        .args(&scripts)
        .arg(project("tests/run"))
        .current_dir(project(""))
        .run()
        .success();
}

//! The help of every verb as it is printed. A change of a flag or its words shows here.

use clap::CommandFactory as _;
use extreg::cli::Cli;
use extreg_test_support::process::Cmd;

/// The program's help in a terminal-less run, which is 100 columns wide at most.
fn help(words: &[&str]) -> String {
    Cmd::new(env!("CARGO_BIN_EXE_kubectl-extreg"))
        .args(words)
        .run()
        .success()
        .stdout
}

#[test]
fn every_verb_has_its_help() {
    insta::assert_snapshot!("help", help(&["--help"]));
    let mut verbs = 0;
    for verb in Cli::command().get_subcommands() {
        let name = verb.get_name();
        insta::assert_snapshot!(format!("help_{name}"), help(&[name, "--help"]));
        insta::assert_snapshot!(format!("help_{name}_short"), help(&[name, "-h"]));
        verbs += 1;
    }
    assert!(verbs >= 6, "the verbs were not walked");
}

/// Every flag says what it does, and no line is wider than a terminal of 100 columns.
#[test]
fn every_flag_is_explained() {
    let mut program = Cli::command();
    program.build();
    for verb in program.get_subcommands() {
        let mut flags = 0;
        for arg in verb.get_arguments().filter(|arg| !arg.is_hide_set()) {
            flags += 1;
            let words = arg.get_help().map(ToString::to_string);
            assert!(
                words.is_some_and(|words| !words.is_empty()),
                "{} {}",
                verb.get_name(),
                arg.get_id()
            );
        }
        assert!(flags > 0, "{} has no arguments", verb.get_name());
        let text = help(&[verb.get_name(), "--help"]);
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}

//! The examples at the end of every verb's help, run on a cluster and registries of their own.

use std::collections::BTreeSet;

use clap::CommandFactory as _;
use extreg::cli::Cli;
use extreg_test_support::api::make;
use extreg_test_support::process::Cmd;
use serde_json::json;

use crate::ground::{CORP, Ground};
use crate::scenes;

/// A cluster in which every example of a verb has what it speaks of.
fn ground(verb: &str, example: &[String]) -> Ground {
    let ground = match verb {
        // What they are for is not done yet.
        "trust" | "insecure" => scenes::strange(),
        _ => scenes::linked(),
    };
    ground.create(make::deployment_config(
        "shop",
        "web",
        &format!("{CORP}/shop/web:1.2"),
    ));
    let mut db = make::workload("StatefulSet", "shop", "db", "quay.io/team/db:16");
    db["spec"]["template"]["spec"]["containers"][0]["name"] = json!("server");
    ground.create(db);
    ground.build_config("app", json!({"part-of": "shop", "team": "shop"}));
    ground.built("web", "1.2");
    ground.api.add_namespace("openshift");
    ground.create(make::image_stream(
        "openshift",
        "ruby",
        "3.3-ubi9",
        "quay.io/team/ruby:3.3",
    ));
    ground.logins();
    let before = match verb {
        "unlink" => "oc extreg link quay.io/team -a auth.json --for pull,push",
        "undo" => "oc extreg link quay.io/team -a auth.json",
        _ => "true",
    };
    ground.shell(before).success();
    if example.iter().any(|command| command.contains("--create")) {
        ground.api.delete("deployments.apps", "shop", "web");
    }
    ground
}

/// The commands at the end of a help text: an example is a remark and the commands below it.
fn examples(help: &str) -> Vec<Vec<String>> {
    let Some((_, text)) = help.split_once("Examples:\n") else {
        return Vec::new();
    };
    let mut examples: Vec<Vec<String>> = Vec::new();
    let mut continues = false;
    for line in text.lines().map(str::trim) {
        if line.is_empty() || examples.is_empty() {
            examples.push(Vec::new());
        }
        let example = examples.last_mut().expect("an example");
        if continues {
            let command = example
                .last_mut()
                .expect("a command before its second line");
            *command += "\n";
            *command += line;
        } else if !line.is_empty() && !line.starts_with('#') {
            example.push(line.to_owned());
        }
        continues = line.ends_with('\\');
    }
    examples
}

/// A password that would be asked for comes from standard input.
pub(crate) fn answered(command: &str) -> String {
    if command.contains("--registry-username") && !command.contains("-stdin") {
        format!("printf %s \"$PASSWORD\" | {command} --registry-password-stdin")
    } else {
        command.to_owned()
    }
}

/// fish reads what it is to run from a pipe; in bash that is a file.
fn in_bash(command: &str) -> String {
    match command.strip_suffix("fish | source") {
        Some(start) => format!("{start}fish > completion.fish"),
        None => command.to_owned(),
    }
}

/// Runs the examples of a verb, each on fresh ground.
fn hold(verb: &str) {
    let help = Cmd::new(env!("CARGO_BIN_EXE_kubectl-extreg"))
        .args([verb, "--help"])
        .run()
        .success()
        .stdout;
    let examples = examples(&help);
    assert!(!examples.is_empty(), "{verb} has no examples");
    let mut wrong = Vec::new();
    for example in examples {
        let ground = ground(verb, &example);
        for command in example {
            let command = in_bash(&answered(&command));
            let output = ground.while_nodes_follow(|| ground.shell(&command));
            if output.status != Some(0) {
                wrong.push(format!(
                    "$ {command}\nends with {:?}:\n{}",
                    output.status, output.stdout
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

macro_rules! verbs {
    ($($test:ident $verb:literal;)*) => {
        $(#[test] fn $test() { hold($verb); })*

        /// The verbs whose examples are run.
        const VERBS: &[&str] = &[$($verb),*];
    };
}

verbs! {
    link "link";
    unlink "unlink";
    push_target "push-target";
    build_source "build-source";
    import "import";
    use_image "use";
    promote "promote";
    trust "trust";
    insecure "insecure";
    undo "undo";
    status "status";
    doctor "doctor";
    explain "explain";
    completion "completion";
    version "version";
}

#[test]
fn no_verb_is_left_out() {
    let names: BTreeSet<String> = Cli::command()
        .get_subcommands()
        .map(|verb| verb.get_name().to_owned())
        .collect();
    let held: BTreeSet<String> = VERBS.iter().map(|verb| (*verb).to_owned()).collect();
    assert_eq!(names, held);
}

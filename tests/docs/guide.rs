//! The commands that stand beside the steps of the guide, each run on ground where that step is still to be done.

use extreg_test_support::api::make;
use serde_json::json;

use crate::examples::answered;
use crate::ground::Ground;
use crate::spoken::commands;
use crate::{root, scenes};

const REGISTRY: &str = "external-registry.example.com:5000";

/// What is not run, and why.
const NOT_RUN: &[(&str, &str)] = &[
    ("oc extreg link $REGISTRY ...", "a form"),
    (
        "--from-context other-cluster",
        "another cluster; tests/verbs/link_check.rs has two",
    ),
    ("oc extreg undo", "there is nothing to take back"),
    ("oc extreg doctor", "the pages of the tasks run it"),
];

fn ground(command: &str) -> Ground {
    let is_about_nodes = command.contains("--openshift3");
    let ground = if is_about_nodes {
        scenes::openshift3()
    } else if command.contains(" trust ") || command.contains(" insecure ") {
        scenes::strange()
    } else {
        Ground::openshift()
            .trusting()
            .linked("external-registry", REGISTRY, "mastermind", "default")
            .linked("builds", REGISTRY, "mastermind", "builder")
    };
    ground.logins();
    let auth = make::docker_entry("mastermind", crate::ground::PASSWORD)["auth"].clone();
    let file = json!({"auths": {REGISTRY: {"auth": auth}}}).to_string();
    ground.sandbox.write("home/.docker/config.json", file);
    let ca = std::fs::read(ground.sandbox.path().join("corp-ca.pem")).expect("the CA");
    ground.sandbox.write("ca.crt", ca);
    if command.contains("promote") {
        ground.built("sample-app", "latest");
    } else if !is_about_nodes {
        ground.build_config("sample-app", json!({}));
    }
    if command.contains(" dc/") {
        let image = format!("{REGISTRY}/publicrepo/sample-app:latest");
        ground.create(make::deployment_config("shop", "sample-app", &image));
    }
    ground
}

/// The command with what it would ask for.
fn complete(command: &str) -> String {
    // The registry without TLS is another one.
    let registry = if command.contains(" insecure ") {
        "dev.example.com:5000"
    } else {
        REGISTRY
    };
    let mut command = answered(command);
    let asks = [" trust ", " insecure "]
        .iter()
        .any(|verb| command.contains(verb));
    if asks && !command.contains("--openshift3") && !command.contains("--install-config") {
        command += " --yes";
    }
    format!("REGISTRY={registry}\n{command}")
}

#[test]
fn every_step_works() {
    let page = std::fs::read_to_string(root().join("docs/from-the-guide.md")).expect("the page");
    let mut wrong = Vec::new();
    let mut count = 0;
    for command in commands(&page) {
        if NOT_RUN.iter().any(|(part, _)| command.contains(part)) {
            continue;
        }
        count += 1;
        let ground = ground(&command);
        let output = ground.shell(&complete(&command));
        if output.status != Some(0) {
            wrong.push(format!(
                "$ {command}\nends with {:?}:\n{}",
                output.status, output.stdout
            ));
        }
    }
    assert!(count > 15, "the commands were not found: {count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! The scripts for nodes, run for real: in a root of their own, twice, and back; and what they install, used by real clients.
//! `systemctl` and `update-ca-trust` are recorders on the `PATH`.

mod ca;
mod containerd;
mod docker;
mod machine;
mod options;
mod playbook;
mod real_containerd;

use std::process::Command;

use extreg::plan::node_scripts::{
    Action, Docker, Job, Script, containerd as for_containerd, openshift3,
};
use extreg_test_support::certs::Ca;
use extreg_test_support::process::program_or_skip;

use crate::kit::Embedded;

const REGISTRY: &str = "registry.example.com:5000";

fn trust(ca: &str) -> Job<'_> {
    Job::Trust {
        registry: REGISTRY,
        ca,
    }
}

const INSECURE: Job<'static> = Job::Insecure {
    registry: REGISTRY,
    plain_http: false,
};

const PLAIN: Job<'static> = Job::Insecure {
    registry: REGISTRY,
    plain_http: true,
};

#[test]
fn shellcheck_finds_nothing() {
    if !program_or_skip("shellcheck", "the scripts for nodes are clean") {
        return;
    }
    let ca = Ca::new("Corp Root");
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = Vec::new();
    for job in [trust(ca.pem()), INSECURE, PLAIN] {
        for action in [Action::Install, Action::Remove] {
            let scripts: [Script; 3] = [
                openshift3(&job, Docker::TrustStore, action),
                openshift3(&job, Docker::CertsD, action),
                for_containerd(&job, action),
            ];
            for script in scripts {
                let path = folder.path().join(format!("{}.sh", files.len()));
                std::fs::write(&path, script.text).expect("a script");
                files.push(path);
            }
        }
    }
    let output = Command::new("shellcheck")
        .args(["--shell=sh", "--severity=style"])
        .args(&files)
        .output()
        .expect("shellcheck runs");
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{words}");
}

#[test]
fn the_verb_prints_a_script_and_asks_no_cluster() {
    let world = Embedded::kubernetes();
    let output = world
        .run("insecure registry.example.com:5000 --openshift3 --skip-check")
        .success();
    let script = openshift3(&INSECURE, Docker::TrustStore, Action::Install);
    output.prints(&script.text);
    output.says("docker is restarted");
    let output = world
        .run("insecure registry.example.com:5000 --containerd --plain-http --skip-check --remove")
        .success();
    output.prints(&for_containerd(&PLAIN, Action::Remove).text);
    assert!(world.api().requests().is_empty());
}

#[test]
fn a_folder_gets_every_form_with_its_undo() {
    let world = Embedded::kubernetes();
    let line = "insecure registry.example.com:5000 --skip-check --output-dir out";
    let output = world.run(&format!("{line} --openshift3")).success();
    let name = "out/insecure-registry.example.com-5000";
    output.prints(&format!(
        "{name}.sh\n{name}.yml\n{name}-undo.sh\n{name}-undo.yml\n"
    ));
    let output = world
        .run(&format!("{line} --containerd --remove"))
        .success();
    output.prints(&format!("{name}-undo.sh\n{name}-undo-daemonset.yaml\n"));
    let output = world.run(&format!("{line} --containerd")).success();
    output.prints(&format!(
        "{name}.sh\n{name}-daemonset.yaml\nout/hosts.toml\n{name}-undo.sh\n{name}-undo-daemonset.yaml\n"
    ));
    let path = world.sandbox.path().join(format!("{name}.sh"));
    let status = Command::new(path).arg("--help").status().expect("it runs");
    assert_eq!(status.code(), Some(2));
}

#[test]
fn flags_that_belong_to_others_are_refused() {
    let world = Embedded::kubernetes();
    for line in [
        "--openshift3 --containerd",
        "--ansible",
        "--output-dir out",
        "--containerd --wait",
        "--openshift3 -o yaml",
        "--daemonset",
        "--openshift3 --daemonset",
        "--containerd --ansible",
        "--docker-version 1.13",
        "--openshift3 --docker-version new",
        "--containerd --daemonset-image NoImage!",
    ] {
        world
            .run(&format!("insecure r.example.com --skip-check {line}"))
            .exits(2);
    }
}

//! `hosts.toml` for containerd, and the DaemonSet that installs it.

use std::process::Command;

use extreg::plan::node_scripts::{Action, Job, containerd, hosts_toml};
use extreg_test_support::certs::Ca;
use extreg_test_support::process::{Cmd, program_or_skip};
use toml_edit::DocumentMut;

use super::machine::Machine;
use super::{INSECURE, PLAIN, REGISTRY, trust};
use crate::kit::Embedded;

const FOLDER: &str = "etc/containerd/certs.d/registry.example.com:5000";

fn parsed(text: &str) -> DocumentMut {
    text.parse().expect("TOML")
}

#[test]
fn the_file_says_the_same_at_the_root_and_for_the_host() {
    let ca = "/etc/containerd/certs.d/registry.example.com:5000/extreg-ca.crt";
    for (job, scheme, key) in [
        (trust("x"), "https", Some("ca")),
        (INSECURE, "https", Some("skip_verify")),
        (PLAIN, "http", None),
    ] {
        let file = parsed(&hosts_toml(&job));
        let url = format!("{scheme}://{REGISTRY}");
        assert_eq!(file["server"].as_str(), Some(url.as_str()));
        let host = &file["host"][url.as_str()];
        let capabilities: Vec<&str> = host["capabilities"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|it| it.as_str())
            .collect();
        assert_eq!(capabilities, ["pull", "resolve", "push"]);
        for table in [file.as_item(), host] {
            assert_eq!(
                table.get("ca").and_then(|it| it.as_str()),
                (key == Some("ca")).then_some(ca)
            );
            assert_eq!(
                table.get("skip_verify").and_then(toml_edit::Item::as_bool),
                (key == Some("skip_verify")).then_some(true)
            );
        }
    }
    let odd = Job::Trust {
        registry: "[fd00::1]:5000",
        ca: "x",
    };
    assert_eq!(
        parsed(&hosts_toml(&odd))["server"].as_str(),
        Some("https://[fd00::1]:5000")
    );
}

#[test]
fn it_is_installed_once_and_taken_back() {
    let ca = Ca::new("Corp Root");
    for job in [trust(ca.pem()), INSECURE, PLAIN] {
        let machine = Machine::new();
        machine.write(
            "etc/containerd/config.toml",
            "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".registry]\n  config_path = \"/etc/containerd/certs.d\"\n",
        );
        machine.write("etc/containerd/certs.d/_default/hosts.toml", "theirs\n");
        let before = machine.state();
        let script = containerd(&job, Action::Install).text;
        assert!(machine.run(&script, &[]).starts_with("changed: "));
        let file = machine.read(&format!("{FOLDER}/hosts.toml"));
        assert_eq!(file.trim_end(), hosts_toml(&job));
        let has_ca = machine.path(&format!("{FOLDER}/extreg-ca.crt")).exists();
        assert_eq!(has_ca, matches!(job, Job::Trust { .. }));
        let installed = machine.state();
        let output = machine.try_run(&script, &[]);
        assert!(String::from_utf8_lossy(&output.stdout).starts_with("unchanged: "));
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(machine.state(), installed);
        let undo = containerd(&job, Action::Remove).text;
        machine.run(&undo, &[]);
        assert!(machine.run(&undo, &[]).starts_with("unchanged: "));
        // The folder that the first run may have had to make is gone too.
        assert_eq!(machine.state(), before);
        assert!(machine.calls().is_empty(), "nothing is restarted");
    }
}

#[test]
fn trust_takes_the_place_of_insecure_and_back() {
    let ca = Ca::new("Corp Root");
    let machine = Machine::new();
    for (job, has_ca) in [(PLAIN, false), (trust(ca.pem()), true), (INSECURE, false)] {
        machine.run(&containerd(&job, Action::Install).text, &[]);
        let file = machine.read(&format!("{FOLDER}/hosts.toml"));
        assert_eq!(file.trim_end(), hosts_toml(&job));
        let there = machine.path(&format!("{FOLDER}/extreg-ca.crt")).exists();
        assert_eq!(there, has_ca);
    }
}

#[test]
fn a_file_of_somebody_else_is_not_touched() {
    let machine = Machine::new();
    machine.write(
        &format!("{FOLDER}/hosts.toml"),
        "server = \"https://mirror\"\n",
    );
    let before = machine.state();
    let script = containerd(&INSECURE, Action::Install).text;
    let output = machine.try_run(&script, &[]);
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(
        words.contains("was not written by kubectl-extreg"),
        "{words}"
    );
    assert!(words.contains("skip_verify = true"), "{words}");
    assert!(machine.run(&script, &["remove"]).starts_with("unchanged: "));
    assert_eq!(machine.state(), before);
}

#[test]
fn a_configuration_that_does_not_read_the_folder_is_said() {
    let machine = Machine::new();
    let script = containerd(&INSECURE, Action::Install).text;
    for config in [None, Some("# config_path = \"/etc/containerd/certs.d\"\n")] {
        if let Some(config) = config {
            machine.write("etc/containerd/config.toml", config);
        }
        let output = machine.try_run(&script, &[]);
        assert!(output.status.success());
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(words.contains("config_path"), "{words}");
        assert!(words.contains("io.containerd.cri.v1.images"), "{words}");
    }
}

#[test]
fn the_daemon_set_is_taken_by_the_api_server_and_carries_the_script() {
    if !program_or_skip("kubectl", "the manifest for every node") {
        return;
    }
    let world = Embedded::kubernetes();
    for remove in ["", "--remove"] {
        let line = format!(
            "insecure {REGISTRY} --containerd --daemonset --plain-http --skip-check {remove} --daemonset-image mirror.example.com/busybox:1"
        );
        let manifest = world.run(&line).success().stdout;
        let output = Cmd::in_sandbox("kubectl", world.sandbox.clone())
            .env("KUBECONFIG", &world.kubeconfig)
            .args(["apply", "--validate=strict", "-f", "-"])
            .stdin(manifest)
            .run()
            .success();
        let verb = if remove.is_empty() {
            "created"
        } else {
            "configured"
        };
        output.prints(&format!(
            "daemonset.apps/extreg-insecure-registry.example.com-5000 {verb}\n"
        ));
        let stored = world
            .api()
            .get(
                "daemonsets.apps",
                "kube-system",
                "extreg-insecure-registry.example.com-5000",
            )
            .expect("a DaemonSet");
        let pod = &stored["spec"]["template"]["spec"];
        let run = &pod["initContainers"][0];
        assert_eq!(run["image"], "mirror.example.com/busybox:1");
        let action = if remove.is_empty() {
            Action::Install
        } else {
            Action::Remove
        };
        assert_eq!(run["args"][0], containerd(&PLAIN, action).text);
        // As the container would run it, with the node's folder mounted at the root that it names.
        let machine = Machine::new();
        let script = run["args"][0].as_str().expect("a script");
        let output = Command::new("/bin/sh")
            .args(["-c", script])
            .env("ROOT", machine.root())
            .output()
            .expect("sh runs");
        assert!(output.status.success());
        assert_eq!(
            machine.path(&format!("{FOLDER}/hosts.toml")).exists(),
            remove.is_empty()
        );
        assert_eq!(run["env"][0]["value"], "/host");
        assert_eq!(run["volumeMounts"][0]["mountPath"], "/host/etc/containerd");
    }
}

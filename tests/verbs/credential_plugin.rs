//! A credential plugin of the kubeconfig that takes its time: the user hears what is being waited for.

use std::os::unix::fs::PermissionsExt as _;

use crate::kit::{PASSWORD, World, for_each_world};

/// The user of this world logs in by a plugin that answers when there is a file `go`.
fn log_in_slowly(world: &World) {
    let token = world.cluster.admin_token();
    let script = format!(
        "#!/bin/sh\nwhile [ ! -e go ]; do sleep 0.05; done\nprintf '%s' '{{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{{\"token\":\"{token}\"}}}}'\n"
    );
    let plugin = world.sandbox.write("slow-login", script);
    std::fs::set_permissions(&plugin, std::fs::Permissions::from_mode(0o755)).expect("executable");
    let text = world.cluster.kubeconfig(&world.namespace);
    let users = text.find("users:").expect("the users");
    let rest = &text[users..];
    let name = rest
        .lines()
        .find_map(|line| line.trim().strip_prefix("- name: "))
        .expect("a user");
    let user = format!(
        "users:\n- name: {name}\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: {}\n      interactiveMode: Never\n",
        plugin.display()
    );
    world
        .sandbox
        .write("kubeconfig", format!("{}{user}", &text[..users]));
}

#[test]
fn every_verb_says_that_it_waits_for_the_plugin() {
    let lines = [
        "link quay.io --skip-check --registry-username robot --registry-password-stdin",
        "unlink quay.io",
        "undo",
        "doctor 127.0.0.1:1/a/b",
    ];
    for_each_world(|first| {
        // All at the same time: each is silent for the first two seconds.
        let started: Vec<_> = lines
            .into_iter()
            .map(|line| {
                let world = first.beside();
                log_in_slowly(&world);
                if line == "undo" {
                    world.sandbox.write("go", "");
                    world.link("quay.io").success();
                    std::fs::remove_file(world.sandbox.path().join("go")).expect("removed");
                }
                let running = world.cmd(line).stdin(PASSWORD).spawn();
                (world, running)
            })
            .collect();
        for (world, mut running) in started {
            running.wait_for_stderr("waiting for the credential plugin");
            world.sandbox.write("go", "");
            let output = running.wait();
            output.says("slow-login\" of the kubeconfig");
            assert!(
                !output.stderr.contains("did not answer"),
                "{}",
                output.stderr
            );
        }
    });
}

#[test]
fn a_plugin_that_answers_at_once_logs_in() {
    for_each_world(|world| {
        log_in_slowly(world);
        world.sandbox.write("go", "");
        let output = world.link("quay.io").success();
        assert!(output.stdout.contains("linked (pull)"), "{}", output.stdout);
    });
}

//! kubectl and oc find the program as a plugin and run it.

use extreg_test_support::process::{Cmd, find_program};

use crate::kit::for_each_world;

/// `PATH` with the folder of the built program first.
fn path() -> String {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_kubectl-extreg"));
    let folder = program.parent().expect("a folder");
    format!(
        "{}:{}",
        folder.display(),
        std::env::var("PATH").unwrap_or_default()
    )
}

/// The clients that are installed here. Neither is needed to build or use the program, so their absence fails nothing.
#[expect(
    clippy::print_stderr,
    clippy::disallowed_macros,
    reason = "the test harness shows it with the test's output"
)]
fn clients() -> Vec<&'static str> {
    ["kubectl", "oc"]
        .into_iter()
        .filter(|client| {
            let found = find_program(client).is_some();
            if !found {
                eprintln!(
                    "SKIPPED, {client} is not installed: {client} runs the program as a plugin"
                );
            }
            found
        })
        .collect()
}

#[test]
fn it_is_listed_as_a_plugin() {
    for client in clients() {
        let output = Cmd::new(client)
            .args(["plugin", "list"])
            .env("PATH", path())
            .run();
        assert!(
            output.stdout.contains("/kubectl-extreg\n"),
            "{client}: {}{}",
            output.stdout,
            output.stderr
        );
    }
}

#[test]
fn it_runs_with_its_arguments_and_exit_status() {
    for client in clients() {
        let output = Cmd::new(client)
            .args(["extreg", "version"])
            .env("PATH", path())
            .run()
            .success();
        assert_eq!(
            output.stdout,
            concat!("kubectl-extreg ", env!("CARGO_PKG_VERSION"), "\n")
        );
        Cmd::new(client)
            .args(["extreg", "frobnicate"])
            .env("PATH", path())
            .run()
            .exits(2);
    }
}

/// The advice can be pasted: it names the client that was used.
#[test]
fn help_and_advice_name_the_client() {
    for client in clients() {
        for_each_world(|world| {
            let run = |line: &str| {
                Cmd::in_sandbox(client, world.sandbox.clone())
                    .args(line.split(' '))
                    .env("PATH", path())
                    .env("KUBECONFIG", &world.kubeconfig)
                    .stdin("x")
                    .run()
                    .success()
            };
            let output = run("extreg link --help");
            assert!(
                output.stdout.contains("extreg link [OPTIONS]"),
                "{}",
                output.stdout
            );
            let output = run(
                "extreg link quay.io --skip-check --registry-username robot --registry-password-stdin",
            );
            output.says(" extreg undo ");
        });
    }
}

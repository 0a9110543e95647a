//! The program itself: flags, formats, exit statuses, Ctrl-C, a cluster that is not there.

use std::sync::Arc;
use std::time::Duration;

use extreg_test_support::content::Image;
use extreg_test_support::net::ClosedPort;
use extreg_test_support::process::{Cmd, Output, Sandbox};
use extreg_test_support::registry::{At, Dialect, Fault, Registry, User};

use crate::kit::*;

/// The program in a home of its own, split at spaces.
fn program(sandbox: &Arc<Sandbox>, line: &str) -> Cmd {
    Cmd::in_sandbox(env!("CARGO_BIN_EXE_kubectl-extreg"), sandbox.clone())
        .args(line.split(' ').filter(|word| !word.is_empty()))
}

fn run(line: &str) -> Output {
    program(&Arc::new(Sandbox::new()), line).run()
}

fn plain() -> Registry {
    let registry = Registry::builder().start();
    registry.push_image("team/app", "1", &Image::new());
    registry
}

#[test]
fn exit_statuses_follow_the_results_in_every_format() {
    let registry = plain();
    let good = registry.image("team/app:1");
    let bad = registry.image("team/app:2");
    let hidden = Registry::builder().dialect(Dialect::Quay).start();
    let open = hidden.image("team/app:1");
    let flags = "--no-cluster --plain-http --platform linux/amd64";
    for format in ["-o text", "-o json", "-q", "-vv"] {
        for (images, status) in [
            (good.clone(), 0),
            (bad.clone(), 3),
            (format!("{good} {bad}"), 3),
            (open.clone(), 4),
            (format!("{open} {bad}"), 3),
            (format!("{good} {open}"), 4),
        ] {
            let output = run(&format!("doctor {images} {flags} {format}")).exits(status);
            assert!(!output.stdout.is_empty());
            assert_eq!(output.stderr, "", "{format}");
        }
    }
}

#[test]
fn quiet_is_one_line_and_json_is_one_object() {
    let registry = plain();
    let bad = registry.image("team/app:2");
    let flags = "--no-cluster --plain-http";
    let quiet = run(&format!("-q doctor {bad} {flags}")).exits(3);
    assert_eq!(quiet.stdout, format!("✗ cannot pull {bad}\n"));
    let json = run(&format!("doctor -o json {bad} {flags}")).exits(3);
    let value: serde_json::Value = serde_json::from_str(&json.stdout).expect("one object");
    assert_eq!(value["summary"]["failed"], 1);
    assert_eq!(value["cluster"], serde_json::Value::Null);
}

#[test]
fn usage() {
    run("doctor --no-cluster").exits(2);
    run("doctor pod/web --no-cluster").exits(2);
    run("doctor pod/web -A").exits(2);
    run("doctor quay.io/a/b -l app=web").exits(2);
    run("doctor --all quay.io/a/b").exits(2);
    run("doctor quay.io/a/b --no-cluster -o yaml").exits(2);
    run("doctor quay.io/a/b --no-cluster --timeout 0").exits(2);
    run("doctor quay.io/a/b --no-cluster --platform amd64").exits(2);
    run("doctor quay.io/a/b --no-cluster -q -v").exits(2);
}

#[test]
fn a_cluster_that_is_not_there() {
    let closed = ClosedPort::new();
    let output = run(&format!(
        "doctor quay.io/a/b --server http://{}",
        closed.host()
    ))
    .exits(1);
    assert!(
        output
            .stderr
            .contains("hint: --no-cluster looks at the registry alone"),
        "{}",
        output.stderr
    );
    let output = run("doctor quay.io/a/b").exits(1);
    assert!(output.stderr.contains("--no-cluster"), "{}", output.stderr);
}

#[test]
fn files_that_cannot_be_read_end_the_run() {
    let output = run("doctor quay.io/a/b --no-cluster -a nowhere.json").exits(1);
    assert!(output.stderr.contains("nowhere.json"), "{}", output.stderr);
    let output = run("doctor quay.io/a/b --no-cluster --registry-ca nowhere.pem").exits(1);
    assert!(output.stderr.contains("nowhere.pem"), "{}", output.stderr);
}

#[test]
fn a_file_that_is_no_docker_config_is_a_result() {
    let registry = plain();
    let image = registry.image("team/app:1");
    let sandbox = Arc::new(Sandbox::new());
    sandbox.write("broken.json", "user: robot");
    let line = format!("doctor {image} --no-cluster --plain-http -a broken.json");
    let output = program(&sandbox, &line).run().exits(3);
    for words in ["auth.secret-malformed", "broken.json is no docker config"] {
        assert!(output.stdout.contains(words), "{}", output.stdout);
    }
    // With the file that `oc` and docker write, nothing is in the way.
    sandbox.write("broken.json", "{}");
    program(&sandbox, &line).run().exits(0);
}

#[test]
fn ctrl_c_prints_what_is_known() {
    let registry = plain();
    registry.fault(Fault::silent_http().at(At::Blobs));
    let image = registry.image("team/app:1");
    let sandbox = Arc::new(Sandbox::new());
    let running = program(
        &sandbox,
        &format!("doctor {image} --no-cluster --plain-http -o json --timeout 5m"),
    )
    .spawn();
    let asked = || {
        registry
            .log()
            .iter()
            .any(|request| request.path.contains("/blobs/"))
    };
    let begun = std::time::Instant::now();
    while !asked() {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "the blobs were never asked for"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    running.interrupt();
    let output = running.wait().exits(130);
    let value: serde_json::Value = serde_json::from_str(&output.stdout).expect("a report");
    let result = &value["results"][0];
    assert_eq!(result["status"], "undetermined", "{result:#}");
    let skipped = result["evidence"]
        .as_array()
        .expect("evidence")
        .iter()
        .any(|item| item["check"] == "blobs" && item["skipReason"] == "timed-out");
    assert!(skipped, "{result:#}");
}

#[test]
fn the_push_check_is_named_before_it_runs() {
    let registry = Registry::builder()
        .dialect(Dialect::DistributionBasic)
        .user(User::new(ALICE.0, ALICE.1))
        .start();
    registry.push_image("team/app", "1", &Image::new());
    let sandbox = Arc::new(Sandbox::new());
    sandbox.auth_file(&[(&registry.host(), ALICE.0, ALICE.1)]);
    let image = registry.image("team/app:1");
    let output = program(
        &sandbox,
        &format!(
            "doctor {image} --no-cluster --plain-http --push -a auth.json --platform linux/amd64"
        ),
    )
    .run();
    assert!(
        output
            .stderr
            .starts_with(&format!("push check of {image}: ")),
        "{}",
        output.stderr
    );
    assert!(
        output
            .stdout
            .contains(&format!("✓ auth.json can push {image}")),
        "{}",
        output.stdout
    );
    assert_eq!(registry.open_uploads(), 0);
}

#[test]
fn explain_lists_and_explains() {
    let list = run("explain").success().stdout;
    assert!(
        list.contains("auth.no-credentials ") && list.contains("unknown "),
        "{list}"
    );
    let page = run("explain tls.unknown-ca").success().stdout;
    assert!(page.starts_with("# tls.unknown-ca\n"), "{page}");
    // The name alone is enough where only one cause has it.
    assert_eq!(run("explain unknown-ca").success().stdout, page);
    let wrong = run("explain tls.unknwon-ca").exits(2);
    assert!(
        wrong.stderr.contains("did you mean tls.unknown-ca?"),
        "{}",
        wrong.stderr
    );
}

//! Commands in a scrubbed environment, and what a real client makes of the embedded registry.

use std::sync::Arc;
use std::time::Duration;

use extreg_test_support::certs::Ca;
use extreg_test_support::content::{Image, Index};
use extreg_test_support::process::{Cmd, Sandbox, program_or_skip};
use extreg_test_support::registry::{Dialect, Registry, User};

#[test]
fn a_command_sees_its_own_environment_and_nothing_else() {
    let output = Cmd::new("env").env("EXTRA", "1").run().success();
    let mut names: Vec<&str> = output
        .stdout
        .lines()
        .filter_map(|line| line.split('=').next())
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "EXTRA",
            "HOME",
            "LC_ALL",
            "PATH",
            "TZ",
            "XDG_CACHE_HOME",
            "XDG_CONFIG_HOME",
            "XDG_DATA_HOME",
            "XDG_RUNTIME_DIR",
            "XDG_STATE_HOME"
        ]
    );
    assert!(output.stdout.contains("TZ=UTC"));
}

#[test]
fn input_output_and_status_are_captured() {
    let output = Cmd::new("sh")
        .args(["-c", "cat; echo oops >&2; exit 3"])
        .stdin("hello")
        .run();
    assert_eq!(output.status, Some(3));
    assert_eq!(
        (output.stdout.as_str(), output.stderr.as_str()),
        ("hello", "oops\n")
    );
    assert!(output.elapsed < Duration::from_secs(30));
}

#[test]
fn several_commands_share_a_sandbox() {
    let sandbox = Arc::new(Sandbox::new());
    sandbox.write("home/.config/note", "kept");
    let first =
        Cmd::in_sandbox("sh", Arc::clone(&sandbox)).args(["-c", "cat $XDG_CONFIG_HOME/note; pwd"]);
    let output = first.run().success();
    assert!(output.stdout.starts_with("kept"));
    assert!(output.stdout.ends_with(&format!(
        "{}\n",
        sandbox.path().canonicalize().expect("a folder").display()
    )));
}

#[test]
#[should_panic(expected = "was not done after")]
fn a_command_that_takes_too_long_is_ended() {
    Cmd::new("sleep")
        .arg("60")
        .timeout(Duration::from_millis(50))
        .run();
}

#[test]
fn a_command_can_be_interrupted() {
    // Whoever runs the tests in the background has its children ignore the signal, which `env` undoes.
    let mut running = Cmd::new("env")
        .args(["--default-signal=INT", "sh", "-c"])
        .arg("echo ready >&2; exec sleep 60")
        .spawn();
    running.wait_for_stderr("ready");
    running.interrupt();
    let output = running.wait();
    assert_eq!(output.status, None, "a signal ended it");
}

/// A second opinion on the embedded registry: a client that we did not write.
#[test]
fn skopeo_inspects_and_copies_from_the_embedded_registry() {
    if !program_or_skip(
        "skopeo",
        "a foreign client takes the embedded registry for one",
    ) {
        return;
    }
    let ca = Ca::new("Root");
    let registry = Registry::builder()
        .dialect(Dialect::DistributionToken)
        .tls(&ca.server(&["127.0.0.1"]))
        .blob_storage()
        .user(User::new("alice", "s3cret").admin("team/*"))
        .start();
    registry.push_image("team/app", "1.0", &Image::new());
    registry.push_index(
        "team/app",
        "multi",
        &Index::of(&["linux/amd64", "linux/arm64"]),
    );
    let sandbox = Arc::new(Sandbox::new());
    sandbox.write("certs/ca.crt", ca.pem());
    let authfile = sandbox.auth_file(&[(&registry.host(), "alice", "s3cret")]);
    let authfile = format!("--authfile={}", authfile.display());
    let skopeo = |arguments: &[&str]| {
        Cmd::in_sandbox("skopeo", Arc::clone(&sandbox))
            .arg("--insecure-policy")
            .args(arguments)
            .run()
    };
    let image = format!("docker://{}", registry.image("team/app"));
    let inspected = skopeo(&[
        "inspect",
        "--cert-dir=certs",
        "--creds=alice:s3cret",
        &format!("{image}:1.0"),
    ])
    .success();
    assert!(inspected.stdout.contains("\"Architecture\": \"amd64\""));
    skopeo(&[
        "copy",
        "--all",
        "--src-cert-dir=certs",
        &authfile,
        "--dest-cert-dir=certs",
        &format!("{image}:multi"),
        &format!("docker://{}/team/copy:multi", registry.host()),
    ])
    .success();
    assert_eq!(
        registry.tags("team/copy"),
        [registry.tags("team/app")[1].clone()]
    );
    let refused = skopeo(&[
        "inspect",
        "--cert-dir=certs",
        "--creds=alice:wrong",
        &format!("{image}:1.0"),
    ]);
    assert_ne!(refused.status, Some(0));
}

#[test]
fn a_missing_program_is_a_skip_unless_the_test_command_demands_it() {
    let demanded = std::env::var_os("EXTREG_REQUIRE_REAL").is_some_and(|value| value == "1");
    let outcome = std::panic::catch_unwind(|| program_or_skip("no-such-program", "nothing"));
    match outcome {
        Ok(runs) => assert!(!runs && !demanded),
        Err(_) => assert!(demanded),
    }
}

//! Whatever is wrong, a shell gets an answer, and not a word on standard error.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use extreg_test_support::api::{Fault, PodState, make};
use extreg_test_support::process::{Cmd, Sandbox};

use super::{answer, answer_within, parts, path, scripts};
use crate::kit::{Embedded, for_each_world};

/// A kubeconfig with a server of this URL and a user with these lines.
fn kubeconfig(server: &str, user: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: dev\nclusters:\n- name: far\n  cluster:\n    server: {server}\n\
         contexts:\n- name: dev\n  context: {{cluster: far, user: me, namespace: known-offline}}\nusers:\n- name: me\n  \
         user:\n{user}"
    )
}

/// A sandbox with that kubeconfig, and with a registry that this machine is logged in to.
fn sandbox(kubeconfig: &str) -> (Arc<Sandbox>, std::path::PathBuf) {
    let sandbox = Arc::new(Sandbox::new());
    sandbox.write(
        "run/containers/auth.json",
        r#"{"auths": {"offline.example.com": {}}}"#,
    );
    let file = sandbox.write("kubeconfig", kubeconfig);
    (sandbox, file)
}

/// What is known without the cluster is offered all the same.
#[track_caller]
fn is_answered_offline(kubeconfig: &str) {
    let (sandbox, file) = sandbox(kubeconfig);
    let registries = answer_within("1s", &sandbox, &file, "link off");
    assert_eq!(parts(&registries), (vec!["offline.example.com"], ":4"));
    let accounts = answer_within("1s", &sandbox, &file, "link -z ");
    assert_eq!(accounts, [":4"]);
}

/// Without a bound this test would not end.
#[test]
fn a_server_that_never_answers() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = silent.local_addr().expect("an address");
    for scheme in ["http", "https"] {
        let config = kubeconfig(&format!("{scheme}://{address}"), "    {token: x}\n");
        is_answered_offline(&config);
        let (sandbox, file) = sandbox(&config);
        let namespaces = answer_within("1s", &sandbox, &file, "status -n ");
        assert_eq!(parts(&namespaces), (vec!["known-offline"], ":4"));
    }
}

#[test]
fn a_server_that_is_not_there_and_a_file_that_is_none() {
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port");
    is_answered_offline(&kubeconfig(&format!("https://{port}"), "    {token: x}\n"));
    is_answered_offline("this: [is no kubeconfig");
    is_answered_offline("");
}

/// Without a bound this test would not end: nobody writes into these files.
#[test]
fn a_file_that_is_never_read_to_its_end() {
    for name in ["kubeconfig", "run/containers/auth.json"] {
        let (sandbox, file) = sandbox(&kubeconfig("https://127.0.0.1:1", "    {token: x}\n"));
        let path = sandbox.path().join(name);
        std::fs::remove_file(&path).expect("a file");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.expect("mkfifo runs").success());
        for line in ["link off", "--context ", "status -n "] {
            let answered = answer_within("1s", &sandbox, &file, line);
            assert_eq!(answered.last().map(String::as_str), Some(":4"), "{line}");
        }
    }
}

/// A time that no clock has.
#[test]
fn a_timeout_that_makes_no_sense() {
    let (sandbox, file) = sandbox(&kubeconfig("https://127.0.0.1:1", "    {token: x}\n"));
    let long = "5124095576030431h".repeat(3);
    for timeout in [long.as_str(), "18446744073709551615", "0s", "soon"] {
        let answered = answer_within(timeout, &sandbox, &file, "link -z ");
        assert_eq!(answered, [":4"], "{timeout}");
    }
}

/// It would wait for ever, it complains, and it would like to ask.
#[test]
fn a_credential_plugin_that_does_not_come_back() {
    let user = "    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      interactiveMode: IfAvailable\n      \
                command: sh\n      args: [-c, 'echo please log in >&2; exec sleep 100000']\n";
    is_answered_offline(&kubeconfig("https://127.0.0.1:1", user));
    let failing = user.replace("exec sleep 100000", "exit 1");
    is_answered_offline(&kubeconfig("https://127.0.0.1:1", &failing));
}

#[test]
fn what_came_in_time_counts() {
    let world = Embedded::openshift();
    world.create(make::image_stream(
        "shop",
        "base",
        "1.0",
        "quay.io/team/base:1.0",
    ));
    world.add_pod("web-1", "quay.io/team/web:1.2", &PodState::running());
    world
        .api()
        .fault(Fault::delay(Duration::from_secs(100_000)).on_path("/pods"));
    // However slow this machine is, in one of these times the streams come, and the pods never do.
    let found = ["1s", "4s", "16s", "50s"].into_iter().any(|timeout| {
        let answered = answer_within(timeout, &world.sandbox, &world.kubeconfig, "doctor quay");
        parts(&answered).0 == ["quay.io/team/base:1.0"]
    });
    assert!(found);
}

#[test]
fn a_server_that_refuses() {
    let world = Embedded::kubernetes();
    for fault in [
        Fault::status(503),
        Fault::too_many_requests(1),
        Fault::drop_connection(),
        Fault::warn("old"),
    ] {
        world.api().clear_faults();
        world.api().fault(fault);
        let answered = answer(&world, "link -z nobody");
        assert_eq!(answered, [":4"]);
    }
    for_each_world(|world| {
        world.limited(&[("list", "serviceaccounts")]);
        assert_eq!(answer(world, "link -z "), [":4"]);
    });
}

#[test]
fn words_that_make_no_sense() {
    let world = Embedded::kubernetes();
    for line in [
        "nothing such ",
        "link --for ",
        "-x -y -z",
        "--=x",
        "link --=",
        "-- --",
        "undo a b c ",
        "link -ü",
        "doctor x/",
    ] {
        let answered = answer(&world, line);
        assert!(
            answered.last().is_some_and(|line| line.starts_with(':')),
            "{line}: {answered:?}"
        );
    }
    // Not even an empty word.
    let output = Cmd::new(env!("CARGO_BIN_EXE_kubectl-extreg"))
        .arg("__complete")
        .run()
        .success();
    assert!(output.stdout.contains("doctor\t"), "{}", output.stdout);
}

/// Anybody who may create a pod chooses its image, and shells put candidates into command lines.
#[test]
fn what_a_shell_could_run_is_not_offered() {
    let world = Embedded::kubernetes();
    for (name, image) in [
        ("a", "evil/$(reboot)"),
        ("b", "evil/`reboot`"),
        ("c", "evil/x;reboot"),
        ("d", "evil/good:1"),
    ] {
        world.add_pod(name, image, &PodState::running());
    }
    assert_eq!(parts(&answer(&world, "doctor evil")).0, ["evil/good:1"]);
}

/// The scripts stay behind when a plugin manager takes the program away.
#[test]
fn the_script_without_its_program() {
    let sandbox = Arc::new(Sandbox::new());
    let script = sandbox.path().join("kubectl_complete-extreg");
    std::fs::copy(scripts().join("kubectl_complete-extreg"), &script).expect("a copy");
    let output = Cmd::in_sandbox(&script, sandbox.clone())
        .env("PATH", "/usr/bin:/bin")
        .arg("")
        .run()
        .success();
    assert_eq!(
        (output.stdout.as_str(), output.stderr.as_str()),
        (":4\n", "")
    );
    // With one on PATH it finds that.
    let output = Cmd::in_sandbox(&script, sandbox)
        .env("PATH", path())
        .arg("vers")
        .run()
        .success();
    output.prints("version\tPrints the version\n:4\n");
}

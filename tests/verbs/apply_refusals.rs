//! Nothing is written without the rights, without a journal, or in a dry run; and a failure in the middle says what was
//! done.

use std::sync::{Mutex, mpsc};
use std::time::Duration;

use extreg_test_support::api::{Api, Fault, Flavor};
use serde_json::json;

use crate::kit::{Embedded, for_each_world};

#[test]
fn a_missing_right_is_named_before_anything_is_written() {
    for_each_world(|world| {
        for (verbs, resource) in [
            (&["update"][..], "serviceaccounts"),
            (&["create", "patch"][..], "secrets"),
        ] {
            let world = world.beside();
            let lacking: Vec<(&str, &str)> = verbs.iter().map(|verb| (*verb, resource)).collect();
            world.limited(&lacking);
            let rights: Vec<String> = verbs
                .iter()
                .map(|verb| format!("{verb} {resource} in namespace \"{}\"", world.namespace))
                .collect();
            let output = world.link("quay.io").exits(1);
            output.says(&format!(
                "you may not {}; nothing was written",
                rights.join(", nor ")
            ));
            world.is_untouched();
            assert!(world.journal_files().is_empty());
        }
    });
}

#[test]
fn what_may_not_be_read_is_named_too() {
    for_each_world(|world| {
        world.limited(&[("get", "serviceaccounts")]);
        let output = world.link("quay.io").exits(1);
        for word in ["serviceaccounts", &world.namespace, "get"] {
            output.says(word);
        }
        output.says("hint: ask for the right");
        world.is_untouched();
    });
}

#[test]
fn who_has_the_right_is_not_sent_for_it() {
    let world = Embedded::kubernetes();
    let message = "secrets \"extreg-quay.io\" is forbidden: unable to create new content in namespace shop because it is being terminated";
    world.api().fault(
        Fault::answer(
            403,
            json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403, "message": message}),
        )
        .on_methods(&["PATCH"]),
    );
    let output = world.link("quay.io").exits(1);
    output.says("being terminated");
    assert!(
        !output.stderr.contains("hint: ask for the right"),
        "{}",
        output.stderr
    );
}

#[test]
fn pods_that_may_not_be_listed_do_not_stop_a_link() {
    for_each_world(|world| {
        world.limited(&[("list", "pods")]);
        let output = world.link("quay.io").success();
        output.says("could not be listed: pods (no right to)");
    });
}

#[test]
fn dry_runs_write_nothing() {
    for_each_world(|world| {
        let flags = [
            ("--dry-run=client", " (dry run)"),
            ("--dry-run=server", " (server dry run)"),
            ("--dry-run", " (dry run)"),
        ];
        for (flag, suffix) in flags {
            let output = world.link(&format!("quay.io {flag}")).success();
            output.prints(&format!(
                "secret/extreg-quay.io created{suffix}\nserviceaccount/default linked (pull){suffix}\n"
            ));
            world.is_untouched();
            assert!(world.journal_files().is_empty());
        }
        world.link("quay.io --dry-run=none").success();
        assert_eq!(world.pull_secrets(), ["extreg-quay.io"]);
        let before = world.state();
        for (flag, suffix) in flags {
            let output = world.run(&format!("unlink quay.io {flag}")).success();
            output.prints(&format!(
                "serviceaccount/default unlinked{suffix}\nsecret/extreg-quay.io deleted{suffix}\n"
            ));
            let output = world.run(&format!("undo {flag}")).success();
            output.prints(&format!(
                "serviceaccount/default taken back{suffix}\nsecret/extreg-quay.io deleted{suffix}\n"
            ));
            assert_eq!(world.state(), before, "{flag}");
        }
    });
}

#[test]
fn a_client_dry_run_sends_nothing_but_reads() {
    let world = Embedded::kubernetes();
    world.link("quay.io --dry-run=client").success();
    let methods: Vec<String> = world
        .api()
        .requests()
        .into_iter()
        .map(|it| it.method)
        .collect();
    assert!(!methods.is_empty());
    assert!(methods.iter().all(|method| method == "GET"), "{methods:?}");
}

#[test]
fn the_server_tries_everything_before_the_first_write() {
    let world = Embedded::kubernetes();
    // The account's update is refused by the server itself, past all rights.
    world.api().fault(
        Fault::answer(
            422,
            json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Invalid", "code": 422, "message": "a webhook says no"}),
        )
        .on_methods(&["PUT"]),
    );
    let output = world.link("quay.io").exits(1);
    output.says("a webhook says no");
    output.says("nothing was written");
    assert!(
        world
            .api()
            .get("secrets", "shop", "extreg-quay.io")
            .is_none()
    );
}

#[test]
fn a_failure_in_the_middle_says_what_was_done_and_how_to_take_it_back() {
    let world = Embedded::kubernetes();
    let path = "/namespaces/shop/serviceaccounts/default";
    let no = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403, "message": "the weather changed"});
    // The dry run passes, and the write after it does not.
    world.api().fault(
        Fault::answer(403, no)
            .on_methods(&["PUT"])
            .on_path(path)
            .after(1)
            .times(1),
    );
    let output = world.link("quay.io").exits(1);
    output.prints("secret/extreg-quay.io created\n");
    output.says("error: serviceaccount/default in namespace \"shop\": ");
    output.says("1 of 2 changes were made; `oc extreg undo ");
    let undone = world.run("undo").success();
    assert_eq!(undone.stdout, "secret/extreg-quay.io deleted\n");
    assert!(
        world
            .api()
            .get("secrets", "shop", "extreg-quay.io")
            .is_none()
    );
}

#[test]
fn a_journal_that_cannot_be_written_stops_it_before_the_first_write() {
    for_each_world(|world| {
        // A file where the directory should be: refused for root as well.
        world
            .sandbox
            .write("home/.local/state/extreg", "in the way");
        let output = world.link("quay.io").exits(1);
        output.says("cannot write the journal in");
        output.says("XDG_STATE_HOME");
        world.is_untouched();
    });
}

#[test]
fn without_a_home_there_is_no_journal_and_no_write() {
    for_each_world(|world| {
        let output = world
            .cmd("link quay.io --skip-check --registry-username robot --registry-password-stdin")
            .env("HOME", "")
            .env("XDG_STATE_HOME", "")
            .stdin("x")
            .run()
            .exits(1);
        output.says("neither XDG_STATE_HOME nor HOME");
        world.is_untouched();
    });
}

#[test]
fn fields_that_another_manager_wrote_are_taken_over_only_when_asked() {
    for_each_world(|world| {
        world.link("quay.io").success();
        // `oc set data` by somebody: the field has another owner from then on.
        world.edit("secrets", "extreg-quay.io", |secret| {
            secret["data"][".dockerconfigjson"] = json!("e30=");
        });
        let output = world.link("quay.io").exits(1);
        output.says("--force-conflicts");
        let output = world.link("quay.io --force-conflicts").success();
        assert!(
            output
                .stdout
                .starts_with("secret/extreg-quay.io configured"),
            "{}",
            output.stdout
        );
    });
}

#[test]
fn ctrl_c_finishes_the_write_under_way_and_keeps_the_journal_true() {
    let world = Embedded::kubernetes();
    world.link("quay.io").success();
    world
        .api()
        .edit("serviceaccounts", "shop", "default", |account| {
            account["imagePullSecrets"] = json!([]);
        });
    // The secret's write is held back on the server until Ctrl-C has been pressed; the account's must not begin any more.
    let (began, begins) = mpsc::channel();
    let (go, goes) = mpsc::channel();
    let goes = Mutex::new(goes);
    let hold = move |_: &mut serde_json::Value| {
        began.send(()).ok();
        goes.lock()
            .expect("not poisoned")
            .recv_timeout(Duration::from_secs(30))
            .ok();
    };
    world.api().fault(
        Fault::other_writer(hold)
            .on_methods(&["PATCH"])
            .on_path("/secrets/extreg-quay.io")
            .after(1)
            .times(1),
    );
    let running = world.link_cmd("quay.io", "another").spawn();
    begins
        .recv_timeout(Duration::from_secs(30))
        .expect("the write begins");
    running.interrupt();
    // The signal has been sent; the process takes far less than this to hear of it.
    std::thread::sleep(Duration::from_secs(1));
    go.send(()).expect("somebody waits");
    let output = running.wait().exits(130);
    output.prints("secret/extreg-quay.io configured\n");
    output.says("interrupted: 1 of 2 changes were made");
    assert!(world.pull_secrets().is_empty());
    let files = world.journal_files();
    let text = std::fs::read_to_string(&files[1]).expect("a journal entry");
    let record: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(record["finished"], true);
    assert_eq!(record["changes"].as_array().map(Vec::len), Some(1));
    assert_eq!(record["changes"][0]["kind"], "Secret");
}

#[test]
fn ctrl_c_before_the_first_write_leaves_at_once() {
    let world = Embedded::kubernetes();
    world.api().fault(
        Fault::delay(Duration::from_secs(30))
            .on_methods(&["GET"])
            .on_path("/pods"),
    );
    let running = world.link_cmd("quay.io", "x").spawn();
    let asked = |request: &extreg_test_support::api::Request| {
        request.path.ends_with("/secrets/extreg-quay.io")
    };
    while !world.api().requests().iter().any(asked) {
        std::thread::sleep(Duration::from_millis(5));
    }
    running.interrupt();
    let output = running.wait().exits(130);
    assert!(
        output.elapsed < Duration::from_secs(25),
        "{:?}",
        output.elapsed
    );
    assert!(world.api().writes().is_empty());
    assert!(world.journal_files().is_empty());
}

/// Kubernetes 1.11 knows neither dry run nor server-side apply.
#[test]
fn openshift_3_is_written_to_without_what_it_does_not_know() {
    let world = Embedded::of(Api::builder().flavor(Flavor::OpenShift3));
    let output = world.link("quay.io").success();
    output.prints("secret/extreg-quay.io created\nserviceaccount/default linked (pull)\n");
    let output = world.link_with("quay.io", "another").success();
    assert!(
        output
            .stdout
            .starts_with("secret/extreg-quay.io configured\n"),
        "{}",
        output.stdout
    );
    for request in world.api().requests() {
        assert!(
            request.parameter("dryRun").is_none(),
            "{} {}",
            request.method,
            request.path
        );
        assert_ne!(
            request.header("content-type"),
            "application/apply-patch+yaml"
        );
    }
    let output = world.link("quay.io --dry-run=server -z builder").exits(1);
    output.says("--dry-run=client");
    world.link("ghcr.io").success();
    world.run("undo").success();
    assert!(
        world
            .api()
            .get("secrets", "shop", "extreg-ghcr.io")
            .is_none()
    );
}

//! Nothing is written without the rights, without a journal, or in a dry run; and a failure in the middle says what was
//! done.

mod kit;

use std::sync::{Mutex, mpsc};
use std::time::Duration;

use extreg_test_support::api::{Api, Fault, Flavor, Rule, User};
use kit::World;
use serde_json::json;

/// A world with a developer who may not do what the rule says.
fn forbidden(rule: Rule) -> World {
    let builder = Api::builder()
        .flavor(Flavor::OpenShift4 {
            version: "4.20.3".into(),
        })
        .tls()
        .user(User::new("dev").token("dev-token"))
        .deny("dev", rule);
    let mut world = World::of(builder);
    world.kubeconfig = world
        .sandbox
        .write("dev", world.api.kubeconfig_of("dev", "shop"));
    world
}

#[test]
fn a_missing_right_is_named_before_anything_is_written() {
    for (rule, words) in [
        (
            Rule::verb("update").on("serviceaccounts"),
            "you may not update serviceaccounts in namespace \"shop\"; nothing was written",
        ),
        (
            Rule::verbs(&["create", "patch"]).on("secrets"),
            "you may not create secrets in namespace \"shop\", nor patch secrets in namespace \"shop\"; nothing was written",
        ),
    ] {
        let world = forbidden(rule);
        let output = world.link("quay.io").exits(1);
        assert!(output.stderr.contains(words), "{}", output.stderr);
        assert!(world.api.writes().is_empty(), "{:?}", world.api.writes());
        assert!(world.journal_files().is_empty());
    }
}

#[test]
fn what_may_not_be_read_is_named_too() {
    let world = forbidden(Rule::verb("get").on("serviceaccounts"));
    let output = world.link("quay.io").exits(1);
    for word in ["serviceaccounts", "shop", "get"] {
        assert!(output.stderr.contains(word), "{word}: {}", output.stderr);
    }
    assert!(world.api.writes().is_empty());
}

#[test]
fn only_who_lacks_a_right_is_sent_for_it() {
    let hint = "hint: ask for the right";
    let world = forbidden(Rule::verb("get").on("serviceaccounts"));
    let output = world.link("quay.io").exits(1);
    assert!(output.stderr.contains(hint), "{}", output.stderr);
    let world = World::kubernetes();
    let message = "secrets \"extreg-quay.io\" is forbidden: unable to create new content in namespace shop because it is being terminated";
    world.api.fault(
        Fault::answer(
            403,
            json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403, "message": message}),
        )
        .on_methods(&["PATCH"]),
    );
    let output = world.link("quay.io").exits(1);
    assert!(
        output.stderr.contains("being terminated"),
        "{}",
        output.stderr
    );
    assert!(!output.stderr.contains(hint), "{}", output.stderr);
}

#[test]
fn pods_that_may_not_be_listed_do_not_stop_a_link() {
    let world = forbidden(Rule::verb("list").on("pods"));
    let output = world.link("quay.io").success();
    assert!(
        output
            .stderr
            .contains("could not be listed: pods (no right to)"),
        "{}",
        output.stderr
    );
}

#[test]
fn dry_runs_write_nothing() {
    for (flag, suffix) in [
        ("--dry-run=client", " (dry run)"),
        ("--dry-run=server", " (server dry run)"),
        ("--dry-run", " (dry run)"),
    ] {
        let world = World::openshift();
        let before = world.api.store_version();
        let output = world.link(&format!("quay.io {flag}")).success();
        assert_eq!(
            output.stdout,
            format!(
                "secret/extreg-quay.io created{suffix}\nserviceaccount/default linked (pull){suffix}\n"
            )
        );
        assert!(
            world.api.writes().is_empty(),
            "{flag}: {:?}",
            world.api.writes()
        );
        assert_eq!(world.api.store_version(), before);
        assert!(world.journal_files().is_empty());
    }
    let world = World::kubernetes();
    world.link("quay.io --dry-run=none").success();
    assert_eq!(
        world.names("default", "imagePullSecrets"),
        ["extreg-quay.io"]
    );
}

#[test]
fn a_client_dry_run_sends_nothing_but_reads() {
    let world = World::kubernetes();
    world.link("quay.io --dry-run=client").success();
    let methods: Vec<String> = world
        .api
        .requests()
        .into_iter()
        .map(|it| it.method)
        .collect();
    assert!(!methods.is_empty());
    assert!(methods.iter().all(|method| method == "GET"), "{methods:?}");
}

#[test]
fn the_server_tries_everything_before_the_first_write() {
    let world = World::kubernetes();
    // The account's update is refused by the server itself, past all rights.
    world.api.fault(
        Fault::answer(
            422,
            json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Invalid", "code": 422, "message": "a webhook says no"}),
        )
        .on_methods(&["PUT"]),
    );
    let output = world.link("quay.io").exits(1);
    assert!(
        output.stderr.contains("a webhook says no"),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.contains("nothing was written"),
        "{}",
        output.stderr
    );
    assert!(world.api.get("secrets", "shop", "extreg-quay.io").is_none());
}

#[test]
fn a_failure_in_the_middle_says_what_was_done_and_how_to_take_it_back() {
    let world = World::kubernetes();
    let path = "/namespaces/shop/serviceaccounts/default";
    let no = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403, "message": "the weather changed"});
    // The dry run passes, and the write after it does not.
    world.api.fault(
        Fault::answer(403, no)
            .on_methods(&["PUT"])
            .on_path(path)
            .after(1)
            .times(1),
    );
    let output = world.link("quay.io").exits(1);
    assert_eq!(output.stdout, "secret/extreg-quay.io created\n");
    assert!(
        output
            .stderr
            .contains("error: serviceaccount/default in namespace \"shop\": "),
        "{}",
        output.stderr
    );
    assert!(
        output
            .stderr
            .contains("1 of 2 changes were made; `oc extreg undo "),
        "{}",
        output.stderr
    );
    let undone = world.run("undo").success();
    assert_eq!(undone.stdout, "secret/extreg-quay.io deleted\n");
    assert!(world.api.get("secrets", "shop", "extreg-quay.io").is_none());
}

#[test]
fn a_journal_that_cannot_be_written_stops_it_before_the_first_write() {
    let world = World::kubernetes();
    // A file where the directory should be: refused for root as well.
    world
        .sandbox
        .write("home/.local/state/extreg", "in the way");
    let output = world.link("quay.io").exits(1);
    assert!(
        output.stderr.contains("cannot write the journal in"),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.contains("XDG_STATE_HOME"),
        "{}",
        output.stderr
    );
    assert!(world.api.writes().is_empty());
}

#[test]
fn without_a_home_there_is_no_journal_and_no_write() {
    let world = World::kubernetes();
    let output = world
        .cmd("link quay.io --skip-check --registry-username robot --registry-password-stdin")
        .env("HOME", "")
        .env("XDG_STATE_HOME", "")
        .stdin("x")
        .run()
        .exits(1);
    assert!(
        output.stderr.contains("neither XDG_STATE_HOME nor HOME"),
        "{}",
        output.stderr
    );
    assert!(world.api.writes().is_empty());
}

#[test]
fn fields_that_another_manager_wrote_are_taken_over_only_when_asked() {
    let world = World::kubernetes();
    world.link("quay.io").success();
    // `oc set data` by somebody: the field has another owner from then on.
    world
        .api
        .edit("secrets", "shop", "extreg-quay.io", |secret| {
            secret["data"][".dockerconfigjson"] = json!("e30=");
            secret["metadata"]["managedFields"][0]["manager"] = json!("them");
            secret["metadata"]["managedFields"][0]["operation"] = json!("Update");
        });
    let output = world.link("quay.io").exits(1);
    assert!(
        output.stderr.contains("--force-conflicts"),
        "{}",
        output.stderr
    );
    let output = world.link("quay.io --force-conflicts").success();
    assert!(
        output
            .stdout
            .starts_with("secret/extreg-quay.io configured"),
        "{}",
        output.stdout
    );
}

#[test]
fn ctrl_c_finishes_the_write_under_way_and_keeps_the_journal_true() {
    let world = World::kubernetes();
    world.link("quay.io").success();
    world
        .api
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
    world.api.fault(
        Fault::other_writer(hold)
            .on_methods(&["PATCH"])
            .on_path("/secrets/extreg-quay.io")
            .after(1)
            .times(1),
    );
    let running = world
        .cmd("link quay.io --skip-check --registry-username robot --registry-password-stdin")
        .stdin("another")
        .spawn();
    begins
        .recv_timeout(Duration::from_secs(30))
        .expect("the write begins");
    running.interrupt();
    // The signal has been sent; the process takes far less than this to hear of it.
    std::thread::sleep(Duration::from_secs(1));
    go.send(()).expect("somebody waits");
    let output = running.wait().exits(130);
    assert_eq!(output.stdout, "secret/extreg-quay.io configured\n");
    assert!(
        output
            .stderr
            .contains("interrupted: 1 of 2 changes were made"),
        "{}",
        output.stderr
    );
    assert!(world.names("default", "imagePullSecrets").is_empty());
    let files = world.journal_files();
    let text = std::fs::read_to_string(&files[1]).expect("a journal entry");
    let record: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(record["finished"], true);
    assert_eq!(record["changes"].as_array().map(Vec::len), Some(1));
    assert_eq!(record["changes"][0]["kind"], "Secret");
}

#[test]
fn ctrl_c_before_the_first_write_leaves_at_once() {
    let world = World::kubernetes();
    world.api.fault(
        Fault::delay(Duration::from_secs(30))
            .on_methods(&["GET"])
            .on_path("/pods"),
    );
    let running = world
        .cmd("link quay.io --skip-check --registry-username robot --registry-password-stdin")
        .stdin("x")
        .spawn();
    let asked = |request: &extreg_test_support::api::Request| {
        request.path.ends_with("/secrets/extreg-quay.io")
    };
    while !world.api.requests().iter().any(asked) {
        std::thread::sleep(Duration::from_millis(5));
    }
    running.interrupt();
    let output = running.wait().exits(130);
    assert!(
        output.elapsed < Duration::from_secs(25),
        "{:?}",
        output.elapsed
    );
    assert!(world.api.writes().is_empty());
    assert!(world.journal_files().is_empty());
}

/// Kubernetes 1.11 knows neither dry run nor server-side apply.
#[test]
fn openshift_3_is_written_to_without_what_it_does_not_know() {
    let world = World::of(Api::builder().flavor(Flavor::OpenShift3));
    let output = world.link("quay.io").success();
    assert_eq!(
        output.stdout,
        "secret/extreg-quay.io created\nserviceaccount/default linked (pull)\n"
    );
    let output = world
        .cmd("link quay.io --skip-check --registry-username robot --registry-password-stdin")
        .stdin("another")
        .run()
        .success();
    assert!(
        output
            .stdout
            .starts_with("secret/extreg-quay.io configured\n"),
        "{}",
        output.stdout
    );
    for request in world.api.requests() {
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
    assert!(
        output.stderr.contains("--dry-run=client"),
        "{}",
        output.stderr
    );
    world.link("ghcr.io").success();
    world.run("undo").success();
    assert!(world.api.get("secrets", "shop", "extreg-ghcr.io").is_none());
}

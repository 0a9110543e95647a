//! Imports that fail: by the wrong login, before or after the dry run, with others at work at the same time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use extreg_test_support::api::{Fault, ImportAnswer, make};
use serde_json::json;

use super::{Imports, STREAM, follows};
use crate::kit::PASSWORD;

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn a_stale_secret_shadows_a_good_one() {
    let imports = Imports::without_login();
    let host = imports.registry.host();
    imports.docker_secret("a-stale", &host, "robot", "of-last-year");
    imports.docker_secret("b-good", &host, "robot", PASSWORD);
    imports.api().clear_requests();
    let output = imports.import("app", "team/app:1", "").exits(1);
    output.says("the secret a-stale, under");
    output.says("never tried: the secret b-good, under");
    output.says("auth.secret-shadowed");
    output.says("nothing was written");
    imports.is_untouched();

    // It keeps itself out, and the good one is found.
    imports.edit("secrets", "a-stale", |secret| {
        secret["metadata"]["annotations"]["openshift.io/image.excludeSecret"] = json!("true");
    });
    let output = imports.import("app", "team/app:1", "").success();
    output.says("the secret b-good, under");
    output.says("left out: the secret a-stale");
}

#[test]
fn no_login_and_no_image_are_told_apart() {
    let imports = Imports::without_login();
    let output = imports.import("app", "team/app:1", "").exits(1);
    output.says("none in this namespace");
    output.says("auth.no-credentials");
    imports.is_untouched();
    let host = imports.registry.host();
    imports.docker_secret("corp", &host, "robot", PASSWORD);
    imports.api().clear_requests();
    let output = imports.import("app", "team/app:nope", "").exits(1);
    output.says("location.tag-missing");
    imports.is_untouched();
}

#[test]
fn a_secret_that_cannot_be_read_fails_every_import() {
    let imports = Imports::new();
    let broken = r#"{"auths":{"elsewhere.example.com":{"auth":"!"}}}"#;
    imports.create(make::docker_config_secret("shop", "broken", broken));
    imports.api().clear_requests();
    let output = imports.import("app", "team/app:1", "").exits(1);
    output.says("cannot be read, which fails every import of the namespace: the secret broken");
    output.says("auth.secret-malformed");
    imports.is_untouched();
}

/// What an earlier import left in the status says nothing of the image that is asked for now.
#[test]
fn an_earlier_failure_is_not_taken_for_this_one() {
    let imports = Imports::new();
    imports.stream_of(&json!([follows("latest", "gone.example.com/app:1")]));
    imports.set_status(
        &json!({"tags": [{"tag": "latest", "items": null, "conditions": [{
        "type": "ImportSuccess", "status": "False", "reason": "InternalError", "generation": 1,
        "message": "Internal error occurred: dial tcp: lookup gone.example.com: no such host"}]}]}),
    );
    let output = imports
        .import("app", "team/app:nope", "--change-source")
        .exits(1);
    output.says("location.tag-missing");
    assert!(
        !output.stderr.contains("gone.example.com: no such host"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_stream_that_was_made_for_a_failed_import_is_gone_again() {
    let imports = Imports::new();
    let output = imports
        .import("app", "team/app:nope", "--skip-check")
        .exits(1);
    output.says("not checked: whether the API server can import it");
    output.says("app:latest was not imported: NotFound");
    output.says("the image stream app, which was made for it, is deleted again");
    output.says("location.tag-missing");
    output.prints("");
    assert_eq!(imports.stream(), None);
    assert!(imports.journal_files().is_empty());
}

#[test]
fn a_tag_that_a_failed_import_made_is_gone_again() {
    let imports = Imports::new();
    imports.stream_of(&json!([follows("other", "quay.io/team/other:1")]));
    let output = imports
        .import("app:1", "team/app:nope", "--skip-check")
        .exits(1);
    output.says("put back as it was: app:1");
    assert_eq!(imports.tag("1"), None);
    assert!(imports.tag("other").is_some());
    assert!(imports.journal_files().is_empty());
}

#[test]
fn a_tag_whose_import_fails_follows_again_what_it_followed() {
    let imports = Imports::new();
    imports
        .import("app", "team/app:1", "--reference-policy=local")
        .success();
    let (before, image) = (imports.tag("latest"), imports.newest("latest"));
    let output = imports
        .import(
            "app",
            "team/app:nope",
            "--skip-check --change-source --scheduled --reference-policy=source",
        )
        .exits(1);
    output.says("put back as it was: app:latest");
    let (before, after) = (
        before.expect("the tag"),
        imports.tag("latest").expect("the tag"),
    );
    for field in ["from", "importPolicy", "referencePolicy"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(imports.newest("latest"), image);
    assert_eq!(imports.journal_files().len(), 1);
}

/// Found by the dry run, and gone by the time of the import.
#[test]
fn an_import_that_fails_after_its_dry_run_is_put_back() {
    let imports = Imports::new();
    let asked = Arc::new(AtomicUsize::new(0));
    imports.api().on_import(move |_| {
        if asked.fetch_add(1, Ordering::SeqCst) == 1 {
            ImportAnswer::failed(
                "InternalError",
                "Internal error occurred: connection reset by peer",
            )
        } else {
            ImportAnswer::found(DIGEST)
        }
    });
    let output = imports.import("app", "team/app:1", "").exits(1);
    output.says("app:latest was not imported: InternalError: Internal error occurred: connection reset by peer");
    output.says("which was made for it, is deleted again");
    assert_eq!(imports.stream(), None);
    assert!(imports.journal_files().is_empty());
}

#[test]
fn what_somebody_else_has_made_of_the_tag_meanwhile_stays() {
    let imports = Imports::new();
    imports.stream_of(&json!([follows("other", "quay.io/team/other:1")]));
    let path = "/namespaces/shop/imagestreams/app";
    imports.api().fault(
        Fault::other_writer(|stream| {
            for tag in stream["spec"]["tags"].as_array_mut().expect("tags") {
                if tag["name"] == "1" {
                    tag["from"]["name"] = json!("quay.io/team/theirs:1");
                }
            }
        })
        .on_path(path)
        .times(1),
    );
    let output = imports
        .import("app:1", "team/app:nope", "--skip-check")
        .exits(1);
    output.says("app:1 has been changed by somebody else meanwhile, and is left as it is");
    assert_eq!(
        imports.tag("1").expect("the tag")["from"]["name"],
        "quay.io/team/theirs:1"
    );
}

/// A change while the registry is being asked is a conflict for the API server; the plan is made anew on it.
#[test]
fn a_change_in_the_middle_of_an_import_is_not_lost() {
    let imports = Imports::new();
    imports.stream_of(&json!([]));
    let asked = Arc::new(AtomicUsize::new(0));
    let client = imports.cluster.client();
    imports.api().on_import(move |_| {
        if asked.fetch_add(1, Ordering::SeqCst) == 1 {
            let body = json!([{"op": "add", "path": "/spec/tags", "value": [follows("theirs", "quay.io/a/b:1")]}]);
            let path = "/apis/image.openshift.io/v1/namespaces/shop/imagestreams/app";
            let headers = [("content-type", "application/json-patch+json")];
            let answer = client.send("PATCH", path, &headers, &body.to_string());
            assert_eq!(answer.expect("an answer").status, 200);
        }
        ImportAnswer::found(DIGEST)
    });
    imports.import("app:mine", "team/app:1", "").success();
    assert!(imports.tag("mine").is_some() && imports.tag("theirs").is_some());
    imports.undo().success();
    assert!(imports.tag("mine").is_none() && imports.tag("theirs").is_some());
}

#[test]
fn several_at_once_into_one_new_stream_lose_nothing() {
    let imports = Imports::new();
    let tags: Vec<String> = (1..=6).map(|at| format!("t{at}")).collect();
    let running: Vec<_> = tags
        .iter()
        .chain(["t1".to_owned()].iter())
        .map(|tag| imports.cmd(&format!("app:{tag}"), "team/app:1", "").spawn())
        .collect();
    for one in running {
        imports.clean(one.wait().success());
    }
    for tag in &tags {
        assert!(
            imports.tag(tag).is_some() && imports.newest(tag).is_some(),
            "{tag}"
        );
    }
}

#[test]
fn an_answer_that_does_not_come_leaves_a_journal_to_look_from() {
    let imports = Imports::new();
    imports.stream_of(&json!([]));
    imports.api().fault(
        Fault::drop_connection()
            .on_methods(&["POST"])
            .on_path("/imagestreamimports")
            .after(1),
    );
    let output = imports.import("app:1", "team/app:1", "").exits(1);
    output.says("whether the images were imported is not known");
    assert_eq!(imports.journal_files().len(), 1);
    imports.api().clear_faults();
    // It was not made: there is nothing to do.
    imports
        .undo()
        .success()
        .prints(&format!("{STREAM} unchanged\n"));
}

/// The server's answer may be of before the cluster's own import.
#[test]
fn an_import_that_is_still_to_come_is_waited_for() {
    let imports = Imports::new();
    imports.import("app", "team/app:1", "").success();
    let stream = imports.stream().expect("the stream");
    let mut early = stream.clone();
    early["spec"]["tags"][0]["generation"] = json!(99);
    let image = json!({"metadata": {"name": DIGEST}, "dockerImageReference": "r.example.com/x"});
    let answer = json!({"status": {
        "import": early, "images": [{"status": {"status": "Success"}, "image": image}]}});
    imports.api().fault(
        Fault::answer(201, answer)
            .on_methods(&["POST"])
            .on_path("/imagestreamimports")
            .after(1),
    );
    let output = imports.import("app", "team/app:1", "").success();
    // What the stream has by the time that it is looked at again.
    output.says(&format!(
        "app:latest is {}",
        imports.newest("latest").expect("an image")
    ));
    let reads = imports.api().requests();
    let last = reads.last().expect("a request");
    assert_eq!(
        (
            last.method.as_str(),
            last.path.ends_with("/imagestreams/app")
        ),
        ("GET", true)
    );
}

#[test]
fn ctrl_c_during_an_import_lets_it_end() {
    let imports = Imports::new();
    let asked = AtomicUsize::new(0);
    let (arrived, arrival) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    imports.api().on_import(move |_| {
        if asked.fetch_add(1, Ordering::SeqCst) == 1 {
            arrived.send(()).expect("the test waits");
            // Ends also when the test has.
            drop(released.lock().map(|released| released.recv()));
        }
        ImportAnswer::found(DIGEST)
    });
    let running = imports.cmd("app", "team/app:1", "").spawn();
    arrival.recv().expect("the import for real");
    running.interrupt();
    release.send(()).expect("the server waits");
    let output = running.wait().success();
    output.prints(&format!("{STREAM} imported\n"));
    assert_eq!(imports.newest("latest").as_deref(), Some(DIGEST));
}

/// Every try meets another writer, so that the import goes on until it hears of Ctrl-C.
#[test]
fn ctrl_c_between_two_tries_puts_back_what_was_made() {
    let imports = Imports::new();
    let asked = AtomicUsize::new(0);
    let (arrived, arrival) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let client = imports.cluster.client();
    imports.api().on_import(move |_| {
        let call = asked.fetch_add(1, Ordering::SeqCst);
        if call == 1 {
            arrived.send(()).expect("the test waits");
            drop(released.lock().map(|released| released.recv()));
        }
        if call > 0 {
            let body = json!({"metadata": {"annotations": {"example.com/call": call.to_string()}}});
            let path = "/apis/image.openshift.io/v1/namespaces/shop/imagestreams/app";
            let headers = [("content-type", "application/merge-patch+json")];
            drop(client.send("PATCH", path, &headers, &body.to_string()));
        }
        ImportAnswer::found(DIGEST)
    });
    let running = imports.cmd("app", "team/app:1", "").spawn();
    arrival.recv().expect("the import for real");
    running.interrupt();
    release.send(()).expect("the server waits");
    running.wait().exits(130).prints("");
    assert_eq!(imports.stream(), None);
    assert!(imports.journal_files().is_empty());
}

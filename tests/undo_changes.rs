//! `undo`: what it takes back, what it refuses, and the journal that it works from.
#![expect(
    clippy::expect_used,
    reason = "a helper that cannot do its work ends the test"
)]

mod kit;

use std::os::unix::fs::PermissionsExt as _;

use extreg_test_support::api::{Api, make};
use kit::{PASSWORD, World};
use serde_json::json;

fn id(world: &World) -> String {
    let list = world.run("undo --list -o name").success();
    list.stdout.lines().last().expect("an entry").to_owned()
}

#[test]
fn the_last_link_is_taken_back_whole() {
    let world = World::openshift();
    let before = world.account("default");
    world.link("quay.io").success();
    let output = world.run("undo").success();
    assert_eq!(
        output.stdout,
        "serviceaccount/default taken back\nsecret/extreg-quay.io deleted\n"
    );
    assert_eq!(
        world.account("default")["imagePullSecrets"],
        before["imagePullSecrets"]
    );
    assert!(world.api.get("secrets", "shop", "extreg-quay.io").is_none());
}

#[test]
fn entries_that_came_after_stay() {
    let world = World::kubernetes();
    world.link("quay.io").success();
    world
        .api
        .edit("serviceaccounts", "shop", "default", |account| {
            let list = account["imagePullSecrets"].as_array_mut().expect("a list");
            list.push(json!({"name": "later"}));
            list.insert(0, json!({"name": "earlier"}));
        });
    world.run("undo").success();
    assert_eq!(
        world.names("default", "imagePullSecrets"),
        ["earlier", "later"]
    );
}

#[test]
fn a_push_link_comes_out_of_both_lists() {
    let world = World::openshift();
    let before = world.account("builder");
    world.link("quay.io --for push").success();
    world.run("undo").success();
    for list in ["secrets", "imagePullSecrets"] {
        assert_eq!(world.account("builder")[list], before[list], "{list}");
    }
}

#[test]
fn undo_twice_says_so() {
    let world = World::kubernetes();
    world.link("quay.io").success();
    let id = id(&world);
    world.run("undo").success();
    for line in ["undo".to_owned(), format!("undo {id}")] {
        let output = world.run(&line).exits(1);
        assert!(
            output.stderr.contains("was taken back already"),
            "{}",
            output.stderr
        );
    }
}

#[test]
fn an_earlier_change_is_named_by_the_beginning_of_its_id() {
    let world = World::kubernetes();
    world.link("quay.io").success();
    let first = id(&world);
    world.link("ghcr.io").success();
    world
        .run(&format!("undo {}", &first[..first.len() - 2]))
        .success();
    assert_eq!(
        world.names("default", "imagePullSecrets"),
        ["extreg-ghcr.io"]
    );
    let output = world.run("undo nothing-like-it").exits(1);
    assert!(
        output.stderr.contains("has no entry \"nothing-like-it\""),
        "{}",
        output.stderr
    );
    let output = world.run("undo 2").exits(1);
    assert!(
        output
            .stderr
            .contains("several entries that begin with \"2\""),
        "{}",
        output.stderr
    );
}

#[test]
fn a_changed_password_is_refused_whole_and_names_the_link() {
    let world = World::kubernetes();
    world.link("quay.io").success();
    world
        .cmd("link quay.io -z default --for pull --skip-check --registry-username robot --registry-password-stdin")
        .stdin("another")
        .run()
        .success();
    let output = world.run("undo").exits(1);
    assert!(
        output.stderr.contains("the journal keeps no secret value"),
        "{}",
        output.stderr
    );
    assert!(
        output
            .stderr
            .contains("`oc extreg link quay.io -n shop` makes it again"),
        "{}",
        output.stderr
    );
    assert_eq!(
        world.names("default", "imagePullSecrets"),
        ["extreg-quay.io"]
    );
}

#[test]
fn a_created_secret_that_was_changed_since_is_refused_whole() {
    let world = World::kubernetes();
    world.link("quay.io").success();
    world
        .api
        .edit("secrets", "shop", "extreg-quay.io", |secret| {
            secret["metadata"]["annotations"]["note"] = json!("mine");
        });
    let output = world.run("undo").exits(1);
    assert!(
        output.stderr.contains("it is not as it was made"),
        "{}",
        output.stderr
    );
    assert_eq!(
        world.names("default", "imagePullSecrets"),
        ["extreg-quay.io"]
    );
}

#[test]
fn a_created_secret_that_others_use_by_now_is_refused_whole() {
    let world = World::kubernetes();
    world.api.create(make::service_account("shop", "ci"));
    world.link("quay.io").success();
    let first = id(&world);
    world.link("quay.io -z ci").success();
    let output = world.run(&format!("undo {first}")).exits(1);
    assert!(
        output.stderr.contains(
            "secret/extreg-quay.io in namespace \"shop\" is used by now, by serviceaccount/ci"
        ),
        "{}",
        output.stderr
    );
    assert_eq!(
        world.names("default", "imagePullSecrets"),
        ["extreg-quay.io"]
    );
    world.run("undo").success();
    world.run(&format!("undo {first}")).success();
    assert!(world.api.get("secrets", "shop", "extreg-quay.io").is_none());
}

#[test]
fn what_is_gone_already_is_no_obstacle() {
    let world = World::kubernetes();
    world.link("quay.io").success();
    world.api.delete("secrets", "shop", "extreg-quay.io");
    let output = world.run("undo").success();
    assert_eq!(output.stdout, "serviceaccount/default taken back\n");
    assert!(
        output
            .stderr
            .contains("secret/extreg-quay.io in namespace \"shop\" is gone"),
        "{}",
        output.stderr
    );
}

#[test]
fn an_object_that_was_made_anew_is_left_alone() {
    let world = World::kubernetes();
    world.link("quay.io").success();
    world.api.delete("secrets", "shop", "extreg-quay.io");
    world.link("quay.io").success();
    let first = world.run("undo --list -o name").success();
    let first = first.stdout.lines().next().expect("an entry").to_owned();
    let output = world.run(&format!("undo {first}")).success();
    assert!(
        output.stderr.contains("was made anew since"),
        "{}",
        output.stderr
    );
    assert!(world.api.get("secrets", "shop", "extreg-quay.io").is_some());
}

#[test]
fn a_change_is_taken_back_only_where_it_was_made() {
    let world = World::kubernetes();
    world.link("quay.io").success();
    let other = Api::start();
    other.add_namespace("shop");
    let kubeconfig = world.sandbox.write("other", other.kubeconfig("shop"));
    let output = world
        .cmd("undo")
        .env("KUBECONFIG", kubeconfig)
        .run()
        .exits(1);
    assert!(
        output
            .stderr
            .contains(&format!("was made on {}", world.api.url())),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.contains("--context test"),
        "{}",
        output.stderr
    );
    assert!(other.writes().is_empty());
}

#[test]
fn the_list_has_the_id_first() {
    let world = World::kubernetes();
    let output = world.run("undo --list").success();
    assert_eq!(output.stdout, "");
    world.link("quay.io").success();
    world.run("undo").success();
    let output = world.run("undo --list").success();
    let lines: Vec<Vec<&str>> = output
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        lines[0],
        ["ID", "TIME", "CONTEXT", "VERB", "OBJECTS", "STATE"]
    );
    assert_eq!(lines.len(), 3, "{}", output.stdout);
    assert_eq!(lines[1][0], id_of_file(&world, 0));
    assert_eq!(&lines[1][3..5], ["test", "link"]);
    assert!(
        output
            .stdout
            .contains("secret shop/extreg-quay.io, serviceaccount shop/default"),
        "{}",
        output.stdout
    );
    assert!(lines[1].ends_with(&["taken", "back"]), "{}", output.stdout);
    assert_eq!(&lines[2][3..5], ["test", "undo"]);
}

fn id_of_file(world: &World, at: usize) -> String {
    let files = world.journal_files();
    files[at]
        .file_stem()
        .expect("a name")
        .to_string_lossy()
        .into_owned()
}

#[test]
fn the_journal_is_for_the_user_alone_and_holds_no_secret() {
    let world = World::kubernetes();
    std::fs::create_dir_all(world.journal()).expect("a directory");
    std::fs::set_permissions(world.journal(), std::fs::Permissions::from_mode(0o755))
        .expect("open to others");
    world.link("quay.io").success();
    let mode = |path: &std::path::Path| {
        std::fs::metadata(path).expect("there").permissions().mode() & 0o777
    };
    assert_eq!(mode(&world.journal()), 0o700);
    let files = world.journal_files();
    assert_eq!(files.len(), 1);
    assert_eq!(mode(&files[0]), 0o600);
    let text = std::fs::read_to_string(&files[0]).expect("text");
    assert!(!text.contains(PASSWORD));
    let record: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(record["server"], world.api.url());
    assert_eq!(record["context"], "test");
    assert_eq!(record["finished"], true);
    assert_eq!(
        record["changes"][1]["before"],
        json!({"/imagePullSecrets": null})
    );
    assert_eq!(record["changes"][1]["state"], "made");
}

#[test]
fn a_run_that_was_cut_off_can_be_taken_back() {
    let world = World::kubernetes();
    world.link("quay.io").success();
    let file = world.journal_files().remove(0);
    let text = std::fs::read_to_string(&file).expect("text");
    // As it stands on disk when the process is killed between its writes.
    let mut record: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    record["finished"] = json!(false);
    for change in record["changes"].as_array_mut().expect("changes") {
        change["state"] = json!("intended");
    }
    record["changes"][0]["undo"]["resourceVersion"] = json!(null);
    record["changes"][0]
        .as_object_mut()
        .expect("an entry")
        .remove("uid");
    std::fs::write(&file, record.to_string()).expect("written");
    world.run("undo").success();
    assert!(world.names("default", "imagePullSecrets").is_empty());
    assert!(world.api.get("secrets", "shop", "extreg-quay.io").is_none());
}

#[test]
fn an_undo_can_be_looked_at_first() {
    let world = World::kubernetes();
    world.link("quay.io").success();
    let version = world.api.store_version();
    let output = world.run("undo --dry-run=server").success();
    assert_eq!(
        output.stdout,
        "serviceaccount/default taken back (server dry run)\nsecret/extreg-quay.io deleted (server dry run)\n"
    );
    assert_eq!(world.api.store_version(), version);
    world.run("undo").success();
}

#[test]
fn a_journal_of_a_newer_version_is_not_guessed_at() {
    let world = World::kubernetes();
    world.link("quay.io").success();
    let file = world.journal_files().remove(0);
    let text = std::fs::read_to_string(&file)
        .expect("text")
        .replace("\"version\": 1", "\"version\": 2");
    std::fs::write(&file, text).expect("written");
    let output = world
        .run(&format!("undo {}", id_of_file(&world, 0)))
        .exits(1);
    assert!(output.stderr.contains("newer version"), "{}", output.stderr);
}

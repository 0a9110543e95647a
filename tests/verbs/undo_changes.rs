//! `undo`: what it takes back, what it refuses, and the journal that it works from.

use std::os::unix::fs::PermissionsExt as _;

use extreg_test_support::api::Api;
use serde_json::json;

use crate::kit::{PASSWORD, World, for_each_world};

fn id(world: &World) -> String {
    let list = world.run("undo --list -o name").success();
    list.stdout.lines().last().expect("an entry").to_owned()
}

#[test]
fn the_last_link_is_taken_back_whole() {
    for_each_world(|world| {
        let before = world.account("default");
        world.link("quay.io").success();
        let output = world.run("undo").success();
        output.prints("serviceaccount/default taken back\nsecret/extreg-quay.io deleted\n");
        assert_eq!(
            world.account("default")["imagePullSecrets"],
            before["imagePullSecrets"]
        );
        assert!(world.secret("extreg-quay.io").is_none());
    });
}

#[test]
fn entries_that_came_after_stay() {
    for_each_world(|world| {
        world.link("quay.io").success();
        world.edit("serviceaccounts", "default", |account| {
            let list = account["imagePullSecrets"].as_array_mut().expect("a list");
            list.push(json!({"name": "later"}));
            list.insert(0, json!({"name": "earlier"}));
        });
        world.run("undo").success();
        assert_eq!(world.pull_secrets(), ["earlier", "later"]);
    });
}

#[test]
fn a_push_link_comes_out_of_both_lists() {
    for_each_world(|world| {
        world.add_account("builder");
        let before = world.account("builder");
        world.link("quay.io --for push").success();
        world.run("undo").success();
        for list in ["secrets", "imagePullSecrets"] {
            assert_eq!(world.account("builder")[list], before[list], "{list}");
        }
    });
}

#[test]
fn undo_twice_says_so() {
    for_each_world(|world| {
        world.link("quay.io").success();
        let id = id(world);
        world.run("undo").success();
        for line in ["undo".to_owned(), format!("undo {id}")] {
            let output = world.run(&line).exits(1);
            output.says("was taken back already");
        }
    });
}

#[test]
fn an_earlier_change_is_named_by_the_beginning_of_its_id() {
    for_each_world(|world| {
        world.link("quay.io").success();
        let first = id(world);
        world.link("ghcr.io").success();
        world
            .run(&format!("undo {}", &first[..first.len() - 2]))
            .success();
        assert_eq!(world.pull_secrets(), ["extreg-ghcr.io"]);
        let output = world.run("undo nothing-like-it").exits(1);
        output.says("has no entry \"nothing-like-it\"");
        output.says("hint: `oc extreg undo --list` shows all entries");
        let output = world.run("undo 2").exits(1);
        output.says("several entries that begin with \"2\"");
    });
}

#[test]
fn a_changed_password_is_refused_whole_and_names_the_link() {
    for_each_world(|world| {
        let ns = &world.namespace;
        world.link("quay.io").success();
        world
            .link_with("quay.io -z default --for pull", "another")
            .success();
        let output = world.run("undo").exits(1);
        output.says("the journal keeps no secret value");
        output.says(&format!("`oc extreg link quay.io -n {ns}` makes it again"));
        assert_eq!(world.pull_secrets(), ["extreg-quay.io"]);
    });
}

#[test]
fn a_created_secret_that_was_changed_since_is_refused_whole() {
    for_each_world(|world| {
        world.link("quay.io").success();
        world.edit("secrets", "extreg-quay.io", |secret| {
            secret["metadata"]["annotations"]["note"] = json!("mine");
        });
        let output = world.run("undo").exits(1);
        output.says("it is not as it was made");
        assert_eq!(world.pull_secrets(), ["extreg-quay.io"]);
    });
}

#[test]
fn a_created_secret_that_others_use_by_now_is_refused_whole() {
    for_each_world(|world| {
        let ns = &world.namespace;
        world.add_account("ci");
        world.link("quay.io").success();
        let first = id(world);
        world.link("quay.io -z ci").success();
        let output = world.run(&format!("undo {first}")).exits(1);
        output.says(&format!(
            "secret/extreg-quay.io in namespace \"{ns}\" is used by now, by serviceaccount/ci"
        ));
        assert_eq!(world.pull_secrets(), ["extreg-quay.io"]);
        world.run("undo").success();
        world.run(&format!("undo {first}")).success();
        assert!(world.secret("extreg-quay.io").is_none());
    });
}

#[test]
fn what_is_gone_already_is_no_obstacle() {
    for_each_world(|world| {
        let ns = &world.namespace;
        world.link("quay.io").success();
        world.delete("secrets", "extreg-quay.io");
        let output = world.run("undo").success();
        output.prints("serviceaccount/default taken back\n");
        output.says(&format!(
            "secret/extreg-quay.io in namespace \"{ns}\" is gone"
        ));
    });
}

#[test]
fn an_object_that_was_made_anew_is_left_alone() {
    for_each_world(|world| {
        world.link("quay.io").success();
        world.delete("secrets", "extreg-quay.io");
        world.link("quay.io").success();
        let first = world.run("undo --list -o name").success();
        let first = first.stdout.lines().next().expect("an entry").to_owned();
        let output = world.run(&format!("undo {first}")).success();
        output.says("was made anew since");
        assert!(world.secret("extreg-quay.io").is_some());
    });
}

#[test]
fn a_change_is_taken_back_only_where_it_was_made() {
    for_each_world(|world| {
        world.link("quay.io").success();
        let other = Api::start();
        other.add_namespace(&world.namespace);
        let kubeconfig = world
            .sandbox
            .write("other", other.kubeconfig(&world.namespace));
        let output = world
            .cmd("undo")
            .env("KUBECONFIG", kubeconfig)
            .run()
            .exits(1);
        output.says(&format!("was made on {}", world.cluster.url()));
        output.says("--context test");
        assert!(other.writes().is_empty());
    });
}

#[test]
fn the_list_has_the_id_first() {
    for_each_world(|world| {
        let ns = &world.namespace;
        let output = world.run("undo --list").success();
        output.prints("");
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
        assert_eq!(lines[1][0], id_of_file(world, 0));
        assert_eq!(&lines[1][3..5], ["test", "link"]);
        assert!(
            output.stdout.contains(&format!(
                "secret {ns}/extreg-quay.io, serviceaccount {ns}/default"
            )),
            "{}",
            output.stdout
        );
        assert!(lines[1].ends_with(&["taken", "back"]), "{}", output.stdout);
        assert_eq!(&lines[2][3..5], ["test", "undo"]);
    });
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
    for_each_world(|world| {
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
        assert_eq!(record["server"], world.cluster.url());
        assert_eq!(record["context"], "test");
        assert_eq!(record["finished"], true);
        assert_eq!(
            record["changes"][1]["before"],
            json!({"/imagePullSecrets": null})
        );
        assert_eq!(record["changes"][1]["state"], "made");
    });
}

#[test]
fn a_run_that_was_cut_off_can_be_taken_back() {
    for_each_world(|world| {
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
        assert!(world.pull_secrets().is_empty());
        assert!(world.secret("extreg-quay.io").is_none());
    });
}

#[test]
fn an_undo_can_be_looked_at_first() {
    for_each_world(|world| {
        world.link("quay.io").success();
        let version = world.state();
        let output = world.run("undo --dry-run=server").success();
        output.prints("serviceaccount/default taken back (server dry run)\nsecret/extreg-quay.io deleted (server dry run)\n");
        assert_eq!(world.state(), version);
        world.run("undo").success();
    });
}

#[test]
fn a_journal_of_a_newer_version_is_not_guessed_at() {
    for_each_world(|world| {
        world.link("quay.io").success();
        let file = world.journal_files().remove(0);
        let text = std::fs::read_to_string(&file)
            .expect("text")
            .replace("\"version\": 1", "\"version\": 2");
        std::fs::write(&file, text).expect("written");
        let output = world
            .run(&format!("undo {}", id_of_file(world, 0)))
            .exits(1);
        output.says("newer version");
    });
}

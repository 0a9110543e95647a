//! Many writers of one service account: nothing is lost.

use extreg_test_support::api::Fault;

use crate::kit::{Embedded, PASSWORD, for_each_world};

fn registries() -> Vec<String> {
    (1..=20)
        .map(|number| format!("registry-{number:02}.example.com"))
        .collect()
}

/// Twenty processes, one account, and a stranger who writes in between.
#[test]
fn twenty_links_at_the_same_time_lose_nothing() {
    let world = Embedded::openshift();
    let before = world.pull_secrets();
    world.api().fault(
        Fault::other_writer(|account| {
            let list = account["imagePullSecrets"].as_array_mut().expect("a list");
            let name = format!("stranger-{}", list.len());
            list.push(serde_json::json!({ "name": name }));
        })
        .on_path("/namespaces/shop/serviceaccounts/default")
        .times(10),
    );
    let running: Vec<_> = registries()
        .iter()
        .map(|registry| world.link_cmd(registry, PASSWORD).spawn())
        .collect();
    for one in running {
        one.wait().success();
    }
    let names = world.pull_secrets();
    for registry in registries() {
        assert!(
            names.contains(&format!("extreg-{registry}")),
            "{registry} of {names:?}"
        );
        assert!(world.secret(&format!("extreg-{registry}")).is_some());
    }
    assert!(before.iter().all(|name| names.contains(name)), "{names:?}");
    assert_eq!(
        names
            .iter()
            .filter(|name| name.starts_with("stranger-"))
            .count(),
        10
    );
    assert_eq!(world.journal_files().len(), 20);
}

/// The same on every server: the conflicts are its own.
#[test]
fn twenty_links_and_undos_at_the_same_time_leave_the_account_as_it_was() {
    for_each_world(|world| {
        world.set_pull_secrets(&["theirs"]);
        let running: Vec<_> = registries()
            .iter()
            .map(|registry| world.link_cmd(registry, PASSWORD).spawn())
            .collect();
        for one in running {
            one.wait().success();
        }
        let mut names = world.pull_secrets();
        assert_eq!(names.remove(0), "theirs");
        names.sort();
        let expected: Vec<String> = registries()
            .iter()
            .map(|registry| format!("extreg-{registry}"))
            .collect();
        assert_eq!(names, expected);
        let list = world.run("undo --list -o name").success();
        let running: Vec<_> = list
            .stdout
            .lines()
            .map(|id| world.cmd(&format!("undo {id}")).spawn())
            .collect();
        assert_eq!(running.len(), 20);
        for one in running {
            one.wait().success();
        }
        assert_eq!(world.pull_secrets(), ["theirs"]);
        assert!(expected.iter().all(|name| world.secret(name).is_none()));
    });
}

/// The same registry from many sides: one secret, one entry.
#[test]
fn the_same_link_at_the_same_time_is_made_once() {
    for_each_world(|world| {
        let running: Vec<_> = (0..8)
            .map(|_| world.link_cmd("quay.io", PASSWORD).spawn())
            .collect();
        for one in running {
            one.wait().success();
        }
        assert_eq!(world.pull_secrets(), ["extreg-quay.io"]);
        assert_eq!(
            world.config("extreg-quay.io")["auths"]
                .as_object()
                .map(serde_json::Map::len),
            Some(1)
        );
    });
}

#[test]
fn an_account_that_never_keeps_still_is_given_up_with_words() {
    let world = Embedded::kubernetes();
    let path = "/namespaces/shop/serviceaccounts/default";
    world.api().fault(Fault::conflict().on_path(path));
    let output = world.link("quay.io").exits(1);
    output.says("serviceaccount/default in namespace \"shop\": others kept changing it");
}

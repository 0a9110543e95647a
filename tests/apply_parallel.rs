//! Many writers of one service account: nothing is lost.

mod kit;

use extreg_test_support::api::Fault;
use kit::{PASSWORD, World};

fn registries() -> Vec<String> {
    (1..=20)
        .map(|number| format!("registry-{number:02}.example.com"))
        .collect()
}

/// Twenty processes, one account, and a stranger who writes in between.
#[test]
fn twenty_links_at_the_same_time_lose_nothing() {
    let world = World::openshift();
    let before = world.names("default", "imagePullSecrets");
    world.api.fault(
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
        .map(|registry| {
            world
                .cmd(&format!(
                    "link {registry} --skip-check --registry-username robot --registry-password-stdin"
                ))
                .stdin(PASSWORD)
                .spawn()
        })
        .collect();
    for one in running {
        one.wait().success();
    }
    let names = world.names("default", "imagePullSecrets");
    for registry in registries() {
        assert!(
            names.contains(&format!("extreg-{registry}")),
            "{registry} of {names:?}"
        );
        assert!(
            world
                .api
                .get("secrets", "shop", &format!("extreg-{registry}"))
                .is_some()
        );
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

/// The same registry from many sides: one secret, one entry.
#[test]
fn the_same_link_at_the_same_time_is_made_once() {
    let world = World::kubernetes();
    let running: Vec<_> = (0..8)
        .map(|_| {
            world
                .cmd(
                    "link quay.io --skip-check --registry-username robot --registry-password-stdin",
                )
                .stdin(PASSWORD)
                .spawn()
        })
        .collect();
    for one in running {
        one.wait().success();
    }
    assert_eq!(
        world.names("default", "imagePullSecrets"),
        ["extreg-quay.io"]
    );
    assert_eq!(
        world.config("extreg-quay.io")["auths"]
            .as_object()
            .map(serde_json::Map::len),
        Some(1)
    );
}

/// Undoing all of them at the same time leaves the account as it was.
#[test]
fn twenty_undos_at_the_same_time_leave_the_account_as_it_was() {
    let world = World::kubernetes();
    for registry in registries() {
        world.link(&registry).success();
    }
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
    assert!(world.names("default", "imagePullSecrets").is_empty());
    for registry in registries() {
        assert!(
            world
                .api
                .get("secrets", "shop", &format!("extreg-{registry}"))
                .is_none()
        );
    }
}

#[test]
fn an_account_that_never_keeps_still_is_given_up_with_words() {
    let world = World::kubernetes();
    let path = "/namespaces/shop/serviceaccounts/default";
    world.api.fault(Fault::conflict().on_path(path));
    let output = world.link("quay.io").exits(1);
    assert!(
        output
            .stderr
            .contains("serviceaccount/default in namespace \"shop\": others kept changing it"),
        "{}",
        output.stderr
    );
}

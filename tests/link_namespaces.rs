//! `link` over several namespaces.

mod kit;

use extreg_test_support::api::{Fault, make};
use kit::{World, names};
use serde_json::json;

fn linked(world: &World, namespace: &str) -> bool {
    let account = world.api.get("serviceaccounts", namespace, "default");
    account.is_some_and(|it| names(&it, "imagePullSecrets").contains(&"extreg-quay.io".to_owned()))
}

#[test]
fn named_namespaces_are_all_linked_and_told_apart() {
    let world = World::kubernetes();
    world.api.add_namespace("bar");
    let output = world.link("quay.io --namespaces shop,bar").success();
    assert_eq!(
        output.stdout,
        "secret/extreg-quay.io created in namespace shop\nserviceaccount/default linked (pull) in namespace shop\n\
         secret/extreg-quay.io created in namespace bar\nserviceaccount/default linked (pull) in namespace bar\n"
    );
    assert!(linked(&world, "bar") && linked(&world, "shop") && !linked(&world, "default"));
    let output = world.run("undo").success();
    assert_eq!(output.stdout.lines().count(), 4, "{}", output.stdout);
    assert!(!linked(&world, "bar") && !linked(&world, "shop"));
}

#[test]
fn a_selector_chooses_namespaces() {
    let world = World::kubernetes();
    for (name, team) in [("one", "a"), ("two", "a"), ("three", "b")] {
        let mut namespace = make::namespace(name);
        namespace["metadata"]["labels"] = json!({ "team": team });
        world.api.create(namespace);
    }
    world.link("quay.io --namespace-selector team=a").success();
    assert!(linked(&world, "one") && linked(&world, "two") && !linked(&world, "three"));
    let output = world.link("quay.io --namespace-selector team=c").exits(1);
    assert!(
        output
            .stderr
            .contains("no namespace has the labels \"team=c\""),
        "{}",
        output.stderr
    );
}

#[test]
fn all_namespaces_without_the_account_or_on_their_way_out_are_left_out() {
    let world = World::kubernetes();
    world.api.add_namespace("bare");
    world.api.delete("serviceaccounts", "bare", "default");
    world.api.add_namespace("leaving");
    world.api.edit("namespaces", "", "leaving", |it| {
        it["status"]["phase"] = json!("Terminating");
    });
    let output = world.link("quay.io -A").success();
    assert!(
        output
            .stderr
            .contains("left out: 1 namespace is being deleted"),
        "{}",
        output.stderr
    );
    assert!(
        output
            .stderr
            .contains("namespace \"bare\" is left out: it has no service account default"),
        "{}",
        output.stderr
    );
    assert!(linked(&world, "shop") && linked(&world, "kube-system") && !linked(&world, "leaving"));
    assert!(world.api.get("secrets", "bare", "extreg-quay.io").is_none());
}

#[test]
fn a_namespace_that_vanishes_meanwhile_is_left_out() {
    let world = World::kubernetes();
    world.api.add_namespace("gone");
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
        "message": "namespaces \"gone\" not found", "details": {"name": "gone", "kind": "namespaces"},
    });
    for method in ["PATCH", "PUT"] {
        for path in [
            "/namespaces/gone/secrets/extreg-quay.io",
            "/namespaces/gone/serviceaccounts/default",
        ] {
            world.api.fault(
                Fault::answer(404, status.clone())
                    .on_methods(&[method])
                    .on_path(path),
            );
        }
    }
    let output = world.link("quay.io -A").success();
    assert!(
        output
            .stdout
            .contains("secret/extreg-quay.io is gone: left out in namespace gone\n"),
        "{}",
        output.stdout
    );
    assert!(linked(&world, "shop"));
    let output = world.link("quay.io -n gone").exits(1);
    assert!(output.stderr.contains("not found"), "{}", output.stderr);
}

#[test]
fn flags_that_name_namespaces_twice_are_refused() {
    let world = World::kubernetes();
    for line in [
        "quay.io -A -n shop",
        "quay.io -A --namespaces a",
        "quay.io --namespaces a --namespace-selector b",
    ] {
        world.link(line).exits(2);
    }
    assert!(world.api.requests().is_empty());
}

#[test]
fn a_hundred_namespaces_take_few_questions_for_rights() {
    let world = World::kubernetes();
    for number in 0..100 {
        world.api.add_namespace(&format!("team-{number:03}"));
    }
    world.api.clear_requests();
    world.link("quay.io -A").success();
    let asked = world
        .api
        .requests()
        .iter()
        .filter(|request| request.path.ends_with("/selfsubjectaccessreviews"))
        .count();
    assert!(asked <= 4, "{asked} questions");
    assert!(linked(&world, "team-099"));
}

#[test]
fn a_namespace_that_does_not_exist_is_asked_about() {
    let world = World::kubernetes();
    let output = world.link("quay.io -n shpo").exits(1);
    assert!(
        output.stderr.contains("does namespace \"shpo\" exist?"),
        "{}",
        output.stderr
    );
    assert!(world.api.writes().is_empty());
}

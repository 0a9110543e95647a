//! `link` over several namespaces.

use extreg_test_support::api::Fault;
use serde_json::json;

use crate::kit::{Embedded, World, for_each_world, names};

fn linked(world: &World, namespace: &str) -> bool {
    let account = world.cluster.get("serviceaccounts", namespace, "default");
    account.is_some_and(|it| names(&it, "imagePullSecrets").contains(&"extreg-quay.io".to_owned()))
}

#[test]
fn named_namespaces_are_all_linked_and_told_apart() {
    for_each_world(|world| {
        let (bar, other) = (world.beside().namespace, world.beside().namespace);
        let shop = &world.namespace;
        let output = world
            .link(&format!("quay.io --namespaces {shop},{bar}"))
            .success();
        output.prints(&format!(
            "secret/extreg-quay.io created in namespace {shop}\n\
             serviceaccount/default linked (pull) in namespace {shop}\n\
             secret/extreg-quay.io created in namespace {bar}\n\
             serviceaccount/default linked (pull) in namespace {bar}\n"
        ));
        assert!(linked(world, &bar) && linked(world, shop) && !linked(world, &other));
        let output = world.run("undo").success();
        assert_eq!(output.stdout.lines().count(), 4, "{}", output.stdout);
        assert!(!linked(world, &bar) && !linked(world, shop));
    });
}

#[test]
fn a_selector_chooses_namespaces() {
    for_each_world(|world| {
        // The server may have namespaces of other tests.
        let team = &world.namespace;
        let [one, two, three] = ["a", "a", "b"].map(|letter| {
            let namespace = world.beside().namespace;
            world.cluster.edit("namespaces", "", &namespace, |it| {
                it["metadata"]["labels"]["team"] = json!(format!("{team}-{letter}"));
            });
            namespace
        });
        let line = format!("quay.io --namespace-selector team={team}");
        world.link(&format!("{line}-a")).success();
        assert!(linked(world, &one) && linked(world, &two) && !linked(world, &three));
        let output = world.link(&format!("{line}-c")).exits(1);
        output.says(&format!("no namespace has the labels \"team={team}-c\""));
    });
}

#[test]
fn all_namespaces_without_the_account_or_on_their_way_out_are_left_out() {
    let world = Embedded::kubernetes();
    world.api().add_namespace("bare");
    world.api().delete("serviceaccounts", "bare", "default");
    world.api().add_namespace("leaving");
    world.api().edit("namespaces", "", "leaving", |it| {
        it["status"]["phase"] = json!("Terminating");
    });
    let output = world.link("quay.io -A").success();
    output.says("left out: 1 namespace is being deleted");
    output.says("namespace \"bare\" is left out: it has no service account default");
    assert!(linked(&world, "shop") && linked(&world, "kube-system") && !linked(&world, "leaving"));
    assert!(
        world
            .api()
            .get("secrets", "bare", "extreg-quay.io")
            .is_none()
    );
}

#[test]
fn a_namespace_that_vanishes_meanwhile_is_left_out() {
    let world = Embedded::kubernetes();
    world.api().add_namespace("gone");
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
        "message": "namespaces \"gone\" not found", "details": {"name": "gone", "kind": "namespaces"},
    });
    for method in ["PATCH", "PUT"] {
        for path in [
            "/namespaces/gone/secrets/extreg-quay.io",
            "/namespaces/gone/serviceaccounts/default",
        ] {
            world.api().fault(
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
    output.says("not found");
}

#[test]
fn flags_that_name_namespaces_twice_are_refused() {
    let world = Embedded::kubernetes();
    for line in [
        "quay.io -A -n shop",
        "quay.io -A --namespaces a",
        "quay.io --namespaces a --namespace-selector b",
    ] {
        world.link(line).exits(2);
    }
    assert!(world.api().requests().is_empty());
}

#[test]
fn a_hundred_namespaces_take_few_questions_for_rights() {
    let world = Embedded::kubernetes();
    for number in 0..100 {
        world.api().add_namespace(&format!("team-{number:03}"));
    }
    world.api().clear_requests();
    world.link("quay.io -A").success();
    let asked = world
        .api()
        .requests()
        .iter()
        .filter(|request| request.path.ends_with("/selfsubjectaccessreviews"))
        .count();
    assert!(asked <= 4, "{asked} questions");
    assert!(linked(&world, "team-099"));
}

#[test]
fn a_namespace_that_does_not_exist_is_asked_about() {
    for_each_world(|world| {
        let output = world.link("quay.io -n shpo").exits(1);
        output.says("does namespace \"shpo\" exist?");
        world.is_untouched();
    });
}

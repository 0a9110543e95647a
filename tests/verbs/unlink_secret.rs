//! `unlink`: what it takes off, and when the secret goes with it.

use extreg_test_support::api::{PodState, make};
use serde_json::json;

use crate::kit::{Embedded, for_each_world};

#[test]
fn the_way_back_of_a_link() {
    for_each_world(|world| {
        let ns = &world.namespace;
        let before = world.account("default");
        world.link("quay.io").success();
        let output = world.run("unlink quay.io").success();
        output.prints("serviceaccount/default unlinked\nsecret/extreg-quay.io deleted\n");
        assert_eq!(
            world.account("default")["imagePullSecrets"],
            before["imagePullSecrets"]
        );
        output.says("`undo` cannot bring what is deleted back");
        let output = world.run("undo").exits(1);
        output.says(&format!("`oc extreg link quay.io -n {ns}` makes it again"));
    });
}

#[test]
fn kept_secrets_can_be_linked_again_by_undo() {
    for_each_world(|world| {
        world.set_pull_secrets(&["first"]);
        world.link("quay.io").success();
        world.set_pull_secrets(&["first", "extreg-quay.io", "last"]);
        let output = world.run("unlink quay.io --keep-secret").success();
        output.prints("serviceaccount/default unlinked\n");
        assert!(world.secret("extreg-quay.io").is_some());
        world.run("undo").success();
        assert_eq!(world.pull_secrets(), ["first", "extreg-quay.io", "last"]);
    });
}

#[test]
fn one_kind_can_be_taken_off() {
    for_each_world(|world| {
        world.add_account("builder");
        world.link("quay.io --for pull,push").success();
        let output = world.run("unlink quay.io --for push -z builder").success();
        output.prints("serviceaccount/builder unlinked (push)\n");
        output.says("stays: used by serviceaccount/default");
        for list in ["secrets", "imagePullSecrets"] {
            assert!(world.names("builder", list).is_empty(), "{list}");
        }
        let output = world.run("unlink quay.io --for pull").success();
        output.prints("serviceaccount/default unlinked (pull)\nsecret/extreg-quay.io deleted\n");
    });
}

#[test]
fn taking_off_pull_leaves_the_mount_list() {
    for_each_world(|world| {
        world.add_account("builder");
        world.link("quay.io --for push").success();
        let output = world.run("unlink quay.io --for pull").success();
        output.prints("serviceaccount/builder unlinked (pull)\n");
        assert_eq!(world.names("builder", "secrets"), ["extreg-quay.io"]);
        assert!(world.secret("extreg-quay.io").is_some());
    });
}

#[test]
fn a_secret_that_something_uses_stays_and_the_user_is_named() {
    for_each_world(|world| {
        world.link("quay.io").success();
        let mut deployment = world.deployment("web", "quay.io/team/app:1");
        deployment["spec"]["template"]["spec"]["imagePullSecrets"] =
            json!([{"name": "extreg-quay.io"}]);
        world.create(deployment);
        let output = world.run("unlink quay.io").success();
        output.prints("serviceaccount/default unlinked\n");
        output.says("deployment.apps/web");
        assert!(world.secret("extreg-quay.io").is_some());
    });
}

#[test]
fn a_build_that_uses_it_keeps_it_too() {
    let world = Embedded::openshift();
    world.link("quay.io").success();
    let mut build = make::build_config("shop", "app", "quay.io/a/b", "quay.io/a/c");
    build["spec"]["output"]["pushSecret"] = json!({"name": "extreg-quay.io"});
    world.create(build);
    let output = world.run("unlink quay.io").success();
    output.prints("serviceaccount/default unlinked\n");
    output.says("buildconfig.build.openshift.io/app");
    assert!(world.secret("extreg-quay.io").is_some());
}

#[test]
fn a_running_pod_does_not_keep_the_secret_and_a_waiting_one_does() {
    for_each_world(|world| {
        world.link("quay.io").success();
        let image = "quay.io/team/app:1";
        world.add_pod("runs", image, &PodState::running());
        world.add_pod("waits", image, &PodState::pull_failed(image, "no"));
        let output = world.run("unlink quay.io").success();
        output.says("stays: used by pod/waits");
        world.delete("pods", "waits");
        let output = world.run("unlink quay.io").success();
        output.prints("secret/extreg-quay.io deleted\n");
        output.says("1 running pod");
    });
}

#[test]
fn a_foreign_secret_is_only_taken_off() {
    for_each_world(|world| {
        world.docker_secret("corp", "quay.io", "robot", "x");
        world
            .run("link quay.io --secret corp --skip-check")
            .success();
        let output = world.run("unlink corp").success();
        output.prints("serviceaccount/default unlinked\n");
        output.says("it was not made by this tool");
        assert!(world.secret("corp").is_some());
    });
}

#[test]
fn a_name_without_a_secret_is_taken_off_too() {
    for_each_world(|world| {
        world.set_pull_secrets(&["long-gone", "kept"]);
        let output = world.run("unlink long-gone").success();
        output.prints("serviceaccount/default unlinked\n");
        assert_eq!(world.pull_secrets(), ["kept"]);
    });
}

#[test]
fn a_secret_of_the_platform_is_not_touched() {
    for_each_world(|world| {
        world.create(make::dockercfg_secret(
            &world.namespace,
            "ci-dockercfg-abcde",
            "quay.io",
            "x",
            "y",
        ));
        let output = world.run("unlink ci-dockercfg-abcde").exits(1);
        output.says("managed by the platform");
        world.is_untouched();
    });
}

#[test]
fn what_is_not_linked_is_said() {
    for_each_world(|world| {
        let ns = &world.namespace;
        let output = world.run("unlink quay.io").exits(1);
        output.says(&format!(
            "namespace \"{ns}\" has no secret of this tool for registry quay.io"
        ));
        world.link("quay.io/team").success();
        let output = world.run("unlink quay.io").exits(1);
        output.says("hint: linked there: quay.io/team");
        // What lies there and is on no account is not linked.
        world.link("ghcr.io").success();
        world.run("unlink ghcr.io --keep-secret").success();
        let output = world.run("unlink quay.io").exits(1);
        output.says("hint: linked there: quay.io/team\n");
    });
}

#[test]
fn what_cannot_be_listed_keeps_the_secret() {
    for_each_world(|world| {
        world.link("quay.io").success();
        world.limited(&[("list", "deployments.apps")]);
        let output = world.run("unlink quay.io").success();
        output.prints("serviceaccount/default unlinked\n");
        output.says("could not be listed: deployments (no right to)");
    });
}

#[test]
fn it_comes_off_in_every_namespace() {
    let world = Embedded::kubernetes();
    world.api().add_namespace("bar");
    world.link("quay.io --namespaces shop,bar").success();
    let output = world.run("unlink quay.io -A").success();
    assert_eq!(
        output.stdout.matches(" deleted").count(),
        2,
        "{}",
        output.stdout
    );
    assert!(
        output
            .stdout
            .contains("serviceaccount/default unlinked in namespace bar\n"),
        "{}",
        output.stdout
    );
}

//! `unlink`: what it takes off, and when the secret goes with it.

mod kit;

use extreg_test_support::api::{PodState, Rule, User, make};
use kit::World;
use serde_json::json;

#[test]
fn the_way_back_of_a_link() {
    let world = World::openshift();
    let before = world.account("default");
    world.link("quay.io").success();
    let output = world.run("unlink quay.io").success();
    assert_eq!(
        output.stdout,
        "serviceaccount/default unlinked\nsecret/extreg-quay.io deleted\n"
    );
    assert_eq!(
        world.account("default")["imagePullSecrets"],
        before["imagePullSecrets"]
    );
    assert!(
        output.stderr.contains("`undo` cannot bring it back"),
        "{}",
        output.stderr
    );
    let output = world.run("undo").exits(1);
    assert!(
        output
            .stderr
            .contains("`oc extreg link quay.io -n shop` makes it again"),
        "{}",
        output.stderr
    );
}

#[test]
fn kept_secrets_can_be_linked_again_by_undo() {
    let world = World::kubernetes();
    world
        .api
        .edit("serviceaccounts", "shop", "default", |account| {
            account["imagePullSecrets"] = json!([{"name": "first"}]);
        });
    world.link("quay.io").success();
    world
        .api
        .edit("serviceaccounts", "shop", "default", |account| {
            account["imagePullSecrets"]
                .as_array_mut()
                .expect("a list")
                .push(json!({"name": "last"}));
        });
    let output = world.run("unlink quay.io --keep-secret").success();
    assert_eq!(output.stdout, "serviceaccount/default unlinked\n");
    assert!(world.api.get("secrets", "shop", "extreg-quay.io").is_some());
    world.run("undo").success();
    assert_eq!(
        world.names("default", "imagePullSecrets"),
        ["first", "extreg-quay.io", "last"]
    );
}

#[test]
fn one_kind_can_be_taken_off() {
    let world = World::openshift();
    world.link("quay.io --for pull,push").success();
    let output = world.run("unlink quay.io --for push -z builder").success();
    assert_eq!(output.stdout, "serviceaccount/builder unlinked (push)\n");
    assert!(
        output
            .stderr
            .contains("stays: used by serviceaccount/default"),
        "{}",
        output.stderr
    );
    for list in ["secrets", "imagePullSecrets"] {
        assert!(
            !world
                .names("builder", list)
                .contains(&"extreg-quay.io".to_owned())
        );
    }
    let output = world.run("unlink quay.io --for pull").success();
    assert_eq!(
        output.stdout,
        "serviceaccount/default unlinked (pull)\nsecret/extreg-quay.io deleted\n"
    );
}

#[test]
fn taking_off_pull_leaves_the_mount_list() {
    let world = World::openshift();
    world.link("quay.io --for push").success();
    let output = world.run("unlink quay.io --for pull").success();
    assert_eq!(output.stdout, "serviceaccount/builder unlinked (pull)\n");
    assert!(
        world
            .names("builder", "secrets")
            .contains(&"extreg-quay.io".to_owned())
    );
    assert!(world.api.get("secrets", "shop", "extreg-quay.io").is_some());
}

#[test]
fn a_secret_that_something_uses_stays_and_the_user_is_named() {
    let world = World::openshift();
    world.link("quay.io").success();
    let mut deployment = make::deployment("shop", "web", "quay.io/team/app:1");
    deployment["spec"]["template"]["spec"]["imagePullSecrets"] =
        json!([{"name": "extreg-quay.io"}]);
    world.api.create(deployment);
    let mut build = make::build_config("shop", "app", "quay.io/a/b", "quay.io/a/c");
    build["spec"]["output"]["pushSecret"] = json!({"name": "extreg-quay.io"});
    world.api.create(build);
    let output = world.run("unlink quay.io").success();
    assert_eq!(output.stdout, "serviceaccount/default unlinked\n");
    for user in ["deployment.apps/web", "buildconfig.build.openshift.io/app"] {
        assert!(output.stderr.contains(user), "{}", output.stderr);
    }
    assert!(world.api.get("secrets", "shop", "extreg-quay.io").is_some());
}

#[test]
fn a_running_pod_does_not_keep_the_secret_and_a_waiting_one_does() {
    let world = World::kubernetes();
    world.link("quay.io").success();
    let image = "quay.io/team/app:1";
    world
        .api
        .add_pod("shop", "runs", image, &PodState::running());
    world
        .api
        .add_pod("shop", "waits", image, &PodState::pull_failed(image, "no"));
    let output = world.run("unlink quay.io").success();
    assert!(
        output.stderr.contains("stays: used by pod/waits"),
        "{}",
        output.stderr
    );
    world.api.delete("pods", "shop", "waits");
    let output = world.run("unlink quay.io").success();
    assert_eq!(output.stdout, "secret/extreg-quay.io deleted\n");
    assert!(output.stderr.contains("1 running pod"), "{}", output.stderr);
}

#[test]
fn a_foreign_secret_is_only_taken_off() {
    let world = World::kubernetes();
    world
        .api
        .create(make::docker_secret("shop", "corp", "quay.io", "robot", "x"));
    world
        .run("link quay.io --secret corp --skip-check")
        .success();
    let output = world.run("unlink corp").success();
    assert_eq!(output.stdout, "serviceaccount/default unlinked\n");
    assert!(
        output.stderr.contains("it was not made by this tool"),
        "{}",
        output.stderr
    );
    assert!(world.api.get("secrets", "shop", "corp").is_some());
}

#[test]
fn a_name_without_a_secret_is_taken_off_too() {
    let world = World::kubernetes();
    world
        .api
        .edit("serviceaccounts", "shop", "default", |account| {
            account["imagePullSecrets"] = json!([{"name": "long-gone"}, {"name": "kept"}]);
        });
    let output = world.run("unlink long-gone").success();
    assert_eq!(output.stdout, "serviceaccount/default unlinked\n");
    assert_eq!(world.names("default", "imagePullSecrets"), ["kept"]);
}

#[test]
fn a_secret_of_the_platform_is_not_touched() {
    let world = World::openshift();
    world.api.create(make::dockercfg_secret(
        "shop",
        "ci-dockercfg-abcde",
        "quay.io",
        "x",
        "y",
    ));
    let output = world.run("unlink ci-dockercfg-abcde").exits(1);
    assert!(
        output.stderr.contains("managed by the platform"),
        "{}",
        output.stderr
    );
    assert!(world.api.writes().is_empty());
}

#[test]
fn what_is_not_linked_is_said() {
    let world = World::kubernetes();
    let output = world.run("unlink quay.io").exits(1);
    assert!(
        output
            .stderr
            .contains("namespace \"shop\" has no secret of this tool for registry quay.io"),
        "{}",
        output.stderr
    );
    world.link("quay.io/team").success();
    let output = world.run("unlink quay.io").exits(1);
    assert!(
        output.stderr.contains("hint: linked there: quay.io/team"),
        "{}",
        output.stderr
    );
}

#[test]
fn what_cannot_be_listed_keeps_the_secret() {
    let builder = extreg_test_support::api::Api::builder()
        .tls()
        .user(User::new("dev").token("dev-token"))
        .deny("dev", Rule::verb("list").on("deployments.apps"));
    let mut world = World::of(builder);
    world.link("quay.io").success();
    world.kubeconfig = world
        .sandbox
        .write("dev", world.api.kubeconfig_of("dev", "shop"));
    let output = world.run("unlink quay.io").success();
    assert_eq!(output.stdout, "serviceaccount/default unlinked\n");
    assert!(
        output
            .stderr
            .contains("could not be listed: deployments (no right to)"),
        "{}",
        output.stderr
    );
}

#[test]
fn it_comes_off_in_every_namespace() {
    let world = World::kubernetes();
    world.api.add_namespace("bar");
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

//! What is left to do after a link, and `--restart`.

mod kit;

use extreg_test_support::api::{Api, Flavor, PodState, make};
use kit::World;
use serde_json::json;

const IMAGE: &str = "quay.io/team/app:1";

/// A cluster whose pods start once they have the secret.
fn rolling() -> World {
    let world = World::of(
        Api::builder()
            .flavor(Flavor::OpenShift4 {
                version: "4.20.3".into(),
            })
            .rolls_out(),
    );
    world.api.on_pod(|pod| {
        let has =
            kit::names(&pod["spec"], "imagePullSecrets").contains(&"extreg-quay.io".to_owned());
        let image = pod["spec"]["containers"][0]["image"]
            .as_str()
            .unwrap_or_default();
        if has || !image.starts_with("quay.io/") {
            PodState::running()
        } else {
            PodState::pull_failed(image, "unauthorized")
        }
    });
    world
}

#[test]
fn what_waits_for_an_image_is_named_and_restarted_when_asked() {
    let world = rolling();
    world.api.create(make::deployment("shop", "web", IMAGE));
    world
        .api
        .create(make::workload("StatefulSet", "shop", "db", IMAGE));
    world
        .api
        .create(make::deployment("shop", "other", "ghcr.io/team/app:1"));
    world.api.roll_out();
    let output = world.link("quay.io").success();
    assert!(
        output.stderr.contains(
            "deployment.apps/web: 1 pod waits for an image without the secret: has to be restarted"
        ),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.contains("statefulset.apps/db"),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.contains("hint: --restart restarts them"),
        "{}",
        output.stderr
    );
    assert!(!output.stderr.contains("/other"), "{}", output.stderr);

    let output = world.link("quay.io --restart").success();
    assert_eq!(
        output.stdout,
        "secret/extreg-quay.io unchanged\nserviceaccount/default unchanged\ndeployment.apps/web restarted\nstatefulset.apps/db restarted\n"
    );
    for pod in world.api.list("pods", "shop") {
        assert_eq!(
            pod["status"]["phase"], "Running",
            "{}",
            pod["metadata"]["name"]
        );
    }
    let output = world.link("quay.io --restart").success();
    assert_eq!(
        output.stdout,
        "secret/extreg-quay.io unchanged\nserviceaccount/default unchanged\n"
    );
}

#[test]
fn a_deployment_config_is_restarted_too() {
    let world = rolling();
    // The deployment controller of OpenShift puts this label on the pods of a config.
    let config = |name: &str| {
        let mut config = make::deployment_config("shop", name, IMAGE);
        config["spec"]["template"]["metadata"]["labels"]["deploymentconfig"] = json!(name);
        config
    };
    world.api.create(config("old"));
    let mut manual = config("manual");
    manual["spec"]["triggers"] = json!([{"type": "ImageChange", "imageChangeParams": {"containerNames": ["app"], "from": {"kind": "ImageStreamTag", "name": "x:latest"}}}]);
    world.api.create(manual);
    world.api.roll_out();
    let output = world.link("quay.io --restart").success();
    assert!(
        output
            .stdout
            .contains("deploymentconfig.apps.openshift.io/old restarted\n"),
        "{}\n{}",
        output.stdout,
        output.stderr
    );
    assert!(
        output
            .stderr
            .contains("deploymentconfig.apps.openshift.io/manual: 1 pod waits"),
        "{}",
        output.stderr
    );
    assert!(
        output.stderr.contains("oc rollout latest"),
        "{}",
        output.stderr
    );
}

#[test]
fn an_undo_leaves_a_restart_alone() {
    let world = rolling();
    world.api.create(make::deployment("shop", "web", IMAGE));
    world.api.roll_out();
    world.link("quay.io --restart").success();
    let output = world.run("undo").success();
    assert_eq!(
        output.stdout,
        "serviceaccount/default taken back\nsecret/extreg-quay.io deleted\n"
    );
    assert!(
        output
            .stderr
            .contains("a restart leaves nothing to take back"),
        "{}",
        output.stderr
    );
}

#[test]
fn pull_secrets_of_a_workloads_own_override_the_accounts() {
    let world = World::kubernetes();
    let mut deployment = make::deployment("shop", "web", IMAGE);
    deployment["spec"]["template"]["spec"]["imagePullSecrets"] = json!([{"name": "stale"}]);
    world.api.create(deployment);
    let mut pod = make::pod("shop", "bare", IMAGE);
    pod["spec"]["imagePullSecrets"] = json!([{"name": "own"}]);
    world.api.create(pod);
    let output = world.link("quay.io").success();
    assert!(
        output
            .stderr
            .contains("Warning: deployment.apps/web names pull secrets of its own (stale)"),
        "{}",
        output.stderr
    );
    assert!(
        output
            .stderr
            .contains("Warning: pod/bare names pull secrets of its own (own)"),
        "{}",
        output.stderr
    );
}

#[test]
fn bare_pods_are_only_named() {
    let world = World::kubernetes();
    world.api.add_pod(
        "shop",
        "bare",
        IMAGE,
        &PodState::pull_failed(IMAGE, "unauthorized"),
    );
    let mut other = make::pod("shop", "other-account", IMAGE);
    world.api.create(make::service_account("shop", "ci"));
    other["spec"]["serviceAccountName"] = json!("ci");
    world.api.create(other);
    let output = world.link("quay.io --restart").success();
    assert!(
        output.stderr.contains(
            "pod/bare: 1 pod waits for an image without the secret: nothing makes it again"
        ),
        "{}",
        output.stderr
    );
    assert!(
        !output.stderr.contains("other-account"),
        "{}",
        output.stderr
    );
    assert!(world.api.get("pods", "shop", "bare").is_some());
}

#[test]
fn pods_that_run_are_counted_and_left_alone() {
    let world = World::kubernetes();
    world
        .api
        .add_pod("shop", "runs", IMAGE, &PodState::running());
    let output = world.link("quay.io --restart").success();
    assert!(
        output.stderr.contains("1 pod runs without the secret"),
        "{}",
        output.stderr
    );
    assert!(!output.stdout.contains("restarted"));
}

#[test]
fn only_images_of_the_linked_path_matter() {
    let world = World::kubernetes();
    for (name, image) in [("in", "quay.io/team/app"), ("out", "quay.io/teams/app")] {
        world
            .api
            .add_pod("shop", name, image, &PodState::pull_failed(image, "no"));
    }
    let output = world.link("quay.io/team").success();
    assert!(output.stderr.contains("pod/in:"), "{}", output.stderr);
    assert!(!output.stderr.contains("pod/out:"), "{}", output.stderr);
}

//! What is left to do after a link, and `--restart`.

use extreg_test_support::api::{Api, PodState, make};
use serde_json::json;

use crate::kit::{Embedded, for_each_world, names, openshift4};

const IMAGE: &str = "quay.io/team/app:1";

/// A cluster whose pods start once they have the secret.
fn rolling() -> Embedded {
    let world = Embedded::of(Api::builder().flavor(openshift4()).rolls_out());
    world.api().on_pod(|pod| {
        let has = names(&pod["spec"], "imagePullSecrets").contains(&"extreg-quay.io".to_owned());
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
    world.api().create(make::deployment("shop", "web", IMAGE));
    world
        .api()
        .create(make::workload("StatefulSet", "shop", "db", IMAGE));
    world
        .api()
        .create(make::deployment("shop", "other", "ghcr.io/team/app:1"));
    world.api().roll_out();
    let output = world.link("quay.io").success();
    output.says(
        "deployment.apps/web: 1 pod waits for an image without the secret: has to be restarted",
    );
    output.says("statefulset.apps/db");
    output.says("hint: --restart restarts them");
    assert!(!output.stderr.contains("/other"), "{}", output.stderr);

    let output = world.link("quay.io --restart").success();
    output.prints("secret/extreg-quay.io unchanged\nserviceaccount/default unchanged\ndeployment.apps/web restarted\nstatefulset.apps/db restarted\n");
    for pod in world.api().list("pods", "shop") {
        assert_eq!(
            pod["status"]["phase"], "Running",
            "{}",
            pod["metadata"]["name"]
        );
    }
    let output = world.link("quay.io --restart").success();
    output.prints("secret/extreg-quay.io unchanged\nserviceaccount/default unchanged\n");
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
    world.api().create(config("old"));
    let mut manual = config("manual");
    manual["spec"]["triggers"] = json!([{"type": "ImageChange", "imageChangeParams": {"containerNames": ["app"], "from": {"kind": "ImageStreamTag", "name": "x:latest"}}}]);
    world.api().create(manual);
    world.api().roll_out();
    let output = world.link("quay.io --restart").success();
    assert!(
        output
            .stdout
            .contains("deploymentconfig.apps.openshift.io/old restarted\n"),
        "{}\n{}",
        output.stdout,
        output.stderr
    );
    output.says("deploymentconfig.apps.openshift.io/manual: 1 pod waits");
    output.says("oc rollout latest");
}

#[test]
fn an_undo_leaves_a_restart_alone() {
    let world = rolling();
    world.api().create(make::deployment("shop", "web", IMAGE));
    world.api().roll_out();
    world.link("quay.io --restart").success();
    let output = world.run("undo").success();
    output.prints("serviceaccount/default taken back\nsecret/extreg-quay.io deleted\n");
    output.says("a restart leaves nothing to take back");
}

#[test]
fn pull_secrets_of_a_workloads_own_override_the_accounts() {
    for_each_world(|world| {
        let mut deployment = world.deployment("web", IMAGE);
        deployment["spec"]["template"]["spec"]["imagePullSecrets"] = json!([{"name": "stale"}]);
        world.create(deployment);
        let mut pod = make::pod(&world.namespace, "bare", IMAGE);
        pod["spec"]["imagePullSecrets"] = json!([{"name": "own"}]);
        world.create(pod);
        let output = world.link("quay.io").success();
        output.says("Warning: deployment.apps/web names pull secrets of its own (stale)");
        output.says("Warning: pod/bare names pull secrets of its own (own)");
    });
}

#[test]
fn bare_pods_are_only_named() {
    for_each_world(|world| {
        world.add_pod("bare", IMAGE, &PodState::pull_failed(IMAGE, "unauthorized"));
        let mut other = make::pod(&world.namespace, "other-account", IMAGE);
        world.add_account("ci");
        other["spec"]["serviceAccountName"] = json!("ci");
        world.create(other);
        let output = world.link("quay.io --restart").success();
        output
            .says("pod/bare: 1 pod waits for an image without the secret: nothing makes it again");
        assert!(
            !output.stderr.contains("other-account"),
            "{}",
            output.stderr
        );
        assert!(world.get("pods", "bare").is_some());
    });
}

#[test]
fn pods_that_run_are_counted_and_left_alone() {
    for_each_world(|world| {
        world.add_pod("runs", IMAGE, &PodState::running());
        let output = world.link("quay.io --restart").success();
        output.says("1 pod runs without the secret");
        assert!(!output.stdout.contains("restarted"));
    });
}

#[test]
fn only_images_of_the_linked_path_matter() {
    for_each_world(|world| {
        for (name, image) in [("in", "quay.io/team/app"), ("out", "quay.io/teams/app")] {
            world.add_pod(name, image, &PodState::pull_failed(image, "no"));
        }
        let output = world.link("quay.io/team").success();
        output.says("pod/in:");
        assert!(!output.stderr.contains("pod/out:"), "{}", output.stderr);
    });
}

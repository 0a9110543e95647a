//! `--wait`: the rollout to its end, as kubectl judges it, and the diagnosis of one that hangs on its image.

use extreg_test_support::api::{Api, PodState, make};
use serde_json::{Value, json};

use super::{HOW, public, use_it, workload};
use crate::kit::{Embedded, World, for_each_world};

/// The status of a workload whose rollout is over, whatever its generation.
fn rolled_out(kind: &str) -> Value {
    match kind {
        "DaemonSet" => json!({
            "observedGeneration": 99, "desiredNumberScheduled": 1, "currentNumberScheduled": 1, "numberReady": 1,
            "numberMisscheduled": 0, "updatedNumberScheduled": 1, "numberAvailable": 1,
        }),
        _ => json!({
            "observedGeneration": 99, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1,
        }),
    }
}

/// A pod of the workload `web` with this image in this state.
fn pod(world: &World, name: &str, image: &str, state: &PodState) {
    let mut pod = make::pod(&world.namespace, name, image);
    pod["metadata"]["labels"] = json!({"app": "web"});
    world.cluster.add_pod_like(&pod, state);
}

#[test]
fn a_rollout_that_is_over_is_said_to_be() {
    for_each_world(|world| {
        let registry = public();
        let image = registry.image("team/app:1");
        for kind in ["Deployment", "StatefulSet", "DaemonSet"] {
            let mut object = workload(world, kind, "quay.io/old/app:1");
            object["status"] = rolled_out(kind);
            world.create(object);
            let output = use_it(world, &format!("{kind}/web {image} --wait=150s")).success();
            output.says("rolled out");
        }
        let mut pod = workload(world, "Pod", "quay.io/old/app:1");
        let running = json!({
            "name": "app", "image": image, "imageID": "x", "ready": true, "restartCount": 1,
            "containerID": "cri-o://1", "state": {"running": {}},
        });
        pod["status"] = json!({"phase": "Running", "containerStatuses": [running]});
        world.create(pod);
        use_it(world, &format!("pod/web {image} --wait=150s"))
            .success()
            .says("app was started with the image");
    });
}

#[test]
fn a_rollout_that_hangs_on_its_image_ends_in_a_diagnosis() {
    for_each_world(|world| {
        let registry = public();
        let image = registry.image("team/app:9");
        let mut deployment = workload(world, "Deployment", "quay.io/old/app:1");
        deployment["status"] = json!({
            "observedGeneration": 99, "replicas": 1, "updatedReplicas": 1, "unavailableReplicas": 1,
        });
        world.create(deployment);
        // One of the old template does not matter.
        let elsewhere = PodState::waiting("ImagePullBackOff", "Back-off pulling image");
        pod(world, "web-old", "quay.io/old/app:1", &elsewhere);
        pod(world, "web-new", &image, &elsewhere);
        let line = format!("use deploy/web {image} {HOW} --skip-check --wait=150s");
        let output = world.run(&line).exits(3);
        output.says("location.tag-missing");
        output.says("0 of 1 new pods are available");
        output.says("takes it back");
        assert_eq!(output.stdout, "deployment.apps/web image updated\n");
    });
}

#[test]
fn one_failed_pull_is_left_to_the_kubelet_for_a_moment() {
    for_each_world(|world| {
        let registry = public();
        let image = registry.image("team/app:9");
        let mut set = workload(world, "StatefulSet", "quay.io/old/app:1");
        set["status"] = json!({"observedGeneration": 99, "replicas": 1});
        world.create(set);
        let state = PodState::pull_failed(&image, "manifest unknown");
        pod(world, "web-0", &image, &state);
        let line = format!("use sts/web {image} {HOW} --skip-check --wait=150s");
        world.run(&line).exits(3).says("location.tag-missing");
    });
}

#[test]
fn a_rollout_that_hangs_on_something_else_is_no_matter_of_the_image() {
    for_each_world(|world| {
        let registry = public();
        let image = registry.image("team/app:1");
        let mut deployment = workload(world, "Deployment", "quay.io/old/app:1");
        deployment["status"] =
            json!({"observedGeneration": 99, "replicas": 1, "updatedReplicas": 1});
        world.create(deployment);
        let output = use_it(world, &format!("deploy/web {image} --wait=1s")).exits(1);
        output.says("not rolled out after 1s");
        output.says("the image is not what keeps it");
        world.edit("deployments.apps", "web", |_| {});
        world.cluster.set_status(
            "deployments.apps",
            &world.namespace,
            "web",
            &json!({"observedGeneration": 99, "conditions": [{"type": "Progressing", "status": "False",
                "reason": "ProgressDeadlineExceeded", "message": "timed out",
                "lastTransitionTime": "2026-01-01T00:00:00Z", "lastUpdateTime": "2026-01-01T00:00:00Z"}]}),
        );
        let output = use_it(world, &format!("deploy/web {image} --wait=150s")).exits(1);
        output.says("progress deadline");
    });
}

#[test]
fn a_pod_that_a_stateful_set_does_not_replace_is_named() {
    for_each_world(|world| {
        let registry = public();
        let image = registry.image("team/app:1");
        let mut set = workload(world, "StatefulSet", "quay.io/broken/app:1");
        set["status"] = json!({"observedGeneration": 99, "replicas": 1});
        world.create(set);
        let state = PodState::waiting("ImagePullBackOff", "Back-off pulling image");
        pod(world, "web-0", "quay.io/broken/app:1", &state);
        let output = use_it(world, &format!("sts/web {image} --wait=1s")).exits(1);
        output.says("pod/web-0 still waits for another image");
        assert_eq!(output.stderr.matches("pod/web-0 still").count(), 1);
    });
}

#[test]
fn what_does_not_roll_is_not_waited_for() {
    for_each_world(|world| {
        let registry = public();
        let image = registry.image("team/app:1");
        let mut paused = workload(world, "Deployment", "quay.io/old/app:1");
        paused["spec"]["paused"] = json!(true);
        world.create(paused);
        let output = use_it(world, &format!("deploy/web {image} --wait")).success();
        output.says("rollout resume deployment/web");
        output.says("not waited for");
        let mut by_hand = workload(world, "DaemonSet", "quay.io/old/app:1");
        by_hand["spec"]["updateStrategy"] = json!({"type": "OnDelete"});
        world.create(by_hand);
        use_it(world, &format!("ds/web {image} --wait"))
            .success()
            .says("OnDelete");
        use_it(world, &format!("deploy/web {image} --wait=0")).exits(2);
    });
}

#[test]
fn controllers_roll_it_out_and_the_wait_ends_with_them() {
    let world = Embedded::of(Api::builder().rolls_out());
    let registry = public();
    let image = registry.image("team/app:1");
    for (kind, words) in [
        ("Deployment", "rolled out, 1 of 1 pods available"),
        ("StatefulSet", "rolled out, 1 pods are new"),
        ("DaemonSet", "rolled out, 1 of 1 pods available"),
    ] {
        world.create(workload(&world, kind, "quay.io/old/app:1"));
        use_it(&world, &format!("{kind}/web {image} --wait=150s"))
            .success()
            .says(words);
    }
}

#[test]
fn a_wait_can_be_given_up() {
    for_each_world(|world| {
        let registry = public();
        let image = registry.image("team/app:1");
        world.create(workload(world, "Deployment", "quay.io/old/app:1"));
        let mut running = world
            .cmd(&format!("use deploy/web {image} {HOW} --wait=150s"))
            .spawn();
        running.wait_for_stderr("takes it back");
        running.interrupt();
        let output = running.wait().exits(130);
        assert_eq!(output.stdout, "deployment.apps/web image updated\n");
    });
}

//! Through an image stream: the tag, the trigger, and with the platform's controllers the whole way to the pods and back.

use extreg_test_support::api::{Api, ImportAnswer, PodState, make};
use serde_json::{Value, json};

use super::{HOW, deployed, imports_work, public, use_it, workload};
use crate::kit::{Embedded, World, for_each_openshift, openshift4};

const TRIGGERS: &str = "image.openshift.io/triggers";
const STREAM: &str = "imagestream.image.openshift.io/app";
const CONFIG: &str = "deploymentconfig.apps.openshift.io/web";

fn triggers(world: &World) -> Value {
    let object = world.get("deployments.apps", "web").expect("a deployment");
    object["metadata"]["annotations"][TRIGGERS]
        .as_str()
        .map_or(Value::Null, |text| {
            serde_json::from_str(text).expect("JSON")
        })
}

fn trigger(tag: &str) -> Value {
    json!({"from": {"kind": "ImageStreamTag", "name": tag},
        "fieldPath": "spec.template.spec.containers[?(@.name==\"app\")].image"})
}

fn spec_tag(world: &World, stream: &str) -> Value {
    let stream = world.get("imagestreams", stream).expect("a stream");
    stream["spec"]["tags"][0].clone()
}

#[test]
fn a_deployment_follows_a_tag_and_gives_it_up_again() {
    for_each_openshift(|world| {
        imports_work(world);
        let registry = public();
        let image = registry.image("team/app:1");
        world.create(workload(world, "Deployment", "quay.io/old/app:1"));
        let line = format!("deploy/web {image} --via-stream");
        let output = use_it(world, &line).success();
        output.prints(&format!(
            "{STREAM} created\ndeployment.apps/web follows istag/app:1\n"
        ));
        output.says("imports");
        assert_eq!(spec_tag(world, "app")["from"]["name"], image.as_str());
        assert_eq!(triggers(world), json!([trigger("app:1")]));
        // The trigger puts the image in; nothing is blanked.
        assert_eq!(deployed(world), "quay.io/old/app:1");

        world.run("undo").success();
        assert_eq!(triggers(world), Value::Null);
        assert!(world.get("imagestreams", "app").is_none());
    });
}

#[test]
fn a_second_run_changes_nothing_once_the_image_is_imported() {
    for_each_openshift(|world| {
        imports_work(world);
        let registry = public();
        let image = registry.image("team/app:1");
        world.create(workload(world, "Deployment", "quay.io/old/app:1"));
        let mut stream = make::image_stream(&world.namespace, "web", "stable", &image);
        stream["status"] = json!({"dockerImageRepository": "", "tags": [
            {"tag": "stable", "items": [{"created": "2026-01-01T00:00:00Z", "dockerImageReference": image,
                "image": "sha256:1", "generation": 1}]}]});
        world.create(stream);
        let line = format!("deploy/web {image} --via-stream=web:stable");
        use_it(world, &line)
            .success()
            .prints("deployment.apps/web follows istag/web:stable\n");
        use_it(world, &line)
            .success()
            .prints("deployment.apps/web unchanged\n");
        use_it(
            world,
            &format!("{line} --reference-policy=local --dry-run=server"),
        )
        .success()
        .says("integrated registry");
    });
}

#[test]
fn a_deployment_config_gets_a_trigger_beside_the_others() {
    for_each_openshift(|world| {
        imports_work(world);
        let registry = public();
        let image = registry.image("team/app:1");
        world.create(workload(world, "DeploymentConfig", "quay.io/old/app:1"));
        let get = || world.get("deploymentconfigs", "web").expect("a config");
        let before = get()["spec"].clone();
        let output = use_it(world, &format!("dc/web {image} --via-stream=web:prod")).success();
        output.prints(&format!(
            "imagestream.image.openshift.io/web created\n{CONFIG} follows istag/web:prod\n"
        ));
        assert_eq!(
            get()["spec"]["triggers"],
            json!([{"type": "ConfigChange"}, {"type": "ImageChange", "imageChangeParams": {
                "automatic": true, "containerNames": ["app"],
                "from": {"kind": "ImageStreamTag", "namespace": world.namespace, "name": "web:prod"}}}])
        );
        // What the controller adds does not keep it from being taken back.
        world.edit("deploymentconfigs", "web", |config| {
            config["spec"]["triggers"][1]["imageChangeParams"]["lastTriggeredImage"] =
                json!("x@sha256:1");
        });
        world.run("undo").success();
        assert_eq!(get()["spec"], before);
    });
}

#[test]
fn a_direct_image_takes_the_trigger_off_and_undo_puts_it_back() {
    for_each_openshift(|world| {
        imports_work(world);
        let registry = public();
        let image = registry.image("team/app:1");
        let mut deployment = workload(world, "Deployment", "quay.io/old/app:1");
        let list = json!([trigger("old:1")]).to_string();
        deployment["metadata"]["annotations"] = json!({TRIGGERS: list});
        world.create(deployment);
        let output = use_it(world, &format!("deploy/web {image}")).success();
        output.says("image trigger on istag/old:1 would put another image into the container app");
        assert_eq!(triggers(world), Value::Null);
        assert_eq!(deployed(world), image);
        world.run("undo").success();
        assert_eq!(triggers(world), json!([trigger("old:1")]));
        assert_eq!(deployed(world), "quay.io/old/app:1");

        let mut config = workload(world, "DeploymentConfig", "quay.io/old/app:1");
        let change = json!({"type": "ImageChange", "imageChangeParams": {
            "automatic": true, "containerNames": ["app"],
            "from": {"kind": "ImageStreamTag", "namespace": world.namespace, "name": "old:1"}}});
        config["spec"]["triggers"] = json!([change]);
        world.create(config);
        let output = use_it(world, &format!("dc/web {image}")).success();
        output.says("istag/old:1");
        output.says("rollout latest deploymentconfig/web");
        let get = || world.get("deploymentconfigs", "web").expect("a config");
        let left = get()["spec"]["triggers"].as_array().map_or(0, Vec::len);
        assert_eq!(left, 0);
        world.run("undo").success();
        assert_eq!(get()["spec"]["triggers"], json!([change]));
    });
}

#[test]
fn a_tag_of_another_source_is_changed_when_that_is_meant() {
    for_each_openshift(|world| {
        imports_work(world);
        let registry = public();
        let image = registry.image("team/app:2");
        let old = registry.image("team/app:1");
        world.create(make::image_stream(&world.namespace, "app", "prod", &old));
        world.create(workload(world, "StatefulSet", "quay.io/old/app:1"));
        let line = format!("sts/web {image} --via-stream=app:prod");
        use_it(world, &line).exits(1).says("--change-source");
        use_it(world, &format!("{line} --change-source"))
            .success()
            .prints(&format!(
                "{STREAM} tag prod changed\nstatefulset.apps/web follows istag/app:prod\n"
            ));
        assert_eq!(spec_tag(world, "app")["from"]["name"], image.as_str());
        world.run("undo").success();
        assert_eq!(spec_tag(world, "app")["from"]["name"], old.as_str());
    });
}

#[test]
fn where_no_trigger_acts_the_tag_is_named() {
    for_each_openshift(|world| {
        imports_work(world);
        let registry = public();
        let image = registry.image("team/app:1");
        world.create(workload(world, "ReplicaSet", "quay.io/old/app:1"));
        use_it(world, &format!("rs/web {image} --via-stream")).success();
        let set = world.get("replicasets.apps", "web").expect("a set");
        let template = &set["spec"]["template"];
        assert_eq!(template["spec"]["containers"][0]["image"], "app:1");
        let resolve = "alpha.image.policy.openshift.io/resolve-names";
        assert_eq!(template["metadata"]["annotations"][resolve], "*");
    });
}

#[test]
fn an_import_that_would_fail_is_diagnosed_before_anything_is_written() {
    for_each_openshift(|world| {
        if let Some(api) = world.cluster.api() {
            api.on_import(|_| ImportAnswer::failed("NotFound", "manifest unknown"));
        }
        let registry = public();
        world.create(workload(world, "Deployment", "quay.io/old/app:1"));
        let image = registry.image("team/app:9");
        let output = use_it(world, &format!("deploy/web {image} --via-stream")).exits(1);
        output.says("location.tag-missing");
        world.is_untouched();
    });
}

/// A cluster that imports, acts on triggers and rolls out, and the digest that its imports bring.
fn platform() -> (Embedded, String) {
    let world = Embedded::of(
        Api::builder()
            .flavor(openshift4())
            .rolls_out()
            .follows_images(),
    );
    let digest = format!("sha256:{}", "2".repeat(64));
    let found = digest.clone();
    world.api().on_import(move |_| ImportAnswer::found(&found));
    (world, digest)
}

#[test]
fn the_platform_brings_the_image_to_the_pods_and_undo_brings_the_old_one_back() {
    for kind in ["Deployment", "StatefulSet", "DaemonSet", "DeploymentConfig"] {
        let (world, digest) = platform();
        let registry = public();
        let image = registry.image("team/app:1");
        world.create(workload(&world, kind, "quay.io/old/app:1"));
        let line = format!("{kind}/web {image} --via-stream --wait=150s");
        let output = use_it(&world, &line).success();
        output.says(&format!("istag/app:1 imported {digest}"));
        output.says("rolled out");
        let by_digest = format!("{}/team/app@{digest}", registry.host());
        let pods = world.api().list("pods", "shop");
        assert_eq!(pods.len(), 1, "{kind}");
        assert_eq!(pods[0]["spec"]["containers"][0]["image"], by_digest);
        let again = use_it(&world, &line).success();
        assert!(
            again.stdout.ends_with("unchanged\n"),
            "{kind}: {}",
            again.stdout
        );

        // The stream was imported into and the template written to since.
        let undone = world.run("undo").success();
        assert!(
            undone.stdout.contains(&format!("{STREAM} deleted\n")),
            "{}",
            undone.stdout
        );
        let pods = world.api().list("pods", "shop");
        assert_eq!(
            pods[0]["spec"]["containers"][0]["image"], "quay.io/old/app:1",
            "{kind}"
        );
    }
}

#[test]
fn a_cron_job_gets_the_image_and_nothing_is_waited_for() {
    let (world, digest) = platform();
    let registry = public();
    world.create(workload(&world, "CronJob", "quay.io/old/app:1"));
    let image = registry.image("team/app:1");
    let output = use_it(
        &world,
        &format!("cronjob/web {image} --via-stream --wait=150s"),
    )
    .success();
    output.says("not waited for");
    let job = world.get("cronjobs.batch", "web").expect("a job");
    let spec = &job["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let image = spec["containers"][0]["image"].as_str().unwrap_or_default();
    assert!(image.ends_with(&digest), "{image}");
}

#[test]
fn the_integrated_registry_is_named_where_that_is_asked_for() {
    let (world, digest) = platform();
    let registry = public();
    world.create(workload(&world, "Deployment", "quay.io/old/app:1"));
    let image = registry.image("team/app:1");
    let line = format!("deploy/web {image} --via-stream --reference-policy=local --wait=150s");
    use_it(&world, &line).success();
    let inside = format!("image-registry.openshift-image-registry.svc:5000/shop/app@{digest}");
    assert_eq!(deployed(&world), inside);
    world.run("undo").success();
    assert_eq!(deployed(&world), "quay.io/old/app:1");
}

#[test]
fn an_import_that_fails_is_diagnosed_and_the_workload_stays() {
    let (world, _) = platform();
    let registry = public();
    world
        .api()
        .on_import(|_| ImportAnswer::failed("NotFound", "manifest unknown: manifest unknown"));
    world.create(workload(&world, "Deployment", "quay.io/old/app:1"));
    let image = registry.image("team/app:9");
    let line = format!("use deploy/web {image} {HOW} --via-stream --skip-check --wait=150s");
    let output = world.run(&line).exits(3);
    output.says("the import of istag/app:9 failed: NotFound");
    output.says("location.tag-missing");
    output.says("takes it back");
    assert_eq!(deployed(&world), "quay.io/old/app:1");

    // Once the tag is there, the same command imports again.
    registry.push_image("team/app", "9", &extreg_test_support::content::Image::new());
    let digest = format!("sha256:{}", "3".repeat(64));
    world.api().on_import(move |_| ImportAnswer::found(&digest));
    let output = use_it(
        &world,
        &format!("deploy/web {image} --via-stream --wait=150s"),
    )
    .success();
    output.says("rolled out");
}

#[test]
fn a_stream_that_nobody_imports_is_not_waited_for_for_ever() {
    let world = Embedded::openshift();
    imports_work(&world);
    let registry = public();
    world.create(workload(&world, "Deployment", "quay.io/old/app:1"));
    let image = registry.image("team/app:1");
    let output = use_it(
        &world,
        &format!("deploy/web {image} --via-stream --wait=1s"),
    )
    .exits(1);
    output.says("istag/app:1 has not imported the image after 1s");
}

#[test]
fn a_new_workload_through_a_stream_is_made_imported_rolled_out_and_taken_back() {
    for kind in ["deploy", "dc"] {
        let (world, digest) = platform();
        world.api().on_pod(|_| PodState::running());
        let registry = public();
        let image = registry.image("team/app:1");
        let line = format!("{kind}/shop {image} --create --via-stream --wait=150s");
        let output = use_it(&world, &line).success();
        output.says("rolled out");
        assert!(
            output.stdout.contains("service/shop created\n"),
            "{}",
            output.stdout
        );
        let pods = world.api().list("pods", "shop");
        let pulled = pods[0]["spec"]["containers"][0]["image"]
            .as_str()
            .unwrap_or_default();
        assert!(pulled.ends_with(&digest), "{kind}: {pulled}");
        world.run("undo").success();
        for resource in [
            "deployments.apps",
            "deploymentconfigs",
            "services",
            "imagestreams",
        ] {
            assert!(
                world.api().list(resource, "shop").is_empty(),
                "{kind}: {resource}"
            );
        }
    }
}

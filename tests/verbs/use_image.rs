//! `use`: workloads of every kind on every API server; streams and their triggers with OpenShift's kinds; the controllers of
//! both where only the embedded server has them.

mod create;
mod direct;
mod refusals;
mod stream;
mod wait;

use extreg_test_support::api::{ImportAnswer, make};
use extreg_test_support::content::Image;
use extreg_test_support::process::Output;
use extreg_test_support::registry::{Dialect, Registry, User};
use serde_json::{Value, json};

use crate::kit::{PASSWORD, World};

/// What the tests' registry needs to be reached, and a platform, since the clusters have no nodes.
const HOW: &str = "--plain-http --platform linux/amd64";

/// A registry with `team/app:1` and `team/app:2`, which everybody may pull.
fn public() -> Registry {
    let registry = Registry::builder().start();
    push(&registry);
    registry
}

/// The same, and only `robot` may pull.
fn private() -> Registry {
    let registry = Registry::builder()
        .dialect(Dialect::DistributionBasic)
        .user(User::new("robot", PASSWORD).pull("team/*"))
        .start();
    push(&registry);
    registry
}

fn push(registry: &Registry) {
    for tag in ["1", "2"] {
        let image = Image::new().label(tag).port("8080/tcp").port("53/udp");
        registry.push_image("team/app", tag, &image);
    }
}

/// Has the embedded API server import whatever it is asked for; a real one has no imports.
fn imports_work(world: &World) {
    if let Some(api) = world.cluster.api() {
        let digest = format!("sha256:{}", "1".repeat(64));
        api.on_import(move |_| ImportAnswer::found(&digest));
    }
}

fn use_it(world: &World, line: &str) -> Output {
    world.run(&format!("use {line} {HOW}"))
}

/// A workload of this kind with one container `app`; its name is `web`.
fn workload(world: &World, kind: &str, image: &str) -> Value {
    match kind {
        "CronJob" => make::cron_job(&world.namespace, "web", image),
        "DeploymentConfig" => make::deployment_config(&world.namespace, "web", image),
        "Pod" => make::pod(&world.namespace, "web", image),
        kind => make::workload(kind, &world.namespace, "web", image),
    }
}

/// Where the pod's specification is.
fn spec_of(kind: &str) -> &'static str {
    match kind {
        "CronJob" => "/spec/jobTemplate/spec/template/spec",
        "Pod" => "/spec",
        _ => "/spec/template/spec",
    }
}

/// Argument, resource and printed name of a kind.
const KINDS: [(&str, &str, &str, &str); 6] = [
    (
        "Deployment",
        "deploy/web",
        "deployments.apps",
        "deployment.apps/web",
    ),
    (
        "StatefulSet",
        "sts/web",
        "statefulsets.apps",
        "statefulset.apps/web",
    ),
    (
        "DaemonSet",
        "ds/web",
        "daemonsets.apps",
        "daemonset.apps/web",
    ),
    (
        "ReplicaSet",
        "rs/web",
        "replicasets.apps",
        "replicaset.apps/web",
    ),
    (
        "CronJob",
        "cronjob/web",
        "cronjobs.batch",
        "cronjob.batch/web",
    ),
    ("Pod", "pod/web", "pods", "pod/web"),
];

fn image_of(world: &World, kind: &str, resource: &str) -> String {
    let object = world.get(resource, "web").expect("the workload");
    let image = format!("{}/containers/0/image", spec_of(kind));
    object
        .pointer(&image)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

/// The image of the Deployment `web`.
fn deployed(world: &World) -> String {
    image_of(world, "Deployment", "deployments.apps")
}

/// A second container beside `app`, and an init container.
fn several(mut workload: Value) -> Value {
    let spec = &mut workload["spec"]["template"]["spec"];
    spec["initContainers"] = json!([{"name": "setup", "image": "quay.io/a/setup:1"}]);
    spec["containers"]
        .as_array_mut()
        .expect("containers")
        .push(json!({"name": "proxy", "image": "quay.io/a/proxy:1"}));
    workload
}

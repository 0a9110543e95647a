//! The cluster's own registry: the platform itself has everybody trust it.

use extreg_test_support::api::Rule;
use serde_json::{Value, json};

use super::{set_sources, sources};
use crate::kit::{Embedded, World, for_each_openshift_alone};

const NAME: &str = "image-registry.openshift-image-registry.svc:5000";
const PLATFORM: &str = "the platform has nodes, builds and imports trust it by its name";

/// The service of the registry, with these addresses.
fn service(addresses: &[&str]) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "image-registry", "namespace": "openshift-image-registry"},
        "spec": {"clusterIP": addresses[0], "clusterIPs": addresses, "ports": [{"port": 5000}]},
    })
}

#[track_caller]
fn is_refused(world: &World, registry: &str, words: &str) {
    let output = world
        .run(&format!("insecure {registry} --skip-check --yes"))
        .exits(1);
    output.says(&format!("error: {registry} {words}: {PLATFORM}"));
    output.says(&format!(
        "images of it are named {NAME}/NAMESPACE/STREAM:TAG; why one is not pulled: `oc extreg doctor IMAGE`"
    ));
    output.says("--force");
    world.is_untouched();
}

#[test]
fn by_its_names_it_is_refused() {
    for_each_openshift_alone(|world| {
        for name in [
            NAME,
            "image-registry.openshift-image-registry.svc.cluster.local:5000",
            "docker-registry.default.svc:5000",
        ] {
            is_refused(world, name, "is the cluster's own registry");
        }
        let forced = format!("insecure {NAME} --skip-check --yes --force");
        let output = world.run(&forced).success();
        output.says(&format!("Warning: {NAME} is the cluster's own registry"));
        assert_eq!(sources(world)["insecureRegistries"], json!([NAME]));
        // What somebody added is taken away without a word.
        let output = world
            .run(&format!("insecure {NAME} --remove --yes"))
            .success();
        assert!(!output.stderr.contains("own registry"), "{}", output.stderr);
        assert_eq!(sources(world)["insecureRegistries"], Value::Null);
    });
}

#[test]
fn by_the_name_that_the_configuration_gives_it() {
    for_each_openshift_alone(|world| {
        let name = "registry.internal.example.com:5000";
        let status = json!({"internalRegistryHostname": name});
        let resource = "images.config.openshift.io";
        world.cluster.set_status(resource, "", "cluster", &status);
        world.leave();
        if let Some(api) = world.cluster.api() {
            api.clear_requests();
        }
        is_refused(world, name, "is the cluster's own registry");
    });
}

#[test]
fn by_the_address_of_its_service() {
    let world = Embedded::openshift();
    world.create(service(&["172.30.188.7", "fd02::7"]));
    world.api().clear_requests();
    let words = "is the address of the cluster's own registry";
    is_refused(&world, "172.30.188.7:5000", words);
    is_refused(&world, "[fd02::7]:5000", words);
    // Another service of the cluster is a registry like others.
    let other = "172.30.188.8:5000";
    world
        .run(&format!("insecure {other} --skip-check --yes"))
        .success();
    assert_eq!(sources(&world)["insecureRegistries"], json!([other]));
    set_sources(&world, &json!({}));
    world.api().clear_requests();
    // Whoever may not look at the service is not let through unwarned.
    world
        .api()
        .deny("system:admin", Rule::verb("get").on("services"));
    let words = "is the address of a service, of the cluster's own registry most likely";
    is_refused(&world, other, words);
    world
        .run("insecure 10.0.0.8:5000 --skip-check --yes")
        .success();
}

#[test]
fn nodes_of_openshift_3_need_no_script_for_it() {
    let world = Embedded::kubernetes();
    for (registry, words) in [
        (
            "docker-registry.default.svc:5000",
            "is the cluster's own registry",
        ),
        (
            "172.30.12.7:5000",
            "is the address of a service, of the cluster's own registry most likely",
        ),
    ] {
        let line = format!("insecure {registry} --skip-check --openshift3");
        let output = world.run(&line).exits(1);
        output.says(words);
        output.says("docker-registry.default.svc:5000/NAMESPACE/STREAM:TAG");
        assert_eq!(output.stdout, "");
        world.run(&format!("{line} --force")).success();
    }
    // Elsewhere it is an address like others.
    world
        .run("insecure 172.30.12.7:5000 --skip-check --containerd")
        .success();
}

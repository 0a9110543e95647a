//! Clusters without a configuration of registries that could be changed: what to do there instead.

use extreg_test_support::api::{Api, Flavor, make};
use serde_json::json;

use crate::kit::Embedded;

const LINE: &str = "insecure r.example.com:5000 --skip-check --yes";

#[track_caller]
fn refused(world: &Embedded, words: &[&str]) {
    let output = world.run(LINE).exits(1);
    for word in words {
        output.says(word);
    }
    let writes = world.api().writes();
    assert!(writes.is_empty(), "{writes:?}");
}

fn node(name: &str, runtime: &str) -> serde_json::Value {
    let mut node = make::node(name, "amd64");
    node["status"]["nodeInfo"]["containerRuntimeVersion"] = runtime.into();
    node
}

#[test]
fn on_kubernetes_the_nodes_are_told_by_their_runtime() {
    for (runtime, words, not) in [
        (
            "containerd://2.1.4",
            "--containerd` prints the script",
            "CRI-O",
        ),
        (
            "cri-o://1.33.0",
            "/etc/containers/registries.conf.d/r.example.com-5000.conf",
            "--containerd",
        ),
        ("docker://28.0.1", "insecure-registries", "--containerd"),
    ] {
        let world = Embedded::kubernetes();
        world.create(node("n1", runtime));
        world.api().clear_requests();
        refused(
            &world,
            &["this cluster has no image.config.openshift.io", words],
        );
        let output = world.run(LINE).exits(1);
        assert!(!output.stderr.contains(not), "{}", output.stderr);
    }
    // Nothing is known of the nodes.
    refused(&Embedded::kubernetes(), &["--containerd", "with CRI-O"]);
}

#[test]
fn microshift_is_configured_on_its_host() {
    let world = Embedded::kubernetes();
    world.api().add_namespace("kube-public");
    world.create(make::config_map(
        "kube-public",
        "microshift-version",
        &json!({"version": "4.20.0"}),
    ));
    world.api().clear_requests();
    refused(
        &world,
        &["this is MicroShift", "on the host: write `[[registry]]`"],
    );
}

#[test]
fn openshift_3_has_scripts() {
    let world = Embedded::of(Api::builder().flavor(Flavor::OpenShift3));
    refused(
        &world,
        &[
            "this is OpenShift 3",
            "`oc extreg insecure r.example.com:5000 --openshift3`",
        ],
    );
}

#[test]
fn a_hosted_control_plane_has_its_configuration_elsewhere() {
    let world = Embedded::openshift();
    world
        .api()
        .edit("infrastructures.config.openshift.io", "", "cluster", |it| {
            it["status"] = json!({"controlPlaneTopology": "External"});
        });
    world.api().clear_requests();
    refused(
        &world,
        &[
            "hosted elsewhere",
            "spec.configuration.image.registrySources.insecureRegistries of the HostedCluster",
            "--registry-config-insecure-registries",
        ],
    );
}

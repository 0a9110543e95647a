//! Clusters without these configurations, versions of OpenShift, and nodes that are told by scripts.

use extreg_test_support::api::{Api, Flavor, make};
use serde_json::json;

use super::*;
use crate::kit::{Embedded, openshift4};

fn refused(world: &Embedded, line: &str) -> String {
    world.sandbox.write("ca.pem", other_pem());
    let output = world.run(line).exits(1);
    let writes = world.api().writes();
    assert!(writes.is_empty(), "{writes:?}");
    output.stderr
}

#[test]
fn other_clusters_are_told_what_to_do_there() {
    let line = "trust registry.example.com:5000 --ca ca.pem --yes";
    let kubernetes = Embedded::kubernetes();
    let words = refused(&kubernetes, line);
    assert!(
        words.contains("`oc extreg trust registry.example.com:5000 --containerd`"),
        "{words}"
    );

    let three = Embedded::of(Api::builder().flavor(Flavor::OpenShift3));
    let words = refused(&three, line);
    assert!(words.contains("--openshift3"), "{words}");

    let micro = Embedded::kubernetes();
    micro.create(make::namespace("kube-public"));
    micro.create(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "microshift-version", "namespace": "kube-public"},
        "data": {"major": "4"},
    }));
    micro.api().clear_requests();
    let words = refused(&micro, line);
    assert!(
        words.contains("/etc/containers/certs.d/registry.example.com:5000/ca.crt"),
        "{words}"
    );
    let words = refused(&micro, &format!("{line} --scope cluster"));
    assert!(words.contains("update-ca-trust extract"), "{words}");
    for world in [&kubernetes, &three, &micro] {
        world.run("trust --list").exits(1);
    }
}

#[test]
fn hosted_control_planes_are_configured_elsewhere() {
    let world = Embedded::openshift();
    world.cluster.set_status(
        "infrastructures.config.openshift.io",
        "",
        "cluster",
        &json!({"controlPlaneTopology": "External"}),
    );
    world.leave();
    world.api().clear_requests();
    let line = "trust registry.example.com:5000 --ca ca.pem --yes";
    let words = refused(&world, line);
    assert!(
        words.contains("spec.configuration.image.additionalTrustedCA"),
        "{words}"
    );
    let words = refused(&world, &format!("{line} --scope cluster"));
    assert!(words.contains("spec.additionalTrustBundle"), "{words}");
    world.run("trust --list").success();
}

#[test]
fn what_the_nodes_do_depends_on_the_version() {
    for (version, scope, words) in [
        (
            "4.12.3",
            "cluster",
            "on OpenShift 4.12.3 every node is drained and reboots",
        ),
        (
            "4.12.3",
            "registry",
            "on OpenShift 4.12.3 every node takes it up while it runs",
        ),
        (
            "4.14.0",
            "cluster",
            "every node does restart crio, without a drain",
        ),
    ] {
        let world = Embedded::of(Api::builder().flavor(Flavor::OpenShift4 {
            version: version.into(),
        }));
        let tls = Tls::in_world(&world);
        let line = format!("trust {} --ca ca.pem --scope {scope}", tls.host());
        // Also where it is only looked at.
        world
            .run(&format!("{line} --dry-run=server"))
            .success()
            .says(words);
        world.run(&format!("{line} --yes")).success().says(words);
        let again = world.run(&line).success();
        assert!(!again.stderr.contains("every node"), "{}", again.stderr);
    }
}

#[test]
fn the_wait_ends_when_there_is_nothing_to_wait_for() {
    // No operators and no machine-config-operator: the configuration is all there is.
    let world = Embedded::of(
        Api::builder()
            .flavor(openshift4())
            .without("machineconfiguration.openshift.io"),
    );
    let tls = Tls::in_world(&world);
    let line = format!("trust {} --ca ca.pem --yes --wait=150s", tls.host());
    world.run(&line).success();
}

#[test]
fn nodes_without_such_a_configuration_get_a_script() {
    let world = Embedded::kubernetes();
    let tls = Tls::in_world(&world);
    let base64 = tls.ca.pem().lines().nth(1).expect("a line").to_owned();
    let line = format!("trust {} --ca ca.pem", tls.host());
    for more in [
        "--containerd",
        "--containerd --daemonset",
        "--openshift3 --docker-version 1.13",
        "--openshift3 --docker-version 1.12 --ansible",
    ] {
        let output = world.run(&format!("{line} {more}")).success();
        assert!(output.stdout.contains(&base64), "{more}: {}", output.stdout);
        output.says("Corp Root vouches for");
    }
    world
        .run(&format!("trust {} --remove --containerd", tls.host()))
        .success();
    let output = world
        .run(&format!("trust {} --containerd", tls.host()))
        .exits(2);
    output.says("which certificate is to be trusted?");
    world.is_untouched();
}

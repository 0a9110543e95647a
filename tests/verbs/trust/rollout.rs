//! `--wait`: until the nodes and the operators have taken a CA up. The test moves their objects as the operators would.

use extreg_test_support::api::{Rule, make};
use serde_json::json;

use super::*;
use crate::kit::Embedded;
use crate::pools::{add_node, set_operator, set_pool, settled};

const APISERVER: &str = "openshift-apiserver";
const BEFORE: &str = "2026-01-01T00:00:00Z";
const AFTER: &str = "2026-01-01T00:10:00Z";

/// A settled cluster with the operators that a CA reaches, and the registry with its CA.
fn with_operators() -> (Embedded, Tls) {
    let world = settled();
    for operator in [APISERVER, "network", "image-registry", "machine-config"] {
        set_operator(&world, operator, &[], BEFORE);
    }
    let tls = Tls::in_world(&world);
    (world, tls)
}

/// The API server of OpenShift's own groups begins to be rolled out, and is.
fn begins(world: &Embedded) {
    set_operator(world, APISERVER, &[("Progressing", "1 of 3 pods")], AFTER);
}

fn is_rolled_out(world: &Embedded) {
    set_operator(world, APISERVER, &[], AFTER);
}

#[test]
fn a_ca_for_one_registry_is_there_when_imports_know_it() {
    let (world, tls) = with_operators();
    let line = format!("trust {} --ca ca.pem --yes --wait", tls.host());
    let mut running = world.cmd(&line).spawn();
    running.wait_for_stderr("takes it back");
    running.wait_for_stderr("operator image-registry: healthy");
    begins(&world);
    set_operator(
        &world,
        "image-registry",
        &[("Degraded", "no storage")],
        BEFORE,
    );
    running.wait_for_stderr("operator image-registry is degraded: no storage");
    set_operator(&world, "image-registry", &[], BEFORE);
    is_rolled_out(&world);
    let output = running.wait().success();
    output.says("restarts to take it up, for image imports: openshift-apiserver");
    output.says("operator openshift-apiserver: healthy");
    // Pools have nothing to do with it.
    assert!(!output.stderr.contains("pool "), "{}", output.stderr);
}

#[test]
fn a_ca_for_the_platform_is_there_when_every_pool_has_it() {
    let (world, tls) = with_operators();
    add_node(&world, "Working", &[]);
    let line = format!(
        "trust {} --ca ca.pem --scope cluster --yes --wait",
        tls.host()
    );
    let mut running = world.cmd(&line).spawn();
    running.wait_for_stderr("takes it back");
    begins(&world);
    set_pool(&world, "master", "rendered-2", "rendered-2", 3);
    running.wait_for_stderr("pool master: all 3 machines");
    let invalid = "The configuration is invalid: failed to validate additional trust bundle";
    set_operator(&world, "network", &[("Degraded", invalid)], BEFORE);
    running.wait_for_stderr(&format!("operator network is degraded: {invalid}"));
    set_operator(&world, "network", &[], BEFORE);
    is_rolled_out(&world);
    set_pool(&world, "worker", "rendered-2", "rendered-2", 3);
    let output = running.wait().success();
    for words in [
        "every node does restart crio, without a drain",
        "pool worker: all 3 machines",
        "operator network: healthy",
        "operator openshift-apiserver: healthy",
    ] {
        output.says(words);
    }
    // It is taken out, and the way of that is followed as well.
    let line = format!(
        "trust {} --scope cluster --remove --yes --wait=1s",
        tls.host()
    );
    let output = world.run(&line).exits(1);
    output.says("pool worker: not begun");
    assert_eq!(proxy_names(&world), None);
}

/// The version of the nodes' certificates: the daemon of every node notes which it has written.
const CONTROLLER: &str = "machine-config-controller";

fn set_synced(world: &Embedded, node: &str, version: &str) {
    world.api().edit("nodes", "", node, |node| {
        let key = "machineconfiguration.openshift.io/lastSyncedControllerConfigResourceVersion";
        node["metadata"]["annotations"][key] = version.into();
    });
}

/// The machine-config-operator writes what it was told into ControllerConfig; gives its new version.
fn rendered(world: &Embedded, bundle: &str) -> String {
    world
        .api()
        .edit("controllerconfigs", "", CONTROLLER, |config| {
            config["spec"]["imageRegistryBundleUserData"] = json!([{"file": "r", "data": bundle}]);
        });
    let config = world.cluster.get("controllerconfigs", "", CONTROLLER);
    let version = &config.expect("a ControllerConfig")["metadata"]["resourceVersion"];
    version.as_str().expect("a version").to_owned()
}

/// With a ControllerConfig and two nodes whose daemons have written what it holds.
fn with_daemons() -> (Embedded, Tls) {
    let (world, tls) = with_operators();
    world.create(json!({
        "apiVersion": "machineconfiguration.openshift.io/v1", "kind": "ControllerConfig",
        "metadata": {"name": CONTROLLER}, "spec": {"imageRegistryBundleUserData": []},
    }));
    let version = rendered(&world, "old");
    for name in ["n1", "n2"] {
        world.create(make::node(name, "amd64"));
        set_synced(&world, name, &version);
    }
    world.api().clear_requests();
    (world, tls)
}

#[test]
fn the_daemons_of_the_nodes_have_written_the_ca() {
    let (world, tls) = with_daemons();
    let line = format!("trust {} --ca ca.pem --yes --wait", tls.host());
    let mut running = world.cmd(&line).spawn();
    running.wait_for_stderr("takes it back");
    begins(&world);
    is_rolled_out(&world);
    running.wait_for_stderr("operator openshift-apiserver: healthy");
    let version = rendered(&world, "new");
    set_synced(&world, "n1", &version);
    // One node lags behind: there is still something to wait for.
    assert!(running.is_running());
    set_synced(&world, "n2", &version);
    let output = running.wait().success();
    output.says("certificates: on 2 machines");
    assert!(!output.stderr.contains("pool "), "{}", output.stderr);
}

#[test]
fn a_daemon_that_has_not_written_it_is_open() {
    let (world, tls) = with_daemons();
    let line = format!("trust {} --ca ca.pem --yes --wait=20s", tls.host());
    let mut running = world.cmd(&line).spawn();
    running.wait_for_stderr("takes it back");
    let version = rendered(&world, "new");
    set_synced(&world, "n2", &version);
    begins(&world);
    is_rolled_out(&world);
    running.wait_for_stderr("operator openshift-apiserver: healthy");
    running.interrupt();
    let output = running.wait().exits(130);
    output.says("still open: certificates: on 1 of 2 machines");
}

#[test]
fn whoever_may_not_read_it_follows_the_operators() {
    let (world, tls) = with_daemons();
    let denied = Rule::verb("get").on("controllerconfigs.machineconfiguration.openshift.io");
    world.api().deny("system:admin", denied);
    let line = format!("trust {} --ca ca.pem --yes --wait", tls.host());
    let mut running = world.cmd(&line).spawn();
    running.wait_for_stderr("takes it back");
    begins(&world);
    is_rolled_out(&world);
    let output = running.wait().success();
    assert!(
        !output.stderr.contains("certificates:"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_node_that_cannot_take_it_up_is_named() {
    let (world, tls) = with_operators();
    add_node(
        &world,
        "Degraded",
        &[("reason", "update-ca-trust: exit status 1")],
    );
    let line = format!(
        "trust {} --ca ca.pem --scope cluster --yes --wait",
        tls.host()
    );
    let mut running = world.cmd(&line).spawn();
    running.wait_for_stderr("takes it back");
    running.wait_for_stderr("node w1 is degraded: update-ca-trust: exit status 1");
    running.interrupt();
    let output = running.wait().exits(130);
    output.says("interrupted: the change stays; still open: pool master: not begun");
    assert_eq!(proxy_names(&world).as_deref(), Some("user-ca-bundle"));
}

#[test]
fn a_time_that_is_over_says_what_is_open() {
    let (world, tls) = with_operators();
    let line = format!("trust {} --ca ca.pem --yes --wait=1s", tls.host());
    let output = world.run(&line).exits(1);
    output.says("the change is written, and not taken up within 1s: operator openshift-apiserver: not begun");
    output.says("`oc extreg undo` takes the change back");
    assert_eq!(named(&world).as_deref(), Some(OURS));
    // There is nothing to wait for any more.
    world.run(&line).success();
    let output = world.run("undo --yes --wait=1s").exits(1);
    output.says("operator openshift-apiserver: not begun");
    assert_eq!(named(&world), None);
}

#[test]
fn where_nothing_can_be_changed_nothing_is_waited_for() {
    let hosted = Embedded::openshift();
    hosted.cluster.set_status(
        "infrastructures.config.openshift.io",
        "",
        "cluster",
        &json!({"controlPlaneTopology": "External"}),
    );
    hosted.leave();
    let micro = Embedded::kubernetes();
    micro.api().add_namespace("kube-public");
    micro.create(extreg_test_support::api::make::config_map(
        "kube-public",
        "microshift-version",
        &json!({"version": "4.20.0"}),
    ));
    for (world, words) in [
        (&hosted, "of the HostedCluster"),
        (&micro, "this is MicroShift"),
        (&Embedded::kubernetes(), "--containerd"),
    ] {
        world.sandbox.write("ca.pem", other_pem());
        world.api().clear_requests();
        for scope in ["registry", "cluster"] {
            let line = format!("trust r.example.com --ca ca.pem --scope {scope} --yes --wait");
            world.run(&line).exits(1).says(words);
            assert!(world.api().writes().is_empty());
        }
    }
}

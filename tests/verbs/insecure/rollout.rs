//! What the nodes are said to do, and the wait until they have. The test moves the pools as the machine-config-operator would.

use extreg_test_support::api::{Api, Fault, Flavor, Rule, make};
use serde_json::json;

use super::LINE;
use crate::kit::Embedded;
use crate::pools::{add_node, set_operator, set_pool, settled};

const CHANGE: &str = "insecure r.example.com:5000 --skip-check --yes";

fn of_version(version: &str) -> Embedded {
    Embedded::of(Api::builder().flavor(Flavor::OpenShift4 {
        version: version.into(),
    }))
}

#[test]
fn every_version_says_what_its_nodes_do() {
    for (version, words) in [
        (
            "4.6.60",
            "on OpenShift 4.6.60 every node is drained and reboots",
        ),
        (
            "4.12.3",
            "on OpenShift 4.12.3 every node is drained and does reload crio",
        ),
        (
            "5.0.0",
            "on OpenShift 5.0.0 every node is drained and does reload crio",
        ),
    ] {
        let world = of_version(version);
        let output = world.run(&format!("{CHANGE} --dry-run=client")).success();
        output.says(words);
        output.says("pool master: 3 machines");
        output.says("pool worker: 3 machines");
    }
}

#[test]
fn a_single_node_a_policy_and_an_override_change_that() {
    let words = |world: &Embedded| {
        let output = world.run(&format!("{CHANGE} --dry-run=client")).success();
        output.says("every node does reload crio, without a drain");
    };
    let single = Embedded::openshift();
    single
        .api()
        .edit("infrastructures.config.openshift.io", "", "cluster", |it| {
            it["status"] = json!({"controlPlaneTopology": "SingleReplica"});
        });
    words(&single);
    let told = Embedded::openshift();
    told.api()
        .add_namespace("openshift-machine-config-operator");
    told.api().create(make::config_map(
        "openshift-machine-config-operator",
        "image-registry-override-drain",
        &json!({}),
    ));
    words(&told);
}

#[test]
fn a_paused_pool_is_named_beforehand() {
    let world = settled();
    world
        .api()
        .edit("machineconfigpools", "", "worker", |pool| {
            pool["spec"]["paused"] = true.into();
        });
    let output = world.run(&format!("{CHANGE} --dry-run=client")).success();
    output.says("pool worker: 3 machines, paused: it waits until it is not");
}

#[test]
fn it_waits_until_every_pool_has_the_change() {
    let world = settled();
    let mut running = world.cmd(&format!("{CHANGE} --wait")).spawn();
    running.wait_for_stderr("takes it back");
    set_pool(&world, "master", "rendered-2", "rendered-1", 0);
    set_pool(&world, "worker", "rendered-2", "rendered-1", 1);
    set_pool(&world, "master", "rendered-2", "rendered-2", 3);
    running.wait_for_stderr("pool master: all 3 machines");
    set_pool(&world, "worker", "rendered-2", "rendered-2", 3);
    let output = running.wait().success();
    output.prints(&format!("{LINE} updated (r.example.com:5000 insecure)\n"));
    output.says("pool worker: all 3 machines");
}

#[test]
fn a_node_that_is_stuck_is_named_with_the_reason() {
    let world = settled();
    add_node(
        &world,
        "Working",
        &[
            ("desiredDrain", "drain-rendered-2"),
            ("lastAppliedDrain", "uncordon-rendered-1"),
        ],
    );
    let budget = "error when evicting pods/\"db-0\" -n \"shop\": global timeout reached: 1m30s; Cannot evict pod as it would violate the pod's disruption budget.";
    let operator = "openshift-machine-config-operator";
    world.api().add_namespace(operator);
    world.api().create(json!({
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "w1.1", "namespace": operator},
        "involvedObject": {"apiVersion": "v1", "kind": "Node", "name": "w1"}, "type": "Warning",
        "reason": "DrainThresholdExceeded", "message": budget, "lastTimestamp": "2026-01-01T00:00:00Z",
    }));
    let mut running = world.cmd(&format!("{CHANGE} --wait")).spawn();
    running.wait_for_stderr("takes it back");
    set_pool(&world, "worker", "rendered-2", "rendered-1", 0);
    running.wait_for_stderr("node w1 cannot be drained: error when evicting pods");
    // Somebody makes room, and the node goes on.
    world.api().edit("nodes", "", "w1", |node| {
        let notes = &mut node["metadata"]["annotations"];
        notes["machineconfiguration.openshift.io/lastAppliedDrain"] = "drain-rendered-2".into();
        notes["machineconfiguration.openshift.io/state"] = "Done".into();
        notes["machineconfiguration.openshift.io/currentConfig"] = "rendered-2".into();
    });
    for pool in ["master", "worker"] {
        set_pool(&world, pool, "rendered-2", "rendered-2", 3);
    }
    running.wait().success();
}

#[test]
fn when_the_time_is_over_it_says_what_is_open_and_why() {
    let world = settled();
    add_node(&world, "Degraded", &[("reason", "disk is full\non /var")]);
    let output = world.run(&format!("{CHANGE} --wait=1s")).exits(1);
    output.says("the change is written, and not taken up within 1s: pool master: not begun, pool worker: not begun");
    output.says("hint: node w1 is degraded: disk is full on /var");
    output.says("oc extreg undo");
    assert_eq!(world.journal_files().len(), 1);
}

#[test]
fn what_cannot_be_rendered_ends_the_wait_at_once() {
    let world = settled();
    let mut running = world.cmd(&format!("{CHANGE} --wait")).spawn();
    running.wait_for_stderr("takes it back");
    world.api().edit("machineconfigpools", "", "worker", |pool| {
        pool["status"]["conditions"] = json!([
            {"type": "RenderDegraded", "status": "True", "message": "could not generate registries.conf"},
        ]);
    });
    let output = running.wait().exits(1);
    output.says("it will not be taken up as it is");
    output.says("pool worker cannot render its configuration: could not generate registries.conf");
}

#[test]
fn an_operator_that_is_degraded_is_waited_for() {
    let world = settled();
    set_operator(&world, "machine-config", &[("Degraded", "one too few")], "");
    let mut running = world.cmd(&format!("{CHANGE} --wait")).spawn();
    running.wait_for_stderr("operator machine-config is degraded: one too few");
    for pool in ["master", "worker"] {
        set_pool(&world, pool, "rendered-2", "rendered-2", 3);
    }
    running.wait_for_stderr("pool worker: all 3 machines");
    set_operator(&world, "machine-config", &[], "");
    let output = running.wait().success();
    output.says("operator machine-config: healthy");
}

#[test]
fn ctrl_c_leaves_the_change_and_says_what_is_open() {
    let world = settled();
    let mut running = world.cmd(&format!("{CHANGE} --wait")).spawn();
    running.wait_for_stderr("takes it back");
    set_pool(&world, "master", "rendered-2", "rendered-2", 3);
    running.wait_for_stderr("pool master: all 3 machines");
    running.interrupt();
    let output = running.wait().exits(130);
    output.says("interrupted: the change stays; still open: pool worker: not begun");
}

#[test]
fn nothing_is_waited_for_where_nothing_changes() {
    let world = settled();
    world.run(CHANGE).success();
    let output = world.run(&format!("{CHANGE} --wait")).success();
    output.prints(&format!("{LINE} unchanged\n"));
    let output = world
        .run("insecure other.example.com --skip-check --dry-run=server --wait")
        .success();
    assert!(!output.stderr.contains("not begun"), "{}", output.stderr);
}

#[test]
fn what_may_not_be_followed_is_said_before_it_is_written() {
    let world = settled();
    world.api().deny(
        "system:admin",
        Rule::verb("list").on("clusteroperators.config.openshift.io"),
    );
    world.api().clear_requests();
    let output = world.run(&format!("{CHANGE} --wait")).exits(1);
    output.says("--wait could not follow it: clusteroperators cannot be read");
    assert!(world.api().writes().is_empty());
    world.run(CHANGE).success();
}

#[test]
fn an_api_server_that_restarts_meanwhile_ends_nothing() {
    let world = settled();
    let mut running = world.cmd(&format!("{CHANGE} --wait")).spawn();
    running.wait_for_stderr("takes it back");
    set_pool(&world, "master", "rendered-2", "rendered-2", 3);
    running.wait_for_stderr("pool master: all 3 machines");
    let fault = Fault::status(503).on_path("/machineconfigpools").times(4);
    world.api().fault(fault);
    set_pool(&world, "worker", "rendered-2", "rendered-2", 3);
    running.wait().success().says("pool worker: all 3 machines");
}

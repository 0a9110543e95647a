//! MachineConfigPools, nodes and cluster operators as their operators have them: tests move them while a verb waits.

use extreg_test_support::api::make;
use serde_json::{Value, json};

use crate::kit::Embedded;

/// A pool as the operator has it: which configuration its machines are to have, which they have, and how many do.
pub(crate) fn set_pool(world: &Embedded, name: &str, target: &str, current: &str, updated: u64) {
    let done = target == current && updated == 3;
    let word = |truth: bool| if truth { "True" } else { "False" };
    world.api().edit("machineconfigpools", "", name, |pool| {
        pool["spec"]["configuration"] = json!({"name": target});
        pool["status"] = json!({
            "machineCount": 3, "updatedMachineCount": updated, "configuration": {"name": current},
            "conditions": [
                {"type": "Updated", "status": word(done)},
                {"type": "Updating", "status": word(!done)},
                {"type": "Degraded", "status": "False"},
            ],
        });
    });
}

pub(crate) fn settled() -> Embedded {
    let world = Embedded::openshift();
    for pool in ["master", "worker"] {
        set_pool(&world, pool, "rendered-1", "rendered-1", 3);
    }
    world
}

/// A node on its way to the second configuration.
pub(crate) fn add_node(world: &Embedded, state: &str, more: &[(&str, &str)]) {
    let mut node = make::node("w1", "amd64");
    let own = [
        ("state", state),
        ("currentConfig", "rendered-1"),
        ("desiredConfig", "rendered-2"),
    ];
    for (key, value) in own.iter().chain(more) {
        node["metadata"]["annotations"][format!("machineconfiguration.openshift.io/{key}")] =
            (*value).into();
    }
    world.api().create(node);
}

/// An operator that is available, with these other conditions true: kind and message. `since` is when it last began or ended to
/// progress.
pub(crate) fn set_operator(world: &Embedded, name: &str, conditions: &[(&str, &str)], since: &str) {
    let said = |kind: &str| conditions.iter().find(|(known, _)| *known == kind);
    let conditions: Vec<Value> = [
        ("Available", true),
        ("Progressing", false),
        ("Degraded", false),
    ]
    .into_iter()
    .map(|(kind, usual)| {
        let status = if usual || said(kind).is_some() {
            "True"
        } else {
            "False"
        };
        let message = said(kind).map_or("", |(_, message)| message);
        let mut condition = json!({"type": kind, "status": status, "message": message});
        if kind == "Progressing" && !since.is_empty() {
            condition["lastTransitionTime"] = since.into();
        }
        condition
    })
    .collect();
    let there = world.cluster.get("clusteroperators", "", name).is_some();
    if there {
        world.api().edit("clusteroperators", "", name, |operator| {
            operator["status"]["conditions"] = conditions.clone().into();
        });
    } else {
        world.api().create(json!({
            "apiVersion": "config.openshift.io/v1", "kind": "ClusterOperator",
            "metadata": {"name": name}, "spec": {}, "status": {"conditions": conditions},
        }));
    }
}

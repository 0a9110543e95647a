//! A light stand-in for the controllers and the kubelet: workloads become pods, and a test decides what becomes
//! of those.
//!
//! Deployment → ReplicaSet → Pod, DeploymentConfig → ReplicationController → Pod, StatefulSet and DaemonSet →
//! Pod. A changed template makes new pods and removes the old ones at once (there is no rolling). Pods are made
//! through admission, so they get their pull secrets as on a real cluster. Jobs are not run.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::admit;
use super::delete::erase;
use super::error::ApiError;
use super::kinds::Resource;
use super::kubelet::{PodState, event, set_state};
use super::store::{collection, key};
use super::world::{World, hex, now};
use super::write::Place;

/// Decides what becomes of a pod; it is called while the server is unlocked.
pub(crate) type PodFate = Arc<dyn Fn(&Value) -> PodState + Send + Sync>;

/// Brings pods into line with workloads, gives new pods their fate, and counts replicas.
pub(crate) fn reconcile(shared: &Arc<Mutex<World>>) {
    let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
    // What a test's function writes meanwhile is not rolled out before the next write.
    if std::mem::replace(&mut lock().is_rolling, true) {
        return;
    }
    {
        let mut world = lock();
        for (group, plural) in [
            ("apps", "deployments"),
            ("apps.openshift.io", "deploymentconfigs"),
            ("apps", "statefulsets"),
            ("apps", "daemonsets"),
        ] {
            let Some(resource) = world.resource(group, "v1", plural) else {
                continue;
            };
            for workload in world.store.list(&collection(&resource), "") {
                roll(&mut world, &resource, &workload);
            }
        }
    }
    settle(shared, false);
    super::live::settle(shared, false);
    let mut world = lock();
    count(&mut world);
    super::rollout_status::complete(&mut world);
    world.is_rolling = false;
}

/// Reconciles after a write, where the server was told to.
pub(crate) fn follow(shared: &Arc<Mutex<World>>) {
    let rolls_out = shared
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .rolls_out;
    if rolls_out {
        reconcile(shared);
    }
}

/// Asks for the fate of the controllers' pods: of those that have none yet, or of all.
pub(crate) fn settle(shared: &Arc<Mutex<World>>, all: bool) {
    let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
    let (fate, pods, resource) = {
        let world = lock();
        let Some(resource) = world.resource("", "v1", "pods") else {
            return;
        };
        // Machines that pull see to the pods whose fate nothing decides.
        let real = world.machines.is_some() && world.pod_fate.is_none();
        let open = |pod: &Arc<Value>| {
            let owned = pod["metadata"]["ownerReferences"].is_array() && !real;
            owned && (all || pod["status"]["containerStatuses"].is_null())
        };
        let pods: Vec<Arc<Value>> = world
            .store
            .list(&collection(&resource), "")
            .into_iter()
            .filter(open)
            .collect();
        (world.pod_fate.clone(), pods, resource)
    };
    for pod in pods {
        let state = fate
            .as_ref()
            .map_or_else(PodState::running, |fate| fate(&pod));
        let mut world = lock();
        set_state(&mut world, &resource, &pod, &state);
    }
}

fn roll(world: &mut World, resource: &Resource, workload: &Arc<Value>) {
    let template = &workload["spec"]["template"];
    let digest = Sha256::digest(template.to_string());
    let hash = hex(&digest, 5);
    let replicas = match resource.plural.as_str() {
        "daemonsets" => 1,
        _ => workload["spec"]["replicas"].as_u64().unwrap_or(1),
    };
    match resource.plural.as_str() {
        "deployments" => {
            through_set(
                world,
                workload,
                "apps/v1",
                "ReplicaSet",
                "pod-template-hash",
                &hash,
                replicas,
            );
        }
        "deploymentconfigs" => {
            through_set(
                world,
                workload,
                "v1",
                "ReplicationController",
                "deployment",
                &hash,
                replicas,
            );
        }
        _ => {
            let name = workload["metadata"]["name"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let ordinal = resource.plural == "statefulsets";
            let made = pods(
                world,
                workload,
                ("controller-revision-hash", &hash),
                &name,
                replicas,
                ordinal,
            );
            note_failure(world, workload, made);
        }
    }
}

/// Workloads whose pods belong to a set of their own for every template.
fn through_set(
    world: &mut World,
    workload: &Arc<Value>,
    api_version: &str,
    kind: &str,
    label: &str,
    hash: &str,
    replicas: u64,
) {
    let (namespace, name) = key(workload);
    let set_name = format!("{name}-{hash}");
    let probe = json!({"kind": kind, "apiVersion": api_version});
    let Some(resource) = world.resource_of(&probe) else {
        return;
    };
    for old in world.store.list(&collection(&resource), &namespace) {
        if owned_by(&old, workload) && old["metadata"]["name"] != set_name.as_str() {
            scale_down(world, &resource, &old);
        }
    }
    if world.find(&resource, &namespace, &set_name).is_err() {
        let mut template = workload["spec"]["template"].clone();
        template["metadata"]["labels"][label] = hash.into();
        let mut selector = template["metadata"]["labels"].clone();
        if kind == "ReplicaSet" {
            selector = json!({ "matchLabels": selector });
        }
        admit::make(
            world,
            &json!({
                "apiVersion": api_version, "kind": kind,
                "metadata": {
                    "name": set_name, "namespace": namespace, "labels": template["metadata"]["labels"],
                    "ownerReferences": [owner(workload)],
                },
                "spec": {"replicas": replicas, "selector": selector, "template": template},
            }),
        );
    }
    let Ok(set) = world.find(&resource, &namespace, &set_name) else {
        return;
    };
    let set = if set["spec"]["replicas"] == replicas {
        set
    } else {
        let mut scaled = (*set).clone();
        scaled["spec"]["replicas"] = replicas.into();
        world.put(&resource, scaled)
    };
    let made = pods(world, &set, (label, hash), &set_name, replicas, false);
    note_failure(world, workload, made);
}

fn owner(object: &Value) -> Value {
    json!({
        "apiVersion": object["apiVersion"], "kind": object["kind"], "name": object["metadata"]["name"],
        "uid": object["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true,
    })
}

fn owned_by(object: &Value, owner: &Value) -> bool {
    let owners = object["metadata"]["ownerReferences"].as_array();
    owners.is_some_and(|owners| {
        owners
            .iter()
            .any(|one| one["uid"] == owner["metadata"]["uid"])
    })
}

fn scale_down(world: &mut World, resource: &Resource, set: &Arc<Value>) {
    if set["spec"]["replicas"] != 0 {
        let mut scaled = (**set).clone();
        scaled["spec"]["replicas"] = 0.into();
        scaled["status"] = json!({"replicas": 0});
        world.put(resource, scaled);
    }
    for pod in pods_of(world, set) {
        remove_pod(world, &pod);
    }
}

fn pods_of(world: &World, owner: &Value) -> Vec<Arc<Value>> {
    let namespace = owner["metadata"]["namespace"].as_str().unwrap_or_default();
    let all = world
        .store
        .list(&(String::new(), "pods".to_owned()), namespace);
    all.into_iter().filter(|pod| owned_by(pod, owner)).collect()
}

fn remove_pod(world: &mut World, pod: &Arc<Value>) {
    let Some(resource) = world.resource("", "v1", "pods") else {
        return;
    };
    let (namespace, name) = key(pod);
    let place = Place {
        resource,
        namespace,
        name,
        subresource: String::new(),
    };
    erase(world, pod, &place, true);
}

/// Makes and removes pods until there are `replicas` of this template.
fn pods(
    world: &mut World,
    set: &Value,
    mark: (&str, &str),
    prefix: &str,
    replicas: u64,
    ordinal: bool,
) -> Result<(), ApiError> {
    let (label, hash) = mark;
    let (stale, mut fresh): (Vec<_>, Vec<_>) = pods_of(world, set)
        .into_iter()
        .partition(|pod| pod["metadata"]["labels"][label] != hash);
    for pod in &stale {
        remove_pod(world, pod);
    }
    let wanted = usize::try_from(replicas).unwrap_or_default();
    while fresh.len() > wanted {
        if let Some(pod) = fresh.pop() {
            remove_pod(world, &pod);
        }
    }
    for index in fresh.len()..wanted {
        let template = &set["spec"]["template"];
        let mut metadata = template["metadata"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        metadata.remove("creationTimestamp");
        let name = if ordinal {
            format!("{prefix}-{index}")
        } else {
            format!("{prefix}-{}", world.new_suffix())
        };
        metadata.insert("name".into(), name.into());
        metadata.insert("namespace".into(), set["metadata"]["namespace"].clone());
        metadata.insert("ownerReferences".into(), json!([owner(set)]));
        let mut pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": Value::Object(metadata), "spec": template["spec"],
        });
        pod["metadata"]["labels"][label] = hash.into();
        admit::try_make(world, &pod)?;
    }
    Ok(())
}

/// A refused pod shows as a condition and an event of its workload.
fn note_failure(world: &mut World, workload: &Arc<Value>, made: Result<(), ApiError>) {
    let Some(resource) = world.resource_of(workload) else {
        return;
    };
    let (namespace, name) = key(workload);
    let Ok(live) = world.find(&resource, &namespace, &name) else {
        return;
    };
    let mut changed = (*live).clone();
    let mut conditions = changed["status"]["conditions"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    conditions.retain(|condition| condition["type"] != "ReplicaFailure");
    let known = conditions.len()
        != changed["status"]["conditions"]
            .as_array()
            .map_or(0, Vec::len);
    if let Err(refused) = made {
        let message = refused.to_string();
        conditions.push(json!({
            "type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message,
            "lastTransitionTime": now(), "lastUpdateTime": now(),
        }));
        if !known {
            let words = format!("Error creating: {message}");
            event(
                world,
                &live,
                ("Warning", "FailedCreate", &words),
                "replicaset-controller",
            );
        }
    } else if !known {
        return;
    }
    changed["status"]["conditions"] = conditions.into();
    if changed["status"] != live["status"] {
        world.put(&resource, changed);
    }
}

/// Fills in the counts of the workloads' status.
fn count(world: &mut World) {
    let Some(sets) = world.resource("apps", "v1", "replicasets") else {
        return;
    };
    for resource in world.resources.clone() {
        let wanted = matches!(
            resource.plural.as_str(),
            "deployments" | "statefulsets" | "daemonsets" | "deploymentconfigs"
        );
        if !wanted {
            continue;
        }
        for workload in world.store.list(&collection(&resource), "") {
            let namespace = workload["metadata"]["namespace"]
                .as_str()
                .unwrap_or_default();
            let mut owners = world.store.list(&collection(&sets), namespace);
            owners.extend(world.store.list(
                &(String::new(), "replicationcontrollers".to_owned()),
                namespace,
            ));
            owners.retain(|set| owned_by(set, &workload));
            owners.push(workload.clone());
            let pods: Vec<Arc<Value>> = owners
                .iter()
                .flat_map(|owner| pods_of(world, owner))
                .collect();
            let ready = pods
                .iter()
                .filter(|pod| pod["status"]["phase"] == "Running")
                .count();
            let mut status = workload["status"].as_object().cloned().unwrap_or_default();
            let set = |names: &[&str], count: usize, status: &mut Map<String, Value>| {
                for name in names {
                    status.insert((*name).into(), count.into());
                }
            };
            if resource.plural == "daemonsets" {
                set(
                    &[
                        "currentNumberScheduled",
                        "desiredNumberScheduled",
                        "updatedNumberScheduled",
                    ],
                    pods.len(),
                    &mut status,
                );
                set(&["numberReady", "numberAvailable"], ready, &mut status);
                set(&["numberUnavailable", "numberMisscheduled"], 0, &mut status);
            } else {
                set(&["replicas", "updatedReplicas"], pods.len(), &mut status);
                set(&["readyReplicas", "availableReplicas"], ready, &mut status);
            }
            status.insert(
                "observedGeneration".into(),
                workload["metadata"]["generation"].clone(),
            );
            let mut changed = (*workload).clone();
            changed["status"] = Value::Object(status);
            if changed != *workload {
                world.put(&resource, changed);
            }
        }
    }
}

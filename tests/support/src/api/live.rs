//! The cluster's machines at work ([`crate::pull`]): the scheduler and the kubelet for pods, the importer for image
//! streams, the builder for builds that are started ([`builds`]). Nothing of it happens before a test gives the server its machines.

mod pod;

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::handle::Api;
use super::kinds::Resource;
use super::store::{collection, key};
use super::world::World;
use super::{admit, builds, image_controllers, rollout};
use crate::pull::{Import, Imported, Machines, Settings, import, repository_tags};
use pod::{Job, Outcome};

/// Reads objects past the wire, for the cluster's own components.
pub(crate) struct Reader<'a>(pub(crate) &'a World);

impl Reader<'_> {
    pub(crate) fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        let resource = self.0.resource_named(resource)?;
        let found = self.0.find(&resource, namespace, name).ok()?;
        Some((*found).clone())
    }

    pub(crate) fn list(&self, resource: &str) -> Vec<Value> {
        let Some(resource) = self.0.resource_named(resource) else {
            return Vec::new();
        };
        let found = self.0.store.list(&collection(&resource), "");
        found.iter().map(|object| (**object).clone()).collect()
    }
}

impl Api {
    /// Gives the cluster machines that really ask registries: from now on imports that nothing scripts, and the pods
    /// whose fate nothing else decides ([`Api::on_pod`], [`Api::add_pod`]), fare as the registry and the cluster's
    /// objects have it. Pods that are there already are seen to at once, new ones before their creation is answered.
    pub fn machines(&self, machines: Machines) {
        self.world().machines = Some(machines);
        settle(&self.shared.0, false);
    }

    /// Keeps the kubelets from pods that are made meanwhile.
    pub(crate) fn without_kubelets<T>(&self, work: impl FnOnce() -> T) -> T {
        self.world().kubelets_off += 1;
        let made = work();
        let mut world = self.world();
        world.kubelets_off -= 1;
        drop(world);
        made
    }
}

/// What an import is made with: the machines, the settings and the namespace's secrets of this moment.
pub(crate) struct Importer {
    machines: Machines,
    pub(crate) settings: Settings,
    secrets: Vec<Value>,
}

impl Importer {
    /// Nothing when the server has no machines.
    pub(crate) fn of(world: &World, secrets: Vec<Value>) -> Option<Self> {
        Some(Self {
            machines: world.machines.clone()?,
            settings: Settings::read(&Reader(world)),
            secrets,
        })
    }

    /// Asks the registry; with `preserve` an index stays one.
    pub(crate) fn import(
        &self,
        image: &str,
        insecure: bool,
        preserve: bool,
    ) -> Result<Imported, (&'static str, String)> {
        let wanted = self.wanted(image, insecure, preserve);
        apart(|| import(&wanted))
            .unwrap_or_else(|| Err(("InternalError", "the importer broke".into())))
    }

    /// Asks the registry for the tags of a repository.
    pub(crate) fn tags(
        &self,
        repository: &str,
        insecure: bool,
    ) -> Result<Vec<String>, (&'static str, String)> {
        let wanted = self.wanted(repository, insecure, false);
        apart(|| repository_tags(&wanted))
            .unwrap_or_else(|| Err(("InternalError", "the importer broke".into())))
    }

    fn wanted<'a>(&'a self, image: &'a str, insecure: bool, preserve: bool) -> Import<'a> {
        Import {
            machines: &self.machines,
            settings: &self.settings,
            secrets: &self.secrets,
            image,
            insecure,
            preserve,
        }
    }
}

/// Runs what blocks on a thread of its own: the caller's may belong to a runtime.
fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| scope.spawn(work).join().ok())
}

/// Sees to the pods that wait for a kubelet: to those that nobody has seen to yet, or (`again`) to all that have not
/// got their images.
pub(crate) fn settle(shared: &Arc<Mutex<World>>, again: bool) {
    let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
    let (jobs, resource) = {
        let mut world = lock();
        let Some(resource) = world.resource("", "v1", "pods") else {
            return;
        };
        if world.machines.is_none() || world.kubelets_off > 0 {
            return;
        }
        let pods = world.store.list(&collection(&resource), "");
        let jobs: Vec<Job> = pods
            .into_iter()
            .filter(|pod| waits(&world, pod, again))
            .filter_map(|pod| Job::of(&world, pod))
            .collect();
        for job in &jobs {
            let uid = job.pod["metadata"]["uid"].as_str().unwrap_or_default();
            world.seen_pods.insert(uid.to_owned());
        }
        (jobs, resource)
    };
    for job in jobs {
        let outcome = apart(|| job.run()).unwrap_or_default();
        write(&mut lock(), &resource, &job.pod, outcome);
    }
}

fn waits(world: &World, pod: &Value, again: bool) -> bool {
    let uid = pod["metadata"]["uid"].as_str().unwrap_or_default();
    let owned = pod["metadata"]["ownerReferences"].is_array();
    let elsewhere = owned && world.pod_fate.is_some();
    let pending = pod["status"]["phase"] == "Pending";
    let fresh = pod["status"]["containerStatuses"].is_null();
    !elsewhere && pending && ((again && !fresh) || (fresh && !world.seen_pods.contains(uid)))
}

fn write(world: &mut World, resource: &Resource, pod: &Value, outcome: Outcome) {
    let (namespace, name) = key(pod);
    let Ok(live) = world.find(resource, &namespace, &name) else {
        return;
    };
    if live["metadata"]["uid"] != pod["metadata"]["uid"] || outcome.status.is_null() {
        return;
    }
    let mut changed = (*live).clone();
    changed["status"] = outcome.status;
    if !outcome.node.is_empty() {
        changed["spec"]["nodeName"] = outcome.node.into();
    }
    world.put(resource, changed);
    for event in &outcome.events {
        admit::make(world, event);
    }
}

/// Lets the kubelets and the builders see to what a write left for them.
pub(crate) fn follow(shared: &Arc<Mutex<World>>) {
    image_controllers::follow(shared);
    rollout::follow(shared);
    settle(shared, false);
    builds::settle(shared);
}

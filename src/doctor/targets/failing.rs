//! A look at everything: which pods wait for an image, which pull secrets are broken, and, where all that is in use is wanted,
//! what else runs. Pods of one workload that wait for the same are one result.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::accounts;
use super::pods::{self, PodImage};
use super::wiring::Wiring;
use super::workloads::{self, Known, Owners};
use super::world::{NamedSecret, World};
use crate::doctor::ask::Ask;
use crate::model::kinds::{self, ObjectRef};
use crate::model::view::{Build, Container, Pod, StreamTag};

/// What makes two waiting pods one result: whose they are, the container and its image, and how they were made.
type Likeness<'a> = (ObjectRef, &'a str, &'a str, &'a [String], &'a str);

/// The pods that wait for an image, by what made them.
pub(super) fn waiting_pods(wiring: &Wiring<'_>) -> Vec<Ask> {
    let view = &wiring.world.view;
    let known = Known::of(view);
    let mut alike: BTreeMap<Likeness<'_>, Vec<(&Pod, &Container)>> = BTreeMap::new();
    for pod in view.pods.iter().flatten() {
        for container in pods::waiting(pod) {
            let key = (
                known.above(pod),
                container.name.as_str(),
                container.image.as_str(),
                pod.pull_secrets.as_slice(),
                pod.service_account.as_str(),
            );
            alike.entry(key).or_default().push((pod, container));
        }
    }
    alike
        .into_iter()
        .filter_map(|((target, ..), mut pods)| {
            pods.sort_by_key(|(pod, _)| (Reverse(pod.created), pod.name.as_str()));
            let (pod, container) = *pods.first()?;
            let image = PodImage {
                target,
                pod,
                container,
                template: known.template(pod),
                like: pods.len() - 1,
            };
            Some(image.ask(wiring))
        })
        .collect()
}

/// Every image in use: of all workloads, and of pods that nothing made.
pub(super) fn in_use(wiring: &Wiring<'_>) -> Vec<Ask> {
    let view = &wiring.world.view;
    let owners = Owners::of(view);
    let known = Known::of(view);
    let mut asks = Vec::new();
    for workload in view.workloads.iter().flat_map(|workloads| &workloads.list) {
        asks.extend(workloads::asks(wiring, workload, owners.pods(&workload.object)));
    }
    // The pods of what was not read (a ReplicaSet or a Job of its own, a kind that is not known here): one of each kind.
    let mut alike: BTreeMap<Likeness<'_>, Vec<(&Pod, &Container)>> = BTreeMap::new();
    for pod in view.pods.iter().flatten() {
        let above = known.above(pod);
        let is_done = matches!(pod.phase.as_str(), "Succeeded" | "Failed");
        if pod.deleting || is_done || known.get(&above).is_some() {
            continue;
        }
        for container in &pod.containers {
            let key = (
                above.clone(),
                container.name.as_str(),
                container.image.as_str(),
                pod.pull_secrets.as_slice(),
                pod.service_account.as_str(),
            );
            alike.entry(key).or_default().push((pod, container));
        }
    }
    for ((target, ..), mut pods) in alike {
        // What waits speaks for the rest.
        pods.sort_by_key(|(pod, _)| {
            (!pod.waits_for_image(), Reverse(pod.created), pod.name.as_str())
        });
        let waiting = pods.iter().filter(|(pod, _)| pod.waits_for_image()).count();
        if let Some((pod, container)) = pods.first() {
            let image = PodImage {
                target,
                pod,
                container,
                template: None,
                like: waiting.saturating_sub(1),
            };
            asks.push(image.ask(wiring));
        }
    }
    asks
}

/// The pull secrets that are not there, not readable or not whole, and that an account or a template names.
pub(super) fn broken_secrets(wiring: &Wiring<'_>) -> Vec<Ask> {
    let world = wiring.world;
    let mut named: BTreeMap<(&str, &str), ObjectRef> = BTreeMap::new();
    for account in world.view.service_accounts.iter().flatten() {
        let object = kinds::SERVICE_ACCOUNT.object(Some(&account.namespace), &account.name);
        for name in &account.pull_secrets {
            named
                .entry((&account.namespace, name))
                .or_insert_with(|| object.clone());
        }
    }
    for workload in world.view.workloads.iter().flat_map(|list| &list.list) {
        let namespace = workload.object.namespace.as_deref().unwrap_or_default();
        for name in &workload.pull_secrets {
            named
                .entry((namespace, name))
                .or_insert_with(|| workload.object.clone());
        }
    }
    named
        .into_iter()
        .filter_map(|((namespace, name), by)| broken(world, namespace, name, &by))
        .collect()
}

/// A secret that is broken is a result of its own; one that is not there, of what names it.
fn broken(world: &World, namespace: &str, name: &str, by: &ObjectRef) -> Option<Ask> {
    match world.named(namespace, name) {
        NamedSecret::Read(parsed) if parsed.is_sound() => None,
        NamedSecret::Read(parsed) => {
            let object = kinds::SECRET.object(Some(namespace), name);
            Some(accounts::broken(&object, namespace, name, Some(parsed)))
        }
        NamedSecret::Gone => Some(accounts::broken(by, namespace, name, None)),
        // The list of secrets could not be read, which is told once.
        NamedSecret::Unread(_) => None,
    }
}

/// The reasons of builds that ended over an image (openshift/api `build/v1` `StatusReason`).
const BUILD_REASONS: [&str; 4] = [
    "FetchImageContentFailed",
    "InvalidOutputReference",
    "PullBuilderImageFailed",
    "PushImageToRegistryFailed",
];

/// The newest build of each BuildConfig, where it failed over an image.
pub(super) fn failed_builds(world: &World) -> Vec<&Build> {
    let mut newest: BTreeMap<(&str, &str), &Build> = BTreeMap::new();
    for build in world.view.builds.iter().flatten() {
        let name = build.build_config.as_deref().unwrap_or(&build.name);
        let place = newest
            .entry((&build.namespace, name))
            .or_insert(build);
        if build.created > place.created {
            *place = build;
        }
    }
    newest
        .into_values()
        .filter(|build| failed_over_image(build))
        .collect()
}

fn failed_over_image(build: &Build) -> bool {
    if !matches!(build.phase.as_str(), "Failed" | "Error" | "New" | "Pending") {
        return false;
    }
    BUILD_REASONS.contains(&build.reason.as_str())
}

/// The tags whose last import failed, by namespace and stream.
pub(super) fn failed_imports(world: &World) -> Vec<(ObjectRef, &StreamTag)> {
    let mut failed = Vec::new();
    for stream in world.view.image_streams.iter().flatten() {
        let object = kinds::IMAGE_STREAM.object(Some(&stream.namespace), &stream.name);
        for tag in &stream.tags {
            if tag.failed_import().is_some() {
                failed.push((object.clone(), tag));
            }
        }
    }
    failed
}

/// Namespaces in which something was looked at, for the words on a look that found nothing.
pub(super) fn namespaces(world: &World) -> usize {
    let pods = world.view.pods.iter().flatten();
    pods.map(|pod| pod.namespace.as_str())
        .collect::<BTreeSet<_>>()
        .len()
}

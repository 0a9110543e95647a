//! A look at everything: which pods wait for an image, which pull secrets are broken, and, where all that is in use is wanted,
//! what else runs. Pods of one workload that wait for the same are one result.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::accounts;
use super::ground::Ground;
use super::pods::{self, PodImage};
use super::workloads::{self, Known, Owners};
use super::world::{NamedSecret, World};
use crate::doctor::ask::{Ask, Depth};
use crate::doctor::evidence::Fact;
use crate::model::kinds::{self, ObjectRef};
use crate::model::view::{Container, Pod, Secret};

/// What makes two waiting pods one result: whose they are, the container and its image, and how they were made.
type Likeness<'a> = (Whose, &'a str, &'a str, &'a [String], &'a str);

/// Whose a pod is.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Whose {
    /// The workload that a user knows it by, or the pod itself.
    object: ObjectRef,
    /// For a pod of something that is no workload here (a custom resource): its kind and name. Its pods are one result, which
    /// one of them stands for.
    owner: Option<(String, String)>,
}

impl Whose {
    fn of(known: &Known<'_>, pod: &Pod) -> Self {
        let above = known.above(pod);
        // Each static pod is one by itself, whatever else its node has.
        match &pod.owner {
            Some(owner) if above.kind == kinds::POD && !pod.is_static() => Self {
                object: kinds::POD.object(Some(&pod.namespace), &owner.name),
                owner: Some((owner.kind.clone(), owner.name.clone())),
            },
            _ => Self {
                object: above,
                owner: None,
            },
        }
    }

    /// What the report names: of pods of one owner this one.
    fn target(self, pod: &Pod) -> ObjectRef {
        match self.owner {
            Some(_) => kinds::POD.object(Some(&pod.namespace), &pod.name),
            None => self.object,
        }
    }
}

/// The pods that wait for an image, by what made them.
pub(super) fn waiting_pods(ground: &Ground<'_>) -> Vec<Ask> {
    let view = &ground.world.view;
    let known = Known::of(view);
    let mut alike: BTreeMap<Likeness<'_>, Vec<(&Pod, &Container)>> = BTreeMap::new();
    for pod in view.pods.iter().flatten() {
        for container in pods::waiting(pod) {
            let key = (
                Whose::of(&known, pod),
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
        .filter_map(|((whose, ..), mut pods)| {
            pods.sort_by_key(|(pod, _)| (Reverse(pod.created), pod.name.as_str()));
            let (pod, container) = *pods.first()?;
            let image = PodImage {
                target: whose.target(pod),
                pod,
                container,
                template: known.template(pod),
                like: pods.len() - 1,
            };
            Some(image.ask(ground))
        })
        .collect()
}

/// Every image in use: of all workloads, and of pods that nothing made.
pub(super) fn in_use(ground: &Ground<'_>) -> Vec<Ask> {
    let view = &ground.world.view;
    let owners = Owners::of(view);
    let known = Known::of(view);
    let mut asks = Vec::new();
    for workload in view.workloads.iter().flat_map(|workloads| &workloads.list) {
        asks.extend(workloads::asks(
            ground,
            workload,
            owners.pods(&workload.object),
        ));
    }
    // The pods of what was not read (a ReplicaSet or a Job of its own, a kind that is not known here): one of each kind.
    let mut alike: BTreeMap<Likeness<'_>, Vec<(&Pod, &Container)>> = BTreeMap::new();
    for pod in view.pods.iter().flatten() {
        let above = known.above(pod);
        let is_done = matches!(pod.phase.as_str(), "Succeeded" | "Failed");
        if pod.deleting || is_done || known.get(&above).is_some() {
            continue;
        }
        let of_interest = |container: &&Container| pods::is_of_interest(container);
        for container in pod.containers.iter().filter(of_interest) {
            let key = (
                Whose::of(&known, pod),
                container.name.as_str(),
                container.image.as_str(),
                pod.pull_secrets.as_slice(),
                pod.service_account.as_str(),
            );
            alike.entry(key).or_default().push((pod, container));
        }
    }
    for ((whose, ..), mut pods) in alike {
        // What waits speaks for the rest.
        pods.sort_by_key(|(pod, _)| {
            (
                !pod.waits_for_image(),
                Reverse(pod.created),
                pod.name.as_str(),
            )
        });
        let waiting = pods.iter().filter(|(pod, _)| pod.waits_for_image()).count();
        if let Some((pod, container)) = pods.first() {
            let image = PodImage {
                target: whose.target(pod),
                pod,
                container,
                template: None,
                like: waiting.saturating_sub(1),
            };
            asks.push(image.ask(ground));
        }
    }
    for ask in &mut asks {
        let fails = |fact: &Fact| matches!(fact, Fact::Observed(seen) if seen.current);
        if !ask.facts.iter().any(fails) {
            ask.depth = Depth::Delivery;
        }
    }
    asks
}

/// The pull secrets that are not there, not readable or not whole, and that an account or a template names.
pub(super) fn broken_secrets(ground: &Ground<'_>) -> Vec<Ask> {
    let world = ground.world;
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
    let found = world.secret(namespace, name).ok().flatten();
    if found.is_some_and(Secret::is_of_platform) {
        return None;
    }
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

#[cfg(test)]
mod tests {
    use super::super::kit::*;
    use super::*;

    #[test]
    fn pods_of_one_owner_are_one_and_static_pods_are_by_themselves() {
        let view = view();
        let known = Known::of(&view);
        let of = |name: &str, owner: Option<(&str, &str)>| {
            let own = pod(name, Vec::new());
            let pod = match owner {
                Some((kind, name)) => owned(kind, name, own),
                None => own,
            };
            (Whose::of(&known, &pod), pod)
        };
        let kafka = Some(("StrimziPodSet", "kafka"));
        let (first, one) = of("kafka-0", kafka);
        let (second, _) = of("kafka-1", kafka);
        assert_eq!(first, second);
        // One of them stands for all.
        assert_eq!(first.target(&one), object(kinds::POD, "kafka-0"));
        for (a, b) in [
            (of("a", kafka), of("b", Some(("StrimziPodSet", "other")))),
            (of("a", kafka), of("b", Some(("Other", "kafka")))),
            (of("kafka", None), of("b", kafka)),
            (of("a", None), of("b", None)),
            (of("a", Some(("Node", "n"))), of("b", Some(("Node", "n")))),
        ] {
            assert_ne!(a.0, b.0);
        }
        let (set, pod) = of("web-5f9c-x", Some(("ReplicaSet", "web-5f9c")));
        assert_eq!(set.target(&pod), object(kinds::REPLICA_SET, "web-5f9c"));
    }
}

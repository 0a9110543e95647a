//! The images of pods: what each container, init container, ephemeral container and image volume really asks for, and with
//! which secrets.

use super::observed;
use super::wiring::{Wired, Wiring, gap};
use crate::doctor::ask::Ask;
use crate::doctor::evidence::{Check, Evidence};
use crate::doctor::probes::unread;
use crate::doctor::target::{Operation, TargetRef};
use crate::model::kinds::{self, ObjectRef};
use crate::model::platform::Platform;
use crate::model::view::{Container, ContainerKind, Node, Pod, Workload};

/// One image of a pod, and whose it is in the report.
pub(super) struct PodImage<'a> {
    pub(super) target: ObjectRef,
    pub(super) pod: &'a Pod,
    pub(super) container: &'a Container,
    /// What the pod was made from, where that is known.
    pub(super) template: Option<&'a Workload>,
    /// How many other pods of the same target wait for the same.
    pub(super) like: usize,
}

impl PodImage<'_> {
    pub(super) fn ask(&self, wiring: &Wiring<'_>) -> Ask {
        let Self { pod, container, .. } = self;
        let wired = wiring.pod(pod, self.template);
        let events = wiring
            .world
            .events_about(kinds::POD.kind, &pod.namespace, &pod.name);
        let mut ask = ask(&self.target, container, wired);
        ask.facts
            .extend(observed::of_container(pod, container, &events, self.like));
        ask.unread.extend(events_unread(wiring));
        ask.platform = pod.node.as_deref().and_then(|node| platform(wiring, node));
        ask
    }
}

/// Every image of a pod; nothing of it is left out because it runs.
pub(super) fn asks(wiring: &Wiring<'_>, pod: &Pod, template: Option<&Workload>) -> Vec<Ask> {
    let target = kinds::POD.object(Some(&pod.namespace), &pod.name);
    pod.containers
        .iter()
        .map(|container| {
            let image = PodImage {
                target: target.clone(),
                pod,
                container,
                template,
                like: 0,
            };
            image.ask(wiring)
        })
        .collect()
}

/// The containers whose images a pod waits for. An image of a volume has no status: the containers wait for it.
pub(super) fn waiting(pod: &Pod) -> impl Iterator<Item = &Container> {
    let waits = !pod.deleting && pod.waits_for_image();
    pod.containers
        .iter()
        .filter(move |container| match container.kind {
            ContainerKind::Volume => waits,
            _ => waits && container.waits_for_image(),
        })
}

/// The question about an image of an object, whose wiring is known.
pub(super) fn ask(target: &ObjectRef, container: &Container, wired: Wired) -> Ask {
    let target = TargetRef::Object {
        object: target.clone(),
        container: Some(container.name.clone()),
    };
    Ask {
        sources: wired.sources,
        facts: wired.facts,
        unread: wired.lines,
        ..Ask::new(
            target,
            container.image.clone(),
            Operation::Pull,
            wired.consumer,
        )
    }
}

pub(super) fn events_unread(wiring: &Wiring<'_>) -> Option<Evidence> {
    gap(&wiring.world.view.events).map(|why| unread(Check::Observed, why))
}

fn platform(wiring: &Wiring<'_>, node: &str) -> Option<Platform> {
    let node: &Node = wiring
        .config
        .nodes
        .iter()
        .flatten()
        .find(|known| known.name == node)?;
    Some(Platform {
        os: node.os.clone(),
        architecture: node.architecture.clone(),
        variant: None,
    })
}

//! The images of pods: what each container, init container, ephemeral container and image volume really asks for, and with
//! which secrets.

use super::ground::Ground;
use super::resolve::{self, Asked, Resolution};
use super::wiring::{Wired, gap};
use super::{observed, signature};
use crate::doctor::ask::{Ask, NotAsked};
use crate::doctor::evidence::{Check, Evidence, Fact, PresentFact};
use crate::doctor::probes::unread;
use crate::doctor::target::{Operation, TargetRef, object_words};
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
    pub(super) fn ask(&self, ground: &Ground<'_>) -> Ask {
        let Self { pod, container, .. } = self;
        let wired = ground.wiring.pod(pod, self.template);
        let events = ground
            .world
            .events_about(kinds::POD.kind, &pod.namespace, &pod.name);
        // Admission has had its say on short names: what a pod names is what is pulled.
        let image = if container.image.contains('/') {
            resolve::image(ground, &pod.namespace, &container.image, false)
        } else {
            resolve::searched(ground, &container.image)
        };
        let mut ask = ask(ground, &self.target, &container.name, image, wired);
        ask.facts
            .extend(observed::of_container(pod, container, &events, self.like));
        ask.facts.extend(present(pod, container));
        ask.unread.extend(events_unread(ground));
        ask.platform = pod.node.as_deref().and_then(|node| platform(ground, node));
        if never_pulled(container) {
            // No registry is asked, whatever it has.
            ask.not_asked = Some(NotAsked::Itself);
        }
        ask
    }
}

/// The kubelet takes the image from the node and asks no registry (Kubernetes `pkg/kubelet/images/image_manager.go`
/// `EnsureImageExists`, `imagePullPrecheck`).
fn never_pulled(container: &Container) -> bool {
    container.pull_policy.as_deref() == Some("Never")
}

/// Whether a registry has to do with the container: what is never pulled is worth a question only while it is waited for.
pub(super) fn is_of_interest(container: &Container) -> bool {
    !never_pulled(container) || container.waits_for_image()
}

/// That the pod's node has got the image of this container once.
pub(super) fn present(pod: &Pod, container: &Container) -> Option<Fact> {
    let has = container
        .image_id
        .as_deref()
        .is_some_and(|id| !id.is_empty());
    has.then(|| {
        let object = kinds::POD.object(Some(&pod.namespace), &pod.name);
        Fact::Present(PresentFact {
            object: object_words(&object),
        })
    })
}

/// Every image of a pod; nothing of it is left out because it runs.
pub(super) fn asks(ground: &Ground<'_>, pod: &Pod, template: Option<&Workload>) -> Vec<Ask> {
    let target = kinds::POD.object(Some(&pod.namespace), &pod.name);
    pod.containers
        .iter()
        .filter(|container| is_of_interest(container))
        .map(|container| {
            let image = PodImage {
                target: target.clone(),
                pod,
                container,
                template,
                like: 0,
            };
            image.ask(ground)
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
pub(super) fn ask(
    ground: &Ground<'_>,
    object: &ObjectRef,
    container: &str,
    image: Resolution,
    wired: Wired,
) -> Ask {
    let target = TargetRef::Object {
        object: object.clone(),
        container: Some(container.to_owned()),
    };
    let asked = Asked {
        operation: Operation::Pull,
        consumer: wired.consumer,
        sources: wired.sources,
        facts: wired.facts,
        unread: wired.lines,
    };
    let namespace = object.namespace.as_deref().unwrap_or_default();
    let mut ask = image.into_ask(ground, target, asked);
    if ask.operation == Operation::Pull {
        ask.signatures = signature::policies(ground, namespace, &ask.text);
        ask.notes.extend(signature::unread(ground, &ask.signatures));
    }
    ask
}

/// That the events could not be read, which costs evidence and no verdict.
pub(super) fn events_unread(ground: &Ground<'_>) -> Option<Evidence> {
    gap(&ground.world.view.events).map(|why| unread(Check::Observed, why))
}

fn platform(ground: &Ground<'_>, node: &str) -> Option<Platform> {
    let node: &Node = ground
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

//! What the cluster said about a target, read out of its words: the statuses of containers, events, conditions, logs.
//!
//! The first full account wins over what only says that the pull is held back, and among full ones the newest.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::doctor::evidence::{Fact, ObservedFact, ObservedSource};
use crate::doctor::reading::{self, Known, Likelihood};
use crate::doctor::target::object_words;
use crate::model::kinds;
use crate::model::message::{self, Symptom};
use crate::model::view::{Container, ContainerKind, Event, Pod};

/// Words on one target that are shown at most.
const MOST: usize = 3;

/// Where words stood, and what they are about.
pub(super) struct Said<'a> {
    pub(super) source: ObservedSource,
    /// The object, in words: `pod shop/web-1`.
    pub(super) object: String,
    pub(super) text: String,
    /// The image that was wanted.
    pub(super) image: &'a str,
    /// The target still waits for its image.
    pub(super) current: bool,
    pub(super) at: Option<Timestamp>,
}

/// The facts in those words, the most telling first; what speaks of no failure is left out, and so is what was said before.
pub(super) fn facts(said: Vec<Said<'_>>) -> Vec<Fact> {
    let mut seen: Vec<ObservedFact> = said.into_iter().filter_map(read).collect();
    // An event is about one container and has its time; a status may be the last of several.
    seen.sort_by_key(|fact| (fact.bare, Reverse(fact.at), fact.source));
    let mut known: Vec<String> = Vec::new();
    seen.retain(|fact| {
        let new = !known.contains(&fact.message);
        known.push(fact.message.clone());
        new
    });
    // `Error: ErrImagePull` adds nothing to an account of it.
    if seen.iter().any(|fact| !fact.bare) {
        seen.retain(|fact| !fact.bare);
    }
    seen.truncate(MOST);
    seen.into_iter()
        .enumerate()
        .map(|(place, fact)| Fact::Observed(Box::new(ObservedFact { place, ..fact })))
        .collect()
}

fn read(said: Said<'_>) -> Option<ObservedFact> {
    let read = message::read(&said.text);
    // A container that fails after its image came is nothing of ours.
    if matches!(read.symptom, Symptom::Nothing | Symptom::AfterPull) {
        return None;
    }
    let known = Known {
        image: Some(said.image),
        ..Known::default()
    };
    let meaning = reading::read_beside_evidence(&read, &known);
    Some(ObservedFact {
        place: 0,
        source: said.source,
        object: said.object,
        runtime: read.runtime.id(),
        points_at: meaning.points_at,
        certain: meaning
            .candidates
            .first()
            .is_some_and(|first| first.likelihood == Likelihood::Certain),
        candidates: meaning
            .candidates
            .iter()
            .map(|candidate| candidate.cause)
            .collect(),
        bare: matches!(read.symptom, Symptom::NoCause | Symptom::PullSecretUnread),
        message: read.words,
        current: said.current,
        at: said.at,
    })
}

/// The reasons of events that tell why an image does not come (kubelet `pkg/kubelet/events/event.go`).
const REASONS: [&str; 5] = [
    "BackOff",
    "ErrImageNeverPull",
    "Failed",
    "FailedToRetrieveImagePullSecret",
    "InspectFailed",
];

/// What the kubelet said on one container of a pod, of which `like` more fail in the same way.
pub(super) fn of_container(
    pod: &Pod,
    container: &Container,
    events: &[&Event],
    like: usize,
) -> Vec<Fact> {
    let object = object_words(&kinds::POD.object(Some(&pod.namespace), &pod.name));
    let object = match like {
        0 => object,
        more => format!("{object} and {more} more like it"),
    };
    let current = match container.kind {
        ContainerKind::Volume => pod.waits_for_image(),
        _ => container.waits_for_image(),
    };
    let say = |source, text: &str, at| Said {
        source,
        object: object.clone(),
        text: text.to_owned(),
        image: &container.image,
        current,
        at,
    };
    let status = container
        .waiting
        .as_ref()
        .filter(|_| container.waits_for_image())
        .map(|waiting| {
            // The reason is the whole account where a secret does not decode.
            let text = if waiting.message.is_empty() {
                &waiting.reason
            } else {
                &waiting.message
            };
            say(ObservedSource::Status, text, None)
        });
    let mut said: Vec<Said<'_>> = events
        .iter()
        .filter(|event| event.uid.is_empty() || pod.uid.is_empty() || event.uid == pod.uid)
        .filter(|event| REASONS.contains(&event.reason.as_str()))
        .filter(|event| is_about(event, container))
        .map(|event| say(ObservedSource::Event, &event.message, event.last))
        .collect();
    said.extend(status);
    facts(said)
}

/// An event names its container; one about a volume or about the pod names the image, or is about all of it.
fn is_about(event: &Event, container: &Container) -> bool {
    match (event.container(), container.kind) {
        (Some(name), ContainerKind::Volume) => {
            name == container.name || event.message.contains(&container.image)
        }
        (Some(name), _) => name == container.name,
        (None, ContainerKind::Volume) => event.message.contains(&container.image),
        (None, _) => true,
    }
}

#[cfg(test)]
mod tests;

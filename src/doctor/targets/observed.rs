//! What the cluster said about a target, read out of its words: the statuses of containers, events, conditions, logs.
//!
//! The first full account wins over what only says that the pull is held back, and among full ones the newest.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::doctor::evidence::{Fact, ObservedFact, ObservedSource};
use crate::model::message::{self, Message, Symptom};
use crate::model::view::{Container, ContainerKind, Event, Pod};

/// Words on one target that are shown at most.
const MOST: usize = 3;

/// Where words stood, and what they are about.
pub(super) struct Said<'a> {
    pub(super) source: ObservedSource,
    /// The object, in words: `pod shop/web-1`.
    pub(super) object: String,
    pub(super) text: &'a str,
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
    let read = message::read(said.text);
    if read.words.is_empty() {
        return None;
    }
    let bare = read.symptom == Symptom::Nothing || is_bare(said.text);
    let meaning = Meaning::of(&read, said.image);
    Some(ObservedFact {
        place: 0,
        source: said.source,
        object: said.object,
        runtime: read.runtime.id(),
        points_at: meaning.points_at,
        candidates: meaning.candidates,
        certain: meaning.certain,
        bare,
        message: read.words,
        current: said.current,
        at: said.at,
    })
}

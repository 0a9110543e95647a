//! What the cluster said about a target, read out of its words.

use jiff::Timestamp;

use crate::doctor::evidence::{Fact, ObservedFact, ObservedSource};
use crate::model::message::{self, Symptom};

/// Where words stood, and what they are about.
pub(super) struct Said<'a> {
    /// Among the words on one target, the most telling first.
    pub(super) place: usize,
    pub(super) source: ObservedSource,
    /// The object, in words: `pod shop/web-1`.
    pub(super) object: String,
    pub(super) text: &'a str,
    /// The target still waits for its image.
    pub(super) current: bool,
    pub(super) at: Option<Timestamp>,
}

/// The fact in those words; `None` where they speak of no failure.
pub(super) fn fact(said: Said<'_>) -> Option<Fact> {
    let read = message::read(said.text);
    if read.words.is_empty() {
        return None;
    }
    Some(Fact::Observed(Box::new(ObservedFact {
        place: said.place,
        source: said.source,
        object: said.object,
        runtime: read.runtime.id(),
        points_at: "unknown",
        candidates: Vec::new(),
        certain: false,
        bare: read.symptom == Symptom::Nothing,
        message: read.words,
        current: said.current,
        at: said.at,
    })))
}

//! Where probes put what they saw, so that a run that is cut off still has it.

use std::sync::{Arc, Mutex, PoisonError};

use super::evidence::{About, CandidateFact, Evidence, Fact, describe};
use super::probes::Seen;
use super::target::Subject;
use crate::model::dialect::Dialect;

/// The evidence on one target so far. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Sink(Arc<Mutex<Vec<Evidence>>>);

/// A sink and what describing facts needs.
pub struct Writer<'a> {
    pub sink: &'a Sink,
    pub subject: &'a Subject,
    pub candidates: &'a [CandidateFact],
}

impl Sink {
    pub fn push(&self, evidence: impl IntoIterator<Item = Evidence>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(evidence);
    }

    /// All that was seen, in the order of arrival.
    pub fn taken(&self) -> Vec<Evidence> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Writer<'_> {
    /// Describes facts and keeps them.
    pub fn facts(&self, facts: impl IntoIterator<Item = Fact>, dialect: Dialect) {
        let about = About {
            subject: self.subject,
            dialect,
            candidates: self.candidates,
        };
        let lines: Vec<Evidence> = facts
            .into_iter()
            .flat_map(|fact| describe(fact, &about))
            .collect();
        self.sink.push(lines);
    }

    pub fn seen(&self, seen: Seen, dialect: Dialect) {
        self.facts(seen.facts, dialect);
        self.sink.push(seen.skips);
    }
}

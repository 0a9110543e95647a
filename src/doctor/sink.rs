//! Where probes put what they saw, so that a run that is cut off still has it.
//!
//! Facts are kept as they came and put into words when they are taken: targets that share a probe may know the same
//! credential by different secrets.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};

use super::evidence::{About, CandidateFact, Evidence, Fact, describe};
use super::probes::Seen;
use super::target::Subject;
use crate::model::dialect::Dialect;

/// What was seen of one target so far. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Sink(Arc<Mutex<Vec<Noted>>>);

#[derive(Debug, Clone)]
enum Noted {
    Fact(Fact, Dialect),
    Line(Evidence),
}

impl Sink {
    /// Keeps facts, and the dialect in which their words are to be read.
    pub fn facts(&self, facts: impl IntoIterator<Item = Fact>, dialect: Dialect) {
        let noted = facts.into_iter().map(|fact| Noted::Fact(fact, dialect));
        self.lock().extend(noted);
    }

    /// Adds to the list of candidates, which is one fact however late the last of them is found.
    pub fn add_candidates(&self, more: &[CandidateFact]) {
        for noted in self.lock().iter_mut() {
            if let Noted::Fact(Fact::Candidates { list, .. }, _) = noted {
                list.extend_from_slice(more);
                return;
            }
        }
    }

    /// Keeps lines that hold no fact.
    pub fn push(&self, evidence: impl IntoIterator<Item = Evidence>) {
        self.lock().extend(evidence.into_iter().map(Noted::Line));
    }

    pub fn seen(&self, seen: Seen, dialect: Dialect) {
        self.facts(seen.facts, dialect);
        self.push(seen.skips);
    }

    /// All that was seen, as evidence on `subject`, in the order of arrival.
    pub fn taken(&self, subject: &Subject, candidates: &[CandidateFact]) -> Vec<Evidence> {
        let noted = self.lock();
        let mut evidence = Vec::with_capacity(noted.len());
        for one in noted.iter() {
            match one {
                Noted::Line(line) => evidence.push(line.clone()),
                Noted::Fact(fact, dialect) => {
                    let about = About {
                        subject,
                        dialect: *dialect,
                        candidates,
                    };
                    evidence.extend(describe(fact.clone(), &about));
                }
            }
        }
        evidence
    }

    /// Cleans the words of nodes and API servers that were noted so far.
    pub fn clean_words(&self, clean: impl Fn(&str) -> Cow<'_, str>) {
        for noted in self.lock().iter_mut() {
            let words = match noted {
                Noted::Fact(Fact::Observed(seen), _) => Some(&mut seen.message),
                Noted::Fact(Fact::Opinion(opinion), _) => opinion.message_mut(),
                _ => None,
            };
            if let Some(words) = words {
                *words = clean(words).into_owned();
            }
        }
    }

    /// Shows every fact that was noted so far.
    pub fn each(&self, mut see: impl FnMut(&Fact)) {
        for noted in self.lock().iter() {
            if let Noted::Fact(fact, _) = noted {
                see(fact);
            }
        }
    }

    /// Whether a fact that was noted so far is one of those.
    pub fn holds(&self, is_one: impl Fn(&Fact) -> bool) -> bool {
        let mut found = false;
        self.each(|fact| found |= is_one(fact));
        found
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Noted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

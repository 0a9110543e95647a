//! The journal entry of the run that is under way.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::record::{Entry, Record, State};
use super::store::{Journal, JournalError};
use crate::apply::decide::Wanted;
use crate::apply::outcome::Status;
use crate::apply::pass::Pass;
use crate::apply::perform::{Failed, Performed};
use crate::plan::undo::Undo;
use crate::plan::{Change, Object, Plan};

/// A file that says `intended` of a change that was made is true enough to take it back from: with many changes the file
/// is not written again for each of them.
const REWRITE_EVERY: Duration = Duration::from_millis(200);

/// A run whose file is on disk, with everything that it intends. Shared by all who write.
#[derive(Debug)]
pub struct OpenRun {
    journal: Journal,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    record: Record,
    /// One an entry: its change's place in the plan, and whether it was come to.
    places: Vec<(usize, bool)>,
    saved: Instant,
}

impl OpenRun {
    /// With an entry for each write that the server was ready to make.
    pub(super) fn new(journal: Journal, mut record: Record, plan: &Plan, tried: &Pass) -> Self {
        let mut places = Vec::new();
        for (at, change, seen, wanted) in tried.entries(plan) {
            places.push((at, false));
            record.changes.push(entry(change, seen, wanted));
        }
        Self {
            journal,
            inner: Mutex::new(Inner {
                record,
                places,
                saved: Instant::now(),
            }),
        }
    }

    pub(super) fn save(&self) -> Result<(), JournalError> {
        self.journal.save(&self.lock().record)
    }

    /// Notes what became of the change at `place` of the plan.
    pub(in crate::apply) fn note(
        &self,
        place: usize,
        result: &Result<Performed, Failed>,
    ) -> Result<(), JournalError> {
        let mut inner = self.lock();
        let Some(at) = inner.places.iter().position(|(it, _)| *it == place) else {
            return Ok(());
        };
        inner.places[at].1 = true;
        let entry = &mut inner.record.changes[at];
        match result {
            Ok(performed) => update(entry, performed),
            Err(failed) if failed.is_definite() => entry.state = State::NotMade,
            // It may have been made: it stays intended.
            Err(_) => {}
        }
        if inner.saved.elapsed() < REWRITE_EVERY {
            return Ok(());
        }
        inner.saved = Instant::now();
        self.journal.save(&inner.record)
    }

    /// Ends the run. What was not come to was not made. The id, unless nothing was written at all.
    pub(in crate::apply) fn finish(self) -> Result<Option<String>, JournalError> {
        let mut inner = self
            .inner
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        for (entry, (_, reached)) in inner.record.changes.iter_mut().zip(&inner.places) {
            if !reached {
                entry.state = State::NotMade;
            }
        }
        inner.record.changes.retain(|it| it.state != State::NotMade);
        inner.record.finished = true;
        if inner.record.changes.is_empty() {
            self.journal.forget(&inner.record.id)?;
            return Ok(None);
        }
        self.journal.save(&inner.record)?;
        Ok(Some(inner.record.id))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn entry(change: &Change, seen: Option<&Object>, wanted: &Wanted) -> Entry {
    Entry {
        api_version: change.object.kind.api_version(),
        kind: change.object.kind.kind.to_owned(),
        namespace: change.object.namespace.clone(),
        name: change.object.name.clone(),
        uid: seen.and_then(Object::uid).map(str::to_owned),
        what: Status::of(change, seen, wanted).words().to_owned(),
        state: State::Intended,
        before: wanted.before.clone(),
        undo: wanted.undo.clone(),
    }
}

/// Puts down what was really written, which after a conflict may be other than what was intended.
fn update(entry: &mut Entry, performed: &Performed) {
    let Some(wanted) = &performed.wanted else {
        entry.state = State::NotMade;
        return;
    };
    entry.state = State::Made;
    performed.status.words().clone_into(&mut entry.what);
    entry.before = wanted.before.clone();
    entry.undo = wanted.undo.clone();
    if let Some(after) = &performed.after {
        entry.uid = after.uid().map(str::to_owned);
        if let Undo::Delete {
            resource_version, ..
        } = &mut entry.undo
        {
            *resource_version = after.resource_version().map(str::to_owned);
        }
    }
}

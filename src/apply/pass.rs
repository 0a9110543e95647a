//! One pass over all changes of a plan: tried by the server, or written. Writes go a few namespaces at a time, within one
//! in the plan's order; the first failure stops the pass everywhere.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::StreamExt as _;
use futures_util::stream;

use super::decide::{Decision, Means, Wanted};
use super::engine::Mode;
use super::interrupt::Interrupt;
use super::journal::OpenRun;
use super::outcome::{Outcome, Status};
use super::perform::{Failed, Performed, perform};
use crate::cluster::Cluster;
use crate::error::Error;
use crate::plan::{Change, Object, Plan};
use crate::ui::Ui;

/// Namespaces that are written to, and tries that are made, at the same time.
const AT_ONCE: usize = 8;
/// From this many changes on, progress is shown.
const MANY: usize = 12;

/// How to pass over the plan.
pub(super) struct Passage<'a> {
    pub cluster: &'a Cluster,
    pub plan: &'a Plan,
    pub means: Means,
    pub dry_run: bool,
    pub interrupt: &'a Interrupt,
    /// Print a line for what was written, as soon as all before it are done.
    pub lines: Option<Mode>,
}

/// What came of a pass.
#[derive(Debug)]
pub(super) struct Pass {
    /// One a change; `None` for what was not reached.
    performed: Vec<Option<Performed>>,
    pub failure: Option<(usize, Failed)>,
}

/// Where a change stands when a pass begins.
#[derive(Debug)]
pub(super) enum Start {
    /// With the object as it was seen last.
    Seen(Option<Object>),
    /// Nothing is to be done: the server's try came to that.
    Settled(Box<Performed>),
}

type Group = Vec<(usize, Start)>;
type Results = Vec<(usize, Result<Performed, Failed>)>;

impl Passage<'_> {
    /// Passes over all changes.
    pub(super) async fn run(
        &self,
        starts: Vec<Start>,
        journal: Option<&OpenRun>,
        ui: &mut Ui,
    ) -> Result<Pass, Error> {
        let total = self.plan.changes.len();
        let what = if self.dry_run { "checking" } else { "writing" };
        let progress = (total >= MANY).then(|| ui.progress(total, what));
        let stop = AtomicBool::new(false);
        let mut pass = Pass {
            performed: std::iter::repeat_with(|| None).take(total).collect(),
            failure: None,
        };
        let mut printed = 0;
        let mut output = Ok(());
        let mut groups = stream::iter(self.groups(starts))
            .map(|group| self.group(group, journal, &stop))
            .buffer_unordered(AT_ONCE);
        while let Some(results) = groups.next().await {
            if let Some(progress) = &progress {
                progress.advance(results.len());
            }
            for (at, result) in results {
                match result {
                    Ok(performed) => pass.performed[at] = Some(performed),
                    Err(failed) => {
                        pass.failure.get_or_insert((at, failed));
                    }
                }
            }
            if output.is_ok() {
                output = self.flush(&pass, &mut printed, false, ui);
                // Nobody reads any more: what is under way is finished, and nothing else begun.
                stop.fetch_or(output.is_err(), Ordering::SeqCst);
            }
        }
        drop(groups);
        drop(progress);
        output?;
        self.flush(&pass, &mut printed, true, ui)?;
        Ok(pass)
    }

    /// The changes by namespace, or all in one where their order matters. Tries do not depend on each other: each is a group of
    /// its own.
    fn groups(&self, starts: Vec<Start>) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut known: HashMap<(Option<&str>, usize), usize> = HashMap::new();
        let ordered = self.plan.is_ordered();
        for (at, (change, start)) in self.plan.changes.iter().zip(starts).enumerate() {
            let own = if self.dry_run { at } else { 0 };
            let namespace = change.object.namespace.as_deref().filter(|_| !ordered);
            let group = *known.entry((namespace, own)).or_insert_with(|| {
                groups.push(Group::new());
                groups.len() - 1
            });
            groups[group].push((at, start));
        }
        groups
    }

    async fn group(&self, group: Group, journal: Option<&OpenRun>, stop: &AtomicBool) -> Results {
        let mut results = Vec::new();
        for (at, start) in group {
            let seen = match start {
                Start::Seen(seen) => seen,
                Start::Settled(performed) => {
                    results.push((at, Ok(*performed)));
                    continue;
                }
            };
            let interrupted = !self.dry_run && self.interrupt.is_asked();
            if stop.load(Ordering::SeqCst) || interrupted {
                break;
            }
            let change = &self.plan.changes[at];
            let performed = perform(self.cluster, change, seen, self.means, self.dry_run).await;
            let journalled = journal.map_or(Ok(()), |journal| journal.note(at, &performed));
            stop.fetch_or(performed.is_err() || journalled.is_err(), Ordering::SeqCst);
            results.push((at, performed));
            if let Err(error) = journalled {
                results.push((at, Err(Failed::Journal(error.to_string()))));
            }
        }
        results
    }

    /// Prints what is done and next in the plan's order; with `all` also what lies behind a gap.
    fn flush(&self, pass: &Pass, printed: &mut usize, all: bool, ui: &mut Ui) -> Result<(), Error> {
        let Some(mode) = self.lines.filter(|_| !self.dry_run) else {
            return Ok(());
        };
        let several = self.plan.namespaces().len() > 1;
        while *printed < pass.performed.len() {
            match pass.outcome(self.plan, *printed) {
                Some(outcome) => ui.line(outcome.line(mode, several))?,
                None if all => {}
                None => break,
            }
            *printed += 1;
        }
        Ok(())
    }
}

impl Pass {
    /// Of a server that cannot try anything: what was decided on what was read.
    pub(super) fn untried(plan: &Plan, decisions: Vec<Decision>) -> Self {
        let performed = plan
            .changes
            .iter()
            .zip(decisions)
            .map(|(change, decision)| {
                let seen = change.seen.clone();
                Some(match decision {
                    Decision::Nothing => Performed::without_write(Status::Unchanged, seen),
                    Decision::Gone => Performed::without_write(Status::Gone, seen),
                    Decision::Write(wanted) => Performed {
                        status: Status::of(change, seen.as_ref(), &wanted),
                        after: wanted.after.clone(),
                        seen,
                        wanted: Some(*wanted),
                    },
                })
            });
        Self {
            performed: performed.collect(),
            failure: None,
        }
    }

    fn outcome(&self, plan: &Plan, at: usize) -> Option<Outcome> {
        let performed = self.performed.get(at)?.as_ref()?;
        Some(Outcome {
            object: plan.changes[at].object.clone(),
            status: performed.status.clone(),
            after: performed.after.clone(),
        })
    }

    /// What was reached, in the plan's order.
    pub(super) fn outcomes(&self, plan: &Plan) -> Vec<Outcome> {
        (0..self.performed.len())
            .filter_map(|at| self.outcome(plan, at))
            .collect()
    }

    /// The changes that need a write, with the write.
    pub(super) fn writes<'a>(
        &'a self,
        plan: &'a Plan,
    ) -> impl Iterator<Item = (&'a Change, &'a Wanted)> {
        self.entries(plan)
            .map(|(_, change, _, wanted)| (change, wanted))
    }

    /// The same with their place in the plan and the object that was seen.
    pub(super) fn entries<'a>(
        &'a self,
        plan: &'a Plan,
    ) -> impl Iterator<Item = (usize, &'a Change, Option<&'a Object>, &'a Wanted)> {
        plan.changes
            .iter()
            .zip(&self.performed)
            .enumerate()
            .filter_map(|(at, (change, performed))| {
                let performed = performed.as_ref()?;
                let wanted = performed.wanted.as_ref()?;
                Some((at, change, performed.seen.as_ref(), wanted))
            })
    }

    pub(super) fn has_writes(&self) -> bool {
        self.performed
            .iter()
            .flatten()
            .any(|performed| performed.wanted.is_some())
    }

    /// Where the next pass begins.
    pub(super) fn starts(self) -> Vec<Start> {
        self.performed
            .into_iter()
            .map(|performed| match performed {
                Some(performed) if performed.wanted.is_none() => {
                    Start::Settled(Box::new(performed))
                }
                Some(performed) => Start::Seen(performed.seen),
                None => Start::Seen(None),
            })
            .collect()
    }
}

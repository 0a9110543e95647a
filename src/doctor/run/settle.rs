//! Judging targets while others are still being asked about. What runs, turns out healthy and has nothing more to come is put
//! down as its verdict, and all that was kept for it is let go: of a large cluster that is nearly everything.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::gather::Target;
use super::judged;
use crate::doctor::ask::Depth;
use crate::doctor::diagnosis::{Diagnosis, Setting};
use crate::doctor::schedule::Leg;

/// Targets whose verdict waits for nothing but their legs.
pub(super) struct Settling<'a> {
    setting: &'a Setting,
    targets: Vec<Waiting>,
    /// The targets of each leg, known by its address, which is compared and never followed.
    of_leg: HashMap<*const Leg, Vec<usize>>,
    done: Vec<(usize, Diagnosis)>,
}

struct Waiting {
    /// `None` once it is settled.
    target: Option<Target>,
    /// Legs that have not come back yet.
    legs: usize,
}

impl Waiting {
    /// The verdict, if it is a good one: what fails may still be asked about further.
    fn settled(&mut self, setting: &Setting) -> Option<(usize, Diagnosis)> {
        let target = self.target.as_ref()?;
        let mut diagnosis = judged(target, setting, false);
        if !diagnosis.verdict.is_healthy() {
            return None;
        }
        diagnosis.shed();
        let settled = (target.place, diagnosis);
        self.target = None;
        Some(settled)
    }
}

fn legs_of(target: &Target) -> impl Iterator<Item = &Arc<Leg>> {
    let mirrors = target.mirrors.iter().map(|mirror| &mirror.leg);
    target.leg.iter().chain(mirrors)
}

impl<'a> Settling<'a> {
    /// Takes those of `targets` that nobody else has anything to say on.
    pub(super) fn take(targets: &mut Vec<Target>, setting: &'a Setting) -> Self {
        let mut settling = Self {
            setting,
            targets: Vec::new(),
            of_leg: HashMap::new(),
            done: Vec::new(),
        };
        for target in std::mem::take(targets) {
            let legs: HashSet<*const Leg> = legs_of(&target).map(Arc::as_ptr).collect();
            if target.depth != Depth::Delivery || legs.is_empty() {
                targets.push(target);
                continue;
            }
            for leg in &legs {
                let at = settling.targets.len();
                settling.of_leg.entry(*leg).or_default().push(at);
            }
            settling.targets.push(Waiting {
                legs: legs.len(),
                target: Some(target),
            });
        }
        settling
    }

    /// Takes none.
    pub(super) fn none(setting: &'a Setting) -> Self {
        Self::take(&mut Vec::new(), setting)
    }

    /// A leg has come back.
    pub(super) fn leg_is_done(&mut self, leg: &Arc<Leg>) {
        for at in self.of_leg.remove(&Arc::as_ptr(leg)).unwrap_or_default() {
            let waiting = &mut self.targets[at];
            waiting.legs = waiting.legs.saturating_sub(1);
            if waiting.legs == 0 {
                self.done.extend(waiting.settled(self.setting));
            }
        }
    }

    /// What was settled, each with its place among the results, and the targets that were not.
    pub(super) fn end(self) -> (Vec<(usize, Diagnosis)>, Vec<Target>) {
        let left = self
            .targets
            .into_iter()
            .filter_map(|waiting| waiting.target)
            .collect();
        (self.done, left)
    }
}

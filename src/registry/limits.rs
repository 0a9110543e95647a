//! The run's deadline and the budgets of its steps: every wait in this folder goes through [`Limits::within`].

use std::future::Future;
use std::time::{Duration, Instant};

use super::Budgets;

/// A wait shorter than this, cut off by the deadline, says nothing about the server.
const TELLING: Duration = Duration::from_secs(1);

/// When things end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) deadline: Instant,
    pub(super) budgets: Budgets,
}

/// Why a wait ended before what it waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// The step had its time, or enough of it to tell.
    TimedOut,
    /// The run's deadline came before the step had a fair chance.
    Deadline,
}

impl Limits {
    /// Waits for `step` until its budget or the deadline ends, whichever is first.
    pub(super) async fn within<T>(
        &self,
        budget: Duration,
        step: impl Future<Output = T>,
    ) -> Result<T, Cut> {
        let start = Instant::now();
        if start >= self.deadline {
            return Err(Cut::Deadline);
        }
        let end = (start + budget).min(self.deadline);
        tokio::time::timeout_at(end.into(), step)
            .await
            .map_err(|_elapsed| {
                if end < self.deadline || start.elapsed() >= TELLING.min(budget) {
                    Cut::TimedOut
                } else {
                    Cut::Deadline
                }
            })
    }

    /// Whether the run has time for `pause`, and as much again for what follows; and whether that is not too long anyway.
    pub(super) fn leave_time_for(&self, pause: Duration) -> bool {
        let left = self.deadline.saturating_duration_since(Instant::now());
        pause <= left / 2 && pause <= self.budgets.pause
    }

    /// Does nothing until then, or until the deadline.
    pub(super) async fn rest_until(&self, until: Instant) {
        tokio::time::sleep_until(until.min(self.deadline).into()).await;
    }
}

//! The run's deadline and the budgets of its steps: every wait for another machine goes through [`Limits::within`].

use std::future::Future;
use std::time::{Duration, Instant};

/// A wait shorter than this, cut off by the deadline, says nothing about the server.
const TELLING: Duration = Duration::from_secs(1);

/// What each stage may take at most.
#[derive(Debug, Clone, Copy)]
pub struct Budgets {
    pub dns: Duration,
    pub tcp: Duration,
    pub tls: Duration,
    pub http: Duration,
    /// The longest pause that a server may ask for (429) and is given.
    pub pause: Duration,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            dns: Duration::from_secs(3),
            tcp: Duration::from_secs(4),
            tls: Duration::from_secs(4),
            http: Duration::from_secs(8),
            pause: Duration::MAX,
        }
    }
}

/// When things end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) deadline: Instant,
    pub(crate) budgets: Budgets,
}

/// Why a wait ended before what it waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The step had its time, or enough of it to tell.
    TimedOut,
    /// The run's deadline came before the step had a fair chance.
    Deadline,
}

impl Limits {
    /// Waits for `step` until its budget or the deadline ends, whichever is first.
    pub(crate) async fn within<T>(
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
    pub(crate) fn leave_time_for(&self, pause: Duration) -> bool {
        let left = self.deadline.saturating_duration_since(Instant::now());
        pause <= left / 2 && pause <= self.budgets.pause
    }

    /// Does nothing until then, or until the deadline.
    pub(crate) async fn rest_until(&self, until: Instant) {
        tokio::time::sleep_until(until.min(self.deadline).into()).await;
    }
}

//! How fast a server is asked. One that answers 429 and says when to come back is left alone until then and asked one
//! question at a time from there on; one that says so again and again is believed not to recover.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::model::observation::Origin;
use crate::net::limits::Limits;

/// Pauses in a row, without a good answer between them, after which a server is not waited for any more.
const MOST_PAUSES: u32 = 3;

/// The servers of a client.
#[derive(Default)]
pub(super) struct Paces(Mutex<HashMap<Origin, Arc<Pace>>>);

impl Paces {
    pub(super) fn of(&self, origin: &Origin) -> Arc<Pace> {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(pace) = paces.get(origin) {
            return Arc::clone(pace);
        }
        Arc::clone(paces.entry(origin.clone()).or_default())
    }
}

/// One server.
pub(super) struct Pace {
    state: Mutex<State>,
    one: Semaphore,
}

#[derive(Default)]
struct State {
    /// It has asked for a pause in this run.
    slow: bool,
    until: Option<Instant>,
    pauses: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            one: Semaphore::new(1),
        }
    }
}

/// The right to ask; of a slow server only one has it.
pub(super) struct Turn<'a> {
    _permit: Option<SemaphorePermit<'a>>,
    began: Instant,
}

impl Pace {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the pause that the server asked for, and for those who are before.
    pub(super) async fn turn(&self, limits: &Limits) -> Turn<'_> {
        let slow = {
            let state = self.state();
            state.slow && state.pauses <= MOST_PAUSES
        };
        // Nobody closes the semaphore.
        let permit = if slow {
            self.one.acquire().await.ok()
        } else {
            None
        };
        let until = self.state().until;
        if let Some(until) = until {
            limits.rest_until(until).await;
        }
        Turn {
            _permit: permit,
            began: Instant::now(),
        }
    }

    /// It answered a question.
    pub(super) fn recovered(&self) {
        self.state().pauses = 0;
    }

    /// It answered 429 to who asked at that turn, and wants a pause. Whether to wait and ask once more: not when the run ends
    /// before that, nor when waiting has not helped.
    pub(super) fn wants(&self, pause: Duration, turn: &Turn<'_>, limits: &Limits) -> bool {
        let mut state = self.state();
        state.slow = true;
        // Those who asked at the same time were told the same.
        if state.until.is_none_or(|until| turn.began >= until) {
            state.pauses += 1;
        }
        if state.pauses > MOST_PAUSES || !limits.leave_time_for(pause) {
            return false;
        }
        let until = Instant::now() + pause;
        state.until = Some(state.until.map_or(until, |known| known.max(until)));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::super::Budgets;
    use super::*;

    fn limits(left: Duration) -> Limits {
        Limits {
            deadline: Instant::now() + left,
            budgets: Budgets::default(),
        }
    }

    #[tokio::test]
    async fn a_server_that_does_not_recover_is_given_up() {
        let limits = limits(Duration::from_secs(3600));
        let pace = Pace::default();
        for _ in 0..MOST_PAUSES {
            let turn = pace.turn(&limits).await;
            assert!(pace.wants(Duration::ZERO, &turn, &limits));
        }
        let turn = pace.turn(&limits).await;
        assert!(!pace.wants(Duration::ZERO, &turn, &limits));
        drop(turn);
        pace.recovered();
        let turn = pace.turn(&limits).await;
        assert!(pace.wants(Duration::ZERO, &turn, &limits));
    }

    #[tokio::test]
    async fn what_was_asked_before_a_pause_counts_once() {
        let limits = limits(Duration::from_secs(3600));
        let pace = Pace::default();
        let mut turns = Vec::new();
        for _ in 0..20 {
            turns.push(pace.turn(&limits).await);
        }
        // An hour's fifth: nobody waits for it here.
        for turn in &turns {
            assert!(pace.wants(Duration::from_secs(720), turn, &limits));
        }
    }

    #[tokio::test]
    async fn a_pause_beyond_the_end_of_the_run_is_not_taken() {
        let limits = limits(Duration::from_secs(10));
        let pace = Pace::default();
        let turn = pace.turn(&limits).await;
        assert!(!pace.wants(Duration::from_secs(6), &turn, &limits));
    }
}

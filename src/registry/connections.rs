//! How many connections a run has open: a few to one server, whichever client asks it, and a bounded number in all. A kept
//! connection that nobody uses makes room for one that somebody waits for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;

use super::pool::{Host, MOST_CONNECTIONS};
use crate::model::observation::Origin;

/// Connections of one run to all servers together. Far below the 1,024 files that a process may usually have open, and
/// enough for the registries of a large cluster and their token services.
const MOST_IN_ALL: usize = 96;

/// The connections of a run. Clients that share it share its bounds; cheap to clone.
#[derive(Clone)]
pub struct Connections(Arc<Inner>);

struct Inner {
    most: usize,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    open: usize,
    by_origin: HashMap<Origin, usize>,
    /// Who waits for a connection to which server.
    waiting: HashMap<Origin, usize>,
    hosts: Vec<Weak<Host>>,
    /// Whose turn it is to make room, so that it is not always the same server's.
    turn: usize,
}

/// The right to one connection; held as long as that is open.
pub(super) struct Permit {
    of: Connections,
    origin: Origin,
}

impl Default for Connections {
    fn default() -> Self {
        Self::at_most(MOST_IN_ALL)
    }
}

impl Connections {
    /// At most `most` in all, and four to one server.
    pub fn at_most(most: usize) -> Self {
        Self(Arc::new(Inner {
            most: most.max(1),
            state: Mutex::default(),
            changed: Notify::new(),
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A server whose kept connections may be closed to make room.
    pub(super) fn know(&self, host: &Arc<Host>) {
        let mut state = self.state();
        state.hosts.retain(|known| known.strong_count() > 0);
        state.hosts.push(Arc::downgrade(host));
    }

    /// Whether somebody waits who could open a connection if one to `origin` were closed.
    pub(super) fn are_wanted(&self, origin: &Origin) -> bool {
        let state = self.state();
        state.waiting.contains_key(origin) || state.open >= self.0.most && !state.waiting.is_empty()
    }

    /// Waits until one more may be opened to `origin`.
    pub(super) async fn permit(&self, origin: &Origin) -> Permit {
        if let Some(permit) = self.take(origin) {
            return permit;
        }
        // Who is counted before looking around misses nothing: what is given back from now on is closed.
        let _waiting = Waiting::new(self, origin);
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(permit) = self.take(origin) {
                return permit;
            }
            if !self.make_room(origin) {
                changed.await;
            }
        }
    }

    fn take(&self, origin: &Origin) -> Option<Permit> {
        let mut state = self.state();
        let here = state.by_origin.get(origin).copied().unwrap_or_default();
        if state.open >= self.0.most || here >= MOST_CONNECTIONS {
            return None;
        }
        state.open += 1;
        *state.by_origin.entry(origin.clone()).or_default() += 1;
        drop(state);
        Some(Permit {
            of: self.clone(),
            origin: origin.clone(),
        })
    }

    /// Has a server's kept connection closed, if there is one that helps.
    fn make_room(&self, origin: &Origin) -> bool {
        let mut state = self.state();
        let here = state.by_origin.get(origin).copied().unwrap_or_default();
        let mut hosts: Vec<Arc<Host>> = state.hosts.iter().filter_map(Weak::upgrade).collect();
        if !hosts.is_empty() {
            state.turn = (state.turn + 1) % hosts.len();
            hosts.rotate_left(state.turn);
        }
        drop(state);
        hosts
            .iter()
            .filter(|host| here < MOST_CONNECTIONS || host.origin() == origin)
            .any(|host| host.close_unused())
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.of.state();
        state.open = state.open.saturating_sub(1);
        take_one(&mut state.by_origin, &self.origin);
        drop(state);
        self.of.0.changed.notify_waiters();
    }
}

/// Somebody who waits, for as long as that takes.
struct Waiting<'a>(&'a Connections, &'a Origin);

impl<'a> Waiting<'a> {
    fn new(connections: &'a Connections, origin: &'a Origin) -> Self {
        let mut state = connections.state();
        *state.waiting.entry(origin.clone()).or_default() += 1;
        drop(state);
        Self(connections, origin)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        take_one(&mut self.0.state().waiting, self.1);
    }
}

fn take_one(counts: &mut HashMap<Origin, usize>, origin: &Origin) {
    if let Some(count) = counts.get_mut(origin) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn origin(host: &str) -> Origin {
        Origin {
            https: true,
            host: host.to_owned(),
            port: 443,
        }
    }

    /// Whether one more may be opened now.
    async fn is_free(connections: &Connections, host: &str) -> Option<Permit> {
        let origin = origin(host);
        let permit = connections.permit(&origin);
        tokio::select! {
            biased;
            permit = permit => Some(permit),
            () = tokio::task::yield_now() => None,
        }
    }

    #[tokio::test]
    async fn four_to_one_server_and_so_many_in_all() {
        let connections = Connections::at_most(6);
        let mut held = Vec::new();
        for _ in 0..MOST_CONNECTIONS {
            held.push(is_free(&connections, "a").await.expect("room"));
        }
        assert!(is_free(&connections, "a").await.is_none());
        held.push(is_free(&connections, "b").await.expect("room"));
        held.push(is_free(&connections, "c").await.expect("room"));
        assert!(is_free(&connections, "d").await.is_none());
        held.remove(0);
        assert!(is_free(&connections, "d").await.is_some());
    }

    #[tokio::test]
    async fn who_waits_gets_what_is_given_back() {
        let connections = Connections::at_most(1);
        let held = connections.permit(&origin("a")).await;
        let other = connections.clone();
        let waiting = tokio::spawn(async move { drop(other.permit(&origin("b")).await) });
        while !connections.are_wanted(&origin("a")) {
            tokio::task::yield_now().await;
        }
        drop(held);
        tokio::time::timeout(Duration::from_secs(60), waiting)
            .await
            .expect("a permit")
            .expect("no panic");
        assert!(!connections.are_wanted(&origin("a")));
    }
}

//! Connections to one origin, kept for the run: one where the server speaks HTTP/2, at most four where it does not.
//!
//! The first dial of an origin is remembered with all its stages, because it is also the answer to "can it be reached", and
//! when it fails nobody dials again: later requests get the same fault at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::{JoinError, JoinHandle};

use super::connections::Connections;
use super::dial::Dialer;
use super::dial::guard::Guard;
use super::lease::{Connection, Http2, Kind, Lease, Opened, handshake};
use crate::model::observation::{Dial, ExchangeFault, Origin};
use crate::net::Http1;

/// Connections to one host at a time.
pub(super) const MOST_CONNECTIONS: usize = 4;
/// Longer than any run: the deadline comes first.
const WHOLE_RUN: Duration = Duration::from_secs(24 * 3600);

/// All origins of a run.
pub(super) struct Pool {
    dialer: Arc<Dialer>,
    connections: Connections,
    hosts: Mutex<HashMap<Origin, Arc<Host>>>,
}

/// The connections to one origin.
pub(super) struct Host {
    dialer: Arc<Dialer>,
    connections: Connections,
    origin: Origin,
    guard: Guard,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// The stages of the first dial.
    first: Option<Dial>,
    /// Why the first dial failed.
    fault: Option<ExchangeFault>,
    shared: Option<Connection<Http2>>,
    /// Requests that are on the shared one.
    sharing: usize,
    idle: Vec<Connection<Http1>>,
    /// HTTP/1 connections that are open or being dialled.
    open: usize,
    /// How many further connections the server refused while others were open: no more are tried than it takes.
    refused: usize,
    /// Whether the server speaks HTTP/2 is not known before the first dial ends.
    dialling_first: bool,
}

impl Pool {
    pub(super) fn new(dialer: Dialer, connections: Connections) -> Self {
        Self {
            dialer: Arc::new(dialer),
            connections,
            hosts: Mutex::default(),
        }
    }

    /// A connection to `origin`, kept, shared or new. `guard` counts for the first who asks for this origin.
    pub(super) async fn lease(
        &self,
        origin: &Origin,
        guard: &Guard,
    ) -> Result<Lease, ExchangeFault> {
        let host = self.host(origin, guard);
        host.lease().await
    }

    /// The stages of the first dial of `origin`, which is made now if nobody has asked for it yet.
    pub(super) async fn first_dial(&self, origin: &Origin) -> Dial {
        let host = self.host(origin, &Guard::Any);
        // The lease goes back at once; its fault stands in the stages too.
        drop(Arc::clone(&host).lease().await);
        let first = host.state().first.clone();
        first.unwrap_or_else(|| nothing(origin))
    }

    /// What the first dials showed, in no order.
    pub(super) fn known_dials(&self) -> Vec<Dial> {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts
            .values()
            .filter_map(|host| host.state().first.clone())
            .collect()
    }

    /// What the first dial of `origin` showed, if it has ended.
    pub(super) fn known_dial(&self, origin: &Origin) -> Option<Dial> {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.get(origin)?.state().first.clone()
    }

    fn host(&self, origin: &Origin, guard: &Guard) -> Arc<Host> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(hosts.entry(origin.clone()).or_insert_with(|| {
            let host = Arc::new(Host {
                dialer: Arc::clone(&self.dialer),
                connections: self.connections.clone(),
                origin: origin.clone(),
                guard: guard.clone(),
                state: Mutex::default(),
                changed: Notify::new(),
            });
            self.connections.know(&host);
            host
        }))
    }
}

/// A dial of which no step was reached.
fn nothing(origin: &Origin) -> Dial {
    Dial {
        origin: origin.clone(),
        dns: None,
        tcp: None,
        proxy: None,
        tls: None,
    }
}

/// What to do next to get a connection.
enum Next {
    Have(Lease),
    Failed(ExchangeFault),
    Dial { first: bool },
    Wait,
}

impl Host {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every wait in here ends: a dial by its budgets and the deadline, a lent connection with the request it serves.
    async fn lease(self: Arc<Self>) -> Result<Lease, ExchangeFault> {
        let mut dialling: Option<JoinHandle<Result<(), ExchangeFault>>> = None;
        loop {
            // Registered before looking, so that no change is missed in between.
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            match self.next(dialling.is_none()) {
                Next::Have(lease) => return Ok(lease),
                Next::Failed(fault) => return Err(fault),
                Next::Dial { first } => {
                    dialling = Some(tokio::spawn(Arc::clone(&self).open(first)));
                }
                Next::Wait => {}
            }
            let Some(handle) = &mut dialling else {
                changed.await;
                continue;
            };
            // Whichever is ready first serves: the new connection, or one that another request has finished with.
            tokio::select! {
                opened = handle => {
                    dialling = None;
                    match opened {
                        Ok(Ok(())) => {}
                        Ok(Err(fault)) => return Err(fault),
                        Err(panicked) => return Err(self.broken(&panicked)),
                    }
                }
                () = changed => {}
            }
        }
    }

    /// A dial that ended without a result: nobody may wait for it for ever.
    fn broken(&self, error: &JoinError) -> ExchangeFault {
        let fault = ExchangeFault::Protocol {
            text: format!("the dial broke off: {error}"),
        };
        let mut state = self.state();
        state.dialling_first = false;
        state.fault.get_or_insert_with(|| fault.clone());
        drop(state);
        self.lost();
        fault
    }

    fn next(self: &Arc<Self>, may_dial: bool) -> Next {
        let mut state = self.state();
        if state
            .shared
            .as_ref()
            .is_some_and(|shared| shared.sender.is_closed())
        {
            state.shared = None;
        }
        if let Some(shared) = &mut state.shared {
            let reused = std::mem::replace(&mut shared.used, true);
            let lease = Lease {
                host: Arc::clone(self),
                kind: Kind::Shared(shared.sender.clone()),
                traits: Arc::clone(&shared.traits),
                reused,
                sent: false,
            };
            state.sharing += 1;
            return Next::Have(lease);
        }
        while let Some(connection) = state.idle.pop() {
            if !connection.sender.is_closed() {
                return Next::Have(Lease {
                    host: Arc::clone(self),
                    kind: Kind::Own(Some(connection.sender)),
                    traits: connection.traits,
                    reused: connection.used,
                    sent: false,
                });
            }
            state.open = state.open.saturating_sub(1);
        }
        if let Some(fault) = &state.fault {
            return Next::Failed(fault.clone());
        }
        if !may_dial || state.dialling_first || state.open >= MOST_CONNECTIONS - state.refused {
            return Next::Wait;
        }
        let first = state.first.is_none();
        state.dialling_first = first;
        state.open += 1;
        Next::Dial { first }
    }

    /// Dials, and puts the connection where whoever waits finds it.
    async fn open(self: Arc<Self>, first: bool) -> Result<(), ExchangeFault> {
        let (dial, opened) = self.dialed().await;
        let result = {
            let mut state = self.state();
            state.dialling_first = false;
            if first {
                state.first = Some(dial);
                state.fault = opened.as_ref().err().cloned();
            }
            match opened {
                Ok(Opened::Shared(connection)) => {
                    state.open = state.open.saturating_sub(1);
                    state.shared = Some(connection);
                    Ok(())
                }
                Ok(Opened::Own(connection)) => {
                    state.idle.push(connection);
                    Ok(())
                }
                Err(fault) => {
                    state.open = state.open.saturating_sub(1);
                    if state.open == 0 {
                        Err(fault)
                    } else {
                        state.refused = MOST_CONNECTIONS - state.open;
                        Ok(())
                    }
                }
            }
        };
        self.changed.notify_waiters();
        result
    }

    /// Waits for its turn among the connections of the run, and dials.
    async fn dialed(&self) -> (Dial, Result<Opened, ExchangeFault>) {
        let limits = &self.dialer.limits;
        let permit = self.connections.permit(&self.origin);
        let Ok(permit) = limits.within(WHOLE_RUN, permit).await else {
            return (nothing(&self.origin), Err(ExchangeFault::Deadline));
        };
        let dialed = self.dialer.dial(&self.origin, &self.guard).await;
        let opened = match dialed.result {
            Ok(connected) => handshake(connected, permit).await,
            Err(fault) => Err(fault),
        };
        (dialed.dial, opened)
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// A connection that can serve others, here or, by making room, at another server.
    pub(super) fn give_back(&self, connection: Connection<Http1>) {
        let wanted = self.connections.are_wanted(&self.origin);
        let mut state = self.state();
        if connection.sender.is_closed() || wanted {
            state.open = state.open.saturating_sub(1);
        } else {
            state.idle.push(connection);
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// A request on the shared connection has ended.
    pub(super) fn stop_sharing(&self) {
        let mut state = self.state();
        state.sharing = state.sharing.saturating_sub(1);
        drop(state);
        if self.connections.are_wanted(&self.origin) {
            self.close_unused();
        }
    }

    /// Closes a connection that no request is on, and says whether there was one.
    pub(super) fn close_unused(&self) -> bool {
        let mut state = self.state();
        let idle = state.idle.pop();
        if idle.is_some() {
            state.open = state.open.saturating_sub(1);
        }
        let shared = if idle.is_none() && state.sharing == 0 {
            state.shared.take()
        } else {
            None
        };
        drop(state);
        let closed = idle.is_some() || shared.is_some();
        if idle.is_some() {
            self.changed.notify_waiters();
        }
        closed
    }

    /// A connection that is gone.
    pub(super) fn lost(&self) {
        let mut state = self.state();
        state.open = state.open.saturating_sub(1);
        drop(state);
        self.changed.notify_waiters();
    }
}

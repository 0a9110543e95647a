//! Connections to one origin, kept for the run: one where the server speaks HTTP/2, at most four where it does not.
//!
//! The first dial of an origin is remembered with all its stages, because it is also the answer to "can it be reached", and
//! when it fails nobody dials again: later requests get the same fault at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::dial::guard::Guard;
use super::dial::{Beginning, Connected, Dialer, ViaProxy};
use crate::model::observation::{Dial, ExchangeFault, Origin};

/// Connections to one host at a time.
pub(super) const MOST_CONNECTIONS: usize = 4;
/// What may come before it is read, so that a manifest needs no extra round trips.
const WINDOW: u32 = 1024 * 1024;

type Http1 = http1::SendRequest<Full<Bytes>>;
type Http2 = http2::SendRequest<Full<Bytes>>;

/// All origins of a run.
pub(super) struct Pool {
    dialer: Arc<Dialer>,
    hosts: Mutex<HashMap<Origin, Arc<Host>>>,
}

/// The connections to one origin.
struct Host {
    dialer: Arc<Dialer>,
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
    idle: Vec<Connection<Http1>>,
    /// HTTP/1 connections that are open or being dialled.
    open: usize,
    /// How many further connections the server refused while others were open: no more are tried than it takes.
    refused: usize,
    /// Whether the server speaks HTTP/2 is not known before the first dial ends.
    dialling_first: bool,
}

/// One connection and what is known of it.
#[derive(Clone)]
struct Connection<S> {
    sender: S,
    traits: Arc<ConnectionTraits>,
    used: bool,
}

/// What a request over a connection has to know about it.
pub(super) struct ConnectionTraits {
    pub(super) beginning: Beginning,
    pub(super) via_proxy: Option<ViaProxy>,
    pub(super) wants_client_certificate: bool,
}

/// A connection lent for one request.
pub(super) struct Lease {
    host: Arc<Host>,
    kind: Kind,
    pub(super) traits: Arc<ConnectionTraits>,
    /// It served requests before, so the server may have closed it in the meantime.
    pub(super) reused: bool,
    sent: bool,
}

enum Kind {
    Shared(Http2),
    /// `None` once it was given back.
    Own(Option<Http1>),
}

impl Pool {
    pub(super) fn new(dialer: Dialer) -> Self {
        Self {
            dialer: Arc::new(dialer),
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
        host.state().first.clone().unwrap_or(Dial {
            origin: origin.clone(),
            dns: None,
            tcp: None,
            proxy: None,
            tls: None,
        })
    }

    /// What the first dial of `origin` showed, if it has ended.
    pub(super) fn known_dial(&self, origin: &Origin) -> Option<Dial> {
        let hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.get(origin)?.state().first.clone()
    }

    fn host(&self, origin: &Origin, guard: &Guard) -> Arc<Host> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(hosts.entry(origin.clone()).or_insert_with(|| {
            Arc::new(Host {
                dialer: Arc::clone(&self.dialer),
                origin: origin.clone(),
                guard: guard.clone(),
                state: Mutex::default(),
                changed: Notify::new(),
            })
        }))
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
                    if let Ok(Err(fault)) = opened {
                        return Err(fault);
                    }
                }
                () = changed => {}
            }
        }
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
            return Next::Have(Lease {
                host: Arc::clone(self),
                kind: Kind::Shared(shared.sender.clone()),
                traits: Arc::clone(&shared.traits),
                reused,
                sent: false,
            });
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
        let dialed = self.dialer.dial(&self.origin, &self.guard).await;
        let opened = match dialed.result {
            Ok(connected) => handshake(connected).await,
            Err(fault) => Err(fault),
        };
        let result = {
            let mut state = self.state();
            state.dialling_first = false;
            if first {
                state.first = Some(dialed.dial);
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

    fn give_back(&self, connection: Connection<Http1>) {
        let mut state = self.state();
        if connection.sender.is_closed() {
            state.open = state.open.saturating_sub(1);
        } else {
            state.idle.push(connection);
        }
        drop(state);
        self.changed.notify_waiters();
    }

    fn lost(&self) {
        let mut state = self.state();
        state.open = state.open.saturating_sub(1);
        drop(state);
        self.changed.notify_waiters();
    }
}

enum Opened {
    Shared(Connection<Http2>),
    Own(Connection<Http1>),
}

/// Begins to speak HTTP. The drivers end by themselves: with their connection, or when nobody holds a sender any more.
async fn handshake(connected: Connected) -> Result<Opened, ExchangeFault> {
    let traits = Arc::new(ConnectionTraits {
        beginning: connected.beginning,
        via_proxy: connected.via_proxy,
        wants_client_certificate: connected.wants_client_certificate,
    });
    let io = TokioIo::new(connected.pipe);
    let protocol = |error: hyper::Error| ExchangeFault::Protocol {
        text: error.to_string(),
    };
    if connected.http2 {
        let (sender, driver) = http2::Builder::new(TokioExecutor::new())
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(4 * WINDOW)
            .handshake(io)
            .await
            .map_err(protocol)?;
        drop(tokio::spawn(driver));
        Ok(Opened::Shared(Connection {
            sender,
            traits,
            used: false,
        }))
    } else {
        let (sender, driver) = http1::handshake(io).await.map_err(protocol)?;
        drop(tokio::spawn(driver));
        Ok(Opened::Own(Connection {
            sender,
            traits,
            used: false,
        }))
    }
}

impl Lease {
    pub(super) fn is_http2(&self) -> bool {
        matches!(self.kind, Kind::Shared(_))
    }

    /// Sends one request and waits for the head of its answer.
    pub(super) async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, hyper::Error> {
        self.sent = true;
        match &mut self.kind {
            Kind::Shared(sender) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
            Kind::Own(Some(sender)) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
            // A lease is given back once, at its end; nobody can hold one without a sender.
            Kind::Own(None) => std::future::pending().await,
        }
    }

    /// The answer was read to its end: the connection can serve others.
    pub(super) async fn finish(mut self) {
        if let Kind::Own(slot) = &mut self.kind
            && let Some(mut sender) = slot.take()
        {
            // The driver needs a turn to see the end of the body before the connection is ready again.
            if sender.ready().await.is_ok() {
                self.host.give_back(Connection {
                    sender,
                    traits: Arc::clone(&self.traits),
                    used: true,
                });
            } else {
                self.host.lost();
            }
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Kind::Own(slot) = &mut self.kind
            && let Some(sender) = slot.take()
        {
            // A connection that nothing was sent on is as good as before; one with half an answer on it is closed.
            if self.sent {
                self.host.lost();
            } else {
                self.host.give_back(Connection {
                    sender,
                    traits: Arc::clone(&self.traits),
                    used: self.reused,
                });
            }
        }
    }
}

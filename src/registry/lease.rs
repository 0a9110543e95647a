//! One connection on which HTTP is spoken, and its loan for one request.

use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::connections::Permit;
use super::dial::{Connected, ViaProxy};
use super::pool::Host;
use crate::model::observation::ExchangeFault;
use crate::net::outgoing::Outgoing;
use crate::net::pipe::Beginning;
use crate::net::{Http1, http1};

/// What may come before it is read, so that a manifest needs no extra round trips.
const WINDOW: u32 = 1024 * 1024;

pub(super) type Http2 = http2::SendRequest<Outgoing>;

/// One connection and what is known of it.
#[derive(Clone)]
pub(super) struct Connection<S> {
    pub(super) sender: S,
    pub(super) traits: Arc<ConnectionTraits>,
    pub(super) used: bool,
}

/// What a request over a connection has to know about it.
pub(super) struct ConnectionTraits {
    pub(super) beginning: Beginning,
    pub(super) via_proxy: Option<ViaProxy>,
    pub(super) wants_client_certificate: bool,
    /// Given back when nobody has the connection any more.
    _permit: Permit,
}

/// A connection lent for one request.
pub(super) struct Lease {
    pub(super) host: Arc<Host>,
    pub(super) kind: Kind,
    pub(super) traits: Arc<ConnectionTraits>,
    /// It served requests before, so the server may have closed it in the meantime.
    pub(super) reused: bool,
    /// Something was sent on it in this loan.
    pub(super) sent: bool,
}

pub(super) enum Kind {
    Shared(Http2),
    /// `None` once it was given back, at the loan's end.
    Own(Option<Http1>),
}

/// A connection by its protocol.
pub(super) enum Opened {
    Shared(Connection<Http2>),
    Own(Connection<Http1>),
}

/// Begins to speak HTTP. The drivers end by themselves: with their connection, or when nobody holds a sender any more.
pub(super) async fn handshake(
    connected: Connected,
    permit: Permit,
) -> Result<Opened, ExchangeFault> {
    let traits = Arc::new(ConnectionTraits {
        beginning: connected.beginning,
        via_proxy: connected.via_proxy,
        wants_client_certificate: connected.wants_client_certificate,
        _permit: permit,
    });
    let protocol = |error: hyper::Error| ExchangeFault::Protocol {
        text: error.to_string(),
    };
    if connected.http2 {
        let (sender, driver) = http2::Builder::new(TokioExecutor::new())
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(4 * WINDOW)
            .handshake(TokioIo::new(connected.pipe))
            .await
            .map_err(protocol)?;
        drop(tokio::spawn(driver));
        Ok(Opened::Shared(Connection {
            sender,
            traits,
            used: false,
        }))
    } else {
        let sender = http1(connected.pipe).await.map_err(protocol)?;
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
        request: Request<Outgoing>,
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

    /// The answer was read to its end: once the connection is ready again, it can serve others.
    pub(super) async fn finish(mut self) {
        if let Kind::Own(Some(sender)) = &mut self.kind
            && sender.ready().await.is_ok()
        {
            self.sent = false;
            self.reused = true;
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        match &mut self.kind {
            Kind::Shared(_) => self.host.stop_sharing(),
            Kind::Own(slot) => {
                let Some(sender) = slot.take() else {
                    return;
                };
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
}

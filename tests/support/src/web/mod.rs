//! The HTTP server under everything here that listens: it accepts, does TLS, reads a whole request, asks a
//! [`Handler`] for the [`Reply`] and sends it.
//!
//! It knows nothing of registries. What it offers beyond a server that behaves is what tests of a diagnostic tool
//! need: connections that are accepted and left alone, reset or spoken to in the wrong protocol ([`Greeting`]),
//! bodies that never end, stall or break off ([`Payload`]).
#![expect(
    clippy::expect_used,
    reason = "a test server that cannot do its work ends the test"
)]

mod call;
mod connection;
mod payload;
mod reply;
mod server;

pub(crate) use call::Call;
pub(crate) use payload::Payload;
pub(crate) use reply::Reply;
pub(crate) use server::{Door, serve};

use std::time::Duration;

/// What happens to a connection before the first request on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Greeting {
    /// TLS where the door has it, then HTTP.
    #[default]
    Serve,
    /// Accepted, and never read from nor written to.
    Silence,
    /// The client's first bytes are read and nothing is said: a TLS handshake that hangs.
    SilenceAfterHello,
    /// Reset (RST) at once.
    Reset,
    /// Reset after the client's first bytes: in the middle of the TLS handshake.
    ResetAfterHello,
    /// Closed in an orderly way (FIN) at once.
    Close,
    /// Plain HTTP, although the door has TLS: what a client in TLS gets is Go's or nginx's 400 page.
    PlainHttp,
}

/// What to do with one request.
pub(crate) struct Answer {
    /// What to send; none is to keep the request and say nothing.
    pub(crate) reply: Option<Reply>,
    /// How much later to send it.
    pub(crate) after: Duration,
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self {
            reply: Some(reply),
            after: Duration::ZERO,
        }
    }
}

/// One server's behaviour.
pub(crate) trait Handler: Send + Sync + 'static {
    /// Called once for every accepted connection.
    fn greet(&self) -> Greeting {
        Greeting::Serve
    }

    /// Called once for every accepted connection, when it has ended.
    fn left(&self) {}

    /// Called when a TLS handshake failed, with rustls' words.
    fn handshake_failed(&self, _reason: &str) {}

    /// Called once for every request, when all of it has been read.
    fn answer(&self, call: Call) -> Answer;
}

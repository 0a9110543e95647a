//! Connections: names, TCP, tunnels through proxies, and the beginning of HTTP on what came of that. Registries and API
//! servers are reached in this one way.
//!
//! Every step has its own result, which the caller records or puts into words. Nothing is kept and nothing judged here, and
//! no secret is sent but the proxy's own login.

pub(crate) mod limits;
pub(crate) mod outgoing;
pub(crate) mod pipe;
mod proxy;
pub(crate) mod resolve;
pub(crate) mod route;
mod socks;
pub(crate) mod tcp;
pub(crate) mod verifier;

use std::io;

use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;

use outgoing::Outgoing;
use pipe::Pipe;

/// How this tool names itself. Some registries answer `/v2/` differently to Docker's own agents.
pub(crate) const AGENT: &str = concat!("kubectl-extreg/", env!("CARGO_PKG_VERSION"));

/// Headers of one answer. Go reads as many as fit into a megabyte; gateways that add theirs come to more than hyper's hundred.
const MOST_HEADERS: usize = 1000;

/// Where requests of one HTTP/1.1 connection go in.
pub(crate) type Http1 = http1::SendRequest<Outgoing>;

/// Begins to speak HTTP/1.1. Its driver ends by itself: with the connection, or when nobody holds the sender any more.
pub(crate) async fn http1(pipe: Pipe) -> Result<Http1, hyper::Error> {
    let (sender, driver) = http1::Builder::new()
        .max_headers(MOST_HEADERS)
        .handshake(TokioIo::new(pipe))
        .await?;
    // With upgrades, which is what a tunnel through a proxy is.
    drop(tokio::spawn(driver.with_upgrades()));
    Ok(sender)
}

/// `host:port`, IPv6 in brackets.
pub(crate) fn authority(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

/// The rustls error inside, however deeply it is wrapped: `source` alone misses what `io::Error` carries.
pub(crate) fn rustls_error<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a rustls::Error> {
    let mut current = Some(error);
    while let Some(error) = current {
        if let Some(found) = error.downcast_ref::<rustls::Error>() {
            return Some(found);
        }
        current = match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(inner) => Some(inner as &(dyn std::error::Error + 'static)),
            None => error.source(),
        };
    }
    None
}

//! Network fixtures below and beside HTTP: closed ports, a proxy that makes round trips long, forward proxies.
//!
//! Everything listens on 127.0.0.1, on a thread of its own, and stops when dropped.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test helper that cannot do its work ends the test"
)]

mod background;
mod cut;
mod delay;
mod http_proxy;
mod socks;

pub(crate) use background::Background;
pub use cut::CutProxy;
pub use delay::DelayProxy;
pub use http_proxy::{HttpProxy, HttpProxyBuilder, ProxyRequest};
pub use socks::SocksProxy;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// A loopback port that refuses connections, for as long as this lives: it is bound, so nobody else gets it, and
/// nothing listens on it.
pub struct ClosedPort {
    socket: tokio::net::TcpSocket,
    _runtime: tokio::runtime::Runtime,
}

impl Default for ClosedPort {
    fn default() -> Self {
        Self::new()
    }
}

impl ClosedPort {
    /// Takes one.
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let guard = runtime.enter();
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket
            .bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            .expect("a free port");
        drop(guard);
        Self {
            socket,
            _runtime: runtime,
        }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.socket.local_addr().expect("a bound socket").port()
    }

    /// `127.0.0.1:PORT`
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port())
    }
}

/// Listens on a loopback port, any free one for 0.
pub(crate) fn bind(port: u16) -> TcpListener {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
        .unwrap_or_else(|error| panic!("cannot listen on 127.0.0.1:{port}: {error}"));
    listener
        .set_nonblocking(true)
        .expect("a socket that can be made non-blocking");
    listener
}

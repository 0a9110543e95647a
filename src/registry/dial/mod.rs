//! From an origin to a connection on which HTTP can be spoken, in stages: name, TCP, proxy, TLS, each with its own result
//! and time. The steps themselves are [`crate::net`]'s. Nothing is sent that could be a secret, the proxy's own login aside.
//!
//! The chain is kept as it came; whether this run may rely on it is asked once, at the end of the dial, by Go's rules.

mod chain;
pub(super) mod guard;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use http::HeaderValue;
use rustls::crypto::CryptoProvider;

use crate::model::observation::{
    ConnectFault, Dial, DnsFault, ExchangeFault, Origin, ProxyFault, ProxyUse, Stage, TlsFault,
};
use crate::model::proxy::{ProxyRules, ProxyScheme};
use crate::model::trust::RootStore;
use crate::net::limits::Limits;
use crate::net::pipe::{Beginning, Pipe};
use crate::net::route::{self, Route};
use crate::net::{resolve, tcp};
use guard::Guard;

/// What is offered to a server, the first where it can.
const BOTH: &[&[u8]] = &[b"h2", b"http/1.1"];

/// What all dials of a run have in common.
pub(super) struct Dialer {
    pub(super) roots: RootStore,
    pub(super) accept_untrusted: bool,
    pub(super) proxy: ProxyRules,
    pub(super) limits: Limits,
    http2: bool,
    provider: Arc<CryptoProvider>,
}

/// A connection, and how it may be used.
pub(super) struct Connected {
    pub(super) pipe: Pipe,
    pub(super) beginning: Beginning,
    pub(super) http2: bool,
    /// Plain HTTP through a proxy: requests name the whole URL, and carry the proxy's login.
    pub(super) via_proxy: Option<ViaProxy>,
    /// The server asked for a client certificate.
    pub(super) wants_client_certificate: bool,
}

/// How to ask a proxy for a plain HTTP URL.
#[derive(Clone)]
pub(super) struct ViaProxy {
    pub(super) authorization: Option<HeaderValue>,
}

/// What came of a dial, stage by stage, and the connection if there is one.
pub(super) struct Dialed {
    pub(super) dial: Dial,
    pub(super) result: Result<Connected, ExchangeFault>,
}

impl Dialer {
    pub(super) fn new(
        roots: RootStore,
        accept_untrusted: bool,
        proxy: ProxyRules,
        limits: Limits,
        http2: bool,
    ) -> Self {
        Self {
            roots,
            accept_untrusted,
            proxy,
            limits,
            http2,
            provider: Arc::new(rustls::crypto::aws_lc_rs::default_provider()),
        }
    }

    /// Dials `origin`. `guard` says which addresses must not be connected to.
    pub(super) async fn dial(&self, origin: &Origin, guard: &Guard) -> Dialed {
        let mut dial = Dial {
            origin: origin.clone(),
            dns: None,
            tcp: None,
            proxy: None,
            tls: None,
        };
        let result = self.stages(origin, guard, &mut dial).await;
        Dialed { dial, result }
    }

    async fn stages(
        &self,
        origin: &Origin,
        guard: &Guard,
        dial: &mut Dial,
    ) -> Result<Connected, ExchangeFault> {
        if Instant::now() >= self.limits.deadline {
            return Err(ExchangeFault::Deadline);
        }
        let (pipe, via_proxy) = match route::choose(&self.proxy, origin) {
            Ok(None) => (self.direct(origin, guard, dial).await?, None),
            Ok(Some(route)) => self.through(&route, origin, dial).await?,
            Err(unusable) => {
                dial.proxy = Some(ProxyUse {
                    url: String::new(),
                    why: unusable.why,
                    result: Err(unusable.fault.clone()),
                });
                return Err(ExchangeFault::Proxy(unusable.fault));
            }
        };
        if !origin.https {
            return Ok(Connected {
                beginning: pipe.beginning(),
                pipe,
                http2: false,
                via_proxy,
                wants_client_certificate: false,
            });
        }
        self.secure(pipe, origin, dial).await
    }

    async fn direct(
        &self,
        origin: &Origin,
        guard: &Guard,
        dial: &mut Dial,
    ) -> Result<Pipe, ExchangeFault> {
        let start = Instant::now();
        let resolved = resolve::resolve(&origin.host, origin.port, &self.limits).await;
        dial.dns = Some(Stage {
            result: resolved
                .as_ref()
                .map(|addresses| addresses.iter().map(SocketAddr::ip).collect())
                .map_err(DnsFault::clone),
            elapsed: start.elapsed(),
        });
        let addresses = resolved.map_err(ExchangeFault::Dns)?;
        guard.check(&addresses).map_err(ExchangeFault::Withheld)?;
        self.tcp(&addresses, dial)
            .await
            .map_err(ExchangeFault::Connect)
    }

    async fn tcp(&self, addresses: &[SocketAddr], dial: &mut Dial) -> Result<Pipe, ConnectFault> {
        let start = Instant::now();
        let connected = tcp::connect(addresses, &self.limits).await;
        dial.tcp = Some(Stage {
            result: connected
                .as_ref()
                .map(|(_, address)| *address)
                .map_err(ConnectFault::clone),
            elapsed: start.elapsed(),
        });
        connected.map(|(stream, _)| Pipe::new(stream))
    }

    /// Through a proxy; the name of `origin` is the proxy's to resolve.
    async fn through(
        &self,
        route: &Route,
        origin: &Origin,
        dial: &mut Dial,
    ) -> Result<(Pipe, Option<ViaProxy>), ExchangeFault> {
        let opened = self.tunnel(route, origin, dial).await;
        dial.proxy = Some(ProxyUse {
            url: route.shown.clone(),
            why: route.why.clone(),
            result: opened.as_ref().map(drop).map_err(ProxyFault::clone),
        });
        opened.map_err(ExchangeFault::Proxy)
    }

    async fn tunnel(
        &self,
        route: &Route,
        origin: &Origin,
        dial: &mut Dial,
    ) -> Result<(Pipe, Option<ViaProxy>), ProxyFault> {
        let addresses = resolve::resolve(&route.host, route.port, &self.limits)
            .await
            .map_err(ProxyFault::Dns)?;
        let mut pipe = self
            .tcp(&addresses, dial)
            .await
            .map_err(ProxyFault::Unreachable)?;
        if route.scheme == ProxyScheme::Https {
            pipe = self.secure_proxy(pipe, &route.host).await?;
        }
        if route.scheme != ProxyScheme::Socks5 && !origin.https {
            let authorization = route.authorization();
            return Ok((pipe, Some(ViaProxy { authorization })));
        }
        let opened = route
            .open(pipe, &origin.host, origin.port, &self.limits)
            .await?;
        Ok((opened, None))
    }

    /// TLS to the proxy itself, whose certificate has to be trusted like any other.
    async fn secure_proxy(&self, pipe: Pipe, host: &str) -> Result<Pipe, ProxyFault> {
        let malformed = |text: &str| ProxyFault::Malformed {
            text: text.to_owned(),
        };
        let secured = tls::handshake(pipe, host, &[b"http/1.1"], &self.provider, &self.limits)
            .await
            .map_err(|fault| match fault {
                TlsFault::TimedOut => ProxyFault::Unreachable(ConnectFault::TimedOut),
                TlsFault::Reset => ProxyFault::Unreachable(ConnectFault::Reset),
                TlsFault::PlainHttp => malformed("it speaks plain HTTP, not TLS"),
                TlsFault::ClientCertificateWanted => malformed("it wants a client certificate"),
                TlsFault::Handshake { text, .. } => malformed(&text),
            })?;
        if secured.signature_fault.is_some()
            || chain::check(&secured.tls.chain, host, &self.roots).is_err()
        {
            return Err(malformed("its certificate is not trusted"));
        }
        Ok(Pipe::new(secured.stream))
    }

    async fn secure(
        &self,
        pipe: Pipe,
        origin: &Origin,
        dial: &mut Dial,
    ) -> Result<Connected, ExchangeFault> {
        let start = Instant::now();
        let secured = tls::handshake(
            pipe,
            &origin.host,
            if self.http2 { BOTH } else { &BOTH[1..] },
            &self.provider,
            &self.limits,
        )
        .await;
        dial.tls = Some(Stage {
            result: secured
                .as_ref()
                .map(|secured| secured.tls.clone())
                .map_err(TlsFault::clone),
            elapsed: start.elapsed(),
        });
        let secured = secured.map_err(ExchangeFault::Tls)?;
        if !self.accept_untrusted {
            chain::check(&secured.tls.chain, &origin.host, &self.roots)?;
            // Go's TLS takes keys that this one does not, RSA of 1024 bits among them.
            if let Some(text) = secured.signature_fault {
                return Err(ExchangeFault::Tls(TlsFault::Handshake {
                    text: format!("the server's proof of its key could not be checked: {text}"),
                    our_limits: true,
                }));
            }
        }
        let http2 = secured.tls.alpn.as_deref() == Some("h2");
        let pipe = Pipe::new(secured.stream);
        Ok(Connected {
            beginning: pipe.beginning(),
            pipe,
            http2,
            via_proxy: None,
            wants_client_certificate: secured.wants_client_certificate,
        })
    }
}

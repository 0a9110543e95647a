//! HTTP connections to one server: dialled where none is free, kept for the next request while the server keeps them.
//! Nothing is sent twice but what never left this machine. What an answer means is not judged here.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body_util::BodyExt as _;
use hyper::body::{Bytes, Incoming};
use rustls::ClientConfig;
use rustls_pki_types::ServerName;
use tokio_rustls::TlsConnector;

use super::connect::CONNECT_TIMEOUT;
use crate::error::Error;
use crate::model::observation::{ConnectFault, DnsFault, ProxyFault};
use crate::model::proxy::ProxyScheme;
use crate::net::limits::{Budgets, Limits};
use crate::net::outgoing::Outgoing;
use crate::net::pipe::Pipe;
use crate::net::route::Route;
use crate::net::{self, Http1, resolve, tcp};

/// A server that answers before it has read the whole request may keep its connection busy: who waits longer dials anew.
const BUSY: Duration = Duration::from_secs(1);

/// The way to one server, and its free connections.
pub(super) struct Link {
    /// IPv6 without brackets.
    host: String,
    port: u16,
    /// What is put before every path, without a slash at its end.
    base: String,
    /// `Host` of every request.
    authority: HeaderValue,
    route: Option<Route>,
    /// For the server, where it is https, and for a proxy that is.
    tls: Option<Arc<ClientConfig>>,
    /// The name that the server's certificate has to have; `None` for a server in clear text.
    name: Option<ServerName<'static>>,
    free: Mutex<Vec<Http1>>,
}

/// An answer of any status.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// No answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The name of the server.
    Dns(DnsFault),
    Connect(ConnectFault),
    Proxy(ProxyFault),
    /// The handshake with a proxy that is https.
    ProxyTls(std::io::Error),
    Tls(std::io::Error),
    /// The whole way took longer than [`CONNECT_TIMEOUT`].
    TimedOut,
    Http(hyper::Error),
    /// More bytes than this.
    TooLong(usize),
    /// The path is none.
    Path,
}

impl Link {
    /// `name` is what the certificate of an https server has to name, where that is not its host; `tls` is needed where
    /// the server or the proxy speaks it ([`Link::is_encrypted`]).
    ///
    /// # Errors
    ///
    /// A name that no certificate can have.
    pub(super) fn new(
        server: &Uri,
        route: Option<Route>,
        name: Option<&str>,
        tls: Option<Arc<ClientConfig>>,
    ) -> Result<Self, Error> {
        let https = server.scheme_str() == Some("https");
        let written = server.host().unwrap_or_default();
        let host = written.trim_matches(['[', ']']).to_owned();
        let default = if https { 443 } else { 80 };
        let port = server.port_u16().unwrap_or(default);
        let authority = if port == default {
            written.to_owned()
        } else {
            format!("{written}:{port}")
        };
        let name = match (https, name) {
            (false, _) => None,
            (true, Some(name)) => Some(ServerName::try_from(name.to_owned()).map_err(|_| {
                Error::failure("--tls-server-name is no name that a certificate can have")
            })?),
            (true, None) => Some(ServerName::try_from(host.clone()).map_err(|_| {
                Error::failure(format!("{host:?} is no name that a certificate can have"))
            })?),
        };
        Ok(Self {
            authority: HeaderValue::try_from(authority)
                .map_err(|_| Error::failure(format!("{host:?} is no host")))?,
            base: server.path().trim_end_matches('/').to_owned(),
            host,
            port,
            route,
            tls,
            name,
            free: Mutex::default(),
        })
    }

    /// Whether a TLS configuration is needed on the way to `server`.
    pub(super) fn is_encrypted(server: &Uri, route: Option<&Route>) -> bool {
        server.scheme_str() == Some("https")
            || route.is_some_and(|route| route.scheme == ProxyScheme::Https)
    }

    /// Sends `request`, whose target is a path with its query, and reads the whole answer, at most `limit` bytes of it.
    pub(super) async fn ask(
        &self,
        mut request: Request<Bytes>,
        limit: usize,
    ) -> Result<Answer, Failure> {
        *request.uri_mut() = format!("{}{}", self.base, request.uri())
            .parse()
            .map_err(|_| Failure::Path)?;
        request
            .headers_mut()
            .insert(header::HOST, self.authority.clone());
        loop {
            let (mut sender, kept) = match self.kept() {
                Some(sender) => (sender, true),
                None => (Box::pin(self.dial()).await?, false),
            };
            let sent = sender
                .try_send_request(request.clone().map(Outgoing::Whole))
                .await;
            match sent {
                Ok(response) => {
                    let answer = read(response, limit).await?;
                    self.keep(sender).await;
                    return Ok(answer);
                }
                // The server had closed the connection, and nothing was written to it.
                Err(error) if kept && error.message().is_some() => {}
                Err(error) => return Err(Failure::Http(error.into_error())),
            }
        }
    }

    fn kept(&self) -> Option<Http1> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(sender) = free.pop() {
            if sender.is_ready() {
                return Some(sender);
            }
        }
        None
    }

    async fn keep(&self, mut sender: Http1) {
        if matches!(tokio::time::timeout(BUSY, sender.ready()).await, Ok(Ok(()))) {
            let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
            free.push(sender);
        }
    }

    async fn dial(&self) -> Result<Http1, Failure> {
        tokio::time::timeout(CONNECT_TIMEOUT, self.connected())
            .await
            .unwrap_or(Err(Failure::TimedOut))
    }

    async fn connected(&self) -> Result<Http1, Failure> {
        let limits = Limits {
            // What ends it all is the time limit of the whole way.
            deadline: Instant::now() + 2 * CONNECT_TIMEOUT,
            budgets: Budgets {
                dns: CONNECT_TIMEOUT,
                tcp: CONNECT_TIMEOUT,
                ..Budgets::default()
            },
        };
        let mut pipe = match &self.route {
            None => {
                let addresses = resolve::resolve(&self.host, self.port, &limits)
                    .await
                    .map_err(Failure::Dns)?;
                tcp::connect(&addresses, &limits)
                    .await
                    .map(|(stream, _)| Pipe::new(stream))
                    .map_err(Failure::Connect)?
            }
            Some(route) => self.tunnel(route, &limits).await?,
        };
        if let (Some(tls), Some(name)) = (&self.tls, &self.name) {
            pipe = secured(tls, name.clone(), pipe)
                .await
                .map_err(Failure::Tls)?;
        }
        net::http1(pipe).await.map_err(Failure::Http)
    }

    async fn tunnel(&self, route: &Route, limits: &Limits) -> Result<Pipe, Failure> {
        let addresses = resolve::resolve(&route.host, route.port, limits)
            .await
            .map_err(|fault| Failure::Proxy(ProxyFault::Dns(fault)))?;
        let mut pipe = tcp::connect(&addresses, limits)
            .await
            .map(|(stream, _)| Pipe::new(stream))
            .map_err(|fault| Failure::Proxy(ProxyFault::Unreachable(fault)))?;
        if route.scheme == ProxyScheme::Https
            && let Some(tls) = &self.tls
        {
            // Go's `http.Transport` takes the same authorities for the proxy.
            let secured = match ServerName::try_from(route.host.clone()) {
                Ok(name) => secured(tls, name, pipe).await,
                Err(error) => Err(std::io::Error::other(error)),
            };
            pipe = secured.map_err(Failure::ProxyTls)?;
        }
        route
            .open(pipe, &self.host, self.port, limits)
            .await
            .map_err(Failure::Proxy)
    }
}

async fn secured(
    tls: &Arc<ClientConfig>,
    name: ServerName<'static>,
    pipe: Pipe,
) -> std::io::Result<Pipe> {
    TlsConnector::from(Arc::clone(tls))
        .connect(name, pipe)
        .await
        .map(Pipe::new)
}

async fn read(response: Response<Incoming>, limit: usize) -> Result<Answer, Failure> {
    let (head, mut body) = response.into_parts();
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Some(bytes) = frame.map_err(Failure::Http)?.data_ref() {
            read.extend_from_slice(bytes);
        }
        if read.len() > limit {
            return Err(Failure::TooLong(limit));
        }
    }
    Ok(Answer {
        status: head.status,
        headers: head.headers,
        body: read,
    })
}

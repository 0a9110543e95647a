//! A scripted HTTP server with a log, in clear text or TLS, and a proxy with a log. Loopback only, ports of the system.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::certificate::Certificate;

/// What a server was sent.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query as they came.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    /// All values of a header.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let same = self
            .headers
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        same.map(|(_, value)| value.as_str()).collect()
    }

    /// The first value of a header, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.all(name).first().copied().unwrap_or_default()
    }

    /// The decoded query.
    pub(crate) fn query(&self) -> BTreeMap<String, String> {
        let query = self.path.split_once('?').map_or("", |(_, query)| query);
        reqwest::Url::parse(&format!("http://x/?{query}"))
            .unwrap()
            .query_pairs()
            .into_owned()
            .collect()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// What a server answers.
pub(crate) enum Reply {
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// Nothing, for ever.
    Silence,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::Answer {
            status,
            headers: vec![("content-type", "application/json".into())],
            body: body.to_string(),
        }
    }

    /// A `Status` that refuses.
    pub(crate) fn status(
        code: u16,
        reason: &str,
        message: &str,
        details: &serde_json::Value,
    ) -> Self {
        let status = serde_json::json!({
            "kind": "Status", "apiVersion": "v1", "status": "Failure",
            "code": code, "reason": reason, "message": message, "details": details,
        });
        Self::json(code, &status)
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

type Script = dyn Fn(&Request) -> Reply + Send + Sync;

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) encrypted: bool,
    /// The authority of its certificate.
    pub(crate) ca_pem: String,
    log: Arc<Mutex<Vec<Request>>>,
}

/// How a server speaks.
pub(crate) enum Speaks {
    Plain,
    /// TLS with this certificate.
    Tls(Box<Certificate>),
}

impl Server {
    /// Over TLS, with a certificate of its own.
    pub(crate) async fn tls(script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(Speaks::Tls(Box::new(Certificate::new(&[]))), script).await
    }

    pub(crate) async fn start(
        speaks: Speaks,
        script: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (acceptor, ca_pem) = match speaks {
            Speaks::Plain => (None, String::new()),
            Speaks::Tls(certificate) => (Some(certificate.acceptor()), certificate.ca_pem),
        };
        let encrypted = acceptor.is_some();
        let script: Arc<Script> = Arc::new(script);
        let seen = Arc::clone(&log);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, script, seen) =
                    (acceptor.clone(), Arc::clone(&script), Arc::clone(&seen));
                tokio::spawn(async move {
                    match acceptor {
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                serve(stream, &*script, &seen).await;
                            }
                        }
                        None => serve(stream, &*script, &seen).await,
                    }
                });
            }
        });
        Self {
            address,
            encrypted,
            ca_pem,
            log,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!(
            "{}://{}",
            if self.encrypted { "https" } else { "http" },
            self.address
        )
    }

    /// All requests so far.
    pub(crate) fn log(&self) -> Vec<Request> {
        self.log.lock().unwrap().clone()
    }

    /// The only request so far.
    pub(crate) fn only(&self) -> Request {
        let log = self.log();
        assert_eq!(log.len(), 1, "{log:#?}");
        log[0].clone()
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    script: &Script,
    log: &Mutex<Vec<Request>>,
) {
    let mut buffer = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut buffer).await {
        log.lock().unwrap().push(request.clone());
        match script(&request) {
            Reply::Silence => std::future::pending::<()>().await,
            Reply::Answer {
                status,
                headers,
                body,
            } => {
                let mut head = format!(
                    "HTTP/1.1 {status} Whatever\r\ncontent-length: {}\r\n",
                    body.len()
                );
                for (name, value) in headers {
                    write!(head, "{name}: {value}\r\n").unwrap();
                }
                if stream
                    .write_all(format!("{head}\r\n{body}").as_bytes())
                    .await
                    .is_err()
                {
                    return;
                }
                drop(stream.flush().await);
            }
        }
    }
    // As servers do with what is no HTTP, a TLS handshake for example.
    drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await);
}

async fn read_request(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
) -> Option<Request> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if buffer
            .first()
            .is_some_and(|byte| !byte.is_ascii_uppercase())
        {
            return None;
        }
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(buffer.drain(..end + 4).collect()).unwrap();
    let mut lines = head.lines();
    let mut words = lines.next()?.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.parse().unwrap());
    while buffer.len() < length {
        if stream.read_buf(buffer).await.ok()? == 0 {
            return None;
        }
    }
    let body = String::from_utf8(buffer.drain(..length).collect()).unwrap();
    Some(Request {
        method,
        path,
        headers,
        body,
    })
}

/// A proxy that answers CONNECT.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    log: Arc<Mutex<Vec<Request>>>,
}

impl Proxy {
    /// Connects every tunnel to `target`, whatever name was asked for; with `status` it refuses instead.
    pub(crate) async fn start(target: SocketAddr, status: Option<u16>) -> Self {
        Self::speaking(None, target, status).await
    }

    /// The same, spoken with over TLS.
    pub(crate) async fn tls(acceptor: TlsAcceptor, target: SocketAddr) -> Self {
        Self::speaking(Some(acceptor), target, None).await
    }

    async fn speaking(
        acceptor: Option<TlsAcceptor>,
        target: SocketAddr,
        status: Option<u16>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&log);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, acceptor) = (Arc::clone(&seen), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => tunnel(stream, target, status, &seen).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                tunnel(stream, target, status, &seen).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, log }
    }

    pub(crate) fn log(&self) -> Vec<Request> {
        self.log.lock().unwrap().clone()
    }
}

async fn tunnel(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    target: SocketAddr,
    status: Option<u16>,
    seen: &Mutex<Vec<Request>>,
) {
    let Some(request) = read_request(&mut stream, &mut Vec::new()).await else {
        return;
    };
    seen.lock().unwrap().push(request);
    if let Some(status) = status {
        let refusal = format!("HTTP/1.1 {status} No\r\n\r\n");
        drop(stream.write_all(refusal.as_bytes()).await);
        return;
    }
    let mut upstream = TcpStream::connect(target).await.unwrap();
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    drop(tokio::io::copy_bidirectional(&mut stream, &mut upstream).await);
}

/// An object that any `get` may find.
pub(crate) fn found(_: &Request) -> Reply {
    Reply::json(
        200,
        &serde_json::json!({"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "s"}}),
    )
}

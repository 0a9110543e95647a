//! A small blocking HTTP/1.1 client for test clusters: one connection a request, nothing hidden, nothing retried.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

/// How long a server may be silent.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends requests to one server.
#[derive(Debug, Clone)]
pub struct Client {
    address: SocketAddr,
    tls: Option<Arc<ClientConfig>>,
    token: Option<String>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub text: String,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// All values of a header, whose name is given in lower case.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        self.headers
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .collect()
    }
}

impl Client {
    /// A client for a server at 127.0.0.1, over HTTPS when its CA is given. Errors when the CA is no certificate.
    pub fn new(address: SocketAddr, ca_pem: Option<&str>) -> io::Result<Self> {
        let tls = ca_pem.map(tls_config).transpose()?;
        Ok(Self {
            address,
            tls,
            token: None,
        })
    }

    /// Sends this bearer token with every request that has no `authorization` of its own.
    #[must_use]
    pub fn with_token(mut self, token: &str) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Sends one request. An error when there is no whole answer, as when the server hangs up.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> io::Result<Answer> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.address);
        let own = headers.iter().any(|(name, _)| *name == "authorization");
        let token = self.token.as_ref().filter(|_| !own);
        let token = token.map(|token| ("authorization", format!("Bearer {token}")));
        let all = headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .chain(token)
            .chain([
                ("connection", "close".into()),
                ("content-length", body.len().to_string()),
            ]);
        for (name, value) in all {
            // Writing to a string cannot fail.
            write!(request, "{name}: {value}\r\n").ok();
        }
        request.push_str("\r\n");
        request.push_str(body);
        let stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        // A request in several small packets would wait for the server's delayed acknowledgements, 40 ms each.
        stream.set_nodelay(true)?;
        match &self.tls {
            None => exchange(stream, &request),
            Some(config) => {
                let name = ServerName::IpAddress(self.address.ip().into());
                let session =
                    ClientConnection::new(config.clone(), name).map_err(io::Error::other)?;
                exchange(StreamOwned::new(session, stream), &request)
            }
        }
    }
}

fn tls_config(ca_pem: &str) -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca_pem.as_bytes()) {
        roots
            .add(certificate.map_err(io::Error::other)?)
            .map_err(io::Error::other)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn exchange(mut stream: impl Read + Write, request: &str) -> io::Result<Answer> {
    stream.write_all(request.as_bytes())?;
    stream.flush()?;
    let mut raw = Vec::new();
    match stream.read_to_end(&mut raw) {
        // Some servers close TLS without saying so.
        Err(error) if error.kind() != io::ErrorKind::UnexpectedEof || raw.is_empty() => {
            return Err(error);
        }
        _ => {}
    }
    let text = String::from_utf8_lossy(&raw);
    parse(&text).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let chunked = headers
        .iter()
        .any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let text = if chunked {
        unchunk(body)?
    } else {
        body.to_owned()
    };
    Some(Answer {
        status,
        headers,
        text,
    })
}

fn unchunk(mut body: &str) -> Option<String> {
    let mut text = String::new();
    loop {
        let (size, rest) = body.split_once("\r\n")?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        if size == 0 {
            return Some(text);
        }
        text.push_str(rest.get(..size)?);
        body = rest.get(size + 2..)?;
    }
}

//! A tiny HTTP client for the tests of this crate and for pushing into real registries: one request, one connection,
//! no redirects, no retries, no cookies.
//!
//! It is no example of how to talk to a registry: the tool under test has its own client.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test helper that cannot do its work ends the test"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::certs::{Issued, certificates_in};

/// A request to be sent.
#[derive(Clone)]
pub struct Request {
    method: Method,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    roots: Option<String>,
    identity: Option<Issued>,
    http2: bool,
    timeout: Duration,
    verify: bool,
    address: Option<SocketAddr>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The words after it, where they were not the usual ones.
    pub reason: Option<String>,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
}

/// `GET`
pub fn get(url: impl Into<String>) -> Request {
    request("GET", url)
}

/// Any method.
pub fn request(method: &str, url: impl Into<String>) -> Request {
    Request {
        method: Method::from_bytes(method.as_bytes()).expect("a method"),
        url: url.into(),
        headers: Vec::new(),
        body: Vec::new(),
        roots: None,
        identity: None,
        http2: false,
        timeout: Duration::from_secs(20),
        verify: true,
        address: None,
    }
}

impl Request {
    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// `Authorization: Basic`
    pub fn basic(self, user: &str, password: &str) -> Self {
        let pair = format!("{user}:{password}");
        let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
        self.header("authorization", &format!("Basic {encoded}"))
    }

    /// `Authorization: Bearer`
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// The body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The roots (PEM) that an https server is judged by.
    pub fn trust(mut self, ca_pem: &str) -> Self {
        self.roots = Some(ca_pem.to_owned());
        self
    }

    /// A certificate to show to the server.
    pub fn identity(mut self, certificate: &Issued) -> Self {
        self.identity = Some(certificate.clone());
        self
    }

    /// Takes any certificate.
    pub fn insecure(mut self) -> Self {
        self.verify = false;
        self
    }

    /// Connects to this address, whatever the URL's name and port are.
    pub fn at(mut self, address: SocketAddr) -> Self {
        self.address = Some(address);
        self
    }

    /// HTTP/2 in place of HTTP/1.1.
    pub fn http2(mut self) -> Self {
        self.http2 = true;
        self
    }

    /// How long all of it may take; twenty seconds unless said otherwise.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sends it. Panics when no answer came.
    pub fn send(self) -> Response {
        let what = format!("{} {}", self.method, self.url);
        self.try_send()
            .unwrap_or_else(|error| panic!("{what}: {error}"))
    }

    /// Sends it; the error is whatever went wrong, in words.
    pub fn try_send(self) -> Result<Response, String> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let timeout = self.timeout;
        runtime.block_on(async {
            tokio::time::timeout(timeout, self.exchange())
                .await
                .map_err(|_| "timed out".to_owned())?
        })
    }

    async fn exchange(self) -> Result<Response, String> {
        let uri: Uri = self.url.parse().expect("a URL");
        let host = uri.host().expect("a host").to_owned();
        let tls = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let stream = match self.address {
            Some(address) => TcpStream::connect(address).await,
            None => TcpStream::connect((host.as_str(), port)).await,
        };
        let stream = stream.map_err(|error| chain(&error))?;
        if !tls {
            return self.over(stream, &uri).await;
        }
        let name = ServerName::try_from(host).expect("a server name");
        let stream = TlsConnector::from(Arc::new(self.tls_config()))
            .connect(name, stream)
            .await
            .map_err(|error| chain(&error))?;
        self.over(stream, &uri).await
    }

    fn tls_config(&self) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        for certificate in certificates_in(self.roots.as_deref().unwrap_or_default()) {
            roots.add(certificate).expect("a root");
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions that the provider knows")
            .with_root_certificates(roots);
        let mut config = match &self.identity {
            Some(identity) => builder
                .with_client_auth_cert(identity.chain_der(), identity.key_der())
                .expect("a client certificate"),
            None => builder.with_no_client_auth(),
        };
        if !self.verify {
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            config
                .dangerous()
                .set_certificate_verifier(Arc::new(AnyCertificate(provider)));
        }
        let protocol: &[u8] = if self.http2 { b"h2" } else { b"http/1.1" };
        config.alpn_protocols = vec![protocol.to_vec()];
        config
    }

    async fn over<S>(self, stream: S, uri: &Uri) -> Result<Response, String>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let io = TokioIo::new(stream);
        let authority = uri.authority().expect("an authority").to_string();
        let mut message = http::Request::new(Full::new(Bytes::from(self.body)));
        *message.method_mut() = self.method;
        for (name, value) in &self.headers {
            message.headers_mut().append(
                HeaderName::from_bytes(name.as_bytes()).expect("a header name"),
                HeaderValue::from_str(value).expect("a header value"),
            );
        }
        let response = if self.http2 {
            *message.uri_mut() = uri.clone();
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), io)
                    .await
                    .map_err(|error| chain(&error))?;
            tokio::spawn(connection);
            sender.send_request(message).await
        } else {
            let target = uri.path_and_query().map_or("/", |target| target.as_str());
            *message.uri_mut() = target.parse().expect("a request target");
            let host = HeaderValue::from_str(&authority).expect("a host");
            message.headers_mut().insert(http::header::HOST, host);
            let (mut sender, connection) = hyper::client::conn::http1::handshake(io)
                .await
                .map_err(|error| chain(&error))?;
            tokio::spawn(connection);
            sender.send_request(message).await
        };
        let (parts, body) = response.map_err(|error| chain(&error))?.into_parts();
        let body = body.collect().await.map_err(|error| chain(&error))?;
        Ok(Response {
            status: parts.status.as_u16(),
            reason: parts
                .extensions
                .get::<hyper::ext::ReasonPhrase>()
                .map(|phrase| String::from_utf8_lossy(phrase.as_bytes()).into_owned()),
            headers: parts.headers,
            body: body.to_bytes().to_vec(),
        })
    }
}

impl Response {
    /// A header's first value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The `WWW-Authenticate` header, empty when there is none.
    pub fn challenge(&self) -> &str {
        self.header("www-authenticate").unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON. Panics when it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.text()))
    }

    /// The first error's code, in distribution's shape of errors; empty when it has none.
    pub fn code(&self) -> String {
        self.error_field("code")
    }

    /// The first error's message, in the same shape.
    pub fn message(&self) -> String {
        self.error_field("message")
    }

    fn error_field(&self, field: &str) -> String {
        let json = self.json();
        json["errors"][0][field]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

/// Takes every certificate, as clients of an insecure registry do.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

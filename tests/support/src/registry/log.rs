//! What a registry, its token service and its blob storage were sent.

use std::fmt;

/// Which of a registry's servers a request reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The registry itself, with the token service where that is on the same host.
    Registry,
    /// The token service on an origin of its own.
    Token,
    /// The storage that blobs are redirected to.
    Storage,
}

/// One request, in the order in which requests were read.
#[derive(Clone)]
pub struct LoggedRequest {
    /// Which server it reached.
    pub origin: Origin,
    /// A number that all requests over one connection share.
    pub connection: usize,
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, undecoded, without the question mark.
    pub query: Option<String>,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub version: String,
    /// All headers, names in lower case, in the order received.
    pub headers: Vec<(String, String)>,
    /// The `Host` header, or HTTP/2's `:authority`.
    pub host: String,
    /// The body.
    pub body: Vec<u8>,
    /// Whether it came over TLS.
    pub tls: bool,
    /// Whether the client showed a certificate.
    pub client_certificate: bool,
    /// The status of the answer; none for a request that was never answered.
    pub status: Option<u16>,
}

impl LoggedRequest {
    /// Path and query as in the request line.
    pub fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// A header's first value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The exact `Authorization` header.
    pub fn authorization(&self) -> Option<&str> {
        self.header("authorization")
    }

    /// Whether it asks a token service for a token.
    pub fn asks_for_token(&self) -> bool {
        self.origin == Origin::Token
            || self
                .query
                .as_deref()
                .is_some_and(|query| query.contains("service=") || query.contains("scope="))
            || self.path.ends_with("/token")
            || self.path.ends_with("/token/")
            || self.path.ends_with("/auth")
    }
}

/// `GET /v2/ (Basic) -> 401`: without what the credentials are.
impl fmt::Debug for LoggedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} {}", self.origin, self.method, self.target())?;
        if let Some(authorization) = self.authorization() {
            let scheme = authorization.split(' ').next().unwrap_or_default();
            write!(f, " ({scheme})")?;
        }
        match self.status {
            Some(status) => write!(f, " -> {status}"),
            None => f.write_str(" -> (no answer)"),
        }
    }
}

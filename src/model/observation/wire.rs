//! How far a request came: the dial step by step, what was sent, the answer, or why there was none.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::model::challenge::Challenge;

/// A step that has its own result and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage<T, E> {
    pub result: Result<T, E>,
    pub elapsed: Duration,
}

/// Scheme, host and port that are dialled.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    pub https: bool,
    pub host: String,
    pub port: u16,
}

/// One dial: from the name to a connection on which HTTP can be spoken, each step by itself. A step that was not reached
/// is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dial {
    pub origin: Origin,
    /// `None` when a proxy resolves the name.
    pub dns: Option<Stage<Vec<IpAddr>, DnsFault>>,
    /// To the registry, or to the proxy.
    pub tcp: Option<Stage<SocketAddr, ConnectFault>>,
    pub proxy: Option<ProxyUse>,
    /// `None` for plain HTTP.
    pub tls: Option<Stage<Tls, TlsFault>>,
}

/// The name did not resolve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsFault {
    NotFound { text: String },
    TimedOut,
}

/// No connection, or it was cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectFault {
    Refused,
    TimedOut,
    Reset,
    Unreachable { text: String },
    Other { text: String },
}

/// A proxy was in the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyUse {
    /// Without user name and password.
    pub url: String,
    /// Which rule chose it (`HTTPS_PROXY`).
    pub why: String,
    pub result: Result<(), ProxyFault>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxyFault {
    Unreachable(ConnectFault),
    Dns(DnsFault),
    /// It answered CONNECT with this status.
    Refused {
        status: u16,
        reason: String,
    },
    AuthenticationRequired,
    Malformed {
        text: String,
    },
}

/// A finished handshake; whether the chain is trusted stands in `verdicts`, one a root store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    pub version: String,
    pub alpn: Option<String>,
    /// DER, leaf first, as the server sent it.
    pub chain: Vec<Vec<u8>>,
}

/// A handshake that did not finish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsFault {
    /// The port speaks plain HTTP.
    PlainHttp,
    TimedOut,
    Reset,
    /// The server wants a client certificate.
    ClientCertificateWanted,
    /// An alert or a breach of the protocol; `our_limits` when Go's TLS could still succeed (cipher, group, version).
    Handshake {
        text: String,
        our_limits: bool,
    },
}

/// Why a request was made; names the call in reports and in the politeness tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    Ping,
    Token,
    CredentialCheck,
    Manifest,
    Tags,
    Blob,
    NameVariant,
    PushProbe,
    PushCancel,
    /// A blob or a manifest on its way into a registry.
    Upload,
}

/// What was sent along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sent {
    Nothing,
    Basic,
    Bearer,
}

/// A request and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    pub purpose: Purpose,
    pub method: &'static str,
    /// Without user name, password and secret query values.
    pub url: String,
    pub sent: Sent,
    /// From when there was a connection to the end of the answer; without a connection, what the dial took.
    pub elapsed: Duration,
    pub result: Result<Answer, ExchangeFault>,
}

/// An answer, its body bounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Lower-case names. Cookies and what may hold a secret are left out.
    pub headers: Vec<(String, String)>,
    pub challenges: Vec<Challenge>,
    /// Manifests up to 4 MiB, all else up to 1 MiB. Empty for token answers that hold a token.
    pub body: Vec<u8>,
    /// The body was longer than its bound.
    pub truncated: bool,
    /// The registry's `errors`, also from the shapes that break the specification (bare object, `details`, no code).
    pub errors: Vec<RegistryError>,
}

impl Answer {
    /// The first header of that lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308)
    }

    /// What the registry said, in one line: its errors' messages, each with its code; empty when it gave no reason.
    pub fn words(&self) -> String {
        let mut lines: Vec<String> = Vec::new();
        for error in &self.errors {
            let line = match &error.code {
                Some(code) if error.message.is_empty() => code.clone(),
                Some(code) => format!("{code}: {}", error.message),
                None => error.message.clone(),
            };
            if !line.is_empty() && !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines.join("; ")
    }

    /// Whether one of the errors has this code.
    pub fn has_code(&self, code: &str) -> bool {
        self.errors
            .iter()
            .any(|error| error.code.as_deref() == Some(code))
    }
}

impl Exchange {
    /// What was asked and how it ended, without the headers, the body and the challenges of the answer.
    pub fn outline(&self) -> Self {
        Self {
            purpose: self.purpose,
            method: self.method,
            url: self.url.clone(),
            sent: self.sent,
            elapsed: self.elapsed,
            result: match &self.result {
                Ok(answer) => Ok(Answer {
                    status: answer.status,
                    headers: Vec::new(),
                    challenges: Vec::new(),
                    body: Vec::new(),
                    truncated: answer.truncated,
                    errors: answer.errors.clone(),
                }),
                Err(fault) => Err(fault.clone()),
            },
        }
    }

    /// The answer, if there was one.
    pub fn answer(&self) -> Option<&Answer> {
        self.result.as_ref().ok()
    }

    /// The host of its URL, with the port where that has one.
    pub fn host(&self) -> &str {
        let rest = self
            .url
            .split_once("://")
            .map_or(&*self.url, |(_, rest)| rest);
        rest.split(['/', '?']).next().unwrap_or(rest)
    }

    /// The status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.answer().map(|answer| answer.status)
    }
}

impl std::fmt::Display for Origin {
    /// `https://host`, the port only where it is not the scheme's own.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (scheme, usual) = if self.https {
            ("https", 443)
        } else {
            ("http", 80)
        };
        if self.host.contains(':') {
            write!(f, "{scheme}://[{}]", self.host)?;
        } else {
            write!(f, "{scheme}://{}", self.host)?;
        }
        if self.port == usual {
            Ok(())
        } else {
            write!(f, ":{}", self.port)
        }
    }
}

/// One error in a registry's own words.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RegistryError {
    pub code: Option<String>,
    pub message: String,
    pub detail: Option<serde_json::Value>,
}

/// No answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExchangeFault {
    Dns(DnsFault),
    Connect(ConnectFault),
    Proxy(ProxyFault),
    Tls(TlsFault),
    /// The chain is not trusted by any store that this run may use.
    Untrusted,
    /// Connected, asked, and no answer in time; `after` what was reached.
    TimedOut {
        after: &'static str,
    },
    /// The connection ended in the middle of the answer.
    Cut {
        text: String,
    },
    /// A well-formed answer of HTTP whose content cannot be used for what it was asked for.
    Malformed {
        text: String,
    },
    /// An answer that is no HTTP or breaks it.
    Protocol {
        text: String,
    },
    /// Not asked: it would have sent a credential where it must not go, or left the rules otherwise.
    Withheld(Withheld),
    /// The run's deadline came first.
    Deadline,
}

/// Why something was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Withheld {
    /// The realm steps down from https to http.
    RealmDowngrade { realm: String },
    /// The realm points at an address where nothing of a registry's lives (link-local, loopback from outside).
    RealmAddress { realm: String },
    /// The realm is no URL.
    RealmMalformed { realm: String },
    /// Credentials over plain HTTP without `--plain-http`.
    PlainHttp,
    /// An identity token to a registry without a token service, which takes nothing but a user name and password.
    IdentityToken,
    /// These credentials were refused once in this run already.
    RefusedBefore,
    /// A redirect leads to where none is followed: to plain HTTP, or to an address where nothing of a registry's lives.
    Redirect { location: String, why: &'static str },
}

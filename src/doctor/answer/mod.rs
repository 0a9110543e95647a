//! What a registry's answer to a manifest request means, dialect by dialect: a pure reading of one exchange.
//!
//! The same status and code mean different things on different registries; this is the one place that knows. It says what
//! was answered, not whose fault that is: [`super::rules`] compare several answers.

mod manifest;
mod token;

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::doctor::evidence::short_digest;
use crate::model::dialect::Dialect;
use crate::model::observation::{
    Answer, ConnectFault, DnsFault, ExchangeFault, ManifestView, Mismatch, ProxyFault, Purpose,
    RegistryError, TlsFault, Withheld,
};
use crate::model::sanitize::sanitize_line;

/// What one manifest request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// The manifest came.
    Delivered,
    /// Not there; see [`Missing`] for how much that says.
    Missing(Missing),
    /// The registry refuses this caller (or nobody in particular) this repository.
    Refused { words: String },
    /// The credential itself is refused.
    CredentialRefused { expired: bool, words: String },
    /// The name cannot exist on this registry.
    NameInvalid { words: String },
    /// The registry blocks it by a policy of its own.
    Quarantined { words: String },
    /// It has the manifest and does not hand it out in any form that was asked for.
    Unsupported { words: String },
    /// 429.
    Throttled {
        words: String,
        retry_after: Option<Duration>,
        at_login: bool,
    },
    /// The token service did not answer, or not as one.
    TokenService { words: String },
    /// A fresh token is refused as invalid.
    TokenRefused { words: String },
    /// 5xx, or a breach of the protocol.
    Server { words: String },
    /// No answer of the registry itself.
    NoAnswer(ExchangeFault),
}

/// How much a 404 says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// This tag or digest, and perhaps the repository too.
    Manifest { words: String },
    /// The repository is there, the tag or digest is not.
    TagOnly { words: String },
    /// The repository, for sure.
    Repository { words: String },
}

impl Meaning {
    /// The registry's words, or ours where it had none.
    pub fn words(&self) -> String {
        match self {
            Self::Delivered => "delivered".to_owned(),
            Self::Missing(
                Missing::Manifest { words }
                | Missing::TagOnly { words }
                | Missing::Repository { words },
            )
            | Self::Refused { words }
            | Self::CredentialRefused { words, .. }
            | Self::NameInvalid { words }
            | Self::Quarantined { words }
            | Self::Unsupported { words }
            | Self::Throttled { words, .. }
            | Self::TokenService { words }
            | Self::TokenRefused { words }
            | Self::Server { words } => words.clone(),
            Self::NoAnswer(fault) => fault_words(fault),
        }
    }
}

/// Reads one manifest request: the token exchange first, since a failure there keeps the question from being asked.
pub fn meaning(view: &ManifestView, dialect: Dialect) -> Meaning {
    let authenticated = view.credential.is_some();
    let token = match &view.grant {
        Some(grant) => Some(&grant.exchange),
        // Where no token came, the last exchange is the token request itself.
        None => (view.exchange.purpose == Purpose::Token).then_some(&view.exchange),
    };
    if let Some(meaning) =
        token.and_then(|exchange| token::meaning(exchange, dialect, authenticated))
    {
        return meaning;
    }
    if view.exchange.purpose == Purpose::Token {
        return Meaning::TokenService {
            words: "the token service answers without a token".to_owned(),
        };
    }
    manifest::meaning(view, dialect, authenticated)
}

/// Whether a refusal by this registry is about the right to the repository: `false` where a missing repository is answered
/// alike. GHCR names the missing right to those who log in (`permission_denied: read_package`).
pub fn refusal_is_about_rights(dialect: Dialect, authenticated: bool) -> bool {
    !dialect.traits().hides_missing || (dialect == Dialect::Ghcr && authenticated)
}

/// Whether a refusal to somebody whose login is good says that the repository is there: these look for it before they
/// judge the right, or name in their refusal what the right is on. Of all others a token service that grants nothing may
/// have been asked for what does not exist.
pub fn a_refusal_shows_the_repository(dialect: Dialect) -> bool {
    matches!(
        dialect,
        Dialect::Artifactory | Dialect::Ghcr | Dialect::Harbor | Dialect::RedHat
    )
}

/// Whether this registry hands out what strangers may have to whoever sends a wrong password: Harbor's token service issues
/// the anonymous token then (`src/core/service/token/creator.go`).
pub fn anonymous_stands_in(dialect: Dialect) -> bool {
    dialect == Dialect::Harbor
}

/// Whether an import that is refused in these words is made once more without credentials, and that answer taken: Docker Hub's
/// `incorrect username or password`, which the importer keeps, and no other (openshift-apiserver
/// `pkg/image/apiserver/registry/imagestreamimport/rest.go` `Create`, `importer.go` `formatRepositoryError`).
pub fn is_imported_anonymously_after(words: &str) -> bool {
    words.contains("incorrect username or password")
}

/// Whether a 404 on a manifest says that its repository is there: these refuse or say otherwise where it is missing.
pub fn a_404_shows_the_repository(dialect: Dialect) -> bool {
    matches!(
        dialect,
        Dialect::DockerHub | Dialect::Quay | Dialect::Ghcr | Dialect::ArtifactRegistry
    )
}

/// Whether it is a web page, which no registry sends: a proxy, a load balancer or a login in the registry's place.
pub fn is_page(answer: &Answer) -> bool {
    let by_type = header(answer, "content-type").is_some_and(|kind| kind.starts_with("text/html"));
    by_type || answer.body.trim_ascii_start().starts_with(b"<")
}

/// The registry's own words on one line: its errors, else the start of a text body, else the status.
pub fn words_of(answer: &Answer) -> String {
    let said: Vec<String> = answer
        .errors
        .iter()
        .map(error_words)
        .filter(|words| !words.is_empty())
        .collect();
    if !said.is_empty() {
        let said = sanitize_line(&said.join("; "), 200);
        let status = answer.status.to_string();
        // Pages are called "502 Bad Gateway" already.
        return if said.starts_with(&status) {
            said
        } else {
            format!("{status} {said}")
        };
    }
    let is_text = header(answer, "content-type").is_none_or(|kind| {
        kind.starts_with("text/plain") || kind.starts_with("application/problem")
    });
    let text = String::from_utf8_lossy(answer.body.get(..200).unwrap_or(&answer.body));
    if is_text && !text.trim().is_empty() && !text.trim_start().starts_with('<') {
        return format!("{} {}", answer.status, sanitize_line(&text, 120));
    }
    format!("{} {}", answer.status, reason(answer.status))
        .trim_end()
        .to_owned()
}

fn error_words(error: &RegistryError) -> String {
    match (&error.code, error.message.trim()) {
        (Some(code), "") => code.clone(),
        (Some(code), message) => format!("{code}: {message}"),
        (None, message) => message.to_owned(),
    }
}

fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default()
}

/// A header's first value.
pub fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer
        .headers
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

/// Whether any of the registry's errors has this code.
fn has_code(answer: &Answer, code: &str) -> bool {
    answer.errors.iter().any(|error| {
        error
            .code
            .as_deref()
            .is_some_and(|found| found.eq_ignore_ascii_case(code))
    })
}

/// All text that the registry sent along, lower case: messages and details, or the body where there were none.
fn said(answer: &Answer) -> String {
    let mut text = String::new();
    for error in &answer.errors {
        text.push_str(&error.message);
        text.push(' ');
        if let Some(detail) = &error.detail {
            text.push_str(&detail.to_string());
            text.push(' ');
        }
    }
    if answer.errors.is_empty() {
        text.push_str(&String::from_utf8_lossy(
            answer.body.get(..4096).unwrap_or(&answer.body),
        ));
    }
    text.to_ascii_lowercase()
}

/// Words by which registries say that a credential has run out (ECR: `Your authorization token has expired`).
fn says_expired(text: &str) -> bool {
    text.contains("has expired")
        || text.contains("token expired")
        || text.contains("token is expired")
}

/// `Retry-After` in seconds; the date form says nothing without a clock and is left out.
pub fn retry_after(answer: &Answer) -> Option<Duration> {
    header(answer, "retry-after")?
        .trim()
        .parse()
        .ok()
        .map(Duration::from_secs)
}

/// What kept an answer from coming, in half a sentence.
pub fn fault_words(fault: &ExchangeFault) -> String {
    match fault {
        ExchangeFault::Dns(fault) => dns_words(fault),
        ExchangeFault::Connect(fault) => connect_words(fault),
        ExchangeFault::Proxy(fault) => proxy_words(fault),
        ExchangeFault::Tls(fault) => tls_words(fault),
        ExchangeFault::Untrusted => "the certificate is not trusted".to_owned(),
        ExchangeFault::TimedOut { after } => format!("no answer in time (after {after})"),
        ExchangeFault::Cut { text } => {
            format!("the connection was cut: {}", sanitize_line(text, 120))
        }
        ExchangeFault::Protocol { text } => format!("no valid HTTP: {}", sanitize_line(text, 120)),
        ExchangeFault::Malformed { text } => {
            format!(
                "it answers what runtimes cannot read: {}",
                sanitize_line(text, 120)
            )
        }
        ExchangeFault::Withheld(withheld) => withheld_words(withheld),
        ExchangeFault::Deadline => "the run's time was over".to_owned(),
    }
}

/// What came in the place of a blob that should have `size` bytes.
pub fn mismatch_words(mismatch: &Mismatch, size: u64) -> String {
    match mismatch {
        Mismatch::Size { delivered } => {
            format!("it has {delivered} bytes there, the manifest says {size}")
        }
        Mismatch::Digest { delivered } => {
            format!("what comes has the digest {}", short_digest(delivered))
        }
        Mismatch::Index => "it is an index itself".to_owned(),
        Mismatch::NoImage { what } => format!("it is {}", sanitize_line(what, 100)),
    }
}

pub fn dns_words(fault: &DnsFault) -> String {
    match fault {
        DnsFault::NotFound { text } => {
            format!("the name does not resolve: {}", sanitize_line(text, 120))
        }
        DnsFault::TimedOut => "the name service does not answer".to_owned(),
    }
}

pub fn connect_words(fault: &ConnectFault) -> String {
    match fault {
        ConnectFault::Refused => "connection refused".to_owned(),
        ConnectFault::TimedOut => "no connection in time".to_owned(),
        ConnectFault::Reset => "connection reset".to_owned(),
        ConnectFault::Unreachable { text } => format!("unreachable: {}", sanitize_line(text, 120)),
        ConnectFault::Other { text } => sanitize_line(text, 120),
    }
}

pub fn proxy_words(fault: &ProxyFault) -> String {
    match fault {
        ProxyFault::Unreachable(fault) => {
            format!("the proxy is out of reach: {}", connect_words(fault))
        }
        ProxyFault::Dns(fault) => format!("the proxy's name: {}", dns_words(fault)),
        ProxyFault::Refused { status, reason } => format!(
            "the proxy refuses to connect: {status} {}",
            sanitize_line(reason, 60)
        ),
        ProxyFault::AuthenticationRequired => "the proxy wants a login".to_owned(),
        ProxyFault::Malformed { text } => {
            format!("the proxy answers nonsense: {}", sanitize_line(text, 80))
        }
    }
}

pub fn tls_words(fault: &TlsFault) -> String {
    match fault {
        TlsFault::PlainHttp => "the port speaks plain HTTP".to_owned(),
        TlsFault::TimedOut => "no TLS handshake in time".to_owned(),
        TlsFault::Reset => "the connection is cut during the TLS handshake".to_owned(),
        TlsFault::ClientCertificateWanted => "the server wants a client certificate".to_owned(),
        TlsFault::Handshake { text, our_limits } => {
            let side = if *our_limits {
                " (this program's TLS may be what lacks)"
            } else {
                ""
            };
            format!("{}{side}", sanitize_line(text, 120))
        }
    }
}

pub fn withheld_words(withheld: &Withheld) -> String {
    match withheld {
        Withheld::RealmDowngrade { realm } => {
            format!(
                "the registry sends to a token service without TLS: {}",
                sanitize_line(realm, 80)
            )
        }
        Withheld::RealmAddress { realm } => {
            format!(
                "the registry sends to a token service at an address that cannot be one: {}",
                sanitize_line(realm, 80)
            )
        }
        Withheld::RealmMalformed { realm } => {
            format!(
                "the registry's token service is no address: {}",
                sanitize_line(realm, 80)
            )
        }
        Withheld::PlainHttp => {
            "credentials are not sent over plain HTTP without --plain-http".to_owned()
        }
        Withheld::IdentityToken => {
            "the registry wants a user name and password, not an identity token".to_owned()
        }
        Withheld::RefusedBefore => "these credentials were refused before".to_owned(),
        Withheld::Redirect { location, why } => {
            format!(
                "a redirect to {} is not followed: {why}",
                sanitize_line(location, 80)
            )
        }
    }
}

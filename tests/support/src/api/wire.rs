//! A request as the handlers see it, and the answers they give.

use std::sync::{Arc, Mutex, PoisonError};

use http::HeaderMap;
use hyper::body::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;

use super::auth::Identity;
use super::error::ApiError;

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) identity: Identity,
    /// Texts for `Warning` headers, gathered while the request is handled.
    pub(crate) warnings: Arc<Mutex<Vec<String>>>,
}

impl Call {
    /// The first value of a query parameter; empty when it is not there.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value)
    }

    /// A header as text; empty when it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Adds warnings to the answer.
    pub(crate) fn warn(&self, texts: impl IntoIterator<Item = String>) {
        let mut all = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend(texts);
    }

    /// The warnings so far.
    pub(crate) fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The name under which writes are recorded: `fieldManager`, else the product of the user agent
    /// (`managerOrUserAgent` of k8s.io/apiserver `pkg/endpoints/handlers/create.go`).
    pub(crate) fn field_manager(&self) -> String {
        let named = self.parameter("fieldManager");
        let manager = if named.is_empty() {
            self.header("user-agent")
                .split('/')
                .next()
                .unwrap_or_default()
        } else {
            named
        };
        if manager.is_empty() {
            "unknown".into()
        } else {
            manager.chars().take(128).collect()
        }
    }

    /// Whether nothing is to be stored.
    pub(crate) fn is_dry_run(&self) -> bool {
        if self.method == "DELETE" && !self.body.is_empty() {
            return serde_json::from_slice(&self.body)
                .is_ok_and(|body: Value| !body["dryRun"].is_null());
        }
        !self.parameter("dryRun").is_empty()
    }
}

/// What a handler gives back.
#[derive(Debug)]
pub(crate) enum Reply {
    /// A JSON document.
    Json(u16, Value),
    /// A JSON document under a media type of its own.
    Typed(&'static str, Value),
    /// A JSON document that is written already.
    Written(String),
    /// Plain text.
    Text(String),
    /// A watch: lines that come as they happen, until the sender is gone.
    Stream(mpsc::UnboundedReceiver<Bytes>),
}

/// A handler's result.
pub(crate) type Outcome = Result<Reply, ApiError>;

/// The parameters of a query string, percent-decoded.
pub(crate) fn parse_query(query: &str) -> Vec<(String, String)> {
    query
        .split('&')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            (
                percent_decode(&key.replace('+', " ")),
                percent_decode(&value.replace('+', " ")),
            )
        })
        .collect()
}

/// Undoes percent encoding; what is not valid is kept as it stands.
pub(crate) fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let coded = (*byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        if let Some(value) = coded.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(value);
            at += 3;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

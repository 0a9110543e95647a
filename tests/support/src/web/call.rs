//! A request as it came in, with its whole body.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http::header::HeaderMap;
use http::request::Parts;
use http::{Method, Version};
use hyper::body::Bytes;

/// What the connection tells every request that comes over it.
#[derive(Clone)]
pub(crate) struct ConnectionFacts {
    pub(crate) id: usize,
    pub(crate) tls: bool,
    pub(crate) client_certificate: bool,
    pub(crate) reset_on_close: Arc<AtomicBool>,
}

/// One request.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    /// The `Host` header, or HTTP/2's `:authority`.
    pub(crate) host: String,
    /// As far as it came.
    pub(crate) body: Bytes,
    /// The client was gone before the end of its body.
    pub(crate) is_cut: bool,
    pub(crate) connection: ConnectionFacts,
}

impl Call {
    pub(crate) fn new(
        parts: Parts,
        (body, is_cut): (Bytes, bool),
        connection: ConnectionFacts,
    ) -> Self {
        let host = parts
            .headers
            .get(http::header::HOST)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned)
            .or_else(|| parts.uri.authority().map(ToString::to_string))
            .unwrap_or_default();
        Self {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            version: parts.version,
            headers: parts.headers,
            host,
            body,
            is_cut,
            connection,
        }
    }

    /// A header's first value, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The query's pairs, percent-decoded, in their order.
    pub(crate) fn query_pairs(&self) -> Vec<(String, String)> {
        form_pairs(self.query.as_deref().unwrap_or_default())
    }

    /// The first query value of that name.
    pub(crate) fn query_value(&self, name: &str) -> Option<String> {
        self.query_pairs()
            .into_iter()
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// The body as an HTML form's pairs.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        form_pairs(&String::from_utf8_lossy(&self.body))
    }

    /// When this connection closes, it closes with a reset.
    pub(crate) fn reset_connection_on_close(&self) {
        self.connection.reset_on_close.store(true, Ordering::SeqCst);
    }
}

fn form_pairs(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (percent_decode(key), percent_decode(value))
        })
        .collect()
}

/// Decodes `%41` and `+` as the `application/x-www-form-urlencoded` rules say; a broken escape stays as it is.
fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = bytes
            .get(at + 1..at + 3)
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], escape) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) => decoded.push(b' '),
            (byte, _) => decoded.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_decoded_and_keep_their_order() {
        assert_eq!(
            form_pairs("scope=repository%3Aa%2Fb%3Apull&scope=x+y&empty&bad=%zz"),
            [
                ("scope", "repository:a/b:pull"),
                ("scope", "x y"),
                ("empty", ""),
                ("bad", "%zz"),
            ]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
        );
    }
}

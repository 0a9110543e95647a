//! A response, put together header by header.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Method, Response, StatusCode};
use hyper::body::Bytes;
use hyper::ext::ReasonPhrase;
use serde_json::Value;

use super::Payload;

/// One response.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Payload,
    /// HTTP/1.1's words after the status, where they are not the usual ones.
    pub(crate) reason: Option<String>,
}

impl Reply {
    /// No body.
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status: StatusCode::from_u16(status).expect("a status that exists"),
            headers: HeaderMap::new(),
            payload: Payload::Empty,
            reason: None,
        }
    }

    /// These bytes of that type.
    pub(crate) fn bytes(status: u16, media_type: &str, body: impl Into<Bytes>) -> Self {
        let mut reply = Self::empty(status).header("content-type", media_type);
        reply.payload = Payload::Full(body.into());
        reply
    }

    /// `text/plain`, as Go writes it.
    pub(crate) fn text(status: u16, body: impl Into<String>) -> Self {
        Self::bytes(status, "text/plain; charset=utf-8", body.into())
    }

    /// `text/html`.
    pub(crate) fn html(status: u16, body: impl Into<String>) -> Self {
        Self::bytes(status, "text/html; charset=utf-8", body.into())
    }

    /// `application/json`, with the line feed that Go's encoder ends it with.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let text = format!("{body}\n");
        Self::bytes(status, "application/json; charset=utf-8", text)
    }

    /// Adds a header (several of one name are allowed).
    pub(crate) fn header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.add_header(name, value);
        self
    }

    /// As [`Reply::header`].
    pub(crate) fn add_header(&mut self, name: &str, value: impl AsRef<str>) {
        self.headers.append(header_name(name), header_value(value));
    }

    /// Sets a header, in place of what was there.
    pub(crate) fn set_header(&mut self, name: &str, value: impl AsRef<str>) {
        self.headers.insert(header_name(name), header_value(value));
    }

    /// The response as it goes out; an answer to HEAD keeps the length and loses the body.
    pub(crate) fn into_response(self, method: &Method) -> Response<Payload> {
        let mut response = Response::new(Payload::Empty);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        if let Some(phrase) = self
            .reason
            .and_then(|words| ReasonPhrase::try_from(words.into_bytes()).ok())
        {
            response.extensions_mut().insert(phrase);
        }
        let length = match &self.payload {
            Payload::Full(bytes) => Some(bytes.len()),
            Payload::Empty => Some(0),
            _ => None,
        };
        let headers = response.headers_mut();
        if let Some(length) = length
            && self.status != StatusCode::NO_CONTENT
            && !headers.contains_key(http::header::CONTENT_LENGTH)
        {
            headers.insert(http::header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        if method != Method::HEAD {
            *response.body_mut() = self.payload;
        }
        response
    }
}

fn header_name(name: &str) -> HeaderName {
    HeaderName::from_bytes(name.as_bytes()).expect("a header name")
}

fn header_value(value: impl AsRef<str>) -> HeaderValue {
    HeaderValue::from_bytes(value.as_ref().as_bytes()).expect("a header value")
}

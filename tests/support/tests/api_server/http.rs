//! A small HTTP/1.1 client for the tests of the API server: one connection a request, nothing hidden.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use extreg_test_support::api::Api;
use serde_json::Value;

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(super) fn headers(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The body, when the status is this one.
    #[track_caller]
    pub(super) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    /// The message of a refusal with this status.
    #[track_caller]
    pub(super) fn refused(self, status: u16) -> String {
        let body = self.expect(status);
        assert_eq!(body["kind"], "Status");
        assert_eq!(body["code"], status);
        body["message"].as_str().expect("a message").to_owned()
    }
}

/// A request; `None` when the server closed the connection without an answer.
pub(super) fn try_send(api: &Api, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(api.address()).expect("the server listens");
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(request.as_bytes()).expect("the request is taken");
    let mut raw = Vec::new();
    if stream.read_to_end(&mut raw).is_err() && raw.is_empty() {
        return None;
    }
    let text = String::from_utf8(raw).expect("UTF-8");
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let text = if chunked { unchunk(body) } else { body.to_owned() };
    Some(Answer { status, headers, text })
}

fn unchunk(mut body: &str) -> String {
    let mut text = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap_or(0);
        if size == 0 {
            break;
        }
        text.push_str(&rest[..size]);
        body = &rest[size + 2..];
    }
    text
}

pub(super) fn send(api: &Api, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    try_send(api, method, path, headers, body).expect("an answer")
}

pub(super) fn get(api: &Api, path: &str) -> Answer {
    send(api, "GET", path, &[], "")
}

pub(super) fn post(api: &Api, path: &str, body: &Value) -> Answer {
    send(api, "POST", path, &[("content-type", "application/json")], &body.to_string())
}

pub(super) fn put(api: &Api, path: &str, body: &Value) -> Answer {
    send(api, "PUT", path, &[("content-type", "application/json")], &body.to_string())
}

pub(super) fn delete(api: &Api, path: &str, body: &Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    send(api, "DELETE", path, &[("content-type", "application/json")], &body)
}

/// `kind`: json, merge, strategic or apply.
pub(super) fn patch(api: &Api, kind: &str, path: &str, body: &Value) -> Answer {
    let media = match kind {
        "json" => "application/json-patch+json",
        "merge" => "application/merge-patch+json",
        "strategic" => "application/strategic-merge-patch+json",
        _ => "application/apply-patch+yaml",
    };
    send(api, "PATCH", path, &[("content-type", media)], &body.to_string())
}

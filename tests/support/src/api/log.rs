//! What the server was sent, in order. Tests look here for leaks, for counts and for the order of calls.

use http::HeaderMap;
use serde_json::Value;

/// One request, as it arrived.
#[derive(Debug, Clone)]
pub struct Request {
    /// The HTTP method.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The query as it was sent, without `?`.
    pub query: String,
    /// All headers, credentials included.
    pub headers: HeaderMap,
    /// The body, lossily decoded.
    pub body: String,
    /// The user that the request ran as, after impersonation; empty when authentication failed.
    pub user: String,
    /// The user that authenticated, when it impersonated `user`.
    pub impersonator: Option<String>,
    /// The status of the answer; 0 when the connection was dropped.
    pub status: u16,
}

impl Request {
    /// The value of a header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The `User-Agent`.
    pub fn user_agent(&self) -> &str {
        self.header("user-agent")
    }

    /// The first value of a query parameter, decoded.
    pub fn parameter(&self, name: &str) -> Option<String> {
        super::wire::parse_query(&self.query)
            .into_iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// The body as JSON, when it is some.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_str(&self.body).ok()
    }

    /// Whether it asked to change something: a method that writes, no dry run, no review, no import dry run. An import
    /// is one for want of `spec.import` alone: `dryRun` is passed over (see the imports).
    pub fn is_write(&self) -> bool {
        let reviews = ["selfsubjectaccessreviews", "selfsubjectreviews"];
        let asks = if self.path.ends_with("/imagestreamimports") {
            self.json()
                .is_some_and(|body| body["spec"]["import"] != Value::Bool(true))
        } else {
            self.is_dry_run() || reviews.iter().any(|review| self.path.ends_with(review))
        };
        matches!(self.method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE") && !asks
    }

    /// Whether it asked for a dry run: in the query, or in the body of a DELETE that has one, where the query counts for
    /// nothing.
    pub fn is_dry_run(&self) -> bool {
        match self.json() {
            Some(body) if self.method == "DELETE" => !body["dryRun"].is_null(),
            _ => self.parameter("dryRun").is_some(),
        }
    }

    /// Whether any header or the body or the query contains this text, as it is or as base64.
    pub fn mentions(&self, secret: &str) -> bool {
        use base64::Engine as _;
        let coded = base64::engine::general_purpose::STANDARD.encode(secret);
        let held = |text: &str| text.contains(secret) || text.contains(coded.trim_end_matches('='));
        held(&self.body)
            || held(&self.query)
            || held(&self.path)
            || self
                .headers
                .values()
                .any(|value| held(&String::from_utf8_lossy(value.as_bytes())))
    }
}

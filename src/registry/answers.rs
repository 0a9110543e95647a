//! Reading answers: which headers are kept, and the registry's own words out of every shape in which they come.
//!
//! Pure. The shapes are those of the distribution specification (`errors`), zot (a bare object), Docker Hub and OpenShift
//! (`details`), OAuth2 (`error`, `error_description`), Artifactory (no `code`), HTML pages and plain text.

use std::time::Duration;

use http::HeaderMap;
use serde_json::Value;

use super::urls;
use crate::model::challenge;
use crate::model::html::{self, LONGEST_WORDS, bounded, collapse};
use crate::model::observation::{Answer, RegistryError};

/// Headers that tell something and hold no secret. Cookies and `Link` (its query may hold a page token) are not among them.
const KEPT: [&str; 25] = [
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "docker-content-digest",
    "docker-distribution-api-version",
    "docker-ratelimit-source",
    "docker-upload-uuid",
    "location",
    "proxy-authenticate",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "retry-after",
    "server",
    "via",
    "warning",
    "www-authenticate",
    "x-artifactory-id",
    "x-cache",
    "x-github-request-id",
    "x-jfrog-version",
    "x-ms-correlation-request-id",
    "x-ratelimit-remaining",
];

/// How many errors of one answer are kept.
const MOST_ERRORS: usize = 20;
/// How many bytes of one header are kept.
const LONGEST_HEADER: usize = 4096;

/// An answer from its parts. `body` has been bounded.
pub(super) fn answer(status: u16, headers: &HeaderMap, body: Vec<u8>, truncated: bool) -> Answer {
    let kept = KEPT
        .iter()
        .flat_map(|name| {
            headers
                .get_all(*name)
                .iter()
                .map(move |value| (*name, value))
        })
        .map(|(name, value)| {
            let text = bounded(&String::from_utf8_lossy(value.as_bytes()), LONGEST_HEADER);
            let text = if name == "location" {
                urls::shown_text(&text)
            } else {
                text
            };
            (name.to_owned(), text)
        })
        .collect();
    let challenges = challenge::parse(
        headers
            .get_all(http::header::WWW_AUTHENTICATE)
            .iter()
            .filter_map(|value| value.to_str().ok()),
    );
    let errors = if status >= 400 {
        errors(&body)
    } else {
        Vec::new()
    };
    Answer {
        status,
        headers: kept,
        challenges,
        body,
        truncated,
        errors,
    }
}

/// The errors in the body of a refusal, in the server's words.
pub(super) fn errors(body: &[u8]) -> Vec<RegistryError> {
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        return json_errors(&json);
    }
    let words = html::title(body).or_else(|| plain_text(body));
    words
        .map(|message| RegistryError {
            message,
            ..RegistryError::default()
        })
        .into_iter()
        .collect()
}

fn json_errors(json: &Value) -> Vec<RegistryError> {
    let found: Vec<RegistryError> = match json.get("errors") {
        Some(Value::Array(entries)) => entries
            .iter()
            .take(MOST_ERRORS)
            .filter_map(one_error)
            .collect(),
        Some(entry) => one_error(entry).into_iter().collect(),
        None => one_error(json).into_iter().collect(),
    };
    found
}

fn one_error(entry: &Value) -> Option<RegistryError> {
    if let Value::String(message) = entry {
        return Some(RegistryError {
            message: bounded(message, LONGEST_WORDS),
            ..RegistryError::default()
        });
    }
    let text = |name: &str| match entry.get(name) {
        Some(Value::String(text)) if !text.is_empty() => Some(bounded(text, LONGEST_WORDS)),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    };
    let code = text("code").or_else(|| text("error"));
    let message = ["message", "details", "error_description", "msg"]
        .iter()
        .find_map(|name| text(name))
        .unwrap_or_default();
    if code.is_none() && message.is_empty() {
        return None;
    }
    let detail = entry
        .get("detail")
        .filter(|detail| !detail.is_null() && detail.to_string().len() <= LONGEST_WORDS)
        .cloned();
    Some(RegistryError {
        code,
        message,
        detail,
    })
}

fn plain_text(body: &[u8]) -> Option<String> {
    if html::is_html(body) {
        return None;
    }
    let text = collapse(std::str::from_utf8(body).ok()?);
    (!text.is_empty()).then(|| bounded(&text, LONGEST_WORDS))
}

/// `Retry-After` in seconds; the form with a date is held against the answer's own `Date`.
pub(super) fn retry_after(answer: &Answer) -> Option<Duration> {
    let value = answer.header("retry-after")?.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let until = http_date(value)?;
    let now = date(answer)?;
    Duration::try_from(until.duration_since(now)).ok()
}

/// When the server says it is.
pub(super) fn date(answer: &Answer) -> Option<jiff::Timestamp> {
    http_date(answer.header("date")?)
}

fn http_date(text: &str) -> Option<jiff::Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new()
        .parse_timestamp(text)
        .ok()
}

#[cfg(test)]
mod tests;

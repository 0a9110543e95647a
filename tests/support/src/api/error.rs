//! Refusals as the real server words them: `metav1.Status` with its code, reason, details and message.
//!
//! Source of the texts: k8s.io/apimachinery `pkg/api/errors/errors.go`, `pkg/util/validation/field/errors.go`,
//! k8s.io/apiserver `pkg/endpoints/handlers/responsewriters/errors.go`.

use std::fmt;

use serde_json::{Map, Value, json};

/// A refusal of the API server.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApiError(Box<Refusal>);

#[derive(Debug, Clone, PartialEq)]
struct Refusal {
    code: u16,
    reason: &'static str,
    message: String,
    details: Option<Value>,
    retry_after: Option<u32>,
}

/// Names a resource in messages: `secrets`, `deployments.apps`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'a> {
    /// The API group; empty for core.
    pub(crate) group: &'a str,
    /// The plural resource name, or a kind where the real text has one.
    pub(crate) resource: &'a str,
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.resource)?;
        if self.group.is_empty() {
            Ok(())
        } else {
            write!(f, ".{}", self.group)
        }
    }
}

impl Named<'_> {
    fn details(&self, name: &str) -> Value {
        let mut details = Map::new();
        if !name.is_empty() {
            details.insert("name".into(), name.into());
        }
        if !self.group.is_empty() {
            details.insert("group".into(), self.group.into());
        }
        if !self.resource.is_empty() {
            details.insert("kind".into(), self.resource.into());
        }
        Value::Object(details)
    }
}

impl ApiError {
    fn new(code: u16, reason: &'static str, message: String) -> Self {
        Self(Box::new(Refusal {
            code,
            reason,
            message,
            details: None,
            retry_after: None,
        }))
    }

    fn with(mut self, details: Value) -> Self {
        self.0.details = Some(details);
        self
    }

    /// The HTTP status.
    pub(crate) fn code(&self) -> u16 {
        self.0.code
    }

    /// Seconds for a `Retry-After` header.
    pub(crate) fn retry_after(&self) -> Option<u32> {
        self.0.retry_after
    }

    pub(crate) fn not_found(what: Named<'_>, name: &str) -> Self {
        Self::new(404, "NotFound", format!("{what} {name:?} not found")).with(what.details(name))
    }

    /// The answer to a path that no resource serves.
    pub(crate) fn no_such_path() -> Self {
        Self::new(
            404,
            "NotFound",
            "the server could not find the requested resource".into(),
        )
        .with(json!({}))
    }

    pub(crate) fn already_exists(what: Named<'_>, name: &str) -> Self {
        Self::new(
            409,
            "AlreadyExists",
            format!("{what} {name:?} already exists"),
        )
        .with(what.details(name))
    }

    pub(crate) fn conflict(what: Named<'_>, name: &str, why: &str) -> Self {
        Self::new(
            409,
            "Conflict",
            format!("Operation cannot be fulfilled on {what} {name:?}: {why}"),
        )
        .with(what.details(name))
    }

    /// The optimistic lock: the write was made from an older version.
    pub(crate) fn modified(what: Named<'_>, name: &str) -> Self {
        let why = "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(what, name, why)
    }

    /// Server-side apply met fields of other managers.
    pub(crate) fn apply_conflict(message: String, causes: &[Value]) -> Self {
        Self::new(409, "Conflict", message).with(json!({ "causes": causes }))
    }

    pub(crate) fn forbidden(what: Named<'_>, name: &str, why: &str) -> Self {
        let message = if what.resource.is_empty() {
            format!("forbidden: {why}")
        } else if name.is_empty() {
            format!("{what} is forbidden: {why}")
        } else {
            format!("{what} {name:?} is forbidden: {why}")
        };
        Self::new(403, "Forbidden", message).with(what.details(name))
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized".into())
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message.into())
    }

    pub(crate) fn internal(message: &str) -> Self {
        Self::new(
            500,
            "InternalError",
            format!("Internal error occurred: {message}"),
        )
        .with(json!({"causes": [{"message": message}]}))
    }

    /// An error without a `Status` of its own: the server wraps it as 500 without a reason.
    pub(crate) fn plain(message: impl Into<String>) -> Self {
        Self::new(500, "", message.into())
    }

    pub(crate) fn invalid(kind: Named<'_>, name: &str, errors: &[FieldError]) -> Self {
        let words = match errors {
            [] => String::new(),
            [one] => format!(": {one}"),
            many => format!(
                ": [{}]",
                many.iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        };
        let mut details = kind.details(name);
        details["causes"] = errors.iter().map(FieldError::cause).collect();
        Self::new(422, "Invalid", format!("{kind} {name:?} is invalid{words}")).with(details)
    }

    /// What a JSON patch that cannot be applied gets; the cause is not named by real servers either.
    pub(crate) fn unprocessable() -> Self {
        Self::new(
            422,
            "Invalid",
            "the server rejected our request due to an error in our request".into(),
        )
        .with(json!({}))
    }

    pub(crate) fn method_not_allowed() -> Self {
        let words = "the server does not allow this method on the requested resource";
        Self::new(405, "MethodNotAllowed", words.into()).with(json!({}))
    }

    pub(crate) fn unsupported_media_type(accepted: &[&str]) -> Self {
        let words = format!(
            "the body of the request was in an unknown format - accepted media types include: {}",
            accepted.join(", ")
        );
        Self::new(415, "UnsupportedMediaType", words)
    }

    /// The page token, or the version to watch from, is gone.
    pub(crate) fn expired(message: &str) -> Self {
        Self::new(410, "Expired", message.into())
    }

    pub(crate) fn too_large(message: &str) -> Self {
        Self::new(413, "RequestEntityTooLarge", message.into())
    }

    pub(crate) fn too_many_requests(seconds: u32) -> Self {
        let words = "the server has received too many requests and has asked us to try again later";
        let mut error = Self::new(429, "TooManyRequests", words.into())
            .with(json!({ "retryAfterSeconds": seconds }));
        error.0.retry_after = Some(seconds);
        error
    }

    pub(crate) fn unavailable(code: u16) -> Self {
        match code {
            504 => {
                let words = "the server was unable to return a response in the time allotted, but may still be \
                             processing the request";
                Self::new(504, "Timeout", words.into())
            }
            503 => Self::new(
                503,
                "ServiceUnavailable",
                "the server is currently unable to handle the request".into(),
            ),
            other => Self::new(
                other,
                "InternalError",
                "an error on the server has prevented the request from \
                                                         succeeding"
                    .into(),
            ),
        }
    }

    /// The body of the answer.
    pub(crate) fn status(&self) -> Value {
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": self.0.message,
        });
        if !self.0.reason.is_empty() {
            status["reason"] = self.0.reason.into();
        }
        if let Some(details) = &self.0.details {
            status["details"] = details.clone();
        }
        status["code"] = self.0.code.into();
        status
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

/// One finding of validation, `field.Error` of apimachinery.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FieldError {
    field: String,
    kind: &'static str,
    body: String,
}

impl FieldError {
    fn new(field: impl Into<String>, kind: &'static str, words: &str, detail: &str) -> Self {
        let body = if detail.is_empty() {
            words.to_owned()
        } else {
            format!("{words}: {detail}")
        };
        Self {
            field: field.into(),
            kind,
            body,
        }
    }

    pub(crate) fn required(field: impl Into<String>, detail: &str) -> Self {
        Self::new(field, "FieldValueRequired", "Required value", detail)
    }

    pub(crate) fn invalid(field: impl Into<String>, value: &Value, detail: &str) -> Self {
        Self::new(
            field,
            "FieldValueInvalid",
            &format!("Invalid value: {value}"),
            detail,
        )
    }

    pub(crate) fn forbidden(field: impl Into<String>, detail: &str) -> Self {
        Self::new(field, "FieldValueForbidden", "Forbidden", detail)
    }

    pub(crate) fn too_long(field: impl Into<String>, limit: usize) -> Self {
        Self::new(
            field,
            "FieldValueTooLong",
            "Too long",
            &format!("may not be more than {limit} bytes"),
        )
    }

    pub(crate) fn unsupported(field: impl Into<String>, value: &Value, allowed: &[&str]) -> Self {
        let allowed: Vec<String> = allowed.iter().map(|word| format!("{word:?}")).collect();
        let detail = format!("supported values: {}", allowed.join(", "));
        Self::new(
            field,
            "FieldValueNotSupported",
            &format!("Unsupported value: {value}"),
            &detail,
        )
    }

    fn cause(&self) -> Value {
        json!({"reason": self.kind, "message": self.body, "field": self.field})
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.body)
    }
}

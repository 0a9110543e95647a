//! Calls that the server refuses, in words for the user, from its `Status`.

use http::StatusCode;
use serde_json::Value;

use super::link::Answer;
use super::page::{self, Page};
use super::{ClusterError, Kind, ObjectRef};
use crate::error::Error;
use crate::ui::sanitize_line;

/// A longer message of the server is cut.
const MESSAGE_LIMIT: usize = 1000;

/// What a call was about, for the words of its failure.
pub(super) struct Subject<'a> {
    /// The verb of RBAC.
    pub(super) verb: &'static str,
    /// `resource[.group]`.
    pub(super) resource: String,
    pub(super) namespace: Option<&'a str>,
    pub(super) name: Option<&'a str>,
    /// `kind[.group]/name`, or the resource when there is no name.
    pub(super) printed: String,
}

impl<'a> Subject<'a> {
    pub(super) fn object(verb: &'static str, object: &'a ObjectRef) -> Self {
        Self {
            verb,
            resource: resource(object.kind),
            namespace: object.namespace.as_deref(),
            name: Some(&object.name),
            printed: object.to_string(),
        }
    }

    pub(super) fn kind(verb: &'static str, kind: Kind, namespace: Option<&'a str>) -> Self {
        let resource = resource(kind);
        Self {
            verb,
            printed: resource.clone(),
            resource,
            namespace,
            name: None,
        }
    }
}

pub(super) fn resource(kind: Kind) -> String {
    kind.resource_name()
}

/// The JSON of a good answer, or what the server says against it.
pub(super) fn json(
    answer: &Answer,
    subject: &Subject<'_>,
    server: &str,
) -> Result<Value, ClusterError> {
    if !answer.status.is_success() {
        return Err(of_status(answer, subject));
    }
    serde_json::from_slice(&answer.body).map_err(|_| no_object(answer, server))
}

/// The page of a list in a good answer, item by item, or what the server says against it.
pub(super) fn page(
    answer: &Answer,
    subject: &Subject<'_>,
    server: &str,
    each: &mut dyn FnMut(Value),
) -> Result<Page, ClusterError> {
    if !answer.status.is_success() {
        return Err(of_status(answer, subject));
    }
    page::read(&answer.body, each).map_err(|_| no_object(answer, server))
}

fn no_object(answer: &Answer, server: &str) -> ClusterError {
    let begins = String::from_utf8_lossy(&answer.body[..answer.body.len().min(200)]).into_owned();
    ClusterError::Unreachable(format!(
        "{server} answered with something that is no Kubernetes object ({}); is it the address of an API server?",
        sanitize_line(&begins, 60)
    ))
}

/// A refusal of the server.
pub(super) fn of_status(answer: &Answer, subject: &Subject<'_>) -> ClusterError {
    let status: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let reason = status["reason"].as_str().unwrap_or_default();
    let details = &status["details"];
    let message = match status["message"].as_str() {
        Some(text) if !text.is_empty() => sanitize_line(text, MESSAGE_LIMIT),
        _ => {
            let text = String::from_utf8_lossy(&answer.body);
            let text = sanitize_line(&text, 200);
            if text.is_empty() {
                answer.status.to_string()
            } else {
                text
            }
        }
    };
    match answer.status {
        StatusCode::UNAUTHORIZED => ClusterError::Unauthorized(message),
        StatusCode::FORBIDDEN => ClusterError::Forbidden {
            verb: subject.verb.to_owned(),
            resource: subject.resource.clone(),
            namespace: subject.namespace.map(str::to_owned),
            message,
        },
        // A path that is not served has no object in its details.
        StatusCode::NOT_FOUND => match details["name"].as_str().filter(|name| !name.is_empty()) {
            Some(name) if subject.name == Some(name) => {
                ClusterError::NotFound(subject.printed.clone())
            }
            Some(name) => ClusterError::NotFound(sanitize_line(
                &format!("{}/{name}", details["kind"].as_str().unwrap_or("object")),
                300,
            )),
            None => ClusterError::GroupMissing(subject.resource.clone()),
        },
        StatusCode::CONFLICT if reason == "AlreadyExists" => {
            ClusterError::AlreadyExists(subject.printed.clone())
        }
        StatusCode::CONFLICT => ClusterError::Conflict(message),
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST => {
            ClusterError::Invalid(message)
        }
        code => ClusterError::Other(format!("the API server answered {code}: {message}")),
    }
}

/// Quotas, webhooks and namespaces that are being deleted refuse with 403 as well, and no right helps there. Source of the
/// words: apiserver `pkg/endpoints/handlers/responsewriters` `forbiddenMessage` (`User "dev" cannot get resource ...`).
fn is_about_rights(message: &str) -> bool {
    message.contains(" cannot ")
}

impl From<ClusterError> for Error {
    fn from(error: ClusterError) -> Self {
        let message = error.to_string();
        match error {
            ClusterError::Forbidden {
                verb,
                resource,
                namespace,
                ..
            } if is_about_rights(&message) => {
                let place = namespace.map_or_else(String::new, |name| format!(" -n {name}"));
                Self::failure(message).hint(format!(
                    "ask for the right; `kubectl auth can-i {verb} {resource}{place}` tells whether you have it"
                ))
            }
            ClusterError::Unauthorized(_) => Self::failure(message)
                .hint("log in again with `oc login`, or renew the credentials of the kubeconfig"),
            ClusterError::Conflict(_) => {
                Self::failure(message).hint("it changed in the meantime; try again")
            }
            ClusterError::Unreachable(_) => Self::failure(message).hint(
                "is this the cluster that you mean? --context chooses another one of the kubeconfig",
            ),
            _ => Self::failure(message),
        }
    }
}

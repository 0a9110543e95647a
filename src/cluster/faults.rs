//! Failed calls in words for the user: from the server's `Status`, or from a transport that broke.
//!
//! kube's and hyper's own texts are never shown: kube's hold the debug form of the whole answer.

use std::error::Error as StdError;
use std::io::ErrorKind;

use http::StatusCode;
use serde_json::Value;

use super::page::{self, Page};
use super::session::Session;
use super::transport::Answer;
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

/// No answer at all.
pub(super) fn of_transport(error: &kube::Error, session: &Session) -> ClusterError {
    let causes = causes(error);
    let server = &session.server;
    let via = session
        .target
        .proxy
        .as_ref()
        .map_or_else(String::new, |proxy| {
            format!(" through the proxy {}", proxy.shown)
        });
    let find = |text: &str| causes.iter().any(|cause| cause.to_string().contains(text));
    if let Some(tls) = causes
        .iter()
        .find_map(|cause| cause.downcast_ref::<rustls::Error>())
    {
        return ClusterError::Unreachable(of_tls(tls, server));
    }
    if let Some(login) = causes
        .iter()
        .find_map(|cause| cause.downcast_ref::<kube::client::AuthError>())
    {
        let reason = match login {
            kube::client::AuthError::Oidc(_) => {
                "the OpenID Connect login of the kubeconfig cannot be renewed"
            }
            _ => "the login of the kubeconfig cannot be renewed",
        };
        return ClusterError::Unauthorized(reason.into());
    }
    let io = causes
        .iter()
        .find_map(|cause| cause.downcast_ref::<std::io::Error>());
    let kind = causes
        .iter()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .map(std::io::Error::kind)
        .find(|kind| *kind != ErrorKind::Other);
    ClusterError::Unreachable(if find("proxy authorization required") {
        format!("cannot reach {server}{via}: the proxy wants a login (407)")
    } else if find("tunnel error: unsuccessful") {
        format!("cannot reach {server}{via}: the proxy refuses to connect to it")
    } else if find("tunnel error: unexpected end of file") {
        format!("cannot reach {server}{via}: the proxy closed the connection")
    } else if find("dns error") {
        let name = session.target.proxy.as_ref().map_or_else(
            || session.target.server.host().unwrap_or_default().to_owned(),
            |proxy| proxy.shown.clone(),
        );
        format!("cannot reach {server}{via}: the name {name} does not resolve")
    } else {
        match kind {
            Some(ErrorKind::ConnectionRefused) if !via.is_empty() => {
                format!("cannot reach {server}{via}: the connection to the proxy was refused")
            }
            Some(ErrorKind::ConnectionRefused) => format!("the connection to {server} was refused"),
            Some(ErrorKind::TimedOut) => {
                format!(
                    "cannot reach {server}{via}: no connection within {:?}",
                    super::connect::CONNECT_TIMEOUT
                )
            }
            Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => {
                format!("cannot reach {server}{via}: there is no route to it")
            }
            Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof) => {
                format!("{server} closed the connection{via} before it answered")
            }
            _ => {
                let deepest = io
                    .map(ToString::to_string)
                    .or_else(|| causes.last().map(ToString::to_string));
                format!(
                    "cannot reach {server}{via}: {}",
                    sanitize_line(&deepest.unwrap_or_default(), 200)
                )
            }
        }
    })
}

/// The error below kube's own and all that it wraps; `io::Error` hides what it wraps from `source`.
fn causes(error: &kube::Error) -> Vec<&(dyn StdError + 'static)> {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause);
        next = match cause
            .downcast_ref::<std::io::Error>()
            .and_then(std::io::Error::get_ref)
        {
            Some(inner) => Some(inner),
            None => cause.source(),
        };
    }
    causes
}

fn of_tls(error: &rustls::Error, server: &str) -> String {
    use rustls::{CertificateError as Bad, Error as Tls};
    let reason = match error {
        Tls::InvalidCertificate(Bad::UnknownIssuer) => {
            "its certificate is signed by an authority that is not trusted here; check certificate-authority in the kubeconfig".into()
        }
        Tls::InvalidCertificate(Bad::BadSignature) => {
            "its certificate is not signed by the authority that is trusted here, though by one of the same name; the authority was made anew, and the kubeconfig holds the old one".into()
        }
        Tls::InvalidCertificate(Bad::Expired | Bad::ExpiredContext { .. }) => "its certificate has expired".into(),
        Tls::InvalidCertificate(Bad::NotValidYet | Bad::NotValidYetContext { .. }) => {
            "its certificate is not valid yet; check the clock of this machine".into()
        }
        Tls::InvalidCertificate(Bad::NotValidForNameContext { presented, .. }) => {
            format!("its certificate is for other names: {}", sanitize_line(&presented.join(", "), 200))
        }
        Tls::InvalidCertificate(Bad::NotValidForName) => "its certificate is for another name".into(),
        Tls::InvalidCertificate(Bad::Other(other))
            if matches!(other.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity)) =>
        {
            "its certificate is marked as an authority (CA:TRUE); oc and kubectl accept that, the TLS library of this tool does not".into()
        }
        Tls::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => {
            "it does not speak TLS; is its address http:// instead of https://?".into()
        }
        Tls::AlertReceived(alert) => format!(
            "it refuses the TLS handshake ({alert:?}); it may ask for a client certificate, or for what the TLS library of this tool cannot speak"
        ),
        Tls::InvalidCertificate(reason) => {
            format!("the TLS library of this tool refuses its certificate: {reason}")
        }
        other => format!("the TLS handshake failed: {other}"),
    };
    format!(
        "cannot connect to {server}: {}",
        sanitize_line(&reason, 400)
    )
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

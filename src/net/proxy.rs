//! A tunnel through an HTTP proxy: CONNECT, and what its refusals mean.

use http::header::{HOST, PROXY_AUTHORIZATION, USER_AGENT};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;

use super::AGENT;
use super::outgoing::Outgoing;
use super::pipe::Pipe;
use crate::model::html;
use crate::model::observation::ProxyFault;

/// How much of a refusal is read for its title.
const REFUSAL: usize = 16 * 1024;

/// Asks the proxy at the other end of `pipe` for a tunnel to `target` (`host:port`).
pub(crate) async fn open(
    pipe: Pipe,
    target: &str,
    authorization: Option<&HeaderValue>,
) -> Result<Pipe, ProxyFault> {
    let mut sender = super::http1(pipe)
        .await
        .map_err(|error| malformed(&error))?;
    let mut request = Request::connect(target)
        .header(HOST, target)
        .header(USER_AGENT, AGENT);
    if let Some(authorization) = authorization {
        request = request.header(PROXY_AUTHORIZATION, authorization);
    }
    let request = request
        .body(Outgoing::Whole(Bytes::new()))
        .map_err(|error| ProxyFault::Malformed {
            text: error.to_string(),
        })?;
    let response = sender
        .send_request(request)
        .await
        .map_err(|error| malformed(&error))?;
    if response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        return Err(ProxyFault::AuthenticationRequired);
    }
    if !response.status().is_success() {
        return Err(refusal(response).await);
    }
    let upgraded = hyper::upgrade::on(response)
        .await
        .map_err(|error| malformed(&error))?;
    Ok(Pipe::new(TokioIo::new(upgraded)))
}

/// The status, and the page's title where the proxy sends one: block pages say there who forbids what.
async fn refusal(response: Response<Incoming>) -> ProxyFault {
    let status = response.status();
    let phrase = response
        .extensions()
        .get::<hyper::ext::ReasonPhrase>()
        .map(|phrase| String::from_utf8_lossy(phrase.as_bytes()).into_owned())
        .or_else(|| status.canonical_reason().map(str::to_owned))
        .unwrap_or_default();
    let title = Limited::new(response.into_body(), REFUSAL)
        .collect()
        .await
        .ok()
        .and_then(|body| html::title(&body.to_bytes()));
    ProxyFault::Refused {
        status: status.as_u16(),
        reason: title.map_or(phrase.clone(), |title| format!("{phrase}: {title}")),
    }
}

fn malformed(error: &hyper::Error) -> ProxyFault {
    let text = if error.is_incomplete_message() || error.is_canceled() {
        "it closed the connection without an answer".to_owned()
    } else if error.is_parse() {
        "it does not answer as an HTTP proxy".to_owned()
    } else {
        error.to_string()
    };
    ProxyFault::Malformed { text }
}

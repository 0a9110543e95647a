//! The server's thread: connections, TLS, one request after the other, the log.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderValue, Response};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_rustls::TlsAcceptor;

use super::auth::Identity;
use super::error::ApiError;
use super::faults::Effect;
use super::log::Request;
use super::rollout;
use super::route;
use super::wire::{Call, Outcome, Reply, parse_query};
use super::world::World;

/// Larger bodies are refused, as kube-apiserver does at 3 MiB.
const MAX_BODY: usize = 3 * 1024 * 1024;

/// Accepts connections until told to stop.
pub(crate) async fn run(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    shared: Arc<Mutex<World>>,
    mut stop: oneshot::Receiver<()>,
) {
    loop {
        let stream = tokio::select! {
            _ = &mut stop => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(_) => continue,
            },
        };
        let (tls, shared) = (tls.clone(), shared.clone());
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(shared.clone(), request));
            let server = auto::Builder::new(TokioExecutor::new());
            // A client that breaks off is no concern of the server's.
            match tls {
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        drop(server.serve_connection(TokioIo::new(stream), service).await);
                    }
                }
                None => drop(server.serve_connection(TokioIo::new(stream), service).await),
            }
        });
    }
}

/// The connection is to be closed without an answer.
#[derive(Debug)]
struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("dropped on order")
    }
}

impl std::error::Error for Dropped {}

/// What the ordered faults make of a request.
#[derive(Default)]
struct Fate {
    delay: Duration,
    warnings: Vec<String>,
    drop: bool,
    answer: Option<Outcome>,
}

async fn answer(
    shared: Arc<Mutex<World>>,
    request: http::Request<Incoming>,
) -> Result<Response<Content>, Dropped> {
    let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
    let (head, body) = request.into_parts();
    let query = head.uri.query().unwrap_or_default().to_owned();
    let (body, too_large) = match http_body_util::Limited::new(body, MAX_BODY).collect().await {
        Ok(body) => (body.to_bytes(), false),
        Err(_) => (Bytes::new(), true),
    };
    let mut call = Call {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: parse_query(&query),
        headers: head.headers,
        body,
        identity: Identity {
            name: String::new(),
            groups: Vec::new(),
            impersonator: None,
        },
    };
    // The entry is made on arrival, so that the log is in the order of arrival whatever is slow.
    let entry = {
        let mut world = lock();
        world.log.push(Request {
            method: call.method.clone(),
            path: call.path.clone(),
            query,
            headers: call.headers.clone(),
            body: String::from_utf8_lossy(&call.body).into_owned(),
            user: String::new(),
            impersonator: None,
            status: 0,
        });
        world.log.len() - 1
    };
    let fate = decide(&mut lock(), &call);
    if !fate.delay.is_zero() {
        tokio::time::sleep(fate.delay).await;
    }
    if fate.drop {
        return Err(Dropped);
    }
    let mut warnings = fate.warnings;
    let outcome = if too_large {
        Err(ApiError::too_large(
            "Request entity too large: limit is 3145728",
        ))
    } else if let Some(outcome) = fate.answer {
        outcome
    } else {
        let identity = authenticate(&lock(), &call);
        match identity {
            Err(refused) => Err(refused),
            Ok(identity) => {
                call.identity = identity;
                let outcome = route::handle(&shared, &call);
                warnings.append(&mut lock().warnings);
                let writes = !matches!(call.method.as_str(), "GET" | "HEAD");
                let rolls_out = lock().rolls_out;
                if writes && rolls_out && outcome.is_ok() && !call.is_dry_run() {
                    rollout::reconcile(&shared);
                }
                outcome
            }
        }
    };
    let response = respond(outcome, &warnings);
    let mut world = lock();
    // The log may have been cleared meanwhile.
    if let Some(entry) = world.log.get_mut(entry) {
        entry.status = response.status().as_u16();
        entry.user = call.identity.name;
        entry.impersonator = call.identity.impersonator;
    }
    Ok(response)
}

fn authenticate(world: &World, call: &Call) -> Result<Identity, ApiError> {
    // Anybody may ask these (`system:public-info-viewer`).
    if matches!(
        call.path.as_str(),
        "/version" | "/healthz" | "/livez" | "/readyz"
    ) {
        return Ok(Identity::admin());
    }
    let identity = world.auth.identify(&call.headers)?;
    world.auth.impersonate(identity, &call.headers)
}

fn decide(world: &mut World, call: &Call) -> Fate {
    let mut fate = Fate::default();
    let mut edits = Vec::new();
    for fault in &mut world.faults {
        if fate.drop || fate.answer.is_some() || !fault.strikes(&call.method, &call.path) {
            continue;
        }
        match &fault.effect {
            Effect::Delay(by) => fate.delay += *by,
            Effect::Drop => fate.drop = true,
            Effect::Warn(text) => fate.warnings.push(text.clone()),
            Effect::Status(code) => fate.answer = Some(Err(ApiError::unavailable(*code))),
            Effect::TooMany(seconds) => {
                fate.answer = Some(Err(ApiError::too_many_requests(*seconds)));
            }
            Effect::Answer(code, body) => fate.answer = Some(Ok(Reply::Json(*code, body.clone()))),
            Effect::OtherWriter(edit) => edits.push(edit.clone()),
        }
    }
    for edit in edits {
        let Some((resource, namespace, name)) = route::object_of(world, &call.path) else {
            continue;
        };
        if let Ok(live) = world.find(&resource, &namespace, &name) {
            let mut changed = (*live).clone();
            edit(&mut changed);
            world.put(&resource, changed);
        }
    }
    fate
}

fn respond(outcome: Outcome, warnings: &[String]) -> Response<Content> {
    let (code, media, content, retry_after) = match outcome {
        Ok(Reply::Json(code, document)) => (
            code,
            "application/json",
            Content::whole(document.to_string()),
            None,
        ),
        Ok(Reply::Typed(media, document)) => {
            (200, media, Content::whole(document.to_string()), None)
        }
        Ok(Reply::Text(text)) => (200, "text/plain", Content::whole(text), None),
        Ok(Reply::Stream(lines)) => (200, "application/json", Content::Lines(lines), None),
        Err(error) => (
            error.code(),
            "application/json",
            Content::whole(error.status().to_string()),
            error.retry_after(),
        ),
    };
    let mut response = Response::new(content);
    *response.status_mut() =
        http::StatusCode::from_u16(code).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static(media));
    headers.insert(
        "cache-control",
        HeaderValue::from_static("no-cache, private"),
    );
    if let Some(seconds) = retry_after {
        headers.insert("retry-after", HeaderValue::from(seconds));
    }
    for text in warnings {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            headers.append("warning", value);
        }
    }
    response
}

/// The body of an answer.
enum Content {
    Whole(Option<Bytes>),
    Lines(mpsc::UnboundedReceiver<Bytes>),
}

impl Content {
    fn whole(text: String) -> Self {
        Self::Whole(Some(Bytes::from(text)))
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Lines(lines) => lines
                .poll_recv(context)
                .map(|line| line.map(|line| Ok(Frame::data(line)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        match self {
            Self::Whole(bytes) => hyper::body::SizeHint::with_exact(
                bytes.as_ref().map_or(0, |bytes| bytes.len() as u64),
            ),
            Self::Lines(_) => hyper::body::SizeHint::default(),
        }
    }
}

//! One request and what came of it: sends it over a kept connection, bounds what comes back, and records both without
//! secrets. Follows no redirect, answers no challenge, judges nothing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, PROXY_AUTHORIZATION, RANGE,
    USER_AGENT,
};
use http::{HeaderMap, HeaderValue, Method, Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::answers;
use super::dial::guard::Guard;
use super::dial::{authority, connect_fault_of, rustls_error};
use super::limits::{Cut, Limits};
use super::pool::{ConnectionTraits, Lease, Pool};
use super::redact::Redactor;
use super::urls;
use crate::model::observation::{
    Answer, ConnectFault, Exchange, ExchangeFault, Origin, ProxyFault, Purpose, Sent, TlsFault,
    Withheld,
};

/// How this tool names itself. Some registries answer `/v2/` differently to Docker's own agents.
pub(super) const AGENT: &str = concat!("kubectl-extreg/", env!("CARGO_PKG_VERSION"));

/// The bound of manifests (containers/image `iolimits.MaxManifestBodySize`).
pub(super) const MANIFEST_BOUND: usize = 4 * 1024 * 1024;
/// The bound of all else (containers/image `iolimits.MaxAuthTokenBodySize`, `MaxErrorBodySize`).
pub(super) const BOUND: usize = 1024 * 1024;

/// What is sent along to prove who asks.
#[derive(Clone)]
pub(super) enum Authorization {
    Nothing,
    Basic {
        username: String,
        password: SecretString,
    },
    Bearer(SecretString),
}

impl Authorization {
    fn header(&self) -> Option<Result<HeaderValue, http::Error>> {
        let text = match self {
            Self::Nothing => return None,
            Self::Basic { username, password } => {
                let pair = format!("{username}:{}", password.expose_secret());
                format!("Basic {}", STANDARD.encode(pair))
            }
            Self::Bearer(token) => format!("Bearer {}", token.expose_secret()),
        };
        Some(
            HeaderValue::try_from(text)
                .map(|mut value| {
                    value.set_sensitive(true);
                    value
                })
                .map_err(http::Error::from),
        )
    }
}

/// One request.
#[derive(Clone)]
pub(super) struct Query {
    pub(super) purpose: Purpose,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) authorization: Authorization,
    /// Each is a header of its own, as containers/image sends them.
    pub(super) accept: &'static [&'static str],
    /// Only the first byte is wanted.
    pub(super) first_byte: bool,
    /// A form to post; it may hold a secret.
    pub(super) form: Option<SecretString>,
    /// Of a successful answer no more than this is kept. Refusals are kept up to [`BOUND`].
    pub(super) bound: usize,
    /// Which addresses must not be connected to.
    pub(super) guard: Guard,
}

impl Query {
    /// A GET without credentials.
    pub(super) fn get(purpose: Purpose, url: Url) -> Self {
        Self {
            purpose,
            method: Method::GET,
            url,
            authorization: Authorization::Nothing,
            accept: &[],
            first_byte: false,
            form: None,
            bound: BOUND,
            guard: Guard::Any,
        }
    }

    /// A posted form holds an identity token, which is as good as a bearer's.
    fn sent(&self) -> Sent {
        match self.authorization {
            Authorization::Nothing if self.form.is_some() => Sent::Bearer,
            Authorization::Nothing => Sent::Nothing,
            Authorization::Basic { .. } => Sent::Basic,
            Authorization::Bearer(_) => Sent::Bearer,
        }
    }
}

/// What came of a request.
pub(super) struct Asked {
    pub(super) exchange: Exchange,
    /// The body as it came, bounded: with the secrets that `exchange` leaves out.
    pub(super) body: Bytes,
    /// All headers as they came.
    pub(super) headers: HeaderMap,
}

impl Asked {
    /// The answer, if there was one.
    pub(super) fn answer(&self) -> Option<&Answer> {
        self.exchange.answer()
    }
}

/// The way to all servers of a run, and the record of what was said.
pub(super) struct Wire {
    pub(super) pool: Pool,
    pub(super) limits: Limits,
    pub(super) redactor: Redactor,
    /// In the order of their beginning; `None` while under way.
    record: Mutex<Vec<Option<Exchange>>>,
}

/// What was reached, in the words of [`ExchangeFault::TimedOut`].
const AFTER_REQUEST: &str = "the connection was made and the request sent";
const AFTER_HEAD: &str = "the answer had begun";

struct Raw {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
    truncated: bool,
}

impl Wire {
    pub(super) fn new(pool: Pool, limits: Limits, redactor: Redactor) -> Self {
        Self {
            pool,
            limits,
            redactor,
            record: Mutex::default(),
        }
    }

    /// All exchanges that have ended, in the order in which they began.
    pub(super) fn record(&self) -> Vec<Exchange> {
        let record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.iter().flatten().cloned().collect()
    }

    /// Sends `query`.
    pub(super) async fn ask(&self, query: &Query) -> Asked {
        let slot = {
            let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
            record.push(None);
            record.len() - 1
        };
        let (elapsed, result) = Box::pin(self.send(query)).await;
        let (result, headers, body) = match result {
            Ok(raw) => {
                let kept = self.redactor.body(raw.body.to_vec());
                let mut answer = answers::answer(raw.status, &raw.headers, kept, raw.truncated);
                for (_, value) in &mut answer.headers {
                    *value = self.redactor.text(value).into_owned();
                }
                (Ok(answer), raw.headers, raw.body)
            }
            Err(fault) => (Err(fault), HeaderMap::new(), Bytes::new()),
        };
        let exchange = Exchange {
            purpose: query.purpose,
            method: method_name(&query.method),
            url: urls::shown(&query.url),
            sent: query.sent(),
            elapsed,
            result,
        };
        self.note(slot, &exchange);
        Asked {
            exchange,
            body,
            headers,
        }
    }

    /// The exchange of a request that is not made.
    pub(super) fn withheld(query: &Query, why: Withheld) -> Asked {
        Asked {
            exchange: Exchange {
                purpose: query.purpose,
                method: method_name(&query.method),
                url: urls::shown(&query.url),
                sent: Sent::Nothing,
                elapsed: Duration::ZERO,
                result: Err(ExchangeFault::Withheld(why)),
            },
            body: Bytes::new(),
            headers: HeaderMap::new(),
        }
    }

    /// Puts an exchange on record. Bodies of successes are not kept there: whoever asked has them.
    fn note(&self, slot: usize, exchange: &Exchange) {
        let mut kept = exchange.clone();
        if let Ok(answer) = &mut kept.result
            && answer.is_success()
        {
            answer.body = Vec::new();
        }
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = record.get_mut(slot) {
            *entry = Some(kept);
        }
    }

    async fn send(&self, query: &Query) -> (Duration, Result<Raw, ExchangeFault>) {
        let Some(origin) = urls::origin_of(&query.url) else {
            let text = "the URL names no host that HTTP can be spoken with".to_owned();
            return (Duration::ZERO, Err(ExchangeFault::Protocol { text }));
        };
        let mut start = Instant::now();
        // A kept connection may have been closed by the server in the meantime; the request then never reached it.
        for _attempt in 0..=super::pool::MOST_CONNECTIONS {
            let lease = match self.pool.lease(&origin, &query.guard).await {
                Ok(lease) => lease,
                Err(fault) => return (start.elapsed(), Err(fault)),
            };
            start = Instant::now();
            match self.over(lease, query, &origin).await {
                Ok(raw) => return (start.elapsed(), Ok(raw)),
                Err(Failure::Stale) => {}
                Err(Failure::Fault(fault)) => return (start.elapsed(), Err(fault)),
            }
        }
        let text = "the server closes every connection that is kept open".to_owned();
        (start.elapsed(), Err(ExchangeFault::Cut { text }))
    }

    async fn over(&self, mut lease: Lease, query: &Query, origin: &Origin) -> Result<Raw, Failure> {
        let request = request(query, origin, &lease).map_err(|error| {
            Failure::Fault(ExchangeFault::Protocol {
                text: format!("the request cannot be written: {error}"),
            })
        })?;
        let traits = std::sync::Arc::clone(&lease.traits);
        let reused = lease.reused;
        let head_came = AtomicBool::new(false);
        let talk = async {
            let response = lease.send(request).await?;
            head_came.store(true, Ordering::Relaxed);
            read(response, query.bound).await
        };
        match self.limits.within(self.limits.budgets.http, talk).await {
            Ok(Ok((raw, whole))) => {
                if whole {
                    lease.finish().await;
                }
                if traits.via_proxy.is_some() && raw.status == 407 {
                    return Err(Failure::Fault(ExchangeFault::Proxy(
                        ProxyFault::AuthenticationRequired,
                    )));
                }
                Ok(raw)
            }
            Ok(Err(error)) => {
                let head_came = head_came.into_inner();
                let closed = error.is_canceled()
                    || error.is_closed()
                    || error.is_incomplete_message()
                    || is_reset(&error);
                if reused && closed && !head_came {
                    return Err(Failure::Stale);
                }
                Err(Failure::Fault(fault_of(
                    &error,
                    &traits,
                    origin.https,
                    head_came,
                )))
            }
            Err(Cut::TimedOut) => {
                let after = if head_came.into_inner() {
                    AFTER_HEAD
                } else {
                    AFTER_REQUEST
                };
                Err(Failure::Fault(ExchangeFault::TimedOut { after }))
            }
            Err(Cut::Deadline) => Err(Failure::Fault(ExchangeFault::Deadline)),
        }
    }
}

enum Failure {
    /// The server had closed the kept connection.
    Stale,
    Fault(ExchangeFault),
}

fn request(
    query: &Query,
    origin: &Origin,
    lease: &Lease,
) -> Result<Request<Full<Bytes>>, http::Error> {
    let path = &query.url[url::Position::BeforePath..url::Position::AfterQuery];
    let via_proxy = lease.traits.via_proxy.as_ref();
    let target = if lease.is_http2() || via_proxy.is_some() {
        let scheme = if origin.https { "https" } else { "http" };
        format!("{scheme}://{}{path}", authority(origin))
    } else {
        path.to_owned()
    };
    let mut builder = Request::builder()
        .method(query.method.clone())
        .uri(target)
        .header(USER_AGENT, AGENT);
    if !lease.is_http2() {
        builder = builder.header(HOST, host_header(origin));
    }
    if let Some(header) = query.authorization.header() {
        builder = builder.header(AUTHORIZATION, header?);
    }
    if let Some(login) = via_proxy.and_then(|proxy| proxy.authorization.as_ref()) {
        builder = builder.header(PROXY_AUTHORIZATION, login);
    }
    for accept in query.accept {
        builder = builder.header(ACCEPT, *accept);
    }
    if query.first_byte {
        builder = builder.header(RANGE, "bytes=0-0");
    }
    let body = match &query.form {
        Some(form) => {
            builder = builder.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            Bytes::copy_from_slice(form.expose_secret().as_bytes())
        }
        None => Bytes::new(),
    };
    if query.method == Method::POST && body.is_empty() {
        builder = builder.header(CONTENT_LENGTH, "0");
    }
    builder.body(Full::new(body))
}

/// The port is named only where it is not the scheme's own, as browsers and Go do: some registries compare.
fn host_header(origin: &Origin) -> String {
    let text = origin.to_string();
    text.split_once("://")
        .map_or(text.clone(), |(_, rest)| rest.to_owned())
}

/// Reads an answer up to its bound. Also says whether it was read to its end.
async fn read(response: Response<Incoming>, bound: usize) -> Result<(Raw, bool), hyper::Error> {
    let (head, mut body) = response.into_parts();
    let bound = if head.status.is_success() {
        bound
    } else {
        BOUND
    };
    let mut bytes = Vec::new();
    let mut truncated = false;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        let room = bound - bytes.len();
        if data.len() > room {
            bytes.extend_from_slice(&data[..room]);
            truncated = true;
            break;
        }
        bytes.extend_from_slice(&data);
    }
    let raw = Raw {
        status: head.status.as_u16(),
        headers: head.headers,
        body: bytes.into(),
        truncated,
    };
    Ok((raw, !truncated))
}

fn is_reset(error: &hyper::Error) -> bool {
    io_error(error).is_some_and(|error| connect_fault_of(error) == ConnectFault::Reset)
}

fn io_error(error: &hyper::Error) -> Option<&std::io::Error> {
    let mut current: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = current {
        if let Some(found) = error.downcast_ref::<std::io::Error>() {
            return Some(found);
        }
        current = error.source();
    }
    None
}

fn fault_of(
    error: &hyper::Error,
    traits: &ConnectionTraits,
    https: bool,
    head_came: bool,
) -> ExchangeFault {
    use rustls::AlertDescription as Alert;
    if let Some(rustls::Error::AlertReceived(alert)) = rustls_error(error) {
        // In TLS 1.3 a server says only after the handshake that it insists on a client certificate.
        if traits.wants_client_certificate
            || matches!(alert, Alert::CertificateRequired | Alert::NoCertificate)
        {
            return ExchangeFault::Tls(TlsFault::ClientCertificateWanted);
        }
        return ExchangeFault::Tls(TlsFault::Handshake {
            text: format!("the server ended the connection with the alert {alert:?}"),
            our_limits: false,
        });
    }
    if !https && traits.beginning.is_tls_alert() {
        return ExchangeFault::Protocol {
            text: "the port answers plain HTTP with a TLS alert: it wants https".to_owned(),
        };
    }
    if error.is_parse() {
        let text = match traits.beginning.greeting() {
            Some(greeting) if !head_came => {
                format!("the answer is no HTTP; it begins with {greeting:?}")
            }
            _ => chain_text(error),
        };
        return ExchangeFault::Protocol { text };
    }
    if traits.wants_client_certificate && !head_came {
        return ExchangeFault::Tls(TlsFault::ClientCertificateWanted);
    }
    let text = if head_came {
        "the connection ended in the middle of the answer".to_owned()
    } else if error.is_incomplete_message() || error.is_canceled() || is_reset(error) {
        "the connection ended before an answer came".to_owned()
    } else {
        chain_text(error)
    };
    ExchangeFault::Cut { text }
}

/// An error with its causes.
fn chain_text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut current = error.source();
    while let Some(cause) = current {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        current = cause.source();
    }
    text
}

fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        _ => "OTHER",
    }
}

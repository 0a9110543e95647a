//! One request and what came of it: sends it over a kept connection, bounds what comes back, and records both without
//! secrets. Follows no redirect, answers no challenge, judges nothing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::{HeaderMap, Response};
use http_body_util::BodyExt as _;
use hyper::body::{Bytes, Incoming};

use super::answers;
use super::faults::{fault_of, is_ended, was_not_looked_at};
use super::lease::Lease;
use super::live::Live;
use super::pace::Paces;
use super::pool::{MOST_CONNECTIONS, Pool};
use super::query::{Query, method_name, request};
use super::redact::Redactor;
use super::urls;
use crate::model::observation::{
    Answer, Exchange, ExchangeFault, Origin, ProxyFault, Sent, TlsFault, Withheld,
};
use crate::net::limits::{Cut, Limits};
use crate::net::outgoing::Outgoing;

/// The bound of manifests (containers/image `iolimits.MaxManifestBodySize`).
pub(super) const MANIFEST_BOUND: usize = 4 * 1024 * 1024;
/// The bound of all else (containers/image `iolimits.MaxAuthTokenBodySize`, `MaxErrorBodySize`).
pub(super) const BOUND: usize = 1024 * 1024;

/// What came of a request.
pub(super) struct Asked {
    pub(super) exchange: Exchange,
    /// The body as it came, bounded: with the secrets that `exchange` leaves out.
    pub(super) body: Bytes,
    /// All headers as they came.
    pub(super) headers: HeaderMap,
    /// The body that is still to be read, where the query wanted that.
    pub(super) live: Option<Live>,
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
    paces: Paces,
    /// Whether headers and bodies are kept on record.
    in_full: bool,
    /// In the order of their beginning; `None` while under way.
    record: Mutex<Vec<Option<Exchange>>>,
}

/// What was reached, in the words of [`ExchangeFault::TimedOut`].
const AFTER_REQUEST: &str = "the connection was made and the request sent";
pub(super) const AFTER_HEAD: &str = "the answer had begun";

const STALE: &str = "the server had closed the connection";
const NO_HOST: &str = "the URL names no host that HTTP can be spoken with";

struct Raw {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
    truncated: bool,
    live: Option<Live>,
}

impl Wire {
    pub(super) fn new(pool: Pool, limits: Limits, redactor: Redactor, in_full: bool) -> Self {
        Self {
            pool,
            limits,
            redactor,
            paces: Paces::default(),
            in_full,
            record: Mutex::default(),
        }
    }

    /// All exchanges that have ended, in the order in which they began.
    pub(super) fn record(&self) -> Vec<Exchange> {
        let record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.iter().flatten().cloned().collect()
    }

    /// Sends `query`; once more, and later, where the server has too much to do and says when to come back.
    pub(super) async fn ask(&self, query: &Query) -> Asked {
        let Some(origin) = urls::origin_of(&query.url) else {
            return self.ask_once(query).await;
        };
        let pace = self.paces.of(&origin);
        loop {
            let turn = pace.turn(&self.limits).await;
            let asked = self.ask_once(query).await;
            let busy = match asked.answer() {
                Some(answer) if answer.status == 429 => answers::retry_after(answer),
                Some(_) => {
                    pace.recovered();
                    None
                }
                None => None,
            };
            match busy {
                Some(pause) if query.insists && pace.wants(pause, &turn, &self.limits) => {}
                _ => return asked,
            }
        }
    }

    /// Sends `query` with a body that comes frame by frame, and so only once, over a connection of its own or a kept one.
    /// [`ExchangeFault::Cut`] is also what a kept connection gives that the server had closed.
    pub(super) async fn upload(&self, query: &Query, body: Outgoing) -> Asked {
        let slot = self.slot();
        let start = Instant::now();
        let result = match urls::origin_of(&query.url) {
            Some(origin) => match self.pool.lease(&origin, &query.guard).await {
                Ok(lease) => Box::pin(self.over(lease, query, &origin, Some(body)))
                    .await
                    .map_err(|failure| match failure {
                        Failure::Stale => ExchangeFault::Cut {
                            text: STALE.to_owned(),
                        },
                        Failure::Fault(fault) => fault,
                    }),
                Err(fault) => Err(fault),
            },
            None => Err(ExchangeFault::Protocol {
                text: NO_HOST.to_owned(),
            }),
        };
        self.asked(slot, query, start.elapsed(), result)
    }

    fn slot(&self) -> usize {
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        record.push(None);
        record.len() - 1
    }

    async fn ask_once(&self, query: &Query) -> Asked {
        let slot = self.slot();
        let (elapsed, result) = Box::pin(self.send(query)).await;
        self.asked(slot, query, elapsed, result)
    }

    /// Makes an exchange of it, and puts that on record.
    fn asked(
        &self,
        slot: usize,
        query: &Query,
        elapsed: Duration,
        result: Result<Raw, ExchangeFault>,
    ) -> Asked {
        let (result, headers, body, live) = match result {
            Ok(raw) => {
                let kept = self.redactor.body(raw.body.to_vec());
                let mut answer = answers::answer(raw.status, &raw.headers, kept, raw.truncated);
                for (_, value) in &mut answer.headers {
                    *value = self.redactor.text(value).into_owned();
                }
                (Ok(answer), raw.headers, raw.body, raw.live)
            }
            Err(fault) => (Err(fault), HeaderMap::new(), Bytes::new(), None),
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
            live,
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
            live: None,
        }
    }

    /// Puts an exchange on record. Bodies of successes are not kept there: whoever asked has them.
    fn note(&self, slot: usize, exchange: &Exchange) {
        let kept = if self.in_full {
            let mut kept = exchange.clone();
            if let Ok(answer) = &mut kept.result
                && answer.is_success()
            {
                answer.body = Vec::new();
            }
            kept
        } else {
            exchange.outline()
        };
        let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = record.get_mut(slot) {
            *entry = Some(kept);
        }
    }

    async fn send(&self, query: &Query) -> (Duration, Result<Raw, ExchangeFault>) {
        let Some(origin) = urls::origin_of(&query.url) else {
            let text = NO_HOST.to_owned();
            return (Duration::ZERO, Err(ExchangeFault::Protocol { text }));
        };
        let mut start = Instant::now();
        // A kept connection may have been closed by the server in the meantime; the request then never reached it.
        // One that is shared may have been closed with every request on it but one.
        for _attempt in 0..=2 * MOST_CONNECTIONS {
            let lease = match self.pool.lease(&origin, &query.guard).await {
                Ok(lease) => lease,
                Err(fault) => return (start.elapsed(), Err(fault)),
            };
            start = Instant::now();
            match self.over(lease, query, &origin, None).await {
                Ok(raw) => return (start.elapsed(), Ok(raw)),
                Err(Failure::Stale) => {}
                Err(Failure::Fault(fault)) => return (start.elapsed(), Err(fault)),
            }
        }
        let text = "the server closes every connection that is kept open".to_owned();
        (start.elapsed(), Err(ExchangeFault::Cut { text }))
    }

    /// `streamed` takes the place of the query's own body.
    async fn over(
        &self,
        mut lease: Lease,
        query: &Query,
        origin: &Origin,
        streamed: Option<Outgoing>,
    ) -> Result<Raw, Failure> {
        let request = request(query, origin, &lease, streamed).map_err(|error| {
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
            if query.live && response.status().is_success() {
                return Ok(Come::Head(response));
            }
            let (raw, whole) = read(response, query.bound).await?;
            Ok(Come::All(raw, whole))
        };
        let patience = query.patience.unwrap_or(self.limits.budgets.http);
        match self.limits.within(patience, talk).await {
            Ok(Ok(Come::Head(response))) => {
                let (head, body) = response.into_parts();
                Ok(Raw {
                    status: head.status.as_u16(),
                    headers: head.headers,
                    body: Bytes::new(),
                    truncated: false,
                    live: Some(Live::new(body, lease, origin.https)),
                })
            }
            Ok(Ok(Come::All(raw, whole))) => {
                if whole {
                    // When that is cut off, the connection is closed; the answer is here.
                    let _kept = self
                        .limits
                        .within(self.limits.budgets.http, lease.finish())
                        .await;
                }
                if traits.via_proxy.is_some() && raw.status == 407 {
                    return Err(Failure::Fault(ExchangeFault::Proxy(
                        ProxyFault::AuthenticationRequired,
                    )));
                }
                if traits.wants_client_certificate && misses_certificate(&raw) {
                    return Err(Failure::Fault(ExchangeFault::Tls(
                        TlsFault::ClientCertificateWanted,
                    )));
                }
                Ok(raw)
            }
            Ok(Err(error)) => {
                let head_came = head_came.into_inner();
                if !head_came && (reused && is_ended(&error) || was_not_looked_at(&error)) {
                    return Err(Failure::Stale);
                }
                Err(Failure::Fault(fault_of(
                    &error,
                    &traits,
                    origin.https,
                    head_came,
                    reused,
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

/// How much of an answer was read.
enum Come {
    Head(Response<Incoming>),
    /// Whether that was to its end.
    All(Raw, bool),
}

enum Failure {
    /// The server had closed the kept connection.
    Stale,
    Fault(ExchangeFault),
}

/// nginx lets the handshake pass and refuses afterwards (`ngx_http_special_response.c`, its status 496).
fn misses_certificate(raw: &Raw) -> bool {
    const WORDS: &[u8] = b"No required SSL certificate was sent";
    raw.status == 400 && raw.body.windows(WORDS.len()).any(|part| part == WORDS)
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
        live: None,
    };
    Ok((raw, !truncated))
}

//! Misbehaviour on order: what each [`Fault`](super::Fault) does to a connection or an answer.

use std::time::Duration;

use http::{HeaderValue, Method};
use hyper::body::Bytes;

use super::errors;
use super::fault::{At, Fault, Kind};
use super::log::Origin;
use super::route::Route;
use super::world::{Cx, State};
use crate::web::{Answer, Greeting, Payload, Reply};

const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\
    <body><h1>Welcome</h1><form action=\"/login\">Please sign in.</form></body></html>\n";

const BLOCK_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Access denied</title></head>\
    <body><h1>The site was blocked by your organisation's web policy</h1></body></html>\n";

/// What a server's words may do to a terminal: colours, a cleared line, a bell, reversed text, a forged line.
const HOSTILE: &str = "\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7} \u{1b}[2K\rhealthy\u{202e}desrever\u{202c}\nerror: forged line";

/// The fault that decides about a new connection to this server, if there is one.
pub(crate) fn greeting(state: &mut State, origin: Origin) -> Greeting {
    let place = match origin {
        Origin::Registry => At::Everything,
        Origin::Token => At::Token,
        Origin::Storage => At::Storage,
    };
    let found = take(state, |fault| {
        fault.at == place && fault.greeting().is_some()
    });
    found.and_then(|fault| fault.greeting()).unwrap_or_default()
}

impl Fault {
    pub(crate) fn greeting(&self) -> Option<Greeting> {
        match self.kind {
            Kind::SilentAccept => Some(Greeting::Silence),
            Kind::SilentTls => Some(Greeting::SilenceAfterHello),
            Kind::ResetAtAccept => Some(Greeting::Reset),
            Kind::ResetInTls => Some(Greeting::ResetAfterHello),
            Kind::CloseAtAccept => Some(Greeting::Close),
            Kind::PlainHttp => Some(Greeting::PlainHttp),
            _ => None,
        }
    }

    fn replaces_answer(&self) -> bool {
        matches!(
            self.kind,
            Kind::SilentHttp
                | Kind::Status(_)
                | Kind::HtmlPage(_)
                | Kind::Refused { .. }
                | Kind::BlockPage
                | Kind::Redirect(_)
                | Kind::RedirectElsewhere(_)
                | Kind::Limited(_)
                | Kind::Empty(_)
                | Kind::Text { .. }
        )
    }
}

/// Which kind of request this is, to match with a fault's place.
pub(crate) fn place(origin: Origin, is_token: bool, route: &Route) -> At {
    match (origin, route) {
        (Origin::Storage, _) => At::Storage,
        (Origin::Token, _) => At::Token,
        _ if is_token => At::Token,
        (Origin::Registry, Route::Ping) => At::Ping,
        (Origin::Registry, Route::Manifest { .. } | Route::Referrers { .. }) => At::Manifests,
        (Origin::Registry, Route::Tags { .. }) => At::Tags,
        (Origin::Registry, Route::Blob { .. }) => At::Blobs,
        (Origin::Registry, Route::Uploads { .. } | Route::Upload { .. }) => At::Uploads,
        (Origin::Registry, Route::Catalog | Route::Unknown) => At::Everything,
    }
}

fn covers(fault: &Fault, origin: Origin, place: At) -> bool {
    fault.at == place || (fault.at == At::Everything && origin == Origin::Registry)
}

/// Finds the first fault that fits, and counts it.
fn take(state: &mut State, fits: impl Fn(&Fault) -> bool) -> Option<Fault> {
    let index = state.faults.iter().position(fits)?;
    let fault = &mut state.faults[index];
    let found = fault.clone();
    if let Some(left) = &mut fault.left {
        *left -= 1;
        if *left == 0 {
            state.faults.remove(index);
        }
    }
    Some(found)
}

/// What comes in place of an answer, if anything does.
pub(crate) fn instead(cx: &mut Cx, origin: Origin, place: At) -> Option<Answer> {
    let head = cx.call.method == Method::HEAD;
    let call = cx.call;
    let fault = take(cx.state, |fault| {
        covers(fault, origin, place)
            && fault.is_for(&call.method)
            && (fault.replaces_answer() || (head && matches!(fault.kind, Kind::HeadUnsupported)))
    })?;
    let reply = match fault.kind {
        Kind::SilentHttp => {
            return Some(Answer {
                reply: None,
                after: Duration::ZERO,
            });
        }
        Kind::Status(status) => {
            let (code, message) = match status {
                503 => ("UNAVAILABLE", "service unavailable"),
                _ => ("UNKNOWN", "unknown error"),
            };
            errors::error(status, code, message, &serde_json::json!({}))
        }
        Kind::HtmlPage(status) => Reply::html(status, PAGE),
        Kind::Refused {
            status,
            code,
            message,
        } => errors::plain_error(status, &code, &message),
        Kind::BlockPage => Reply::html(403, BLOCK_PAGE)
            .header("via", "1.1 proxy.corp.example (squid/5.7)")
            .header("server", "squid/5.7"),
        Kind::Redirect(url) => Reply::empty(302).header("location", url),
        Kind::RedirectElsewhere(base) => {
            let query = cx.call.query.as_ref().map(|query| format!("?{query}"));
            let target = format!("{base}{}{}", cx.call.path, query.unwrap_or_default());
            Reply::empty(307).header("location", target)
        }
        Kind::Limited(limit) => cx.world.rules.limited(cx, limit),
        Kind::HeadUnsupported => Reply::text(405, "Method not allowed\n").header("allow", "GET"),
        Kind::Empty(status) => Reply::empty(status),
        Kind::Text {
            status,
            media_type,
            body,
        } => Reply::bytes(status, &media_type, body),
        _ => return None,
    };
    Some(reply.into())
}

/// Changes an answer, and says how much later it is to go out.
pub(crate) fn change(cx: &mut Cx, origin: Origin, place: At, reply: &mut Reply) -> Duration {
    let mut delay = Duration::ZERO;
    let faults: Vec<Fault> = cx
        .state
        .faults
        .iter()
        .filter(|fault| covers(fault, origin, place) && !fault.replaces_answer())
        .cloned()
        .collect();
    for fault in faults {
        if let Kind::Delay(more) = fault.kind {
            delay += more;
        } else if apply(cx, place, &fault.kind, reply) {
            take(cx.state, |candidate| {
                std::mem::discriminant(&candidate.kind) == std::mem::discriminant(&fault.kind)
                    && candidate.at == fault.at
            });
        }
    }
    delay
}

/// Applies one fault to an answer, and says whether there was anything to apply it to.
fn apply(cx: &Cx, place: At, kind: &Kind, reply: &mut Reply) -> bool {
    let refused = matches!(reply.status.as_u16(), 401 | 403);
    let body = reply.payload.bytes().cloned();
    match (kind, body) {
        (Kind::ResetInBody, Some(body)) if !body.is_empty() => {
            cx.call.reset_connection_on_close();
            promise_length(reply, body.len());
            reply.payload = Payload::Broken(body.slice(..body.len() / 2));
        }
        (Kind::StallInBody, Some(body)) if !body.is_empty() => {
            promise_length(reply, body.len());
            reply.payload = Payload::Stalled(body.slice(..body.len() / 2));
        }
        (Kind::SlowBody { piece, pause }, Some(body)) => {
            promise_length(reply, body.len());
            reply.payload = Payload::slow(body, *piece, *pause);
        }
        (Kind::Endless, _) => {
            reply.payload = Payload::Endless(Bytes::from(vec![b' '; 64 * 1024]));
        }
        (Kind::Unsized, Some(body)) => reply.payload = Payload::Unsized(body),
        (Kind::WrongBody, Some(body)) if reply.status == 200 && !body.is_empty() => {
            let mut bytes = body.to_vec();
            bytes[0] ^= 0xff;
            reply.payload = Payload::Full(bytes.into());
        }
        (Kind::ServedAs(media_type), _) if reply.status == 200 => {
            if media_type.is_empty() {
                return reply.headers.remove("content-type").is_some();
            }
            reply.set_header("content-type", media_type);
        }
        (Kind::CutShort, Some(body)) if reply.status == 200 && body.len() > 1 => {
            reply.payload = Payload::Full(body.slice(..body.len() / 2));
        }
        (Kind::LyingDigest, _) if reply.headers.contains_key("docker-content-digest") => {
            reply.set_header(
                "docker-content-digest",
                format!("sha256:{}", "0123456789abcdef".repeat(4)),
            );
        }
        (Kind::NoDigest, _) => {
            reply.headers.remove("etag");
            return reply.headers.remove("docker-content-digest").is_some();
        }
        (Kind::NoChallenge, _) if refused => {
            return reply.headers.remove("www-authenticate").is_some();
        }
        (Kind::Challenges(challenges), _) if reply.status == 401 => {
            replace_challenges(reply, challenges);
        }
        (Kind::HostileText, _) if reply.status.as_u16() >= 400 => {
            let hostile = errors::plain_error(reply.status.as_u16(), "DENIED", HOSTILE);
            reply.payload = hostile.payload;
            reply.set_header("content-type", "application/json");
        }
        (Kind::ClockSkew(seconds), _) if place != At::Token => {
            let shifted = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(*seconds);
            let date = shifted.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            reply.set_header("date", date);
        }
        (Kind::RetryAfter(value), _) if matches!(reply.status.as_u16(), 429 | 503) => {
            reply.set_header("retry-after", value);
        }
        _ => return false,
    }
    true
}

fn promise_length(reply: &mut Reply, length: usize) {
    reply.set_header("content-length", length.to_string());
}

fn replace_challenges(reply: &mut Reply, challenges: &[String]) {
    let own = reply
        .headers
        .remove("www-authenticate")
        .and_then(|value| value.to_str().map(str::to_owned).ok())
        .unwrap_or_default();
    for challenge in challenges {
        let text = challenge.replace("{}", &own);
        if let Ok(value) = HeaderValue::from_str(&text) {
            reply.headers.append("www-authenticate", value);
        }
    }
}

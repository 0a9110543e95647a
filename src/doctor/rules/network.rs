//! It does not get as far as the question: name, connection, proxy.

use super::{Case, Rule};
use crate::doctor::answer::{self, Meaning};
use crate::doctor::causes::Cause;
use crate::doctor::finding::Finding;
use crate::model::observation::{
    ConnectFault, DnsFault, ExchangeFault, PingKind, ProxyFault, TlsFault,
};
use crate::model::sanitize::sanitize_line;

pub(super) const RULES: &[Rule] = &[dns, connect, tls_cut, proxy, proxy_page, no_answer];

fn dns(case: &Case<'_>) -> Option<Finding> {
    let (at, stage) = case.dns()?;
    let fault = stage.result.as_ref().err()?;
    let registry = case.subject.registry();
    Some(match fault {
        DnsFault::NotFound { .. } => Finding::certain(
            Cause::Dns,
            vec![at],
            format!("the name of {registry} does not resolve on this machine"),
        ),
        DnsFault::TimedOut => Finding::likely(
            Cause::Dns,
            vec![at],
            format!("the name service does not answer for {registry}"),
        ),
    })
}

fn connect(case: &Case<'_>) -> Option<Finding> {
    let (at, stage) = case.tcp()?;
    let fault = stage.result.as_ref().err()?;
    Some(by_connect(case, at, fault))
}

fn by_connect(case: &Case<'_>, at: usize, fault: &ConnectFault) -> Finding {
    let registry = case.subject.registry();
    let because = vec![at];
    match fault {
        ConnectFault::Refused => Finding::certain(
            Cause::Refused,
            because,
            format!("nothing listens at {registry}: the connection is refused"),
        ),
        ConnectFault::TimedOut => Finding::certain(
            Cause::Timeout,
            because,
            format!("no connection to {registry} comes in time"),
        ),
        ConnectFault::Reset => Finding::certain(
            Cause::Reset,
            because,
            format!("the connection to {registry} is cut at once"),
        ),
        ConnectFault::Unreachable { text } => Finding::certain(
            Cause::Refused,
            because,
            format!(
                "there is no way to {registry}: {}",
                sanitize_line(text, 100)
            ),
        ),
        ConnectFault::Other { text } => Finding::likely(
            Cause::Refused,
            because,
            format!("no connection to {registry}: {}", sanitize_line(text, 100)),
        ),
    }
}

/// A handshake that hangs or is cut is the network's, not the certificate's.
fn tls_cut(case: &Case<'_>) -> Option<Finding> {
    let (at, fault) = case.tls_fault()?;
    let registry = case.subject.registry();
    match fault {
        TlsFault::TimedOut => Some(Finding::certain(
            Cause::Timeout,
            vec![at],
            format!(
                "{registry} takes the connection and does not answer the TLS handshake in time"
            ),
        )),
        TlsFault::Reset => Some(Finding::certain(
            Cause::Reset,
            vec![at],
            format!("the connection to {registry} is cut during the TLS handshake"),
        )),
        _ => None,
    }
}

fn proxy(case: &Case<'_>) -> Option<Finding> {
    let (at, used) = case.proxy()?;
    let fault = used.result.as_ref().err()?;
    let url = sanitize_line(&used.url, 60);
    let summary = match fault {
        ProxyFault::Refused { status, .. } => {
            format!(
                "the proxy {url} refuses to connect to {} ({status})",
                case.subject.registry()
            )
        }
        ProxyFault::AuthenticationRequired => format!("the proxy {url} wants a login of its own"),
        other => format!("the proxy {url} fails: {}", answer::proxy_words(other)),
    };
    Some(Finding::certain(
        Cause::Proxy,
        vec![at],
        format!("{summary}; {} chose it", used.why),
    ))
}

/// Something on the way answers in the registry's place: 407, or a web page with a refusal.
fn proxy_page(case: &Case<'_>) -> Option<Finding> {
    let (at, ping) = case.ping?;
    let said = ping.exchange.result.as_ref().ok()?;
    let because: Vec<usize> = case
        .proxy()
        .map(|(at, _)| at)
        .into_iter()
        .chain([at])
        .collect();
    if said.status == 407 {
        return Some(Finding::certain(
            Cause::Proxy,
            because,
            "a proxy on the way wants a login of its own (407)",
        ));
    }
    let page = ping.kind == PingKind::Refused && (said.errors.is_empty() || answer::is_page(said));
    page.then(|| {
        Finding::likely(
            Cause::Proxy,
            because,
            format!(
                "something on the way to {} refuses with a page of its own ({})",
                case.subject.registry(),
                said.status
            ),
        )
        .or([Cause::NotARegistry])
        .settled_by("the same request past the proxy, or the words of whoever runs the network")
    })
}

/// Connected, asked, and nothing came, or it broke off.
fn no_answer(case: &Case<'_>) -> Option<Finding> {
    let by_ping = case.ping.and_then(|(at, ping)| {
        let fault = ping.exchange.result.as_ref().err()?;
        Some((at, fault.clone()))
    });
    let by_manifest = || {
        case.failing().and_then(|attempt| match &attempt.meaning {
            Meaning::NoAnswer(fault) => Some((attempt.at, fault.clone())),
            _ => None,
        })
    };
    let (at, fault) = by_ping.or_else(by_manifest)?;
    let registry = case.subject.registry();
    Some(match fault {
        ExchangeFault::TimedOut { after } => Finding::certain(
            Cause::Timeout,
            vec![at],
            format!("{registry} does not answer in time (after {after})"),
        ),
        ExchangeFault::Deadline if case.ping.is_some_and(|(ping, _)| ping == at) => {
            Finding::likely(
                Cause::Timeout,
                vec![at],
                format!("{registry} did not answer before the run's time was over"),
            )
        }
        ExchangeFault::Cut { .. } => Finding::certain(
            Cause::Reset,
            vec![at],
            format!("{registry} cuts the connection in the middle of its answer"),
        ),
        // Plain HTTP goes through the proxy without a CONNECT that could have failed before.
        ExchangeFault::Proxy(fault) => Finding::certain(
            Cause::Proxy,
            vec![at],
            format!(
                "the proxy on the way to {registry} fails: {}",
                answer::proxy_words(&fault)
            ),
        ),
        ExchangeFault::Connect(fault) if case.tcp().is_none_or(|(_, tcp)| tcp.result.is_ok()) => {
            by_connect(case, at, &fault)
        }
        _ => return None,
    })
}

//! From a fact to lines of evidence: how the stage came out, taken by itself, and one line on it.

use std::time::Duration;

use super::{CandidateFact, Check, Evidence, Fact, SkipReason, Status, Vantage};
use crate::doctor::answer;
use crate::doctor::target::Subject;
use crate::model::dialect::Dialect;
use crate::model::observation::{ExchangeFault, Login, LoginVerdict, Ping, PingKind, PushVerdict};
use crate::model::sanitize::sanitize_line;

mod config;
mod manifest;
mod reported;
mod words;

pub use config::fault_words as chain_fault_words;
pub use words::{short_digest, size_words};

use words::{address_words, blob_words, plural, seconds, tag_words};

/// What the words depend on.
pub struct About<'a> {
    pub subject: &'a Subject,
    pub dialect: Dialect,
    pub candidates: &'a [CandidateFact],
}

/// The name of a credential for a line of evidence: whose it is and where it stands, never what it is.
pub fn name_of(candidates: &[CandidateFact], index: Option<usize>) -> String {
    let Some(index) = index else {
        return "anonymous".to_owned();
    };
    match candidates.iter().find(|candidate| candidate.index == index) {
        Some(candidate) => {
            let user = candidate
                .username
                .as_deref()
                .map_or("a token".to_owned(), |user| sanitize_line(user, 60));
            format!("{user} ({})", candidate.source)
        }
        None => "a credential".to_owned(),
    }
}

/// The lines on one fact. The fact itself goes with the line that rules point at.
pub fn describe(fact: Fact, about: &About<'_>) -> Vec<Evidence> {
    if let Fact::Manifest(view) = fact {
        return manifest::manifest(&view, about);
    }
    let (check, vantage, status, detail, elapsed) = match &fact {
        Fact::Dns(stage) => match &stage.result {
            Ok(addresses) => here(Check::Dns, Status::Pass, address_words(addresses)),
            Err(fault) => here(Check::Dns, Status::Fail, answer::dns_words(fault)),
        }
        .took(stage.elapsed),
        Fact::Tcp(stage) => match &stage.result {
            Ok(address) => here(Check::Tcp, Status::Pass, format!("connected to {address}")),
            Err(fault) => here(Check::Tcp, Status::Fail, answer::connect_words(fault)),
        }
        .took(stage.elapsed),
        Fact::Proxy(proxy) => {
            let by = format!("{} (by {})", sanitize_line(&proxy.url, 60), proxy.why);
            match &proxy.result {
                Ok(()) => here(Check::Tcp, Status::Pass, format!("through the proxy {by}")),
                Err(fault) => here(
                    Check::Tcp,
                    Status::Fail,
                    format!("proxy {by}: {}", answer::proxy_words(fault)),
                ),
            }
        }
        Fact::Tls(stage) => match &stage.result {
            Ok(tls) => here(
                Check::Tls,
                Status::Pass,
                format!(
                    "{}, {} in the chain",
                    tls.version,
                    plural(tls.chain.len(), "certificate")
                ),
            ),
            Err(fault) => here(Check::Tls, Status::Fail, answer::tls_words(fault)),
        }
        .took(stage.elapsed),
        Fact::Ping(ping) => self::ping(ping),
        Fact::OtherPort(port) => here(
            Check::Registry,
            if port.registry {
                Status::Warn
            } else {
                Status::Fail
            },
            port.words.clone(),
        ),
        Fact::Login(seen) => login(seen, about),
        Fact::Tags(tags) => match &tags.tags {
            Some(list) => here(Check::Manifest, Status::Pass, tag_words(list, tags.partial)),
            None => {
                let words = match &tags.exchange.result {
                    Ok(answer) => answer::words_of(answer),
                    Err(fault) => answer::fault_words(fault),
                };
                here(Check::Manifest, Status::Warn, format!("tags/list: {words}"))
            }
        }
        .took(tags.exchange.elapsed),
        Fact::Variant(variant) => here(
            Check::Manifest,
            if variant.found {
                Status::Warn
            } else {
                Status::Fail
            },
            format!(
                "{}: {}",
                variant.image,
                if variant.found {
                    "is there"
                } else {
                    "nothing there either"
                }
            ),
        ),
        Fact::Platforms(offered) => manifest::platform(offered, about.subject),
        Fact::Blobs {
            present,
            checked,
            total,
            bytes,
        } => here(
            Check::Blobs,
            if present == checked {
                Status::Pass
            } else {
                Status::Fail
            },
            blob_words(*present, *checked, *total, *bytes),
        ),
        Fact::Config(config) => here(
            Check::Manifest,
            Status::Pass,
            format!(
                "the configuration has {}",
                plural(config.labels.len(), "label")
            ),
        ),
        Fact::Blob(view) => {
            let last = view.redirected.as_ref().unwrap_or(&view.exchange);
            let words = match (&view.mismatch, &last.result) {
                (Some(mismatch), _) => answer::mismatch_words(mismatch, view.descriptor.size),
                (None, Ok(answer)) => answer::words_of(answer),
                (None, Err(fault)) => answer::fault_words(fault),
            };
            let at = match &view.redirected {
                Some(exchange) => format!(" at {}", sanitize_line(exchange.host(), 80)),
                None => String::new(),
            };
            here(
                Check::Blobs,
                Status::Fail,
                format!("{}{at}: {words}", short_digest(&view.descriptor.digest)),
            )
            .took(last.elapsed)
        }
        Fact::Push(view) => {
            let (status, words) = match &view.verdict {
                PushVerdict::Allowed => (Status::Pass, "allowed".to_owned()),
                PushVerdict::Denied { words }
                | PushVerdict::RepositoryMissing { words }
                | PushVerdict::Refused { words } => (Status::Fail, sanitize_line(words, 160)),
                PushVerdict::NotProved { why } => (Status::Warn, sanitize_line(why, 160)),
            };
            let who = name_of(about.candidates, view.credential);
            let left = view
                .leftover
                .as_ref()
                .map(|left| format!("; left behind: {}", sanitize_line(left, 100)))
                .unwrap_or_default();
            here(Check::Push, status, format!("{who}: {words}{left}"))
        }
        Fact::Reference(_)
        | Fact::Policy(_)
        | Fact::MirrorPlan(_)
        | Fact::MirrorTrial(_)
        | Fact::Chain(_)
        | Fact::Source(_)
        | Fact::Wiring(_)
        | Fact::Resolved(_)
        | Fact::Observed(_)
        | Fact::Opinion(_)
        | Fact::Signature(_)
        | Fact::Present(_)
        | Fact::Candidates { .. }
        | Fact::Manifest(_) => config::describe(&fact, about),
    };
    vec![Evidence {
        check,
        vantage,
        status,
        detail,
        elapsed,
        skip_reason: (status == Status::Skip).then(|| skip_reason(&fact)),
        fact: Some(fact),
    }]
}

/// A login that could not be judged: cut off, or never begun.
fn skip_reason(fact: &Fact) -> SkipReason {
    let late = match fact {
        Fact::Login(login) => login.exchanges.iter().any(|exchange| {
            matches!(
                exchange.result,
                Err(ExchangeFault::Deadline | ExchangeFault::TimedOut { .. })
            )
        }),
        _ => false,
    };
    if late {
        SkipReason::TimedOut
    } else {
        SkipReason::DependsOn
    }
}

type Line = (Check, Vantage, Status, String, Option<Duration>);

fn here(check: Check, status: Status, detail: String) -> Line {
    (check, Vantage::Here, status, detail, None)
}

/// Adds the time to a line.
trait Took {
    fn took(self, elapsed: Duration) -> Self;
}

impl Took for Line {
    fn took(mut self, elapsed: Duration) -> Self {
        self.4 = Some(elapsed);
        self
    }
}

fn ping(ping: &Ping) -> Line {
    let said = match &ping.exchange.result {
        Ok(answer) => answer::words_of(answer),
        Err(fault) => answer::fault_words(fault),
    };
    let name = ping.dialect.name();
    let (status, detail) = match &ping.kind {
        PingKind::Open => (
            Status::Pass,
            format!("answers as a registry ({name}), no login for /v2/"),
        ),
        PingKind::Challenge => (
            Status::Pass,
            format!("answers as a registry ({name}), wants a login"),
        ),
        PingKind::ChallengeMissing => (
            Status::Fail,
            format!("{said}, without a challenge that can be answered"),
        ),
        PingKind::Unproven => (
            Status::Warn,
            format!("answers /v2/ with {said}, and nothing that only registries say"),
        ),
        PingKind::NotARegistry {
            why,
            title,
            location,
        } => {
            let mut words = format!("no registry: {}", sanitize_line(why, 120));
            if let Some(title) = title {
                words = format!("{words}, page {:?}", sanitize_line(title, 50));
            }
            if let Some(location) = location {
                words = format!("{words}, leads to {}", sanitize_line(location, 60));
            }
            (Status::Fail, words)
        }
        PingKind::ServerError | PingKind::Refused | PingKind::RateLimited | PingKind::NoAnswer => {
            (Status::Fail, said)
        }
    };
    here(Check::Registry, status, detail).took(ping.exchange.elapsed)
}

fn login(seen: &Login, about: &About<'_>) -> Line {
    let who = name_of(about.candidates, seen.credential);
    let (status, words) = match &seen.verdict {
        LoginVerdict::Accepted => (Status::Pass, "accepted".to_owned()),
        LoginVerdict::Refused {
            expired: true,
            words,
        } => (
            Status::Fail,
            format!("expired: {}", sanitize_line(words, 140)),
        ),
        LoginVerdict::Refused { words, .. } => (
            Status::Fail,
            format!("refused: {}", sanitize_line(words, 140)),
        ),
        LoginVerdict::NotProved { why } => (Status::Warn, format!("not proved: {why}")),
        LoginVerdict::Throttled { words, .. } => (
            Status::Fail,
            format!("throttled: {}", sanitize_line(words, 140)),
        ),
        LoginVerdict::ServiceFault { words } => (
            Status::Fail,
            format!("the token service fails: {}", sanitize_line(words, 140)),
        ),
        LoginVerdict::TokenRefused {
            clock_skew: Some(skew),
        } => (
            Status::Fail,
            format!(
                "a fresh token is refused; the clocks differ by {}",
                seconds(*skew)
            ),
        ),
        LoginVerdict::TokenRefused { clock_skew: None } => {
            (Status::Fail, "a fresh token is refused".to_owned())
        }
        LoginVerdict::Unknown { why } => (Status::Skip, sanitize_line(why, 140)),
    };
    let elapsed = seen.exchanges.iter().map(|exchange| exchange.elapsed).sum();
    here(Check::Login, status, format!("{who}: {words}")).took(elapsed)
}

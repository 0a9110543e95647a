//! The registry itself: limits, failures, its token service, its clock.

use std::time::Duration;

use jiff::fmt::rfc2822;

use super::{Case, Rule};
use crate::doctor::answer::{self, Meaning};
use crate::doctor::causes::Cause;
use crate::doctor::evidence::short_digest;
use crate::doctor::finding::Finding;
use crate::doctor::target::Puller;
use crate::model::observation::{
    Answer, Exchange, ExchangeFault, LoginVerdict, ManifestKind, Mismatch, Ping, PingKind, Purpose,
};
use crate::model::sanitize::sanitize_line;

pub(super) const RULES: &[Rule] = &[
    rate_limit,
    token_service,
    token_refused,
    server_at_ping,
    server_at_manifest,
    wrong_bytes,
    announced_digest,
    wrong_type,
    storage,
];

/// Below this a clock is right: tokens are issued with some slack.
const SKEW: Duration = Duration::from_secs(60);

fn rate_limit(case: &Case<'_>) -> Option<Finding> {
    if let Some((at, ping)) = case.ping
        && ping.kind == PingKind::RateLimited
    {
        let answer = ping.exchange.result.as_ref().ok();
        let said = answer.map(answer::words_of).unwrap_or_default();
        let retry_after = answer.and_then(answer::retry_after);
        return Some(limit(case, vec![at], &said, retry_after, "requests"));
    }
    if let Some(attempt) = case.failing()
        && let Meaning::Throttled {
            words,
            retry_after,
            at_login,
        } = &attempt.meaning
    {
        let what = if *at_login { "logins" } else { "pulls" };
        return Some(limit(case, vec![attempt.at], words, *retry_after, what));
    }
    if case.delivered().is_some() {
        return None;
    }
    case.logins()
        .into_iter()
        .find_map(|(at, login)| match &login.verdict {
            LoginVerdict::Throttled { words, retry_after } => Some(limit(
                case,
                vec![at],
                &sanitize_line(words, 120),
                *retry_after,
                "logins",
            )),
            _ => None,
        })
}

fn limit(
    case: &Case<'_>,
    because: Vec<usize>,
    words: &str,
    retry_after: Option<Duration>,
    what: &str,
) -> Finding {
    let until = retry_after
        .map(|after| format!("; it says to try again in {} s", after.as_secs()))
        .unwrap_or_default();
    Finding::certain(
        Cause::Rate,
        because,
        format!(
            "{} has a limit on {what}, and it is reached: {words}{until}",
            case.subject.registry()
        ),
    )
}

fn token_service(case: &Case<'_>) -> Option<Finding> {
    let registry = case.subject.registry();
    // Where it is, and what failed there; `words` are for an answer, which had to be read.
    let finding = |at, exchange: Option<&Exchange>, words: &str| {
        let host = exchange.map_or_else(String::new, |exchange| {
            format!(" {}", sanitize_line(exchange.host(), 80))
        });
        let what = match exchange.map(|exchange| &exchange.result) {
            Some(Err(ExchangeFault::Withheld(withheld))) => {
                format!("must not be asked: {}", answer::withheld_words(withheld))
            }
            Some(Err(fault @ ExchangeFault::Malformed { .. })) => {
                format!("fails: {}", answer::fault_words(fault))
            }
            Some(Err(fault)) => format!("does not: {}", answer::fault_words(fault)),
            Some(Ok(_)) | None => format!("fails: {words}"),
        };
        Some(Finding::certain(
            Cause::TokenService,
            vec![at],
            format!("{registry} answers, its token service{host} {what}"),
        ))
    };
    if let Some(attempt) = case.failing()
        && let Meaning::TokenService { words } = &attempt.meaning
    {
        let grant = attempt.view.grant.as_ref();
        let exchange = grant.map_or(&attempt.view.exchange, |grant| &grant.exchange);
        return finding(attempt.at, Some(exchange), words);
    }
    if case.delivered().is_some() {
        return None;
    }
    case.logins()
        .into_iter()
        .find_map(|(at, login)| match &login.verdict {
            LoginVerdict::ServiceFault { words } => {
                let mut asked = login.exchanges.iter().rev();
                let exchange = asked.find(|exchange| exchange.purpose == Purpose::Token);
                finding(at, exchange, &sanitize_line(words, 140))
            }
            _ => None,
        })
}

/// A fresh token is refused: by the clocks, or because registry and token service do not belong together.
fn token_refused(case: &Case<'_>) -> Option<Finding> {
    if case.delivered().is_some() {
        return None;
    }
    let by_login = case
        .logins()
        .into_iter()
        .find_map(|(at, login)| match &login.verdict {
            LoginVerdict::TokenRefused { clock_skew } => Some((at, *clock_skew)),
            _ => None,
        });
    let by_manifest = || {
        let attempt = case.failing()?;
        let Meaning::TokenRefused { .. } = attempt.meaning else {
            return None;
        };
        let answer = attempt.view.exchange.result.as_ref().ok()?;
        Some((attempt.at, skew(case, answer)))
    };
    let (at, clock_skew) = by_login.or_else(by_manifest)?;
    let registry = case.subject.registry();
    Some(match clock_skew.filter(|skew| *skew >= SKEW) {
        Some(skew) => Finding::certain(
            Cause::ClockSkew,
            vec![at],
            format!(
                "{registry} refuses a fresh token, and its clock differs from this machine's by {} s",
                skew.as_secs()
            ),
        ),
        None => Finding::likely(
            Cause::TokenService,
            vec![at],
            format!("{registry} refuses the tokens of its own token service, and the clocks agree"),
        )
        .or([Cause::ServerError])
        .settled_by("issuer, audience and signing key in the registry's configuration"),
    })
}

/// How far the registry's `Date` is from this machine's time.
fn skew(case: &Case<'_>, answer: &Answer) -> Option<Duration> {
    let date = rfc2822::parse(answer::header(answer, "date")?).ok()?;
    let seconds = date.timestamp().as_second() - case.subject.now.as_second();
    Some(Duration::from_secs(seconds.unsigned_abs()))
}

fn server_at_ping(case: &Case<'_>) -> Option<Finding> {
    let (at, ping) = case.ping?;
    let said = match &ping.exchange.result {
        Ok(answer) => answer::words_of(answer),
        Err(crate::model::observation::ExchangeFault::Protocol { text }) => {
            format!("no valid HTTP: {}", sanitize_line(text, 100))
        }
        Err(_) => return None,
    };
    let registry = case.subject.registry();
    match ping.kind {
        PingKind::ServerError => Some(Finding::certain(
            Cause::ServerError,
            vec![at],
            format!("{registry} itself fails: {said}"),
        )),
        PingKind::ChallengeMissing => Some(Finding::certain(
            Cause::ServerError,
            vec![at],
            format!(
                "{registry} refuses without saying how to log in: {said}, and {}",
                challenge_words(ping)
            ),
        )),
        PingKind::NoAnswer => Some(Finding::certain(
            Cause::ServerError,
            vec![at],
            format!("{registry} answers with {said}"),
        )),
        _ => None,
    }
}

/// What stands in the place of a challenge that runtimes can answer.
fn challenge_words(ping: &Ping) -> String {
    let schemes: Vec<String> = ping
        .exchange
        .result
        .iter()
        .flat_map(|answer| &answer.challenges)
        .map(|challenge| sanitize_line(&challenge.scheme, 20))
        .collect();
    if schemes.is_empty() {
        return "no challenge".to_owned();
    }
    // A realm is all that Bearer needs, and Basic needs nothing.
    if schemes.iter().any(|scheme| scheme == "bearer") {
        return "a Bearer challenge without a realm".to_owned();
    }
    format!(
        "a challenge that runtimes do not answer ({})",
        schemes.join(", ")
    )
}

fn server_at_manifest(case: &Case<'_>) -> Option<Finding> {
    let attempt = case.failing()?;
    let Meaning::Server { words } = &attempt.meaning else {
        return None;
    };
    Some(Finding::certain(
        Cause::ServerError,
        vec![attempt.at],
        format!("{} fails on the manifest: {words}", case.subject.registry()),
    ))
}

/// What came is not what was asked for.
fn wrong_bytes(case: &Case<'_>) -> Option<Finding> {
    let (attempt, manifest) = case.manifest()?;
    let asked = manifest.asked_digest.as_ref()?;
    Some(Finding::certain(
        Cause::ServerError,
        vec![attempt.at],
        format!(
            "asked for {}, {} delivers {}",
            short_digest(asked),
            case.subject.registry(),
            short_digest(&manifest.digest)
        ),
    ))
}

/// The registry announces another digest than what it hands out has. containerd takes the announced one for the image's and asks
/// for that (`core/remotes/docker/resolver.go` `Resolve`); containers/image, Docker and the importer go by what comes.
fn announced_digest(case: &Case<'_>) -> Option<Finding> {
    let (attempt, manifest) = case.manifest()?;
    let announced = manifest.header_digest.as_ref()?;
    let goes_by_it = matches!(case.subject.puller, Puller::Containerd | Puller::Unknown);
    // The digest of a schema 1 manifest leaves its signatures out.
    let is_image = matches!(
        manifest.kind,
        ManifestKind::Image { .. } | ManifestKind::Index { .. }
    );
    if !goes_by_it || !is_image || manifest.asked_digest.is_some() {
        return None;
    }
    Some(
        Finding::likely(
            Cause::ServerError,
            vec![attempt.at],
            format!(
                "{} announces {} and hands out {}; containerd goes by what is announced, and refuses what comes",
                case.subject.registry(),
                short_digest(announced),
                short_digest(&manifest.digest)
            ),
        )
        .settled_by("a pull on a node (--from-node)"),
    )
}

/// An image under a `Content-Type` that runtimes take for schema 1, and then cannot read (containers/image
/// `manifest.NormalizedMIMEType`; containerd goes by the header too). Schema 1 and what is no image have rules of their own.
fn wrong_type(case: &Case<'_>) -> Option<Finding> {
    let (attempt, manifest) = case.manifest()?;
    let served_as = manifest.served_as.as_ref()?;
    if !matches!(
        manifest.kind,
        ManifestKind::Image { .. } | ManifestKind::Index { .. }
    ) {
        return None;
    }
    let how = if served_as.is_empty() {
        "without a Content-Type".to_owned()
    } else {
        format!("as {}", sanitize_line(served_as, 60))
    };
    Some(Finding::certain(
        Cause::ServerError,
        vec![attempt.at],
        format!(
            "{} hands out the manifest {how}, by which runtimes do not know it for one",
            case.subject.registry()
        ),
    ))
}

/// The storage behind the registry is out of reach or refuses; what is simply not there is `location.blob-missing`.
fn storage(case: &Case<'_>) -> Option<Finding> {
    let registry = case.subject.registry();
    case.bad_blobs().into_iter().find_map(|(at, view)| {
        let last = view.redirected.as_ref().unwrap_or(&view.exchange);
        let place = if view.redirected.is_some() {
            format!("the storage that {registry} sends to")
        } else {
            registry.to_owned()
        };
        let part = short_digest(&view.descriptor.digest);
        if let Some(Mismatch::Index | Mismatch::NoImage { .. }) = &view.mismatch {
            return None;
        }
        if let Some(mismatch) = &view.mismatch {
            let words = answer::mismatch_words(mismatch, view.descriptor.size);
            return Some(Finding::certain(
                Cause::ServerError,
                vec![at],
                format!("{place} hands out something else as {part}: {words}"),
            ));
        }
        let words = match &last.result {
            Ok(answer) if answer.status == 404 => return None,
            Ok(answer) if answer.status == 429 => {
                return Some(limit(
                    case,
                    vec![at],
                    &answer::words_of(answer),
                    answer::retry_after(answer),
                    "downloads",
                ));
            }
            Ok(answer) => answer::words_of(answer),
            Err(ExchangeFault::Deadline) => return None,
            Err(fault) => answer::fault_words(fault),
        };
        // The registry's own silence is the network's matter as long as nothing else is behind it.
        let cause = match &last.result {
            Err(ExchangeFault::TimedOut { .. }) if view.redirected.is_none() => Cause::Timeout,
            Err(ExchangeFault::Cut { .. }) if view.redirected.is_none() => Cause::Reset,
            _ => Cause::ServerError,
        };
        Some(Finding::certain(
            cause,
            vec![at],
            format!("{place} does not hand out {part}: {words}"),
        ))
    })
}

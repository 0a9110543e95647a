//! From the answers of `/v2/` and of token services to what they make of a login. Pure, but for the clock.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::ExposeSecret as _;

use super::answers;
use super::holder::Holder;
use super::signs::says_expired;
use super::token::{Issued, is_invalid_grant};
use crate::model::credential::Credential;
use crate::model::jwt;
use crate::model::observation::{Answer, ExchangeFault, LoginVerdict, Withheld};

/// Clocks that differ by less explain nothing (distribution grants 60 seconds, `registry/auth/token/token.go` `Leeway`).
const TOLERATED_SKEW: Duration = Duration::from_secs(60);

/// Nothing is known, and why.
pub(super) fn unknown(why: &str) -> LoginVerdict {
    LoginVerdict::Unknown {
        why: why.to_owned(),
    }
}

/// The credential was refused.
pub(super) fn refused(answer: &Answer, holder: &Holder) -> LoginVerdict {
    LoginVerdict::Refused {
        expired: says_expired(answer) || is_past(&holder.credential),
        words: words(answer),
    }
}

/// The credential says of itself that it has ended.
fn is_past(credential: &Credential) -> bool {
    let secret = match credential {
        Credential::Password { password, .. } => password,
        Credential::IdentityToken { token, .. } | Credential::RegistryToken(token) => token,
    };
    jwt::expiry(secret.expose_secret()).is_some_and(|end| end < Timestamp::now())
}

/// The server's words, or its status where it says nothing.
fn words(answer: &Answer) -> String {
    let words = answer.words();
    if words.is_empty() {
        format!("HTTP {} without a reason", answer.status)
    } else {
        words
    }
}

/// An answer of `/v2/` that neither accepts nor refuses.
pub(super) fn registry_verdict(answer: &Answer) -> LoginVerdict {
    match answer.status {
        429 => throttled(answer),
        _ => LoginVerdict::Unknown {
            why: format!(
                "the registry answers HTTP {}: {}",
                answer.status,
                words(answer)
            ),
        },
    }
}

/// A token service's answer without a token.
pub(super) fn token_refusal(answer: &Answer, holder: &Holder) -> LoginVerdict {
    match answer.status {
        401 | 403 => refused(answer, holder),
        400 if is_invalid_grant(answer) => refused(answer, holder),
        429 => throttled(answer),
        200..300 => LoginVerdict::ServiceFault {
            words: "the token service answers without a token".to_owned(),
        },
        300..400 => LoginVerdict::ServiceFault {
            words: format!(
                "the token service redirects to {}",
                answer.header("location").unwrap_or("nowhere")
            ),
        },
        status => LoginVerdict::ServiceFault {
            words: format!("HTTP {status}: {}", words(answer)),
        },
    }
}

/// No answer from the token service.
pub(super) fn token_fault(fault: &ExchangeFault) -> LoginVerdict {
    let service_fault = |words: &str| LoginVerdict::ServiceFault {
        words: words.to_owned(),
    };
    match fault {
        ExchangeFault::Dns(_) => service_fault("the token service's name does not resolve"),
        ExchangeFault::Connect(_) => service_fault("the token service cannot be connected to"),
        ExchangeFault::Proxy(_) => service_fault("the proxy does not reach the token service"),
        ExchangeFault::Tls(_) => service_fault("the TLS handshake with the token service fails"),
        ExchangeFault::Untrusted => service_fault("the token service's certificate is not trusted"),
        ExchangeFault::TimedOut { .. } => {
            service_fault("the token service does not answer in time")
        }
        ExchangeFault::Cut { .. } => service_fault("the token service ends the connection"),
        ExchangeFault::Protocol { .. } => service_fault("the token service does not speak HTTP"),
        ExchangeFault::Malformed { text } => LoginVerdict::ServiceFault {
            words: format!("the token service answers what runtimes cannot read: {text}"),
        },
        ExchangeFault::Withheld(Withheld::RealmDowngrade { .. }) => {
            service_fault("the registry names a token service that takes passwords over plain HTTP")
        }
        ExchangeFault::Withheld(Withheld::RealmAddress { .. }) => {
            service_fault("the registry names a token service at an address where none can be")
        }
        ExchangeFault::Withheld(Withheld::RealmMalformed { .. }) => {
            service_fault("the registry names a token service by something that is no URL")
        }
        ExchangeFault::Withheld(Withheld::PlainHttp) => {
            unknown("credentials are not sent over plain HTTP")
        }
        ExchangeFault::Withheld(
            Withheld::RefusedBefore | Withheld::IdentityToken | Withheld::Redirect { .. },
        ) => unknown("it was not asked"),
        ExchangeFault::Deadline => unknown("the time was up before the token service answered"),
    }
}

fn throttled(answer: &Answer) -> LoginVerdict {
    LoginVerdict::Throttled {
        words: words(answer),
        retry_after: answers::retry_after(answer),
    }
}

/// A token that was just issued is called invalid.
pub(super) fn says_invalid_token(answer: &Answer) -> bool {
    answer.status == 401
        && answer
            .challenges
            .iter()
            .any(|challenge| challenge.param("error") == Some("invalid_token"))
}

/// By how much the clocks differ, where that is more than registries tolerate: the token's own times and this machine's clock
/// against the registry's `Date`.
pub(super) fn clock_skew(answer: &Answer, issued: &Issued) -> Option<Duration> {
    let registry = answers::date(answer)?;
    let time = |name| issued.claims.as_ref().and_then(|claims| claims.time(name));
    let ahead = [time("nbf"), time("iat")]
        .into_iter()
        .flatten()
        .map(|from| between(registry, from));
    let behind = time("exp").map(|end| between(end, registry));
    let ours = Timestamp::now();
    let apart = between(registry, ours).max(between(ours, registry));
    ahead
        .chain(behind)
        .chain([apart])
        .max()
        .filter(|skew| *skew > TOLERATED_SKEW)
}

/// From `earlier` to `later`; nothing when they are the other way round.
fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or(Duration::ZERO)
}

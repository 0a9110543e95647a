//! Whether a credential is good, by the one call that proves it for the dialect.
//!
//! A token that was issued for a pull is that proof for most registries, so when a pull is under way with the same
//! credential, its token request is shared instead of asking again. Where answers to a wrong password look like something
//! else (Harbor, GitHub) the traits of the dialect say what does prove it. Nothing is retried here: registries lock users
//! and ban addresses for that.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use super::holder::{Holder, Sign, Standing};
use super::ping::obstacle;
use super::reach::{Redirects, basic_sign, says_expired, with};
use super::token::{Issued, is_invalid_grant};
use super::wire::{Asked, Authorization, Query};
use super::{Registry, answers, jwt};
use crate::model::challenge::{self, Challenge};
use crate::model::credential::Credential;
use crate::model::dialect::{Dialect, Proof};
use crate::model::observation::{
    Answer, Exchange, ExchangeFault, Login, LoginVerdict, PingKind, Purpose, Withheld,
};

/// Clocks that differ by less explain nothing (distribution grants 60 seconds, `registry/auth/token/token.go` `Leeway`).
const TOLERATED_SKEW: Duration = Duration::from_secs(60);

impl Registry {
    /// Runs once a credential.
    pub(super) async fn prove(&self, index: usize) -> Login {
        let Some(holder) = self.holder(Some(index)) else {
            return login(index, Vec::new(), unknown("there is no such credential"));
        };
        holder
            .login
            .get_or_init(|| Box::pin(self.prove_once(index, holder)))
            .await
            .clone()
    }

    async fn prove_once(&self, index: usize, holder: &Holder) -> Login {
        if let Some((exchange, verdict)) = refused_before(holder) {
            return login(index, vec![exchange], verdict);
        }
        let ping = self.known_ping().await;
        if let Some(why) = obstacle(ping) {
            return login(index, Vec::new(), LoginVerdict::Unknown { why });
        }
        if !self.may_send_credentials().await {
            let why = "credentials are not sent over plain HTTP";
            return login(index, Vec::new(), unknown(why));
        }
        if let Credential::RegistryToken(token) = &holder.credential {
            let authorization = Authorization::Bearer(token.clone());
            return self
                .at_registry(index, holder, authorization, Vec::new())
                .await;
        }
        let challenges = ping.exchange.answer().map(|answer| &answer.challenges);
        let preferred = challenges.and_then(|all| challenge::preferred(all));
        match (preferred, &holder.credential) {
            (None, _) if ping.kind == PingKind::Open => login(
                index,
                Vec::new(),
                LoginVerdict::NotProved {
                    why: "the registry asks nobody for credentials",
                },
            ),
            (None, _) => login(
                index,
                Vec::new(),
                unknown("the registry names no way to log in that this tool knows"),
            ),
            (Some(challenge), _) if challenge.is_bearer() => {
                self.by_token_service(index, holder, challenge).await
            }
            (Some(_), Credential::Password { username, password }) => {
                let authorization = Authorization::Basic {
                    username: username.clone(),
                    password: password.clone(),
                };
                self.at_registry(index, holder, authorization, Vec::new())
                    .await
            }
            (Some(_), _) => login(
                index,
                Vec::new(),
                unknown(
                    "the registry wants a user name and password, an identity token is of no use to it",
                ),
            ),
        }
    }

    /// GET `/v2/` with the credential itself, or with a token that repeats it.
    async fn at_registry(
        &self,
        index: usize,
        holder: &Holder,
        authorization: Authorization,
        mut exchanges: Vec<Exchange>,
    ) -> Login {
        let bearer = matches!(authorization, Authorization::Bearer(_));
        let query = Query::get(Purpose::CredentialCheck, self.url("/v2/").await);
        let read = |asked: &Asked| {
            if bearer {
                bearer_sign(asked)
            } else {
                basic_sign(asked)
            }
        };
        let asked = self
            .ask_as(holder, with(&query, authorization), Redirects::Stop, read)
            .await;
        let verdict = match &asked.exchange.result {
            Ok(answer) if answer.is_success() => self.accepted_by_registry(bearer).await,
            Ok(answer) if read(&asked) == Sign::Bad => refused(answer, holder),
            Ok(answer) => registry_verdict(answer),
            Err(ExchangeFault::Withheld(Withheld::RefusedBefore)) => {
                return refused_before(holder).map_or_else(
                    || login(index, Vec::new(), unknown("it was refused before")),
                    |(exchange, verdict)| login(index, vec![exchange], verdict),
                );
            }
            Err(_) => unknown("the registry did not answer the question"),
        };
        exchanges.push(asked.exchange);
        login(index, exchanges, verdict)
    }

    /// A 200 proves something only where it was refused without credentials; zot checks what it is sent all the same.
    async fn accepted_by_registry(&self, bearer: bool) -> LoginVerdict {
        let ping = self.known_ping().await;
        if ping.kind == PingKind::Open && (bearer || ping.dialect != Dialect::Zot) {
            return LoginVerdict::NotProved {
                why: "the registry answers alike with and without credentials",
            };
        }
        LoginVerdict::Accepted
    }

    async fn by_token_service(
        &self,
        index: usize,
        holder: &Holder,
        challenge: &Challenge,
    ) -> Login {
        let traits = self.dialect().await.traits();
        let mut exchanges = Vec::new();
        let shared = holder.intent().filter(|_| traits.token_proves);
        if let Some(repository) = shared {
            let issued = self
                .token_for(challenge, &repository, "pull", Some(index))
                .await;
            exchanges.push(issued.exchange.clone());
            if tells_about_login(&issued) {
                return self.token_verdict(index, holder, &issued, exchanges).await;
            }
        }
        let issued = self.scopeless_token(challenge, index).await;
        exchanges.push(issued.exchange.clone());
        self.token_verdict(index, holder, &issued, exchanges).await
    }

    async fn token_verdict(
        &self,
        index: usize,
        holder: &Holder,
        issued: &Arc<Issued>,
        exchanges: Vec<Exchange>,
    ) -> Login {
        let Some(token) = &issued.token else {
            let verdict = match &issued.exchange.result {
                Ok(answer) => token_refusal(answer, holder),
                Err(ExchangeFault::Withheld(Withheld::RefusedBefore)) => {
                    return refused_before(holder).map_or_else(
                        || login(index, Vec::new(), unknown("it was refused before")),
                        |(exchange, verdict)| login(index, vec![exchange], verdict),
                    );
                }
                Err(fault) => token_fault(fault),
            };
            return login(index, exchanges, verdict);
        };
        match self.dialect().await.traits().proof {
            Proof::OnlyRefusalTells => login(
                index,
                exchanges,
                LoginVerdict::NotProved {
                    why: "the token service may hand a token to any login",
                },
            ),
            Proof::TokenAtRegistry => {
                let authorization = Authorization::Bearer(token.clone());
                self.at_registry(index, holder, authorization, exchanges)
                    .await
            }
            Proof::ScopelessToken => {
                self.try_token(index, holder, issued, token, exchanges)
                    .await
            }
        }
    }

    /// The token service accepts the login; whether the registry takes the token is seen by a pull, or asked here.
    async fn try_token(
        &self,
        index: usize,
        holder: &Holder,
        issued: &Issued,
        token: &SecretString,
        mut exchanges: Vec<Exchange>,
    ) -> Login {
        if holder.token_taken.load(Ordering::Relaxed) {
            return login(index, exchanges, LoginVerdict::Accepted);
        }
        let mut query = Query::get(Purpose::CredentialCheck, self.url("/v2/").await);
        query.authorization = Authorization::Bearer(token.clone());
        let asked = self.wire.ask(&query).await;
        let verdict = match asked.answer() {
            Some(answer) if says_invalid_token(answer) => LoginVerdict::TokenRefused {
                clock_skew: clock_skew(answer, issued),
            },
            _ => LoginVerdict::Accepted,
        };
        exchanges.push(asked.exchange);
        login(index, exchanges, verdict)
    }
}

fn login(index: usize, exchanges: Vec<Exchange>, verdict: LoginVerdict) -> Login {
    Login {
        credential: Some(index),
        exchanges,
        verdict,
    }
}

fn unknown(why: &str) -> LoginVerdict {
    LoginVerdict::Unknown {
        why: why.to_owned(),
    }
}

/// The exchange in which the credential was refused in this run, if it was, and what to make of it.
fn refused_before(holder: &Holder) -> Option<(Exchange, LoginVerdict)> {
    let Standing::Refused(exchange) = holder.standing() else {
        return None;
    };
    let verdict = exchange.answer().map_or_else(
        || unknown("it was refused before"),
        |answer| refused(answer, holder),
    );
    Some((*exchange, verdict))
}

/// Whether a token answer for a pull says something about the login: a refusal may be about the repository instead.
fn tells_about_login(issued: &Issued) -> bool {
    issued.token.is_some()
        || match &issued.exchange.result {
            Ok(answer) => matches!(answer.status, 401 | 429 | 500..),
            Err(_) => true,
        }
}

fn refused(answer: &Answer, holder: &Holder) -> LoginVerdict {
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

fn bearer_sign(asked: &Asked) -> Sign {
    match asked.answer() {
        // Amazon ECR Public answers 400 to a token that is no longer good, GitHub 403.
        Some(answer) if matches!(answer.status, 400 | 401 | 403) => Sign::Bad,
        Some(answer) if answer.is_success() => Sign::Good,
        _ => Sign::Nothing,
    }
}

/// An answer of `/v2/` that neither accepts nor refuses.
fn registry_verdict(answer: &Answer) -> LoginVerdict {
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
fn token_refusal(answer: &Answer, holder: &Holder) -> LoginVerdict {
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

fn token_fault(fault: &ExchangeFault) -> LoginVerdict {
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
        ExchangeFault::Withheld(Withheld::RefusedBefore | Withheld::Redirect { .. }) => {
            unknown("it was not asked")
        }
        ExchangeFault::Deadline => unknown("the time was up before the token service answered"),
    }
}

fn throttled(answer: &Answer) -> LoginVerdict {
    LoginVerdict::Throttled {
        words: words(answer),
        retry_after: answers::retry_after(answer),
    }
}

fn says_invalid_token(answer: &Answer) -> bool {
    answer.status == 401
        && answer
            .challenges
            .iter()
            .any(|challenge| challenge.param("error") == Some("invalid_token"))
}

/// By how much the clocks differ, where that is more than registries tolerate: the token's own times and this machine's clock
/// against the registry's `Date`.
fn clock_skew(answer: &Answer, issued: &Issued) -> Option<Duration> {
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

//! Whether a credential is good, by the one call that proves it for the dialect.
//!
//! A token that was issued for a pull is that proof for most registries, so when a pull is under way with the same
//! credential, its token request is shared instead of asking again. Where answers to a wrong password look like something
//! else (Harbor, GitHub) the traits of the dialect say what does prove it. Nothing is retried here: registries lock users
//! and ban addresses for that.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use secrecy::SecretString;

use super::Registry;
use super::follow::Redirects;
use super::holder::{Holder, Sign, Standing};
use super::ping::obstacle;
use super::query::{Authorization, Query};
use super::reach::with;
use super::signs::{basic_sign, bearer_sign};
use super::token::Issued;
use super::verdicts::{
    clock_skew, refused, registry_verdict, says_invalid_token, token_fault, token_refusal, unknown,
};
use super::wire::Asked;
use crate::model::challenge::{self, Challenge};
use crate::model::credential::Credential;
use crate::model::dialect::{Dialect, Proof};
use crate::model::observation::{
    Exchange, ExchangeFault, Login, LoginVerdict, PingKind, Purpose, Withheld,
};

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
            (None, _) if matches!(ping.kind, PingKind::Open | PingKind::Unproven) => login(
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

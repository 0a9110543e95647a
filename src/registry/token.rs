//! The token flow: from a challenge to a token for one repository, with credentials or without.
//!
//! Source of the shapes: the distribution project's token and OAuth2 documents; containers/image `docker_client.go`
//! `getBearerToken` (GET with Basic and `account`), `getBearerTokenOAuth2` (POST with a refresh token). Realms are checked
//! before anything goes there, redirects of token requests are not followed, and tokens are kept per realm, service, scope
//! and credential until they expire.

mod response;

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::Registry;
use super::holder::{Holder, Sign, Standing};
use super::query::{Authorization, Query, Wish};
use super::realm;
use super::wire::{Asked, Wire};
use crate::model::challenge::Challenge;
use crate::model::credential::Credential;
use crate::model::jwt::Claims;
use crate::model::observation::{Answer, Exchange, ExchangeFault, Grant, Purpose, Withheld};
use response::TokenResponse;

/// What a token lives when its service does not say (distribution's token document: 60 seconds).
const DEFAULT_LIFE: Duration = Duration::from_secs(60);
/// So much before its end a token is renewed.
const MARGIN: Duration = Duration::from_secs(5);

/// What makes a token the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct TokenKey {
    pub(super) realm: String,
    pub(super) service: Option<String>,
    pub(super) scope: Option<String>,
    /// A second scope, for what is taken over from another repository.
    pub(super) beside: Option<String>,
    pub(super) credential: Option<usize>,
}

/// What came of a token request.
pub(super) struct Issued {
    pub(super) exchange: Exchange,
    pub(super) token: Option<SecretString>,
    pub(super) claims: Option<Claims>,
    since: Instant,
    until: Instant,
}

impl Issued {
    /// It is not about to expire.
    pub(super) fn is_fresh(&self) -> bool {
        Instant::now() < self.until
    }

    /// It was there already at that time, so that a newer one may be taken where it is not.
    pub(super) fn is_older_than(&self, time: Instant) -> bool {
        self.token.is_some() && self.since < time
    }

    /// The part that goes into an observation.
    pub(super) fn grant(&self, repository: &str) -> Grant {
        Grant {
            exchange: self.exchange.clone(),
            granted: self
                .claims
                .as_ref()
                .and_then(|claims| claims.granted(repository)),
            claims: self.claims.as_ref().map(Claims::shown).unwrap_or_default(),
        }
    }

    /// The token request in the place of the one that it was for.
    pub(super) fn instead(&self) -> Asked {
        Asked {
            exchange: self.exchange.clone(),
            body: hyper::body::Bytes::new(),
            headers: http::HeaderMap::new(),
            live: None,
        }
    }
}

impl Registry {
    /// A token by `challenge` for `actions` on `repository`.
    ///
    /// The scope is built here and not taken from the challenge: GitHub's ping names a placeholder, Google's an invented
    /// last component, and zot's is empty.
    pub(super) async fn token_for(
        &self,
        challenge: &Challenge,
        repository: &str,
        actions: &str,
        credential: Option<usize>,
    ) -> Arc<Issued> {
        self.token(scoped_key(challenge, repository, actions, credential))
            .await
    }

    /// A token by `challenge` for what a request to `repository` wants to do there.
    pub(super) async fn wished_token(
        &self,
        challenge: &Challenge,
        repository: &str,
        wish: &Wish,
        credential: Option<usize>,
    ) -> Arc<Issued> {
        self.token(wished_key(challenge, repository, wish, credential))
            .await
    }

    /// Forgets a token that the registry does not take any more, so that the next who needs one asks anew.
    pub(super) fn forget_token(
        &self,
        challenge: &Challenge,
        repository: &str,
        wish: &Wish,
        credential: Option<usize>,
        refused: &Arc<Issued>,
    ) {
        let key = wished_key(challenge, repository, wish, credential);
        self.tokens
            .forget_if(&key, |known| Arc::ptr_eq(known, refused));
    }

    /// The same, whichever token is known.
    pub(super) fn drop_token(
        &self,
        challenge: &Challenge,
        repository: &str,
        wish: &Wish,
        credential: Option<usize>,
    ) {
        let key = wished_key(challenge, repository, wish, credential);
        self.tokens.forget_if(&key, |known| known.token.is_some());
    }

    /// A token without a scope: it says whether the credential is good, and nothing about rights.
    pub(super) async fn scopeless_token(
        &self,
        challenge: &Challenge,
        credential: usize,
    ) -> Arc<Issued> {
        self.token(key(challenge, constant_scope(challenge), Some(credential)))
            .await
    }

    async fn token(&self, key: TokenKey) -> Arc<Issued> {
        self.tokens.forget_if(&key, |issued| !issued.is_fresh());
        let request = Box::pin(self.request_token(&key));
        self.tokens.once(key.clone(), request).await
    }

    async fn request_token(&self, key: &TokenKey) -> Arc<Issued> {
        let base = self.base().await;
        let holder = self.holder(key.credential);
        let purpose = if key.scope.is_none() && holder.is_some() {
            Purpose::CredentialCheck
        } else {
            Purpose::Token
        };
        let allowed = realm::realm(base, &self.own_addresses().await, &key.realm);
        let realm = match allowed {
            Ok(realm) => realm,
            Err(why) => {
                let placeholder = Query::get(purpose, self.url("/").await);
                let mut asked = Wire::withheld(&placeholder, why);
                asked.exchange.url = super::urls::shown_text(&key.realm);
                return Arc::new(not_issued(asked));
            }
        };
        let mut query = token_query(purpose, &realm, key, holder);
        let refusal = Withheld::RealmAddress {
            realm: super::urls::shown(&realm),
        };
        query.guard = self.guard(&realm, refusal).await;
        let Some(holder) = holder else {
            let asked = self.wire.ask(&query).await;
            return Arc::new(self.issued(asked));
        };
        if realm.scheme() == "http" && !self.plain_http {
            return Arc::new(not_issued(Wire::withheld(&query, Withheld::PlainHttp)));
        }
        let proves = self.dialect().await.traits().token_proves;
        // A login that may be wrong is not tried twice, whatever the service says about when.
        query.insists &= matches!(holder.standing(), Standing::Proven);
        let scoped = key.scope.is_some();
        let read = |asked: &Asked| token_sign(asked, proves, scoped);
        let asked = match holder.ask(self.wire.ask(&query), read).await {
            Ok(asked) => asked,
            Err(why) => return Arc::new(not_issued(Wire::withheld(&query, why))),
        };
        Arc::new(self.issued(asked))
    }

    /// Takes the token out of the answer, and keeps it out of everything that is recorded from now on.
    fn issued(&self, mut asked: Asked) -> Issued {
        let response = asked
            .answer()
            .filter(|answer| answer.is_success())
            .and_then(|_| TokenResponse::read(&asked.body));
        let Some(response) = response else {
            return not_issued(asked);
        };
        self.wire.redactor.add(response.token.expose_secret());
        if let Some(why) = response.unreadable {
            asked.exchange.result = Err(ExchangeFault::Malformed {
                text: why.to_owned(),
            });
            return not_issued(asked);
        }
        if let Ok(answer) = &mut asked.exchange.result {
            answer.body = Vec::new();
        }
        Issued {
            since: Instant::now(),
            claims: Claims::read(response.token.expose_secret()),
            exchange: asked.exchange,
            token: Some(response.token),
            until: Instant::now() + response.life.saturating_sub(MARGIN),
        }
    }
}

fn not_issued(asked: Asked) -> Issued {
    Issued {
        exchange: asked.exchange,
        token: None,
        claims: None,
        since: Instant::now(),
        // A refusal is kept for the run: nothing is asked twice.
        until: Instant::now() + Duration::from_secs(24 * 3600),
    }
}

/// What a token answer tells about the credential that was sent for it.
fn token_sign(asked: &Asked, token_proves: bool, scoped: bool) -> Sign {
    let Some(answer) = asked.answer() else {
        return Sign::Nothing;
    };
    match answer.status {
        401 => Sign::Bad,
        403 if !scoped => Sign::Bad,
        400 if is_invalid_grant(answer) => Sign::Bad,
        200..300 if token_proves && TokenResponse::read(&asked.body).is_some() => Sign::Good,
        _ => Sign::Nothing,
    }
}

/// An OAuth2 service refuses a refresh token with 400 (RFC 6749 section 5.2).
pub(super) fn is_invalid_grant(answer: &Answer) -> bool {
    answer.status == 400 && answer.has_code("invalid_grant")
}

fn scoped_key(
    challenge: &Challenge,
    repository: &str,
    actions: &str,
    credential: Option<usize>,
) -> TokenKey {
    let constant = constant_scope(challenge);
    let scope = constant.unwrap_or_else(|| format!("repository:{repository}:{actions}"));
    key(challenge, Some(scope), credential)
}

fn wished_key(
    challenge: &Challenge,
    repository: &str,
    wish: &Wish,
    credential: Option<usize>,
) -> TokenKey {
    TokenKey {
        beside: wish.beside(),
        ..scoped_key(challenge, repository, wish.actions(), credential)
    }
}

fn key(challenge: &Challenge, scope: Option<String>, credential: Option<usize>) -> TokenKey {
    let param = |name| {
        challenge
            .param(name)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
    };
    TokenKey {
        realm: param("realm").unwrap_or_default(),
        service: param("service"),
        scope,
        beside: None,
        credential,
    }
}

/// The scope of services that know only one (Amazon ECR Public). The service is theirs alone, so no dialect has to be known.
fn constant_scope(challenge: &Challenge) -> Option<String> {
    let traits = crate::model::dialect::Dialect::EcrPublic.traits();
    (challenge.param("service") == Some("public.ecr.aws"))
        .then_some(traits.scope)
        .flatten()
        .map(str::to_owned)
}

fn token_query(purpose: Purpose, realm: &Url, key: &TokenKey, holder: Option<&Holder>) -> Query {
    let mut query = Query::get(purpose, realm.clone());
    match holder.map(|holder| &holder.credential) {
        Some(Credential::IdentityToken { token, .. }) => {
            query.method = Method::POST;
            query.form = Some(refresh_form(realm, key, token));
        }
        Some(Credential::Password { username, password }) => {
            query.url.query_pairs_mut().append_pair("account", username);
            append_wish(&mut query.url, key);
            query.authorization = Authorization::Basic {
                username: username.clone(),
                password: password.clone(),
            };
        }
        // A token for the registry itself is of no use to its token service.
        Some(Credential::RegistryToken(_)) | None => {
            append_wish(&mut query.url, key);
        }
    }
    // Without a pair `query_pairs_mut` leaves a bare question mark.
    if query.url.query() == Some("") {
        query.url.set_query(None);
    }
    query
}

fn append_wish(url: &mut Url, key: &TokenKey) {
    let mut pairs = url.query_pairs_mut();
    if let Some(service) = &key.service {
        pairs.append_pair("service", service);
    }
    for scope in key.scope.iter().chain(&key.beside) {
        pairs.append_pair("scope", scope);
    }
}

/// The body of a refresh: a form, which is encoded as a query is.
fn refresh_form(realm: &Url, key: &TokenKey, token: &SecretString) -> SecretString {
    let mut form = realm.clone();
    form.query_pairs_mut()
        .clear()
        .append_pair("grant_type", "refresh_token")
        .append_pair("client_id", "kubectl-extreg");
    append_wish(&mut form, key);
    form.query_pairs_mut()
        .append_pair("refresh_token", token.expose_secret());
    SecretString::from(form.query().unwrap_or_default())
}

#[cfg(test)]
mod tests;

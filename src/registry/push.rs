//! The push probe: whether a credential may push to a repository, by the way that leaves least behind on the registry, and
//! with what it opened cancelled again. Runs only when the user asked for it.

mod verdict;

pub use verdict::upload_verdict as push_verdict;

use http::Method;
use http::header::LOCATION;
use reqwest::Url;

use super::Registry;
use super::follow::Redirects;
use super::ping::obstacle;
use super::query::{Authorization, Query};
use super::signs::basic_sign;
use super::token::Issued;
use super::wire::{Asked, Wire};
use crate::model::challenge::Challenge;
use crate::model::credential::Credential;
use crate::model::dialect::PushWay;
use crate::model::observation::{Exchange, Purpose, PushVerdict, PushView, Withheld};
use verdict::{
    elsewhere, no_answer, no_token_or_claims, read_grant, refused_token, said, upload_verdict,
};

/// Tags read to see whether a repository is there.
const A_FEW_TAGS: usize = 1;

/// What a probe found, before it is a view.
struct Found {
    exchanges: Vec<Exchange>,
    verdict: PushVerdict,
    leftover: Option<String>,
}

impl Found {
    fn plain(exchanges: Vec<Exchange>, verdict: PushVerdict) -> Self {
        Self {
            exchanges,
            verdict,
            leftover: None,
        }
    }

    fn not_proved(exchanges: Vec<Exchange>, why: impl Into<String>) -> Self {
        Self::plain(exchanges, PushVerdict::NotProved { why: why.into() })
    }
}

impl Registry {
    pub(super) async fn probe_push(&self, repository: &str, credential: Option<usize>) -> PushView {
        let dialect = self.dialect().await;
        let traits = dialect.traits();
        let found = match traits.push {
            PushWay::Elsewhere => Found::not_proved(Vec::new(), elsewhere(repository)),
            way => self.probe(way, repository, credential).await,
        };
        PushView {
            credential,
            way: traits.push_words,
            exchanges: found.exchanges,
            verdict: found.verdict,
            leftover: found.leftover,
        }
    }

    async fn probe(&self, way: PushWay, repository: &str, credential: Option<usize>) -> Found {
        if credential.is_some() && !self.may_send_credentials().await {
            let query = self.upload_query(repository).await;
            let withheld = Wire::withheld(&query, Withheld::PlainHttp).exchange;
            return Found::not_proved(vec![withheld], "credentials are not sent over plain HTTP");
        }
        // Without knowing the dialect nothing may be asked: on some the question itself creates the repository.
        if let Some(why) = obstacle(self.known_ping().await) {
            return Found::not_proved(Vec::new(), why);
        }
        let challenge = match self.known_challenge(repository) {
            Some(challenge) => Some(challenge),
            None => self.ping_challenge().await,
        };
        let basic = challenge.as_ref().is_some_and(Challenge::is_basic);
        if let Some(index) = credential
            && (basic || self.dialect().await.traits().prove_first)
        {
            drop(self.prove(index).await);
        }
        let is_registry_token = self
            .holder(credential)
            .is_some_and(|holder| matches!(holder.credential, Credential::RegistryToken(_)));
        let Some(challenge) =
            challenge.filter(|challenge| challenge.is_bearer() && !is_registry_token)
        else {
            return self
                .by_upload(repository, credential, None, Vec::new())
                .await;
        };
        match way {
            PushWay::PullToken => {
                let issued = self
                    .token_for(&challenge, repository, "pull", credential)
                    .await;
                let exchanges = vec![issued.exchange.clone()];
                match read_grant(&issued, repository) {
                    Some(verdict) => Found::plain(exchanges, verdict),
                    None => Found::not_proved(exchanges, no_token_or_claims(&issued)),
                }
            }
            PushWay::PushTokenIfThere => {
                let tags = self.tags(repository, credential, A_FEW_TAGS).await;
                if tags.tags.is_none() {
                    return Found::not_proved(
                        vec![tags.exchange],
                        "the repository is not known to exist, and asking for the push right would create it",
                    );
                }
                self.by_push_token(&challenge, repository, credential, vec![tags.exchange])
                    .await
            }
            PushWay::PushToken | PushWay::Elsewhere => {
                self.by_push_token(&challenge, repository, credential, Vec::new())
                    .await
            }
            PushWay::PushTokenThenUpload | PushWay::Upload => {
                let issued = self.push_token(&challenge, repository, credential).await;
                let exchanges = vec![issued.exchange.clone()];
                match refused_token(&issued) {
                    Some(verdict) => Found::plain(exchanges, verdict),
                    None => {
                        self.by_upload(
                            repository,
                            credential,
                            Some((&challenge, &issued)),
                            exchanges,
                        )
                        .await
                    }
                }
            }
        }
    }

    /// Only called where asking for the right creates nothing.
    async fn push_token(
        &self,
        challenge: &Challenge,
        repository: &str,
        credential: Option<usize>,
    ) -> std::sync::Arc<Issued> {
        self.token_for(challenge, repository, "pull,push", credential)
            .await
    }

    async fn by_push_token(
        &self,
        challenge: &Challenge,
        repository: &str,
        credential: Option<usize>,
        mut exchanges: Vec<Exchange>,
    ) -> Found {
        let issued = self.push_token(challenge, repository, credential).await;
        exchanges.push(issued.exchange.clone());
        if let Some(verdict) = refused_token(&issued).or_else(|| read_grant(&issued, repository)) {
            return Found::plain(exchanges, verdict);
        }
        self.by_upload(
            repository,
            credential,
            Some((challenge, &issued)),
            exchanges,
        )
        .await
    }

    async fn upload_query(&self, repository: &str) -> Query {
        let url = self.url(&format!("/v2/{repository}/blobs/uploads/")).await;
        let mut query = Query::get(Purpose::PushProbe, url);
        query.method = Method::POST;
        query
    }

    /// Opens an upload and cancels it, with a token or with the credential itself.
    async fn by_upload(
        &self,
        repository: &str,
        credential: Option<usize>,
        token: Option<(&Challenge, &Issued)>,
        mut exchanges: Vec<Exchange>,
    ) -> Found {
        let mut query = self.upload_query(repository).await;
        query.authorization = match token {
            Some((_, issued)) => match &issued.token {
                Some(token) => Authorization::Bearer(token.clone()),
                None => return Found::not_proved(exchanges, no_token_or_claims(issued)),
            },
            None => self.own_authorization(credential),
        };
        let asked = self.push_ask(&query, credential, token.is_none()).await;
        let url = query.url.clone();
        let authorization = query.authorization.clone();
        exchanges.push(asked.exchange.clone());
        let answer = match &asked.exchange.result {
            Ok(answer) => answer,
            Err(fault) => return Found::not_proved(exchanges, no_answer(fault)),
        };
        let verdict = upload_verdict(answer);
        if verdict != PushVerdict::Allowed {
            return Found::plain(exchanges, verdict);
        }
        let Some(cancel) = cancel_query(&url, &asked, authorization) else {
            let leftover = format!(
                "an upload session of {repository}: the registry names no place of its own to cancel it"
            );
            return Found {
                exchanges,
                verdict,
                leftover: Some(leftover),
            };
        };
        let mut cancelled = self.push_ask(&cancel, credential, token.is_none()).await;
        exchanges.push(cancelled.exchange.clone());
        if let Some((challenge, _)) = token
            && matches!(cancelled.exchange.status(), Some(401 | 403))
            && self.dialect().await.traits().cancel_by_delete
        {
            let issued = self
                .token_for(challenge, repository, "pull,push,delete", credential)
                .await;
            if let Some(token) = &issued.token {
                let again = Query {
                    authorization: Authorization::Bearer(token.clone()),
                    ..cancel
                };
                cancelled = self.wire.ask(&again).await;
                exchanges.push(issued.exchange.clone());
                exchanges.push(cancelled.exchange.clone());
            }
        }
        let leftover = leftover(repository, &cancelled);
        Found {
            exchanges,
            verdict,
            leftover,
        }
    }

    /// A request of the probe; where it carries the credential itself, by the rules for those.
    async fn push_ask(&self, query: &Query, credential: Option<usize>, own: bool) -> Asked {
        match self.holder(credential).filter(|_| own) {
            Some(holder) => {
                self.ask_as(holder, query.clone(), Redirects::Stop, basic_sign)
                    .await
            }
            None => self.wire.ask(query).await,
        }
    }

    fn own_authorization(&self, credential: Option<usize>) -> Authorization {
        match self.holder(credential).map(|holder| &holder.credential) {
            Some(Credential::Password { username, password }) => Authorization::Basic {
                username: username.clone(),
                password: password.clone(),
            },
            Some(Credential::RegistryToken(token)) => Authorization::Bearer(token.clone()),
            Some(Credential::IdentityToken { .. }) | None => Authorization::Nothing,
        }
    }
}

/// The session's `Location`, on the registry itself only. A registry behind a proxy may name itself by HTTP, or without its
/// port; its path is then asked for where the upload was opened.
fn cancel_query(opened_at: &Url, asked: &Asked, authorization: Authorization) -> Option<Query> {
    let location = asked.headers.get(LOCATION)?.to_str().ok()?;
    let named = opened_at.join(location).ok()?;
    if named.host_str() != opened_at.host_str() {
        return None;
    }
    let mut url = opened_at.clone();
    url.set_path(named.path());
    url.set_query(named.query());
    let mut query = Query::get(Purpose::PushCancel, url);
    query.method = Method::DELETE;
    query.authorization = authorization;
    Some(query)
}

/// 404 means that the session is gone already.
fn leftover(repository: &str, cancelled: &Asked) -> Option<String> {
    let how = match &cancelled.exchange.result {
        Ok(answer) if answer.is_success() || answer.status == 404 => return None,
        Ok(answer) => said(answer),
        Err(fault) => no_answer(fault),
    };
    Some(format!(
        "an upload session of {repository}, which could not be cancelled ({how})"
    ))
}

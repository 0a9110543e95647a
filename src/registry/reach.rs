//! From a question about a repository to its answer, as one credential or as nobody: with the challenge, the token and the
//! redirects that lie between.
//!
//! Clients disagree about which challenge counts. containers/image (CRI-O, skopeo) and Docker take that of `/v2/`,
//! containerd that of the request. Here the request's counts where one is known, then that of `/v2/`; and when the answer to
//! a token names another service, that one is asked too, once.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use super::follow::Redirects;
use super::holder::{Holder, Sign};
use super::query::{Authorization, Query, Wish};
use super::signs::{basic_sign, registry_token_sign};
use super::token::Issued;
use super::wire::{Asked, Wire};
use super::{Registry, urls};
use crate::model::challenge::{self, Challenge};
use crate::model::credential::Credential;
use crate::model::observation::{Answer, Grant, Sent, Withheld};

/// The last answer on the way, and the token that was got for it.
pub(super) struct Reached {
    pub(super) grant: Option<Grant>,
    pub(super) asked: Asked,
}

impl Registry {
    /// Asks `query` about `repository` as `credential`, or anonymously.
    pub(super) async fn reach(
        &self,
        repository: &str,
        credential: Option<usize>,
        query: &Query,
        redirects: Redirects,
    ) -> Reached {
        match (credential, self.holder(credential)) {
            (Some(index), Some(holder)) => {
                self.reach_with(repository, index, holder, query, redirects)
                    .await
            }
            _ => self.reach_anonymously(repository, query, redirects).await,
        }
    }

    async fn reach_anonymously(
        &self,
        repository: &str,
        query: &Query,
        redirects: Redirects,
    ) -> Reached {
        let mut expired = None;
        if let Some(issued) = self.anonymous_token(repository, &query.wish) {
            let (reached, at_home) = self.with_token(repository, &issued, query, redirects).await;
            let refused = at_home && reached.asked.exchange.status() == Some(401);
            if !(refused && query.renews) {
                return reached;
            }
            expired = Some(issued);
        } else if let Some(reached) = self.as_told(repository, query, redirects).await {
            return reached;
        }
        let (first, at_home) = self.follow(query.clone(), redirects).await;
        let refused = first.answer().filter(|answer| answer.status == 401);
        let Some(refusal) = refused.filter(|_| at_home) else {
            return Reached {
                grant: None,
                asked: first,
            };
        };
        let challenge = match challenge::preferred(&refusal.challenges) {
            Some(challenge) => {
                self.remember(repository, challenge);
                Some(challenge.clone())
            }
            // gcr.io names its token service at `/v2/` only.
            None => self.ping_challenge().await,
        };
        let Some(challenge) = challenge.filter(Challenge::is_bearer) else {
            return Reached {
                grant: None,
                asked: first,
            };
        };
        if let Some(expired) = expired {
            self.forget_token(&challenge, repository, &query.wish, None, &expired);
        }
        let issued = self
            .wished_token(&challenge, repository, &query.wish, None)
            .await;
        self.keep_anonymous(repository, query, &issued);
        self.with_token(repository, &issued, query, redirects)
            .await
            .0
    }

    /// The way by the challenge of `/v2/`, where that is known by now: nobody waits for it, and who knows it saves the
    /// request that would only be answered by a challenge. `None` where it leads nowhere: no token is issued to strangers, or
    /// the repository names another service.
    async fn as_told(
        &self,
        repository: &str,
        query: &Query,
        redirects: Redirects,
    ) -> Option<Reached> {
        self.ping.get()?;
        let challenge = self.ping_challenge().await.filter(Challenge::is_bearer)?;
        let issued = self
            .wished_token(&challenge, repository, &query.wish, None)
            .await;
        issued.token.as_ref()?;
        let (reached, at_home) = self.with_token(repository, &issued, query, redirects).await;
        let answer = reached.asked.answer().filter(|answer| answer.status == 401);
        let other = answer.and_then(|answer| challenge::preferred(&answer.challenges));
        if at_home && other.is_some_and(|other| names_another_service(other, &challenge)) {
            return None;
        }
        self.keep_anonymous(repository, query, &issued);
        Some(reached)
    }

    fn keep_anonymous(&self, repository: &str, query: &Query, issued: &Arc<Issued>) {
        if issued.token.is_some() {
            self.anonymous
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(
                    (repository.to_owned(), query.wish.clone()),
                    Arc::clone(issued),
                );
        }
    }

    async fn reach_with(
        &self,
        repository: &str,
        index: usize,
        holder: &Holder,
        query: &Query,
        redirects: Redirects,
    ) -> Reached {
        let without_grant = |asked| Reached { grant: None, asked };
        if !self.may_send_credentials().await {
            return without_grant(Wire::withheld(query, Withheld::PlainHttp));
        }
        if let Credential::RegistryToken(token) = &holder.credential {
            let query = with(query, Authorization::Bearer(token.clone()));
            return without_grant(
                self.ask_as(holder, query, redirects, registry_token_sign)
                    .await,
            );
        }
        if self.dialect().await.traits().prove_first {
            drop(self.prove(index).await);
        }
        let known = match self.known_challenge(repository) {
            Some(challenge) => Some(challenge),
            None => self.ping_challenge().await,
        };
        let challenge = match known {
            Some(challenge) => challenge,
            None => {
                let (first, at_home) = self.follow(query.clone(), redirects).await;
                match self.challenge_in(repository, &first, at_home) {
                    Some(challenge) => challenge,
                    None => return without_grant(first),
                }
            }
        };
        if challenge.is_basic() {
            // A refusal of Basic by a repository may be about the repository, one by `/v2/` is about the password.
            drop(self.prove(index).await);
            if matches!(holder.credential, Credential::IdentityToken { .. }) {
                return without_grant(Wire::withheld(query, Withheld::IdentityToken));
            }
            return without_grant(self.ask_basic(holder, query, redirects).await);
        }
        let (reached, at_home) = self
            .by_token(&challenge, repository, index, query, redirects)
            .await;
        match self.challenge_in(repository, &reached.asked, at_home) {
            Some(other) if names_another_service(&other, &challenge) => {
                self.remember(repository, &other);
                self.by_token(&other, repository, index, query, redirects)
                    .await
                    .0
            }
            _ => reached,
        }
    }

    async fn by_token(
        &self,
        challenge: &Challenge,
        repository: &str,
        index: usize,
        query: &Query,
        redirects: Redirects,
    ) -> (Reached, bool) {
        let begun = Instant::now();
        let mut issued = self
            .wished_token(challenge, repository, &query.wish, Some(index))
            .await;
        let (mut reached, mut at_home) =
            self.with_token(repository, &issued, query, redirects).await;
        // Refused now, and taken before: it has expired, whatever its service said of its life.
        if query.renews
            && at_home
            && reached.asked.exchange.status() == Some(401)
            && issued.is_older_than(begun)
        {
            self.forget_token(challenge, repository, &query.wish, Some(index), &issued);
            issued = self
                .wished_token(challenge, repository, &query.wish, Some(index))
                .await;
            (reached, at_home) = self.with_token(repository, &issued, query, redirects).await;
        }
        if issued.token.is_some()
            && reached.asked.answer().is_some_and(shows_token_taken)
            && let Some(holder) = self.holder(Some(index))
        {
            holder.note_token_taken();
        }
        (reached, at_home)
    }

    /// Sends `query` with the token, or gives the token request's own exchange when none was issued. Also says whether the
    /// answer is the registry's own.
    async fn with_token(
        &self,
        repository: &str,
        issued: &Issued,
        query: &Query,
        redirects: Redirects,
    ) -> (Reached, bool) {
        let grant = Some(issued.grant(repository));
        let Some(token) = &issued.token else {
            let asked = issued.instead();
            return (Reached { grant, asked }, false);
        };
        let query = with(query, Authorization::Bearer(token.clone()));
        let (asked, at_home) = self.follow(query, redirects).await;
        (Reached { grant, asked }, at_home)
    }

    /// An identity token is of no use to a registry that wants Basic: consumers then ask without it, and so does this.
    pub(super) async fn ask_basic(
        &self,
        holder: &Holder,
        query: &Query,
        redirects: Redirects,
    ) -> Asked {
        let Credential::Password { username, password } = &holder.credential else {
            return self.follow(query.clone(), redirects).await.0;
        };
        let authorization = Authorization::Basic {
            username: username.clone(),
            password: password.clone(),
        };
        self.ask_as(holder, with(query, authorization), redirects, basic_sign)
            .await
    }

    /// Sends a query that carries the credential itself.
    pub(super) async fn ask_as(
        &self,
        holder: &Holder,
        query: Query,
        redirects: Redirects,
        read: impl FnOnce(&Asked) -> Sign,
    ) -> Asked {
        let request = async { self.follow(query.clone(), redirects).await.0 };
        match holder.ask(request, read).await {
            Ok(asked) => asked,
            Err(why) => Wire::withheld(&query, why),
        }
    }

    /// The challenge in an answer of the registry itself. Remembered for the repository only where nothing was sent along:
    /// Harbor answers a token without the right with a challenge for Basic.
    fn challenge_in(&self, repository: &str, asked: &Asked, at_home: bool) -> Option<Challenge> {
        let answer = asked.answer().filter(|answer| answer.status == 401)?;
        let challenge = challenge::preferred(&answer.challenges).filter(|_| at_home)?;
        if asked.exchange.sent == Sent::Nothing {
            self.remember(repository, challenge);
        }
        Some(challenge.clone())
    }

    fn remember(&self, repository: &str, challenge: &Challenge) {
        self.challenges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(repository.to_owned(), challenge.clone());
    }

    pub(super) fn known_challenge(&self, repository: &str) -> Option<Challenge> {
        self.challenges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(repository)
            .cloned()
    }

    /// The challenge of `/v2/`, if the registry itself gave it.
    pub(super) async fn ping_challenge(&self) -> Option<Challenge> {
        let ping = self.known_ping().await;
        let answer = ping.exchange.answer()?;
        let at_home = reqwest::Url::parse(&ping.exchange.url)
            .ok()
            .and_then(|url| urls::origin_of(&url))
            .as_ref()
            == Some(self.base().await);
        challenge::preferred(&answer.challenges)
            .filter(|_| at_home)
            .cloned()
    }

    fn anonymous_token(&self, repository: &str, wish: &Wish) -> Option<Arc<Issued>> {
        self.anonymous
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&(repository.to_owned(), wish.clone()))
            .filter(|issued| issued.is_fresh())
            .cloned()
    }

    /// Credentials go over plain HTTP only when the user said so.
    pub(super) async fn may_send_credentials(&self) -> bool {
        self.base().await.https || self.plain_http
    }
}

/// What a request carries that cannot be sent twice: where others are challenged and ask again, it brings along what the
/// requests before it have learnt.
impl Registry {
    /// What to send along for `wish` on `repository`; the exchange in which it was refused where there is nothing to send.
    pub(super) async fn authorization(
        &self,
        repository: &str,
        wish: &Wish,
        credential: Option<usize>,
    ) -> Result<Authorization, Box<Asked>> {
        let challenge = match self.known_challenge(repository) {
            Some(challenge) => Some(challenge),
            None => self.ping_challenge().await,
        };
        let holder = self.holder(credential);
        if holder.is_some() && !self.may_send_credentials().await {
            let query = Query::get(
                crate::model::observation::Purpose::Upload,
                self.url("/v2/").await,
            );
            return Err(Box::new(Wire::withheld(&query, Withheld::PlainHttp)));
        }
        if let Some(Credential::RegistryToken(token)) = holder.map(|it| &it.credential) {
            return Ok(Authorization::Bearer(token.clone()));
        }
        let Some(challenge) = challenge else {
            return Ok(Authorization::Nothing);
        };
        if challenge.is_bearer() {
            let issued = self
                .wished_token(&challenge, repository, wish, credential)
                .await;
            return match &issued.token {
                Some(token) => Ok(Authorization::Bearer(token.clone())),
                None => Err(Box::new(issued.instead())),
            };
        }
        Ok(match holder.map(|it| &it.credential) {
            Some(Credential::Password { username, password }) => Authorization::Basic {
                username: username.clone(),
                password: password.clone(),
            },
            _ => Authorization::Nothing,
        })
    }
}

/// The same query with other credentials.
pub(super) fn with(query: &Query, authorization: Authorization) -> Query {
    Query {
        authorization,
        ..query.clone()
    }
}

/// A registry that answers about content has taken the token, whatever it says about the content.
fn shows_token_taken(answer: &Answer) -> bool {
    answer.is_success() || answer.is_redirect() || answer.status == 404
}

fn names_another_service(other: &Challenge, used: &Challenge) -> bool {
    other.is_bearer()
        && (other.param("realm") != used.param("realm")
            || other.param("service").is_some() && other.param("service") != used.param("service"))
}

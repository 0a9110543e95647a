//! OpenID Connect logins of a kubeconfig (`auth-provider: oidc`): the ID token while it holds, and a new one by the refresh
//! token when it does not.
//!
//! Source of the rules: client-go `plugin/pkg/client/auth/oidc/oidc.go`, and for the two ways in which a client names
//! itself golang.org/x/oauth2 `internal/token.go`. Unlike there, new tokens stay in memory: the kubeconfig is never written.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Method, Request, Uri, header};
use hyper::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokio::sync::Mutex;

use super::ClusterError;
use super::link::{Answer, Link};
use super::tls::{self, Trust};
use super::warnings::Warnings;
use super::{login, material, proxy, unreachable};
use crate::env::Env;
use crate::error::Error;
use crate::model::jwt::Claims;
use crate::net::AGENT;
use crate::ui::sanitize_line;

/// A token that ends sooner is renewed first (client-go `expiryDelta`).
const MARGIN: SignedDuration = SignedDuration::from_secs(10);
/// How long a renewal may take, connections included.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest answer of an issuer that is read, in bytes.
const BOUND: usize = 1024 * 1024;

/// One such login.
pub(super) struct OpenId {
    issuer: String,
    client_id: String,
    client_secret: SecretString,
    /// `idp-certificate-authority-data`, and the file.
    authority: (Option<String>, Option<String>),
    env: Env,
    tokens: Mutex<Tokens>,
    has_token: bool,
}

struct Tokens {
    id: Option<SecretString>,
    refresh: Option<SecretString>,
    /// The endpoint takes the client's name and secret in the form, not as a password.
    in_form: bool,
    /// Why there is no new token. It is not tried again in this run.
    failed: Option<String>,
}

impl OpenId {
    /// The login that the `config` of the provider describes; files in it are relative to the working directory.
    pub(super) fn of(env: &Env, config: &HashMap<String, String>) -> Self {
        let given = |name: &str| config.get(name).filter(|value| !value.is_empty()).cloned();
        let tokens = Tokens {
            id: given("id-token").map(SecretString::from),
            refresh: given("refresh-token").map(SecretString::from),
            in_form: false,
            failed: None,
        };
        Self {
            issuer: given("idp-issuer-url").unwrap_or_default(),
            client_id: given("client-id").unwrap_or_default(),
            client_secret: SecretString::from(given("client-secret").unwrap_or_default()),
            authority: (
                given("idp-certificate-authority-data"),
                given("idp-certificate-authority"),
            ),
            env: env.clone(),
            has_token: tokens.id.is_some() || tokens.refresh.is_some(),
            tokens: Mutex::new(tokens),
        }
    }

    /// Whether there is anything to log in with.
    pub(super) fn check(&self) -> Result<(), Error> {
        if self.has_token {
            return Ok(());
        }
        Err(Error::failure(
            "the OpenID Connect login of the kubeconfig cannot be used: it has neither an id-token nor a refresh-token",
        ))
    }

    /// `Authorization` for a request that is sent now. Whoever comes while a token is being renewed waits for that one.
    pub(super) async fn header(&self, warnings: &Warnings) -> Result<HeaderValue, ClusterError> {
        let mut tokens = self.tokens.lock().await;
        if !tokens.id.as_ref().is_some_and(holds) && tokens.failed.is_none() {
            let renewed = tokio::time::timeout(PATIENCE, self.renew(&mut tokens, warnings)).await;
            tokens.failed = renewed
                .unwrap_or_else(|_| Err(format!("no answer within {PATIENCE:?}")))
                .err();
        }
        let id = match (&tokens.failed, &tokens.id) {
            (None, Some(id)) => id,
            (why, _) => {
                return Err(ClusterError::Unauthorized(format!(
                    "the OpenID Connect login of the kubeconfig cannot be renewed: {}",
                    why.as_deref().unwrap_or("there is no token")
                )));
            }
        };
        login::bearer(id).map_err(|error| ClusterError::Unauthorized(error.message().to_owned()))
    }

    async fn renew(&self, tokens: &mut Tokens, warnings: &Warnings) -> Result<(), String> {
        let Some(refresh) = tokens.refresh.clone() else {
            return Err("its id-token has run out, and there is no refresh-token".into());
        };
        for (name, value) in [
            ("idp-issuer-url", &self.issuer),
            ("client-id", &self.client_id),
        ] {
            if value.is_empty() {
                return Err(format!("it has no {name}"));
            }
        }
        let endpoint = self.endpoint().await?;
        let answer = self.refreshed(&endpoint, &refresh, tokens).await?;
        let text = |name: &str| {
            let text = answer[name].as_str().filter(|text| !text.is_empty());
            text.map(SecretString::from)
        };
        let Some(id) = text("id_token") else {
            return Err(
                "the issuer's answer has no id_token; log in again with the scope openid".into(),
            );
        };
        if let Some(next) = text("refresh_token")
            && next.expose_secret() != refresh.expose_secret()
        {
            tokens.refresh = Some(next);
            warnings.add(
                "the issuer of the OpenID Connect login gave a new refresh token, which is not written into the kubeconfig; \
                 where kubectl cannot renew its login any more, log in again",
            );
        }
        tokens.id = Some(id);
        Ok(())
    }

    /// The token endpoint, by discovery (OpenID Connect Discovery 1.0 section 4).
    async fn endpoint(&self) -> Result<Uri, String> {
        let issuer = self.issuer.trim_end_matches('/');
        let place = address(&format!("{issuer}/.well-known/openid-configuration"))?;
        let answer = self.ask(&place, Method::GET, None, Bytes::new()).await?;
        let found = object(&answer)?;
        match found["token_endpoint"].as_str() {
            Some(endpoint) if answer.status.is_success() => address(endpoint),
            _ => Err(format!(
                "{place} names no token_endpoint ({})",
                answer.status
            )),
        }
    }

    /// The answer of the token endpoint. Which of the two ways of naming the client it takes shows only when it is asked.
    async fn refreshed(
        &self,
        endpoint: &Uri,
        refresh: &SecretString,
        tokens: &mut Tokens,
    ) -> Result<Value, String> {
        let ways = if tokens.in_form {
            &[true][..]
        } else {
            &[false, true]
        };
        let mut refusal = String::new();
        for in_form in ways.iter().copied() {
            let (authorization, form) = self.request(refresh, in_form);
            let answer = self
                .ask(endpoint, Method::POST, authorization, form)
                .await?;
            if answer.status.is_success() {
                tokens.in_form = in_form;
                return object(&answer);
            }
            // The words of RFC 6749 section 5.2; nothing else of the answer is shown.
            let words = object(&answer).unwrap_or_default();
            let code = words["error"].as_str().unwrap_or_default();
            refusal = format!(
                "{} refuses it ({})",
                endpoint.host().unwrap_or_default(),
                sanitize_line(&format!("{} {code}", answer.status), 100).trim_end()
            );
        }
        Err(refusal)
    }

    fn request(&self, refresh: &SecretString, in_form: bool) -> (Option<HeaderValue>, Bytes) {
        let mut pairs = vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.expose_secret()),
        ];
        let secret = self.client_secret.expose_secret();
        if !in_form {
            // Both encoded as in a form: RFC 6749 section 2.3.1.
            let (name, password) = (encoded(&self.client_id), encoded(secret));
            let pair = STANDARD.encode(format!("{name}:{password}"));
            let mut header = HeaderValue::try_from(format!("Basic {pair}")).ok();
            if let Some(header) = &mut header {
                header.set_sensitive(true);
            }
            return (header, form(&pairs));
        }
        pairs.push(("client_id", &self.client_id));
        if !secret.is_empty() {
            pairs.push(("client_secret", secret));
        }
        (None, form(&pairs))
    }

    async fn ask(
        &self,
        place: &Uri,
        method: Method,
        authorization: Option<HeaderValue>,
        body: Bytes,
    ) -> Result<Answer, String> {
        let said = |error: Error| error.message().to_owned();
        let proxy = proxy::by_environment(&self.env, place).map_err(said)?;
        let roots = self.roots().map_err(said)?;
        let trust = roots.as_deref().map_or(Trust::Machine, Trust::Roots);
        let tls = tls::config(trust, None).map_err(said)?;
        let route = proxy.as_ref().map(|proxy| proxy.route.clone());
        let link = Link::new(&origin(place), route, None, Some(tls)).map_err(said)?;
        let target = place.path_and_query().map_or("/", |target| target.as_str());
        let mut request = Request::builder()
            .method(method)
            .uri(target)
            .header(header::USER_AGENT, AGENT)
            .header(header::ACCEPT, "application/json");
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request
            .body(body)
            .map_err(|_| format!("{place} is no address"))?;
        let host = place.host().unwrap_or_default();
        Box::pin(link.ask(request, BOUND))
            .await
            .map_err(|failure| unreachable::words(&failure, host, host, proxy.as_ref()))
    }

    /// The issuer's certificate authority; `None` when the machine's own store decides.
    fn roots(&self) -> Result<Option<Vec<Vec<u8>>>, Error> {
        let (data, file) = &self.authority;
        material::authority_of(
            &self.env.cwd,
            data.as_deref(),
            file.as_deref(),
            "idp-certificate-authority",
        )
    }
}

/// Whether the token says that it is good for a while. What cannot be read is renewed.
fn holds(id: &SecretString) -> bool {
    Claims::read(id.expose_secret())
        .and_then(|claims| claims.time("exp"))
        .is_some_and(|end| Timestamp::now() + MARGIN < end)
}

/// An address that a secret may be sent to.
fn address(text: &str) -> Result<Uri, String> {
    let uri: Option<Uri> = text.parse().ok();
    uri.filter(|uri| uri.scheme_str() == Some("https") && uri.host().is_some())
        .ok_or_else(|| format!("{:?} is no https address", sanitize_line(text, 200)))
}

/// The server of an address.
fn origin(place: &Uri) -> Uri {
    let mut parts = http::uri::Parts::default();
    parts.scheme = place.scheme().cloned();
    parts.authority = place.authority().cloned();
    parts.path_and_query = Some(http::uri::PathAndQuery::from_static("/"));
    Uri::from_parts(parts).unwrap_or_else(|_| place.clone())
}

fn object(answer: &Answer) -> Result<Value, String> {
    serde_json::from_slice(&answer.body)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| format!("the issuer answers with no JSON object ({})", answer.status))
}

/// `application/x-www-form-urlencoded`.
fn form(pairs: &[(&str, &str)]) -> Bytes {
    // The encoding is that of a query, and `Url` knows it.
    let Ok(mut url) = Url::parse("https://localhost/") else {
        return Bytes::new();
    };
    url.query_pairs_mut().extend_pairs(pairs);
    Bytes::from(url.query().unwrap_or_default().to_owned())
}

fn encoded(value: &str) -> String {
    let pair = form(&[("", value)]);
    String::from_utf8_lossy(&pair)
        .trim_start_matches('=')
        .to_owned()
}

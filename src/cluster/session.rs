//! The live connection: the way to the server, the login that goes with each request, and its renewal.
//!
//! A login that the server refuses (401) is fetched anew once, from its file or plugin, and the request repeated.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use kube::config::AuthInfo;
use secrecy::SecretString;
use tokio::sync::RwLock;

use super::choose::given;
use super::link::Link;
use super::login::{self, Login, Source};
use super::proxy::Proxy;
use super::tls::{self, Trust};
use super::warnings::Warnings;
use super::{ClusterError, path};
use crate::error::Error;
use crate::net::AGENT;

/// What to connect to.
pub(super) struct Target {
    pub(super) context: Option<String>,
    pub(super) namespace: String,
    pub(super) server: Uri,
    /// DER; `None` when the machine's own store decides.
    pub(super) roots: Option<Vec<Vec<u8>>>,
    pub(super) insecure: bool,
    pub(super) tls_server_name: Option<String>,
    pub(super) proxy: Option<Proxy>,
    /// The kubeconfig user.
    pub(super) user: AuthInfo,
    /// Client certificate and key in PEM.
    pub(super) identity: Option<(String, SecretString)>,
    pub(super) request_timeout: Option<std::time::Duration>,
}

impl Target {
    fn is_encrypted(&self) -> bool {
        self.server.scheme_str() == Some("https")
    }
}

pub(super) struct Session {
    pub(super) target: Target,
    /// The server's address without a trailing slash.
    pub(super) server: String,
    pub(super) warnings: Warnings,
    source: Source,
    live: RwLock<Arc<Live>>,
}

/// One login and the connections that go with it.
pub(super) struct Live {
    pub(super) link: Link,
    /// What goes with every request beside the login.
    pub(super) headers: HeaderMap,
    pub(super) header: Option<HeaderValue>,
}

impl Session {
    /// Logs in where that takes a file or a plugin, and makes the transport. No request yet.
    pub(super) async fn open(
        target: Target,
        source: Source,
        warnings: Vec<String>,
    ) -> Result<Self, Error> {
        let noted = Warnings::default();
        for warning in &warnings {
            noted.add(warning);
        }
        let live = if target.is_encrypted() {
            live(&target, source.login(&target.user).await?)?
        } else {
            if has_login(&target.user) && !is_loopback(&target.server) {
                noted.add(&format!(
                    "{} is not encrypted: the login of the kubeconfig is not sent to it",
                    target.server
                ));
            }
            live(&target, Login::default())?
        };
        Ok(Self {
            server: target.server.to_string().trim_end_matches('/').to_owned(),
            target,
            warnings: noted,
            source,
            live: RwLock::new(Arc::new(live)),
        })
    }

    pub(super) async fn live(&self) -> Arc<Live> {
        Arc::clone(&*self.live.read().await)
    }

    /// The token that the API server is sent, where it is one: a client certificate or a password is none.
    pub(super) async fn bearer_token(&self) -> Option<SecretString> {
        let header = self.live().await.header.clone();
        login::bearer_token(&Login {
            header,
            identity: None,
        })
    }

    /// The `Authorization` of a request. The token of OpenID Connect is renewed here, where it has run out.
    pub(super) async fn login(&self, live: &Live) -> Result<Option<HeaderValue>, ClusterError> {
        match &self.source {
            Source::OpenId(login) if self.target.is_encrypted() => {
                // Boxed: it is rarely more than a look at the clock.
                Box::pin(login.header(&self.warnings)).await.map(Some)
            }
            _ => Ok(live.header.clone()),
        }
    }

    /// A login newer than `refused`, if there can be one.
    pub(super) async fn renewed(&self, refused: &Arc<Live>) -> Option<Arc<Live>> {
        let can_change = matches!(self.source, Source::TokenFile(_) | Source::Plugin(_));
        if !can_change || !self.target.is_encrypted() {
            return None;
        }
        let mut current = self.live.write().await;
        if Arc::ptr_eq(&*current, refused) {
            let login = self.source.login(&self.target.user).await.ok()?;
            if login.identity.is_none() && login.header == refused.header {
                return None;
            }
            *current = Arc::new(live(&self.target, login).ok()?);
        }
        Some(Arc::clone(&*current))
    }
}

/// Whether the user brings a credential that must not travel in clear text (client-go reads logins for https only:
/// `DirectClientConfig.ClientConfig`).
fn has_login(user: &AuthInfo) -> bool {
    user.token.is_some()
        || user.token_file.is_some()
        || user.password.is_some()
        || user.exec.is_some()
        || user.auth_provider.is_some()
}

/// `kubectl proxy` listens in clear text on this machine: nothing to warn about.
fn is_loopback(server: &Uri) -> bool {
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn live(target: &Target, login: Login) -> Result<Live, Error> {
    let Login { header, identity } = login;
    let route = target.proxy.as_ref().map(|proxy| proxy.route.clone());
    let tls = if Link::is_encrypted(&target.server, route.as_ref()) {
        let trust = match &target.roots {
            _ if target.insecure => Trust::Anybody,
            Some(roots) => Trust::Roots(roots),
            None => Trust::Machine,
        };
        let identity = identity.as_ref().or(target.identity.as_ref());
        Some(tls::config(trust, identity)?)
    } else {
        None
    };
    let name = target.tls_server_name.as_deref();
    Ok(Live {
        link: Link::new(&target.server, route, name, tls)?,
        headers: headers(&target.user)?,
        header,
    })
}

/// What goes with every request: the tool's name, and as whom the server is to act. Source of the latter: client-go
/// `transport/round_trippers.go` `impersonatingRoundTripper`.
fn headers(user: &AuthInfo) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(header::USER_AGENT, HeaderValue::from_static(AGENT));
    let mut add = |name: &str, value: &str| match (
        HeaderName::try_from(name),
        HeaderValue::from_str(value),
    ) {
        (Ok(name), Ok(value)) => {
            headers.append(name, value);
            Ok(())
        }
        _ => Err(Error::failure(
            "--as, --as-uid or --as-group hold characters that HTTP cannot carry",
        )),
    };
    for (name, value) in [
        ("impersonate-user", &user.impersonate),
        ("impersonate-uid", &user.impersonate_uid),
    ] {
        if let Some(value) = given(value.as_ref()) {
            add(name, value)?;
        }
    }
    for group in user.impersonate_groups.iter().flatten() {
        add("impersonate-group", group)?;
    }
    for (key, values) in user.impersonate_user_extra.iter().flatten() {
        let mut name = "impersonate-extra-".to_owned();
        // What no header's name can have, and the sign itself (client-go `headerKeyEscape`).
        path::encode_but(b"!#$&'*+-.^_`|~", &mut name, key);
        for value in values {
            add(&name, value)?;
        }
    }
    Ok(headers)
}

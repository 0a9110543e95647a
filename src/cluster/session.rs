//! The live connection: kube's transport, the login that goes with each request, and its renewal.
//!
//! A login that the server refuses (401) is fetched anew once, from its file or plugin, and the request repeated.

use std::sync::Arc;

use base64::Engine as _;
use http::{HeaderValue, Uri, header};
use kube::config::AuthInfo;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::RwLock;

use super::connect::CONNECT_TIMEOUT;
use super::login::{self, Login, Source};
use super::proxy::Proxy;
use super::warnings::Warnings;
use crate::error::Error;

/// `User-Agent` of every request.
const USER_AGENT: &str = concat!("kubectl-extreg/", env!("CARGO_PKG_VERSION"));

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

/// One login and the transport that goes with it.
pub(super) struct Live {
    pub(super) client: kube::Client,
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

    /// A login newer than `refused`, if there can be one.
    pub(super) async fn renewed(&self, refused: &Arc<Live>) -> Option<Arc<Live>> {
        if matches!(self.source, Source::Fixed) || !self.target.is_encrypted() {
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
    let identity = identity.as_ref().or(target.identity.as_ref());
    let user = &target.user;
    let mut config = kube::Config::new(target.server.clone());
    config.default_namespace.clone_from(&target.namespace);
    config.root_cert.clone_from(&target.roots);
    config.accept_invalid_certs = target.insecure;
    config.tls_server_name.clone_from(&target.tls_server_name);
    config.proxy_url = target.proxy.as_ref().map(|proxy| proxy.url.clone());
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    config.default_retry = false;
    config.headers = vec![(header::USER_AGENT, HeaderValue::from_static(USER_AGENT))];
    config.auth_info = AuthInfo {
        impersonate: user.impersonate.clone().filter(|name| !name.is_empty()),
        impersonate_uid: user.impersonate_uid.clone().filter(|uid| !uid.is_empty()),
        impersonate_groups: user.impersonate_groups.clone(),
        impersonate_user_extra: user.impersonate_user_extra.clone(),
        ..AuthInfo::default()
    };
    if let Some((certificate, key)) = identity {
        let encode =
            |pem: &str| base64::engine::general_purpose::STANDARD.encode(format!("{pem}\n"));
        config.auth_info.client_certificate_data = Some(encode(certificate));
        config.auth_info.client_key_data = Some(encode(key.expose_secret()).into());
    }
    if let Some(provider) = &user.auth_provider
        && header.is_none()
        && target.is_encrypted()
    {
        if provider.name != "oidc" {
            return Err(Error::failure(format!(
                "the login method {:?} of the kubeconfig was removed from Kubernetes 1.26",
                provider.name
            ))
            .hint("use the credential plugin of your provider, or `oc login`"));
        }
        config.auth_info.auth_provider = Some(provider.clone());
    }
    let client = kube::client::ClientBuilder::try_from(config)
        .map_err(|error| refused(&error))?
        .build();
    Ok(Live { client, header })
}

/// kube's reasons not to make a transport, in words of our own.
fn refused(error: &kube::Error) -> Error {
    use kube::client::RustlsTlsError as Tls;
    let message = match error {
        kube::Error::RustlsTls(Tls::InvalidPrivateKey(reason)) => {
            format!("the client key of the kubeconfig cannot be used with its certificate: {reason}")
        }
        kube::Error::RustlsTls(
            Tls::InvalidIdentityPem(_)
            | Tls::MissingPrivateKey
            | Tls::MissingCertificate
            | Tls::UnknownPrivateKeyFormat,
        ) => "the client certificate or key of the kubeconfig is no PEM certificate or key".into(),
        kube::Error::RustlsTls(Tls::InvalidServerName(_)) => {
            "--tls-server-name is no name that a certificate can have".into()
        }
        kube::Error::RustlsTls(Tls::AddRootCertificate(_)) => {
            "no certificate authority: the kubeconfig names none and this machine's store is empty".into()
        }
        kube::Error::HttpError(_) => "--as, --as-uid or --as-group hold characters that HTTP cannot carry".into(),
        kube::Error::Auth(_) => "the OpenID Connect login of the kubeconfig cannot be used".into(),
        kube::Error::ProxyProtocolUnsupported { .. } => {
            "the proxy for the API server has a scheme that is not supported (http, https and socks5 are)".into()
        }
        _ => "the connection to the API server cannot be set up from this kubeconfig".into(),
    };
    Error::failure(message)
}

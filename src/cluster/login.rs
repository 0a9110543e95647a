//! Who the user is towards the API server: the Authorization header, and where a newer one comes from.
//!
//! Order of precedence as in client-go `rest/transport.go` and `exec.go` `UpdateTransportConfig`: a
//! token, a password or a client certificate make the exec plugin stay silent.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use http::HeaderValue;
use kube::config::AuthInfo;
use secrecy::{ExposeSecret as _, SecretString};

use super::choose::{given, has_secret};
use super::exec::Plugin;
use super::openid::OpenId;
use crate::env::Env;
use crate::error::Error;

/// Where the login comes from.
pub(super) enum Source {
    /// Nothing, or something that cannot change.
    Fixed,
    /// A file whose content is replaced from time to time.
    TokenFile(PathBuf),
    Plugin(Box<Plugin>),
    /// `auth-provider: oidc`, whose token is made a header with each request, since it runs out.
    OpenId(Box<OpenId>),
    /// Another `auth-provider`; none is left in Kubernetes.
    Removed(String),
}

/// A login at one moment.
#[derive(Clone, Default)]
pub(super) struct Login {
    /// Marked sensitive, so that Debug does not show it.
    pub(super) header: Option<HeaderValue>,
    /// Client certificate and key in PEM.
    pub(super) identity: Option<(String, SecretString)>,
}

impl Source {
    /// The source of a kubeconfig user's login; `plugin` is its exec plugin.
    pub(super) fn of(env: &Env, user: &AuthInfo, plugin: Option<Plugin>) -> Self {
        let certificate = given(user.client_certificate.as_ref()).is_some()
            || given(user.client_certificate_data.as_ref()).is_some();
        if let Some(file) = given(user.token_file.as_ref()) {
            return Self::TokenFile(PathBuf::from(file));
        }
        let fixed = has_secret(user.token.as_ref())
            || has_secret(user.password.as_ref())
            || given(user.username.as_ref()).is_some();
        match (plugin, &user.auth_provider) {
            (Some(plugin), _) if !fixed && !certificate => Self::Plugin(Box::new(plugin)),
            (None, Some(provider)) if !fixed && provider.name == "oidc" => {
                Self::OpenId(Box::new(OpenId::of(env, &provider.config)))
            }
            (None, Some(provider)) if !fixed => Self::Removed(provider.name.clone()),
            _ => Self::Fixed,
        }
    }

    /// The login now. `user` gives the fixed part.
    pub(super) async fn login(&self, user: &AuthInfo) -> Result<Login, Error> {
        match self {
            Self::TokenFile(path) => match token_of_file(path) {
                Ok(token) => Ok(Login {
                    header: Some(bearer(&token)?),
                    identity: None,
                }),
                // client-go falls back to the token beside the file.
                Err(error) => match &user.token {
                    Some(token) if has_secret(Some(token)) => Ok(Login {
                        header: Some(bearer(token)?),
                        identity: None,
                    }),
                    _ => Err(error),
                },
            },
            Self::Plugin(plugin) => {
                let answer = plugin.run().await?;
                Ok(Login {
                    header: answer.token.as_ref().map(bearer).transpose()?,
                    identity: answer.identity,
                })
            }
            // Its token is asked for request by request.
            Self::OpenId(login) => login.check().map(|()| Login::default()),
            Self::Removed(name) => Err(Error::failure(format!(
                "the login method {name:?} of the kubeconfig was removed from Kubernetes 1.26"
            ))
            .hint("use the credential plugin of your provider, or `oc login`")),
            Self::Fixed => Ok(Login {
                header: fixed_header(user)?,
                identity: None,
            }),
        }
    }
}

fn fixed_header(user: &AuthInfo) -> Result<Option<HeaderValue>, Error> {
    if let Some(token) = &user.token
        && has_secret(Some(token))
    {
        return bearer(token).map(Some);
    }
    let (name, password) = (user.username.as_deref(), user.password.as_ref());
    if name.is_none_or(str::is_empty) && !has_secret(password) {
        return Ok(None);
    }
    let plain = SecretString::from(format!(
        "{}:{}",
        name.unwrap_or_default(),
        password
            .map(SecretString::expose_secret)
            .unwrap_or_default()
    ));
    let encoded = base64::engine::general_purpose::STANDARD.encode(plain.expose_secret());
    sensitive(&format!("Basic {encoded}")).map(Some)
}

/// `Authorization: Bearer TOKEN`.
pub(super) fn bearer(token: &SecretString) -> Result<HeaderValue, Error> {
    sensitive(&format!("Bearer {}", token.expose_secret()))
}

fn sensitive(text: &str) -> Result<HeaderValue, Error> {
    let mut value = HeaderValue::from_str(text).map_err(|_| {
        Error::failure(
            "the token or password for the API server holds characters that HTTP cannot carry",
        )
        .hint("a line end copied along with a token is the usual reason")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// The token in a file, without the white space around it: client-go `transport/token_source.go`
/// `fileTokenSource.Token`.
pub(super) fn token_of_file(path: &Path) -> Result<SecretString, Error> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Error::failure(format!(
            "cannot read the token file {}: {error}",
            path.display()
        ))
    })?;
    match text.trim() {
        "" => Err(Error::failure(format!(
            "the token file {} is empty",
            path.display()
        ))),
        token => Ok(SecretString::from(token)),
    }
}

/// The bearer token of a login, if it has one.
pub(super) fn bearer_token(login: &Login) -> Option<SecretString> {
    let header = login.header.as_ref()?.to_str().ok()?;
    header.strip_prefix("Bearer ").map(SecretString::from)
}

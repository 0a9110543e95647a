//! Which proxy leads to the API server.
//!
//! A `proxy-url` of the kubeconfig is always used, whatever `NO_PROXY` says (client-go `client_config.go`:
//! `http.ProxyURL`); otherwise the environment decides by Go's rules ([`crate::model::proxy`]). kube is told the result
//! and never looks itself: its own reading of `NO_PROXY` compares it with the proxy's address.

use http::Uri;
use secrecy::ExposeSecret as _;

use super::choose::{Chosen, given};
use crate::env::Env;
use crate::error::Error;
use crate::model::proxy::{
    ProxyDecision, ProxyRules, ProxyUrl, ProxyUrlError, ProxyValues, Target,
};

/// A proxy, and how it may be shown.
pub(super) struct Proxy {
    /// With its user name and password.
    pub(super) url: Uri,
    /// Without them.
    pub(super) shown: String,
}

/// The proxy for this server, if one is to be used.
pub(super) fn for_server(env: &Env, chosen: &Chosen, server: &Uri) -> Result<Option<Proxy>, Error> {
    if let Some(url) = given(chosen.cluster.proxy_url.as_ref()) {
        let setting = format!(
            "proxy-url of the cluster {:?} of the kubeconfig",
            chosen.cluster_name
        );
        return ProxyUrl::parse(url)
            .and_then(|url| usable(&url))
            .map(Some)
            .map_err(|error| refused(&setting, error));
    }
    let target = Target {
        https: server.scheme_str() == Some("https"),
        host: server.host().unwrap_or_default(),
        port: server.port_u16(),
    };
    match rules(env).decide(&target) {
        ProxyDecision::Direct { .. } => Ok(None),
        ProxyDecision::Via { url, setting } => usable(&url)
            .map(Some)
            .map_err(|error| refused(setting, error)),
        ProxyDecision::Unusable { setting, error } => Err(refused(setting, error)),
    }
}

fn rules(env: &Env) -> ProxyRules {
    let value = |name: &str| env.var(name).unwrap_or_default().to_owned();
    ProxyRules::from_environment(
        &ProxyValues {
            http: value("HTTP_PROXY"),
            https: value("HTTPS_PROXY"),
            no_proxy: value("NO_PROXY"),
        },
        &ProxyValues {
            http: value("http_proxy"),
            https: value("https_proxy"),
            no_proxy: value("no_proxy"),
        },
    )
}

fn usable(url: &ProxyUrl) -> Result<Proxy, ProxyUrlError> {
    Ok(Proxy {
        url: url
            .to_secret()
            .expose_secret()
            .parse()
            .map_err(|_| ProxyUrlError::Host)?,
        shown: url.to_string(),
    })
}

fn refused(setting: &str, error: ProxyUrlError) -> Error {
    Error::failure(format!(
        "cannot use {setting} to reach the API server: {error}"
    ))
}

//! Which proxy leads to the API server.
//!
//! A `proxy-url` of the kubeconfig is always used, whatever `NO_PROXY` says (client-go `client_config.go`:
//! `http.ProxyURL`); otherwise the environment decides by Go's rules ([`crate::model::proxy`]).

use http::Uri;

use super::choose::{Chosen, given};
use crate::env::Env;
use crate::error::Error;
use crate::model::proxy::{
    ProxyDecision, ProxyRules, ProxyUrl, ProxyUrlError, ProxyValues, Target,
};
use crate::net::route::Route;

/// A proxy, and how it is shown.
pub(super) struct Proxy {
    pub(super) route: Route,
    /// With `***` in the place of a login.
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
            .map(|url| Some(Proxy::of(url, &setting)))
            .map_err(|error| refused(&setting, error));
    }
    by_environment(env, server)
}

/// The proxy that the environment names for this server.
pub(super) fn by_environment(env: &Env, server: &Uri) -> Result<Option<Proxy>, Error> {
    let target = Target {
        https: server.scheme_str() == Some("https"),
        host: server.host().unwrap_or_default(),
        port: server.port_u16(),
    };
    match rules(env).decide(&target) {
        ProxyDecision::Direct { .. } => Ok(None),
        ProxyDecision::Via { url, setting } => Ok(Some(Proxy::of(url, setting))),
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

impl Proxy {
    fn of(url: ProxyUrl, setting: &str) -> Self {
        Self {
            shown: url.to_string(),
            route: Route::of(url, setting),
        }
    }
}

fn refused(setting: &str, error: ProxyUrlError) -> Error {
    Error::failure(format!(
        "cannot use {setting} to reach the API server: {error}"
    ))
}

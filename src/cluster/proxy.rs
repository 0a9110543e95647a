//! Which proxy leads to the API server.
//!
//! A `proxy-url` of the kubeconfig is always used (client-go `client_config.go`: `http.ProxyURL`); otherwise the
//! environment decides.

use http::Uri;

use super::choose::{Chosen, given};
use crate::env::Env;
use crate::error::Error;

/// A proxy, and how it may be shown.
pub(super) struct Proxy {
    pub(super) url: Uri,
    /// Without user name and password.
    pub(super) shown: String,
}

pub(super) fn for_server(env: &Env, chosen: &Chosen, server: &Uri) -> Result<Option<Proxy>, Error> {
    let _ = (env, server);
    match given(chosen.cluster.proxy_url.as_ref()) {
        Some(url) => parse(url).map(Some).ok_or_else(|| {
            Error::failure(format!(
                "the cluster {:?} of the kubeconfig has a proxy-url that is no URL",
                chosen.cluster_name
            ))
        }),
        None => Ok(None),
    }
}

/// `socks5` and `socks5h` are one: the proxy resolves names, as in Go.
fn parse(text: &str) -> Option<Proxy> {
    let text = text.replacen("socks5h://", "socks5://", 1);
    let url: Uri = text.parse().ok()?;
    let scheme = url
        .scheme_str()
        .filter(|scheme| matches!(*scheme, "http" | "https" | "socks5"))?;
    let host = url.host().filter(|host| !host.is_empty())?;
    let shown = match url.port_u16() {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    };
    Some(Proxy { url, shown })
}

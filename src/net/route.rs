//! Which way a dial takes: straight, or through which proxy, and which setting says so; and the tunnel through a proxy.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};

use super::limits::Limits;
use super::pipe::Pipe;
use super::{authority, proxy, socks};
use crate::model::observation::{ConnectFault, Origin, ProxyFault};
use crate::model::proxy::{ProxyDecision, ProxyRules, ProxyScheme, ProxyUrl, Target};

/// A proxy and how to talk to it.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) scheme: ProxyScheme,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) login: Option<(String, SecretString)>,
    /// Without user name and password.
    pub(crate) shown: String,
    /// The setting that chose it.
    pub(crate) why: String,
}

/// A setting that names a proxy in a way that cannot be used.
#[derive(Debug)]
pub(crate) struct Unusable {
    pub(crate) why: String,
    pub(crate) fault: ProxyFault,
}

impl Route {
    /// The way through the proxy `url`, which the setting `why` names.
    pub(crate) fn of(url: ProxyUrl, why: &str) -> Self {
        Self {
            shown: without_login(&url.to_string()),
            scheme: url.scheme,
            login: url.credentials(),
            port: url.port,
            host: url.host,
            why: why.to_owned(),
        }
    }

    /// Asks the proxy, to which `pipe` leads, for a tunnel to `host`, whose name is the proxy's to resolve.
    pub(crate) async fn open(
        &self,
        pipe: Pipe,
        host: &str,
        port: u16,
        limits: &Limits,
    ) -> Result<Pipe, ProxyFault> {
        let opening = async {
            match self.scheme {
                ProxyScheme::Socks5 => socks::open(pipe, host, port, self.login.as_ref()).await,
                ProxyScheme::Http | ProxyScheme::Https => {
                    let target = authority(host, port);
                    proxy::open(pipe, &target, self.authorization().as_ref()).await
                }
            }
        };
        limits
            .within(limits.budgets.tcp, opening)
            .await
            .unwrap_or(Err(ProxyFault::Unreachable(ConnectFault::TimedOut)))
    }

    /// `Proxy-Authorization`, for proxies that speak HTTP.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        let (user, password) = self.login.as_ref()?;
        let basic = STANDARD.encode(format!("{user}:{}", password.expose_secret()));
        let mut value = HeaderValue::try_from(format!("Basic {basic}")).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

/// The way to `origin`: `None` for straight. A setting that cannot be used is a fault of the proxy's, as it is for Go programs.
pub(crate) fn choose(rules: &ProxyRules, origin: &Origin) -> Result<Option<Route>, Unusable> {
    let target = Target {
        https: origin.https,
        host: &origin.host,
        port: Some(origin.port),
    };
    match rules.decide(&target) {
        ProxyDecision::Direct { .. } => Ok(None),
        ProxyDecision::Via { url, setting } => Ok(Some(Route::of(url, setting))),
        ProxyDecision::Unusable { setting, error } => Err(Unusable {
            why: setting.to_owned(),
            fault: ProxyFault::Malformed {
                text: format!("the value of {setting} cannot be used: {error}"),
            },
        }),
    }
}

/// Takes the masked login out of a URL.
fn without_login(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let address = rest.rsplit_once('@').map_or(rest, |(_, address)| address);
            format!("{scheme}://{address}")
        }
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::proxy::ProxyValues;

    fn rules(https: &str) -> ProxyRules {
        ProxyRules::from_environment(
            &ProxyValues {
                https: https.to_owned(),
                no_proxy: ".corp".to_owned(),
                ..ProxyValues::default()
            },
            &ProxyValues::default(),
        )
    }

    fn origin(host: &str) -> Origin {
        Origin {
            https: true,
            host: host.to_owned(),
            port: 443,
        }
    }

    #[test]
    fn the_login_is_used_and_not_shown() {
        let route = choose(
            &rules("http://user:pa%20ss@proxy.example:3128"),
            &origin("quay.io"),
        )
        .unwrap()
        .unwrap();
        assert_eq!(route.shown, "http://proxy.example:3128");
        assert_eq!(route.why, "HTTPS_PROXY");
        assert_eq!(
            route.authorization().unwrap().to_str().unwrap(),
            format!("Basic {}", STANDARD.encode("user:pa ss"))
        );
    }

    #[test]
    fn exceptions_go_straight_and_bad_values_are_faults() {
        let rules_with_exception = rules("http://proxy.example:3128");
        assert!(matches!(
            choose(&rules_with_exception, &origin("registry.corp")),
            Ok(None)
        ));
        let fault = choose(&rules("gopher://proxy"), &origin("quay.io"))
            .err()
            .unwrap();
        assert!(matches!(fault.fault, ProxyFault::Malformed { .. }));
    }
}

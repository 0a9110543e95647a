//! Which proxy a request takes, by the rules that Go programs follow.
//!
//! Source: `golang.org/x/net/http/httpproxy` (`Config.ProxyFunc`), which `oc`, `kubectl`, the kubelet, CRI-O and image import all use.
//! The environment is not read here: values come in as strings. The CGI exception (`REQUEST_METHOD`) is left out. Internationalised
//! names are compared as they are written; Go turns both sides into punycode first.

use std::fmt;
use std::net::IpAddr;

mod no_proxy;
mod url;

use no_proxy::NoProxy;
pub use url::{ProxyScheme, ProxyUrl, ProxyUrlError};

/// The three values, empty when not set. They may hold a password, so they are not printed.
#[derive(Clone, Default)]
pub struct ProxyValues {
    /// Proxy for `http` requests.
    pub http: String,
    /// Proxy for `https` requests.
    pub https: String,
    /// What goes past them.
    pub no_proxy: String,
}

impl fmt::Debug for ProxyValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyValues")
            .field("no_proxy", &self.no_proxy)
            .finish_non_exhaustive()
    }
}

/// A request, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// `https` rather than `http`.
    pub https: bool,
    /// Host name or address, IPv6 with or without brackets.
    pub host: &'a str,
    /// The port where one is given.
    pub port: Option<u16>,
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyDecision {
    /// It goes straight to the host.
    Direct {
        /// Why.
        why: DirectReason,
    },
    /// It goes through a proxy.
    Via {
        /// The proxy.
        url: ProxyUrl,
        /// The setting that says so.
        setting: &'static str,
    },
    /// A proxy is set and cannot be used as it is written. Go does not report this as such: it goes on with what it could read,
    /// and the request fails at a host nobody meant.
    Unusable {
        /// The setting.
        setting: &'static str,
        /// What is wrong with it.
        error: ProxyUrlError,
    },
}

/// Why a request takes no proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DirectReason {
    /// None is set for this scheme.
    NotSet {
        /// The setting that is empty.
        setting: &'static str,
    },
    /// `localhost` never goes through a proxy.
    Localhost,
    /// A loopback address never goes through a proxy.
    Loopback,
    /// An entry of the exceptions matches.
    Excepted {
        /// The setting.
        setting: &'static str,
        /// The entry as it is written.
        entry: String,
    },
}

/// A value and the name under which it was found.
#[derive(Clone)]
struct Setting {
    name: &'static str,
    value: String,
}

/// Proxy settings, ready to be asked.
#[derive(Clone)]
pub struct ProxyRules {
    http: Setting,
    https: Setting,
    no_proxy_name: &'static str,
    no_proxy: NoProxy,
}

impl fmt::Debug for ProxyRules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyRules")
            .field("no_proxy", &self.no_proxy)
            .finish_non_exhaustive()
    }
}

impl ProxyRules {
    /// From environment variables, upper case (`HTTPS_PROXY`) before lower case (`https_proxy`); one that is empty counts as unset.
    pub fn from_environment(upper: &ProxyValues, lower: &ProxyValues) -> Self {
        let pick = |names: [&'static str; 2], upper: &str, lower: &str| {
            let use_lower = upper.is_empty() && !lower.is_empty();
            let (name, value) = if use_lower {
                (names[1], lower)
            } else {
                (names[0], upper)
            };
            Setting {
                name,
                value: value.to_owned(),
            }
        };
        let no_proxy = pick(["NO_PROXY", "no_proxy"], &upper.no_proxy, &lower.no_proxy);
        Self {
            http: pick(["HTTP_PROXY", "http_proxy"], &upper.http, &lower.http),
            https: pick(["HTTPS_PROXY", "https_proxy"], &upper.https, &lower.https),
            no_proxy_name: no_proxy.name,
            no_proxy: NoProxy::read(&no_proxy.value),
        }
    }

    /// From the status of the cluster's `Proxy` object, which the platform hands to its parts as environment variables.
    pub fn from_cluster(values: &ProxyValues) -> Self {
        Self {
            http: Setting {
                name: "httpProxy",
                value: values.http.clone(),
            },
            https: Setting {
                name: "httpsProxy",
                value: values.https.clone(),
            },
            no_proxy_name: "noProxy",
            no_proxy: NoProxy::read(&values.no_proxy),
        }
    }

    /// What happens to a request for this target.
    pub fn decide(&self, target: &Target<'_>) -> ProxyDecision {
        let setting = if target.https {
            &self.https
        } else {
            &self.http
        };
        if setting.value.is_empty() {
            return ProxyDecision::Direct {
                why: DirectReason::NotSet {
                    setting: setting.name,
                },
            };
        }
        if let Some(why) = self.exception(target) {
            return ProxyDecision::Direct { why };
        }
        match ProxyUrl::parse(&setting.value) {
            Ok(url) => ProxyDecision::Via {
                url,
                setting: setting.name,
            },
            Err(error) => ProxyDecision::Unusable {
                setting: setting.name,
                error,
            },
        }
    }

    fn exception(&self, target: &Target<'_>) -> Option<DirectReason> {
        let host = target
            .host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(target.host);
        if host == "localhost" {
            return Some(DirectReason::Localhost);
        }
        let without_zone = host.split_once('%').map_or(host, |(address, _)| address);
        let address = without_zone
            .parse::<IpAddr>()
            .ok()
            .map(|address| address.to_canonical());
        if address.is_some_and(|address| address.is_loopback()) {
            return Some(DirectReason::Loopback);
        }
        let port = target.port.unwrap_or(if target.https { 443 } else { 80 });
        let entry = self
            .no_proxy
            .find(&host.trim().to_lowercase(), port, address)?;
        Some(DirectReason::Excepted {
            setting: self.no_proxy_name,
            entry: entry.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;

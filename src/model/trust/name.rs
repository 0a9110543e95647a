//! Does a certificate cover the name that was asked for?
//!
//! Source: Go `crypto/x509` `Certificate.VerifyHostname` and `HostnameError`. The common name never counts.

use std::net::IpAddr;

use crate::model::certificate::Certificate;

/// From this many names on Go no longer lists them.
const MOST_NAMES_LISTED: usize = 100;

/// What was asked for, as Go reads it.
pub(super) enum Asked {
    Ip(IpAddr),
    Host(String),
}

impl Asked {
    pub(super) fn read(name: &str) -> Self {
        let bare = name
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(name);
        let without_zone = bare.split_once('%').map_or(bare, |(address, _)| address);
        match without_zone.parse::<IpAddr>() {
            Ok(address) => Self::Ip(address.to_canonical()),
            Err(_) => Self::Host(name.to_owned()),
        }
    }

    pub(super) fn matches(&self, certificate: &Certificate) -> bool {
        match self {
            Self::Ip(wanted) => certificate
                .names
                .ip
                .iter()
                .any(|address| address.to_canonical() == *wanted),
            Self::Host(host) => certificate
                .names
                .dns
                .iter()
                .any(|pattern| covers(pattern, host)),
        }
    }

    /// Whether there is no subject alternative name and the common name would have done, in the days when it counted.
    pub(super) fn matches_common_name_only(&self, certificate: &Certificate) -> bool {
        let Some(common_name) = certificate.subject.common_name.as_deref() else {
            return false;
        };
        !certificate.names.present && labels_match(common_name, &self.text())
    }

    /// The names of the right kind that the certificate has.
    pub(super) fn presented(&self, certificate: &Certificate) -> Vec<String> {
        match self {
            Self::Ip(_) => certificate
                .names
                .ip
                .iter()
                .map(ToString::to_string)
                .collect(),
            Self::Host(_) => certificate.names.dns.clone(),
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Ip(address) => address.to_string(),
            Self::Host(host) => host.clone(),
        }
    }

    /// Go's words where [`Self::matches`] says no.
    pub(super) fn go_words(&self, certificate: &Certificate) -> String {
        let wanted = self.text();
        if self.matches_common_name_only(certificate) {
            return "x509: certificate relies on legacy Common Name field, use SANs instead"
                .to_owned();
        }
        let names = self.presented(certificate);
        let (count, kind) = (
            names.len(),
            if matches!(self, Self::Ip(_)) {
                "IP SANs"
            } else {
                "names"
            },
        );
        match self {
            Self::Ip(_) if names.is_empty() => {
                format!(
                    "x509: cannot validate certificate for {wanted} because it doesn't contain any IP SANs"
                )
            }
            _ if count >= MOST_NAMES_LISTED => {
                format!("x509: certificate is valid for {count} {kind}, but none matched {wanted}")
            }
            _ if names.is_empty() => {
                format!(
                    "x509: certificate is not valid for any names, but wanted to match {wanted}"
                )
            }
            _ => format!(
                "x509: certificate is valid for {}, not {wanted}",
                names.join(", ")
            ),
        }
    }
}

/// Wildcards and trailing dots count for proper host names only; anything else must be equal.
fn covers(pattern: &str, host: &str) -> bool {
    if is_hostname(host, false) && is_hostname(pattern, true) {
        labels_match(pattern, host)
    } else {
        !matches!(host, "" | ".")
            && !matches!(pattern, "" | ".")
            && pattern.eq_ignore_ascii_case(host)
    }
}

/// Go's lenient idea of a host name: underscores are allowed, `*` is as the whole first label of a pattern.
fn is_hostname(host: &str, is_pattern: bool) -> bool {
    let host = if is_pattern {
        host
    } else {
        host.strip_suffix('.').unwrap_or(host)
    };
    if host.is_empty() || host == "*" {
        return false;
    }
    host.split('.').enumerate().all(|(position, label)| {
        (is_pattern && position == 0 && label == "*")
            || (!label.is_empty()
                && label.bytes().enumerate().all(|(at, byte)| {
                    byte.is_ascii_alphanumeric() || byte == b'_' || (byte == b'-' && at != 0)
                }))
    })
}

fn labels_match(pattern: &str, host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    if pattern.is_empty() || host.is_empty() {
        return false;
    }
    let (mut pattern, mut host) = (pattern.split('.'), host.split('.'));
    let mut first = true;
    loop {
        match (pattern.next(), host.next()) {
            (None, None) => return true,
            (Some(wanted), Some(label))
                if (first && wanted == "*") || wanted.eq_ignore_ascii_case(label) => {}
            _ => return false,
        }
        first = false;
    }
}

//! The list of exceptions. Entries that mean nothing are passed over, as Go does.

use std::net::IpAddr;

/// A list, read once.
#[derive(Clone, Debug, Default)]
pub(super) struct NoProxy {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    text: String,
    matcher: Matcher,
    /// Compared as text: Go does not ask whether it is a number.
    port: Option<String>,
}

#[derive(Clone, Debug)]
enum Matcher {
    Everything,
    Network {
        address: IpAddr,
        length: u8,
    },
    Address(IpAddr),
    /// With its leading dot; `itself` when the name without the dot matches too.
    Domain {
        suffix: String,
        itself: bool,
    },
}

impl NoProxy {
    pub(super) fn read(list: &str) -> Self {
        let mut entries = Vec::new();
        for text in list.split(',').map(str::trim) {
            let Some(entry) = Entry::read(text) else {
                continue;
            };
            if matches!(entry.matcher, Matcher::Everything) {
                // Go forgets all other entries here.
                return Self {
                    entries: vec![entry],
                };
            }
            entries.push(entry);
        }
        Self { entries }
    }

    /// The entry that matches, as it is written. Addresses are asked before domains, as in Go.
    pub(super) fn find(&self, host: &str, port: u16, address: Option<IpAddr>) -> Option<&str> {
        let port = port.to_string();
        self.entries
            .iter()
            .find(|entry| {
                entry.port.as_deref().is_none_or(|wanted| wanted == port)
                    && entry.matcher.matches(host, address)
            })
            .map(|entry| entry.text.as_str())
    }
}

impl Entry {
    fn read(text: &str) -> Option<Self> {
        let lower = text.to_lowercase();
        let entry = |matcher, port: Option<&str>| {
            let port = port.filter(|port| !port.is_empty()).map(str::to_owned);
            Some(Self {
                text: text.to_owned(),
                matcher,
                port,
            })
        };
        if lower == "*" {
            return entry(Matcher::Everything, None);
        }
        if let Some(network) = network(&lower) {
            return entry(network, None);
        }
        let (host, port) = split_host_port(&lower)
            .map_or((lower.as_str(), None), |(host, port)| (host, Some(port)));
        if let Ok(address) = host.parse::<IpAddr>() {
            return entry(Matcher::Address(address.to_canonical()), port);
        }
        if host.is_empty() {
            return None;
        }
        let host = host
            .strip_prefix('*')
            .filter(|rest| rest.starts_with('.'))
            .unwrap_or(host);
        let itself = !host.starts_with('.');
        let suffix = if itself {
            format!(".{host}")
        } else {
            host.to_owned()
        };
        entry(Matcher::Domain { suffix, itself }, port)
    }
}

impl Matcher {
    fn matches(&self, host: &str, address: Option<IpAddr>) -> bool {
        match (self, address) {
            (Self::Everything, _) => true,
            (
                Self::Network {
                    address: network,
                    length,
                },
                Some(address),
            ) => within(address, *network, *length),
            (Self::Address(wanted), Some(address)) => *wanted == address,
            (Self::Domain { suffix, itself }, None) => {
                host.ends_with(suffix.as_str()) || (*itself && suffix.get(1..) == Some(host))
            }
            _ => false,
        }
    }
}

fn network(text: &str) -> Option<Matcher> {
    let (address, length) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    if length.is_empty() || length.len() > 3 || !length.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let length: u8 = length.parse().ok()?;
    let widest = if address.is_ipv4() { 32 } else { 128 };
    if length > widest {
        return None;
    }
    let canonical = address.to_canonical();
    // An IPv4 address in IPv6 clothes has 96 bits in front.
    let length = if canonical.is_ipv4() && address.is_ipv6() {
        length.saturating_sub(96)
    } else {
        length
    };
    Some(Matcher::Network {
        address: canonical,
        length,
    })
}

fn within(address: IpAddr, network: IpAddr, length: u8) -> bool {
    let length = u32::from(length);
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
            u32::from(address) & mask == u32::from(network) & mask
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            u128::from(address) & mask == u128::from(network) & mask
        }
        _ => false,
    }
}

/// `host:port` and `[address]:port`; `None` where there is no port, or a colon too many. Source: Go `net.SplitHostPort`.
fn split_host_port(text: &str) -> Option<(&str, &str)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']')?;
        let port = rest.strip_prefix(':')?;
        return (!port.contains([':', '[', ']']) && !host.contains('[')).then_some((host, port));
    }
    let (host, port) = text.split_once(':')?;
    (!port.contains(':') && !text.contains(['[', ']'])).then_some((host, port))
}

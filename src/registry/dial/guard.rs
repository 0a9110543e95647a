//! Which addresses a registry may send this tool to: a realm or a redirect must not reach what only this machine can.
//!
//! Source of the rule: go-containerregistry `pkg/v1/remote/transport/bearer.go` `validateRealmURL` and `fetcher.go`
//! `checkRedirectSSRF`. Unlike there, a registry inside a private network may name another address inside it.

use std::net::{IpAddr, SocketAddr};

use crate::model::observation::Withheld;

/// Allows every address, or those that are no nearer than the registry's own.
#[derive(Debug, Clone)]
pub(in crate::registry) enum Guard {
    /// For the registry itself, which the user named.
    Any,
    /// For what the registry named.
    NoNearerThan {
        /// The registry's own addresses; empty when a proxy resolved its name.
        registry: Vec<IpAddr>,
        /// What to report when an address is refused.
        refusal: Withheld,
    },
}

/// How near an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::registry) enum Nearness {
    Public,
    /// Private networks: RFC 1918, RFC 6598, RFC 4193.
    Private,
    Loopback,
    /// Link-local, where clouds keep their metadata services; unspecified, multicast, broadcast.
    Never,
}

/// How near `address` is.
pub(in crate::registry) fn nearness(address: IpAddr) -> Nearness {
    match address {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            if v4.is_loopback() {
                Nearness::Loopback
            } else if v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_multicast()
                || v4.is_broadcast()
            {
                Nearness::Never
            } else if v4.is_private() || (first == 100 && (64..128).contains(&second)) {
                Nearness::Private
            } else {
                Nearness::Public
            }
        }
        IpAddr::V6(v6) => {
            if let Some(v4) = v6.to_ipv4_mapped() {
                nearness(IpAddr::V4(v4))
            } else if v6.is_loopback() {
                Nearness::Loopback
            } else if v6.is_unicast_link_local() || v6.is_unspecified() || v6.is_multicast() {
                Nearness::Never
            } else if v6.is_unique_local() {
                Nearness::Private
            } else {
                Nearness::Public
            }
        }
    }
}

/// Whether a registry at `registry` may send us to `address`, which stands in its URL (`literal`) or is what a name in it
/// resolved to. A name may lead into a private network: split DNS is common, and only who runs the network can set it up.
pub(in crate::registry) fn may_reach(address: IpAddr, registry: &[IpAddr], literal: bool) -> bool {
    if registry.contains(&address) {
        return true;
    }
    let nearest = |wanted: &[Nearness]| registry.iter().any(|ip| wanted.contains(&nearness(*ip)));
    match nearness(address) {
        Nearness::Public => true,
        Nearness::Private => !literal || nearest(&[Nearness::Private, Nearness::Loopback]),
        Nearness::Loopback => nearest(&[Nearness::Loopback]),
        Nearness::Never => false,
    }
}

impl Guard {
    /// Refuses when any of the addresses that a name resolved to is out of bounds.
    pub(in crate::registry) fn check(&self, addresses: &[SocketAddr]) -> Result<(), Withheld> {
        match self {
            Self::NoNearerThan { registry, refusal }
                if !addresses
                    .iter()
                    .all(|address| may_reach(address.ip(), registry, false)) =>
            {
                Err(refusal.clone())
            }
            Self::Any | Self::NoNearerThan { .. } => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn what_only_this_machine_reaches_is_out_of_bounds() {
        let public = [ip("203.0.113.7")];
        for near in [
            "169.254.169.254",
            "127.0.0.1",
            "::1",
            "fe80::1",
            "0.0.0.0",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "10.0.0.1",
            "100.64.0.1",
            "fd00::1",
        ] {
            assert!(!may_reach(ip(near), &public, true), "{near}");
        }
        assert!(may_reach(ip("198.51.100.9"), &public, true));
        assert!(may_reach(ip("2001:db8::9"), &public, true));
    }

    #[test]
    fn a_registry_may_name_its_own_neighbourhood() {
        assert!(may_reach(ip("127.0.0.1"), &[ip("127.0.0.1")], true));
        assert!(may_reach(ip("::1"), &[ip("127.0.0.1")], true));
        assert!(may_reach(ip("10.2.0.9"), &[ip("10.1.0.1")], true));
        assert!(!may_reach(ip("127.0.0.1"), &[ip("10.1.0.1")], true));
        // The metadata service of a cloud is nobody's neighbour.
        assert!(!may_reach(ip("169.254.169.254"), &[ip("10.1.0.1")], true));
        assert!(!may_reach(ip("169.254.169.254"), &[ip("127.0.0.1")], true));
    }

    #[test]
    fn a_name_may_resolve_into_a_private_network_and_not_to_this_machine() {
        assert!(may_reach(ip("10.0.0.1"), &[], false));
        assert!(!may_reach(ip("127.0.0.1"), &[], false));
        assert!(!may_reach(ip("169.254.169.254"), &[], false));
    }
}

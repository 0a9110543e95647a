//! Name constraints of CAs.
//!
//! Source: Go `crypto/x509` `Certificate.isValid` and `checkNameConstraints`. The names of the server's certificate are held against
//! the constraints of every CA above it, and so are the CA's own; directory names are not looked at.

use std::net::IpAddr;

use crate::model::certificate::{Certificate, Subnet, Subtrees};

/// Go gives up beyond this many comparisons for one CA.
const MOST_COMPARISONS: usize = 250_000;

/// Whether `authority` may stand above `leaf`; otherwise Go's words for the first name that it may not sign.
pub(super) fn check(leaf: &Certificate, authority: &Certificate) -> Result<(), String> {
    let Some(constraints) = &authority.name_constraints else {
        return Ok(());
    };
    let mut count = 0;
    for certificate in [leaf, authority] {
        let names = &certificate.names;
        let mut judge = |kind, name: &str, matches: &dyn Fn(&Subtrees) -> Vec<(bool, String)>| {
            check_name(
                kind,
                name,
                &matches(&constraints.permitted),
                &matches(&constraints.excluded),
                &mut count,
            )
        };
        for name in &names.email {
            judge("email address", name, &|trees| {
                each(&trees.email, |tree| mailbox_within(name, tree))
            })?;
        }
        for name in &names.dns {
            judge("DNS name", name, &|trees| {
                each(&trees.dns, |tree| domain_within(name, tree))
            })?;
        }
        for name in &names.uri {
            judge("URI", name, &|trees| {
                each(&trees.uri, |tree| uri_within(name, tree))
            })?;
        }
        for address in &names.ip {
            judge("IP address", &address.to_string(), &|trees| {
                trees
                    .ip
                    .iter()
                    .map(|net| (address_within(*address, net), subnet_text(net)))
                    .collect()
            })?;
        }
    }
    Ok(())
}

fn each(trees: &[String], matches: impl Fn(&str) -> bool) -> Vec<(bool, String)> {
    trees
        .iter()
        .map(|tree| (matches(tree), tree.clone()))
        .collect()
}

fn check_name(
    kind: &str,
    name: &str,
    permitted: &[(bool, String)],
    excluded: &[(bool, String)],
    count: &mut usize,
) -> Result<(), String> {
    *count += permitted.len() + excluded.len();
    if *count > MOST_COMPARISONS {
        return Err("too many constraints".to_owned());
    }
    if let Some((_, constraint)) = excluded.iter().find(|(matches, _)| *matches) {
        return Err(format!(
            "{kind} {name:?} is excluded by constraint {constraint:?}"
        ));
    }
    if !permitted.is_empty() && !permitted.iter().any(|(matches, _)| *matches) {
        return Err(format!(
            "{kind} {name:?} is not permitted by any constraint"
        ));
    }
    Ok(())
}

/// A domain lies within a constraint when its last labels are those of the constraint; a leading dot asks for at least one more.
fn domain_within(domain: &str, constraint: &str) -> bool {
    if constraint.is_empty() {
        return true;
    }
    let (constraint, deeper) = match constraint.strip_prefix('.') {
        Some(rest) => (rest, true),
        None => (constraint, false),
    };
    let (mut labels, mut wanted) = (domain.rsplit('.'), constraint.rsplit('.'));
    loop {
        match (wanted.next(), labels.next()) {
            (None, None) => return !deeper,
            (None, Some(_)) => return true,
            (Some(wanted), Some(label)) if wanted.eq_ignore_ascii_case(label) => {}
            _ => return false,
        }
    }
}

fn mailbox_within(mailbox: &str, constraint: &str) -> bool {
    let Some((local, domain)) = mailbox.rsplit_once('@') else {
        return false;
    };
    match constraint.rsplit_once('@') {
        Some((wanted, host)) => local == wanted && domain.eq_ignore_ascii_case(host),
        None => domain_within(domain, constraint),
    }
}

fn uri_within(uri: &str, constraint: &str) -> bool {
    let Some((_, rest)) = uri.split_once("://") else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    // RFC 5280 keeps addresses out of URI constraints.
    host.parse::<IpAddr>().is_err()
        && !host.is_empty()
        && !host.starts_with('[')
        && domain_within(host, constraint)
}

fn address_within(address: IpAddr, net: &Subnet) -> bool {
    let octets = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    octets.len() == net.address.len()
        && octets
            .iter()
            .zip(&net.address)
            .zip(&net.mask)
            .all(|((octet, wanted), mask)| octet & mask == wanted & mask)
}

fn subnet_text(net: &Subnet) -> String {
    let address = match net.address.as_slice() {
        octets if octets.len() == 4 => <[u8; 4]>::try_from(octets).map(IpAddr::from).ok(),
        octets => <[u8; 16]>::try_from(octets).map(IpAddr::from).ok(),
    };
    let length: u32 = net.mask.iter().map(|octet| octet.count_ones()).sum();
    address.map_or_else(
        || "a network".to_owned(),
        |address| format!("{address}/{length}"),
    )
}

//! What the platform trusts beside its own: every certificate of `additionalTrustedCA`, of the Proxy's bundle and of
//! `user-ca-bundle`, for which registry, until when; and what stands there to no avail.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use jiff::Timestamp;

use super::{BUNDLE_KEY, Scope};
use crate::model::bundle;
use crate::model::certificate::Fingerprint;
use crate::model::pem;
use crate::model::policy::{KeyMiss, key_for, trusted_ca};
use crate::model::sanitize::sanitize_line;

/// Defects of one bundle that are listed.
const MOST: usize = 5;
/// The key of the update service's registry (openshift/api `config/v1/types_image.go` does not name it;
/// cincinnati-operator reads it).
const UPDATE_SERVICE: &str = "updateservice-registry";

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct Input {
    pub maps: Vec<Map>,
    /// Names of ConfigMaps that are named and not there, each with the object that names it.
    pub absent: Vec<(String, String)>,
    /// `insecureRegistries`.
    pub insecure: Vec<String>,
    /// The registries of all images, mirrors and imports that could be read.
    pub registries: BTreeSet<String>,
    /// Everything that could name a registry was read, so that a registry that is not in `registries` is in no use.
    pub complete: bool,
}

/// A ConfigMap, and what reads it.
#[derive(Debug, Clone)]
pub struct Map {
    pub name: String,
    pub scope: Scope,
    /// image.config or the Proxy names it. `user-ca-bundle` reaches the nodes without that.
    pub is_named: bool,
    /// Key and text.
    pub bundles: Vec<(String, String)>,
}

/// One certificate that is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `None`: for everything.
    pub registry: Option<String>,
    pub config_map: String,
    pub key: String,
    pub subject: String,
    pub until: Option<Timestamp>,
    pub ended: bool,
    pub fingerprint: Fingerprint,
    /// The registries that this tool put it in for.
    pub put_in_for: Vec<String>,
    /// Only nodes have it: no object names the ConfigMap.
    pub only_nodes: bool,
}

/// The list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trusted {
    /// By registry, what is for everything last.
    pub entries: Vec<Entry>,
    /// What wants a hand, one sentence each.
    pub remarks: Vec<String>,
}

/// Lists what is trusted.
pub fn list(input: &Input, now: Timestamp) -> Trusted {
    let mut trusted = Trusted::default();
    for (name, by) in &input.absent {
        trusted.remarks.push(format!(
            "{by} names the ConfigMap {name}, which does not exist"
        ));
    }
    for map in &input.maps {
        if map.scope == Scope::Cluster && map.bundles.iter().all(|(key, _)| key != BUNDLE_KEY) {
            trusted
                .remarks
                .push(format!("{} has no key {BUNDLE_KEY}", map.name));
        }
        for (key, text) in &map.bundles {
            if map.scope == Scope::Cluster && key != BUNDLE_KEY {
                trusted.remarks.push(format!(
                    "{}, key {}: only {BUNDLE_KEY} is read",
                    map.name,
                    shown(key)
                ));
                continue;
            }
            bundle_of(map, key, text, now, &mut trusted);
            if map.scope == Scope::Registry {
                trusted.remarks.extend(key_remark(input, map, key));
            }
        }
    }
    trusted.entries.sort_by(|one, other| {
        (one.registry.is_none(), &one.registry, &one.config_map).cmp(&(
            other.registry.is_none(),
            &other.registry,
            &other.config_map,
        ))
    });
    trusted
}

fn bundle_of(map: &Map, key: &str, text: &str, now: Timestamp, trusted: &mut Trusted) {
    let place = format!("{}, key {}", map.name, shown(key));
    let blocks = bundle::blocks(text);
    for defect in pem::parse(text.as_bytes()).defects.iter().take(MOST) {
        trusted
            .remarks
            .push(sanitize_line(&format!("{place}, {defect}"), 240));
    }
    for block in blocks {
        let certificate = block.certificate;
        let until = certificate.not_after;
        let ended = until.is_some_and(|end| now > end);
        let subject = super::offer::subject(&certificate);
        if let Some(end) = until.filter(|_| ended) {
            trusted.remarks.push(format!(
                "{place}: {subject} ended on {}",
                end.strftime("%Y-%m-%d")
            ));
        }
        trusted.entries.push(Entry {
            registry: (map.scope == Scope::Registry).then(|| shown(&key.replace("..", ":"))),
            config_map: map.name.clone(),
            key: key.to_owned(),
            subject,
            until,
            ended,
            fingerprint: certificate.fingerprint(),
            put_in_for: block.marks.iter().map(|mark| shown(mark)).collect(),
            only_nodes: !map.is_named,
        });
    }
}

/// Why a key serves nobody, or what keeps it from mattering.
fn key_remark(input: &Input, map: &Map, key: &str) -> Option<String> {
    if key == UPDATE_SERVICE {
        return None;
    }
    let serves = key.replace("..", ":");
    let place = format!("{}, key {}", map.name, shown(key));
    if input.insecure.contains(&serves) {
        return Some(format!(
            "{place}: {} stands in insecureRegistries, so that its certificate is not looked at",
            shown(&serves)
        ));
    }
    if input.registries.contains(&serves) {
        return None;
    }
    for registry in &input.registries {
        let near = trusted_ca([key], registry).near;
        if let Some((_, miss)) = near.first() {
            let why = match miss {
                KeyMiss::Port => "the port differs",
                KeyMiss::Separator => "the port is written with two dots",
                KeyMiss::Case => "upper and lower case differ",
            };
            return Some(format!("{place} does not serve {}: {why}", shown(registry)));
        }
    }
    if let Some(meant) = meant(key) {
        return Some(format!(
            "{place} looks like a host and a port and is read as one host name: for {} it is {:?}",
            shown(&meant),
            shown(&key_for(&meant))
        ));
    }
    let known = if input.complete {
        "no image, mirror or import of this cluster is there"
    } else {
        "no image, mirror or import that could be read is there"
    };
    Some(format!("{place} matches no registry: {known}"))
}

/// `host:port` where a key has one of them written in another way than with two dots.
fn meant(key: &str) -> Option<String> {
    if key.contains("..") || key.parse::<Ipv4Addr>().is_ok() {
        return None;
    }
    let (host, port) = key.rsplit_once([':', '.', '-', '_'])?;
    let is_port = port.parse::<u16>().is_ok_and(|port| port != 0) && port.len() >= 2;
    (is_port && host.contains('.')).then(|| format!("{host}:{port}"))
}

fn shown(text: &str) -> String {
    sanitize_line(text, 120)
}

#[cfg(test)]
mod tests;

//! Nodes and builds: `policy.json` for the reference that the user wrote, `registries.conf` for the place that is asked.

use super::RegistrySources;
use crate::model::mirrors::{BlockedBy, ImageLocation, Match, RegistriesConf};

/// Whether a node may pull an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// No list says anything about it.
    Open,
    /// An entry of `allowedRegistries` covers it.
    Allowed {
        /// The entry.
        entry: String,
    },
    /// There is an `allowedRegistries`, and nothing in it covers the image.
    NotAllowed {
        /// An entry for the same host that does not match, and why.
        near: Option<NearMiss>,
    },
    /// `blockedRegistries` covers it.
    Blocked {
        /// The entry.
        entry: String,
        /// How it matches.
        how: Match,
    },
}

/// An entry that was probably meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearMiss {
    /// The entry.
    pub entry: String,
    /// It lacks the port of the image's registry, or has one that the image's registry lacks, or another one.
    pub port_differs: bool,
    /// Only upper and lower case differ.
    pub case_differs: bool,
}

/// Whether the lists keep nodes and builds from pulling the image. The allowed list does not bind image import.
///
/// Mirrors do not matter to `policy.json`: it judges the reference as the user wrote it. A registry that is blocked in
/// `registries.conf` is another matter: there a mirror may still be asked ([`crate::model::mirrors::places`] tells), so it is reported
/// here only where the policy refuses, or where no mirror stands in for it. A source that `NeverContactSource` closes is no matter of
/// these lists; `places` tells.
///
/// Source: machine-config-operator `updatePolicyJSON`; containers/image `signature` `PolicyContext.requirementsForImageRef` and
/// `docker/policyconfiguration` `DockerReferenceNamespaces`. An entry that covers the release payload's own repository is left out
/// by the platform; that is not considered.
pub fn node_access(
    sources: &RegistrySources,
    conf: &RegistriesConf,
    image: &ImageLocation<'_>,
) -> Access {
    let scopes = policy_scopes(image);
    for scope in &scopes {
        if sources.blocked.contains(scope) {
            let how = if scope.starts_with("*.") {
                Match::Wildcard
            } else {
                Match::Scope
            };
            return Access::Blocked {
                entry: scope.clone(),
                how,
            };
        }
    }
    let allowed = if sources.allowed.is_empty() {
        Access::Open
    } else {
        match scopes
            .into_iter()
            .find(|scope| sources.allowed.contains(scope))
        {
            Some(entry) => Access::Allowed { entry },
            None => {
                return Access::NotAllowed {
                    near: near_miss(&sources.allowed, image),
                };
            }
        }
    };
    let by_digest = image.digest.is_some();
    match conf.find(&image.name()) {
        Some((entry, how))
            if !entry
                .mirrors
                .iter()
                .any(|mirror| mirror.by_digest == by_digest) =>
        {
            match &entry.blocked {
                Some(BlockedBy::List(list_entry)) => Access::Blocked {
                    entry: list_entry.clone(),
                    how,
                },
                _ => allowed,
            }
        }
        _ => allowed,
    }
}

/// The scopes of `policy.json` that cover an image, the closest first. A port counts, except for wildcards.
pub fn policy_scopes(image: &ImageLocation<'_>) -> Vec<String> {
    let name = image.name();
    let mut scopes = vec![format!("{name}{}", image.suffix())];
    let mut rest = name.as_str();
    loop {
        scopes.push(rest.to_owned());
        let Some((parent, _)) = rest.rsplit_once('/') else {
            break;
        };
        rest = parent;
    }
    let mut host = rest.split_once(':').map_or(rest, |(host, _)| host);
    while let Some((_, parent)) = host.split_once('.') {
        scopes.push(format!("*.{parent}"));
        host = parent;
    }
    scopes
}

fn near_miss(allowed: &[String], image: &ImageLocation<'_>) -> Option<NearMiss> {
    let (host, port) = split_port(image.registry);
    allowed.iter().find_map(|entry| {
        let (registry, path) = entry
            .split_once('/')
            .map_or((entry.as_str(), ""), |parts| parts);
        let (entry_host, entry_port) = split_port(registry);
        let covers = path.is_empty()
            || image
                .repository
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        // With the same registry a path that covers would have matched.
        let near = covers && registry != image.registry && entry_host.eq_ignore_ascii_case(host);
        near.then(|| NearMiss {
            entry: entry.clone(),
            port_differs: entry_port != port,
            case_differs: entry_host != host,
        })
    })
}

fn split_port(registry: &str) -> (&str, Option<&str>) {
    registry
        .split_once(':')
        .map_or((registry, None), |(host, port)| (host, Some(port)))
}

/// Why nodes do not verify a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InsecureBy {
    /// The entry of `insecureRegistries`.
    pub entry: String,
    /// How the scope that decides matches the image. [`Match::IgnoringPort`] holds for nodes and builds only, and is not to be
    /// relied on.
    pub how: Match,
}

/// Whether nodes and builds talk to the image's own registry without verification.
pub fn node_insecure(conf: &RegistriesConf, image: &ImageLocation<'_>) -> Option<InsecureBy> {
    let (entry, how) = conf.find(&image.name())?;
    entry.insecure.as_ref().map(|list_entry| InsecureBy {
        entry: list_entry.clone(),
        how,
    })
}

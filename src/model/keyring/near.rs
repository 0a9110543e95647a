//! Keys that mean the right registry and are not matched: in which way, for both matchers.
//!
//! A key is read as its author meant it (scheme, case, wildcard and all) and compared with the image part by part; the
//! first part that keeps the matcher from taking it is named.

use super::glob;
use crate::model::image::{grammar, paste};

/// In which way a key nearly matches. Shared by both matchers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NearMiss {
    #[error("the port is missing in the key")]
    PortMissing,
    #[error("the key has a port, the image has none")]
    PortSurplus,
    #[error("the ports differ")]
    PortDiffers,
    #[error("the key's scheme or API path is not stripped")]
    ApiPath,
    #[error("upper and lower case differ")]
    Case,
    #[error("the key's path covers another repository")]
    Path,
    #[error("this matcher knows no wildcards")]
    Wildcard,
    #[error("a wildcard stands for exactly one part of the host name")]
    WildcardDepth,
    #[error(
        "the brackets of an IPv6 address without a port are taken for a pattern; give the port in both"
    )]
    Brackets,
    #[error("the key ends in a slash")]
    TrailingSlash,
    #[error("Docker Hub is keyed by https://index.docker.io/v1/")]
    DockerHubAlias,
}

/// Whose reading of keys is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) enum Reading {
    Kubelet,
    ContainersImage,
}

/// A key as its author meant it.
struct LooseKey<'a> {
    scheme: Option<&'a str>,
    /// A user name or password stands in front of the host.
    credentials: bool,
    host: &'a str,
    port: Option<&'a str>,
    /// Without the leading slash; `None` where there is none.
    path: Option<&'a str>,
}

impl<'a> LooseKey<'a> {
    fn of(key: &'a str) -> Self {
        let key = key.trim();
        let (scheme, rest) = match paste::split_scheme(key) {
            Some((scheme, rest)) => (Some(scheme), rest),
            None => (None, key),
        };
        let (credentials, rest) = match paste::split_credentials(rest, paste::At::Credentials) {
            Some((_, rest)) => (true, rest),
            None => (false, rest),
        };
        let (authority, path) = match rest.split_once('/') {
            Some((authority, path)) => (authority, Some(path)),
            None => (rest, None),
        };
        let (host, port) = grammar::split_port(authority);
        Self {
            scheme,
            credentials,
            host,
            port: port.filter(|port| !port.is_empty()),
            path,
        }
    }
}

/// See [`super::near_miss`]; the key is known not to match.
pub(in crate::model) fn explain(key: &str, name: &str, reading: Reading) -> Option<NearMiss> {
    let image = LooseKey::of(name);
    let meant = LooseKey::of(key);
    if meant.credentials && reading == Reading::ContainersImage {
        // To containers/image they are part of the name.
        return None;
    }
    let host = meant.host.to_ascii_lowercase();
    let image_host = image.host.to_ascii_lowercase();
    if is_hub_name(&host) && is_hub_name(&image_host) && image.port.is_none() {
        return Some(hub(&meant, &host, &image, reading));
    }
    let wildcard = host.contains('*');
    if host != image_host {
        if !wildcard || !covers(&host, &image_host) {
            return None;
        }
        if reading == Reading::ContainersImage {
            return Some(NearMiss::Wildcard);
        }
        if host.split('.').count() != image_host.split('.').count() {
            return Some(NearMiss::WildcardDepth);
        }
    }
    match (meant.port, image.port) {
        (None, Some(_)) => return Some(NearMiss::PortMissing),
        (Some(_), None) => return Some(NearMiss::PortSurplus),
        (Some(key), Some(image)) if key != image => return Some(NearMiss::PortDiffers),
        _ => {}
    }
    if reading == Reading::Kubelet && image.port.is_none() && image.host.starts_with('[') {
        return Some(NearMiss::Brackets);
    }
    let scheme_stripped = matches!(meant.scheme, None | Some("http" | "https"));
    if (!wildcard && meant.host != image.host) || !scheme_stripped {
        return Some(NearMiss::Case).filter(|_| {
            meant.scheme.is_none_or(|scheme| {
                ["http", "https"].contains(&scheme.to_ascii_lowercase().as_str())
            })
        });
    }
    Some(path(&meant, image.path.unwrap_or_default()))
}

/// Host and port are right, so it is the path.
fn path(key: &LooseKey<'_>, image: &str) -> NearMiss {
    let written = key.path.unwrap_or_default();
    let trimmed = written.trim_end_matches('/');
    let slash = key.path.is_some() && (written.is_empty() || trimmed.len() < written.len());
    if matches!(trimmed, "v1" | "v2") || trimmed.starts_with("v1/") || trimmed.starts_with("v2/") {
        return NearMiss::ApiPath;
    }
    let whole = |prefix: &str| {
        image
            .strip_prefix(prefix)
            .is_some_and(|rest| prefix.is_empty() || rest.is_empty() || rest.starts_with('/'))
    };
    if slash && whole(trimmed) {
        return NearMiss::TrailingSlash;
    }
    let lower = trimmed.to_ascii_lowercase();
    if lower != trimmed && whole(&lower) {
        return NearMiss::Case;
    }
    NearMiss::Path
}

/// One of Docker Hub's names, for an image of Docker Hub.
fn hub(key: &LooseKey<'_>, host: &str, image: &LooseKey<'_>, reading: Reading) -> NearMiss {
    let path = key.path.unwrap_or_default().trim_end_matches('/');
    if key.port.is_some() {
        return NearMiss::PortSurplus;
    }
    // The names that the matcher itself takes for Docker Hub.
    let alias = match reading {
        Reading::Kubelet => matches!(host, "docker.io" | "index.docker.io"),
        Reading::ContainersImage => grammar::is_docker_hub(host),
    };
    if !alias {
        return NearMiss::DockerHubAlias;
    }
    if matches!(path, "v1" | "v2") {
        return NearMiss::ApiPath;
    }
    if key.host != host {
        return NearMiss::Case;
    }
    if host == "docker.io" {
        return self::path(key, image.path.unwrap_or_default());
    }
    // Only the registry as a whole goes by the other names.
    NearMiss::DockerHubAlias
}

fn is_hub_name(host: &str) -> bool {
    grammar::is_docker_hub(host) || matches!(host, "registry.hub.docker.com" | "hub.docker.com")
}

/// Whether a wildcard was meant to cover the host: label by label, or with one star for several.
fn covers(pattern: &str, host: &str) -> bool {
    if glob::matches(pattern.as_bytes(), host.as_bytes()) {
        return true;
    }
    // `*.example.com` for `example.com` itself.
    pattern.strip_prefix("*.") == Some(host)
}

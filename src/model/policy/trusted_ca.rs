//! The keys of the ConfigMap that `additionalTrustedCA` names.
//!
//! A ConfigMap key cannot hold a colon, so `host:port` is written `host..port`. Nodes turn every `..` into `:` and use the result as the
//! name of a directory, which containers/image looks up by the registry exactly as the reference writes it: a key that is slightly
//! off serves nobody, and nothing reports it.
//! Source: machine-config-operator `pkg/daemon/certificate_writer.go`; containers/image `docker` `dockerCertDir`.

/// The key that serves a registry (`host` or `host:port`, as references write it).
pub fn key_for(registry: &str) -> String {
    registry.replace(':', "..")
}

/// What the ConfigMap has for a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedCa<'a> {
    /// The key that serves it.
    pub key: Option<&'a str>,
    /// Keys that look as if they were meant for it and do not serve it. Empty where one does.
    pub near: Vec<(&'a str, KeyMiss)>,
}

/// Why a key does not serve a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyMiss {
    /// Same host; the port is missing, or too much, or another one. `host` and `host:443` are different keys.
    Port,
    /// The port is there and not written with two dots.
    Separator,
    /// Upper and lower case differ.
    Case,
}

/// Finds the key that serves a registry.
pub fn trusted_ca<'a>(keys: impl IntoIterator<Item = &'a str>, registry: &str) -> TrustedCa<'a> {
    let mut near = Vec::new();
    for key in keys {
        let directory = key.replace("..", ":");
        if directory == registry {
            return TrustedCa {
                key: Some(key),
                near: Vec::new(),
            };
        }
        if let Some(miss) = miss(key, &directory, registry) {
            near.push((key, miss));
        }
    }
    TrustedCa { key: None, near }
}

fn miss(key: &str, directory: &str, registry: &str) -> Option<KeyMiss> {
    if directory.eq_ignore_ascii_case(registry) {
        return Some(KeyMiss::Case);
    }
    let (host, port) = registry
        .split_once(':')
        .map_or((registry, None), |(host, port)| (host, Some(port)));
    if let Some(port) = port
        && ['.', '-', '_']
            .iter()
            .any(|separator| key.eq_ignore_ascii_case(&format!("{host}{separator}{port}")))
    {
        return Some(KeyMiss::Separator);
    }
    let key_host = directory
        .split_once(':')
        .map_or(directory, |(host, _)| host);
    key_host.eq_ignore_ascii_case(host).then_some(KeyMiss::Port)
}

/// Keys that serve none of these registries. Which registries matter the caller knows: those of images, mirrors and the cluster's
/// own; `updateservice-registry` is a key of the update service and is left out.
pub fn unmatched_keys<'a>(
    keys: impl IntoIterator<Item = &'a str>,
    registries: &[&str],
) -> Vec<&'a str> {
    keys.into_iter()
        .filter(|key| *key != "updateservice-registry")
        .filter(|key| {
            let directory = key.replace("..", ":");
            !registries.iter().any(|registry| *registry == directory)
        })
        .collect()
}

//! The cluster's configuration of registries, as OpenShift has it.

use std::collections::BTreeMap;
use std::fmt;

use super::{Part, SecretBytes};

/// What concerns registries in the cluster's configuration. Plain Kubernetes has only the nodes.
#[derive(Debug, Clone)]
pub struct ClusterConfigView {
    /// `image.config.openshift.io/cluster`; `Ok(None)` when the kind is there and the object is not.
    pub image_config: Part<Option<ImageConfig>>,
    /// The ConfigMap of its `additionalTrustedCA`; `Ok(None)` when it names none. A name without a ConfigMap is an error.
    pub registry_cas: Part<Option<ConfigMapData>>,
    /// `proxy.config.openshift.io/cluster`.
    pub proxy: Part<Option<ProxyConfig>>,
    /// The ConfigMap of its `trustedCA`.
    pub proxy_ca: Part<Option<ConfigMapData>>,
    pub digest_mirrors: Part<Vec<MirrorSet>>,
    pub tag_mirrors: Part<Vec<MirrorSet>>,
    /// The older ImageContentSourcePolicies.
    pub content_source_policies: Part<Vec<MirrorSet>>,
    pub nodes: Part<Vec<Node>>,
    /// `pull-secret` of `openshift-config`, a dockerconfigjson.
    pub global_pull_secret: Part<Option<SecretBytes>>,
}

/// `image.config.openshift.io/cluster`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageConfig {
    pub resource_version: String,
    /// Name of a ConfigMap in `openshift-config`.
    pub additional_trusted_ca: Option<String>,
    /// Empty: every registry is allowed for imports.
    pub allowed_for_import: Vec<AllowedForImport>,
    pub insecure: Vec<String>,
    pub blocked: Vec<String>,
    /// Empty: no such list.
    pub allowed: Vec<String>,
    pub search: Vec<String>,
    pub internal_registry: Option<String>,
    pub external_hostnames: Vec<String>,
}

/// One of `allowedRegistriesForImport`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedForImport {
    pub domain: String,
    pub insecure: bool,
}

/// A ConfigMap's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigMapData {
    pub namespace: String,
    pub name: String,
    pub resource_version: String,
    pub data: BTreeMap<String, String>,
}

/// `proxy.config.openshift.io/cluster`. The addresses are those of its status, which is what nodes get.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxyConfig {
    pub resource_version: String,
    pub http: Option<ProxyAddress>,
    pub https: Option<ProxyAddress>,
    pub no_proxy: Option<String>,
    /// Name of a ConfigMap in `openshift-config`, with the key `ca-bundle.crt`.
    pub trusted_ca: Option<String>,
}

/// The address of a proxy, which may hold a user name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyAddress(String);

impl ProxyAddress {
    pub fn new(url: String) -> Self {
        Self(url)
    }

    /// As it is, for using the proxy and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProxyAddress {
    /// Without user name and password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let host = rest[..end].rsplit('@').next().unwrap_or_default();
        if !scheme.is_empty() {
            write!(f, "{scheme}://")?;
        }
        f.write_str(host)
    }
}

impl fmt::Debug for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyAddress({self})")
    }
}

/// Which kind of mirror object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MirrorKind {
    /// ImageDigestMirrorSet: pulls by digest only.
    Digest,
    /// ImageTagMirrorSet: pulls by tag only.
    Tag,
    /// ImageContentSourcePolicy: by digest only.
    ContentSource,
}

/// One mirror object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorSet {
    pub kind: MirrorKind,
    pub name: String,
    pub mirrors: Vec<Mirror>,
}

/// One of its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    pub source: String,
    /// Tried in this order.
    pub mirrors: Vec<String>,
    /// `mirrorSourcePolicy: NeverContactSource`: the source itself is never asked.
    pub never_contact_source: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub name: String,
    /// `linux`, `windows`.
    pub os: String,
    /// As Go names it: `amd64`, `arm64`, ...
    pub architecture: String,
    /// `cri-o://1.33.2`, `docker://1.13.1`, ...
    pub container_runtime: String,
    pub kubelet_version: String,
    pub unschedulable: bool,
}

#[cfg(test)]
mod tests {
    use super::ProxyAddress;

    #[test]
    fn a_proxys_password_does_not_show() {
        for (url, shown) in [
            (
                "http://me:canary@proxy.corp:3128/",
                "http://proxy.corp:3128",
            ),
            ("http://me:can@ary@proxy.corp", "http://proxy.corp"),
            ("me:canary@proxy.corp:3128", "proxy.corp:3128"),
            ("http://proxy.corp?x=canary", "http://proxy.corp"),
        ] {
            let address = ProxyAddress::new(url.into());
            assert_eq!(address.to_string(), shown);
            assert!(!format!("{address:?}").contains("canary"), "{address:?}");
        }
    }
}

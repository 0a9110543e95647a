//! The cluster's configuration of registries, as OpenShift has it.

use std::collections::BTreeMap;

use super::{Part, SecretBytes};
use crate::model::mirrors::MirrorRule;
use crate::model::policy::{AllowedRegistry, RegistrySources};
use crate::model::proxy::ProxyValues;

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
    pub digest_mirrors: Part<Vec<MirrorRule>>,
    pub tag_mirrors: Part<Vec<MirrorRule>>,
    /// The older ImageContentSourcePolicies.
    pub content_source_policies: Part<Vec<MirrorRule>>,
    /// ClusterImagePolicies. Those of a namespace are in its own view.
    pub signature_policies: Part<Vec<SignaturePolicy>>,
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
    pub allowed_for_import: Vec<AllowedRegistry>,
    pub sources: RegistrySources,
    /// `containerRuntimeSearchRegistries`.
    pub search: Vec<String>,
    pub internal_registry: Option<String>,
    pub external_hostnames: Vec<String>,
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
#[derive(Debug, Clone, Default)]
pub struct ProxyConfig {
    pub resource_version: String,
    pub values: ProxyValues,
    /// `spec.noProxy`, to which the platform adds names of its own.
    pub given_no_proxy: String,
    /// Name of a ConfigMap in `openshift-config`, with the key `ca-bundle.crt`.
    pub trusted_ca: Option<String>,
}

impl ClusterConfigView {
    /// The mirror rules of all three kinds that could be read.
    pub fn mirror_rules(&self) -> Vec<MirrorRule> {
        [
            &self.digest_mirrors,
            &self.content_source_policies,
            &self.tag_mirrors,
        ]
        .into_iter()
        .flatten()
        .flatten()
        .cloned()
        .collect()
    }
}

/// Who a [`SignaturePolicy`] binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SignaturePolicyKind {
    /// All pods of the cluster.
    ClusterImagePolicy,
    /// The pods of one namespace.
    ImagePolicy,
}

/// Images that have to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignaturePolicy {
    pub kind: SignaturePolicyKind,
    /// Of an ImagePolicy.
    pub namespace: Option<String>,
    pub name: String,
    /// A registry, a repository or what begins with it, a tag or digest, or `*.host`.
    pub scopes: Vec<String>,
    /// What makes a signature good: `PublicKey`, `FulcioCAWithRekor`, `PKI`.
    pub policy_type: String,
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
    pub labels: BTreeMap<String, String>,
}

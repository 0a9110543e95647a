//! From the cluster's configuration objects as JSON to [`crate::model::view`].

use serde_json::Value;

use super::json::{given, items, map, text, texts};
use crate::model::mirrors::{MirrorRule, RuleKind};
use crate::model::policy::{AllowedRegistry, RegistrySources};
use crate::model::proxy::ProxyValues;
use crate::model::view::{
    ConfigMapData, ImageConfig, Node, ProxyConfig, SignaturePolicy, SignaturePolicyKind,
};

pub(super) fn image_config(object: &Value) -> ImageConfig {
    let (spec, status) = (&object["spec"], &object["status"]);
    let sources = &spec["registrySources"];
    ImageConfig {
        resource_version: text(&object["metadata"]["resourceVersion"]),
        additional_trusted_ca: given(&spec["additionalTrustedCA"]["name"]),
        allowed_for_import: items(&spec["allowedRegistriesForImport"])
            .map(|entry| AllowedRegistry {
                domain_name: text(&entry["domainName"]),
                insecure: entry["insecure"] == true,
            })
            .collect(),
        sources: RegistrySources {
            insecure: texts(&sources["insecureRegistries"]),
            blocked: texts(&sources["blockedRegistries"]),
            allowed: texts(&sources["allowedRegistries"]),
        },
        search: texts(&sources["containerRuntimeSearchRegistries"]),
        internal_registry: given(&status["internalRegistryHostname"]),
        external_hostnames: texts(&status["externalRegistryHostnames"]),
    }
}

pub(super) fn proxy(object: &Value) -> ProxyConfig {
    let status = &object["status"];
    ProxyConfig {
        resource_version: text(&object["metadata"]["resourceVersion"]),
        values: ProxyValues {
            http: text(&status["httpProxy"]),
            https: text(&status["httpsProxy"]),
            no_proxy: text(&status["noProxy"]),
        },
        given_no_proxy: text(&object["spec"]["noProxy"]),
        trusted_ca: given(&object["spec"]["trustedCA"]["name"]),
    }
}

pub(super) fn config_map(object: &Value) -> ConfigMapData {
    let metadata = &object["metadata"];
    ConfigMapData {
        namespace: text(&metadata["namespace"]),
        name: text(&metadata["name"]),
        resource_version: text(&metadata["resourceVersion"]),
        data: map(&object["data"]),
    }
}

/// The rules of an ImageDigestMirrorSet, an ImageTagMirrorSet or an ImageContentSourcePolicy.
pub(super) fn mirror_rules(kind: RuleKind, object: &Value) -> Vec<MirrorRule> {
    let list = match kind {
        RuleKind::ImageDigestMirrorSet => "imageDigestMirrors",
        RuleKind::ImageTagMirrorSet => "imageTagMirrors",
        RuleKind::ImageContentSourcePolicy => "repositoryDigestMirrors",
    };
    items(&object["spec"][list])
        .map(|rule| MirrorRule {
            kind,
            object: text(&object["metadata"]["name"]),
            source: text(&rule["source"]),
            mirrors: texts(&rule["mirrors"]),
            never_contact_source: rule["mirrorSourcePolicy"] == "NeverContactSource",
        })
        .collect()
}

/// A ClusterImagePolicy or an ImagePolicy.
pub(super) fn signature_policy(kind: SignaturePolicyKind, object: &Value) -> SignaturePolicy {
    SignaturePolicy {
        kind,
        namespace: given(&object["metadata"]["namespace"]),
        name: text(&object["metadata"]["name"]),
        scopes: texts(&object["spec"]["scopes"]),
        policy_type: text(&object["spec"]["policy"]["rootOfTrust"]["policyType"]),
    }
}

pub(super) fn node(object: &Value) -> Option<Node> {
    let info = &object["status"]["nodeInfo"];
    Some(Node {
        name: given(&object["metadata"]["name"])?,
        os: text(&info["operatingSystem"]),
        architecture: text(&info["architecture"]),
        container_runtime: text(&info["containerRuntimeVersion"]),
        kubelet_version: text(&info["kubeletVersion"]),
        unschedulable: object["spec"]["unschedulable"] == true,
        labels: map(&object["metadata"]["labels"]),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn absent_lists_are_empty() {
        let config = image_config(&json!({"metadata": {"resourceVersion": "7"}, "spec": {}}));
        assert_eq!(
            config,
            ImageConfig {
                resource_version: "7".into(),
                ..ImageConfig::default()
            }
        );
    }

    #[test]
    fn mirrors_keep_their_order_and_policy() {
        let rules = mirror_rules(
            RuleKind::ImageDigestMirrorSet,
            &json!({
                "metadata": {"name": "m"},
                "spec": {"imageDigestMirrors": [
                    {"source": "a", "mirrors": ["z", "b"], "mirrorSourcePolicy": "NeverContactSource"},
                    {"source": "c"}]},
            }),
        );
        let expected = |source: &str, mirrors: &[&str], never_contact_source| MirrorRule {
            kind: RuleKind::ImageDigestMirrorSet,
            object: "m".into(),
            source: source.into(),
            mirrors: mirrors.iter().map(|text| (*text).into()).collect(),
            never_contact_source,
        };
        assert_eq!(
            rules,
            [expected("a", &["z", "b"], true), expected("c", &[], false)]
        );
    }

    #[test]
    fn a_signature_policy_has_scopes_and_a_root() {
        let object = json!({
            "metadata": {"name": "p", "namespace": "n"},
            "spec": {"scopes": ["quay.io/a"], "policy": {"rootOfTrust": {"policyType": "PublicKey"}}},
        });
        let policy = signature_policy(SignaturePolicyKind::ImagePolicy, &object);
        assert_eq!(
            (policy.name.as_str(), policy.namespace.as_deref()),
            ("p", Some("n"))
        );
        assert_eq!(
            (policy.scopes, policy.policy_type.as_str()),
            (vec!["quay.io/a".to_owned()], "PublicKey")
        );
    }

    #[test]
    fn the_proxy_is_what_the_status_says() {
        let read = proxy(&json!({
            "spec": {"httpsProxy": "http://wanted", "trustedCA": {"name": "user-ca-bundle"}},
            "status": {"httpsProxy": "http://me:canary@used", "noProxy": ".svc"},
        }));
        assert_eq!(read.values.https, "http://me:canary@used");
        assert_eq!(
            (read.values.http.as_str(), read.trusted_ca.as_deref()),
            ("", Some("user-ca-bundle"))
        );
        assert!(!format!("{read:?}").contains("canary"), "{read:?}");
    }
}

//! From the cluster's configuration objects as JSON to [`crate::model::view`].

use serde_json::Value;

use super::json::{given, items, map, text, texts};
use crate::model::view::{
    AllowedForImport, ConfigMapData, ImageConfig, Mirror, MirrorKind, MirrorSet, Node,
    ProxyAddress, ProxyConfig,
};

pub(super) fn image_config(object: &Value) -> ImageConfig {
    let (spec, status) = (&object["spec"], &object["status"]);
    let sources = &spec["registrySources"];
    ImageConfig {
        resource_version: text(&object["metadata"]["resourceVersion"]),
        additional_trusted_ca: given(&spec["additionalTrustedCA"]["name"]),
        allowed_for_import: items(&spec["allowedRegistriesForImport"])
            .map(|entry| AllowedForImport {
                domain: text(&entry["domainName"]),
                insecure: entry["insecure"] == true,
            })
            .collect(),
        insecure: texts(&sources["insecureRegistries"]),
        blocked: texts(&sources["blockedRegistries"]),
        allowed: texts(&sources["allowedRegistries"]),
        search: texts(&sources["containerRuntimeSearchRegistries"]),
        internal_registry: given(&status["internalRegistryHostname"]),
        external_hostnames: texts(&status["externalRegistryHostnames"]),
    }
}

pub(super) fn proxy(object: &Value) -> ProxyConfig {
    let status = &object["status"];
    ProxyConfig {
        resource_version: text(&object["metadata"]["resourceVersion"]),
        http: given(&status["httpProxy"]).map(ProxyAddress::new),
        https: given(&status["httpsProxy"]).map(ProxyAddress::new),
        no_proxy: given(&status["noProxy"]),
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

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape of a list's callback"
)]
pub(super) fn digest_mirrors(object: &Value) -> Option<MirrorSet> {
    Some(mirrors(object, MirrorKind::Digest, "imageDigestMirrors"))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape of a list's callback"
)]
pub(super) fn tag_mirrors(object: &Value) -> Option<MirrorSet> {
    Some(mirrors(object, MirrorKind::Tag, "imageTagMirrors"))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape of a list's callback"
)]
pub(super) fn content_source_policy(object: &Value) -> Option<MirrorSet> {
    Some(mirrors(
        &object,
        MirrorKind::ContentSource,
        "repositoryDigestMirrors",
    ))
}

fn mirrors(object: &Value, kind: MirrorKind, list: &str) -> MirrorSet {
    MirrorSet {
        kind,
        name: text(&object["metadata"]["name"]),
        mirrors: items(&object["spec"][list])
            .map(|rule| Mirror {
                source: text(&rule["source"]),
                mirrors: texts(&rule["mirrors"]),
                never_contact_source: rule["mirrorSourcePolicy"] == "NeverContactSource",
            })
            .collect(),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape of a list's callback"
)]
pub(super) fn node(object: &Value) -> Option<Node> {
    let info = &object["status"]["nodeInfo"];
    Some(Node {
        name: given(&object["metadata"]["name"])?,
        os: text(&info["operatingSystem"]),
        architecture: text(&info["architecture"]),
        container_runtime: text(&info["containerRuntimeVersion"]),
        kubelet_version: text(&info["kubeletVersion"]),
        unschedulable: object["spec"]["unschedulable"] == true,
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
        let set = digest_mirrors(&json!({
            "metadata": {"name": "m"},
            "spec": {"imageDigestMirrors": [
                {"source": "a", "mirrors": ["z", "b"], "mirrorSourcePolicy": "NeverContactSource"},
                {"source": "c"}]},
        }))
        .unwrap();
        let expected = |source: &str, mirrors: &[&str], never| Mirror {
            source: source.into(),
            mirrors: mirrors.iter().map(|text| (*text).into()).collect(),
            never_contact_source: never,
        };
        assert_eq!(
            set.mirrors,
            [expected("a", &["z", "b"], true), expected("c", &[], false)]
        );
    }

    #[test]
    fn the_proxy_is_what_the_status_says() {
        let read = proxy(&json!({
            "spec": {"httpsProxy": "http://wanted", "trustedCA": {"name": "user-ca-bundle"}},
            "status": {"httpsProxy": "http://used", "noProxy": ".svc"},
        }));
        assert_eq!(read.https, Some(ProxyAddress::new("http://used".into())));
        assert_eq!(
            (read.http, read.trusted_ca.as_deref()),
            (None, Some("user-ca-bundle"))
        );
    }
}

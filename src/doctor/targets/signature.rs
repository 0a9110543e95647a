//! Which signature policies bind an image.

use super::ground::Ground;
use crate::doctor::evidence::SignatureFact;
use crate::doctor::probes::config::location;
use crate::model::image::ImageReference;
use crate::model::policy::policy_scopes;
use crate::model::view::SignaturePolicy;

/// The policies whose scope covers `text` for a pod of `namespace`: those of the closest scope. ClusterImagePolicies come
/// before the ImagePolicies of the namespace, whose scopes do not count inside theirs (machine-config-operator
/// `docs/ClusterImagePolicyAndImagePolicyDesign.md`; containers/image `docker/policyconfiguration`
/// `DockerReferenceNamespaces`).
pub(super) fn policies(ground: &Ground<'_>, namespace: &str, text: &str) -> Vec<SignatureFact> {
    let Ok(image) = ImageReference::parse(text) else {
        return Vec::new();
    };
    let cluster: Vec<&SignaturePolicy> = ground.config.signature_policies.iter().flatten().collect();
    let of_cluster = closest(&cluster, &image, "clusterimagepolicy");
    if !of_cluster.is_empty() {
        return of_cluster;
    }
    let own: Vec<&SignaturePolicy> = ground
        .world
        .view
        .signature_policies
        .iter()
        .flatten()
        .filter(|policy| policy.namespace.as_deref() == Some(namespace))
        .collect();
    closest(&own, &image, "imagepolicy")
}

fn closest(policies: &[&SignaturePolicy], image: &ImageReference, kind: &str) -> Vec<SignatureFact> {
    let has = |policy: &SignaturePolicy, scope: &str| policy.scopes.iter().any(|own| own == scope);
    let scope = policy_scopes(&location(image))
        .into_iter()
        .find(|scope| policies.iter().any(|policy| has(policy, scope)));
    let Some(scope) = scope else {
        return Vec::new();
    };
    policies
        .iter()
        .filter(|policy| has(policy, &scope))
        .enumerate()
        .map(|(place, policy)| SignatureFact {
            place,
            policy: format!("{kind}/{}", policy.name),
            scope: scope.clone(),
            attached: None,
        })
        .collect()
}

//! Which signature policies bind an image.

use super::ground::Ground;
use super::wiring::gap;
use crate::doctor::evidence::{Check, Evidence, SignatureFact};
use crate::doctor::probes::config::location;
use crate::doctor::probes::unread as note_unread;
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
    let cluster: Vec<&SignaturePolicy> =
        ground.config.signature_policies.iter().flatten().collect();
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

/// The kinds of policies that could not be read, and might bind the image beside the `found`: where one of the cluster's binds
/// it, those of the namespace do not count.
pub(super) fn unread(ground: &Ground<'_>, found: &[SignatureFact]) -> Vec<Evidence> {
    let by_cluster = found
        .iter()
        .any(|fact| fact.policy.starts_with("clusterimagepolicy/"));
    let of_cluster = gap(&ground.config.signature_policies);
    let own = gap(&ground.world.view.signature_policies).filter(|_| !by_cluster);
    of_cluster
        .into_iter()
        .chain(own)
        .map(|why| note_unread(Check::Policy, why))
        .collect()
}

fn closest(
    policies: &[&SignaturePolicy],
    image: &ImageReference,
    kind: &str,
) -> Vec<SignatureFact> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::targets::ground::kit::Kit;
    use crate::model::view::SignaturePolicyKind;

    fn policy(kind: SignaturePolicyKind, name: &str, scopes: &[&str]) -> SignaturePolicy {
        SignaturePolicy {
            kind,
            namespace: (kind == SignaturePolicyKind::ImagePolicy).then(|| "shop".to_owned()),
            name: name.into(),
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            policy_type: "PublicKey".into(),
        }
    }

    fn found(cluster: &[&str], own: &[&str], image: &str) -> Vec<(String, String)> {
        let mut kit = Kit::new();
        kit.config.signature_policies = Ok(vec![policy(
            SignaturePolicyKind::ClusterImagePolicy,
            "all",
            cluster,
        )]);
        kit.view.signature_policies =
            Ok(vec![policy(SignaturePolicyKind::ImagePolicy, "own", own)]);
        kit.on(|ground| policies(ground, "shop", image))
            .into_iter()
            .map(|fact| (fact.policy, fact.scope))
            .collect()
    }

    #[test]
    fn the_closest_scope_binds() {
        const IMAGE: &str = "registry.example.com:5000/team/app:1";
        for (scopes, wanted) in [
            (
                &["registry.example.com:5000"][..],
                Some("registry.example.com:5000"),
            ),
            (
                &[
                    "registry.example.com:5000",
                    "registry.example.com:5000/team",
                ][..],
                Some("registry.example.com:5000/team"),
            ),
            (
                &["registry.example.com:5000/team/app:1"][..],
                Some("registry.example.com:5000/team/app:1"),
            ),
            (&["*.example.com"][..], Some("*.example.com")),
            (&["registry.example.com"][..], None),
            (&["registry.example.com:5000/tea"][..], None),
            (&[][..], None),
        ] {
            let scope = found(scopes, &[], IMAGE)
                .first()
                .map(|(_, scope)| scope.clone());
            assert_eq!(scope.as_deref(), wanted, "{scopes:?}");
        }
    }

    #[test]
    fn the_clusters_policy_comes_before_the_namespaces() {
        let image = "quay.io/team/app:1";
        let named = |kind: &str, scope: &str| vec![(kind.to_owned(), scope.to_owned())];
        assert_eq!(
            found(&["quay.io"], &["quay.io/team/app"], image),
            named("clusterimagepolicy/all", "quay.io")
        );
        assert_eq!(
            found(&["docker.io"], &["quay.io/team"], image),
            named("imagepolicy/own", "quay.io/team")
        );
    }

    #[test]
    fn another_namespaces_policy_binds_nobody_here() {
        let mut kit = Kit::new();
        kit.view.signature_policies = Ok(vec![policy(
            SignaturePolicyKind::ImagePolicy,
            "own",
            &["quay.io"],
        )]);
        let found = kit.on(|ground| policies(ground, "bank", "quay.io/a/b"));
        assert!(found.is_empty());
    }
}

//! Where images are really asked for, and the rows that come of it: one a registry.

use std::collections::{BTreeMap, BTreeSet};

use super::resolve::Resolver;
use super::types::{Image, Policy, Registry, Role, Secret, SecretRef};
use super::{Input, trust};
use crate::model::image::ImageReference;
use crate::model::mirrors::{ImageLocation, MirrorRule, RegistriesConf, places};
use crate::model::policy::{
    Access, ImportAdmission, ImportCheck, RegistrySources, import_admission, node_access,
    node_insecure,
};
use crate::model::view::{ClusterConfigView, SignaturePolicy};

/// The cluster's lists and mirrors, applied to the images in use.
pub(super) struct Places {
    sources: RegistrySources,
    conf: RegistriesConf,
    rules: Vec<MirrorRule>,
    /// For each image, in their order, the mirrors that a node asks first: registry and `registry/repository`.
    mirrors: Vec<Vec<(String, String)>>,
}

impl Places {
    pub(super) fn new(config: &ClusterConfigView, images: &[Image]) -> Self {
        let rules = config.mirror_rules();
        let sources = match &config.image_config {
            Ok(Some(config)) => config.sources.clone(),
            _ => RegistrySources::default(),
        };
        let conf = sources.registries_conf(&rules);
        let mirrors = images
            .iter()
            .map(|image| {
                let asked = places(&conf, &location(&image.reference)).unwrap_or_default();
                asked
                    .into_iter()
                    .filter(|place| place.is_mirror)
                    .map(|place| {
                        let name = format!("{}/{}", place.registry, place.repository);
                        (place.registry, name)
                    })
                    .collect()
            })
            .collect();
        Self {
            sources,
            conf,
            rules,
            mirrors,
        }
    }

    /// The names that credentials are looked up for, with their registry: the image's own and those of its mirrors.
    pub(super) fn names<'a>(
        &'a self,
        at: usize,
        image: &'a Image,
    ) -> impl Iterator<Item = (String, &'a str)> {
        let own = (image.reference.name(), image.reference.registry());
        let mirrors = self.mirrors.get(at).into_iter().flatten();
        std::iter::once(own)
            .chain(mirrors.map(|(registry, name)| (name.clone(), registry.as_str())))
    }
}

pub(super) fn location(reference: &ImageReference) -> ImageLocation<'_> {
    ImageLocation {
        registry: reference.registry(),
        repository: reference.repository(),
        tag: reference.tag(),
        digest: reference.digest(),
    }
}

/// One row a registry: of images, of mirrors that are asked for them, and of credentials that are for no image here.
pub(super) fn registries(
    input: &Input<'_>,
    resolver: &Resolver<'_>,
    images: Vec<Image>,
    places: &Places,
    secrets: &[Secret],
) -> Vec<Registry> {
    let mut rows: BTreeMap<String, Registry> = BTreeMap::new();
    for (at, image) in images.into_iter().enumerate() {
        for (mirror, _) in places.mirrors.get(at).into_iter().flatten() {
            rows.entry(mirror.clone()).or_insert_with(|| row(mirror));
        }
        let name = image.reference.registry();
        let registry = rows.entry(name.to_owned()).or_insert_with(|| row(name));
        registry.images.push(image);
    }
    for (secret, read) in secrets.iter().enumerate() {
        for (entry, held) in read.entries.iter().enumerate() {
            for name in &held.registries {
                let registry = rows.entry(name.clone()).or_insert_with(|| row(name));
                registry.credentials.push(SecretRef { secret, entry });
            }
        }
    }
    let cluster = input.config.signature_policies.iter().flatten();
    let policies: Vec<&SignaturePolicy> = cluster
        .chain(input.view.signature_policies.iter().flatten())
        .collect();
    for registry in rows.values_mut() {
        registry.internal = resolver.is_internal(&registry.name);
        registry.trust = trust::of(input.config, &registry.name);
        for rule in &places.rules {
            let of_registry = registry_of(&rule.source) == registry.name;
            if of_registry {
                registry.mirrors.extend(rule.mirrors.iter().cloned());
            }
            if rule
                .mirrors
                .iter()
                .any(|mirror| registry_of(mirror) == registry.name)
            {
                registry.mirror_of.insert(rule.source.clone());
            }
        }
        registry.policy = policy(input, registry, places, &policies);
    }
    let mut rows: Vec<Registry> = rows.into_values().collect();
    // Stable, so both halves stay in order of name.
    rows.sort_by_key(|registry| registry.internal);
    rows
}

fn row(name: &str) -> Registry {
    Registry {
        name: name.to_owned(),
        internal: false,
        images: Vec::new(),
        credentials: Vec::new(),
        trust: None,
        policy: Policy::default(),
        mirror_of: BTreeSet::new(),
        mirrors: BTreeSet::new(),
    }
}

fn registry_of(scope: &str) -> &str {
    scope
        .split_once('/')
        .map_or(scope, |(registry, _)| registry)
}

/// What the lists say; for a registry with images by its images, because an entry may be for a part of it only.
fn policy(
    input: &Input<'_>,
    registry: &Registry,
    places: &Places,
    policies: &[&SignaturePolicy],
) -> Policy {
    let mut policy = Policy::default();
    for image in &registry.images {
        let location = location(&image.reference);
        if let Some(by) = node_insecure(&places.conf, &location) {
            policy.insecure = Some(by.entry);
        }
        // An import is not bound by the allowed list, but by the blocked one.
        let pulled = image.uses.iter().any(|one| one.role != Role::Imports);
        match node_access(&places.sources, &places.conf, &location) {
            Access::Open => {}
            Access::Allowed { entry } => policy.allowed = Some(entry),
            Access::NotAllowed { .. } => policy.not_allowed |= pulled,
            Access::Blocked { entry, .. } => policy.blocked = Some(entry),
        }
        let covering = policies.iter().filter(|one| {
            one.scopes
                .iter()
                .any(|scope| covers(scope, &image.reference))
                && binds(one, image)
        });
        policy
            .signed_by
            .extend(covering.map(|one| one.name.clone()));
    }
    if registry.images.is_empty() {
        let listed = |list: &[String]| list.iter().find(|entry| **entry == registry.name).cloned();
        policy.insecure = listed(&places.sources.insecure);
        policy.blocked = listed(&places.sources.blocked);
        policy.allowed = listed(&places.sources.allowed);
    }
    if let Ok(Some(config)) = &input.config.image_config {
        let internal = config.internal_registry.as_deref();
        let uses = registry.images.iter().flat_map(|image| &image.uses);
        policy.import_refused = uses.filter(|one| one.role == Role::Imports).any(|one| {
            let admission = import_admission(
                &config.allowed_for_import,
                internal,
                &registry.name,
                one.insecure,
                ImportCheck::StreamTag,
            );
            matches!(
                admission,
                ImportAdmission::Refused { .. } | ImportAdmission::Broken { .. }
            )
        });
    }
    policy
}

/// An ImagePolicy binds the pods of its namespace.
fn binds(policy: &SignaturePolicy, image: &Image) -> bool {
    let Some(namespace) = &policy.namespace else {
        return true;
    };
    image.uses.iter().any(|one| one.by.namespace == *namespace)
}

/// Whether the scope of a signature policy covers an image (openshift/api `config/v1/types_image_policy.go` `ImageScope`).
fn covers(scope: &str, reference: &ImageReference) -> bool {
    if let Some(domain) = scope.strip_prefix("*.") {
        let host = reference.registry().split(':').next().unwrap_or_default();
        return host
            .strip_suffix(domain)
            .is_some_and(|rest| rest.ends_with('.'));
    }
    let full = reference.to_string();
    full.strip_prefix(scope)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':', '@']))
        && (scope.contains('/') || scope == reference.registry())
}

//! What the cluster's configuration says on an image: lists of registries, mirrors, platforms of the nodes.

use super::Seen;
use crate::doctor::evidence::{
    Check, Fact, MirrorPlan, MirrorTrial, PolicyDecision, PolicyFact, TrialOutcome,
};
use crate::model::image::ImageReference;
use crate::model::mirrors::{self, ImageLocation, Place, RegistriesConf};
use crate::model::platform::Platform;
use crate::model::policy::{
    Access, ImportAdmission, ImportCheck, RegistrySources, import_access, import_admission,
    import_insecure, node_access, node_insecure,
};
use crate::model::view::{ClusterConfigView, ImageConfig, Missing};

/// An image as the mirror and policy code wants it.
pub fn location(image: &ImageReference) -> ImageLocation<'_> {
    ImageLocation {
        registry: image.registry(),
        repository: image.repository(),
        tag: image.tag(),
        digest: image.digest(),
    }
}

/// Whether the cluster has OpenShift's configuration of registries at all.
pub fn is_openshift(config: &ClusterConfigView) -> bool {
    !matches!(
        config.image_config,
        Err(Missing::NotServed(_) | Missing::NotAsked)
    )
}

/// `image.config`, empty where the object does not exist.
fn sources(config: &ClusterConfigView) -> Result<RegistrySources, &Missing> {
    config.image_config.as_ref().map(|found| {
        found
            .as_ref()
            .map(|image: &ImageConfig| image.sources.clone())
            .unwrap_or_default()
    })
}

fn conf(config: &ClusterConfigView) -> RegistriesConf {
    sources(config)
        .unwrap_or_default()
        .registries_conf(&config.mirror_rules())
}

/// Whether the lists of image.config let the nodes have the image.
pub fn policy(config: &ClusterConfigView, image: &ImageReference) -> Seen {
    let mut seen = Seen::default();
    let sources = match sources(config) {
        Ok(sources) => sources,
        Err(why) => {
            seen.unread(Check::Policy, why);
            return seen;
        }
    };
    let (conf, location) = (conf(config), location(image));
    let decision = match node_access(&sources, &conf, &location) {
        Access::Open | Access::Allowed { .. } => PolicyDecision::Allowed,
        Access::NotAllowed { .. } => PolicyDecision::NotAllowed {
            allowed: sources.allowed.clone(),
        },
        Access::Blocked { entry, .. } => blocked(&sources, entry),
    };
    seen.facts.push(Fact::Policy(PolicyFact {
        decision,
        insecure: node_insecure(&conf, &location).map(|by| by.entry),
    }));
    seen
}

fn blocked(sources: &RegistrySources, entry: String) -> PolicyDecision {
    PolicyDecision::Blocked {
        place: sources.blocked.iter().position(|listed| *listed == entry),
        entry,
    }
}

/// Whether the API server imports from the registry: `allowedRegistriesForImport`, and `blockedRegistries`, which it reads as
/// well. `allowedRegistries` does not bind imports. `insecure` is the import policy's.
pub fn import_policy(config: &ClusterConfigView, image: &ImageReference, insecure: bool) -> Seen {
    let mut seen = Seen::default();
    let found = match &config.image_config {
        Ok(found) => found.clone().unwrap_or_default(),
        Err(why) => {
            seen.unread(Check::Policy, why);
            return seen;
        }
    };
    let conf = conf(config);
    let registry = image.registry();
    let admission = import_admission(
        &found.allowed_for_import,
        found.internal_registry.as_deref(),
        registry,
        insecure,
        ImportCheck::StreamTag,
    );
    let decision = match (import_access(&conf, registry), admission) {
        (Access::Blocked { entry, .. }, _) => blocked(&found.sources, entry),
        (_, ImportAdmission::Refused { .. } | ImportAdmission::Broken { .. }) => {
            PolicyDecision::NotAllowedForImport {
                allowed: found
                    .allowed_for_import
                    .iter()
                    .map(|allowed| allowed.domain_name.clone())
                    .collect(),
            }
        }
        _ => PolicyDecision::Allowed,
    };
    seen.facts.push(Fact::Policy(PolicyFact {
        decision,
        insecure: import_insecure(&conf, registry).map(str::to_owned),
    }));
    seen
}

/// Where the nodes ask.
pub struct Places {
    pub seen: Seen,
    /// Mirrors that are asked, in order.
    pub mirrors: Vec<Place>,
    /// Whether the source is asked.
    pub source: bool,
    /// The source is listed in `insecureRegistries`.
    pub insecure: bool,
}

/// The mirrors of an image and whether its source is asked.
pub fn places(config: &ClusterConfigView, image: &ImageReference) -> Places {
    let mut places = Places {
        seen: Seen::default(),
        mirrors: Vec::new(),
        source: true,
        insecure: node_insecure(&conf(config), &location(image)).is_some(),
    };
    // An ImageContentSourcePolicy is about pulls by digest and nothing else. The other two may keep every pull from the
    // source (`NeverContactSource`).
    let by_digest = image.digest().is_some();
    let lists = [
        (&config.digest_mirrors, true),
        (&config.tag_mirrors, true),
        (&config.content_source_policies, by_digest),
    ];
    // Older clusters lack one or two of the kinds; what they have counts.
    let lacking = lists
        .iter()
        .filter(|(_, concerned)| *concerned)
        .filter_map(|(list, _)| list.as_ref().err());
    for why in lacking.filter(|why| !matches!(why, Missing::NotServed(_) | Missing::NotAsked)) {
        places.seen.unread(Check::Mirror, why);
    }
    if lists.iter().all(|(list, _)| list.is_err()) {
        return places;
    }
    match mirrors::places(&conf(config), &location(image)) {
        Ok(found) => {
            let (mirrors, sources): (Vec<Place>, Vec<Place>) =
                found.into_iter().partition(|place| place.is_mirror);
            places.source = sources.iter().any(|place| place.blocked.is_none());
            places.mirrors = mirrors
                .into_iter()
                .filter(|place| place.blocked.is_none())
                .collect();
            places.seen.facts.push(Fact::MirrorPlan(MirrorPlan {
                mirrors: names(&places.mirrors),
                source_allowed: places.source || places.mirrors.is_empty(),
            }));
            // A source that is blocked without any mirror to stand in for it is the policy's business.
            if places.mirrors.is_empty() {
                places.source = true;
            }
        }
        Err(wrong) => {
            // The whole pull fails, whatever the source has.
            places.source = false;
            places.seen.facts.extend([
                Fact::MirrorPlan(MirrorPlan {
                    mirrors: vec![wrong.mirror.clone()],
                    source_allowed: false,
                }),
                Fact::MirrorTrial(MirrorTrial {
                    place: 0,
                    mirror: wrong.mirror.clone(),
                    outcome: TrialOutcome::Failed {
                        cause: crate::doctor::causes::Cause::Mirror,
                        summary: wrong.to_string(),
                    },
                }),
            ]);
        }
    }
    places
}

fn names(places: &[Place]) -> Vec<String> {
    places
        .iter()
        .map(|place| format!("{}/{}", place.registry, place.repository))
        .collect()
}

/// The platforms that the image must be for, and where they came from.
pub fn platforms(
    flag: Option<&Platform>,
    config: Option<&ClusterConfigView>,
) -> (Vec<Platform>, &'static str, Seen) {
    let mut seen = Seen::default();
    if let Some(platform) = flag {
        return (vec![platform.clone()], "--platform", seen);
    }
    match config.map(|config| &config.nodes) {
        None => (vec![Platform::of_this_machine()], "this machine", seen),
        Some(Ok(nodes)) if nodes.is_empty() => {
            (vec![Platform::of_this_machine()], "this machine", seen)
        }
        Some(Ok(nodes)) => {
            let mut platforms: Vec<Platform> = nodes
                .iter()
                .map(|node| Platform {
                    os: node.os.clone(),
                    architecture: node.architecture.clone(),
                    variant: None,
                })
                .collect();
            platforms.sort();
            platforms.dedup();
            (platforms, "the nodes", seen)
        }
        Some(Err(why)) => {
            let mut skip = super::unread(Check::Platform, why);
            skip.detail.push_str("; --platform says what the nodes are");
            seen.skips.push(skip);
            (Vec::new(), "the nodes", seen)
        }
    }
}

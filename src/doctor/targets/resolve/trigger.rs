//! Image triggers: which image stream tag is put into a container.

use serde_json::Value;

use super::StreamTagName;
use crate::doctor::targets::world::Name;
use crate::model::view::{ContainerKind, Workload};

/// The tag that a trigger puts into a container: `image.openshift.io/triggers`, in which the triggers of a DeploymentConfig
/// are read as well (library-go `pkg/image/trigger`). A field path names the container, or its place in its list.
pub(super) fn trigger_of(workload: &Workload, container: &str) -> Option<StreamTagName> {
    let namespace = workload.object.namespace.as_deref().unwrap_or_default();
    let parsed: Value = serde_json::from_str(workload.image_triggers.as_deref()?).ok()?;
    let ends = path_ends(workload, container);
    parsed.as_array()?.iter().find_map(|trigger| {
        let path = trigger["fieldPath"].as_str()?;
        if trigger["paused"] == true || !ends.iter().any(|end| path.ends_with(end.as_str())) {
            return None;
        }
        let from = &trigger["from"];
        if from["kind"] != "ImageStreamTag" {
            return None;
        }
        let name = from["name"].as_str()?;
        let (name, tag) = name.split_once(':').unwrap_or((name, "latest"));
        Some(StreamTagName {
            namespace: from["namespace"]
                .as_str()
                .filter(|other| !other.is_empty())
                .unwrap_or(namespace)
                .to_owned(),
            name: name.to_owned(),
            tag: tag.to_owned(),
        })
    })
}

/// How field paths that mean the container end.
fn path_ends(workload: &Workload, container: &str) -> Vec<String> {
    let mut ends = vec![
        format!("[?(@.name==\"{container}\")].image"),
        format!("[?(@.name=='{container}')].image"),
    ];
    for (kind, list) in [
        (ContainerKind::Regular, "containers"),
        (ContainerKind::Init, "initContainers"),
    ] {
        let mut of_kind = workload.containers.iter().filter(|one| one.kind == kind);
        let place = of_kind.position(|one| one.name == container);
        ends.extend(place.map(|place| format!(".{list}[{place}].image")));
    }
    ends
}

/// The streams that the triggers of a workload name, for reading those of other namespaces.
pub(in crate::doctor::targets) fn trigger_streams(workload: &Workload) -> Vec<Name> {
    workload
        .containers
        .iter()
        .filter_map(|container| trigger_of(workload, &container.name))
        .map(|tag| (tag.namespace, tag.name))
        .collect()
}

//! What pod specifications and pods say about images and accounts.

use serde_json::Value;

use super::Object;
use crate::model::kinds::{self, Kind};

/// Where the pod's spec stands in an object of this kind.
pub fn template_of(kind: Kind) -> &'static str {
    match kind {
        kinds::POD => "/spec",
        kinds::CRON_JOB => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    }
}

/// The account that a pod spec names; `default` when it names none.
pub fn account_of(object: &Object, spec: &str) -> String {
    let named = object.text(&format!("{spec}/serviceAccountName"));
    let older = object.text(&format!("{spec}/serviceAccount"));
    [named, older]
        .into_iter()
        .find(|name| !name.is_empty())
        .unwrap_or("default")
        .to_owned()
}

/// Names and images of all containers of a pod spec, and of the volumes that are images.
pub fn images<'a>(object: &'a Object, spec: &str) -> Vec<(&'a str, &'a str)> {
    let text = |value: &'a Value, pointer: &str| value.pointer(pointer).and_then(Value::as_str);
    let lists = [
        ("initContainers", "/image"),
        ("containers", "/image"),
        ("ephemeralContainers", "/image"),
        ("volumes", "/image/reference"),
    ];
    lists
        .iter()
        .flat_map(|(list, image)| {
            object
                .items(&format!("{spec}/{list}"))
                .iter()
                .filter_map(move |entry| {
                    Some((
                        text(entry, "/name").unwrap_or_default(),
                        text(entry, image)?,
                    ))
                })
        })
        .collect()
}

/// Whether the node has had the image of this container. The kubelet fills `imageID` once it is there, and a container
/// that runs or ran has it; one that waits in a crash loop did run.
pub fn has_image(pod: &Object, container: &str) -> bool {
    [
        "initContainerStatuses",
        "containerStatuses",
        "ephemeralContainerStatuses",
    ]
    .iter()
    .flat_map(|list| pod.items(&format!("/status/{list}")))
    .filter(|status| status["name"] == container)
    .any(|status| {
        let started = ["running", "terminated"]
            .iter()
            .any(|state| status["state"].get(state).is_some());
        started || status["imageID"].as_str().is_some_and(|id| !id.is_empty())
    })
}

/// Whether an image of this pod, out of those that `counts` picks, is still to be pulled. An image that is a volume is
/// there when any container started.
pub fn waits_for(pod: &Object, counts: impl Fn(&str) -> bool) -> bool {
    let images = images(pod, "/spec");
    let any_started = images.iter().any(|(name, _)| has_image(pod, name));
    let volumes: Vec<&str> = pod
        .items("/spec/volumes")
        .iter()
        .filter_map(|volume| volume["name"].as_str())
        .collect();
    images
        .iter()
        .filter(|(_, image)| counts(image))
        .any(|(name, _)| {
            if volumes.contains(name) {
                !any_started
            } else {
                !has_image(pod, name)
            }
        })
}

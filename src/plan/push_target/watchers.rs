//! Who lived by what builds pushed until now: triggers on an image stream tag, tags that follow it, and everything that names
//! the image. They keep what they have, and nothing tells them that the new images are elsewhere.
//!
//! Looks at objects as they are; which of them were read is for the caller to say.

use serde_json::Value;

use crate::model::image::ImageReference;
use crate::model::kinds::{self, Kind, ObjectRef};
use crate::plan::{Object, pod};

/// Where builds pushed until now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Old {
    Tag(OldTag),
    Image(ImageReference),
}

/// An image stream tag, and the names that the integrated registry has for its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldTag {
    pub namespace: String,
    pub stream: String,
    pub tag: String,
    /// `HOST[:PORT]/NAMESPACE/STREAM`, by each name.
    pub repositories: Vec<String>,
    /// Workloads of the namespace may name the tag by itself (`lookupPolicy.local`).
    pub local_lookup: bool,
}

/// The kinds that are looked at.
pub const KINDS: [Kind; 8] = [
    kinds::BUILD_CONFIG,
    kinds::IMAGE_STREAM,
    kinds::DEPLOYMENT,
    kinds::STATEFUL_SET,
    kinds::DAEMON_SET,
    kinds::CRON_JOB,
    kinds::DEPLOYMENT_CONFIG,
    kinds::REPLICA_SET,
];

/// The template annotation that makes short names stand for image stream tags (openshift apiserver-library-go
/// `pkg/admission/imagepolicy`).
const RESOLVE_NAMES: &str = "alpha.image.policy.openshift.io~1resolve-names";
/// The triggers of workloads other than DeploymentConfigs (library-go `pkg/image/trigger`).
const TRIGGERS: &str = "image.openshift.io/triggers";

/// One that used it, and how: `is triggered by it`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Watcher {
    pub object: ObjectRef,
    pub how: String,
}

impl Old {
    /// The output of a BuildConfig as it was read; `None` where it has none, or one that is no image. `stream` gives the
    /// image stream of a namespace.
    pub fn of<'a>(
        config: &Object,
        stream: impl Fn(&str, &str) -> Option<&'a Object>,
    ) -> Option<Self> {
        let name = config.text("/spec/output/to/name");
        match config.text("/spec/output/to/kind") {
            "DockerImage" => ImageReference::parse(name).ok().map(Self::Image),
            "ImageStreamTag" => {
                let namespace = match config.text("/spec/output/to/namespace") {
                    "" => config.namespace(),
                    other => other,
                };
                let (name, tag) = split(name);
                let stream = stream(namespace, name);
                let text = |field: &str| stream.map_or("", |stream| stream.text(field));
                let repositories = ["dockerImageRepository", "publicDockerImageRepository"];
                Some(Self::Tag(OldTag {
                    namespace: namespace.to_owned(),
                    stream: name.to_owned(),
                    tag: tag.to_owned(),
                    repositories: repositories
                        .iter()
                        .map(|field| text(&format!("/status/{field}")))
                        .filter(|name| !name.is_empty())
                        .map(str::to_owned)
                        .collect(),
                    local_lookup: stream.is_some_and(|stream| {
                        stream.value().pointer("/spec/lookupPolicy/local")
                            == Some(&Value::Bool(true))
                    }),
                }))
            }
            _ => None,
        }
    }
}

impl std::fmt::Display for Old {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tag(tag) => write!(
                f,
                "image stream tag {}/{}:{}",
                tag.namespace, tag.stream, tag.tag
            ),
            Self::Image(image) => write!(f, "{image}"),
        }
    }
}

/// Everybody among `objects` who uses `old`, in the order of their names.
pub fn watchers(old: &Old, objects: &[(Kind, Object)]) -> Vec<Watcher> {
    let mut found: Vec<Watcher> = objects
        .iter()
        .filter_map(|(kind, object)| {
            let how = match *kind {
                kinds::BUILD_CONFIG => by_build_config(old, object),
                kinds::IMAGE_STREAM => by_stream(old, object),
                // Made by a Deployment, which is looked at itself.
                kinds::REPLICA_SET if !object.items("/metadata/ownerReferences").is_empty() => None,
                kind => by_workload(old, kind, object),
            }?;
            Some(Watcher {
                object: kind.object(Some(object.namespace()), object.name()),
                how,
            })
        })
        .collect();
    found.sort();
    found
}

fn split(name: &str) -> (&str, &str) {
    name.split_once(':').unwrap_or((name, "latest"))
}

/// Whether a reference of an object in `namespace` means it.
fn means(old: &Old, reference: &Value, namespace: &str) -> bool {
    let text = |field: &str| {
        reference
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    match (text("kind"), old) {
        ("ImageStreamTag", Old::Tag(tag)) => {
            let own = match text("namespace") {
                "" => namespace,
                other => other,
            };
            own == tag.namespace && split(text("name")) == (tag.stream.as_str(), tag.tag.as_str())
        }
        ("DockerImage", old) => is_image(old, text("name")),
        _ => false,
    }
}

/// Whether the name of an image means it; by the integrated registry's names where it is a tag.
fn is_image(old: &Old, text: &str) -> bool {
    let Ok(image) = ImageReference::parse(text) else {
        return false;
    };
    if image.digest().is_some() {
        return false;
    }
    match old {
        Old::Image(old) => old.name() == image.name() && old.selector() == image.selector(),
        Old::Tag(tag) => tag.repositories.contains(&image.name()) && tag.tag == image.selector(),
    }
}

fn by_build_config(old: &Old, config: &Object) -> Option<String> {
    let namespace = config.namespace();
    let strategy = config.value().pointer("/spec/strategy")?;
    let base = ["sourceStrategy", "dockerStrategy", "customStrategy"]
        .iter()
        .find_map(|name| strategy.get(name)?.get("from"));
    let takes_base = base.is_some_and(|from| means(old, from, namespace));
    let triggered = config.items("/spec/triggers").iter().any(|trigger| {
        let Some(change) = trigger.get("imageChange") else {
            return false;
        };
        // Without a reference of its own the trigger is on the base image (openshift/api `build/v1` `ImageChangeTrigger`).
        match change.get("from").filter(|from| from.is_object()) {
            Some(from) => means(old, from, namespace),
            None => takes_base,
        }
    });
    let takes_source = config.items("/spec/source/images").iter().any(|image| {
        image
            .get("from")
            .is_some_and(|from| means(old, from, namespace))
    });
    if triggered {
        Some("is built anew when it changes".to_owned())
    } else if takes_base {
        Some("takes its base image from it".to_owned())
    } else if takes_source {
        Some("takes files from it".to_owned())
    } else {
        None
    }
}

fn by_stream(old: &Old, stream: &Object) -> Option<String> {
    let namespace = stream.namespace();
    let tags: Vec<&str> = stream
        .items("/spec/tags")
        .iter()
        .filter(|tag| {
            let Some(from) = tag.get("from") else {
                return false;
            };
            // Inside one stream a tag is followed by its bare name.
            let bare = match old {
                Old::Tag(old) => {
                    from["kind"] == "ImageStreamTag"
                        && from["name"] == old.tag.as_str()
                        && stream.name() == old.stream
                        && namespace == old.namespace
                }
                Old::Image(_) => false,
            };
            bare || means(old, from, namespace)
        })
        .filter_map(|tag| tag.get("name").and_then(Value::as_str))
        .collect();
    match (tags.as_slice(), old) {
        ([], _) => None,
        (tags, Old::Tag(_)) => Some(format!("follows it with its tag {}", tags.join(", "))),
        (tags, Old::Image(_)) => Some(format!("imports it into its tag {}", tags.join(", "))),
    }
}

fn by_workload(old: &Old, kind: Kind, workload: &Object) -> Option<String> {
    let namespace = workload.namespace();
    if let Some(containers) = triggered(old, kind, workload) {
        return Some(match containers.as_slice() {
            [] => "is rolled out when it changes".to_owned(),
            names => format!(
                "is rolled out when it changes (container {})",
                names.join(", ")
            ),
        });
    }
    let template = pod::template_of(kind);
    // `/spec/template/spec` has its metadata beside it.
    let metadata = template.strip_suffix("/spec").unwrap_or_default();
    let annotation = format!("{metadata}/metadata/annotations/{RESOLVE_NAMES}");
    let resolves =
        |tag: &OldTag| tag.local_lookup || workload.value().pointer(&annotation).is_some();
    let by_short_name = |image: &str| match old {
        Old::Tag(tag) => {
            namespace == tag.namespace
                && split(image) == (tag.stream.as_str(), tag.tag.as_str())
                && resolves(tag)
        }
        Old::Image(_) => false,
    };
    pod::images(workload, template)
        .iter()
        .any(|(_, image)| is_image(old, image) || by_short_name(image))
        .then(|| "runs it by name".to_owned())
}

/// The containers that a trigger on the tag fills in; `None` where there is no such trigger.
fn triggered(old: &Old, kind: Kind, workload: &Object) -> Option<Vec<String>> {
    let namespace = workload.namespace();
    if kind == kinds::DEPLOYMENT_CONFIG {
        return workload.items("/spec/triggers").iter().find_map(|trigger| {
            let change = trigger.get("imageChangeParams")?;
            means(old, change.get("from")?, namespace).then(|| {
                let names = change.get("containerNames").and_then(Value::as_array);
                let names = names.into_iter().flatten();
                names
                    .filter_map(|name| name.as_str().map(str::to_owned))
                    .collect()
            })
        });
    }
    let triggers: Value = serde_json::from_str(workload.annotation(TRIGGERS)?).ok()?;
    let paths: Vec<&str> = triggers
        .as_array()?
        .iter()
        .filter(|trigger| {
            trigger
                .get("from")
                .is_some_and(|from| means(old, from, namespace))
        })
        .map(|trigger| trigger["fieldPath"].as_str().unwrap_or_default())
        .collect();
    (!paths.is_empty()).then(|| paths.iter().filter_map(|path| container_of(path)).collect())
}

/// The container's name in a field path: `spec.template.spec.containers[?(@.name=="web")].image`.
fn container_of(path: &str) -> Option<String> {
    let quoted = path.split(['"', '\'']).nth(1)?;
    Some(quoted.to_owned())
}

#[cfg(test)]
mod tests;

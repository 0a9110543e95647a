//! From the image that an object names to the image that is really pulled: image stream tags, triggers, short names that
//! stand for tags, and names of the integrated registry.
//!
//! Asks nobody. The rules are those of library-go `pkg/image/imageutil` `ResolveLatestTaggedImage`, which openshift-apiserver,
//! the build controller and the trigger controllers share.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::ground::{Ground, MOST_HOPS, Stream, note};
use super::streams;
use super::world::Name;
use crate::doctor::ask::{Ask, NotAsked};
use crate::doctor::evidence::{Check, Evidence, Fact, ResolvedFact, Status};
use crate::doctor::probes::credentials::Sources;
use crate::doctor::target::{Consumer, Operation, TargetRef};
use crate::model::image::ImageReference;
use crate::model::view::{BuildImage, ImageStream, StreamTag, TagItem, Workload};

/// The template annotation that makes short names stand for image stream tags (openshift-apiserver and library-go
/// `pkg/image/...`; kept `alpha` to this day).
const RESOLVE_NAMES: &str = "alpha.image.policy.openshift.io/resolve-names";
/// What the integrated registry is called inside the cluster, in OpenShift 4 and 3, where no configuration tells.
const INTEGRATED: [&str; 4] = [
    "image-registry.openshift-image-registry.svc:5000",
    "image-registry.openshift-image-registry.svc.cluster.local:5000",
    "docker-registry.default.svc:5000",
    "docker-registry.default.svc.cluster.local:5000",
];

/// What becomes of a name before any registry is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resolution {
    /// What is asked for; as written where nothing resolves it.
    pub(super) image: String,
    pub(super) fact: Option<ResolvedFact>,
    /// The image stream tag that it went through.
    pub(super) stream: Option<StreamTagName>,
    pub(super) place: Place,
}

/// Where the image is to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// In the registry that `image` names.
    Registry,
    /// In the integrated registry itself, which is reached from inside the cluster. In words.
    Integrated(String),
    /// The integrated registry fetches it from `image` when it is asked, with the secrets of the stream's namespace.
    PassedThrough { namespace: String, insecure: bool },
    /// Nowhere yet: the import of `image` into this namespace, which should have brought it, has not.
    NotImported { namespace: String, insecure: bool },
    /// It cannot be told what would be asked for. In words.
    Unknown(String),
}

/// An image stream tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StreamTagName {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) tag: String,
}

impl fmt::Display for StreamTagName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "image stream tag {}/{}:{}",
            self.namespace, self.name, self.tag
        )
    }
}

/// What an object would ask for, with what it has for it.
pub(super) struct Asked {
    pub(super) operation: Operation,
    pub(super) consumer: Consumer,
    pub(super) sources: Arc<Sources>,
    /// How it is wired; these do not count where the import is what has to be asked about.
    pub(super) facts: Vec<Fact>,
    pub(super) unread: Vec<Evidence>,
}

impl Resolution {
    /// As written.
    pub(super) fn plain(image: &str) -> Self {
        Self {
            image: image.to_owned(),
            fact: None,
            stream: None,
            place: Place::Registry,
        }
    }

    /// The question that follows. Where the image comes by way of an import, or of the integrated registry's own fetching,
    /// that is what is asked about, with the secrets of the stream's namespace.
    pub(super) fn into_ask(self, ground: &Ground<'_>, target: TargetRef, asked: Asked) -> Ask {
        let mut ask = match &self.place {
            Place::PassedThrough {
                namespace,
                insecure,
            }
            | Place::NotImported {
                namespace,
                insecure,
            } => streams::import_ask(ground, target, namespace, &self.image, *insecure),
            place => {
                let not_asked = match place {
                    Place::Integrated(why) => Some(NotAsked::OutOfReach(why.clone())),
                    Place::Unknown(why) => Some(NotAsked::Unresolved(why.clone())),
                    _ => None,
                };
                Ask {
                    sources: asked.sources,
                    facts: asked.facts,
                    unread: asked.unread,
                    not_asked,
                    ..Ask::new(target, self.image.clone(), asked.operation, asked.consumer)
                }
            }
        };
        match &self.place {
            Place::PassedThrough { namespace, .. } => ask.notes.push(note(
                Check::Mirror,
                Status::Pass,
                format!(
                    "the integrated registry fetches it from there, with the secrets of the namespace {namespace}"
                ),
            )),
            Place::NotImported { .. } => ask.notes.push(note(
                Check::Wiring,
                Status::Warn,
                match &self.stream {
                    Some(tag) => format!("the {tag} has no image: nothing is pulled before its import succeeds"),
                    None => "nothing is pulled before the import succeeds".to_owned(),
                },
            )),
            _ => {}
        }
        if !matches!(self.place, Place::Unknown(_)) {
            ask.facts.extend(self.fact.map(Fact::Resolved));
        }
        ask
    }
}

/// The image of a container as the API server and the nodes take it. `resolves_names`: the pod or template carries the
/// annotation by which every short name stands for an image stream tag of the namespace.
pub(super) fn image(
    ground: &Ground<'_>,
    namespace: &str,
    text: &str,
    resolves_names: bool,
) -> Resolution {
    let Ok(parsed) = ImageReference::parse(text) else {
        return Resolution::plain(text);
    };
    if is_integrated(ground, parsed.registry()) {
        return in_integrated(ground, &parsed, text);
    }
    if parsed.names_registry() || text.contains('/') {
        return Resolution::plain(text);
    }
    // A short name: the admission plugin `image.openshift.io/ImagePolicy` looks for a stream of that name first.
    let (name, selector) = short_name(text);
    let Stream::Found(stream) = ground.stream(namespace, name) else {
        return Resolution::plain(text);
    };
    if !resolves_names && !stream.lookup_local {
        return Resolution::plain(text);
    }
    let mut found = match selector {
        Selector::Tag(tag) => self::tag(ground, namespace, name, tag),
        Selector::Digest(digest) => stream_image(ground, stream, digest),
    };
    if let Some(fact) = &mut found.fact {
        text.clone_into(&mut fact.from);
    }
    found
}

/// Whether short names in a workload's template stand for image stream tags.
pub(super) fn resolves_names(workload: &Workload) -> bool {
    workload
        .annotations
        .get(RESOLVE_NAMES)
        .is_some_and(|names| names == "*")
}

/// The image of a workload's container, by way of its trigger where it has one.
pub(super) fn workload_image(
    ground: &Ground<'_>,
    workload: &Workload,
    container: &str,
    text: &str,
) -> Resolution {
    let namespace = workload.object.namespace.as_deref().unwrap_or_default();
    let trigger = workload
        .image_triggers
        .as_deref()
        .and_then(|triggers| trigger_of(triggers, container, namespace));
    let Some(from) = trigger else {
        return image(ground, namespace, text, resolves_names(workload));
    };
    // The template is given the image when the trigger fires; until then it holds what its author wrote, or a blank.
    if is_blank(text) {
        let mut found = tag(ground, &from.namespace, &from.name, &from.tag);
        if let Some(fact) = &mut found.fact {
            fact.by = format!("its trigger on the {from}, which has not fired");
            "a blank".clone_into(&mut fact.from);
        }
        return found;
    }
    let mut found = image(ground, namespace, text, resolves_names(workload));
    found.fact.get_or_insert_with(|| ResolvedFact {
        from: format!("istag/{}:{}", from.name, from.tag),
        by: "its image trigger".to_owned(),
    });
    found.stream.get_or_insert(from);
    found
}

/// What people write where a trigger is to put the image.
fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// The tag that a trigger puts into a container: `image.openshift.io/triggers`, in which the triggers of a DeploymentConfig
/// are read as well (library-go `pkg/image/trigger`; a field path names the container or its place).
fn trigger_of(triggers: &str, container: &str, namespace: &str) -> Option<StreamTagName> {
    let parsed: Value = serde_json::from_str(triggers).ok()?;
    let named = [
        format!("[?(@.name==\"{container}\")].image"),
        format!("[?(@.name=='{container}')].image"),
    ];
    parsed.as_array()?.iter().find_map(|trigger| {
        let path = trigger["fieldPath"].as_str()?;
        if trigger["paused"] == true || !named.iter().any(|end| path.ends_with(end.as_str())) {
            return None;
        }
        let from = &trigger["from"];
        if from["kind"] != "ImageStreamTag" {
            return None;
        }
        let (name, tag) = from["name"].as_str()?.split_once(':')?;
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

/// The streams that the triggers of a workload name, for reading those of other namespaces.
pub(super) fn trigger_streams(workload: &Workload) -> Vec<Name> {
    let namespace = workload.object.namespace.as_deref().unwrap_or_default();
    let triggers = workload.image_triggers.as_deref().unwrap_or_default();
    workload
        .containers
        .iter()
        .filter_map(|container| trigger_of(triggers, &container.name, namespace))
        .map(|tag| (tag.namespace, tag.name))
        .collect()
}

/// The stream behind an image of the integrated registry by one of its usual names, or behind a short name in `namespace`.
pub(super) fn stream_of_image(text: &str, namespace: &str) -> Option<Name> {
    let parsed = ImageReference::parse(text).ok()?;
    if INTEGRATED.contains(&parsed.registry()) {
        let (namespace, name) = parsed.repository().split_once('/')?;
        return Some((namespace.to_owned(), name.to_owned()));
    }
    if parsed.names_registry() || text.contains('/') {
        return None;
    }
    Some((namespace.to_owned(), short_name(text).0.to_owned()))
}

/// What a BuildConfig or a tag of an image stream points at, seen from `namespace`.
pub(super) fn reference(ground: &Ground<'_>, namespace: &str, from: &BuildImage) -> Resolution {
    let other = from.namespace.as_deref().unwrap_or(namespace);
    match from.kind.as_str() {
        "ImageStreamTag" => match from.name.split_once(':') {
            Some((name, tag)) => self::tag(ground, other, name, tag),
            None => unknown(&from.name, "it names no tag"),
        },
        "ImageStreamImage" => match from.name.split_once('@') {
            Some((name, digest)) => match ground.stream(other, name) {
                Stream::Found(stream) => stream_image(ground, stream, digest),
                state => unknown(&from.name, &stream_words(&state, other, name)),
            },
            None => unknown(&from.name, "it names no digest"),
        },
        _ => {
            let parsed = ImageReference::parse(&from.name).ok();
            match parsed.filter(|parsed| is_integrated(ground, parsed.registry())) {
                Some(parsed) => in_integrated(ground, &parsed, &from.name),
                None => Resolution::plain(&from.name),
            }
        }
    }
}

/// The newest image of an image stream tag, or what would bring it.
pub(super) fn tag(ground: &Ground<'_>, namespace: &str, name: &str, tag: &str) -> Resolution {
    let start = StreamTagName {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        tag: tag.to_owned(),
    };
    let from = format!("istag/{name}:{tag}");
    let mut at = start.clone();
    for _ in 0..MOST_HOPS {
        let stream = match ground.stream(&at.namespace, &at.name) {
            Stream::Found(stream) => stream,
            state => return unknown(&from, &stream_words(&state, &at.namespace, &at.name)),
        };
        let Some(found) = stream.tag(&at.tag) else {
            return unknown(&from, &format!("the {at} does not exist"));
        };
        let resolved = |image: &str, place| Resolution {
            image: image.to_owned(),
            fact: Some(ResolvedFact {
                from: from.clone(),
                by: start.to_string(),
            }),
            stream: Some(at.clone()),
            place,
        };
        if let Some(item) = found.items.first() {
            let (image, place) = newest(ground, stream, found, item);
            return resolved(&image, place);
        }
        match &found.from {
            Some(from) if from.kind == "DockerImage" && found.is_reference => {
                return resolved(&from.name, Place::Registry);
            }
            Some(from) if from.kind == "DockerImage" => {
                let place = Place::NotImported {
                    namespace: at.namespace.clone(),
                    insecure: found.insecure || stream.insecure_annotation,
                };
                return resolved(&from.name, place);
            }
            Some(from) => match followed(&at, from) {
                Some(next) => at = next,
                None => return reference(ground, &at.namespace, from),
            },
            None => {
                return unknown(
                    &start.to_string(),
                    &format!("nothing was pushed to the {at}"),
                );
            }
        }
    }
    unknown(&from, "its tags point at one another in a circle")
}

/// The tag that another tag follows. Inside one stream it goes by its bare name.
pub(super) fn followed(at: &StreamTagName, from: &BuildImage) -> Option<StreamTagName> {
    if from.kind != "ImageStreamTag" {
        return None;
    }
    let namespace = from.namespace.as_ref().unwrap_or(&at.namespace).clone();
    let (name, tag) = match from.name.split_once(':') {
        Some((name, tag)) => (name.to_owned(), tag.to_owned()),
        None => (at.name.clone(), from.name.clone()),
    };
    Some(StreamTagName {
        namespace,
        name,
        tag,
    })
}

/// Where consumers are sent for the newest image of a tag: to its source, or with the reference policy `Local` to the
/// integrated registry.
fn newest(
    ground: &Ground<'_>,
    stream: &ImageStream,
    tag: &StreamTag,
    item: &TagItem,
) -> (String, Place) {
    let insecure = tag.insecure || stream.insecure_annotation;
    let source = &item.docker_image_reference;
    let inside =
        ImageReference::parse(source).is_ok_and(|source| is_integrated(ground, source.registry()));
    if inside {
        return (source.clone(), Place::Integrated(out_of_reach(ground)));
    }
    let local = tag.reference_policy == "Local" && stream.repository.is_some();
    if local && !item.image.is_empty() {
        let place = Place::PassedThrough {
            namespace: stream.namespace.clone(),
            insecure,
        };
        return (source.clone(), place);
    }
    (source.clone(), Place::Registry)
}

fn stream_image(ground: &Ground<'_>, stream: &ImageStream, digest: &str) -> Resolution {
    let from = format!("isimage/{}@{digest}", stream.name);
    let found = stream.tags.iter().find_map(|tag| {
        let item = tag
            .items
            .iter()
            .find(|item| is_image(&item.image, digest))?;
        Some((tag, item))
    });
    let Some((tag, item)) = found else {
        let words = format!(
            "the image stream {}/{} has no such image",
            stream.namespace, stream.name
        );
        return unknown(&from, &words);
    };
    let inside = ImageReference::parse(&item.docker_image_reference)
        .is_ok_and(|source| is_integrated(ground, source.registry()));
    Resolution {
        image: item.docker_image_reference.clone(),
        fact: Some(ResolvedFact {
            from,
            by: format!("the image stream {}/{}", stream.namespace, stream.name),
        }),
        stream: Some(StreamTagName {
            namespace: stream.namespace.clone(),
            name: stream.name.clone(),
            tag: tag.name.clone(),
        }),
        place: if inside {
            Place::Integrated(out_of_reach(ground))
        } else {
            Place::Registry
        },
    }
}

/// `DigestOrImageMatch` of library-go: a digest may be shortened.
fn is_image(image: &str, wanted: &str) -> bool {
    let hex = image.split_once(':').map_or(image, |(_, hex)| hex);
    !wanted.is_empty() && (image.starts_with(wanted) || hex.starts_with(wanted))
}

/// Whether a registry is the integrated one by a name that only the cluster knows. By its route it is a registry like others.
fn is_integrated(ground: &Ground<'_>, registry: &str) -> bool {
    let configured = ground
        .config
        .image_config
        .as_ref()
        .ok()
        .and_then(Option::as_ref)
        .and_then(|image| image.internal_registry.as_deref());
    configured == Some(registry) || INTEGRATED.contains(&registry)
}

/// An image by the integrated registry's name: the stream tells what is behind it.
fn in_integrated(ground: &Ground<'_>, parsed: &ImageReference, text: &str) -> Resolution {
    let integrated = Resolution {
        place: Place::Integrated(out_of_reach(ground)),
        ..Resolution::plain(text)
    };
    let Some((namespace, name)) = parsed
        .repository()
        .split_once('/')
        .filter(|(_, name)| !name.contains('/'))
    else {
        return integrated;
    };
    let Stream::Found(stream) = ground.stream(namespace, name) else {
        return integrated;
    };
    let found = match parsed.digest() {
        Some(digest) => stream.tags.iter().find_map(|tag| {
            let item = tag.items.iter().find(|item| item.image == digest)?;
            Some((tag, Some(item)))
        }),
        None => stream
            .tag(parsed.tag().unwrap_or("latest"))
            .map(|tag| (tag, tag.items.first())),
    };
    let Some((tag, item)) = found else {
        return integrated;
    };
    let insecure = tag.insecure || stream.insecure_annotation;
    let namespace = namespace.to_owned();
    let (image, place) = match (item, &tag.from) {
        (Some(item), _) => (
            &item.docker_image_reference,
            Place::PassedThrough {
                namespace: namespace.clone(),
                insecure,
            },
        ),
        (None, Some(from)) if from.kind == "DockerImage" => (
            &from.name,
            Place::NotImported {
                namespace: namespace.clone(),
                insecure,
            },
        ),
        (None, _) => return integrated,
    };
    let pushed =
        ImageReference::parse(image).is_ok_and(|source| is_integrated(ground, source.registry()));
    if pushed {
        return integrated;
    }
    let stream = StreamTagName {
        namespace,
        name: name.to_owned(),
        tag: tag.name.clone(),
    };
    Resolution {
        image: image.clone(),
        fact: Some(ResolvedFact {
            from: text.to_owned(),
            by: stream.to_string(),
        }),
        stream: Some(stream),
        place,
    }
}

fn out_of_reach(ground: &Ground<'_>) -> String {
    let words = "the integrated registry is reached from inside the cluster only";
    let route = ground
        .config
        .image_config
        .as_ref()
        .ok()
        .and_then(Option::as_ref)
        .and_then(|image| image.external_hostnames.first());
    match route {
        Some(host) => format!("{words} by this name; from outside it is {host}"),
        None => words.to_owned(),
    }
}

enum Selector<'a> {
    Tag(&'a str),
    Digest(&'a str),
}

fn short_name(text: &str) -> (&str, Selector<'_>) {
    if let Some((name, digest)) = text.split_once('@') {
        return (name, Selector::Digest(digest));
    }
    match text.split_once(':') {
        Some((name, tag)) => (name, Selector::Tag(tag)),
        None => (text, Selector::Tag("latest")),
    }
}

fn stream_words(state: &Stream<'_>, namespace: &str, name: &str) -> String {
    match state {
        Stream::Unread(why) => {
            format!("the image stream {namespace}/{name} could not be read: {why}")
        }
        _ => format!("the image stream {namespace}/{name} does not exist"),
    }
}

fn unknown(image: &str, why: &str) -> Resolution {
    Resolution {
        place: Place::Unknown(why.to_owned()),
        ..Resolution::plain(image)
    }
}

#[cfg(test)]
mod tests;

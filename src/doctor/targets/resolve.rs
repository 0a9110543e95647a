//! From the image that an object names to the image that is really pulled: image stream tags, triggers, short names that
//! stand for tags, and names of the integrated registry.
//!
//! Asks nobody. The rules are those of library-go `pkg/image/imageutil` `ResolveLatestTaggedImage`, which openshift-apiserver,
//! the build controller and the trigger controllers share.

use std::fmt;
use std::sync::Arc;

mod integrated;
mod tag;
mod trigger;

use super::ground::{Ground, Stream, note};
use super::streams;
use super::world::Name;
use crate::doctor::ask::{Ask, NotAsked};
use crate::doctor::evidence::{Check, Evidence, Fact, ResolvedFact, Status};
use crate::doctor::probes::credentials::Sources;
use crate::doctor::target::{Consumer, Operation, TargetRef};
use crate::model::image::ImageReference;
use crate::model::integrated::NAMES;
use crate::model::view::{BuildImage, Workload};

use integrated::{in_integrated, is_integrated};
use tag::stream_image;
pub(super) use tag::{followed, tag};
use trigger::trigger_of;
pub(super) use trigger::trigger_streams;

/// The template annotation that makes short names stand for image stream tags, `alpha` to this day (openshift
/// apiserver-library-go `pkg/admission/imagepolicy`).
const RESOLVE_NAMES: &str = "alpha.image.policy.openshift.io/resolve-names";

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
    /// The same, and the nodes found the name for it: the kubelet looks for credentials by the name as it was written, so that
    /// no secret of the pod's is for this registry.
    Searched,
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
                let by_nodes = matches!(place, Place::Searched);
                Ask {
                    sources: if by_nodes {
                        Arc::new(asked.sources.of_nodes())
                    } else {
                        asked.sources
                    },
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
    if parsed.names_registry() {
        return Resolution::plain(text);
    }
    if text.contains('/') {
        return searched(ground, text);
    }
    // A short name: the admission plugin `image.openshift.io/ImagePolicy` looks for a stream of that name first.
    let (name, selector) = short_name(text);
    let Stream::Found(stream) = ground.stream(namespace, name) else {
        return searched(ground, text);
    };
    if !resolves_names && !stream.lookup_local {
        return searched(ground, text);
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

/// A name without a registry, for which no stream stands: the nodes look for it in `containerRuntimeSearchRegistries`, one after
/// the other, and in Docker Hub only where it is listed (machine-config-operator `pkg/controller/container-runtime-config`
/// `updateSearchRegistriesConfig`). Without that list the nodes' own holds, which has Docker Hub.
pub(super) fn searched(ground: &Ground<'_>, text: &str) -> Resolution {
    let config = ground.config.image_config.as_ref().ok();
    let search = config
        .and_then(Option::as_ref)
        .map(|config| config.search.as_slice())
        .unwrap_or_default();
    match search {
        [] => Resolution::plain(text),
        [only] if only == "docker.io" => Resolution::plain(text),
        [only] => Resolution {
            image: format!("{only}/{text}"),
            fact: Some(ResolvedFact {
                from: text.to_owned(),
                by: "containerRuntimeSearchRegistries of image.config".to_owned(),
            }),
            place: Place::Searched,
            ..Resolution::plain(text)
        },
        several => unknown(
            text,
            &format!(
                "it names no registry, and the nodes look for it in {}: the first that has it is taken; write the registry in front",
                several.join(", then ")
            ),
        ),
    }
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
    let Some(from) = trigger_of(workload, container) else {
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

/// The stream behind an image of the integrated registry by one of its usual names, or behind a short name in `namespace`.
pub(super) fn stream_of_image(text: &str, namespace: &str) -> Option<Name> {
    let parsed = ImageReference::parse(text).ok()?;
    if NAMES.contains(&parsed.registry()) {
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

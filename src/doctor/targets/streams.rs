//! Image streams: what their tags import, with which secrets, and what came of it.
//!
//! An import is made by the API server with all docker secrets of the namespace, linked or not, and the nodes' own behind
//! them; the first match alone is sent. Sources: openshift-apiserver `pkg/image/apiserver/registry/imagesecret/rest.go`,
//! `pkg/image/apiserver/importer/staticcredentials.go`.

use std::sync::Arc;

use super::ground::{Ground, MOST_HOPS, Stream, note};
use super::observed::{self, Said};
use super::resolve::{StreamTagName, followed};
use super::world::Name;
use crate::doctor::ask::{Ask, NotAsked};
use crate::doctor::evidence::{
    Check, Fact, ListOrigin, ObservedFact, ObservedSource, ResolvedFact, Role, Status, WiringFact,
};
use crate::doctor::probes::credentials::Sources;
use crate::doctor::target::{Consumer, Operation, TargetRef};
use crate::model::image::ImageReference;
use crate::model::kinds;
use crate::model::message::Runtime;
use crate::model::view::{ImageStream, StreamTag};

/// The questions on an image stream: one for each tag that is imported, and for a whole repository that it follows. A tag
/// that only follows another tag of the same stream is answered there.
pub(super) fn asks(ground: &Ground<'_>, stream: &ImageStream) -> Vec<Ask> {
    let mut asks: Vec<Ask> = stream
        .tags
        .iter()
        .filter(|tag| {
            tag.from.as_ref().is_some_and(|from| {
                let own = from.kind == "ImageStreamTag"
                    && followed(&name_of(stream, tag), from).is_some_and(|next| {
                        next.namespace == stream.namespace && next.name == stream.name
                    });
                !own && !tag.is_reference && from.kind != "ImageStreamImage"
            })
        })
        .map(|tag| tag_ask(ground, stream, tag))
        .collect();
    asks.extend(whole_repository(ground, stream));
    if asks.is_empty() {
        let words = "none of its tags is imported";
        asks.push(nothing_to_ask(stream_target(stream), stream, words));
    }
    asks
}

/// The question on one tag, whatever it is.
pub(super) fn tag_ask(ground: &Ground<'_>, stream: &ImageStream, tag: &StreamTag) -> Ask {
    let start = name_of(stream, tag);
    let target = TargetRef::Object {
        object: kinds::IMAGE_STREAM_TAG.object(
            Some(&stream.namespace),
            &format!("{}:{}", stream.name, tag.name),
        ),
        container: None,
    };
    let (mut at, mut stream, mut tag) = (start.clone(), stream, tag);
    for _ in 0..MOST_HOPS {
        let Some(from) = &tag.from else {
            let words = format!("the {at} is pushed to, not imported");
            return nothing_to_ask(target, stream, &words);
        };
        if tag.is_reference {
            let words = format!(
                "the {at} is a reference: nothing is imported, and who uses it pulls {} itself",
                from.name
            );
            return nothing_to_ask(target, stream, &words);
        }
        if from.kind == "DockerImage" {
            return imported(ground, target, stream, tag, &from.name, &start);
        }
        let Some(next) = followed(&at, from) else {
            let words = format!("the {at} stands for one image that was imported before");
            return nothing_to_ask(target, stream, &words);
        };
        let found = match ground.stream(&next.namespace, &next.name) {
            Stream::Found(found) => found,
            Stream::Absent => {
                let words = format!("it follows the {next}, whose image stream does not exist");
                return nothing_to_ask(target, stream, &words);
            }
            Stream::Unread(why) => {
                let words = format!("it follows the {next}, which could not be read: {why}");
                return nothing_to_ask(target, stream, &words);
            }
        };
        let Some(next_tag) = found.tag(&next.tag) else {
            let words = format!("it follows the {next}, which does not exist");
            return nothing_to_ask(target, stream, &words);
        };
        (at, stream, tag) = (next, found, next_tag);
    }
    nothing_to_ask(target, stream, "its tags point at one another in a circle")
}

/// The tags whose last import failed, or has left nothing behind, each once, however many follow it.
pub(super) fn failing(ground: &Ground<'_>) -> Vec<Ask> {
    let streams = ground.world.view.image_streams.iter().flatten();
    streams
        .filter(|stream| ground.covers(&stream.namespace))
        .flat_map(|stream| {
            let failed = stream.tags.iter().filter(|tag| {
                let external = tag
                    .from
                    .as_ref()
                    .is_some_and(|from| from.kind == "DockerImage");
                external && (tag.failed_import().is_some() || tag.awaits_import())
            });
            failed
                .map(|tag| {
                    let mut ask = tag_ask(ground, stream, tag);
                    if tag.awaits_import() {
                        ask.facts.push(nothing_said(&name_of(stream, tag)));
                    }
                    ask
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The image streams that its tags follow.
pub(super) fn streams_named(stream: &ImageStream) -> Vec<Name> {
    stream
        .tags
        .iter()
        .filter_map(|tag| followed(&name_of(stream, tag), tag.from.as_ref()?))
        .map(|next| (next.namespace, next.name))
        .collect()
}

/// The import of one image into a namespace, with nothing said of the tag that it is for.
pub(super) fn import_ask(
    ground: &Ground<'_>,
    target: TargetRef,
    namespace: &str,
    image: &str,
    insecure: bool,
) -> Ask {
    let consumer = Consumer::Import {
        namespace: namespace.to_owned(),
    };
    let unread: Vec<_> = ground.secrets_unread(namespace).into_iter().collect();
    let mut sources = Sources::of(&consumer);
    let mut secrets = Vec::new();
    let mut notes = Vec::new();
    if unread.is_empty() {
        for secret in ground.world.docker_secrets(namespace) {
            let parsed = Some(ground.world.parsed(secret));
            let role = if secret.excluded_from_import {
                notes.push(note(
                    Check::Wiring,
                    Status::Pass,
                    format!(
                        "the secret {} keeps itself out of imports (openshift.io/image.excludeSecret)",
                        secret.name
                    ),
                ));
                Role::Unlinked
            } else {
                secrets.push(secret.name.clone());
                Role::Used
            };
            sources.secret(role, namespace, &secret.name, parsed);
        }
        // Nothing names secrets for an import, so one of another type is only worth a word where it was meant.
        let others = ground.world.view.secrets.iter().flatten();
        for secret in others
            .filter(|secret| secret.namespace == namespace && secret.docker_config().is_none())
        {
            let parsed = ground.world.parsed(secret);
            if parsed.would_serve(&bare(image)) {
                sources.secret(Role::Used, namespace, &secret.name, Some(parsed));
            }
        }
        ground.add_nodes(&mut sources);
    }
    Ask {
        sources: Arc::new(sources),
        facts: vec![Fact::Wiring(WiringFact {
            origin: ListOrigin::Namespace,
            secrets,
            source_image: None,
        })],
        notes,
        unread,
        insecure,
        ..Ask::new(target, image.to_owned(), Operation::Import, consumer)
    }
}

/// The name without tag and digest.
fn bare(image: &str) -> String {
    ImageReference::parse(image).map_or_else(|_| image.to_owned(), |parsed| parsed.name())
}

fn imported(
    ground: &Ground<'_>,
    target: TargetRef,
    stream: &ImageStream,
    tag: &StreamTag,
    image: &str,
    start: &StreamTagName,
) -> Ask {
    let insecure = tag.insecure || stream.insecure_annotation;
    let mut ask = import_ask(ground, target, &stream.namespace, image, insecure);
    let own = name_of(stream, tag);
    if own != *start {
        ask.facts.push(Fact::Resolved(ResolvedFact {
            from: format!("istag/{}:{}", start.name, start.tag),
            by: own.to_string(),
        }));
    }
    ask.facts.extend(conditions(tag, &own));
    if tag.awaits_import() {
        ask.notes.push(note(
            Check::Wiring,
            Status::Warn,
            "neither an image nor a reason has come of it so far",
        ));
    }
    if tag.scheduled {
        ask.notes.push(note(
            Check::Wiring,
            Status::Pass,
            "it is imported again from time to time, by itself",
        ));
    }
    ask
}

/// What the API server wrote down of the last import.
fn conditions(tag: &StreamTag, own: &StreamTagName) -> Vec<Fact> {
    let current = tag.failed_import();
    let image = tag.from.as_ref().map_or("", |from| &from.name);
    let said = tag.conditions.iter().filter(|condition| !condition.status);
    observed::facts(
        said.map(|condition| Said {
            source: ObservedSource::Condition,
            object: own.to_string(),
            text: condition.message.clone(),
            image,
            current: current == Some(condition),
            at: condition.at,
        })
        .collect(),
    )
}

/// The status is silent on the import that is asked for, and the tag waits for it.
fn nothing_said(own: &StreamTagName) -> Fact {
    Fact::Observed(Box::new(ObservedFact {
        place: 0,
        source: ObservedSource::Condition,
        object: own.to_string(),
        message: "neither an image nor a reason has come of this import".to_owned(),
        runtime: Runtime::OpenshiftImport.id(),
        points_at: "unknown",
        candidates: Vec::new(),
        certain: false,
        bare: true,
        current: true,
        at: None,
    }))
}

/// The older way: all tags of a repository. One that is known stands for all.
fn whole_repository(ground: &Ground<'_>, stream: &ImageStream) -> Option<Ask> {
    let repository = stream.spec_repository.as_ref()?;
    let known = stream.tags.iter().find(|tag| tag.from.is_none());
    let image = match known {
        Some(tag) => format!("{repository}:{}", tag.name),
        None => repository.clone(),
    };
    let mut ask = import_ask(
        ground,
        stream_target(stream),
        &stream.namespace,
        &image,
        stream.insecure_annotation,
    );
    ask.facts.push(Fact::Resolved(ResolvedFact {
        from: repository.clone(),
        by: "spec.dockerImageRepository, which imports every tag of it".to_owned(),
    }));
    Some(ask)
}

/// A tag about which no registry can be asked.
fn nothing_to_ask(target: TargetRef, stream: &ImageStream, why: &str) -> Ask {
    let consumer = Consumer::Import {
        namespace: stream.namespace.clone(),
    };
    Ask {
        not_asked: Some(NotAsked::Unresolved(why.to_owned())),
        ..Ask::new(target, String::new(), Operation::Import, consumer)
    }
}

fn stream_target(stream: &ImageStream) -> TargetRef {
    TargetRef::Object {
        object: kinds::IMAGE_STREAM.object(Some(&stream.namespace), &stream.name),
        container: None,
    }
}

fn name_of(stream: &ImageStream, tag: &StreamTag) -> StreamTagName {
    StreamTagName {
        namespace: stream.namespace.clone(),
        name: stream.name.clone(),
        tag: tag.name.clone(),
    }
}

#[cfg(test)]
mod tests;

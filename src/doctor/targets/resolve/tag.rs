//! Image stream tags: the newest image of one, or what would bring it.

use super::integrated::{is_integrated, out_of_reach};
use super::{Place, Resolution, StreamTagName, reference, stream_words, unknown};
use crate::doctor::evidence::ResolvedFact;
use crate::doctor::targets::ground::{Ground, MOST_HOPS, Stream};
use crate::model::image::ImageReference;
use crate::model::view::{BuildImage, ImageStream, StreamTag, TagItem};

/// The newest image of an image stream tag, or what would bring it.
pub(in crate::doctor::targets) fn tag(
    ground: &Ground<'_>,
    namespace: &str,
    name: &str,
    tag: &str,
) -> Resolution {
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
pub(in crate::doctor::targets) fn followed(
    at: &StreamTagName,
    from: &BuildImage,
) -> Option<StreamTagName> {
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

pub(super) fn stream_image(ground: &Ground<'_>, stream: &ImageStream, digest: &str) -> Resolution {
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

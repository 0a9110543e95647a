//! Images by the integrated registry's own names, which only the cluster knows.

use super::{Place, Resolution, StreamTagName};
use crate::doctor::evidence::ResolvedFact;
use crate::doctor::targets::ground::{Ground, Stream};
use crate::model::image::ImageReference;
use crate::model::integrated::NAMES;

/// Whether a registry is the integrated one by a name that only the cluster knows. By its route it is a registry like others.
pub(super) fn is_integrated(ground: &Ground<'_>, registry: &str) -> bool {
    let configured = ground
        .config
        .image_config
        .as_ref()
        .ok()
        .and_then(Option::as_ref)
        .and_then(|image| image.internal_registry.as_deref());
    configured == Some(registry) || NAMES.contains(&registry)
}

/// An image by the integrated registry's name: the stream tells what is behind it.
pub(super) fn in_integrated(
    ground: &Ground<'_>,
    parsed: &ImageReference,
    text: &str,
) -> Resolution {
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

pub(super) fn out_of_reach(ground: &Ground<'_>) -> String {
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

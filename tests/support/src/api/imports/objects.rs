//! Images as an import describes them, and the references that it makes of them.

use serde_json::{Value, json};

use super::ImportAnswer;
use super::record::Item;

/// The tag of a reference.
pub(super) fn tag_in(reference: &str) -> String {
    let last = reference.rsplit('/').next().unwrap_or_default();
    let own = last
        .split('@')
        .next()
        .and_then(|rest| rest.split_once(':'))
        .map(|(_, tag)| tag);
    own.unwrap_or("latest").to_owned()
}

pub(super) fn by_digest(reference: &str, digest: &str) -> String {
    let bare = reference.split('@').next().unwrap_or_default();
    let (path, last) = bare.rsplit_once('/').unwrap_or(("", bare));
    let repository = last.split(':').next().unwrap_or_default();
    if path.is_empty() {
        format!("{repository}@{digest}")
    } else {
        format!("{path}/{repository}@{digest}")
    }
}

pub(super) fn image_object(from: &str, answer: &ImportAnswer) -> Value {
    let digest = answer.digest.as_str();
    let mut object = json!({
        "apiVersion": "image.openshift.io/v1", "kind": "Image",
        "metadata": {
            "name": digest,
            "annotations": {"image.openshift.io/dockerLayersOrder": "ascending"},
        },
        "dockerImageReference": by_digest(from, digest),
        "dockerImageMetadata": {"kind": "DockerImage", "apiVersion": "1.0"},
        "dockerImageMetadataVersion": "1.0",
        "dockerImageManifestMediaType": answer.media_type,
    });
    if answer.listed.is_empty() {
        if answer.config.is_object() {
            object["dockerImageMetadata"]["Config"] = answer.config.clone();
        }
        object["dockerImageMetadata"]["Os"] = answer.os.clone().into();
        object["dockerImageMetadata"]["Architecture"] = answer.architecture.clone().into();
    } else {
        object["dockerImageManifests"] = answer.listed.iter().map(manifest).collect();
    }
    object
}

/// An entry of an index as an Image lists it (openshift/api `image/v1` `ImageManifest`).
pub(super) fn manifest(entry: &Value) -> Value {
    let mut listed = json!({
        "digest": entry["digest"], "mediaType": entry["mediaType"], "manifestSize": entry["size"],
        "os": entry["platform"]["os"], "architecture": entry["platform"]["architecture"],
    });
    if let Some(variant) = entry["platform"]["variant"].as_str() {
        listed["variant"] = variant.into();
    }
    listed
}

/// An image that an imported index lists, as an Image of its own.
pub(super) fn listed_object(from: &str, entry: &Value) -> Value {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let answer = ImportAnswer {
        os: text(&entry["platform"]["os"]),
        architecture: text(&entry["platform"]["architecture"]),
        media_type: text(&entry["mediaType"]),
        ..ImportAnswer::found(&text(&entry["digest"]))
    };
    image_object(from, &answer)
}

pub(super) fn image_status(item: &Item) -> Value {
    let mut status = json!({"status": item.answer.status(), "tag": tag_in(&item.from)});
    if item.answer.code == 200 {
        status["image"] = image_object(&item.from, &item.answer);
    }
    status
}

//! Which form of a manifest the `Accept` header allows: distribution 2.8's `registry/handlers/manifests.go`,
//! `GetManifest`.

use serde_json::Value;

use super::content_routes::manifest_reply;
use super::errors::{Problem, Unaccepted};
use super::store::{Repository, StoredManifest};
use crate::content::{digest, media_type, schema1};
use crate::web::Reply;

/// OCI types must be accepted by name (`*/*` is not honoured). When a tag was asked for, a list that is not accepted
/// falls back to its linux/amd64 image, and a schema 2 image that is not accepted is rewritten to schema 1. By digest
/// Docker's types are served as they are.
pub(crate) fn distribution(
    repository: &Repository,
    found: (&str, &StoredManifest),
    accepted: &[String],
    reference: &str,
) -> Result<Reply, Problem> {
    let accepts = |kind: &str| accepted.iter().any(|item| item == kind);
    let (mut digest, mut manifest) = found;
    let by_tag = !reference.contains(':');
    if accepts(&manifest.media_type) {
        return Ok(manifest_reply(digest, manifest));
    }
    match manifest.media_type.as_str() {
        media_type::OCI_MANIFEST => {
            return Err(Problem::NotAccepted {
                found: Unaccepted::OciManifest,
            });
        }
        media_type::OCI_INDEX => {
            return Err(Problem::NotAccepted {
                found: Unaccepted::OciIndex,
            });
        }
        media_type::DOCKER_LIST if by_tag => {
            (digest, manifest) =
                default_child(repository, manifest).ok_or(Problem::NoDefaultPlatform)?;
        }
        _ => {}
    }
    if by_tag
        && manifest.media_type == media_type::DOCKER_MANIFEST
        && !accepts(media_type::DOCKER_MANIFEST)
    {
        return as_schema1(repository, manifest, reference).ok_or(Problem::NotConvertible);
    }
    Ok(manifest_reply(digest, manifest))
}

/// The linux/amd64 entry of a manifest list.
fn default_child<'a>(
    repository: &'a Repository,
    list: &StoredManifest,
) -> Option<(&'a str, &'a StoredManifest)> {
    let list: Value = serde_json::from_slice(&list.bytes).ok()?;
    let entry = list["manifests"].as_array()?.iter().find(|entry| {
        entry["platform"]["os"] == "linux" && entry["platform"]["architecture"] == "amd64"
    })?;
    repository.manifest(entry["digest"].as_str()?)
}

/// The image as schema 1. As the original does, this needs a configuration whose history has an entry for each layer.
pub(crate) fn as_schema1(
    repository: &Repository,
    manifest: &StoredManifest,
    tag: &str,
) -> Option<Reply> {
    let image: Value = serde_json::from_slice(&manifest.bytes).ok()?;
    let config = repository.blobs.get(image["config"]["digest"].as_str()?)?;
    let config: Value = serde_json::from_slice(config).ok()?;
    let filled = config["history"].as_array()?.iter();
    let filled = filled.filter(|entry| entry["empty_layer"] != true).count();
    let layers: Vec<String> = image["layers"]
        .as_array()?
        .iter()
        .rev()
        .filter_map(|layer| layer["digest"].as_str().map(str::to_owned))
        .collect();
    if filled != layers.len() {
        return None;
    }
    let bytes = serde_json::to_vec_pretty(&schema1("", tag, &layers)).ok()?;
    let rewritten = StoredManifest {
        media_type: media_type::SCHEMA1_SIGNED.to_owned(),
        bytes,
    };
    Some(manifest_reply(&digest(&rewritten.bytes), &rewritten))
}

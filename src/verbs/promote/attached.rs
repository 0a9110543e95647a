//! What refers to an image from outside: listed as referrers, or under the tags that signing tools make of its digest.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::failed;
use super::image::{Image, Unread};
use crate::plan::copy;
use crate::registry::transfer::{Fault, Manifest, Place};

/// More than that refers to no image.
const MOST: usize = 500;

/// One thing that refers to an image, and how it is found.
pub(super) struct Attached {
    pub(super) image: Image,
    pub(super) by: By,
}

/// How it is found.
pub(super) enum By {
    /// Its manifest names the image, and stands in a list of those that do, with this descriptor.
    Subject { subject: String, descriptor: Value },
    /// This tag is made of the image's digest.
    Tag(String),
}

impl Attached {
    pub(super) fn root(&self) -> Option<&Manifest> {
        self.image.root().map(|(manifest, _)| manifest)
    }
}

/// Everything that refers to the image, to one of its manifests, or to something of that.
pub(super) async fn find(place: &Place, image: &Image) -> Result<Vec<Attached>, Unread> {
    let mut open: Vec<String> = image
        .manifests()
        .map(|(manifest, _)| manifest.digest.clone())
        .collect();
    let mut seen: HashSet<String> = open.iter().cloned().collect();
    let mut found = Vec::new();
    while let Some(digest) = open.pop() {
        for (subject, descriptor) in listed(place, &digest).await? {
            let Some(its_digest) = descriptor["digest"].as_str().map(str::to_owned) else {
                continue;
            };
            if !seen.insert(its_digest.clone()) {
                continue;
            }
            let manifest = place.manifest(&its_digest).await?.ok_or(Unread::Missing {
                digest: its_digest.clone(),
            })?;
            found.push(Attached {
                image: Image::of(place, manifest).await?,
                by: By::Subject {
                    subject,
                    descriptor,
                },
            });
            open.push(its_digest);
        }
        for tag in copy::signature_tags(&digest) {
            if let Some(manifest) = place.manifest(&tag).await? {
                let its_digest = manifest.digest.clone();
                found.push(Attached {
                    image: Image::of(place, manifest).await?,
                    by: By::Tag(tag),
                });
                if seen.insert(its_digest.clone()) {
                    open.push(its_digest);
                }
            }
        }
        if found.len() > MOST {
            return Err(Unread::TooMuch);
        }
    }
    Ok(found)
}

/// The descriptors of what names `digest` as its subject, by the registry's own list or by the one under a tag.
async fn listed(place: &Place, digest: &str) -> Result<Vec<(String, Value)>, Fault> {
    let list = match place.referrers(digest).await? {
        Some(list) => list,
        None => by_tag(place, digest)
            .await?
            .map_or_else(Vec::new, |(_, list)| {
                list["manifests"].as_array().cloned().unwrap_or_default()
            }),
    };
    Ok(list
        .into_iter()
        .map(|descriptor| (digest.to_owned(), descriptor))
        .collect())
}

/// The list that stands under a tag made of the digest, and the tag.
pub(super) async fn by_tag(place: &Place, digest: &str) -> Result<Option<(String, Value)>, Fault> {
    let Some(tag) = copy::fallback_tag(digest) else {
        return Ok(None);
    };
    let manifest = match place.manifest(&tag).await {
        Ok(manifest) => manifest,
        Err(fault) if failed::is_hidden(&fault) => None,
        Err(fault) => return Err(fault),
    };
    let list = manifest.and_then(|manifest| serde_json::from_slice(&manifest.bytes).ok());
    Ok(list.map(|list| (tag, list)))
}

/// Those that the target does not have.
pub(super) async fn missing(place: &Place, all: Vec<Attached>) -> Result<Vec<Attached>, Fault> {
    let mut missing = Vec::new();
    for attached in all {
        if !is_there(place, &attached).await? {
            missing.push(attached);
        }
    }
    Ok(missing)
}

async fn is_there(place: &Place, attached: &Attached) -> Result<bool, Fault> {
    let Some(root) = attached.root() else {
        return Ok(true);
    };
    let there = match &attached.by {
        By::Tag(tag) => place
            .manifest(tag)
            .await
            .map(|found| found.is_some_and(|found| found.digest == root.digest)),
        By::Subject { subject, .. } => listed(place, subject).await.map(|list| {
            list.iter()
                .any(|(_, it)| it["digest"] == root.digest.as_str())
        }),
    };
    match there {
        Err(fault) if failed::is_hidden(&fault) => Ok(false),
        there => there,
    }
}

/// The descriptor of a manifest in a list that is made here, as the registry's own list has it (OCI distribution
/// specification, "Listing referrers").
pub(super) fn descriptor_of(attached: &Attached) -> Option<Value> {
    let (manifest, contents) = attached.image.root()?;
    let mut descriptor = match &attached.by {
        // The source's own word on it, with whatever else stands there.
        By::Subject { descriptor, .. } => descriptor.clone(),
        By::Tag(_) => json!({}),
    };
    descriptor["mediaType"] = json!(manifest.media_type);
    descriptor["digest"] = json!(manifest.digest);
    descriptor["size"] = json!(manifest.bytes.len());
    if let Some(artifact_type) = &contents.artifact_type {
        descriptor["artifactType"] = json!(artifact_type);
    }
    if let Some(annotations) = &contents.annotations {
        descriptor["annotations"] = annotations.clone();
    }
    Some(descriptor)
}

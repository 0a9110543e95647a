//! An image as it stands in a registry: its manifest and all that it leads to, byte for byte.

use std::collections::{BTreeSet, HashMap};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::error::Error;
use crate::model::platform::Platform;
use crate::plan::copy::{self, Contents, Part, Unfit};
use crate::registry::transfer::{AT_ONCE, Fault, Manifest, Place};

/// An index in an index in an index is the most that anybody has seen.
const DEEPEST: usize = 5;
/// More manifests than that are no image.
const MOST: usize = 2000;

/// Manifests in the order in which they can be stored: what is named before who names it.
#[derive(Debug)]
pub(super) struct Image {
    manifests: Vec<(Manifest, Contents)>,
}

/// Why an image cannot be read.
#[derive(Debug)]
pub(super) enum Unread {
    Fault(Fault),
    /// In words, at this digest or tag.
    Unfit {
        what: String,
        why: Unfit,
    },
    /// Named by the image, and not there.
    Missing {
        digest: String,
    },
    TooMuch,
}

impl From<Fault> for Unread {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Image {
    /// Everything below `root`.
    pub(super) async fn of(place: &Place, root: Manifest) -> Result<Self, Unread> {
        let first = root.digest.clone();
        let mut known = HashMap::from([(first.clone(), parsed(root)?)]);
        let mut last = vec![first.clone()];
        for _ in 0..DEEPEST {
            let wanted: BTreeSet<String> = last
                .iter()
                .filter_map(|digest| known.get(digest))
                .flat_map(|(_, contents)| &contents.entries)
                .map(|entry| entry.descriptor.digest.clone())
                .filter(|digest| !known.contains_key(digest))
                .collect();
            if wanted.is_empty() {
                let mut manifests = Vec::with_capacity(known.len());
                in_order(&first, &mut known, &mut manifests);
                return Ok(Self { manifests });
            }
            if known.len() + wanted.len() > MOST {
                break;
            }
            last = wanted.iter().cloned().collect();
            let level: Vec<(Manifest, Contents)> = stream::iter(wanted)
                .map(|digest| child(place, digest))
                .buffered(AT_ONCE)
                .try_collect()
                .await?;
            for read in level {
                known.insert(read.0.digest.clone(), read);
            }
        }
        Err(Unread::TooMuch)
    }

    /// The outermost: an image, or an index of some.
    pub(super) fn root(&self) -> Option<&(Manifest, Contents)> {
        self.manifests.last()
    }

    pub(super) fn manifests(&self) -> impl DoubleEndedIterator<Item = &(Manifest, Contents)> {
        self.manifests.iter()
    }

    /// All blobs, as often as they are named.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Part> {
        self.manifests().flat_map(|(_, contents)| &contents.blobs)
    }
}

/// Takes what `digest` names out of `known` before itself. A manifest cannot name itself, so this ends.
fn in_order(
    digest: &str,
    known: &mut HashMap<String, (Manifest, Contents)>,
    ordered: &mut Vec<(Manifest, Contents)>,
) {
    let Some(read) = known.remove(digest) else {
        return;
    };
    for entry in &read.1.entries {
        in_order(&entry.descriptor.digest, known, ordered);
    }
    ordered.push(read);
}

async fn child(place: &Place, digest: String) -> Result<(Manifest, Contents), Unread> {
    match place.manifest(&digest).await? {
        Some(manifest) => parsed(manifest),
        None => Err(Unread::Missing { digest }),
    }
}

fn parsed(manifest: Manifest) -> Result<(Manifest, Contents), Unread> {
    match copy::read(&manifest.media_type, &manifest.bytes) {
        Ok(contents) => Ok((manifest, contents)),
        Err(why) => Err(Unread::Unfit {
            what: manifest.digest,
            why,
        }),
    }
}

/// The manifest to copy: `root`, or of an index the one for `platform`.
pub(super) async fn chosen(
    place: &Place,
    name: &str,
    root: Manifest,
    platform: Option<&Platform>,
) -> Result<Manifest, Chosen> {
    let Some(platform) = platform else {
        return Ok(root);
    };
    let (root, contents) = parsed(root)?;
    if contents.entries.is_empty() {
        let own = match &contents.config {
            Some(config) => place.platform(config).await,
            None => None,
        };
        return match own {
            Some(own) if platform.accepts(&own) => Ok(root),
            Some(own) => Err(Chosen::Error(Error::failure(format!(
                "{name} is for {own} alone, not for {platform}"
            )))),
            None => Err(Chosen::Error(
                Error::failure(format!("{name} does not say which platform it is for"))
                    .hint("without --platform it is copied as it is"),
            )),
        };
    }
    let Some(entry) = contents.for_platform(platform) else {
        return Err(Chosen::Error(
            Error::failure(format!("{name} has no image for {platform}"))
                .hint(format!("it has {}", contents.platforms().join(", "))),
        ));
    };
    let digest = entry.descriptor.digest.clone();
    match place.manifest(&digest).await.map_err(Unread::from)? {
        Some(manifest) => Ok(manifest),
        None => Err(Unread::Missing { digest }.into()),
    }
}

/// Why no manifest could be chosen.
pub(super) enum Chosen {
    Unread(Unread),
    Error(Error),
}

impl From<Unread> for Chosen {
    fn from(unread: Unread) -> Self {
        Self::Unread(unread)
    }
}

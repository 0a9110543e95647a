//! Reads both sides and says what has to move. Sends nothing but reads, with the right to pull alone.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::attached::{self, Attached};
use super::failed::{self, Sides};
use super::image::{Chosen, Image, Unread, chosen};
use super::side::Side;
use crate::cli::promote::PromoteArgs as Flags;
use crate::error::Error;
use crate::model::observation::Descriptor;
use crate::plan::copy::{self, Contents, Part, Target, Totals, Way};
use crate::registry::transfer::{AT_ONCE, Fault, Manifest};
use crate::verbs::Run;

/// What a copy is.
pub(super) struct Plan {
    pub(super) image: Image,
    /// What refers to it and is not at the target yet.
    pub(super) attached: Vec<Attached>,
    /// How much refers to it in all.
    pub(super) referring: usize,
    pub(super) ways: Vec<(Descriptor, Way)>,
    /// The repository of the same registry that has the blobs.
    pub(super) mount_from: Option<String>,
    /// The target's tag stands for this very image already.
    pub(super) tag_is_right: bool,
}

impl Plan {
    /// The image itself.
    pub(super) fn root(&self) -> Option<&(Manifest, Contents)> {
        self.image.root()
    }

    pub(super) fn digest(&self) -> &str {
        self.root().map_or("", |(manifest, _)| &manifest.digest)
    }

    /// Nothing is left to be done.
    pub(super) fn is_done(&self) -> bool {
        self.tag_is_right && self.attached.is_empty()
    }

    pub(super) fn totals(&self) -> Totals {
        Totals::of(&self.ways)
    }
}

/// Reads the image, what refers to it where that is wanted, and what of all that the target has.
///
/// # Errors
///
/// When the source does not give all of it, or the target cannot be asked.
pub(super) async fn read(
    run: &Run,
    flags: &Flags,
    source: &Side,
    target: &Side,
) -> Result<Plan, Error> {
    let sides = Sides {
        program: run.program,
        source,
        target,
    };
    let root = root(flags, &sides).await?;
    if let Some(wanted) = target.image.digest()
        && wanted != root.digest
    {
        return Err(Error::failure(format!(
            "{} is asked for by the digest {wanted}, and what would be copied is {}",
            target.image.name(),
            root.digest
        )));
    }
    let image = Image::of(&source.place, root)
        .await
        .map_err(|unread| sides.unread(unread))?;
    let digest = image
        .root()
        .map_or_else(String::new, |(manifest, _)| manifest.digest.clone());
    let tag_is_right = stands_for(target, &digest)
        .await
        .map_err(|fault| sides.fault(&fault))?;
    let (attached, referring) = if flags.with_referrers {
        let found = attached::find(&source.place, &image)
            .await
            .map_err(|unread| sides.unread(unread))?;
        let all = found.len();
        let missing = attached::missing(&target.place, found)
            .await
            .map_err(|fault| sides.fault(&fault))?;
        (missing, all)
    } else {
        (Vec::new(), 0)
    };
    // A registry does not keep a manifest under a tag whose parts it lacks.
    let own: Vec<&Part> = if tag_is_right {
        Vec::new()
    } else {
        image.parts().collect()
    };
    let parts: Vec<Part> = own
        .into_iter()
        .chain(attached.iter().flat_map(|attached| attached.image.parts()))
        .cloned()
        .collect();
    let mount_from = mount_from(source, target).await;
    let target_has = present(flags, &sides, &parts).await?;
    let ways = copy::ways(
        &parts,
        &Target {
            present: target_has,
            mount_from: mount_from.clone(),
        },
    );
    complete(&sides, &ways).await?;
    Ok(Plan {
        image,
        attached,
        referring,
        ways,
        mount_from,
        tag_is_right,
    })
}

/// The manifest that is copied: of the whole, or of one platform.
async fn root(flags: &Flags, sides: &Sides<'_>) -> Result<Manifest, Error> {
    let source = sides.source;
    let root = source
        .place
        .known_manifest(source.selector())
        .await
        .map_err(|fault| sides.fault(&fault))?
        .ok_or_else(|| Error::failure(format!("{} does not exist", source.image)))?;
    let name = source.image.to_string();
    chosen(&source.place, &name, root, flags.platform.as_ref())
        .await
        .map_err(|why| match why {
            Chosen::Unread(unread) => sides.unread(unread),
            Chosen::Error(error) => error,
        })
}

/// Whether the target's tag, or its digest where it has no tag, is there for this image. Who may not read there sees nothing,
/// and the answer to the push tells the rest.
async fn stands_for(target: &Side, digest: &str) -> Result<bool, Fault> {
    let selector = target.image.tag().unwrap_or(digest);
    match target.place.manifest(selector).await {
        Ok(found) => Ok(found.is_some_and(|found| found.digest == digest)),
        Err(fault) if failed::is_hidden(&fault) => Ok(false),
        Err(fault) => Err(fault),
    }
}

async fn mount_from(source: &Side, target: &Side) -> Option<String> {
    let (from, to) = (source.place.repository(), target.place.repository());
    (from != to && source.place.origin().await == target.place.origin().await)
        .then(|| from.to_owned())
}

/// The digests of the blobs that the target has.
async fn present(flags: &Flags, sides: &Sides<'_>, parts: &[Part]) -> Result<Vec<String>, Error> {
    let pushes = flags.dry_run == crate::cli::output::DryRun::None;
    let mut wanted: Vec<&Descriptor> = Vec::new();
    for part in parts.iter().filter(|part| !part.foreign) {
        if !wanted
            .iter()
            .any(|known| known.digest == part.descriptor.digest)
        {
            wanted.push(&part.descriptor);
        }
    }
    let found: Vec<Option<String>> = stream::iter(wanted)
        .map(|blob| async move {
            match sides.target.place.has_blob(blob, pushes).await {
                Ok(there) => Ok(there.then(|| blob.digest.clone())),
                Err(fault) if failed::is_hidden(&fault) => Ok(None),
                Err(fault) => Err(sides.fault(&fault)),
            }
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(found.into_iter().flatten().collect())
}

/// Whether the source has all that is to be sent: better known before something is written.
async fn complete(sides: &Sides<'_>, ways: &[(Descriptor, Way)]) -> Result<(), Error> {
    stream::iter(ways.iter().filter(|(_, way)| *way == Way::Send))
        .map(|(blob, _)| async move {
            match sides.source.place.has_blob(blob, false).await {
                Ok(true) => Ok(()),
                Ok(false) => Err(sides.unread(Unread::Missing {
                    digest: blob.digest.clone(),
                })),
                Err(fault) => Err(sides.fault(&fault)),
            }
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

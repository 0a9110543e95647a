//! The platforms of an image, and whether its parts are there: bounded in number and in how many are asked at once.

use futures_util::StreamExt as _;

use super::Seen;
use crate::doctor::evidence::{Check, Evidence, Fact, SkipReason, Vantage};
use crate::doctor::target::Puller;
use crate::model::image::ImageReference;
use crate::model::observation::{
    BlobView, Child, ConfigBlob, Descriptor, ExchangeFault, ManifestFact, ManifestKind, Mismatch,
};
use crate::model::platform::Platform;
use crate::registry::Registry;

/// Parts that are asked for at most; images with more are rare, and the report says how many were looked at.
const MOST: usize = 64;
/// Indexes in indexes that are gone into.
const MOST_NESTED: usize = 3;
/// Asked at the same time.
const AT_ONCE: usize = 4;

/// What of an image is of interest.
pub struct Wanted<'a> {
    /// The platforms of which one must be served.
    pub platforms: &'a [Platform],
    /// Who would take it.
    pub puller: Puller,
    /// The configuration is to become a fact of its own.
    pub config: bool,
}

/// Looks at the parts of the image that `wanted` would pull.
pub async fn look(
    registry: &Registry,
    image: &ImageReference,
    credential: Option<usize>,
    manifest: &ManifestFact,
    wanted: &Wanted<'_>,
) -> Seen {
    let read_config = wanted.config;
    let mut seen = Seen::default();
    match &manifest.kind {
        ManifestKind::Image { config, layers } => {
            let ((view, config), layers) = tokio::join!(
                config_of(registry, image, credential, config, &mut seen),
                Parts::ask(registry, image, credential, layers.clone(), 1)
            );
            seen.facts.extend(
                config
                    .filter(|_| read_config)
                    .map(|config| Fact::Config(Box::new(config))),
            );
            layers.tell(vec![view], &mut seen);
        }
        ManifestKind::Index { children } => {
            let mut chosen = fitting(children, wanted.platforms);
            let for_any = for_any(children).filter(|_| chosen.is_empty());
            chosen.extend(for_any.cloned());
            let first = of_children(registry, image, credential, chosen, wanted, &mut seen).await;
            let mut platforms = offered(children);
            let mut read = None;
            if let Some(config) = first.filter(|_| read_config || for_any.is_some()) {
                (_, read) = registry
                    .image_config(image.repository(), &config, credential)
                    .await;
            }
            if for_any.is_some() {
                let own = read.as_ref().and_then(|config| config.platform.clone());
                if own.is_none() {
                    seen.skips.push(unread_configuration());
                }
                platforms.extend(own);
            }
            if for_any.is_none() || !platforms.is_empty() {
                seen.facts.push(Fact::Platforms(platforms));
            }
            seen.facts.extend(
                read.filter(|_| read_config)
                    .map(|config| Fact::Config(Box::new(config))),
            );
        }
        ManifestKind::Artifact { .. } | ManifestKind::Schema1 | ManifestKind::Unknown { .. } => {}
    }
    seen
}

/// Looks at the platform of the image and at nothing that this does not take: an index names its platforms, of a single image
/// the configuration is read.
pub async fn look_at_platform(
    registry: &Registry,
    image: &ImageReference,
    credential: Option<usize>,
    manifest: &ManifestFact,
) -> Seen {
    let mut seen = Seen::default();
    match &manifest.kind {
        ManifestKind::Image { config, .. } => {
            let (view, _) = config_of(registry, image, credential, config, &mut seen).await;
            if matches!(last(&view), Err(ExchangeFault::Deadline)) {
                seen.skips.push(Evidence::skip(
                    Check::Blobs,
                    Vantage::Here,
                    SkipReason::TimedOut,
                    "the time was over before the image's configuration was read",
                ));
            } else if !is_there(&view) {
                seen.facts.push(Fact::Blob(Box::new(view)));
            }
        }
        ManifestKind::Index { children } => {
            let platforms = offered(children);
            if platforms.is_empty() && for_any(children).is_some() {
                seen.skips.push(Evidence::skip(
                    Check::Platform,
                    Vantage::Here,
                    SkipReason::OptIn,
                    "the index names none; name the target to have its image looked at",
                ));
            } else {
                seen.facts.push(Fact::Platforms(platforms));
            }
        }
        ManifestKind::Artifact { .. } | ManifestKind::Schema1 | ManifestKind::Unknown { .. } => {
            return seen;
        }
    }
    if seen.facts.iter().all(|fact| !matches!(fact, Fact::Blob(_))) && seen.skips.is_empty() {
        seen.skips.push(Evidence::skip(
            Check::Blobs,
            Vantage::Here,
            SkipReason::OptIn,
            "not looked at in what runs; name the target to have its layers looked at",
        ));
    }
    seen
}

/// Reads the configuration of a single image for its platform.
async fn config_of(
    registry: &Registry,
    image: &ImageReference,
    credential: Option<usize>,
    config: &Descriptor,
    seen: &mut Seen,
) -> (BlobView, Option<ConfigBlob>) {
    let (view, read) = registry
        .image_config(image.repository(), config, credential)
        .await;
    match read.as_ref().and_then(|config| config.platform.clone()) {
        Some(platform) => seen.facts.push(Fact::Platforms(vec![platform])),
        None => seen.skips.push(unread_configuration()),
    }
    (view, read)
}

fn unread_configuration() -> Evidence {
    Evidence::skip(
        Check::Platform,
        Vantage::Here,
        SkipReason::DependsOn,
        "the image's configuration could not be read",
    )
}

/// The image that is taken where no entry of an index fits: the first that names no platform (containers/image
/// `manifest/oci_index.go` `chooseInstance`; containerd reads its configuration for it).
fn for_any(children: &[Child]) -> Option<&Descriptor> {
    children
        .iter()
        .find(|child| child.for_any)
        .map(|child| &child.descriptor)
}

fn offered(children: &[Child]) -> Vec<Platform> {
    children
        .iter()
        .filter_map(|child| child.platform.clone())
        .collect()
}

/// The entries for the wanted platforms.
fn fitting(children: &[Child], wanted: &[Platform]) -> Vec<Descriptor> {
    wanted
        .iter()
        .filter_map(|wanted| {
            children.iter().find(|child| {
                child
                    .platform
                    .as_ref()
                    .is_some_and(|offered| wanted.accepts(offered))
            })
        })
        .map(|child| child.descriptor.clone())
        .collect()
}

/// The manifests that an index names for the wanted platforms, and their parts. Gives the configuration of the first.
///
/// An entry that is an index itself is gone into by containerd (`core/images/image.go` `Manifest`); containers/image refuses it
/// (`copy/single.go` `copySingleImage`: "Unexpectedly received a manifest list"), and so do Docker and the importer.
async fn of_children(
    registry: &Registry,
    image: &ImageReference,
    credential: Option<usize>,
    mut chosen: Vec<Descriptor>,
    wanted: &Wanted<'_>,
    seen: &mut Seen,
) -> Option<Descriptor> {
    let mut first = None;
    let (mut blobs, mut lost) = (Vec::new(), Vec::new());
    for depth in 0..=MOST_NESTED {
        chosen.dedup_by(|a, b| a.digest == b.digest);
        let views: Vec<_> = futures_util::stream::iter(
            chosen
                .iter()
                .map(|child| registry.manifest(image.repository(), &child.digest, credential)),
        )
        .buffered(AT_ONCE)
        .collect()
        .await;
        let mut below = Vec::new();
        for (child, view) in chosen.into_iter().zip(views) {
            let mismatch = match view.manifest {
                None => None,
                Some(ManifestFact {
                    asked_digest: Some(_),
                    digest,
                    ..
                }) => Some(Mismatch::Digest { delivered: digest }),
                Some(ManifestFact { kind, .. }) => match kind {
                    ManifestKind::Image { config, layers } => {
                        first.get_or_insert_with(|| config.clone());
                        blobs.push(config);
                        blobs.extend(layers);
                        continue;
                    }
                    ManifestKind::Index { children }
                        if wanted.puller == Puller::Containerd && depth < MOST_NESTED =>
                    {
                        let mut found = fitting(&children, wanted.platforms);
                        if found.is_empty() {
                            found.extend(for_any(&children).cloned());
                        }
                        below.extend(found);
                        continue;
                    }
                    ManifestKind::Index { .. } => Some(Mismatch::Index),
                    other => Some(Mismatch::NoImage {
                        what: other.words(),
                    }),
                },
            };
            lost.push(BlobView {
                descriptor: child,
                exchange: view.exchange,
                redirected: None,
                mismatch,
            });
        }
        if below.is_empty() {
            break;
        }
        chosen = below;
    }
    let parts = Parts::ask(registry, image, credential, blobs, lost.len()).await;
    parts.tell(lost, seen);
    first
}

/// The parts of an image that were asked for.
struct Parts {
    /// All there are, each once.
    all: Vec<Descriptor>,
    /// What came of those that were asked for.
    views: Vec<BlobView>,
}

impl Parts {
    /// Asks for every part once. So many `others` are asked for elsewhere.
    async fn ask(
        registry: &Registry,
        image: &ImageReference,
        credential: Option<usize>,
        mut all: Vec<Descriptor>,
        others: usize,
    ) -> Self {
        let mut digests = std::collections::HashSet::new();
        all.retain(|blob| digests.insert(blob.digest.clone()));
        let views = futures_util::stream::iter(
            all.iter()
                .take(MOST.saturating_sub(others))
                .map(|blob| registry.blob(image.repository(), blob, credential)),
        )
        .buffered(AT_ONCE)
        .collect()
        .await;
        Self { all, views }
    }

    /// Makes facts of them and of the others.
    fn tell(self, others: Vec<BlobView>, seen: &mut Seen) {
        let total = self.all.len() + others.len();
        let bytes = self
            .all
            .iter()
            .chain(others.iter().map(|view| &view.descriptor))
            .fold(0_u64, |sum, blob| sum.saturating_add(blob.size));
        let views: Vec<BlobView> = others.into_iter().chain(self.views).collect();
        let checked = views.len();
        let (late, views): (Vec<BlobView>, Vec<BlobView>) = views
            .into_iter()
            .partition(|view| matches!(last(view), Err(ExchangeFault::Deadline)));
        if !late.is_empty() {
            seen.skips.push(Evidence::skip(
                Check::Blobs,
                Vantage::Here,
                SkipReason::TimedOut,
                format!(
                    "the time was over with {} of {checked} parts not looked at",
                    late.len()
                ),
            ));
        }
        let bad: Vec<BlobView> = views.into_iter().filter(|view| !is_there(view)).collect();
        if checked > 0 && late.is_empty() {
            seen.facts.push(Fact::Blobs {
                present: checked - bad.len(),
                checked,
                total,
                bytes,
            });
        }
        seen.facts
            .extend(bad.into_iter().map(|view| Fact::Blob(Box::new(view))));
    }
}

fn last(view: &BlobView) -> &Result<crate::model::observation::Answer, ExchangeFault> {
    &view.redirected.as_ref().unwrap_or(&view.exchange).result
}

fn is_there(view: &BlobView) -> bool {
    view.mismatch.is_none()
        && last(view)
            .as_ref()
            .is_ok_and(crate::model::observation::Answer::is_success)
}

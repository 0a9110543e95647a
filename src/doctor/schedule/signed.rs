//! Whether an image that a policy wants signed has a signature attached at all. The signature itself is not verified.

use super::Leg;
use crate::doctor::answer::{self, Meaning};
use crate::doctor::evidence::{Fact, SignatureFact};
use crate::model::observation::{ManifestKind, ManifestView};

/// Platforms whose own manifests are looked at beside the index.
const MOST_PLATFORMS: usize = 2;

impl Leg {
    /// Asks for the tag at which sigstore keeps an image's signatures, where a policy binds the image and the registry has
    /// handed it out (containers/image `docker/docker_image_src.go` `getSignaturesFromSigstoreAttachments`).
    pub(super) async fn look_for_signatures(&self, delivered: Option<&ManifestView>) {
        if self.signatures.is_empty() {
            return;
        }
        let dialect = self.registry.ping().await.dialect;
        let attached = match delivered {
            Some(view) => self.attached(view).await,
            None => None,
        };
        let facts = self
            .signatures
            .iter()
            .cloned()
            .map(|policy| Fact::Signature(SignatureFact { attached, ..policy }));
        self.sink.facts(facts, dialect);
    }

    /// Runtimes look at the manifest of their platform, signers often sign the index alone: one of them will do.
    async fn attached(&self, view: &ManifestView) -> Option<bool> {
        let image = self.subject.image.as_ref().ok()?;
        let manifest = view.manifest.as_ref()?;
        let mut digests = vec![manifest.digest.as_str()];
        if let ManifestKind::Index { children } = &manifest.kind {
            let wanted = &self.subject.platforms;
            let own = children.iter().filter(|child| {
                child
                    .platform
                    .as_ref()
                    .is_some_and(|offered| wanted.iter().any(|wanted| wanted.accepts(offered)))
            });
            digests.extend(
                own.take(MOST_PLATFORMS)
                    .map(|child| child.descriptor.digest.as_str()),
            );
        }
        for digest in digests {
            let tag = format!("{}.sig", digest.replacen(':', "-", 1));
            let found = self
                .registry
                .manifest(image.repository(), &tag, view.credential)
                .await;
            if found.manifest.is_some() {
                return Some(true);
            }
            // Anything but a plain "not there" leaves it open.
            let dialect = self.registry.ping().await.dialect;
            if !matches!(answer::meaning(&found, dialect), Meaning::Missing(_)) {
                return None;
            }
        }
        Some(false)
    }
}

//! The manifest, as one credential sees it, and the login that goes with it.

use std::sync::Arc;

use crate::doctor::evidence::Fact;
use crate::model::image::ImageReference;
use crate::model::observation::{ManifestView, PingKind};
use crate::registry::Registry;

/// Asks for the manifest, and at the same time whether the credential is good: the registry layer lets both share what can
/// be shared. The view stands first among the facts.
pub async fn ask(
    registry: &Arc<Registry>,
    image: &ImageReference,
    credential: Option<usize>,
) -> (ManifestView, Vec<Fact>) {
    let manifest = registry.manifest(image.repository(), image.selector(), credential);
    let Some(index) = credential else {
        let view = manifest.await;
        let fact = Fact::Manifest(Box::new(view.clone()));
        return (view, vec![fact]);
    };
    let (view, login) = tokio::join!(manifest, registry.login(index));
    let facts = vec![Fact::Manifest(Box::new(view.clone())), Fact::Login(login)];
    (view, facts)
}

/// Whether it is worth asking for manifests at all.
pub fn answers(kind: &PingKind) -> bool {
    matches!(kind, PingKind::Open | PingKind::Challenge)
}

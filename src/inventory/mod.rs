//! Which registries a namespace, or a cluster, uses, and what reaches them: images and who uses them, secrets and who
//! holds them, trust, lists and mirrors; and what of it is broken, expired, double or of no use.
//!
//! Pure: it is given what was read ([`NamespaceView`], [`ClusterConfigView`]) and the time. No registry is asked, so
//! nothing here says that a login or an image is good; that is `doctor`'s. What could not be read is never taken for
//! absent: it is in [`Inventory::unread`], and nothing is concluded from it.

mod credentials;
mod holders;
mod images;
mod places;
mod problems;
mod resolve;
#[cfg(test)]
mod tests;
mod trust;
mod types;
mod unread;

use std::collections::BTreeSet;

use jiff::Timestamp;

pub use resolve::foreign_streams;
pub use types::{
    AccountLink, By, Entry, Image, Inventory, Matched, PlatformTrust, Policy, Problem, Reach,
    Registry, Role, Secret, SecretRef, Severity, Trust, Use,
};

use crate::model::view::{ClusterConfigView, ImageStream, Missing, NamespaceView};

/// What an inventory is made from.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    pub view: &'a NamespaceView,
    /// Image streams of other namespaces that are referred to; see [`foreign_streams`].
    pub other_streams: &'a [ImageStream],
    /// What could not be read beside the views.
    pub unread: &'a [Missing],
    /// Namespace and name of secrets that were looked for and are not there.
    pub absent_secrets: &'a [(String, String)],
    pub config: &'a ClusterConfigView,
    pub now: Timestamp,
    /// What uses images was chosen by labels, so that what it does not use may be used by others.
    pub chosen: bool,
    /// How commands begin: `oc extreg`.
    pub program: &'a str,
}

/// Namespace and name of the secrets that are named and were not among those that were read, each once: they are missing, or
/// of a type without docker credentials. Empty where the secrets could not be read at all.
pub fn unseen_secrets(view: &NamespaceView) -> Vec<(String, String)> {
    let Ok(secrets) = &view.secrets else {
        return Vec::new();
    };
    let seen: BTreeSet<(&str, &str)> = secrets
        .iter()
        .map(|secret| (secret.namespace.as_str(), secret.name.as_str()))
        .collect();
    let wanted: BTreeSet<(String, String)> = holders::wanted(view)
        .into_iter()
        .map(|(by, name)| (by.namespace, name))
        .filter(|(namespace, name)| !seen.contains(&(namespace.as_str(), name.as_str())))
        .collect();
    wanted.into_iter().collect()
}

/// Takes stock.
pub fn take(input: &Input<'_>) -> Inventory {
    let resolver = resolve::Resolver::new(input);
    let found = images::find(input, &resolver);
    let places = places::Places::new(input.config, &found.images);
    let credentials::Found {
        secrets,
        duplicates,
    } = credentials::find(input, &found.images, &places);
    let mut inventory = Inventory {
        namespace: input.view.namespace.clone(),
        registries: places::registries(input, &resolver, found.images, &places, &secrets),
        secrets,
        platform: trust::platform(input.config),
        problems: Vec::new(),
        unread: unread::list(input),
    };
    inventory.problems = problems::find(input, &inventory, &found.faults, &duplicates);
    inventory
}

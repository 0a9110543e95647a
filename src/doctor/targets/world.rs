//! What was read of the namespaces for all targets of a run, with every secret parsed once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::doctor::probes::credentials::ParsedSecret;
use crate::model::view::{NamespaceView, Secret};

/// The namespaces that the targets are in.
pub(super) struct World {
    pub(super) view: NamespaceView,
    /// Secrets by namespace and name.
    places: HashMap<(String, String), usize>,
    parsed: Mutex<HashMap<usize, ParsedSecret>>,
}

impl World {
    pub(super) fn new(view: NamespaceView) -> Self {
        let places = view
            .secrets
            .iter()
            .flatten()
            .enumerate()
            .map(|(at, secret)| ((secret.namespace.clone(), secret.name.clone()), at))
            .collect();
        Self {
            view,
            places,
            parsed: Mutex::default(),
        }
    }

    /// A secret by name, of any type that was read; `None` where it does not exist.
    pub(super) fn secret(&self, namespace: &str, name: &str) -> Option<&Secret> {
        let key = (namespace.to_owned(), name.to_owned());
        let at = *self.places.get(&key)?;
        self.view.secrets.as_ref().ok()?.get(at)
    }

    /// The same, read as its type says.
    pub(super) fn parsed(&self, namespace: &str, name: &str) -> Option<ParsedSecret> {
        let key = (namespace.to_owned(), name.to_owned());
        let at = *self.places.get(&key)?;
        let secret = self.view.secrets.as_ref().ok()?.get(at)?;
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        Some(
            parsed
                .entry(at)
                .or_insert_with(|| ParsedSecret::of(secret))
                .clone(),
        )
    }

    /// The docker secrets of a namespace in the order of their names, those of the platform included.
    pub(super) fn docker_secrets<'a>(
        &'a self,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a Secret> + 'a {
        self.view
            .secrets
            .iter()
            .flatten()
            .filter(move |secret| secret.namespace == namespace && secret.docker_config().is_some())
    }
}

//! Work that is done once a key, shared by everybody who asks for it meanwhile or later.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

/// Results by key. When whoever works is cancelled, the next who asks takes over.
pub(super) struct Keyed<K, V>(Mutex<HashMap<K, Arc<OnceCell<V>>>>);

impl<K, V> Default for Keyed<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Keyed<K, V> {
    /// The result for `key`; `work` is done if nobody has begun yet.
    pub(super) async fn once(&self, key: K, work: impl Future<Output = V>) -> V {
        let cell = {
            let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(cells.entry(key).or_default())
        };
        cell.get_or_init(|| work).await.clone()
    }

    /// Forgets the results of these keys.
    pub(super) fn forget_all(&self, is_one: impl Fn(&K) -> bool) {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cells.retain(|key, _| !is_one(key));
    }

    /// Forgets a result for which `outdated` holds, so that the next who asks works anew.
    pub(super) fn forget_if(&self, key: &K, outdated: impl FnOnce(&V) -> bool) {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cells
            .get(key)
            .and_then(|cell| cell.get())
            .is_some_and(outdated)
        {
            cells.remove(key);
        }
    }
}

//! The objects, their versions and their history.
//!
//! One counter gives every write its `resourceVersion`, as etcd's revision does. Nothing is checked here.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::kinds::Resource;

/// Names a collection: group and plural.
pub(crate) type Collection = (String, String);
/// Names an object in its collection: namespace (empty for cluster scope) and name, in etcd's order.
pub(crate) type Key = (String, String);

/// What a watch sees.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) version: u64,
    pub(crate) before: Option<Arc<Value>>,
    /// None when the object was deleted.
    pub(crate) after: Option<Arc<Value>>,
}

/// A list that is being read in pages.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) version: u64,
    pub(crate) rest: Vec<Arc<Value>>,
}

/// All objects of a cluster.
#[derive(Debug, Clone, Default)]
pub(crate) struct Store {
    version: u64,
    collections: HashMap<Collection, BTreeMap<Key, Arc<Value>>>,
    history: HashMap<Collection, Vec<Change>>,
    /// Versions up to this one cannot be watched from any more.
    pub(crate) compacted: u64,
    /// Lists whose next page may be asked for, by token.
    pub(crate) snapshots: HashMap<String, Snapshot>,
}

/// The collection of a resource.
pub(crate) fn collection(resource: &Resource) -> Collection {
    (resource.group.clone(), resource.plural.clone())
}

/// The key of an object.
pub(crate) fn key(object: &Value) -> Key {
    let text = |name: &str| {
        object["metadata"][name]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    (text("namespace"), text("name"))
}

/// The fields of metadata as the real server prints them (apimachinery `ObjectMeta`); what is not here comes after.
const METADATA: [&str; 9] = [
    "name",
    "generateName",
    "namespace",
    "selfLink",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
];

fn in_order(metadata: &mut Value) {
    let Some(fields) = metadata.as_object_mut() else {
        return;
    };
    let mut rest = std::mem::take(fields);
    for name in METADATA {
        if let Some(value) = rest.shift_remove(name) {
            fields.insert(name.to_owned(), value);
        }
    }
    fields.extend(rest);
}

impl Store {
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn get(&self, of: &Collection, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.collections
            .get(of)?
            .get(&(namespace.to_owned(), name.to_owned()))
            .cloned()
    }

    /// The objects of a namespace, or of all when it is empty, by namespace and name.
    pub(crate) fn list(&self, of: &Collection, namespace: &str) -> Vec<Arc<Value>> {
        let all = self.collections.get(of).into_iter().flatten();
        all.filter(|((place, _), _)| namespace.is_empty() || place == namespace)
            .map(|(_, object)| object.clone())
            .collect()
    }

    /// Stores an object under a new version, which is written into it.
    pub(crate) fn put(&mut self, of: &Collection, mut object: Value) -> Arc<Value> {
        self.version += 1;
        object["metadata"]["resourceVersion"] = self.version.to_string().into();
        in_order(&mut object["metadata"]);
        let object = Arc::new(object);
        let before = self
            .collections
            .entry(of.clone())
            .or_default()
            .insert(key(&object), object.clone());
        let change = Change {
            version: self.version,
            before,
            after: Some(object.clone()),
        };
        self.history.entry(of.clone()).or_default().push(change);
        object
    }

    /// Removes an object; the version moves on.
    pub(crate) fn remove(
        &mut self,
        of: &Collection,
        namespace: &str,
        name: &str,
    ) -> Option<Arc<Value>> {
        let key = (namespace.to_owned(), name.to_owned());
        let gone = self.collections.get_mut(of)?.remove(&key)?;
        self.version += 1;
        let change = Change {
            version: self.version,
            before: Some(gone.clone()),
            after: None,
        };
        self.history.entry(of.clone()).or_default().push(change);
        Some(gone)
    }

    /// What happened to a collection after a version.
    pub(crate) fn changes(&self, of: &Collection, after: u64) -> Vec<Change> {
        let all = self.history.get(of).map(Vec::as_slice).unwrap_or_default();
        let start = all.partition_point(|change| change.version <= after);
        all[start..].to_vec()
    }

    /// Everything that lives in a namespace, as collections and names.
    pub(crate) fn contents(&self, namespace: &str) -> Vec<(Collection, String)> {
        let mut found = Vec::new();
        for (of, objects) in &self.collections {
            let names = objects.keys().filter(|(place, _)| place == namespace);
            found.extend(names.map(|(_, name)| (of.clone(), name.clone())));
        }
        found
    }

    /// Forgets the lists being read and the history, as etcd's compaction does.
    pub(crate) fn compact(&mut self) {
        self.snapshots.clear();
        self.compacted = self.version;
    }
}

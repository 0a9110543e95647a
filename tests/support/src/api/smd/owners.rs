//! The record of owners: `metadata.managedFields`, read and written.
//!
//! Source: k8s.io/apimachinery `pkg/util/managedfields/internal/managedfields.go`, `conflict.go`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::set::Set;

/// One entry of `managedFields`, without its fields.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Manager {
    /// Its name, `kubectl-extreg`.
    pub(crate) name: String,
    /// Whether it applies; else it updates.
    pub(crate) applies: bool,
    /// The version it wrote with.
    pub(crate) api_version: String,
    /// The subresource it wrote through, or nothing.
    pub(crate) subresource: String,
}

impl Manager {
    /// The entry it is kept under: an applier is the same whatever its version.
    pub(crate) fn key(&self) -> Self {
        let mut key = self.clone();
        if key.applies {
            key.api_version.clear();
        }
        key
    }

    /// As conflicts name it.
    pub(crate) fn printed(&self) -> String {
        let mut words = format!("{:?}", self.name);
        if !self.subresource.is_empty() {
            words = format!("{words} with subresource {:?}", self.subresource);
        }
        if !self.applies {
            words = format!("{words} using {}", self.api_version);
        }
        words
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Owned {
    pub(crate) set: Set,
    pub(crate) api_version: String,
    pub(crate) time: String,
}

/// The owners of an object's fields.
#[derive(Debug, Clone, Default)]
pub(crate) struct Owners(pub(crate) BTreeMap<Manager, Owned>);

impl Owners {
    /// From `metadata.managedFields`.
    pub(crate) fn read(object: &Value) -> Self {
        let mut owners = BTreeMap::new();
        for entry in object["metadata"]["managedFields"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
            let manager = Manager {
                name: text("manager"),
                applies: text("operation") == "Apply",
                api_version: text("apiVersion"),
                subresource: text("subresource"),
            };
            let set = Set::from_fields(&entry["fieldsV1"]);
            owners.insert(
                manager.key(),
                Owned {
                    set,
                    api_version: text("apiVersion"),
                    time: text("time"),
                },
            );
        }
        Self(owners)
    }

    /// To `metadata.managedFields`, in the real order.
    pub(crate) fn write(&self, object: &mut Value) {
        let mut entries: Vec<(&Manager, &Owned)> = self.0.iter().collect();
        entries.sort_by(|(a, x), (b, y)| {
            let first = (!a.applies, &x.time, &a.name, &x.api_version, &a.subresource);
            first.cmp(&(!b.applies, &y.time, &b.name, &y.api_version, &b.subresource))
        });
        let entries: Vec<Value> = entries
            .into_iter()
            .map(|(manager, owned)| {
                let mut entry = Map::new();
                entry.insert("manager".into(), manager.name.clone().into());
                entry.insert(
                    "operation".into(),
                    if manager.applies { "Apply" } else { "Update" }.into(),
                );
                entry.insert("apiVersion".into(), owned.api_version.clone().into());
                entry.insert("time".into(), owned.time.clone().into());
                entry.insert("fieldsType".into(), "FieldsV1".into());
                entry.insert("fieldsV1".into(), owned.set.to_fields());
                if !manager.subresource.is_empty() {
                    entry.insert("subresource".into(), manager.subresource.clone().into());
                }
                Value::Object(entry)
            })
            .collect();
        if let Some(metadata) = object["metadata"].as_object_mut() {
            if entries.is_empty() {
                metadata.remove("managedFields");
            } else {
                metadata.insert("managedFields".into(), entries.into());
            }
        }
    }

    /// Forgets who owns nothing.
    pub(crate) fn drop_empty(&mut self) {
        self.0.retain(|_, owned| !owned.set.is_empty());
    }
}

/// An object without its record of owners.
pub(crate) fn without_managed_fields(object: &Value) -> Value {
    let mut bare = object.clone();
    if let Some(metadata) = bare.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    bare
}

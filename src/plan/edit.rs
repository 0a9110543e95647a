//! Edits as they are meant, so that they can be made again on a fresher object, and inverted.
//!
//! An operation touches its own entry and nothing beside it. `ServiceAccount.imagePullSecrets` is an atomic list for the
//! API server (`listType=atomic` in Kubernetes' `core/v1/types.go`): every kind of patch replaces it whole, which is why
//! the list is edited here and written back under its `resourceVersion`.

pub mod bundle;
mod controlled;
pub mod place;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::model::pem::Defect;
use place::{escape, items, list_at, look, map_at, parent, set, words};

/// One edit. Places are those of [`place`]; maps and lists on the way are made when they are missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case")]
pub enum Op {
    /// Adds `entry` to the list of objects unless one with the same `key` field is there. `at` is where it stood before it
    /// was taken out; the end when there is none.
    ListAdd {
        list: String,
        key: String,
        entry: Value,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<usize>,
    },
    /// Takes the entries out of the list whose `key` field is `value`.
    ListRemove {
        list: String,
        key: String,
        value: String,
    },
    /// Adds a value to a list of plain values unless it is there. `at` is where it stood before it was taken out; the end
    /// when there is none.
    ValueAdd {
        list: String,
        value: Value,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<usize>,
    },
    /// Takes a value out of a list of plain values, every time that it is in it.
    ValueRemove { list: String, value: Value },
    /// Sets one entry of a map.
    MapSet {
        map: String,
        key: String,
        value: Value,
    },
    /// Takes one entry out of a map while it still holds `value`; somebody else's value under the key stays.
    MapRemove {
        map: String,
        key: String,
        value: Value,
    },
    /// Sets a single field (`None`: takes it away) that must still hold what was expected.
    Set {
        field: String,
        expected: Option<Value>,
        value: Option<Value>,
    },
    /// Adds certificates to a CA bundle, by fingerprint.
    BundleAdd(bundle::Add),
    /// Takes certificates out of a CA bundle, by fingerprint.
    BundleRemove(bundle::Remove),
    /// Adds `item` to a list of objects that have no key, unless one is there that says all that it says: what a controller
    /// writes beside that (`lastTriggeredImage`) makes it no other. `at` is where it stood before it was taken out.
    ItemAdd {
        list: String,
        item: Value,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<usize>,
    },
    /// Takes the objects out of a list that say all that `like` says. A list that loses its last item stays, empty: of
    /// some lists that is something else than none.
    ItemRemove { list: String, like: Value },
    /// Leaves a field to a controller that will write an image of one of the repositories `becomes` there. It changes
    /// nothing itself: it says what the field may hold when it is taken back.
    Leave { field: String, becomes: Vec<String> },
    /// Takes back what was left to a controller: sets the field while it holds an image of one of the repositories `held`.
    TakeBack {
        field: String,
        held: Vec<String>,
        value: Value,
    },
}

/// A single field that no longer holds what the edit relies on, or a place of another shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpRefusal {
    #[error("{field} has been changed by somebody else")]
    Changed { field: String },
    #[error("{place} is not what this tool expects there")]
    Shape { place: String },
    /// A CA bundle that nodes read only in part.
    #[error("the bundle under the key {key:?} is malformed: {}", listed(defects))]
    Malformed { key: String, defects: Vec<Defect> },
    #[error(
        "a private key stands in the bundle under the key {key:?} at line {line}: everybody who reads the object has it"
    )]
    PrivateKey { key: String, line: usize },
}

fn listed(defects: &[Defect]) -> String {
    let words: Vec<String> = defects.iter().map(ToString::to_string).collect();
    words.join("; ")
}

impl Op {
    /// An entry `{"name": NAME}` in a list of references.
    pub fn add_reference(list: &str, name: &str) -> Self {
        Self::ListAdd {
            list: list.to_owned(),
            key: "name".to_owned(),
            entry: serde_json::json!({ "name": name }),
            at: None,
        }
    }

    /// Takes the reference to `name` out of a list of references.
    pub fn remove_reference(list: &str, name: &str) -> Self {
        Self::ListRemove {
            list: list.to_owned(),
            key: "name".to_owned(),
            value: name.to_owned(),
        }
    }

    /// Makes the edit; whether it changed anything.
    pub fn apply(&self, object: &mut Value) -> Result<bool, OpRefusal> {
        match self {
            Self::ListAdd {
                list,
                key,
                entry,
                at,
            } => {
                let items = list_at(object, list)?;
                if items.iter().any(|item| item.get(key) == entry.get(key)) {
                    return Ok(false);
                }
                let end = items.len();
                items.insert(at.map_or(end, |at| at.min(end)), entry.clone());
                Ok(true)
            }
            Self::ListRemove { list, key, value } => retain(object, list, |item| {
                item.get(key).and_then(Value::as_str) != Some(value)
            }),
            Self::ValueAdd { list, value, at } => {
                let items = list_at(object, list)?;
                if items.contains(value) {
                    return Ok(false);
                }
                let end = items.len();
                items.insert(at.map_or(end, |at| at.min(end)), value.clone());
                Ok(true)
            }
            Self::ValueRemove { list, value } => retain(object, list, |item| item != value),
            Self::MapSet { map, key, value } => {
                let entries = map_at(object, map)?;
                if entries.get(key) == Some(value) {
                    return Ok(false);
                }
                entries.insert(key.clone(), value.clone());
                Ok(true)
            }
            Self::MapRemove { map, key, value } => {
                if look(object, map).and_then(|map| map.get(key)) != Some(value) {
                    return Ok(false);
                }
                let entries = map_at(object, map)?;
                entries.shift_remove(key);
                if entries.is_empty() {
                    set(object, map, None);
                }
                Ok(true)
            }
            Self::Set {
                field,
                expected,
                value,
            } => {
                let current = look(object, field).filter(|value| !value.is_null());
                if current == value.as_ref() {
                    return Ok(false);
                }
                if current != expected.as_ref() {
                    return Err(OpRefusal::Changed {
                        field: words(field),
                    });
                }
                if value.is_some() {
                    map_at(object, parent(field).0)?;
                }
                set(object, field, value.as_ref());
                Ok(true)
            }
            Self::BundleAdd(add) => add.apply(object),
            Self::BundleRemove(remove) => remove.apply(object),
            Self::ItemAdd { list, item, at } => {
                Ok(controlled::add(list_at(object, list)?, item, *at))
            }
            Self::ItemRemove { list, like } => {
                if look(object, list).is_none_or(Value::is_null) {
                    return Ok(false);
                }
                Ok(controlled::remove(list_at(object, list)?, like))
            }
            Self::Leave { .. } => Ok(false),
            Self::TakeBack { field, held, value } => {
                controlled::take_back(object, field, held, value)
            }
        }
    }

    /// What takes this edit back, given the object as it was before. None when it would change nothing there.
    pub fn inverse(&self, before: &Value) -> Vec<Self> {
        match self {
            Self::ListAdd {
                list, key, entry, ..
            } => {
                let there = items(before, list).any(|(_, item)| item.get(key) == entry.get(key));
                entry
                    .get(key)
                    .and_then(Value::as_str)
                    .filter(|_| !there)
                    .map(|value| Self::ListRemove {
                        list: list.clone(),
                        key: key.clone(),
                        value: value.to_owned(),
                    })
                    .into_iter()
                    .collect()
            }
            Self::ListRemove { list, key, value } => items(before, list)
                .filter(|(_, item)| item.get(key).and_then(Value::as_str) == Some(value))
                .map(|(at, item)| Self::ListAdd {
                    list: list.clone(),
                    key: key.clone(),
                    entry: item.clone(),
                    at: Some(at),
                })
                .collect(),
            Self::ValueAdd { list, value, .. } => {
                let there = items(before, list).any(|(_, item)| item == value);
                let remove = Self::ValueRemove {
                    list: list.clone(),
                    value: value.clone(),
                };
                (!there).then_some(remove).into_iter().collect()
            }
            Self::ValueRemove { list, value } => items(before, list)
                .find(|(_, item)| *item == value)
                .map(|(at, item)| Self::ValueAdd {
                    list: list.clone(),
                    value: item.clone(),
                    at: Some(at),
                })
                .into_iter()
                .collect(),
            Self::MapSet { map, key, value } => {
                match look(before, map).and_then(|map| map.get(key)) {
                    Some(old) if old == value => Vec::new(),
                    Some(old) => vec![Self::Set {
                        field: format!("{map}/{}", escape(key)),
                        expected: Some(value.clone()),
                        value: Some(old.clone()),
                    }],
                    None => vec![Self::MapRemove {
                        map: map.clone(),
                        key: key.clone(),
                        value: value.clone(),
                    }],
                }
            }
            Self::MapRemove { map, key, value } => look(before, map)
                .and_then(|map| map.get(key))
                .filter(|old| *old == value)
                .map(|old| Self::MapSet {
                    map: map.clone(),
                    key: key.clone(),
                    value: old.clone(),
                })
                .into_iter()
                .collect(),
            Self::Set { field, value, .. } => {
                let old = look(before, field).filter(|value| !value.is_null());
                if old == value.as_ref() {
                    return Vec::new();
                }
                vec![Self::Set {
                    field: field.clone(),
                    expected: value.clone(),
                    value: old.cloned(),
                }]
            }
            Self::BundleAdd(add) => add.inverse(before),
            Self::BundleRemove(remove) => remove.inverse(before),
            Self::ItemAdd { .. }
            | Self::ItemRemove { .. }
            | Self::Leave { .. }
            | Self::TakeBack { .. } => controlled::inverse(self, before),
        }
    }

    /// What the place that it touches holds, for the before-image; of a CA bundle the fingerprints.
    pub fn before(&self, object: &Value) -> Value {
        match self {
            Self::BundleAdd(bundle::Add { key, .. })
            | Self::BundleRemove(bundle::Remove { key, .. }) => bundle::outline(object, key),
            _ => look(object, &self.place()).cloned().unwrap_or(Value::Null),
        }
    }

    /// The place that it touches, for the before-image.
    pub fn place(&self) -> String {
        match self {
            Self::ListAdd { list, .. }
            | Self::ListRemove { list, .. }
            | Self::ValueAdd { list, .. }
            | Self::ValueRemove { list, .. }
            | Self::ItemAdd { list, .. }
            | Self::ItemRemove { list, .. } => list.clone(),
            Self::MapSet { map, key, .. } | Self::MapRemove { map, key, .. } => {
                format!("{map}/{}", escape(key))
            }
            Self::Set { field, .. } | Self::Leave { field, .. } | Self::TakeBack { field, .. } => {
                field.clone()
            }
            Self::BundleAdd(bundle::Add { key, .. })
            | Self::BundleRemove(bundle::Remove { key, .. }) => bundle::place(key),
        }
    }
}

/// Makes all edits on a copy; `None` when none of them changes anything.
pub fn apply_all(ops: &[Op], object: &Value) -> Result<Option<Value>, OpRefusal> {
    let mut edited = object.clone();
    let mut changed = false;
    for op in ops {
        changed |= op.apply(&mut edited)?;
    }
    Ok(changed.then_some(edited))
}

/// What takes all edits back, last first.
pub fn invert_all(ops: &[Op], before: &Value) -> Result<Vec<Op>, OpRefusal> {
    let mut state = before.clone();
    let mut inverse: Vec<Op> = Vec::new();
    for op in ops {
        // Within one edit the entries come back in their order, so that each index is right when it is used.
        inverse.splice(0..0, op.inverse(&state));
        op.apply(&mut state)?;
    }
    Ok(inverse)
}

/// Keeps the items that `keep` holds for; a list that loses its last item is taken away with it.
fn retain(
    object: &mut Value,
    list: &str,
    keep: impl FnMut(&Value) -> bool,
) -> Result<bool, OpRefusal> {
    if look(object, list).is_none_or(Value::is_null) {
        return Ok(false);
    }
    let items = list_at(object, list)?;
    let before = items.len();
    items.retain(keep);
    let (changed, empty) = (items.len() != before, items.is_empty());
    if changed && empty {
        set(object, list, None);
    }
    Ok(changed)
}

#[cfg(test)]
mod tests;

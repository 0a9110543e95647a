//! Edits as they are meant, so that they can be made again on a fresher object, and inverted.
//!
//! An operation touches its own entry and nothing beside it. `ServiceAccount.imagePullSecrets` is an atomic list for the
//! API server (`listType=atomic` in Kubernetes' `core/v1/types.go`): every kind of patch replaces it whole, which is why
//! the list is edited here and written back under its `resourceVersion`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One edit. Places are JSON pointers; maps and lists on the way are made when they are missing.
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
}

/// A single field that no longer holds what the edit relies on, or a place of another shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpRefusal {
    #[error("{field} has been changed by somebody else")]
    Changed { field: String },
    #[error("{place} is not what this tool expects there")]
    Shape { place: String },
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
            Self::ListRemove { list, key, value } => {
                if object.pointer(list).is_none_or(Value::is_null) {
                    return Ok(false);
                }
                let items = list_at(object, list)?;
                let before = items.len();
                items.retain(|item| item.get(key).and_then(Value::as_str) != Some(value));
                let (changed, empty) = (items.len() != before, items.is_empty());
                if changed && empty {
                    set(object, list, None);
                }
                Ok(changed)
            }
            Self::MapSet { map, key, value } => {
                let entries = map_at(object, map)?;
                if entries.get(key) == Some(value) {
                    return Ok(false);
                }
                entries.insert(key.clone(), value.clone());
                Ok(true)
            }
            Self::MapRemove { map, key, value } => {
                if object.pointer(map).and_then(|map| map.get(key)) != Some(value) {
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
                let current = object.pointer(field).filter(|value| !value.is_null());
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
            Self::MapSet { map, key, value } => {
                match before.pointer(map).and_then(|map| map.get(key)) {
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
            Self::MapRemove { map, key, value } => before
                .pointer(map)
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
                let old = before.pointer(field).filter(|value| !value.is_null());
                if old == value.as_ref() {
                    return Vec::new();
                }
                vec![Self::Set {
                    field: field.clone(),
                    expected: value.clone(),
                    value: old.cloned(),
                }]
            }
        }
    }

    /// The place that it touches, for the before-image.
    pub fn place(&self) -> String {
        match self {
            Self::ListAdd { list, .. } | Self::ListRemove { list, .. } => list.clone(),
            Self::MapSet { map, key, .. } | Self::MapRemove { map, key, .. } => {
                format!("{map}/{}", escape(key))
            }
            Self::Set { field, .. } => field.clone(),
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

fn items<'a>(object: &'a Value, list: &str) -> impl Iterator<Item = (usize, &'a Value)> {
    object
        .pointer(list)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .enumerate()
}

fn list_at<'a>(object: &'a mut Value, pointer: &str) -> Result<&'a mut Vec<Value>, OpRefusal> {
    let shape = || OpRefusal::Shape {
        place: words(pointer),
    };
    make(object, pointer, || Value::Array(Vec::new()))
        .and_then(Value::as_array_mut)
        .ok_or_else(shape)
}

fn map_at<'a>(
    object: &'a mut Value,
    pointer: &str,
) -> Result<&'a mut Map<String, Value>, OpRefusal> {
    let shape = || OpRefusal::Shape {
        place: words(pointer),
    };
    make(object, pointer, || Value::Object(Map::new()))
        .and_then(Value::as_object_mut)
        .ok_or_else(shape)
}

/// The value at the pointer, made with `leaf` when it is missing or null; maps on the way are made too.
fn make<'a>(
    object: &'a mut Value,
    pointer: &str,
    leaf: impl Fn() -> Value,
) -> Option<&'a mut Value> {
    let mut tokens = pointer.split('/').skip(1).peekable();
    let mut at = object;
    while let Some(token) = tokens.next() {
        let last = tokens.peek().is_none();
        let slot = at
            .as_object_mut()?
            .entry(unescape(token))
            .or_insert(Value::Null);
        if slot.is_null() {
            *slot = if last {
                leaf()
            } else {
                Value::Object(Map::new())
            };
        }
        at = slot;
    }
    Some(at)
}

/// Sets or takes away a field whose parent is there.
fn set(object: &mut Value, pointer: &str, value: Option<&Value>) {
    let (above, name) = parent(pointer);
    if let Some(map) = object.pointer_mut(above).and_then(Value::as_object_mut) {
        let name = unescape(name);
        match value {
            Some(value) => drop(map.insert(name, value.clone())),
            None => drop(map.shift_remove(&name)),
        }
    }
}

fn parent(pointer: &str) -> (&str, &str) {
    pointer.rsplit_once('/').unwrap_or(("", pointer))
}

/// One token of a JSON pointer, by RFC 6901.
fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// A pointer as people write a field: `spec.output.to`.
fn words(pointer: &str) -> String {
    pointer
        .split('/')
        .skip(1)
        .map(unescape)
        .collect::<Vec<_>>()
        .join(".")
}

#[cfg(test)]
mod tests;

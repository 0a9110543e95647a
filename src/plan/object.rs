//! An API object as JSON, nothing dropped, that does not show secret values when it is debugged.

use std::fmt;

use serde_json::Value;

use super::mask;

/// A JSON object of the API. Its `Debug` masks secret values; to print one, use [`mask::masked`].
#[derive(Clone, PartialEq)]
pub struct Object(Value);

impl Object {
    pub fn new(value: Value) -> Self {
        Self(value)
    }

    /// With every secret value in it.
    pub fn value(&self) -> &Value {
        &self.0
    }

    pub fn into_value(self) -> Value {
        self.0
    }

    pub fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    pub fn namespace(&self) -> &str {
        self.text("/metadata/namespace")
    }

    pub fn uid(&self) -> Option<&str> {
        self.0.pointer("/metadata/uid").and_then(Value::as_str)
    }

    pub fn resource_version(&self) -> Option<&str> {
        self.0
            .pointer("/metadata/resourceVersion")
            .and_then(Value::as_str)
    }

    pub fn label(&self, name: &str) -> Option<&str> {
        self.metadata("labels", name)
    }

    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.metadata("annotations", name)
    }

    /// The string at a JSON pointer, empty when there is none.
    pub fn text(&self, pointer: &str) -> &str {
        self.0
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The items of the list at a JSON pointer, none when there is no list.
    pub fn items(&self, pointer: &str) -> &[Value] {
        self.0
            .pointer(pointer)
            .and_then(Value::as_array)
            .map_or(&[], Vec::as_slice)
    }

    /// The `name` fields of a list of references (`imagePullSecrets`, `secrets`).
    pub fn names(&self, pointer: &str) -> impl Iterator<Item = &str> {
        self.items(pointer)
            .iter()
            .filter_map(|item| item.get("name").and_then(Value::as_str))
    }

    fn metadata(&self, map: &str, name: &str) -> Option<&str> {
        self.0
            .get("metadata")?
            .get(map)?
            .get(name)
            .and_then(Value::as_str)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", mask::masked(self))
    }
}

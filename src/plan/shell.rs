//! An object without what it holds: for making again what was deleted because it held nothing any more.

use serde_json::{Map, Value};

/// The maps in which ConfigMaps and Secrets have their content.
const CONTENT: [&str; 2] = ["data", "binaryData"];

/// Whether the object holds nothing.
pub fn is_empty(object: &Value) -> bool {
    CONTENT.iter().all(|map| {
        object
            .get(map)
            .and_then(Value::as_object)
            .is_none_or(Map::is_empty)
    })
}

/// The object with its kind, name, labels and annotations and nothing else: neither content nor what the server filled in.
pub fn of(object: &Value) -> Value {
    let mut shell = Map::new();
    for field in ["apiVersion", "kind"] {
        if let Some(value) = object.get(field) {
            shell.insert(field.to_owned(), value.clone());
        }
    }
    let mut metadata = Map::new();
    for field in ["name", "namespace", "labels", "annotations"] {
        if let Some(value) = object
            .get("metadata")
            .and_then(|metadata| metadata.get(field))
        {
            metadata.insert(field.to_owned(), value.clone());
        }
    }
    shell.insert("metadata".to_owned(), Value::Object(metadata));
    Value::Object(shell)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_shell_can_be_made_again() {
        let object = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "x", "namespace": "n", "uid": "u", "resourceVersion": "7", "labels": {"a": "b"}},
            "data": {"k": "v"},
        });
        assert!(!is_empty(&object));
        let shell = of(&object);
        assert!(is_empty(&shell) && is_empty(&json!({"data": {}, "binaryData": null})));
        assert_eq!(
            shell,
            json!({
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": "x", "namespace": "n", "labels": {"a": "b"}},
            })
        );
    }
}

//! Makes objects printable: secret values become `***`, and in a difference `*** (before)` and `*** (after)` where they
//! differ, as `kubectl diff` words it (kubectl `pkg/cmd/diff` `Masker`). A private key that somebody put into a ConfigMap, beside
//! the CA most often, is one as well.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::Object;

const MASK: &str = "***";
/// Holds the whole object as it was applied last, secret values included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The object with secret values masked. Anything but a Secret, or a ConfigMap with a private key in it, comes back as it is.
pub fn masked(object: &Object) -> Value {
    let mut value = object.value().clone();
    mask(&mut value, |_, _| MASK.to_owned());
    value
}

/// Both sides of a difference, masked so that a value which changes is seen to change.
pub fn masked_pair(before: &Object, after: &Object) -> (Value, Value) {
    let (mut left, mut right) = (before.value().clone(), after.value().clone());
    mask(&mut left, |pointer, value| {
        word(after, pointer, value, "before")
    });
    mask(&mut right, |pointer, value| {
        word(before, pointer, value, "after")
    });
    (left, right)
}

fn word(other: &Object, pointer: &str, value: &Value, side: &str) -> String {
    match other.value().pointer(pointer) {
        Some(same) if same == value => MASK.to_owned(),
        Some(_) => format!("{MASK} ({side})"),
        None => MASK.to_owned(),
    }
}

fn mask(value: &mut Value, word: impl Fn(&str, &Value) -> String) {
    let is_secret: fn(&str, &Value) -> bool = match value.get("kind").and_then(Value::as_str) {
        Some("Secret") => |_, _| true,
        Some("ConfigMap") => holds_key,
        _ => return,
    };
    let mut any = false;
    for map in ["data", "stringData", "binaryData"] {
        let Some(entries) = value.get_mut(map).and_then(Value::as_object_mut) else {
            continue;
        };
        for (key, entry) in entries.iter_mut() {
            if !is_secret(map, entry) {
                continue;
            }
            any = true;
            let pointer = format!("/{map}/{}", key.replace('~', "~0").replace('/', "~1"));
            *entry = Value::String(word(&pointer, entry));
        }
    }
    let is_plain = value.get("kind").and_then(Value::as_str) != Some("Secret");
    if is_plain && !any {
        return;
    }
    if let Some(entry) = value
        .pointer_mut("/metadata/annotations")
        .and_then(|annotations| annotations.get_mut(LAST_APPLIED))
    {
        *entry = Value::String(MASK.to_owned());
    }
}

/// Whether there is a private key in a ConfigMap's entry.
fn holds_key(map: &str, entry: &Value) -> bool {
    let text = entry.as_str().unwrap_or_default();
    if map != "binaryData" {
        return text.contains("PRIVATE KEY-----");
    }
    let bytes = BASE64.decode(text).unwrap_or_default();
    String::from_utf8_lossy(&bytes).contains("PRIVATE KEY-----")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn secret(value: &str) -> Object {
        Object::new(json!({
            "kind": "Secret",
            "metadata": {"name": "x", "annotations": {LAST_APPLIED: "{\"data\":\"canary\"}", "kept": "yes"}},
            "data": {".dockerconfigjson": value, "same/~": "Y2FuYXJ5"},
            "stringData": {"plain": "canary"},
        }))
    }

    #[test]
    fn no_value_of_a_secret_is_left() {
        let shown = masked(&secret("Y2FuYXJ5")).to_string() + &format!("{:?}", secret("Y2FuYXJ5"));
        assert!(
            !shown.contains("canary") && !shown.contains("Y2FuYXJ5"),
            "{shown}"
        );
        assert!(
            shown.contains("\".dockerconfigjson\":\"***\"") && shown.contains("yes"),
            "{shown}"
        );
    }

    #[test]
    fn a_difference_tells_which_values_change_and_not_what_they_are() {
        let (before, after) = masked_pair(&secret("b25l"), &secret("dHdv"));
        assert_eq!(before["data"][".dockerconfigjson"], "*** (before)");
        assert_eq!(after["data"][".dockerconfigjson"], "*** (after)");
        assert_eq!(before["data"]["same/~"], "***");
    }

    #[test]
    fn a_private_key_in_a_config_map_is_a_secret() {
        let key = "-----BEGIN EC PRIVATE KEY-----\ncanary\n-----END EC PRIVATE KEY-----\n";
        let map = Object::new(json!({
            "kind": "ConfigMap",
            "metadata": {"annotations": {LAST_APPLIED: key}},
            "data": {"ca.crt": "fine", "both": format!("text\n{key}")},
            "binaryData": {"b": BASE64.encode(key)},
        }));
        let shown = masked(&map);
        assert_eq!(
            (&shown["data"], &shown["binaryData"]),
            (
                &json!({"ca.crt": "fine", "both": "***"}),
                &json!({"b": "***"})
            )
        );
        assert!(!shown.to_string().contains("canary"), "{shown}");
    }

    #[test]
    fn other_kinds_stay_as_they_are() {
        let map = Object::new(json!({"kind": "ConfigMap", "data": {"a": "b"}}));
        assert_eq!(masked(&map), *map.value());
    }
}

//! Whether an object that this tool made is still as it was made, when controllers have written to it since: its status, its
//! defaults and its generation are theirs, and so is the image of a container that an image trigger rules.
//!
//! An object without controllers is told by its `resourceVersion` alone.

use serde_json::Value;

use super::Object;
use super::use_image::triggers;

/// What keeps `now` from being what was made, as a place in it; `None` when everything that was written is still there.
pub fn differs(made: &Value, now: &Object) -> Option<String> {
    let ruled = triggers::ruled_images(now);
    let mut at = Vec::new();
    first_difference(made, now.value(), &mut at, &|place| {
        ruled.iter().any(|ruled| ruled == place)
    })
}

/// Lists are as long as they were made; maps may have got entries.
fn first_difference(
    made: &Value,
    now: &Value,
    at: &mut Vec<String>,
    ruled: &dyn Fn(&str) -> bool,
) -> Option<String> {
    match (made, now) {
        (Value::Object(made), Value::Object(now)) => made.iter().find_map(|(key, made)| {
            at.push(key.clone());
            let found = match now.get(key) {
                Some(now) => first_difference(made, now, at, ruled),
                // The server leaves out what is empty.
                None if is_empty(made) => None,
                None => Some(at.join(".")),
            };
            at.pop();
            found
        }),
        (Value::Array(made), Value::Array(now)) if made.len() == now.len() => made
            .iter()
            .zip(now)
            .enumerate()
            .find_map(|(index, (made, now))| {
                at.push(index.to_string());
                let found = first_difference(made, now, at, ruled);
                at.pop();
                found
            }),
        _ if made == now || ruled(&format!("/{}", at.join("/"))) => None,
        _ => Some(at.join(".")),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::String(text) => text.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn deployment() -> Value {
        json!({
            "kind": "Deployment",
            "metadata": {"name": "web", "annotations": {}},
            "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "web", "image": "quay.io/a:1"}]}}},
        })
    }

    fn with(change: impl FnOnce(&mut Value)) -> Option<String> {
        let mut now = deployment();
        now["metadata"]["resourceVersion"] = json!("99");
        now["metadata"]["annotations"] = json!({"deployment.kubernetes.io/revision": "1"});
        now["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = json!("Always");
        now["status"] = json!({"replicas": 1});
        change(&mut now);
        differs(&deployment(), &Object::new(now))
    }

    #[test]
    fn defaults_and_status_are_no_change() {
        assert_eq!(with(|_| {}), None);
        let mut made = deployment();
        made["spec"]["triggers"] = json!([]);
        assert_eq!(differs(&made, &Object::new(deployment())), None);
    }

    #[test]
    fn what_somebody_wrote_is_one() {
        let replicas = with(|now| now["spec"]["replicas"] = json!(3));
        assert_eq!(replicas.as_deref(), Some("spec.replicas"));
        let image = "spec.template.spec.containers.0.image";
        let changed = with(|now| {
            now["spec"]["template"]["spec"]["containers"][0]["image"] = json!("quay.io/b:1");
        });
        assert_eq!(changed.as_deref(), Some(image));
        let more = with(|now| {
            now["spec"]["template"]["spec"]["containers"] =
                json!([{"name": "web", "image": "quay.io/a:1"}, {}]);
        });
        assert_eq!(more.as_deref(), Some("spec.template.spec.containers"));
        let less = with(|now| now["spec"] = json!({}));
        assert_eq!(less.as_deref(), Some("spec.replicas"));
    }

    #[test]
    fn the_image_that_a_trigger_puts_in_is_none() {
        let by_annotation = with(|now| {
            let trigger = json!([{"from": {"kind": "ImageStreamTag", "name": "a:1"},
                "fieldPath": "spec.template.spec.containers[?(@.name==\"web\")].image"}]);
            now["metadata"]["annotations"]["image.openshift.io/triggers"] =
                json!(trigger.to_string());
            now["spec"]["template"]["spec"]["containers"][0]["image"] = json!("quay.io/a@sha256:1");
        });
        assert_eq!(by_annotation, None);
    }
}

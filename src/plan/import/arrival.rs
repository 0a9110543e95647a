//! Whether an import has come, as the stream's status tells.
//!
//! A tag's import is done when its newest image, or the condition that says why there is none, is of the generation of the
//! tag's specification (openshift/api `image/v1/types.go` `TagReference.Generation`; openshift-controller-manager
//! `pkg/image/controller/imagestream_controller.go` `latestObservedTagGeneration`).

use serde_json::Value;

/// How the import of one tag stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// The newest image.
    Here {
        /// `sha256:...`.
        image: String,
        /// RFC 3339, when the tag first had it.
        since: String,
    },
    /// The import failed, in the server's words (not sanitised).
    Failed(String),
    /// It is still to come.
    Pending,
}

/// How the import of `tag` stands in an ImageStream.
pub fn arrival(stream: &Value, tag: &str) -> Arrival {
    let find = |list: &Value, key: &str| -> Value {
        let items = list.as_array().into_iter().flatten();
        let found = items.into_iter().find(|item| item[key] == tag);
        found.cloned().unwrap_or_default()
    };
    let spec = find(&stream["spec"]["tags"], "name");
    let status = find(&stream["status"]["tags"], "tag");
    let wanted = spec["generation"].as_i64().unwrap_or_default();
    let reached = |value: &Value| value["generation"].as_i64().unwrap_or_default() >= wanted;
    let conditions = status["conditions"].as_array();
    let failed = conditions.into_iter().flatten().find(|condition| {
        condition["type"] == "ImportSuccess" && condition["status"] == "False" && reached(condition)
    });
    if let Some(failed) = failed {
        return Arrival::Failed(failed["message"].as_str().unwrap_or_default().to_owned());
    }
    let newest = &status["items"][0];
    match newest["image"].as_str() {
        Some(image) if reached(newest) => Arrival::Here {
            image: image.to_owned(),
            since: newest["created"].as_str().unwrap_or_default().to_owned(),
        },
        _ => Arrival::Pending,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_generation_tells() {
        let stream = |spec: i64, item: i64, condition: Option<i64>| {
            let conditions: Vec<Value> = condition
                .map(|at| {
                    json!({"type": "ImportSuccess", "status": "False", "generation": at, "message": "no"})
                })
                .into_iter()
                .collect();
            json!({
                "spec": {"tags": [{"name": "1", "generation": spec}]},
                "status": {"tags": [{"tag": "1", "conditions": conditions, "items": [
                    {"image": "sha256:aa", "generation": item, "created": "2026-01-02T03:04:05Z"}]}]},
            })
        };
        let here = Arrival::Here {
            image: "sha256:aa".to_owned(),
            since: "2026-01-02T03:04:05Z".to_owned(),
        };
        assert_eq!(arrival(&stream(2, 2, None), "1"), here);
        assert_eq!(arrival(&stream(3, 2, None), "1"), Arrival::Pending);
        assert_eq!(
            arrival(&stream(3, 2, Some(3)), "1"),
            Arrival::Failed("no".to_owned())
        );
        // A failure of before the tag was changed.
        assert_eq!(arrival(&stream(3, 3, Some(2)), "1"), here);
        assert_eq!(arrival(&stream(3, 3, None), "2"), Arrival::Pending);
    }
}

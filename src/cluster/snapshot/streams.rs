//! From ImageStreams as JSON to [`crate::model::view`].

use std::collections::BTreeMap;

use serde_json::Value;

use super::builds::image_reference;
use super::json::{given, items, text, time};
use crate::model::view::{ImageStream, ImportCondition, StreamTag, TagItem};

/// openshift/api `image/v1/consts.go` `InsecureRepositoryAnnotation`.
const INSECURE: &str = "openshift.io/image.insecureRepository";
/// openshift/api `image/v1/types.go` `SourceTagReferencePolicy`, the default.
const SOURCE: &str = "Source";

pub(super) fn image_stream(object: &Value) -> ImageStream {
    let (metadata, spec, status) = (&object["metadata"], &object["spec"], &object["status"]);
    ImageStream {
        namespace: text(&metadata["namespace"]),
        name: text(&metadata["name"]),
        uid: text(&metadata["uid"]),
        resource_version: text(&metadata["resourceVersion"]),
        repository: given(&status["dockerImageRepository"]),
        public_repository: given(&status["publicDockerImageRepository"]),
        spec_repository: given(&spec["dockerImageRepository"]),
        lookup_local: spec["lookupPolicy"]["local"] == true,
        insecure_annotation: metadata["annotations"][INSECURE] == "true",
        tags: tags(spec, status),
    }
}

/// The tags of the specification and of the status by name: one that is pushed to is only in the status, one that never
/// was imported only in the specification.
fn tags(spec: &Value, status: &Value) -> Vec<StreamTag> {
    let mut tags: BTreeMap<String, StreamTag> = BTreeMap::new();
    for tag in items(&spec["tags"]) {
        let Some(name) = given(&tag["name"]) else {
            continue;
        };
        let (import, reference) = (&tag["importPolicy"], &tag["referencePolicy"]);
        let wanted = StreamTag {
            name: name.clone(),
            from: image_reference(&tag["from"]),
            insecure: import["insecure"] == true,
            scheduled: import["scheduled"] == true,
            import_mode: given(&import["importMode"]),
            reference_policy: given(&reference["type"]).unwrap_or_else(|| SOURCE.to_owned()),
            is_reference: tag["reference"] == true,
            generation: tag["generation"].as_i64(),
            ..StreamTag::default()
        };
        tags.insert(name, wanted);
    }
    for tag in items(&status["tags"]) {
        let Some(name) = given(&tag["tag"]) else {
            continue;
        };
        let entry = tags.entry(name.clone()).or_insert_with(|| StreamTag {
            name,
            reference_policy: SOURCE.to_owned(),
            ..StreamTag::default()
        });
        entry.items = items(&tag["items"]).map(item).collect();
        entry.conditions = items(&tag["conditions"])
            .filter(|condition| condition["type"] == "ImportSuccess")
            .map(condition)
            .collect();
    }
    tags.into_values().collect()
}

fn item(item: &Value) -> TagItem {
    TagItem {
        image: text(&item["image"]),
        docker_image_reference: text(&item["dockerImageReference"]),
        generation: item["generation"].as_i64(),
        created: time(&item["created"]),
    }
}

fn condition(condition: &Value) -> ImportCondition {
    ImportCondition {
        status: condition["status"] == "True",
        reason: text(&condition["reason"]),
        message: text(&condition["message"]),
        generation: condition["generation"].as_i64(),
        at: time(&condition["lastTransitionTime"]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tags_of_specification_and_status_are_one() {
        let stream = image_stream(&json!({
            "metadata": {"namespace": "n", "name": "app", "annotations": {INSECURE: "true"}},
            "spec": {"lookupPolicy": {"local": true}, "dockerImageRepository": "quay.io/a/b", "tags": [
                {"name": "latest", "from": {"kind": "DockerImage", "name": "quay.io/a/b:1"}, "generation": 2,
                 "importPolicy": {"scheduled": true, "insecure": true, "importMode": "PreserveOriginal"},
                 "referencePolicy": {"type": "Local"}},
                {"name": "alias", "from": {"kind": "ImageStreamTag", "name": "app:latest"}, "reference": true}]},
            "status": {"dockerImageRepository": "registry.local:5000/n/app", "publicDockerImageRepository": "public/n/app",
                "tags": [
                {"tag": "latest", "items": [{"image": "sha256:1", "dockerImageReference": "quay.io/a/b@sha256:1",
                    "generation": 1, "created": "2026-01-02T03:04:05Z"}],
                 "conditions": [{"type": "ImportSuccess", "status": "False", "reason": "Unauthorized", "message": "no",
                    "generation": 2, "lastTransitionTime": "2026-01-02T03:04:05Z"}]},
                {"tag": "pushed", "items": [{"image": "sha256:2", "dockerImageReference": "r@sha256:2"}]}]},
        }));
        let names: Vec<_> = stream.tags.iter().map(|tag| tag.name.as_str()).collect();
        assert_eq!(names, ["alias", "latest", "pushed"]);
        assert!(stream.lookup_local && stream.insecure_annotation);
        assert_eq!(
            stream.repository.as_deref(),
            Some("registry.local:5000/n/app")
        );
        assert_eq!(stream.public_repository.as_deref(), Some("public/n/app"));
        assert_eq!(stream.spec_repository.as_deref(), Some("quay.io/a/b"));

        let latest = stream.tag("latest").unwrap();
        assert!(latest.scheduled && latest.insecure && !latest.is_reference);
        assert_eq!(latest.import_mode.as_deref(), Some("PreserveOriginal"));
        assert_eq!(latest.reference_policy, "Local");
        assert_eq!(latest.items[0].image, "sha256:1");
        assert_eq!(latest.failed_import().unwrap().reason, "Unauthorized");
        assert!(stream.tag("alias").unwrap().is_reference);
        let pushed = stream.tag("pushed").unwrap();
        assert!(pushed.from.is_none() && pushed.failed_import().is_none());
        assert_eq!(pushed.reference_policy, SOURCE);
    }
}

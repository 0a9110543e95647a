//! From BuildConfigs and Builds as JSON to [`crate::model::view`].

use std::collections::BTreeMap;

use serde_json::Value;

use super::json::{given, items, map, text, texts, time};
use crate::model::dockerfile::Dockerfile;
use crate::model::view::{Build, BuildConfig, BuildImage, BuildSourceImage, DockerfileOf};

/// openshift/api `build/v1/consts.go`.
const POD_NAME: &str = "openshift.io/build.pod-name";
const BUILD_CONFIG_LABEL: &str = "openshift.io/build-config.name";

/// The settings of the strategy that is set.
fn details(strategy: &Value) -> &Value {
    [
        "sourceStrategy",
        "dockerStrategy",
        "customStrategy",
        "jenkinsPipelineStrategy",
    ]
    .iter()
    .map(|name| &strategy[*name])
    .find(|details| details.is_object())
    .unwrap_or(&Value::Null)
}

fn source_images(source: &Value) -> Vec<BuildSourceImage> {
    items(&source["images"])
        .filter_map(|image| {
            Some(BuildSourceImage {
                from: image_reference(&image["from"])?,
                pull_secret: given(&image["pullSecret"]["name"]),
            })
        })
        .collect()
}

/// Only docker builds have one.
fn dockerfile(strategy: &Value, source: &Value) -> DockerfileOf {
    let docker = &strategy["dockerStrategy"];
    if !docker.is_object() {
        return DockerfileOf::Source;
    }
    let Some(content) = given(&source["dockerfile"]) else {
        return if source["git"].is_object() {
            DockerfileOf::Git
        } else {
            DockerfileOf::Source
        };
    };
    let arguments: BTreeMap<String, String> = items(&docker["buildArgs"])
        .map(|one| (text(&one["name"]), text(&one["value"])))
        .collect();
    let replaced: Vec<String> = items(&source["images"])
        .flat_map(|image| texts(&image["as"]))
        .collect();
    DockerfileOf::Inline(Box::new(Dockerfile::read(&content, &arguments, &replaced)))
}

fn account_of(spec: &Value) -> String {
    given(&spec["serviceAccount"]).unwrap_or_else(|| "builder".to_owned())
}

pub(super) fn build_config(object: &Value) -> BuildConfig {
    let (metadata, spec) = (&object["metadata"], &object["spec"]);
    let (strategy, source) = (&spec["strategy"], &spec["source"]);
    let details = details(strategy);
    let source_images = source_images(source);
    let push_secret = given(&spec["output"]["pushSecret"]["name"]);
    let pull_secret = given(&details["pullSecret"]["name"]);
    let mut secrets: Vec<String> = push_secret
        .iter()
        .chain(&pull_secret)
        .cloned()
        .chain(
            source_images
                .iter()
                .filter_map(|image| image.pull_secret.clone()),
        )
        .chain(given(&source["sourceSecret"]["name"]))
        .chain(items(&source["secrets"]).filter_map(|one| given(&one["secret"]["name"])))
        .chain(items(&details["secrets"]).filter_map(|one| given(&one["secretSource"]["name"])))
        .chain(
            items(&details["volumes"])
                .filter_map(|one| given(&one["source"]["secret"]["secretName"])),
        )
        .collect();
    secrets.sort_unstable();
    secrets.dedup();
    BuildConfig {
        namespace: text(&metadata["namespace"]),
        name: text(&metadata["name"]),
        uid: text(&metadata["uid"]),
        resource_version: text(&metadata["resourceVersion"]),
        service_account: account_of(spec),
        strategy: text(&strategy["type"]),
        from: image_reference(&details["from"]),
        pull_secret,
        source_images,
        dockerfile: dockerfile(strategy, source),
        output: image_reference(&spec["output"]["to"]),
        push_secret,
        secrets,
        node_selector: map(&spec["nodeSelector"]),
    }
}

pub(super) fn image_reference(reference: &Value) -> Option<BuildImage> {
    Some(BuildImage {
        kind: given(&reference["kind"])?,
        name: given(&reference["name"])?,
        namespace: given(&reference["namespace"]),
    })
}

pub(super) fn build(object: &Value) -> Build {
    let (metadata, spec, status) = (&object["metadata"], &object["spec"], &object["status"]);
    let details = details(&spec["strategy"]);
    Build {
        namespace: text(&metadata["namespace"]),
        name: text(&metadata["name"]),
        uid: text(&metadata["uid"]),
        phase: text(&status["phase"]),
        reason: text(&status["reason"]),
        message: text(&status["message"]),
        log_snippet: text(&status["logSnippet"]),
        build_config: given(&status["config"]["name"])
            .or_else(|| given(&metadata["labels"][BUILD_CONFIG_LABEL])),
        service_account: account_of(spec),
        strategy: text(&spec["strategy"]["type"]),
        from: image_reference(&details["from"]),
        pull_secret: given(&details["pullSecret"]["name"]),
        source_images: source_images(&spec["source"]),
        dockerfile: dockerfile(&spec["strategy"], &spec["source"]),
        output: image_reference(&spec["output"]["to"]),
        output_reference: given(&status["outputDockerImageReference"]),
        push_secret: given(&spec["output"]["pushSecret"]["name"]),
        node_selector: map(&spec["nodeSelector"]),
        pod: given(&metadata["annotations"][POD_NAME]),
        created: time(&metadata["creationTimestamp"]),
        completed: time(&status["completionTimestamp"]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_build_config_names_its_secrets_once() {
        let build = build_config(&json!({
            "metadata": {"namespace": "n", "name": "b"},
            "spec": {
                "output": {"to": {"kind": "DockerImage", "name": "quay.io/a/b"}, "pushSecret": {"name": "push"}},
                "strategy": {"type": "Source", "sourceStrategy": {
                    "from": {"kind": "ImageStreamTag", "name": "s:1", "namespace": "openshift"}, "pullSecret": {"name": "pull"}}},
                "source": {"sourceSecret": {"name": "git"}, "secrets": [{"secret": {"name": "push"}}],
                    "images": [{"from": {"kind": "DockerImage", "name": "x"}, "pullSecret": {"name": "img"}}]},
            },
        }));
        assert_eq!(build.secrets, ["git", "img", "pull", "push"]);
        assert_eq!(build.service_account, "builder");
        assert_eq!(build.from.unwrap().namespace.as_deref(), Some("openshift"));
    }

    #[test]
    fn a_build_says_what_it_used_and_how_it_ended() {
        let build = build(&json!({
            "metadata": {"namespace": "n", "name": "app-3", "uid": "u", "creationTimestamp": "2026-01-02T03:04:05Z",
                "labels": {BUILD_CONFIG_LABEL: "app"}, "annotations": {POD_NAME: "app-3-build"}},
            "spec": {
                "serviceAccount": "robot",
                "output": {"to": {"kind": "ImageStreamTag", "name": "app:latest"}, "pushSecret": {"name": "push"}},
                "strategy": {"type": "Docker", "dockerStrategy": {"from": {"kind": "DockerImage", "name": "base"}}},
                "source": {"images": [{"from": {"kind": "DockerImage", "name": "x"}, "pullSecret": {"name": "img"}}]},
            },
            "status": {"phase": "Failed", "reason": "PushImageToRegistryFailed", "message": "no", "logSnippet": "denied",
                "outputDockerImageReference": "quay.io/a/b:latest", "completionTimestamp": "2026-01-02T03:05:05Z"},
        }));
        assert_eq!(
            (
                build.phase.as_str(),
                build.reason.as_str(),
                build.log_snippet.as_str()
            ),
            ("Failed", "PushImageToRegistryFailed", "denied")
        );
        assert_eq!(build.build_config.as_deref(), Some("app"));
        assert_eq!(build.pod.as_deref(), Some("app-3-build"));
        assert_eq!(
            (build.service_account.as_str(), build.strategy.as_str()),
            ("robot", "Docker")
        );
        assert_eq!(build.from.unwrap().name, "base");
        assert_eq!(build.source_images[0].pull_secret.as_deref(), Some("img"));
        assert_eq!(
            build.output_reference.as_deref(),
            Some("quay.io/a/b:latest")
        );
        assert_eq!(
            (build.push_secret.as_deref(), build.pull_secret),
            (Some("push"), None)
        );
        let took = build.completed.unwrap().as_second() - build.created.unwrap().as_second();
        assert_eq!(took, 60);
    }
}

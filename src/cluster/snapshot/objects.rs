//! From the objects of a namespace as JSON to [`crate::model::view`].

use base64::Engine as _;
use serde_json::Value;

use super::json::{given, items, map, names, text, time};
use crate::cluster::{Kind, kinds};
use crate::model::view::{
    BuildConfig, BuildImage, BuildSourceImage, Container, ContainerKind, Owner, Pod, Secret,
    SecretBytes, ServiceAccount, Waiting, Workload,
};

pub(super) const DOCKER_CONFIG_JSON: &str = "kubernetes.io/dockerconfigjson";
pub(super) const DOCKER_CFG: &str = "kubernetes.io/dockercfg";
pub(super) const OPAQUE: &str = "Opaque";

/// kubectl keeps a whole copy of the object in here, a secret's data included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

pub(super) fn service_account(object: &Value) -> ServiceAccount {
    let metadata = &object["metadata"];
    ServiceAccount {
        namespace: text(&metadata["namespace"]),
        name: text(&metadata["name"]),
        uid: text(&metadata["uid"]),
        resource_version: text(&metadata["resourceVersion"]),
        pull_secrets: names(&object["imagePullSecrets"]),
        mountable_secrets: names(&object["secrets"]),
        enforces_mountable: metadata["annotations"]["kubernetes.io/enforce-mountable-secrets"]
            == "true",
    }
}

pub(super) fn secret(object: &Value) -> Secret {
    let metadata = &object["metadata"];
    let mut annotations = map(&metadata["annotations"]);
    annotations.remove(LAST_APPLIED);
    let data = object["data"].as_object();
    let configs = data
        .into_iter()
        .flatten()
        .filter(|(key, _)| looks_like_docker_config(key))
        .filter_map(|(key, value)| {
            let bytes = base64::engine::general_purpose::STANDARD
                .decode(value.as_str()?)
                .ok()?;
            Some((key.clone(), SecretBytes::new(bytes)))
        })
        .collect();
    Secret {
        namespace: text(&metadata["namespace"]),
        name: text(&metadata["name"]),
        uid: text(&metadata["uid"]),
        resource_version: text(&metadata["resourceVersion"]),
        type_name: given(&object["type"]).unwrap_or_else(|| OPAQUE.to_owned()),
        keys: data
            .into_iter()
            .flatten()
            .map(|(key, _)| key.clone())
            .collect(),
        configs,
        labels: map(&metadata["labels"]),
        annotations,
        immutable: object["immutable"] == true,
        created: time(&metadata["creationTimestamp"]),
    }
}

/// The keys of the two types, and what people write into Opaque secrets in their place.
fn looks_like_docker_config(key: &str) -> bool {
    let name = key
        .trim_start_matches('.')
        .to_ascii_lowercase()
        .replace(['-', '_'], "");
    matches!(
        name.as_str(),
        "dockerconfigjson"
            | "dockercfg"
            | "dockerconfig"
            | "dockerconfig.json"
            | "config.json"
            | "auth.json"
    )
}

pub(super) fn pod(object: &Value) -> Pod {
    let (metadata, spec, status) = (&object["metadata"], &object["spec"], &object["status"]);
    Pod {
        namespace: text(&metadata["namespace"]),
        name: text(&metadata["name"]),
        uid: text(&metadata["uid"]),
        phase: text(&status["phase"]),
        created: time(&metadata["creationTimestamp"]),
        deleting: metadata["deletionTimestamp"].is_string(),
        service_account: account_of(spec),
        node: given(&spec["nodeName"]),
        pull_secrets: names(&spec["imagePullSecrets"]),
        containers: containers(spec, status),
        owner: owner(metadata),
    }
}

fn account_of(spec: &Value) -> String {
    given(&spec["serviceAccountName"])
        .or_else(|| given(&spec["serviceAccount"]))
        .unwrap_or_else(|| "default".to_owned())
}

fn owner(metadata: &Value) -> Option<Owner> {
    items(&metadata["ownerReferences"])
        .find(|owner| owner["controller"] == true)
        .map(|owner| Owner {
            kind: text(&owner["kind"]),
            name: text(&owner["name"]),
        })
}

/// Every image of a pod specification, init containers first, with its status where `status` has one.
fn containers(spec: &Value, status: &Value) -> Vec<Container> {
    let lists = [
        (
            ContainerKind::Init,
            "initContainers",
            "initContainerStatuses",
        ),
        (ContainerKind::Regular, "containers", "containerStatuses"),
        (
            ContainerKind::Ephemeral,
            "ephemeralContainers",
            "ephemeralContainerStatuses",
        ),
    ];
    let mut containers = Vec::new();
    for (kind, list, statuses) in lists {
        for container in items(&spec[list]) {
            let state = items(&status[statuses]).find(|state| state["name"] == container["name"]);
            let waiting = state
                .map(|state| &state["state"]["waiting"])
                .filter(|waiting| waiting.is_object());
            containers.push(Container {
                kind,
                name: text(&container["name"]),
                image: text(&container["image"]),
                pull_policy: given(&container["imagePullPolicy"]),
                image_id: state.and_then(|state| given(&state["imageID"])),
                waiting: waiting.map(|waiting| Waiting {
                    reason: text(&waiting["reason"]),
                    message: text(&waiting["message"]),
                }),
            });
        }
    }
    for volume in items(&spec["volumes"]) {
        if let Some(image) = given(&volume["image"]["reference"]) {
            containers.push(Container {
                kind: ContainerKind::Volume,
                name: text(&volume["name"]),
                image,
                pull_policy: given(&volume["image"]["pullPolicy"]),
                image_id: None,
                waiting: None,
            });
        }
    }
    containers
}

/// `None` for the ReplicaSets that a Deployment keeps of its past.
pub(super) fn workload(kind: Kind, object: &Value) -> Option<Workload> {
    let (metadata, spec) = (&object["metadata"], &object["spec"]);
    let owner = owner(metadata);
    let replicas = spec["replicas"].as_i64();
    if kind == kinds::REPLICA_SET && owner.is_some() && replicas == Some(0) {
        return None;
    }
    let template = if kind == kinds::CRON_JOB {
        &spec["jobTemplate"]["spec"]["template"]
    } else {
        &spec["template"]
    };
    let mut annotations = map(&template["metadata"]["annotations"]);
    annotations.remove(LAST_APPLIED);
    Some(Workload {
        object: kind.object(metadata["namespace"].as_str(), metadata["name"].as_str()?),
        uid: text(&metadata["uid"]),
        resource_version: text(&metadata["resourceVersion"]),
        owner,
        replicas,
        service_account: account_of(&template["spec"]),
        pull_secrets: names(&template["spec"]["imagePullSecrets"]),
        containers: containers(&template["spec"], &Value::Null),
        annotations,
        image_triggers: given(&metadata["annotations"]["image.openshift.io/triggers"]),
    })
}

pub(super) fn build_config(object: &Value) -> BuildConfig {
    let (metadata, spec) = (&object["metadata"], &object["spec"]);
    let (strategy, source) = (&spec["strategy"], &spec["source"]);
    let details = [
        "sourceStrategy",
        "dockerStrategy",
        "customStrategy",
        "jenkinsPipelineStrategy",
    ]
    .iter()
    .map(|name| &strategy[*name])
    .find(|details| details.is_object())
    .unwrap_or(&Value::Null);
    let source_images: Vec<BuildSourceImage> = items(&source["images"])
        .filter_map(|image| {
            Some(BuildSourceImage {
                from: build_image(&image["from"])?,
                pull_secret: given(&image["pullSecret"]["name"]),
            })
        })
        .collect();
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
        service_account: given(&spec["serviceAccount"]).unwrap_or_else(|| "builder".to_owned()),
        strategy: text(&strategy["type"]),
        from: build_image(&details["from"]),
        pull_secret,
        source_images,
        output: build_image(&spec["output"]["to"]),
        push_secret,
        secrets,
    }
}

fn build_image(reference: &Value) -> Option<BuildImage> {
    Some(BuildImage {
        kind: given(&reference["kind"])?,
        name: given(&reference["name"])?,
        namespace: given(&reference["namespace"]),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_keeps_what_may_be_a_docker_config_and_nothing_else() {
        let secret = secret(&json!({
            "metadata": {
                "namespace": "team", "name": "s",
                "annotations": { LAST_APPLIED: "{\"data\": \"Y2FuYXJ5\"}", "extreg.dev/registry": "quay.io" },
            },
            "type": OPAQUE,
            "data": { "config.json": "e30=", ".docker_configjson": "e30=", "password": "Y2FuYXJ5" },
        }));
        assert_eq!(
            secret.keys,
            ["config.json", ".docker_configjson", "password"]
        );
        assert_eq!(
            secret.configs.keys().collect::<Vec<_>>(),
            [".docker_configjson", "config.json"]
        );
        assert_eq!(secret.configs["config.json"].expose(), b"{}");
        assert_eq!(
            secret.annotations.keys().collect::<Vec<_>>(),
            ["extreg.dev/registry"]
        );
        let shown = format!("{secret:?}");
        assert!(
            !shown.contains("Y2FuYXJ5") && !shown.contains("canary") && !shown.contains("e30=")
        );
    }

    #[test]
    fn a_pod_lists_every_image_with_its_state() {
        let pod = pod(&json!({
            "metadata": { "namespace": "team", "name": "web-1", "creationTimestamp": "2026-01-02T03:04:05Z",
                "ownerReferences": [{"kind": "Other", "name": "x"}, {"kind": "ReplicaSet", "name": "web", "controller": true}] },
            "spec": { "serviceAccountName": "robot", "imagePullSecrets": [{"name": "a"}, {}],
                "initContainers": [{"name": "init", "image": "i"}],
                "containers": [{"name": "web", "image": "w", "imagePullPolicy": "Never"}],
                "volumes": [{"name": "data", "image": {"reference": "v"}}, {"name": "tmp", "emptyDir": {}}] },
            "status": { "phase": "Pending", "containerStatuses": [
                {"name": "web", "imageID": "", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no"}}}] },
        }));
        let seen: Vec<_> = pod
            .containers
            .iter()
            .map(|container| {
                (
                    container.kind,
                    container.image.as_str(),
                    container.waiting.is_some(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                (ContainerKind::Init, "i", false),
                (ContainerKind::Regular, "w", true),
                (ContainerKind::Volume, "v", false)
            ]
        );
        assert_eq!(pod.pull_secrets, ["a"]);
        assert_eq!(
            pod.owner,
            Some(Owner {
                kind: "ReplicaSet".into(),
                name: "web".into()
            })
        );
        assert_eq!(pod.created.unwrap().as_second(), 1_767_323_045);
        assert!(pod.waits_for_image());
    }

    #[test]
    fn templates_are_found_in_every_kind() {
        let spec = json!({"containers": [{"name": "c", "image": "img"}], "serviceAccount": "old"});
        let cron = json!({"metadata": {"namespace": "n", "name": "c"},
            "spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}});
        let cron = workload(kinds::CRON_JOB, &cron).unwrap();
        assert_eq!(
            (
                cron.containers[0].image.as_str(),
                cron.service_account.as_str()
            ),
            ("img", "old")
        );

        let past = json!({"metadata": {"namespace": "n", "name": "r",
            "ownerReferences": [{"kind": "Deployment", "name": "d", "controller": true}]},
            "spec": {"replicas": 0, "template": {"spec": spec}}});
        assert_eq!(workload(kinds::REPLICA_SET, &past), None);
        assert!(workload(kinds::DEPLOYMENT, &past).is_some());
    }

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
}

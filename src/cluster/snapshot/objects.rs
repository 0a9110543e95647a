//! From the objects of a namespace as JSON to [`crate::model::view`].

use base64::Engine as _;
use serde_json::{Value, json};

use super::json::{given, items, map, names, text, texts, time};
use crate::cluster::{Kind, kinds};
use crate::model::view::{
    Container, ContainerKind, Owner, Pod, Secret, SecretBytes, ServiceAccount, Waiting, Workload,
};

pub(super) const DOCKER_CONFIG_JSON: &str = "kubernetes.io/dockerconfigjson";
pub(super) const DOCKER_CFG: &str = "kubernetes.io/dockercfg";
pub(super) const OPAQUE: &str = "Opaque";

/// kubectl keeps a whole copy of the object in here, a secret's data included.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// openshift/api `image/v1/consts.go` `ExcludeImageSecretAnnotation`; openshift-apiserver `imagesecret/rest.go` compares it
/// with `true`.
const EXCLUDE_SECRET: &str = "openshift.io/image.excludeSecret";

pub(super) fn service_account(object: &Value) -> ServiceAccount {
    let metadata = &object["metadata"];
    ServiceAccount {
        namespace: text(&metadata["namespace"]),
        name: text(&metadata["name"]),
        uid: text(&metadata["uid"]),
        resource_version: text(&metadata["resourceVersion"]),
        pull_secrets: names(&object["imagePullSecrets"]),
        pull_secrets_changed: items(&metadata["managedFields"])
            .filter(|entry| entry["fieldsV1"].get("f:imagePullSecrets").is_some())
            .filter_map(|entry| time(&entry["time"]))
            .max(),
        mountable_secrets: names(&object["secrets"]),
        enforces_mountable: metadata["annotations"]["kubernetes.io/enforce-mountable-secrets"]
            == "true",
    }
}

pub(super) fn secret(object: &Value) -> Secret {
    let metadata = &object["metadata"];
    let mut annotations = map(&metadata["annotations"]);
    annotations.remove(LAST_APPLIED);
    let excluded_from_import = annotations
        .get(EXCLUDE_SECRET)
        .is_some_and(|value| value == "true");
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
        excluded_from_import,
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
        applied_pull_secrets: applied_pull_secrets(metadata),
        other_secrets: other_secrets(spec),
        containers: containers(spec, status),
        owner: owner(metadata),
        labels: map(&metadata["labels"]),
    }
}

/// `imagePullSecrets` of the pod as it was given to `kubectl apply`.
fn applied_pull_secrets(metadata: &Value) -> Option<Vec<String>> {
    let applied: Value =
        serde_json::from_str(metadata["annotations"][LAST_APPLIED].as_str()?).ok()?;
    Some(names(&applied["spec"]["imagePullSecrets"]))
}

/// Secrets in volumes and environments.
fn other_secrets(spec: &Value) -> Vec<String> {
    let mut secrets = Vec::new();
    for volume in items(&spec["volumes"]) {
        secrets.extend(given(&volume["secret"]["secretName"]));
        let sources = items(&volume["projected"]["sources"]);
        secrets.extend(sources.filter_map(|source| given(&source["secret"]["name"])));
    }
    for container in items(&spec["initContainers"]).chain(items(&spec["containers"])) {
        let variables = items(&container["env"]);
        secrets
            .extend(variables.filter_map(|one| given(&one["valueFrom"]["secretKeyRef"]["name"])));
        let whole = items(&container["envFrom"]);
        secrets.extend(whole.filter_map(|one| given(&one["secretRef"]["name"])));
    }
    secrets.sort_unstable();
    secrets.dedup();
    secrets
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

/// One of a list; `None` for the ReplicaSets that a Deployment keeps of its past.
pub(super) fn workload(kind: Kind, object: &Value) -> Option<Workload> {
    template_of(kind, object).filter(|workload| {
        kind != kinds::REPLICA_SET || workload.owner.is_none() || workload.replicas != Some(0)
    })
}

/// What has a pod template; `None` for an object without a name.
pub(super) fn template_of(kind: Kind, object: &Value) -> Option<Workload> {
    let (metadata, spec) = (&object["metadata"], &object["spec"]);
    let owner = owner(metadata);
    let replicas = spec["replicas"].as_i64();
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
        other_secrets: other_secrets(&template["spec"]),
        containers: containers(&template["spec"], &Value::Null),
        annotations,
        image_triggers: given(&metadata["annotations"]["image.openshift.io/triggers"])
            .or_else(|| image_changes(kind, spec)),
        selector: selector(kind, &spec["selector"]),
        labels: map(&metadata["labels"]),
    })
}

/// The ImageChange triggers of a DeploymentConfig in the form of the annotation that other workloads have.
fn image_changes(kind: Kind, spec: &Value) -> Option<String> {
    if kind != kinds::DEPLOYMENT_CONFIG {
        return None;
    }
    let triggers: Vec<Value> = items(&spec["triggers"])
        .map(|trigger| &trigger["imageChangeParams"])
        .filter(|change| change.is_object())
        .flat_map(|change| {
            texts(&change["containerNames"])
                .into_iter()
                .map(|container| {
                    let path =
                        format!("spec.template.spec.containers[?(@.name==\"{container}\")].image");
                    json!({"from": change["from"], "fieldPath": path})
                })
        })
        .collect();
    (!triggers.is_empty()).then(|| Value::Array(triggers).to_string())
}

/// A selector as `-l` takes it. DeploymentConfigs have a plain map, all others `matchLabels` and `matchExpressions`.
fn selector(kind: Kind, selector: &Value) -> Option<String> {
    let labels = if kind == kinds::DEPLOYMENT_CONFIG {
        selector
    } else {
        &selector["matchLabels"]
    };
    let mut parts: Vec<String> = map(labels)
        .into_iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    for expression in items(&selector["matchExpressions"]) {
        let key = given(&expression["key"])?;
        let values = texts(&expression["values"]).join(",");
        parts.push(match expression["operator"].as_str()? {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key,
            "DoesNotExist" => format!("!{key}"),
            _ => return None,
        });
    }
    (!parts.is_empty()).then(|| parts.join(","))
}

#[cfg(test)]
mod tests;

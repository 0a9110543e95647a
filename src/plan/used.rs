//! Who uses a secret: a service account, a workload's template, a build config, or a pod that still waits for its image.
//!
//! Names that admission copied into running pods do not count: those pods have their images.

use serde_json::Value;

use super::Object;
use super::pod;
use crate::model::kinds::{self, Kind};

/// The kinds whose templates and references are looked through.
pub const KINDS: [Kind; 11] = [
    kinds::SERVICE_ACCOUNT,
    kinds::POD,
    kinds::DEPLOYMENT,
    kinds::STATEFUL_SET,
    kinds::DAEMON_SET,
    kinds::REPLICA_SET,
    kinds::JOB,
    kinds::CRON_JOB,
    kinds::DEPLOYMENT_CONFIG,
    kinds::BUILD_CONFIG,
    kinds::BUILD,
];

/// In which way an object names a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// It uses it.
    Uses,
    /// A pod that runs with it: listed, and does not count.
    Ran,
}

/// Whether `object` names the secret, and how; `None` when it does not.
pub fn naming(kind: Kind, object: &Object, secret: &str) -> Option<Naming> {
    match kind {
        kinds::SERVICE_ACCOUNT => {
            let lists = [super::purpose::PULL_LIST, super::purpose::MOUNT_LIST];
            lists
                .iter()
                .any(|list| object.names(list).any(|name| name == secret))
                .then_some(Naming::Uses)
        }
        kinds::POD => by_pod(object, secret),
        kinds::BUILD_CONFIG => names(object.value().get("spec")?, secret).then_some(Naming::Uses),
        kinds::BUILD => {
            (!is_over(object) && names(object.value().get("spec")?, secret)).then_some(Naming::Uses)
        }
        // Made by a Deployment, or scaled to nothing and kept for a rollback.
        kinds::REPLICA_SET if is_owned(object) => None,
        kinds::JOB if is_finished(object) || is_owned(object) => None,
        _ => names(object.value().pointer(pod::template_of(kind))?, secret).then_some(Naming::Uses),
    }
}

fn by_pod(object: &Object, secret: &str) -> Option<Naming> {
    if !names(object.value().get("spec")?, secret) {
        return None;
    }
    match object.text("/status/phase") {
        "Succeeded" | "Failed" => None,
        _ if pod::waits_for(object, |_| true) => Some(Naming::Uses),
        _ => Some(Naming::Ran),
    }
}

fn is_over(build: &Object) -> bool {
    matches!(
        build.text("/status/phase"),
        "Complete" | "Failed" | "Error" | "Cancelled"
    )
}

fn is_finished(job: &Object) -> bool {
    job.items("/status/conditions").iter().any(|condition| {
        matches!(condition["type"].as_str(), Some("Complete" | "Failed"))
            && condition["status"] == "True"
    })
}

fn is_owned(object: &Object) -> bool {
    object
        .items("/metadata/ownerReferences")
        .iter()
        .any(|owner| owner["controller"] == true)
}

/// The fields that hold a secret's name by themselves: volumes.
const NAME_FIELDS: [&str; 1] = ["secretName"];
/// The fields that hold a reference `{name: ...}` to a secret, or a list of them (`core/v1` and `build.openshift.io/v1`).
const REFERENCE_FIELDS: [&str; 9] = [
    "imagePullSecrets",
    "secretKeyRef",
    "secretRef",
    "pullSecret",
    "pushSecret",
    "sourceSecret",
    "secretSource",
    "secret",
    "secrets",
];

/// Whether a spec names the secret anywhere: pull secrets, volumes, environment, build fields.
fn names(spec: &Value, secret: &str) -> bool {
    match spec {
        Value::Object(map) => map.iter().any(|(field, value)| {
            let field = field.as_str();
            (NAME_FIELDS.contains(&field) && value == secret)
                || (REFERENCE_FIELDS.contains(&field) && refers(value, secret))
                || names(value, secret)
        }),
        Value::Array(list) => list.iter().any(|value| names(value, secret)),
        _ => false,
    }
}

fn refers(value: &Value, secret: &str) -> bool {
    match value {
        Value::Array(list) => list.iter().any(|entry| refers(entry, secret)),
        Value::Object(map) => map.get("name").is_some_and(|name| name == secret),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn how(kind: Kind, object: Value) -> Option<Naming> {
        naming(kind, &Object::new(object), "mine")
    }

    #[test]
    fn every_place_that_names_a_secret_counts() {
        let uses = Some(Naming::Uses);
        for pod_spec in [
            json!({"imagePullSecrets": [{"name": "mine"}]}),
            json!({"volumes": [{"secret": {"secretName": "mine"}}]}),
            json!({"volumes": [{"projected": {"sources": [{"secret": {"name": "mine"}}]}}]}),
            json!({"containers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "mine", "key": "k"}}}]}]}),
            json!({"containers": [{"envFrom": [{"secretRef": {"name": "mine"}}]}]}),
        ] {
            let template = json!({"spec": {"template": {"spec": pod_spec}}});
            assert_eq!(how(kinds::DEPLOYMENT, template.clone()), uses, "{template}");
            let job = json!({"spec": {"jobTemplate": template}});
            assert_eq!(how(kinds::CRON_JOB, job), uses);
        }
        for spec in [
            json!({"output": {"pushSecret": {"name": "mine"}}}),
            json!({"strategy": {"sourceStrategy": {"pullSecret": {"name": "mine"}}}}),
            json!({"source": {"images": [{"pullSecret": {"name": "mine"}}]}}),
            json!({"source": {"secrets": [{"secret": {"name": "mine"}}]}}),
            json!({"strategy": {"customStrategy": {"secrets": [{"secretSource": {"name": "mine"}}]}}}),
        ] {
            assert_eq!(how(kinds::BUILD_CONFIG, json!({ "spec": spec })), uses);
        }
        for list in ["secrets", "imagePullSecrets"] {
            assert_eq!(
                how(kinds::SERVICE_ACCOUNT, json!({list: [{"name": "mine"}]})),
                uses
            );
        }
        let other = json!({"spec": {"template": {"spec": {"imagePullSecrets": [{"name": "other"}], "containers": [{"name": "mine"}]}}}});
        assert_eq!(how(kinds::DEPLOYMENT, other), None);
    }

    #[test]
    fn a_pod_counts_while_it_waits_for_an_image() {
        let pod = |status: Value| json!({"spec": {"imagePullSecrets": [{"name": "mine"}], "containers": [{"name": "c", "image": "i"}]}, "status": status});
        assert_eq!(how(kinds::POD, pod(json!({}))), Some(Naming::Uses));
        let running = json!({"phase": "Running", "containerStatuses": [{"name": "c", "imageID": "sha256:1"}]});
        assert_eq!(how(kinds::POD, pod(running)), Some(Naming::Ran));
        assert_eq!(how(kinds::POD, pod(json!({"phase": "Succeeded"}))), None);
    }

    #[test]
    fn what_is_over_or_made_by_another_does_not_count() {
        let spec = json!({"template": {"spec": {"imagePullSecrets": [{"name": "mine"}]}}});
        let owned = json!({"ownerReferences": [{"controller": true}]});
        assert_eq!(
            how(kinds::REPLICA_SET, json!({"metadata": owned, "spec": spec})),
            None
        );
        assert_eq!(
            how(kinds::REPLICA_SET, json!({ "spec": spec })),
            Some(Naming::Uses)
        );
        let finished = json!({"conditions": [{"type": "Complete", "status": "True"}]});
        assert_eq!(
            how(kinds::JOB, json!({"spec": spec, "status": finished})),
            None
        );
        let build = json!({"spec": {"output": {"pushSecret": {"name": "mine"}}}, "status": {"phase": "Complete"}});
        assert_eq!(how(kinds::BUILD, build), None);
    }
}

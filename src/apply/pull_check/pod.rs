//! The pod of a check, as it is sent. Made so that as few rules as possible stand in its way. Pure but for its name.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::PullCheck;
use crate::apply::backoff;

/// The label by which pods of checks are known.
pub const PURPOSE_KEY: &str = "extreg.dev/purpose";
pub const PURPOSE_VALUE: &str = "pull-check";

/// The one container.
pub(super) const CONTAINER: &str = "pull";
/// No image has it. It never has to be there: the pull comes before.
const COMMAND: &str = "/extreg-pull-check-starts-nothing";
/// How much longer than the wait the pod may live, for the start of it and for its deletion.
const GRACE: Duration = Duration::from_secs(60);
/// Nobody in particular, for clusters that do not choose a user themselves.
const NOBODY: u32 = 65534;
/// What a quota may insist on, with amounts that hurt nobody.
const RESOURCES: [(&str, &str, &str); 6] = [
    ("requests", "cpu", "10m"),
    ("requests", "memory", "16Mi"),
    ("requests", "ephemeral-storage", "16Mi"),
    ("limits", "cpu", "100m"),
    ("limits", "memory", "64Mi"),
    ("limits", "ephemeral-storage", "64Mi"),
];

/// What the cluster's rules ask of the pod beyond the usual. Learned from refusals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    /// Of [`RESOURCES`], by place. None at first: a LimitRange fills in what fits it, and numbers of ours might not.
    resources: Vec<usize>,
    /// The `restricted` level of Pod Security wants it; OpenShift's `restricted` constraint before 4.11 refuses it.
    seccomp: bool,
    /// With this user an image that says nothing, or root, can be made into a container, whose status then has the
    /// image's digest. OpenShift chooses a user of its own and refuses others.
    user: Option<u32>,
}

impl Shape {
    pub(super) fn new(openshift: bool) -> Self {
        Self {
            resources: Vec::new(),
            seccomp: true,
            user: (!openshift).then_some(NOBODY),
        }
    }

    /// What to try after this refusal; `None` when nothing that can be changed is the reason.
    ///
    /// Sources: Kubernetes `pkg/quota/v1/evaluator/core/pods.go` (`must specify limits.cpu for: ...`); OpenShift's
    /// SecurityContextConstraints `pkg/securitycontextconstraints/seccomp` (`seccomp may not be set`) and `user/mustrunasrange.go`
    /// (`must be in the ranges`).
    pub(super) fn after(&self, refusal: &str) -> Option<Self> {
        let mut next = self.clone();
        if let Some((_, wanted)) = refusal.split_once("must specify ") {
            next.resources = (0..RESOURCES.len())
                .filter(|at| {
                    let (half, resource, _) = RESOURCES[*at];
                    self.resources.contains(at) || wants(wanted, half, resource)
                })
                .collect();
        }
        if refusal.contains("seccomp may not be set") {
            next.seccomp = false;
        }
        if refusal.contains("must be in the ranges") {
            next.user = None;
        }
        (next != *self).then_some(next)
    }

    fn resources(&self) -> Value {
        let mut resources = json!({});
        for (half, resource, amount) in self.resources.iter().map(|at| RESOURCES[*at]) {
            resources[half][resource] = amount.into();
        }
        resources
    }
}

/// Whether a quota names it: `limits.cpu`, `requests.cpu`, or `cpu`, which means the request.
fn wants(words: &str, half: &str, resource: &str) -> bool {
    words
        .split(|character: char| {
            !(character.is_ascii_alphanumeric() || matches!(character, '.' | '-'))
        })
        .any(|word| {
            word.strip_prefix(half)
                .and_then(|rest| rest.strip_prefix('.'))
                == Some(resource)
                || (half == "requests" && word == resource)
        })
}

/// A name that nobody has. It is chosen here and not by the server (`generateName`), so that it can be told before, and a
/// pod whose making was never answered can still be deleted.
pub(super) fn new_name() -> String {
    format!("extreg-pull-check-{:08x}", backoff::random())
}

/// The pod. It meets the `restricted` level of the Pod Security Standards. A node is asked for as DaemonSets do, by the
/// node's name and not by its label, and then every taint is tolerated; otherwise none is.
pub(super) fn document(check: &PullCheck, name: &str, shape: &Shape) -> Value {
    let seconds = (check.timeout + GRACE).as_secs().max(1);
    let mut pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": check.namespace,
            "labels": {
                "app.kubernetes.io/managed-by": "kubectl-extreg",
                (PURPOSE_KEY): PURPOSE_VALUE,
                // A sidecar would only keep the pull waiting.
                "sidecar.istio.io/inject": "false",
            },
            "annotations": {
                "extreg.dev/about": "asks the kubelet to pull an image and starts nothing of it; can be deleted at any time",
                "linkerd.io/inject": "disabled",
            },
        },
        "spec": {
            "serviceAccountName": check.account,
            "automountServiceAccountToken": false,
            "enableServiceLinks": false,
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "activeDeadlineSeconds": seconds,
            "securityContext": {"runAsNonRoot": true},
            "containers": [{
                "name": CONTAINER,
                "image": check.image,
                "imagePullPolicy": "Always",
                "command": [COMMAND],
                "securityContext": {
                    "allowPrivilegeEscalation": false,
                    "capabilities": {"drop": ["ALL"]},
                    "readOnlyRootFilesystem": true,
                },
            }],
        },
    });
    let spec = &mut pod["spec"];
    if shape.seccomp {
        spec["securityContext"]["seccompProfile"] = json!({"type": "RuntimeDefault"});
    }
    if let Some(user) = shape.user {
        spec["securityContext"]["runAsUser"] = user.into();
    }
    if !shape.resources.is_empty() {
        spec["containers"][0]["resources"] = shape.resources();
    }
    if !check.pull_secrets.is_empty() {
        let named = check.pull_secrets.iter().map(|name| json!({"name": name}));
        spec["imagePullSecrets"] = named.collect();
    }
    if let Some(node) = &check.node {
        spec["tolerations"] = json!([{"operator": "Exists"}]);
        let term =
            json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]});
        spec["affinity"] = json!({"nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]},
        }});
    }
    pod
}

/// The name of a pod of a check whose deadline is over.
pub(super) fn outlived(pod: &Value, now: Timestamp) -> Option<String> {
    let made: Timestamp = pod["metadata"]["creationTimestamp"]
        .as_str()?
        .parse()
        .ok()?;
    let seconds = pod["spec"]["activeDeadlineSeconds"].as_i64()?;
    let end = made.checked_add(SignedDuration::from_secs(seconds)).ok()?;
    (end < now).then(|| pod["metadata"]["name"].as_str().map(str::to_owned))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check() -> PullCheck {
        PullCheck {
            namespace: "shop".to_owned(),
            image: "r.example.com/app:1".to_owned(),
            account: "default".to_owned(),
            pull_secrets: Vec::new(),
            node: None,
            timeout: Duration::from_secs(90),
        }
    }

    #[test]
    fn the_usual_pod_asks_for_nothing() {
        let pod = document(&check(), "x", &Shape::new(false));
        let spec = &pod["spec"];
        assert_eq!(spec["activeDeadlineSeconds"], 150);
        assert_eq!(spec["securityContext"]["runAsUser"], 65534);
        for absent in ["tolerations", "affinity", "imagePullSecrets", "nodeName"] {
            assert!(spec[absent].is_null(), "{absent}");
        }
        assert!(spec["containers"][0]["resources"].is_null());
    }

    #[test]
    fn a_node_and_secrets_are_asked_for_by_name() {
        let pod = document(
            &PullCheck {
                node: Some("worker-1".to_owned()),
                pull_secrets: vec!["a".to_owned(), "b".to_owned()],
                ..check()
            },
            "x",
            &Shape::new(true),
        );
        let spec = &pod["spec"];
        assert!(spec["securityContext"]["runAsUser"].is_null());
        assert_eq!(
            spec["imagePullSecrets"],
            json!([{"name": "a"}, {"name": "b"}])
        );
        let terms = &spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
            ["nodeSelectorTerms"];
        assert_eq!(terms[0]["matchFields"][0]["values"], json!(["worker-1"]));
        assert_eq!(spec["tolerations"], json!([{"operator": "Exists"}]));
    }

    #[test]
    fn a_quota_gets_what_it_insists_on_and_no_more() {
        let shape = Shape::new(false);
        for (refusal, expected) in [
            (
                "failed quota: q: must specify limits.cpu for: pull; requests.memory for: pull",
                json!({"requests": {"memory": "16Mi"}, "limits": {"cpu": "100m"}}),
            ),
            (
                "failed quota: q: must specify limits.cpu,memory",
                json!({"requests": {"memory": "16Mi"}, "limits": {"cpu": "100m"}}),
            ),
        ] {
            let next = shape.after(refusal).unwrap();
            assert_eq!(next.resources(), expected, "{refusal}");
            assert_eq!(next.after(refusal), None, "the same again helps nothing");
        }
        assert_eq!(shape.after("exceeded quota: q, requested: pods=1"), None);
    }

    #[test]
    fn constraints_of_openshift_are_given_way_to() {
        let refusal = "unable to validate against any security context constraint: [pod.metadata.annotations: \
                       Forbidden: seccomp may not be set, spec.containers[0].securityContext.runAsUser: Invalid value: \
                       65534: must be in the ranges: [1000650000, 1000659999]]";
        let next = Shape::new(false).after(refusal).unwrap();
        let pod = document(&check(), "x", &next);
        assert_eq!(
            pod["spec"]["securityContext"],
            json!({"runAsNonRoot": true})
        );
    }

    #[test]
    fn a_pod_outlives_its_deadline() {
        let pod = json!({
            "metadata": {"name": "x", "creationTimestamp": "2026-01-01T10:00:00Z"},
            "spec": {"activeDeadlineSeconds": 60},
        });
        let at = |text: &str| outlived(&pod, text.parse().unwrap());
        assert_eq!(at("2026-01-01T10:00:59Z"), None);
        assert_eq!(at("2026-01-01T10:01:01Z").as_deref(), Some("x"));
    }
}

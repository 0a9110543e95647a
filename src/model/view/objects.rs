//! The objects of a namespace, reduced to what credentials and images are about.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::SecretBytes;
use crate::model::docker_config::Format;
use crate::model::kinds::ObjectRef;
use crate::model::ownership::{self, Marks};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    pub resource_version: String,
    /// `imagePullSecrets`: copied into pods when they are created.
    pub pull_secrets: Vec<String>,
    /// When `imagePullSecrets` was last written, where the server keeps `managedFields` of it: not before Kubernetes 1.18,
    /// and not of an account that was made with a name alone and never applied (k8s.io/apimachinery
    /// `pkg/util/managedfields/internal/skipnonapplied.go`).
    pub pull_secrets_changed: Option<Timestamp>,
    /// `secrets`: what may be mounted; builds look here as well.
    pub mountable_secrets: Vec<String>,
    /// `kubernetes.io/enforce-mountable-secrets`: only secrets of that list may be mounted.
    pub enforces_mountable: bool,
}

/// A secret with docker credentials, or one that looks as if it were meant to have them.
#[derive(Debug, Clone)]
pub struct Secret {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    pub resource_version: String,
    /// `kubernetes.io/dockerconfigjson`, `kubernetes.io/dockercfg`, `Opaque`, ...
    pub type_name: String,
    /// All keys of its data.
    pub keys: Vec<String>,
    /// The values of the keys that look like docker configs; other values are not kept.
    pub configs: BTreeMap<String, SecretBytes>,
    pub labels: BTreeMap<String, String>,
    /// Without `kubectl.kubernetes.io/last-applied-configuration`, which repeats the secret's data.
    pub annotations: BTreeMap<String, String>,
    pub immutable: bool,
    /// `openshift.io/image.excludeSecret`: imports of image streams pass it over.
    pub excluded_from_import: bool,
    pub created: Option<Timestamp>,
}

impl Secret {
    /// Whose it is.
    pub fn owner(&self) -> ownership::Owner {
        ownership::owner(Marks {
            name: &self.name,
            type_name: &self.type_name,
            label: &|key| self.labels.get(key).map(String::as_str),
            annotation: &|key| self.annotations.get(key).map(String::as_str),
        })
    }

    /// Whether OpenShift made it for the internal registry and rotates it: never to be edited, copied or deleted.
    pub fn is_of_platform(&self) -> bool {
        self.owner() == ownership::Owner::Platform
    }

    /// The docker config that pods and builds read, as its type says; `None` when the type is not one that they read, or
    /// the key that belongs to it is missing.
    pub fn docker_config(&self) -> Option<(Format, &SecretBytes)> {
        let (format, key) = match self.type_name.as_str() {
            "kubernetes.io/dockerconfigjson" => (Format::ConfigJson, ".dockerconfigjson"),
            "kubernetes.io/dockercfg" => (Format::DockerCfg, ".dockercfg"),
            _ => return None,
        };
        self.configs.get(key).map(|value| (format, value))
    }

    /// The docker config that the pod of a build reads of the files that the secret is mounted as: `config.json`,
    /// `.dockerconfigjson`, `.dockercfg`, the first that is there, whatever the secret's type (openshift/builder
    /// `pkg/build/builder/cmd/dockercfg/cfg.go` `GetDockerConfig`).
    pub fn docker_config_of_build(&self) -> Option<(Format, &SecretBytes)> {
        let files = [
            ("config.json", Format::ConfigJson),
            (".dockerconfigjson", Format::ConfigJson),
            (".dockercfg", Format::DockerCfg),
        ];
        files
            .into_iter()
            .find_map(|(key, format)| Some((format, self.configs.get(key)?)))
    }
}

/// Which list of a pod a container is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContainerKind {
    Init,
    Regular,
    Ephemeral,
    /// A volume whose source is an image.
    Volume,
}

/// One image that a pod runs or mounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    pub kind: ContainerKind,
    pub name: String,
    /// As written in the specification.
    pub image: String,
    /// `imagePullPolicy`, where it is set.
    pub pull_policy: Option<String>,
    /// What the runtime says it runs (`imageID`).
    pub image_id: Option<String>,
    /// Why it does not run yet.
    pub waiting: Option<Waiting>,
}

/// `state.waiting` of a container. Foreign text, not sanitised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub reason: String,
    pub message: String,
}

/// The controller that made an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Owner {
    /// `ReplicaSet`, `Job`, ...
    pub kind: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pod {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    /// `Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`.
    pub phase: String,
    pub created: Option<Timestamp>,
    /// It is on its way out.
    pub deleting: bool,
    pub service_account: String,
    pub node: Option<String>,
    /// The pod's own list; admission copied the service account's into it when it was empty.
    pub pull_secrets: Vec<String>,
    /// The list that `kubectl apply` was given, from its `last-applied-configuration`: it tells the pod's own list from
    /// what admission copied. `None` when the pod does not come from `kubectl apply`.
    pub applied_pull_secrets: Option<Vec<String>>,
    /// The secrets that it mounts or takes variables from, each once.
    pub other_secrets: Vec<String>,
    pub containers: Vec<Container>,
    pub owner: Option<Owner>,
    pub labels: BTreeMap<String, String>,
}

impl Container {
    /// Whether it has not got its image yet. A pod whose secret holds malformed base64 waits with a reason that is the
    /// decoder's text, so every container that waits without an image counts, except for reasons that only come before the
    /// pull or after it (Kubernetes `pkg/kubelet/kuberuntime/kuberuntime_container.go` `startContainer`: a container that
    /// could not be made has no image in its status, and its image is there).
    pub fn waits_for_image(&self) -> bool {
        self.image_id.as_deref().is_none_or(str::is_empty)
            && self.waiting.as_ref().is_some_and(|waiting| {
                !matches!(
                    waiting.reason.as_str(),
                    "PodInitializing"
                        | "ContainerCreating"
                        | "CreateContainerConfigError"
                        | "CreateContainerError"
                        | "PreCreateHookError"
                        | "PreStartHookError"
                        | "PostStartHookError"
                        | "RunContainerError"
                        | "CrashLoopBackOff"
                )
            })
    }
}

impl Pod {
    /// The mirror of a static pod, which a kubelet made from a file of its node (Kubernetes `pkg/kubelet/pod/mirror_client.go`
    /// `CreateMirrorPod`: the node is its controller).
    pub fn is_static(&self) -> bool {
        self.owner
            .as_ref()
            .is_some_and(|owner| owner.kind == "Node")
    }

    /// Whether one of its containers has not got its image yet.
    pub fn waits_for_image(&self) -> bool {
        self.phase == "Pending" && self.containers.iter().any(Container::waits_for_image)
    }
}

/// Something with a pod template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    pub object: ObjectRef,
    pub uid: String,
    pub resource_version: String,
    pub owner: Option<Owner>,
    /// `spec.replicas`, where the kind has it.
    pub replicas: Option<i64>,
    /// Of the template; `default` where it names none.
    pub service_account: String,
    /// Of the template; when it is not empty the service account's are not used.
    pub pull_secrets: Vec<String>,
    /// The secrets that the template mounts or takes variables from, each once.
    pub other_secrets: Vec<String>,
    pub containers: Vec<Container>,
    /// Of the template.
    pub annotations: BTreeMap<String, String>,
    /// `image.openshift.io/triggers` of the object; of a DeploymentConfig its ImageChange triggers in the same form.
    pub image_triggers: Option<String>,
    /// Of its pods, as `-l` takes it; `None` where the kind has none (CronJob).
    pub selector: Option<String>,
    /// Of the object itself.
    pub labels: BTreeMap<String, String>,
}

/// Workloads of all kinds that could be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Workloads {
    pub list: Vec<Workload>,
    /// Kinds (`resource[.group]`) that could not be read, and why. A kind that the cluster does not have is not here.
    pub unread: Vec<(String, super::Missing)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(type_name: &str, name: &str, annotations: &[(&str, &str)]) -> Secret {
        Secret {
            namespace: "team".into(),
            name: name.into(),
            uid: String::new(),
            resource_version: String::new(),
            type_name: type_name.into(),
            keys: vec![".dockercfg".into()],
            configs: BTreeMap::from([(".dockercfg".into(), SecretBytes::new(b"{}".to_vec()))]),
            labels: BTreeMap::new(),
            annotations: annotations
                .iter()
                .map(|(k, v)| ((*k).into(), (*v).into()))
                .collect(),
            immutable: false,
            excluded_from_import: false,
            created: None,
        }
    }

    #[test]
    fn a_secret_shows_whose_it_is() {
        let annotated = [("openshift.io/internal-registry-auth-token.binding", "bound")];
        assert!(secret("kubernetes.io/dockercfg", "renamed", &annotated).is_of_platform());
        let mut ours = secret(
            "kubernetes.io/dockercfg",
            "a",
            &[("extreg.dev/registry", "quay.io")],
        );
        assert_eq!(ours.owner(), ownership::Owner::Foreign);
        let label = ("app.kubernetes.io/managed-by", "kubectl-extreg");
        ours.labels.insert(label.0.into(), label.1.into());
        let registry = "quay.io".to_owned();
        assert_eq!(ours.owner(), ownership::Owner::Ours { registry });
    }

    #[test]
    fn the_type_decides_which_key_is_read() {
        assert!(
            secret("kubernetes.io/dockercfg", "a", &[])
                .docker_config()
                .is_some()
        );
        assert!(
            secret("kubernetes.io/dockerconfigjson", "a", &[])
                .docker_config()
                .is_none()
        );
        assert!(secret("Opaque", "a", &[]).docker_config().is_none());
    }

    #[test]
    fn a_pod_waits_for_its_image_whatever_the_reason_is_called() {
        let pod = |reason: &str, image_id: Option<&str>| Pod {
            namespace: "team".into(),
            name: "web".into(),
            uid: String::new(),
            phase: "Pending".into(),
            created: None,
            deleting: false,
            service_account: "default".into(),
            node: None,
            pull_secrets: Vec::new(),
            applied_pull_secrets: None,
            other_secrets: Vec::new(),
            labels: BTreeMap::new(),
            containers: vec![Container {
                kind: ContainerKind::Regular,
                name: "web".into(),
                image: "registry.example.com/web".into(),
                pull_policy: None,
                image_id: image_id.map(str::to_owned),
                waiting: Some(Waiting {
                    reason: reason.into(),
                    message: String::new(),
                }),
            }],
            owner: None,
        };
        assert!(pod("ImagePullBackOff", None).waits_for_image());
        assert!(pod("illegal base64 data at input byte 0", Some("")).waits_for_image());
        assert!(!pod("ContainerCreating", None).waits_for_image());
        assert!(!pod("CreateContainerConfigError", Some("")).waits_for_image());
        assert!(!pod("RunContainerError", None).waits_for_image());
        assert!(!pod("CrashLoopBackOff", Some("sha256:1")).waits_for_image());
    }
}

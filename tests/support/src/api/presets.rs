//! The resources of Kubernetes 1.33, OpenShift 3.11 and OpenShift 4.

use super::kinds::{Backing, CREATE, Flavor, Resource, STORED, Subresource};
use super::schema::GENERIC;

/// The resources of a flavor.
pub(crate) fn resources(flavor: &Flavor) -> Vec<Resource> {
    let mut rows: Vec<Row> = KUBERNETES.to_vec();
    if flavor.is_openshift() {
        rows.extend_from_slice(OPENSHIFT);
    }
    if matches!(flavor, Flavor::OpenShift4 { .. }) {
        rows.extend_from_slice(OPENSHIFT4);
    }
    rows.iter().map(Row::resource).collect()
}

/// A line of the preset tables: group/version, plural, singular, kind, short names, flags, shape. Flags: `n`
/// namespaced, `s` status, `c` only created.
#[derive(Clone, Copy)]
struct Row(
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

impl Row {
    fn resource(&self) -> Resource {
        let Self(group_version, plural, singular, kind, short, flags, shape) = *self;
        let (group, version) = group_version.split_once('/').unwrap_or(("", group_version));
        let backing = match group {
            "apps.openshift.io"
            | "build.openshift.io"
            | "image.openshift.io"
            | "route.openshift.io"
            | "project.openshift.io"
            | "user.openshift.io" => Backing::Aggregated,
            other if other.ends_with("openshift.io") => Backing::Custom,
            _ => Backing::Builtin,
        };
        Resource {
            group: group.into(),
            version: version.into(),
            plural: plural.into(),
            singular: singular.into(),
            kind: kind.into(),
            short_names: short.split_whitespace().map(Into::into).collect(),
            namespaced: flags.contains('n'),
            backing,
            status: flags.contains('s'),
            shape,
            verbs: if flags.contains('c') { CREATE } else { STORED },
            subresources: match plural {
                "pods" => &[Subresource {
                    name: "log",
                    kind: "Pod",
                    verbs: &["get"],
                }],
                "buildconfigs" => &[Subresource {
                    name: "instantiate",
                    kind: "BuildRequest",
                    verbs: CREATE,
                }],
                "builds" => &[Subresource {
                    name: "log",
                    kind: "BuildLog",
                    verbs: &["get"],
                }],
                "imagestreams" => &[Subresource {
                    name: "secrets",
                    kind: "SecretList",
                    verbs: &["get"],
                }],
                _ => &[],
            },
        }
    }
}

const KUBERNETES: &[Row] = &[
    Row(
        "v1",
        "namespaces",
        "namespace",
        "Namespace",
        "ns",
        "s",
        "core.Namespace",
    ),
    Row("v1", "pods", "pod", "Pod", "po", "ns", "core.Pod"),
    Row("v1", "secrets", "secret", "Secret", "", "n", "core.Secret"),
    Row(
        "v1",
        "serviceaccounts",
        "serviceaccount",
        "ServiceAccount",
        "sa",
        "n",
        "core.ServiceAccount",
    ),
    Row(
        "v1",
        "configmaps",
        "configmap",
        "ConfigMap",
        "cm",
        "n",
        "core.ConfigMap",
    ),
    Row(
        "v1",
        "services",
        "service",
        "Service",
        "svc",
        "ns",
        "core.Service",
    ),
    Row("v1", "events", "event", "Event", "ev", "n", "core.Event"),
    Row("v1", "nodes", "node", "Node", "no", "s", "core.Node"),
    Row(
        "v1",
        "replicationcontrollers",
        "replicationcontroller",
        "ReplicationController",
        "rc",
        "ns",
        "core.ReplicationController",
    ),
    Row(
        "apps/v1",
        "deployments",
        "deployment",
        "Deployment",
        "deploy",
        "ns",
        "apps.Deployment",
    ),
    Row(
        "apps/v1",
        "statefulsets",
        "statefulset",
        "StatefulSet",
        "sts",
        "ns",
        "apps.StatefulSet",
    ),
    Row(
        "apps/v1",
        "daemonsets",
        "daemonset",
        "DaemonSet",
        "ds",
        "ns",
        "apps.DaemonSet",
    ),
    Row(
        "apps/v1",
        "replicasets",
        "replicaset",
        "ReplicaSet",
        "rs",
        "ns",
        "apps.ReplicaSet",
    ),
    Row("batch/v1", "jobs", "job", "Job", "", "ns", "batch.Job"),
    Row(
        "batch/v1",
        "cronjobs",
        "cronjob",
        "CronJob",
        "cj",
        "ns",
        "batch.CronJob",
    ),
    Row(
        "rbac.authorization.k8s.io/v1",
        "roles",
        "role",
        "Role",
        "",
        "n",
        "rbac.Role",
    ),
    Row(
        "rbac.authorization.k8s.io/v1",
        "rolebindings",
        "rolebinding",
        "RoleBinding",
        "",
        "n",
        "rbac.RoleBinding",
    ),
    Row(
        "rbac.authorization.k8s.io/v1",
        "clusterroles",
        "clusterrole",
        "ClusterRole",
        "",
        "",
        "rbac.ClusterRole",
    ),
    Row(
        "rbac.authorization.k8s.io/v1",
        "clusterrolebindings",
        "clusterrolebinding",
        "ClusterRoleBinding",
        "",
        "",
        "rbac.ClusterRoleBinding",
    ),
    Row(
        "authorization.k8s.io/v1",
        "selfsubjectaccessreviews",
        "selfsubjectaccessreview",
        "SelfSubjectAccessReview",
        "",
        "c",
        "authorization.SelfSubjectAccessReview",
    ),
    Row(
        "authentication.k8s.io/v1",
        "selfsubjectreviews",
        "selfsubjectreview",
        "SelfSubjectReview",
        "",
        "c",
        "authentication.SelfSubjectReview",
    ),
];

const OPENSHIFT: &[Row] = &[
    Row(
        "apps.openshift.io/v1",
        "deploymentconfigs",
        "deploymentconfig",
        "DeploymentConfig",
        "dc",
        "ns",
        "osapps.DeploymentConfig",
    ),
    Row(
        "build.openshift.io/v1",
        "buildconfigs",
        "buildconfig",
        "BuildConfig",
        "bc",
        "n",
        "build.BuildConfig",
    ),
    Row(
        "build.openshift.io/v1",
        "builds",
        "build",
        "Build",
        "",
        "n",
        "build.Build",
    ),
    Row(
        "image.openshift.io/v1",
        "imagestreams",
        "imagestream",
        "ImageStream",
        "is",
        "ns",
        "image.ImageStream",
    ),
    Row(
        "image.openshift.io/v1",
        "imagestreamtags",
        "imagestreamtag",
        "ImageStreamTag",
        "istag",
        "n",
        "image.ImageStreamTag",
    ),
    Row(
        "image.openshift.io/v1",
        "imagestreamimports",
        "imagestreamimport",
        "ImageStreamImport",
        "",
        "nc",
        "image.ImageStreamImport",
    ),
    Row(
        "image.openshift.io/v1",
        "images",
        "image",
        "Image",
        "",
        "",
        "image.Image",
    ),
    Row(
        "route.openshift.io/v1",
        "routes",
        "route",
        "Route",
        "",
        "ns",
        "route.Route",
    ),
    Row(
        "project.openshift.io/v1",
        "projects",
        "project",
        "Project",
        "",
        "",
        "project.Project",
    ),
    Row(
        "user.openshift.io/v1",
        "users",
        "user",
        "User",
        "",
        "",
        "user.User",
    ),
];

const OPENSHIFT4: &[Row] = &[
    Row(
        "config.openshift.io/v1",
        "images",
        "image",
        "Image",
        "",
        "s",
        "config.Image",
    ),
    Row(
        "config.openshift.io/v1",
        "proxies",
        "proxy",
        "Proxy",
        "",
        "s",
        "config.Proxy",
    ),
    Row(
        "config.openshift.io/v1",
        "clusterversions",
        "clusterversion",
        "ClusterVersion",
        "",
        "s",
        "config.ClusterVersion",
    ),
    Row(
        "config.openshift.io/v1",
        "clusteroperators",
        "clusteroperator",
        "ClusterOperator",
        "co",
        "s",
        "config.ClusterOperator",
    ),
    Row(
        "config.openshift.io/v1",
        "infrastructures",
        "infrastructure",
        "Infrastructure",
        "",
        "s",
        "config.Infrastructure",
    ),
    Row(
        "config.openshift.io/v1",
        "imagedigestmirrorsets",
        "imagedigestmirrorset",
        "ImageDigestMirrorSet",
        "idms",
        "s",
        "config.ImageDigestMirrorSet",
    ),
    Row(
        "config.openshift.io/v1",
        "imagetagmirrorsets",
        "imagetagmirrorset",
        "ImageTagMirrorSet",
        "itms",
        "s",
        "config.ImageTagMirrorSet",
    ),
    Row(
        "config.openshift.io/v1",
        "imagepolicies",
        "imagepolicy",
        "ImagePolicy",
        "",
        "ns",
        "config.ImagePolicy",
    ),
    Row(
        "config.openshift.io/v1",
        "clusterimagepolicies",
        "clusterimagepolicy",
        "ClusterImagePolicy",
        "",
        "s",
        "config.ClusterImagePolicy",
    ),
    Row(
        "operator.openshift.io/v1alpha1",
        "imagecontentsourcepolicies",
        "imagecontentsourcepolicy",
        "ImageContentSourcePolicy",
        "",
        "s",
        "opv1alpha1.ImageContentSourcePolicy",
    ),
    Row(
        "machineconfiguration.openshift.io/v1",
        "machineconfigpools",
        "machineconfigpool",
        "MachineConfigPool",
        "mcp",
        "s",
        "mco.MachineConfigPool",
    ),
    Row(
        "machineconfiguration.openshift.io/v1",
        "controllerconfigs",
        "controllerconfig",
        "ControllerConfig",
        "",
        "s",
        GENERIC,
    ),
];

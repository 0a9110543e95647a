//! Which resources there are: group, version, names, scope, who serves them and how they are shaped.
//!
//! The presets follow Kubernetes 1.33 and OpenShift 4; a test can add or remove resources. Nothing here
//! handles requests.

use super::schema;

/// Who serves a resource on a real cluster. It decides what patches it takes and how strict its updates are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backing {
    /// A Go type of kube-apiserver.
    Builtin,
    /// A Go type of openshift-apiserver, behind the aggregator.
    Aggregated,
    /// A custom resource definition: no strategic merge patch, no update without `resourceVersion`.
    Custom,
}

/// One resource of one API version.
#[derive(Debug, Clone)]
pub struct Resource {
    /// The API group; empty for core.
    pub group: String,
    /// The version, `v1`.
    pub version: String,
    /// The plural name, as in paths.
    pub plural: String,
    /// The singular name.
    pub singular: String,
    /// The kind.
    pub kind: String,
    /// Short names of kubectl.
    pub short_names: Vec<String>,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Who serves it.
    pub backing: Backing,
    /// Whether it has a `status` subresource.
    pub status: bool,
    /// The name of its type in the tables.
    pub(crate) shape: &'static str,
    pub(crate) verbs: &'static [&'static str],
    pub(crate) subresources: &'static [Subresource],
}

/// A subresource other than `status`, as discovery names it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subresource {
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) verbs: &'static [&'static str],
}

pub(crate) const STORED: &[&str] =
    &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const CREATE: &[&str] = &["create"];

impl Resource {
    /// A namespaced custom resource without a schema, for kinds that no preset has.
    ///
    /// `group_version` is `GROUP/VERSION`.
    pub fn custom(group_version: &str, plural: &str, kind: &str) -> Self {
        let (group, version) = group_version.split_once('/').unwrap_or(("", group_version));
        Self {
            group: group.into(),
            version: version.into(),
            plural: plural.into(),
            singular: kind.to_lowercase(),
            kind: kind.into(),
            short_names: Vec::new(),
            namespaced: true,
            backing: Backing::Custom,
            status: true,
            shape: schema::GENERIC,
            verbs: STORED,
            subresources: &[],
        }
    }

    /// The same for the whole cluster rather than for namespaces.
    pub fn cluster_scoped(mut self) -> Self {
        self.namespaced = false;
        self
    }

    /// `v1` or `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    pub(crate) fn named(&self) -> super::error::Named<'_> {
        super::error::Named { group: &self.group, resource: &self.plural }
    }

    pub(crate) fn named_kind(&self) -> super::error::Named<'_> {
        super::error::Named { group: &self.group, resource: &self.kind }
    }

    /// Whether `word` means it: plural, singular, kind or short name, optionally with `.group`.
    pub(crate) fn answers_to(&self, word: &str) -> bool {
        let (name, group) = word.split_once('.').map_or((word, None), |(name, group)| (name, Some(group)));
        let name_fits = name == self.plural
            || name.eq_ignore_ascii_case(&self.kind)
            || name == self.singular
            || self.short_names.iter().any(|short| short == name);
        name_fits && group.is_none_or(|group| group == self.group)
    }

    /// Whether the spec's changes are counted in `metadata.generation`.
    pub(crate) fn counts_generations(&self) -> bool {
        self.backing == Backing::Custom
            || matches!(self.group.as_str(), "apps" | "batch" | "apps.openshift.io" | "image.openshift.io")
            || (self.group.is_empty() && matches!(self.plural.as_str(), "replicationcontrollers" | "pods"))
    }

    /// Whether PUT without `resourceVersion` is taken (`AllowUnconditionalUpdate` of the strategies).
    pub(crate) fn takes_unconditional_update(&self) -> bool {
        self.backing == Backing::Builtin
    }

    /// Whether discovery and `list` answers know it; review resources are only created.
    pub(crate) fn is_stored(&self) -> bool {
        self.verbs.contains(&"list")
    }
}

/// What plays the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flavor {
    /// Plain Kubernetes.
    Kubernetes,
    /// OpenShift 4 with all capabilities; the version is that of the ClusterVersion, such as `4.18.12`.
    OpenShift4 {
        /// The version of the ClusterVersion object.
        version: String,
    },
    /// OpenShift 3.11: the developers' groups, no `config.openshift.io`.
    OpenShift3,
}

impl Flavor {
    /// Whether this is an OpenShift.
    pub fn is_openshift(&self) -> bool {
        *self != Self::Kubernetes
    }

    /// The resources that this cluster serves.
    pub fn resources(&self) -> Vec<Resource> {
        let mut rows: Vec<Row> = KUBERNETES.to_vec();
        if self.is_openshift() {
            rows.extend_from_slice(OPENSHIFT);
        }
        if matches!(self, Self::OpenShift4 { .. }) {
            rows.extend_from_slice(OPENSHIFT4);
        }
        rows.iter().map(Row::resource).collect()
    }
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
            "apps.openshift.io" | "build.openshift.io" | "image.openshift.io" | "route.openshift.io"
            | "project.openshift.io" | "user.openshift.io" => Backing::Aggregated,
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
                "pods" => &[Subresource { name: "log", kind: "Pod", verbs: &["get"] }],
                "buildconfigs" => &[Subresource { name: "instantiate", kind: "BuildRequest", verbs: CREATE }],
                "builds" => &[Subresource { name: "log", kind: "BuildLog", verbs: &["get"] }],
                "imagestreams" => &[Subresource { name: "secrets", kind: "SecretList", verbs: &["get"] }],
                _ => &[],
            },
        }
    }
}

const KUBERNETES: &[Row] = &[
    Row("v1", "namespaces", "namespace", "Namespace", "ns", "s", "core.Namespace"),
    Row("v1", "pods", "pod", "Pod", "po", "ns", "core.Pod"),
    Row("v1", "secrets", "secret", "Secret", "", "n", "core.Secret"),
    Row("v1", "serviceaccounts", "serviceaccount", "ServiceAccount", "sa", "n", "core.ServiceAccount"),
    Row("v1", "configmaps", "configmap", "ConfigMap", "cm", "n", "core.ConfigMap"),
    Row("v1", "services", "service", "Service", "svc", "ns", "core.Service"),
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
    Row("apps/v1", "deployments", "deployment", "Deployment", "deploy", "ns", "apps.Deployment"),
    Row("apps/v1", "statefulsets", "statefulset", "StatefulSet", "sts", "ns", "apps.StatefulSet"),
    Row("apps/v1", "daemonsets", "daemonset", "DaemonSet", "ds", "ns", "apps.DaemonSet"),
    Row("apps/v1", "replicasets", "replicaset", "ReplicaSet", "rs", "ns", "apps.ReplicaSet"),
    Row("batch/v1", "jobs", "job", "Job", "", "ns", "batch.Job"),
    Row("batch/v1", "cronjobs", "cronjob", "CronJob", "cj", "ns", "batch.CronJob"),
    Row("rbac.authorization.k8s.io/v1", "roles", "role", "Role", "", "n", "rbac.Role"),
    Row("rbac.authorization.k8s.io/v1", "rolebindings", "rolebinding", "RoleBinding", "", "n", "rbac.RoleBinding"),
    Row("rbac.authorization.k8s.io/v1", "clusterroles", "clusterrole", "ClusterRole", "", "", "rbac.ClusterRole"),
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
    Row("build.openshift.io/v1", "buildconfigs", "buildconfig", "BuildConfig", "bc", "n", "build.BuildConfig"),
    Row("build.openshift.io/v1", "builds", "build", "Build", "", "n", "build.Build"),
    Row("image.openshift.io/v1", "imagestreams", "imagestream", "ImageStream", "is", "ns", "image.ImageStream"),
    Row("image.openshift.io/v1", "imagestreamtags", "imagestreamtag", "ImageStreamTag", "istag", "n", "image.ImageStreamTag"),
    Row(
        "image.openshift.io/v1",
        "imagestreamimports",
        "imagestreamimport",
        "ImageStreamImport",
        "",
        "nc",
        "image.ImageStreamImport",
    ),
    Row("image.openshift.io/v1", "images", "image", "Image", "", "", "image.Image"),
    Row("route.openshift.io/v1", "routes", "route", "Route", "", "ns", "route.Route"),
    Row("project.openshift.io/v1", "projects", "project", "Project", "", "", "project.Project"),
    Row("user.openshift.io/v1", "users", "user", "User", "", "", "user.User"),
];

const OPENSHIFT4: &[Row] = &[
    Row("config.openshift.io/v1", "images", "image", "Image", "", "s", "config.Image"),
    Row("config.openshift.io/v1", "proxies", "proxy", "Proxy", "", "s", "config.Proxy"),
    Row("config.openshift.io/v1", "clusterversions", "clusterversion", "ClusterVersion", "", "s", "config.ClusterVersion"),
    Row("config.openshift.io/v1", "clusteroperators", "clusteroperator", "ClusterOperator", "co", "s", "config.ClusterOperator"),
    Row("config.openshift.io/v1", "infrastructures", "infrastructure", "Infrastructure", "", "s", "config.Infrastructure"),
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
    Row("config.openshift.io/v1", "imagepolicies", "imagepolicy", "ImagePolicy", "", "ns", "config.ImagePolicy"),
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
];

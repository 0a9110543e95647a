//! Which resources there are: group, version, names, scope, who serves them and how they are shaped.
//!
//! The presets follow Kubernetes 1.33 and OpenShift 4; a test can add or remove resources. Nothing here
//! handles requests.

use super::presets;
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

pub(crate) const STORED: &[&str] = &[
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];
pub(crate) const CREATE: &[&str] = &["create"];

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
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    pub(crate) fn named(&self) -> super::error::Named<'_> {
        super::error::Named {
            group: &self.group,
            resource: &self.plural,
        }
    }

    pub(crate) fn named_kind(&self) -> super::error::Named<'_> {
        super::error::Named {
            group: &self.group,
            resource: &self.kind,
        }
    }

    /// Whether `word` means it: plural, singular, kind or short name, optionally with `.group`.
    pub(crate) fn answers_to(&self, word: &str) -> bool {
        let (name, group) = word
            .split_once('.')
            .map_or((word, None), |(name, group)| (name, Some(group)));
        let name_fits = name == self.plural
            || name.eq_ignore_ascii_case(&self.kind)
            || name == self.singular
            || self.short_names.iter().any(|short| short == name);
        name_fits && group.is_none_or(|group| group == self.group)
    }

    /// Whether the spec's changes are counted in `metadata.generation`.
    pub(crate) fn counts_generations(&self) -> bool {
        self.backing == Backing::Custom
            || matches!(
                self.group.as_str(),
                "apps" | "batch" | "apps.openshift.io" | "image.openshift.io"
            )
            || (self.group.is_empty()
                && matches!(self.plural.as_str(), "replicationcontrollers" | "pods"))
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
        presets::resources(self)
    }
}

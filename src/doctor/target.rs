//! What a diagnosis is about: the object whose image it is, the image, the operation, and who it is that pulls or pushes.

use jiff::Timestamp;

use crate::model::image::{ImageReference, ReferenceError};
use crate::model::kinds::ObjectRef;
use crate::model::platform::Platform;

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    Pull,
    Push,
    /// An image stream import, which the API server makes.
    Import,
    /// Only the login: the check of `link` without an image, and of a secret by itself.
    Login,
}

impl Operation {
    /// The word of the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Import => "import",
            Self::Login => "login",
        }
    }

    /// Whether the image itself is fetched.
    pub fn fetches(self) -> bool {
        matches!(self, Self::Pull | Self::Import)
    }
}

/// Who it is that talks to the registry, which decides how credentials are found.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Consumer {
    /// A pod that would be made now as this service account: the kubelet's keyring, which tries every entry that matches.
    ServiceAccount { namespace: String, name: String },
    /// A pod that exists, or a template with a list of its own: the kubelet's keyring over exactly the secrets that the
    /// specification names.
    Pod {
        /// The pod, or the workload whose template it is.
        object: ObjectRef,
        account: String,
    },
    /// An image stream import: the kubelet's keyring over all docker secrets of the namespace, of which only the first match
    /// is sent (openshift-apiserver `pkg/image/apiserver/importer/staticcredentials.go`).
    Import { namespace: String },
    /// The pull of a build (base image, source images): its pull secret and the node's own, by containers/image's matcher
    /// (openshift/builder `pkg/build/builder/daemonless.go`).
    BuildPull { build: ObjectRef, account: String },
    /// The push of a build: its push secret alone, of which only the first match is sent (openshift/builder
    /// `pkg/build/builder/docker.go`).
    BuildPush { build: ObjectRef, account: String },
    /// A file given with `-a`: the matcher of containers/image, which takes one entry.
    AuthFile { path: String },
    /// Nobody in particular: `--no-cluster` without `-a`.
    Anonymous,
    /// One credential that is about to be stored (the check of `link`), or that a secret holds.
    Credential,
}

impl Consumer {
    /// In words, as the subject of a sentence: `the service account shop/default`, `pod shop/web-1`.
    pub fn words(&self) -> String {
        match self {
            Self::ServiceAccount { namespace, name } => {
                format!("the service account {namespace}/{name}")
            }
            Self::Pod { object, .. } => object_words(object),
            Self::Import { namespace } => format!("an import into {namespace}"),
            Self::BuildPull { build, .. } | Self::BuildPush { build, .. } => object_words(build),
            Self::AuthFile { path } => path.clone(),
            Self::Anonymous => "an anonymous client".to_owned(),
            Self::Credential => "the given credential".to_owned(),
        }
    }

    /// Whether one undecodable entry in any of its secrets keeps all of them from being used: whoever builds the kubelet's
    /// keyring (Kubernetes `pkg/credentialprovider/secrets` `MakeDockerKeyring`).
    pub fn builds_keyring(&self) -> bool {
        matches!(
            self,
            Self::ServiceAccount { .. } | Self::Pod { .. } | Self::Import { .. }
        )
    }

    /// Whether keys are matched as the kubelet matches them; else as containers/image does.
    pub fn matches_as_kubelet(&self) -> bool {
        !matches!(self, Self::BuildPull { .. } | Self::AuthFile { .. })
    }

    /// Whether only the first credential that matches is ever sent.
    pub fn sends_first_only(&self) -> bool {
        matches!(
            self,
            Self::Import { .. }
                | Self::BuildPull { .. }
                | Self::BuildPush { .. }
                | Self::AuthFile { .. }
        )
    }

    /// Whether keys are looked up with the image's tag or digest on its name (openshift-apiserver
    /// `pkg/image/apiserver/importer/staticcredentials.go`, openshift/builder `pkg/build/builder/docker.go`); else by the
    /// name alone, as the kubelet and containers/image do.
    pub fn looks_up_references(&self) -> bool {
        matches!(self, Self::Import { .. } | Self::BuildPush { .. })
    }

    /// The namespace whose objects a remedy changes.
    pub fn namespace(&self) -> Option<&str> {
        match self {
            Self::ServiceAccount { namespace, .. } | Self::Import { namespace } => Some(namespace),
            Self::Pod { object, .. } => object.namespace.as_deref(),
            Self::BuildPull { build, .. } | Self::BuildPush { build, .. } => {
                build.namespace.as_deref()
            }
            _ => None,
        }
    }

    /// The service account, where there is one.
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::ServiceAccount { name, .. } => Some(name),
            Self::Pod { account, .. }
            | Self::BuildPull { account, .. }
            | Self::BuildPush { account, .. } => Some(account),
            _ => None,
        }
    }
}

/// `pod shop/web-1`, `deploymentconfig shop/web`.
pub fn object_words(object: &ObjectRef) -> String {
    let kind = object.kind.kind.to_ascii_lowercase();
    match &object.namespace {
        Some(namespace) => format!("{kind} {namespace}/{}", object.name),
        None => format!("{kind} {}", object.name),
    }
}

/// Whose image it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TargetRef {
    /// An image of the command line.
    Image,
    /// An object of the cluster, and the container where there is one.
    Object {
        object: ObjectRef,
        container: Option<String>,
    },
}

impl TargetRef {
    /// The kind as the report names it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Image => "Image",
            Self::Object { object, .. } => object.kind.kind,
        }
    }
}

/// What carries the pull out. All of them take what is in order; they differ on what is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Puller {
    /// CRI-O, builds of OpenShift 4, podman, skopeo.
    ContainersImage,
    Containerd,
    /// Docker's engine: nodes and builds of OpenShift 3.
    Docker,
    /// openshift-apiserver, for an image stream.
    Importer,
    /// Nobody knows, or the nodes differ.
    Unknown,
}

impl Puller {
    /// By what a node says of its runtime (`containerRuntimeVersion`: `cri-o://1.33.2`).
    pub fn of_node(runtime: &str) -> Self {
        match runtime.split_once("://").map_or(runtime, |(name, _)| name) {
            "cri-o" => Self::ContainersImage,
            "containerd" => Self::Containerd,
            "docker" => Self::Docker,
            _ => Self::Unknown,
        }
    }

    /// What all of them are; unknown where they differ, or where there are none.
    pub fn of_all(pullers: impl IntoIterator<Item = Self>) -> Self {
        let mut pullers = pullers.into_iter();
        let first = pullers.next().unwrap_or(Self::Unknown);
        if pullers.all(|puller| puller == first) {
            first
        } else {
            Self::Unknown
        }
    }
}

/// One target: an image as it was written, and what is to be done with it.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Whose image it is.
    pub target: TargetRef,
    /// The image as it is really asked for: as given on the command line, or what the object's own wording resolves to.
    pub text: String,
    pub image: Result<ImageReference, ReferenceError>,
    pub operation: Operation,
    pub consumer: Consumer,
    /// `--plain-http`, or the cluster's `insecureRegistries` led to HTTP.
    pub plain_http: bool,
    /// The platforms of which one must be served.
    pub platforms: Vec<Platform>,
    /// Where `platforms` came from, in words (`the nodes`, `--platform`, `this machine`).
    pub platforms_from: &'static str,
    pub puller: Puller,
    /// When the run started; certificates are judged at this time.
    pub now: Timestamp,
}

impl Subject {
    /// The registry as it stands in the reference; empty when the reference does not parse.
    pub fn registry(&self) -> &str {
        self.image.as_ref().map_or("", ImageReference::registry)
    }

    /// The repository; empty when the reference does not parse.
    pub fn repository(&self) -> &str {
        self.image.as_ref().map_or("", ImageReference::repository)
    }

    /// The namespace whose objects a remedy changes.
    pub fn namespace(&self) -> Option<&str> {
        self.consumer.namespace()
    }

    /// The service account, where there is one.
    pub fn account(&self) -> Option<&str> {
        self.consumer.account()
    }
}

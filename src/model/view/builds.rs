//! Builds and what they are made from, reduced to images and credentials.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::dockerfile::Dockerfile;

/// An image in a BuildConfig or an image stream: `DockerImage`, `ImageStreamTag` or `ImageStreamImage`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildImage {
    pub kind: String,
    pub name: String,
    pub namespace: Option<String>,
}

/// One of `spec.source.images`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildSourceImage {
    pub from: BuildImage,
    pub pull_secret: Option<String>,
}

/// Where a docker build has its Dockerfile from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum DockerfileOf {
    /// `spec.source.dockerfile`, which takes the place of one in git.
    Inline(Box<Dockerfile>),
    Git,
    /// It comes with the source in another way (`oc start-build --from-dir`, `source.images`), or the build has none.
    #[default]
    Source,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildConfig {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    pub resource_version: String,
    /// `builder` where it names none.
    pub service_account: String,
    /// `Source`, `Docker`, `Custom`, `JenkinsPipeline`.
    pub strategy: String,
    pub from: Option<BuildImage>,
    pub pull_secret: Option<String>,
    pub source_images: Vec<BuildSourceImage>,
    pub dockerfile: DockerfileOf,
    pub output: Option<BuildImage>,
    pub push_secret: Option<String>,
    /// Every secret that it names, for whatever purpose, each once.
    pub secrets: Vec<String>,
    /// Labels of the nodes that its builds run on.
    pub node_selector: BTreeMap<String, String>,
}

/// One run of a BuildConfig. Its secrets are those that the platform resolved for it, not those that the BuildConfig names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    /// `New`, `Pending`, `Running`, `Complete`, `Failed`, `Error`, `Cancelled`.
    pub phase: String,
    /// `PullBuilderImageFailed`, `PushImageToRegistryFailed`, ...; empty while nothing failed.
    pub reason: String,
    /// Foreign text, not sanitised.
    pub message: String,
    /// The last lines of the log of a failed build. Foreign text, not sanitised.
    pub log_snippet: String,
    pub build_config: Option<String>,
    /// `builder` where it names none.
    pub service_account: String,
    /// `Source`, `Docker`, `Custom`, `JenkinsPipeline`.
    pub strategy: String,
    pub from: Option<BuildImage>,
    pub pull_secret: Option<String>,
    pub source_images: Vec<BuildSourceImage>,
    pub dockerfile: DockerfileOf,
    pub output: Option<BuildImage>,
    /// Where the output goes, with the registry: `status.outputDockerImageReference`.
    pub output_reference: Option<String>,
    pub push_secret: Option<String>,
    /// Labels of the nodes that it runs on.
    pub node_selector: BTreeMap<String, String>,
    /// The pod that builds, by the build's annotation.
    pub pod: Option<String>,
    pub created: Option<Timestamp>,
    pub completed: Option<Timestamp>,
}

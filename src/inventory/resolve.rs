//! From image stream tags, and from images of the cluster's own registry, to what was imported.

use std::collections::{BTreeSet, HashMap};

use super::Input;
use crate::model::image::ImageReference;
use crate::model::view::{BuildImage, ImageStream, NamespaceView};

/// The cluster's own registry where nothing tells its name: OpenShift 4, then 3.11.
const USUAL: [&str; 4] = [
    "image-registry.openshift-image-registry.svc:5000",
    "image-registry.openshift-image-registry.svc",
    "docker-registry.default.svc:5000",
    "docker-registry.default.svc",
];

/// Image stream tags that follow each other are followed so far; a circle ends here.
const DEEPEST: usize = 8;

/// Makes pod templates look short names up in image streams (openshift-apiserver and kube-apiserver admission
/// `image.openshift.io/ImagePolicy`).
pub(super) const RESOLVE_NAMES: &str = "alpha.image.policy.openshift.io/resolve-names";

/// Looks tags up in the streams that were read.
pub(super) struct Resolver<'a> {
    streams: HashMap<(&'a str, &'a str), &'a ImageStream>,
    internal: BTreeSet<&'a str>,
}

/// An image, and the tag through which it was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resolved {
    pub(super) reference: ImageReference,
    pub(super) via: Option<String>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(input: &Input<'a>) -> Self {
        let streams: HashMap<_, _> = input
            .view
            .image_streams
            .iter()
            .flatten()
            .chain(input.other_streams)
            .map(|stream| ((stream.namespace.as_str(), stream.name.as_str()), stream))
            .collect();
        let mut internal = BTreeSet::from(USUAL);
        if let Ok(Some(config)) = &input.config.image_config {
            internal.extend(config.internal_registry.as_deref());
            internal.extend(config.external_hostnames.iter().map(String::as_str));
        }
        for stream in streams.values() {
            let repositories = [&stream.repository, &stream.public_repository];
            let hosts = repositories
                .into_iter()
                .flatten()
                .filter_map(|repository| repository.split_once('/'));
            internal.extend(
                hosts
                    .map(|(host, _)| host)
                    .filter(|host| host.contains(['.', ':'])),
            );
        }
        Self { streams, internal }
    }

    /// Whether it is the cluster's own registry.
    pub(super) fn is_internal(&self, registry: &str) -> bool {
        self.internal.contains(registry)
    }

    /// What an image stands for: for one of the cluster's own registry, or a short name where such are looked up, also what
    /// the stream imports. The image itself comes first.
    pub(super) fn image(
        &self,
        namespace: &str,
        reference: ImageReference,
        resolve_names: bool,
    ) -> Vec<Resolved> {
        let tag = if self.is_internal(reference.registry()) {
            reference
                .repository()
                .split_once('/')
                .and_then(|(namespace, name)| {
                    let stream = self.streams.get(&(namespace, name))?;
                    let tag = match (reference.digest(), reference.tag()) {
                        (Some(digest), _) => stream
                            .tags
                            .iter()
                            .find(|tag| tag.items.iter().any(|item| item.image == digest))?
                            .name
                            .as_str(),
                        (None, tag) => tag.unwrap_or("latest"),
                    };
                    self.tag(namespace, namespace, name, tag)
                })
        } else if !reference.names_registry() && reference.digest().is_none() {
            let name = reference.repository().strip_prefix("library/");
            let stream = name.and_then(|name| self.streams.get(&(namespace, name)));
            match stream.filter(|stream| stream.lookup_local || resolve_names) {
                Some(stream) => {
                    let tag = reference.tag().unwrap_or("latest");
                    // The short name is the stream's, not Docker Hub's.
                    return self
                        .tag(namespace, namespace, &stream.name, tag)
                        .into_iter()
                        .collect();
                }
                None => None,
            }
        } else {
            None
        };
        let own = Resolved {
            reference,
            via: None,
        };
        std::iter::once(own).chain(tag).collect()
    }

    /// What an image of a BuildConfig or of another tag stands for; `None` for what is pushed to, or not known.
    pub(super) fn object(&self, namespace: &str, image: &BuildImage) -> Option<Resolved> {
        match image.kind.as_str() {
            "DockerImage" => Some(Resolved {
                reference: ImageReference::parse(image.name.trim()).ok()?,
                via: None,
            }),
            "ImageStreamTag" => {
                let owner = image.namespace.as_deref().unwrap_or(namespace);
                let (stream, tag) = image.name.split_once(':')?;
                self.tag(namespace, owner, stream, tag)
            }
            "ImageStreamImage" => {
                let owner = image.namespace.as_deref().unwrap_or(namespace);
                let (name, digest) = image.name.split_once('@')?;
                let stream = self.streams.get(&(owner, name))?;
                let item = stream
                    .tags
                    .iter()
                    .flat_map(|tag| &tag.items)
                    .find(|item| item.image == digest)?;
                let reference = ImageReference::parse(&item.docker_image_reference).ok()?;
                (!self.is_internal(reference.registry())).then(|| Resolved {
                    reference,
                    via: Some(shown(namespace, owner, &image.name)),
                })
            }
            _ => None,
        }
    }

    /// The image that a tag imports, through tags that follow others.
    fn tag(&self, from: &str, namespace: &str, stream: &str, tag: &str) -> Option<Resolved> {
        let via = shown(from, namespace, &format!("{stream}:{tag}"));
        let mut at = (namespace.to_owned(), stream.to_owned(), tag.to_owned());
        for _ in 0..DEEPEST {
            let stream = self.streams.get(&(at.0.as_str(), at.1.as_str()))?;
            let source = stream.tag(&at.2)?.from.as_ref()?;
            match source.kind.as_str() {
                "DockerImage" => {
                    let reference = ImageReference::parse(source.name.trim()).ok()?;
                    return (!self.is_internal(reference.registry())).then_some(Resolved {
                        reference,
                        via: Some(via),
                    });
                }
                "ImageStreamTag" => {
                    // Within one stream the name is the tag's alone.
                    let (name, tag) = source
                        .name
                        .split_once(':')
                        .unwrap_or((at.1.as_str(), source.name.as_str()));
                    let namespace = source.namespace.as_deref().unwrap_or(&at.0);
                    at = (namespace.to_owned(), name.to_owned(), tag.to_owned());
                }
                _ => return None,
            }
        }
        None
    }
}

/// A tag as it is named from a namespace.
fn shown(from: &str, namespace: &str, name: &str) -> String {
    if from == namespace {
        name.to_owned()
    } else {
        format!("{namespace}/{name}")
    }
}

/// Namespace and name of the image streams of other namespaces that BuildConfigs and tags of this one refer to, each once.
pub fn foreign_streams(view: &NamespaceView) -> Vec<(String, String)> {
    let Some(own) = &view.namespace else {
        return Vec::new();
    };
    let builds = view.build_configs.iter().flatten().flat_map(|build| {
        let sources = build.source_images.iter().map(|source| &source.from);
        build.from.iter().chain(sources)
    });
    let tags = view.image_streams.iter().flatten();
    let tags = tags.flat_map(|stream| stream.tags.iter().filter_map(|tag| tag.from.as_ref()));
    let streams: BTreeSet<(String, String)> = builds
        .chain(tags)
        .filter(|image| image.kind.starts_with("ImageStream"))
        .filter_map(|image| {
            let namespace = image.namespace.as_ref().filter(|name| *name != own)?;
            let (name, _) = image.name.split_once([':', '@'])?;
            Some((namespace.clone(), name.to_owned()))
        })
        .collect();
    streams.into_iter().collect()
}

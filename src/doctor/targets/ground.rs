//! What the targets of a run stand on when they are turned into questions: the namespaces that were read, the cluster's
//! configuration and its version.

use std::collections::BTreeMap;

use super::world::World;
use crate::cluster::Cluster;
use crate::doctor::evidence::{Check, Evidence, Role, SkipReason, Status, Vantage};
use crate::doctor::probes;
use crate::doctor::probes::credentials::{ParsedSecret, Sources};
use crate::model::sanitize::sanitize_line;
use crate::model::view::{
    BuildConfig, BuildImage, ClusterConfigView, ImageStream, Missing, NamespaceView,
};

/// Images of one object that a rule of OpenShift resolves through more than this many image stream tags are left alone.
pub(super) const MOST_HOPS: usize = 5;

/// What everything here reads.
pub(super) struct Ground<'a> {
    pub(super) world: &'a World,
    pub(super) config: &'a ClusterConfigView,
    /// OpenShift's version, where it is known.
    pub(super) openshift: Option<&'a str>,
    /// Image streams of other namespaces that are named and could not be read.
    pub(super) unread_streams: &'a UnreadStreams,
}

/// Why an image stream is not in the view, by namespace and name.
pub(super) type UnreadStreams = BTreeMap<(String, String), Missing>;

/// An image stream by name.
pub(super) enum Stream<'a> {
    Found(&'a ImageStream),
    Absent,
    Unread(Missing),
}

impl<'a> Ground<'a> {
    /// The stream, or why it is not known.
    pub(super) fn stream(&self, namespace: &str, name: &str) -> Stream<'a> {
        let view = &self.world.view;
        if let Some(found) = view.image_stream(namespace, name) {
            return Stream::Found(found);
        }
        let key = (namespace.to_owned(), name.to_owned());
        if let Some(why) = self.unread_streams.get(&key) {
            return Stream::Unread(why.clone());
        }
        match &view.image_streams {
            Err(why) => Stream::Unread(why.clone()),
            Ok(_) => Stream::Absent,
        }
    }

    /// Whether the namespace is one of those that were read.
    pub(super) fn covers(&self, namespace: &str) -> bool {
        self.world
            .view
            .namespace
            .as_deref()
            .is_none_or(|read| read == namespace)
    }

    /// What keeps the secrets of a namespace from being known.
    pub(super) fn secrets_unread(&self, namespace: &str) -> Option<Evidence> {
        match &self.world.view.secrets {
            Err(why) => Some(probes::unread(Check::Credentials, why)),
            Ok(_) if self.covers(namespace) => None,
            Ok(_) => Some(Evidence::skip(
                Check::Credentials,
                Vantage::Config,
                SkipReason::DependsOn,
                format!("the secrets of the namespace {namespace} were not read"),
            )),
        }
    }

    /// The nodes' own pull secret, behind all others, or that there may be one.
    pub(super) fn add_nodes(&self, sources: &mut Sources) {
        match &self.config.global_pull_secret {
            Ok(Some(bytes)) => sources.nodes(bytes),
            Ok(None) => {}
            Err(why @ (Missing::Forbidden { .. } | Missing::Failed(_))) => {
                let words = format!("the nodes' own pull secret could not be read: {why}");
                sources.maybe_more.get_or_insert(words);
            }
            Err(_) => {}
        }
    }

    /// The other docker secrets of the namespace, which nothing makes the consumer use.
    pub(super) fn add_unlinked(&self, sources: &mut Sources, namespace: &str, used: &[&str]) {
        for secret in self.world.docker_secrets(namespace) {
            // The platform's own are for the integrated registry.
            if !secret.is_of_platform() && !used.contains(&secret.name.as_str()) {
                let parsed = self.world.parsed(namespace, &secret.name);
                sources.secret(Role::Unlinked, namespace, &secret.name, parsed);
            }
        }
    }

    /// A secret as the pod of a build reads it.
    pub(super) fn build_secret(&self, namespace: &str, name: &str) -> Option<ParsedSecret> {
        let secret = self.world.secret(namespace, name)?;
        if secret.docker_config().is_some() && !secret.configs.contains_key("config.json") {
            return self.world.parsed(namespace, name);
        }
        Some(ParsedSecret::of_build(secret))
    }
}

/// A remark from the cluster's objects; it holds no fact.
pub(super) fn note(check: Check, status: Status, words: impl AsRef<str>) -> Evidence {
    Evidence {
        check,
        vantage: Vantage::Config,
        status,
        detail: sanitize_line(words.as_ref(), 300),
        elapsed: None,
        skip_reason: None,
        fact: None,
    }
}

/// Reads the image streams that BuildConfigs and `named` (namespace and name) point at and that the view lacks because they
/// are in other namespaces, and puts them into the view.
pub(super) async fn read_streams(
    cluster: &Cluster,
    view: &mut NamespaceView,
    named: impl IntoIterator<Item = (String, String)>,
) -> UnreadStreams {
    let mut wanted: Vec<(String, String)> = view
        .build_configs
        .iter()
        .flatten()
        .flat_map(streams_of)
        .chain(named)
        .filter(|(namespace, _)| {
            view.namespace
                .as_ref()
                .is_some_and(|read| read != namespace)
        })
        .collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut unread = UnreadStreams::new();
    for (namespace, name) in wanted {
        match cluster.image_stream(&namespace, &name).await {
            Ok(Some(found)) => {
                if let Ok(streams) = &mut view.image_streams {
                    streams.push(found);
                }
            }
            Ok(None) => {}
            Err(why) => {
                unread.insert((namespace, name), why);
            }
        }
    }
    unread
}

/// The image streams that a BuildConfig takes its images from.
fn streams_of(config: &BuildConfig) -> impl Iterator<Item = (String, String)> + '_ {
    let images = config.source_images.iter().map(|image| &image.from);
    config
        .from
        .iter()
        .chain(images)
        .filter_map(|image| stream_of(image, &config.namespace))
}

/// Namespace and name of the stream behind a reference to an image stream tag or image.
pub(super) fn stream_of(image: &BuildImage, namespace: &str) -> Option<(String, String)> {
    let separator = match image.kind.as_str() {
        "ImageStreamTag" => ':',
        "ImageStreamImage" => '@',
        _ => return None,
    };
    let (name, _) = image.name.split_once(separator)?;
    let namespace = image.namespace.as_deref().unwrap_or(namespace);
    Some((namespace.to_owned(), name.to_owned()))
}

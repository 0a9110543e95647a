//! What the targets of a run stand on when they are turned into questions: the namespaces that were read, the cluster's
//! configuration and its version.

use super::wiring::{Wiring, gap};
use super::world::{Name, World};
use crate::doctor::evidence::{Check, Evidence, Role, SkipReason, Status, Vantage};
use crate::doctor::probes;
use crate::doctor::probes::credentials::{ParsedSecret, Sources};
use crate::model::sanitize::sanitize_line;
use crate::model::view::{BuildImage, ClusterConfigView, ImageStream, Missing, Part};

/// Images of one object that a rule of OpenShift resolves through more than this many image stream tags are left alone.
pub(super) const MOST_HOPS: usize = 5;

/// What everything here reads.
pub(super) struct Ground<'a> {
    pub(super) world: &'a World,
    pub(super) config: &'a ClusterConfigView,
    /// OpenShift's version, where it is known.
    pub(super) openshift: Option<&'a str>,
    /// Why it is not.
    pub(super) version_unread: Option<&'a Missing>,
    /// Who gets which secrets as a pod.
    pub(super) wiring: &'a Wiring<'a>,
}

/// An image stream by name.
pub(super) enum Stream<'a> {
    Found(&'a ImageStream),
    Absent,
    Unread(Missing),
}

impl<'a> Ground<'a> {
    /// The stream, or why it is not known.
    pub(super) fn stream(&self, namespace: &str, name: &str) -> Stream<'a> {
        match self.world.stream(namespace, name) {
            Ok(Some(found)) => Stream::Found(found),
            Ok(None) => Stream::Absent,
            Err(why) => Stream::Unread(why),
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
            Err(why @ (Missing::Forbidden { .. } | Missing::Failed(_))) => {
                let words = format!("the nodes' own pull secret could not be read: {why}");
                sources.maybe_more.get_or_insert(words);
            }
            Ok(None) | Err(_) => {}
        }
    }

    /// The other docker secrets of the namespace, which nothing makes the consumer use; or that they could not be read.
    pub(super) fn add_unlinked(
        &self,
        sources: &mut Sources,
        namespace: &str,
        used: &[&str],
    ) -> Option<Evidence> {
        for secret in self.world.docker_secrets(namespace) {
            // The platform's own are for the integrated registry.
            if !secret.is_of_platform() && !used.contains(&secret.name.as_str()) {
                let parsed = Some(self.world.parsed(secret));
                sources.secret(Role::Unlinked, namespace, &secret.name, parsed);
            }
        }
        gap(&self.world.view.secrets).map(|why| probes::unread(Check::Wiring, why))
    }

    /// A secret as the pod of a build reads it; `Ok(None)` where it does not exist.
    pub(super) fn build_secret(&self, namespace: &str, name: &str) -> Part<Option<ParsedSecret>> {
        let found = self.world.secret(namespace, name)?;
        Ok(found.map(|secret| {
            if secret.docker_config().is_some() && !secret.configs.contains_key("config.json") {
                self.world.parsed(secret)
            } else {
                ParsedSecret::of_build(secret)
            }
        }))
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

/// Namespace and name of the stream behind a reference to an image stream tag or image.
pub(super) fn stream_of(image: &BuildImage, namespace: &str) -> Option<Name> {
    let separator = match image.kind.as_str() {
        "ImageStreamTag" => ':',
        "ImageStreamImage" => '@',
        _ => return None,
    };
    let (name, _) = image.name.split_once(separator)?;
    let namespace = image.namespace.as_deref().unwrap_or(namespace);
    Some((namespace.to_owned(), name.to_owned()))
}

#[cfg(test)]
pub(super) mod kit;

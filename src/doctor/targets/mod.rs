//! From what the user names to the questions of a run: which image is really asked for, by whom, with which secrets, and what
//! the cluster has said about it so far.
//!
//! Reads the cluster, asks no registry and judges nothing.
//!
//! ```text
//! words -> argument -> read (all that the targets need, at once) -> World, Picks -> pods, workloads, builds, ... -> Ask
//! ```
//!
//! What reads is async and ends with the `World`; what comes after it is pure.

mod accounts;
pub mod argument;
mod build_configs;
mod build_dockerfile;
mod build_nodes;
mod build_secrets;
mod builds;
mod failing;
mod ground;
mod images;
#[cfg(test)]
mod kit;
mod observed;
pub mod planned;
mod pods;
mod read;
mod resolve;
mod signature;
mod strays;
mod streams;
mod wiring;
mod workloads;
mod world;

use super::ask::{Ask, NotAsked};
use super::evidence::Check;
use super::probes::unread;
use super::run::Request;
use super::target::{Consumer, Operation, TargetRef, object_words};
use crate::cluster::Cluster;
use crate::env::Env;
use crate::error::Error;
use crate::model::kinds::{self, ObjectRef};
use crate::model::view::{ClusterConfigView, Missing, Part, Secret};
use ground::Ground;
use read::{Pick, Read};
use wiring::{Wiring, gap};
use workloads::{Known, Owners};

pub use argument::{Argument, Wanted};
pub use images::without_cluster;

/// What was read of the cluster for the targets of a run.
pub struct Found {
    namespace: String,
    read: Read,
}

/// The questions of a run.
pub struct Questions {
    /// In the order in which the report answers them.
    pub asks: Vec<Ask>,
    /// What there is to say beside them, a sentence each.
    pub remarks: Vec<String>,
}

/// Reads what the targets need, at the same time as others read the cluster's configuration.
///
/// # Errors
///
/// When a target does not exist, or nothing at all can be said without something that cannot be read.
pub async fn find(cluster: &Cluster, request: &Request) -> Result<Found, Error> {
    Ok(Found {
        namespace: cluster.namespace().to_owned(),
        read: Box::pin(read::read(cluster, request)).await?,
    })
}

impl Found {
    /// The docker secrets of all namespaces, where they were read.
    pub fn into_secrets_everywhere(self) -> Option<Vec<Secret>> {
        let view = self.read.world.view;
        view.secrets.ok().filter(|_| view.namespace.is_none())
    }

    /// The questions. `openshift` is the version.
    ///
    /// # Errors
    ///
    /// When a file of the command line cannot be read.
    pub async fn questions(
        &self,
        env: &Env,
        request: &Request,
        config: &ClusterConfigView,
        openshift: &Part<Option<String>>,
    ) -> Result<Questions, Error> {
        let wiring = Wiring::new(&self.read.world, config);
        let ground = Ground {
            world: &self.read.world,
            config,
            openshift: openshift.as_ref().ok().and_then(Option::as_deref),
            version_unread: gap(openshift),
            wiring: &wiring,
        };
        let mut remarks = Vec::new();
        let mut asks = self.unread();
        let known = Known::of(&ground.world.view);
        let owners = Owners::of(&ground.world.view);
        for pick in &self.read.picks {
            match pick {
                Pick::Image(text) => {
                    asks.extend(images::asks(&ground, env, request, &self.namespace, text).await?);
                }
                Pick::Sweep { all } => {
                    let found = sweep(&ground, *all, request.selector.is_some());
                    if found.is_empty() && asks.is_empty() {
                        remarks.push(self.nothing(*all, request));
                    }
                    asks.extend(found);
                }
                Pick::Object(object) => {
                    let told = remarks.len();
                    let found = self.object(&ground, object, &known, &owners, &mut remarks);
                    if found.is_empty() && remarks.len() == told {
                        remarks.push(format!(
                            "{} has no image that comes from a registry",
                            object_words(object)
                        ));
                    }
                    asks.extend(found);
                }
            }
        }
        asks.retain(|ask| request.planned.asks_about(ask.operation));
        Ok(Questions { asks, remarks })
    }

    fn object(
        &self,
        ground: &Ground<'_>,
        object: &ObjectRef,
        known: &Known<'_>,
        owners: &Owners<'_>,
        remarks: &mut Vec<String>,
    ) -> Vec<Ask> {
        let world = ground.world;
        let view = &world.view;
        let namespace = object.namespace.as_deref().unwrap_or_default();
        let name = object.name.as_str();
        let is_it =
            |its_namespace: &str, its_name: &str| its_namespace == namespace && its_name == name;
        match object.kind {
            kinds::POD => owners
                .pods(object)
                .iter()
                .flat_map(|pod| pods::asks(ground, pod, known.template(pod)))
                .collect(),
            kinds::BUILD => view
                .builds
                .iter()
                .flatten()
                .filter(|build| is_it(&build.namespace, &build.name))
                .flat_map(|build| {
                    let log = self
                        .read
                        .logs
                        .get(&(build.namespace.clone(), build.name.clone()));
                    let mut asks =
                        builds::asks(ground, build, log.and_then(|log| log.as_deref().ok()));
                    if let Some(Err(why)) = log {
                        for ask in &mut asks {
                            ask.unread.push(unread(Check::Observed, why));
                        }
                    }
                    asks
                })
                .collect(),
            kinds::BUILD_CONFIG => view
                .build_configs
                .iter()
                .flatten()
                .filter(|config| is_it(&config.namespace, &config.name))
                .flat_map(|config| build_configs::asks(ground, config))
                .collect(),
            kinds::IMAGE_STREAM => match world.stream(namespace, name) {
                Ok(Some(stream)) => streams::asks(ground, stream),
                _ => Vec::new(),
            },
            kinds::IMAGE_STREAM_TAG => {
                let (stream, tag) = name.split_once(':').unwrap_or((name, "latest"));
                match world.stream(namespace, stream) {
                    Ok(Some(stream)) => stream
                        .tag(tag)
                        .map(|tag| streams::tag_ask(ground, stream, tag))
                        .into_iter()
                        .collect(),
                    _ => Vec::new(),
                }
            }
            kinds::SERVICE_ACCOUNT => accounts::account(world, object, remarks),
            kinds::SECRET => accounts::secret(world, object, namespace, name, remarks),
            _ => known
                .get(object)
                .map(|workload| workloads::asks(ground, workload, owners.pods(object)))
                .unwrap_or_default(),
        }
    }

    /// What could not be looked at is a result of its own: nothing is known of it.
    fn unread(&self) -> Vec<Ask> {
        let mut asks: Vec<(&ObjectRef, Vec<&Missing>)> = Vec::new();
        for (object, why) in &self.read.unread {
            match asks.iter_mut().find(|(known, _)| *known == object) {
                Some((_, reasons)) => reasons.push(why),
                None => asks.push((object, vec![why])),
            }
        }
        asks.into_iter()
            .map(|(object, reasons)| {
                let target = TargetRef::Object {
                    object: object.clone(),
                    container: None,
                };
                Ask {
                    not_asked: Some(NotAsked::Itself),
                    unread: reasons
                        .into_iter()
                        .map(|why| unread(Check::Reference, why))
                        .collect(),
                    ..Ask::new(target, String::new(), Operation::Pull, Consumer::Anonymous)
                }
            })
            .collect()
    }

    /// The words on a look that found nothing.
    fn nothing(&self, all: bool, request: &Request) -> String {
        let place = if request.all_namespaces {
            "in any namespace".to_owned()
        } else {
            format!("in the namespace {}", self.namespace)
        };
        if all {
            format!("no image is in use {place}")
        } else {
            format!("nothing waits for an image {place}; --all looks at what runs as well")
        }
    }
}

/// Everything that fails, and with `all` everything that is in use.
fn sweep(ground: &Ground<'_>, all: bool, chosen: bool) -> Vec<Ask> {
    let mut asks = if all {
        failing::in_use(ground)
    } else {
        failing::waiting_pods(ground)
    };
    asks.extend(streams::failing(ground));
    asks.extend(builds::failing(ground));
    // Labels choose what runs; secrets are nothing of that.
    if !chosen {
        asks.extend(failing::broken_secrets(ground));
    }
    asks
}

//! Before the first question to a registry: what the cluster and the files say, and one client for each registry.

mod maker;
mod plan;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;

use super::{MirrorLeg, Registries, Request};
use crate::cluster::snapshot::{WantConfig, missing};
use crate::cluster::{Cluster, ClusterError};
use crate::doctor::ask::Depth;
use crate::doctor::diagnosis::{ClusterName, Setting};
use crate::doctor::evidence::{CandidateFact, Fact};
use crate::doctor::probes::config;
use crate::doctor::probes::credentials::Wallet;
use crate::doctor::schedule::Leg;
use crate::doctor::setup;
use crate::doctor::sink::Sink;
use crate::doctor::target::{Consumer, Operation, Puller, Subject};
use crate::doctor::targets::{self, Questions};
use crate::env::Env;
use crate::error::Error;
use crate::model::dialect::Dialect;
use crate::model::image::ImageReference;
use crate::model::view::{ClusterConfigView, Part, Secret};
use crate::registry::{Connections, Registry};
use maker::Maker;
use plan::Plan;

/// Everything that probing needs.
pub(super) struct Gathered {
    pub targets: Vec<Target>,
    /// What is asked, each once.
    pub legs: Vec<Arc<Leg>>,
    pub setting: Setting,
    pub cluster: Option<ClusterName>,
    pub registries: Vec<Arc<Registry>>,
    /// What there is to say beside the results.
    pub remarks: Vec<String>,
    /// The credentials of the run by registry, handed out.
    pub wallets: BTreeMap<String, Wallet>,
    /// The secrets of all namespaces, where they were read.
    pub secrets: Option<Vec<Secret>>,
}

/// One target, ready to be probed.
pub(super) struct Target {
    /// Its place among the results.
    pub place: usize,
    pub depth: Depth,
    pub subject: Subject,
    /// Evidence that needs no registry.
    pub given: Sink,
    /// The consumer's credentials for the place that is asked.
    pub candidates: Vec<CandidateFact>,
    /// The source; `None` where it cannot or must not be asked.
    pub leg: Option<Arc<Leg>>,
    pub mirrors: Vec<MirrorLeg>,
    /// It is known which image is asked for.
    pub resolved: bool,
    /// An import that allows plain HTTP and any certificate.
    pub insecure: bool,
}

/// What the cluster said.
struct Read {
    config: ClusterConfigView,
    name: ClusterName,
    openshift: bool,
    /// OpenShift's version.
    version: Part<Option<String>>,
}

pub(super) async fn gather(
    env: &Env,
    cluster: Option<&Cluster>,
    request: &Request,
    now: Timestamp,
    deadline: Instant,
) -> Result<Gathered, Error> {
    let machine = Arc::new(setup::machine_roots(env, request.registry_ca.as_deref())?);
    let in_time = async |reading| {
        let limit = tokio::time::Instant::from_std(deadline);
        tokio::time::timeout_at(limit, reading).await
    };
    let (read, Questions { asks, remarks }, secrets) = match cluster {
        Some(cluster) => {
            let reading = Box::pin(async {
                let (read, found) = tokio::join!(
                    read_cluster(cluster, request),
                    targets::find(cluster, request)
                );
                Ok::<_, Error>((read?, found?))
            });
            match in_time(reading).await {
                Ok(read) => {
                    let (read, found) = read?;
                    let questions = found
                        .questions(env, request, &read.config, &read.version)
                        .await?;
                    // The rest of what was read has served.
                    (Some(read), questions, found.into_secrets_everywhere())
                }
                Err(_) => return Err(unreachable("it did not answer in time")),
            }
        }
        None => {
            let asks = targets::without_cluster(env, request).await?;
            let remarks = Vec::new();
            (None, Questions { asks, remarks }, None)
        }
    };
    let config = read.as_ref().map(|read| &read.config);
    let openshift = read.as_ref().is_some_and(|read| read.openshift);
    let (platforms, platforms_from, platform_seen) =
        config::platforms(request.platform.as_ref(), config);
    let of_nodes = of_nodes(config, openshift);
    let mut plans = Vec::new();
    let mut wallets: BTreeMap<String, Wallet> = BTreeMap::new();
    for ask in asks {
        let ask = &ask;
        let of_node = ask.platform.as_ref().filter(|_| request.platform.is_none());
        let of_some = !ask.platforms.is_empty() && request.platform.is_none();
        let subject = Subject {
            target: ask.target.clone(),
            text: ask.text.clone(),
            image: match &ask.place {
                Some(place) => Ok(place.clone()),
                None => ImageReference::parse(&ask.text),
            },
            operation: ask.operation,
            consumer: ask.consumer.clone(),
            plain_http: request.plain_http,
            // An import takes the API server's platform, else linux/amd64, else the first that is there: it never fails
            // for want of one (openshift-apiserver `pkg/image/apiserver/importer` `manifestFromManifestList`).
            platforms: match (ask.operation, of_node) {
                (Operation::Import, _) => Vec::new(),
                (_, Some(node)) => vec![node.clone()],
                (_, None) if of_some => ask.platforms.clone(),
                (_, None) => platforms.clone(),
            },
            platforms_from: match (ask.operation, of_node) {
                (Operation::Import, _) => "nobody",
                (_, Some(_)) => "its node",
                (_, None) if of_some => "a node that it runs on",
                (_, None) => platforms_from,
            },
            puller: puller(
                &ask.consumer,
                ask.operation,
                config.filter(|_| openshift),
                of_nodes,
            ),
            now,
        };
        let mut plan = Plan::new(subject, ask);
        plan.given
            .facts(ask.facts.iter().cloned(), Dialect::Distribution);
        plan.given.push(ask.notes.iter().cloned());
        if let Some(why) = &ask.not_asked {
            plan.leave_out(ask, why);
            plans.push(plan);
            continue;
        }
        let reference = Fact::Reference(plan.subject.image.clone());
        plan.given.facts([reference], Dialect::Distribution);
        if ask.operation == Operation::Pull && of_node.is_none() {
            plan.given.push(platform_seen.skips.clone());
        }
        if let Ok(image) = plan.subject.image.clone() {
            plan.locate(config.filter(|_| openshift), ask, &image, &mut wallets);
        }
        plans.push(plan);
    }
    let setting = Setting {
        cluster: cluster.is_some(),
        openshift,
        trusted_ca: config.and_then(|config| {
            config
                .image_config
                .as_ref()
                .ok()?
                .as_ref()?
                .additional_trusted_ca
                .clone()
        }),
        no_proxy: config.and_then(|config| {
            let proxy = config.proxy.as_ref().ok()?.as_ref();
            Some(
                proxy
                    .map(|proxy| proxy.given_no_proxy.clone())
                    .unwrap_or_default(),
            )
        }),
        client: request.client,
        flags: flags(request, cluster.is_some()),
        push: request.push,
    };
    let maker = Maker {
        env,
        request,
        machine,
        config,
        platform_trust: config
            .filter(|_| openshift)
            .and_then(setup::PlatformTrust::of),
        deadline,
        cluster,
        known_images: RefCell::default(),
        trusts: RefCell::default(),
        legs: RefCell::default(),
        connections: Connections::default(),
    };
    let registries = maker.registries(&plans, &mut wallets)?;
    let targets = plans
        .into_iter()
        .enumerate()
        .map(|(place, plan)| maker.target(place, plan, &registries))
        .collect();
    Ok(Gathered {
        targets,
        legs: maker.into_legs(),
        setting,
        cluster: read.map(|read| read.name),
        registries: registries.into_values().collect(),
        remarks,
        wallets,
        secrets,
    })
}

/// What pulls on the nodes. Those of OpenShift 4 have CRI-O, also where they may not be listed.
fn of_nodes(config: Option<&ClusterConfigView>, openshift: bool) -> Puller {
    match config.map(|config| &config.nodes) {
        Some(Ok(nodes)) => Puller::of_all(
            nodes
                .iter()
                .map(|node| Puller::of_node(&node.container_runtime)),
        ),
        _ if openshift => Puller::ContainersImage,
        _ => Puller::Unknown,
    }
}

/// What pulls for a consumer. Builds are made by builders with libraries of their own: containers/image in OpenShift 4, which
/// is known by its `config`, the node's Docker before.
fn puller(
    consumer: &Consumer,
    operation: Operation,
    config: Option<&ClusterConfigView>,
    of_nodes: Puller,
) -> Puller {
    match consumer {
        _ if operation == Operation::Import => Puller::Importer,
        Consumer::AuthFile { .. } => Puller::ContainersImage,
        Consumer::BuildPull { .. } if config.is_some() => Puller::ContainersImage,
        Consumer::BuildPull { .. } => Puller::Docker,
        Consumer::Pod { .. } | Consumer::ServiceAccount { .. } => of_nodes,
        _ => Puller::Unknown,
    }
}

fn unreachable(why: &str) -> Error {
    Error::failure(format!("cannot ask the cluster: {why}"))
        .hint("--no-cluster looks at the registry alone")
}

async fn read_cluster(cluster: &Cluster, request: &Request) -> Result<Read, Error> {
    let want = WantConfig {
        image_config: true,
        proxy: true,
        mirrors: true,
        signature_policies: true,
        nodes: request.platform.is_none(),
        global_pull_secret: request.registry_config.is_none(),
    };
    let (served, config, kubernetes, openshift_version) = tokio::join!(
        cluster.serves("config.openshift.io"),
        cluster.cluster_config(want),
        cluster.version(),
        cluster.openshift_release(),
    );
    // Who may not discover may still read what was asked for.
    if let Err(why @ (ClusterError::Unreachable(_) | ClusterError::Unauthorized(_))) = served {
        return Err(unreachable(&why.to_string()));
    }
    let openshift = config::is_openshift(&config);
    let version = openshift_version.map_err(missing);
    Ok(Read {
        name: ClusterName {
            context: cluster.context().map(str::to_owned),
            server: cluster.server().to_owned(),
            kubernetes,
            openshift: version.clone().ok().flatten(),
            namespace: (!request.all_namespaces).then(|| cluster.namespace().to_owned()),
        },
        config,
        openshift,
        version,
    })
}

/// What of the command line a command that looks again has to repeat for the same answers.
fn flags(request: &Request, cluster: bool) -> Vec<String> {
    let file = |path: &Option<std::path::PathBuf>, flag: &str| {
        path.iter()
            .flat_map(|path| [flag.to_owned(), path.display().to_string()])
            .collect::<Vec<_>>()
    };
    let mut flags = file(&request.registry_config, "-a");
    flags.extend(file(&request.registry_ca, "--registry-ca"));
    flags.extend(request.plain_http.then(|| "--plain-http".to_owned()));
    if cluster && request.account != "default" {
        flags.extend(["-z".to_owned(), request.account.clone()]);
    }
    flags.extend((!cluster).then(|| "--no-cluster".to_owned()));
    flags
}

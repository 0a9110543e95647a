//! Before the first question to a registry: what the cluster and the files say, and one client for each registry.

mod account;
mod maker;
mod plan;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::{MirrorLeg, Registries, Request};
use crate::cluster::snapshot::WantConfig;
use crate::cluster::{Cluster, ClusterError};
use crate::credentials::{self, SourceError};
use crate::doctor::diagnosis::{ClusterName, Setting};
use crate::doctor::evidence::{Evidence, Fact};
use crate::doctor::probes::config;
use crate::doctor::probes::credentials::{Sources, Wallet};
use crate::doctor::schedule::{KnownImages, Leg};
use crate::doctor::setup;
use crate::doctor::sink::{Sink, Writer};
use crate::doctor::target::{Consumer, Operation, Subject};
use crate::env::Env;
use crate::error::Error;
use crate::model::dialect::Dialect;
use crate::model::image::ImageReference;
use crate::model::view::ClusterConfigView;
use crate::registry::Registry;
use maker::Maker;
use plan::Plan;

/// How long a credential helper may take.
const HELPER: Duration = Duration::from_secs(10);

/// Everything that probing needs.
pub(super) struct Gathered {
    pub targets: Vec<Target>,
    pub setting: Setting,
    pub cluster: Option<ClusterName>,
    pub registries: Vec<Arc<Registry>>,
}

/// One target, ready to be probed.
pub(super) struct Target {
    pub subject: Subject,
    /// Evidence that needs no registry.
    pub given: Sink,
    pub push_given: Sink,
    /// The source; `None` where it cannot or must not be asked.
    pub pull: Option<Leg>,
    pub push: Option<Leg>,
    pub mirrors: Vec<MirrorLeg>,
}

/// What the cluster said.
struct Read {
    config: ClusterConfigView,
    name: ClusterName,
    account: Option<account::Account>,
    openshift: bool,
}

pub(super) async fn gather(
    env: &Env,
    cluster: Option<&Cluster>,
    request: &Request,
    now: Timestamp,
    deadline: Instant,
) -> Result<Gathered, Error> {
    let machine = Arc::new(setup::machine_roots(env, request.registry_ca.as_deref())?);
    let read = match cluster {
        Some(cluster) => {
            let reading = Box::pin(read_cluster(cluster, request));
            let limit = tokio::time::Instant::from_std(deadline);
            match tokio::time::timeout_at(limit, reading).await {
                Ok(read) => Some(read?),
                Err(_) => return Err(unreachable("it did not answer in time")),
            }
        }
        None => None,
    };
    let consumer = match (&request.registry_config, cluster) {
        (Some(path), _) => Consumer::AuthFile {
            path: path.display().to_string(),
        },
        (None, Some(cluster)) => Consumer::ServiceAccount {
            namespace: cluster.namespace().to_owned(),
            name: request.account.clone(),
        },
        (None, None) => Consumer::Anonymous,
    };
    let config = read.as_ref().map(|read| &read.config);
    let openshift = read.as_ref().is_some_and(|read| read.openshift);
    let (platforms, platforms_from, platform_seen) =
        config::platforms(request.platform.as_ref(), config);
    let known_images = Arc::new(KnownImages {
        cluster: cluster.map(|cluster| (cluster.clone(), cluster.namespace().to_owned())),
        cell: OnceCell::new(),
    });
    let mut plans = Vec::new();
    let mut wallets: BTreeMap<String, Wallet> = BTreeMap::new();
    for text in &request.images {
        let subject = Subject {
            text: text.clone(),
            image: ImageReference::parse(text),
            operation: Operation::Pull,
            consumer: consumer.clone(),
            plain_http: request.plain_http,
            platforms: platforms.clone(),
            platforms_from,
            now,
        };
        let (given, push_given) = (Sink::default(), Sink::default());
        for sink in [&given, &push_given] {
            let write = Writer {
                sink,
                subject: &subject,
                candidates: &[],
            };
            write.facts(
                [Fact::Reference(subject.image.clone())],
                Dialect::Distribution,
            );
        }
        given.push(platform_seen.skips.clone());
        let mut plan = Plan {
            subject,
            given,
            push_given,
            source: None,
            mirrors: Vec::new(),
        };
        if let Ok(image) = plan.subject.image.clone() {
            let sources = sources(env, request, read.as_ref(), &image).await?;
            plan.locate(config.filter(|_| openshift), &image, &sources, &mut wallets);
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
        client: request.client,
        flags: flags(request, cluster.is_some()),
        push: request.push,
    };
    let maker = Maker {
        env,
        request,
        machine,
        config,
        openshift,
        deadline,
        known_images,
        trusts: std::cell::RefCell::default(),
    };
    let registries = maker.registries(&plans, wallets)?;
    let targets = plans
        .into_iter()
        .map(|plan| maker.target(plan, &registries))
        .collect();
    Ok(Gathered {
        targets,
        setting,
        cluster: read.map(|read| read.name),
        registries: registries.into_values().collect(),
    })
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
        nodes: request.platform.is_none(),
        global_pull_secret: request.registry_config.is_none(),
    };
    let account = async {
        match request.registry_config {
            None => Some(account::read(cluster, &request.account).await),
            Some(_) => None,
        }
    };
    let (served, config, kubernetes, openshift_version, account) = tokio::join!(
        cluster.serves("config.openshift.io"),
        cluster.cluster_config(want),
        cluster.version(),
        cluster.openshift_version(),
        account,
    );
    // Who may not discover may still read what was asked for.
    if let Err(why @ (ClusterError::Unreachable(_) | ClusterError::Unauthorized(_))) = served {
        return Err(unreachable(&why.to_string()));
    }
    let openshift = config::is_openshift(&config);
    Ok(Read {
        name: ClusterName {
            context: cluster.context().map(str::to_owned),
            server: cluster.server().to_owned(),
            kubernetes,
            openshift: openshift_version,
        },
        account: account.transpose()?,
        config,
        openshift,
    })
}

/// Where the consumer keeps credentials for an image, and what of that could not be read.
async fn sources(
    env: &Env,
    request: &Request,
    read: Option<&Read>,
    image: &ImageReference,
) -> Result<(Sources, Vec<Evidence>), Error> {
    if let Some(path) = &request.registry_config {
        let name = path.display().to_string();
        let config = match credentials::read_config(&env.cwd.join(path)).await {
            Ok(config) => config,
            Err(SourceError::Malformed { reason, .. }) => {
                return Ok((Sources::of_malformed_file(name, reason), Vec::new()));
            }
            Err(unreadable) => return Err(unreadable.into()),
        };
        let (found, fault) = match credentials::from_file(env, path, &image.name(), HELPER).await {
            Ok(found) => (Some(found), None),
            Err(SourceError::NoEntry { .. }) => (None, None),
            Err(SourceError::BadEntry { key, reason, .. }) => (None, Some((key, reason))),
            Err(SourceError::Helper { helper, reason }) => {
                let reason = format!("the credential helper {helper:?} {reason}");
                (None, Some((image.registry().to_owned(), reason)))
            }
            Err(other) => return Err(other.into()),
        };
        return Ok((Sources::of_file(name, config, found, fault), Vec::new()));
    }
    match read.and_then(|read| Some((read.account.as_ref()?, &read.config))) {
        Some((account, config)) => Ok(account.sources(config)),
        None => Ok((Sources::default(), Vec::new())),
    }
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

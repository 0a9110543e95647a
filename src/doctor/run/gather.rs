//! Before the first question to a registry: what the cluster and the files say, and one client for each registry.

mod account;

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
use crate::doctor::evidence::{CandidateFact, Evidence, Fact};
use crate::doctor::probes::config::{self, Places};
use crate::doctor::probes::credentials::{Sources, Wallet};
use crate::doctor::schedule::{ClusterSide, KnownImages, Leg, Trust};
use crate::doctor::setup;
use crate::doctor::sink::{Sink, Writer};
use crate::doctor::target::{Consumer, Operation, Subject};
use crate::env::Env;
use crate::error::Error;
use crate::model::dialect::Dialect;
use crate::model::endpoint::Endpoint;
use crate::model::image::ImageReference;
use crate::model::view::ClusterConfigView;
use crate::registry::{Options, Registry};

/// How long a credential helper may take.
const HELPER: Duration = Duration::from_secs(10);
/// Mirrors that are asked for one image at most.
const MOST_MIRRORS: usize = 4;

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
            let reading = read_cluster(cluster, request);
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
    };
    let maker = Maker {
        env,
        request,
        machine,
        config,
        openshift,
        deadline,
        known_images,
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
    match served {
        Ok(_) => {}
        Err(why @ (ClusterError::Unreachable(_) | ClusterError::Unauthorized(_))) => {
            return Err(unreachable(&why.to_string()));
        }
        // Who may not discover may still read what was asked for.
        Err(_) => {}
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
        let config = credentials::read_config(&env.cwd.join(path)).await?;
        let (found, fault) = match credentials::from_file(env, path, &image.name(), HELPER).await {
            Ok(found) => (Some(found), None),
            Err(SourceError::NoEntry { .. }) => (None, None),
            Err(SourceError::BadEntry { key, reason, .. }) => (None, Some((key, reason))),
            Err(other) => return Err(other.into()),
        };
        let name = path.display().to_string();
        return Ok((Sources::of_file(name, config, found, fault), Vec::new()));
    }
    match read.and_then(|read| Some((read.account.as_ref()?, &read.config))) {
        Some((account, config)) => Ok(account.sources(config)),
        None => Ok((Sources::default(), Vec::new())),
    }
}

/// A target on its way to being probed.
struct Plan {
    subject: Subject,
    given: Sink,
    push_given: Sink,
    source: Option<Location>,
    mirrors: Vec<(String, Sink, Location)>,
}

/// A registry that is asked for a target.
struct Location {
    subject: Subject,
    candidates: Vec<CandidateFact>,
    /// `insecureRegistries` has it.
    insecure: bool,
}

impl Plan {
    /// Decides which places are asked, and with which credentials.
    fn locate(
        &mut self,
        config: Option<&ClusterConfigView>,
        image: &ImageReference,
        (sources, skips): &(Sources, Vec<Evidence>),
        wallets: &mut BTreeMap<String, Wallet>,
    ) {
        let mut places = None;
        if let Some(config) = config {
            let write = Writer {
                sink: &self.given,
                subject: &self.subject,
                candidates: &[],
            };
            write.seen(config::policy(config, image), Dialect::Distribution);
            let found = config::places(config, image);
            write.seen(found.seen.clone(), Dialect::Distribution);
            places = Some(found);
        }
        let Places {
            mirrors,
            source,
            insecure,
            ..
        } = places.unwrap_or_else(|| Places {
            seen: crate::doctor::probes::Seen::default(),
            mirrors: Vec::new(),
            source: true,
            insecure: false,
        });
        let mut location = |subject: Subject, image: &ImageReference, insecure, sinks: &[&Sink]| {
            let wallet = wallets.entry(image.registry().to_owned()).or_default();
            let (facts, candidates) = sources.facts(image, wallet);
            let list = Fact::Candidates {
                list: candidates.clone(),
                maybe_more: sources.maybe_more.clone(),
            };
            for sink in sinks {
                let write = Writer {
                    sink,
                    subject: &subject,
                    candidates: &candidates,
                };
                let facts = facts
                    .iter()
                    .cloned()
                    .map(Fact::Source)
                    .chain([list.clone()]);
                write.facts(facts, Dialect::Distribution);
                sink.push(skips.iter().cloned());
            }
            Location {
                subject,
                candidates,
                insecure,
            }
        };
        let subject = self.subject.clone();
        // A source that is never asked needs no credentials: those for the mirrors are what matters then.
        let own_sinks = [&self.push_given, &self.given];
        let own_sinks = if source {
            &own_sinks[..]
        } else {
            &own_sinks[..1]
        };
        let own = location(subject, image, insecure, own_sinks);
        self.source = source.then_some(own);
        for place in mirrors.into_iter().take(MOST_MIRRORS) {
            let Ok(image) = ImageReference::parse(&place.reference) else {
                continue;
            };
            let subject = Subject {
                text: place.reference.clone(),
                image: Ok(image.clone()),
                ..self.subject.clone()
            };
            let sink = Sink::default();
            let write = Writer {
                sink: &sink,
                subject: &subject,
                candidates: &[],
            };
            write.facts(
                [Fact::Reference(subject.image.clone())],
                Dialect::Distribution,
            );
            let first = !source && self.mirrors.is_empty();
            let sinks = [&sink, &self.given];
            let sinks = if first { &sinks[..] } else { &sinks[..1] };
            let found = location(subject.clone(), &image, place.insecure.is_some(), sinks);
            let name = format!("{}/{}", place.registry, place.repository);
            self.mirrors.push((name, sink, found));
        }
    }

    fn locations(&self) -> impl Iterator<Item = &Location> {
        self.source
            .iter()
            .chain(self.mirrors.iter().map(|(_, _, location)| location))
    }
}

/// Makes clients and legs.
struct Maker<'a> {
    env: &'a Env,
    request: &'a Request,
    machine: Arc<crate::model::trust::RootStore>,
    config: Option<&'a ClusterConfigView>,
    openshift: bool,
    deadline: Instant,
    known_images: Arc<KnownImages>,
}

impl Maker<'_> {
    fn cluster_trust(&self, registry: &str) -> Option<Arc<setup::ClusterTrust>> {
        let config = self.config.filter(|_| self.openshift)?;
        setup::cluster_trust(config, registry).map(Arc::new)
    }

    fn options(&self, registry: &str, insecure: bool) -> Options {
        setup::registry_options(
            &self.machine,
            self.cluster_trust(registry).as_deref(),
            setup::proxy_rules(self.env),
            self.request.plain_http,
            insecure,
            self.deadline,
        )
    }

    fn registries(
        &self,
        plans: &[Plan],
        mut wallets: BTreeMap<String, Wallet>,
    ) -> Result<Registries, Error> {
        let mut registries = Registries::new();
        for location in plans.iter().flat_map(Plan::locations) {
            let name = location.subject.registry().to_owned();
            if registries.contains_key(&name) {
                continue;
            }
            let credentials = wallets.remove(&name).unwrap_or_default().credentials;
            let options = self.options(&name, location.insecure);
            let registry = Registry::new(Endpoint::of_registry(&name), credentials, options)
                .map_err(|error| Error::failure(error.to_string()))?;
            registries.insert(name, Arc::new(registry));
        }
        Ok(registries)
    }

    fn leg(
        &self,
        location: &Location,
        operation: Operation,
        registries: &Registries,
    ) -> Option<Leg> {
        let name = location.subject.registry();
        let cluster = self.config.map(|_| match self.cluster_trust(name) {
            Some(trust) => ClusterSide::Known {
                trust,
                insecure: location.insecure,
            },
            None => ClusterSide::Unknowable,
        });
        Some(Leg {
            subject: Subject {
                operation,
                ..location.subject.clone()
            },
            registry: Arc::clone(registries.get(name)?),
            candidates: location.candidates.clone(),
            trust: Trust {
                machine: Arc::clone(&self.machine),
                tolerated: false,
                cluster,
            },
            known_images: Arc::clone(&self.known_images),
            usual_ports: self.request.usual_ports.clone(),
            options: self.options(name, location.insecure),
            sink: Sink::default(),
        })
    }

    fn target(&self, plan: Plan, registries: &Registries) -> Target {
        let leg = |operation| {
            let location = plan.source.as_ref()?;
            self.leg(location, operation, registries)
        };
        let (pull, push) = (leg(Operation::Pull), leg(Operation::Push));
        let push = push.filter(|_| self.request.push);
        let mirrors = plan
            .mirrors
            .iter()
            .filter_map(|(name, given, location)| {
                Some(MirrorLeg {
                    name: name.clone(),
                    given: given.clone(),
                    leg: self.leg(location, Operation::Pull, registries)?,
                })
            })
            .collect();
        Target {
            subject: plan.subject,
            given: plan.given,
            push_given: plan.push_given,
            pull,
            push,
            mirrors,
        }
    }
}

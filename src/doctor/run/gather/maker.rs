//! One client for each registry, and what is asked through it. Targets that would ask the same share one leg.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::OnceCell;

use super::plan::{Location, Plan};
use super::{MirrorLeg, Registries, Request, Target};
use crate::cluster::Cluster;
use crate::doctor::ask::Depth;
use crate::doctor::evidence::SignatureFact;
use crate::doctor::probes::credentials::Wallet;
use crate::doctor::schedule::{ClusterSide, KnownImages, Leg, Trust};
use crate::doctor::setup;
use crate::doctor::sink::Sink;
use crate::doctor::target::{Operation, Puller, Subject};
use crate::env::Env;
use crate::error::Error;
use crate::model::endpoint::Endpoint;
use crate::model::platform::Platform;
use crate::model::view::ClusterConfigView;
use crate::registry::{Connections, Options, Registry};

/// Makes clients and legs.
pub(super) struct Maker<'a> {
    pub(super) env: &'a Env,
    pub(super) request: &'a Request,
    pub(super) machine: Arc<crate::model::trust::RootStore>,
    pub(super) config: Option<&'a ClusterConfigView>,
    pub(super) platform_trust: Option<setup::PlatformTrust<'a>>,
    pub(super) deadline: Instant,
    pub(super) cluster: Option<&'a Cluster>,
    pub(super) connections: Connections,
    /// By namespace.
    pub(super) known_images: RefCell<BTreeMap<String, Arc<KnownImages>>>,
    /// What the cluster trusts, by registry.
    pub(super) trusts: RefCell<BTreeMap<String, Arc<setup::ClusterTrust>>>,
    pub(super) legs: RefCell<BTreeMap<LegKey, Arc<Leg>>>,
}

/// What makes two legs the same: image, what is done with it, the credentials in their order and whether the consumer uses
/// them, and the platforms that it is for.
/// Policies on signatures and what pulls are part of it: what is asked further depends on them.
type LegKey = (
    String,
    Operation,
    Vec<(usize, bool)>,
    bool,
    Vec<Platform>,
    Vec<SignatureFact>,
    Depth,
    Puller,
);

impl Maker<'_> {
    /// Put together once a registry.
    fn cluster_trust(&self, registry: &str) -> Option<Arc<setup::ClusterTrust>> {
        let platform = self.platform_trust.as_ref()?;
        let mut known = self.trusts.borrow_mut();
        known
            .entry(registry.to_owned())
            .or_insert_with(|| Arc::new(platform.for_registry(registry)))
            .clone()
            .into()
    }

    fn options(&self, registry: &str, insecure: bool) -> Options {
        Options {
            connections: self.connections.clone(),
            record_in_full: self.request.record_in_full,
            ..setup::registry_options(
                &self.machine,
                self.cluster_trust(registry).as_deref(),
                setup::proxy_rules(self.env),
                self.request.plain_http,
                insecure,
                self.deadline,
            )
        }
    }

    pub(super) fn registries(
        &self,
        plans: &[Plan],
        wallets: &mut BTreeMap<String, Wallet>,
    ) -> Result<Registries, Error> {
        let mut registries = Registries::new();
        for location in plans.iter().flat_map(Plan::locations) {
            let name = location.subject.registry();
            let key = (name.to_owned(), location.insecure);
            if registries.contains_key(&key) {
                continue;
            }
            let options = self.options(name, location.insecure);
            // One that is there already has the credentials.
            let made = match registries.get(&(name.to_owned(), !location.insecure)) {
                Some(other) => other.beside(options),
                None => {
                    let (_, credentials) = wallets.entry(name.to_owned()).or_default().hand_out();
                    Registry::new(Endpoint::of_registry(name), credentials, options)
                }
            };
            let registry = made.map_err(|error| Error::failure(error.to_string()))?;
            registries.insert(key, Arc::new(registry));
        }
        Ok(registries)
    }

    fn leg(&self, location: &Location, registries: &Registries) -> Option<Arc<Leg>> {
        let subject = &location.subject;
        let key = (
            subject.image.as_ref().ok()?.to_string(),
            subject.operation,
            location
                .candidates
                .iter()
                .map(|candidate| (candidate.index, candidate.role.is_used()))
                .collect(),
            location.insecure,
            subject.platforms.clone(),
            location.signatures.clone(),
            location.depth,
            subject.puller,
        );
        let client = (subject.registry().to_owned(), location.insecure);
        let registry = Arc::clone(registries.get(&client)?);
        let mut legs = self.legs.borrow_mut();
        let leg = legs
            .entry(key)
            .or_insert_with(|| Arc::new(self.new_leg(location, registry)));
        Some(Arc::clone(leg))
    }

    /// The images that the target's namespace uses.
    fn known_images(&self, subject: &Subject) -> Arc<KnownImages> {
        let namespace = subject
            .namespace()
            .or(self.cluster.map(Cluster::namespace))
            .unwrap_or_default();
        let mut known = self.known_images.borrow_mut();
        let images = known.entry(namespace.to_owned()).or_insert_with(|| {
            Arc::new(KnownImages {
                cluster: self
                    .cluster
                    .map(|cluster| (cluster.clone(), namespace.to_owned())),
                cell: OnceCell::new(),
            })
        });
        Arc::clone(images)
    }

    fn new_leg(&self, location: &Location, registry: Arc<Registry>) -> Leg {
        let name = location.subject.registry();
        let cluster = self.config.map(|_| match self.cluster_trust(name) {
            Some(trust) => ClusterSide::Known {
                trust,
                insecure: location.insecure,
            },
            None => ClusterSide::Unknowable,
        });
        Leg {
            subject: location.subject.clone(),
            registry,
            candidates: location.candidates.clone(),
            signatures: location.signatures.clone(),
            depth: location.depth,
            trust: Trust {
                machine: Arc::clone(&self.machine),
                tolerated: false,
                cluster,
            },
            known_images: self.known_images(&location.subject),
            usual_ports: self.request.usual_ports.clone(),
            read_config: self.request.read_config,
            options: self.options(name, location.insecure),
            sink: Sink::default(),
        }
    }

    pub(super) fn target(&self, place: usize, plan: Plan, registries: &Registries) -> Target {
        let leg = plan
            .source
            .as_ref()
            .and_then(|location| self.leg(location, registries));
        let mirrors = plan
            .mirrors
            .iter()
            .filter_map(|(name, given, location)| {
                Some(MirrorLeg {
                    name: name.clone(),
                    given: given.clone(),
                    subject: location.subject.clone(),
                    candidates: location.candidates.clone(),
                    leg: self.leg(location, registries)?,
                })
            })
            .collect();
        Target {
            place,
            depth: plan.depth,
            subject: plan.subject,
            given: plan.given,
            candidates: plan.candidates,
            leg,
            mirrors,
            resolved: plan.resolved,
            insecure: plan.insecure,
        }
    }

    /// Every leg once, the registries in turn: no host waits until another one's images are through.
    pub(super) fn into_legs(self) -> Vec<Arc<Leg>> {
        let mut turns: BTreeMap<String, usize> = BTreeMap::new();
        let mut legs: Vec<(usize, Arc<Leg>)> = Vec::new();
        for leg in self.legs.into_inner().into_values() {
            let turn = turns.entry(leg.subject.registry().to_owned()).or_default();
            legs.push((*turn, leg));
            *turn += 1;
        }
        legs.sort_by_key(|(turn, _)| *turn);
        legs.into_iter().map(|(_, leg)| leg).collect()
    }
}

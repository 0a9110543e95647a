//! Which probes run on one target, and when: what can overlap does, what was not needed is not asked, and every probe ends
//! with the run's deadline, which the registry layer keeps.

mod known;
mod push;
mod signed;

use std::sync::Arc;

use super::answer::{self, Meaning, Missing as Gone};
use super::ask::Depth;
use super::evidence::{
    CandidateFact, Check, Evidence, Fact, Side, SignatureFact, SkipReason, Vantage, VariantFact,
};
use super::probes::{self, blobs, chain, manifest, names, ports, reach};
use super::setup::{ClusterTrust, PUBLIC};
use super::sink::Sink;
use super::target::{Operation, Subject};
use crate::model::dialect::Dialect;
use crate::model::image::ImageReference;
use crate::model::observation::{ConnectFault, Dial, ManifestKind, ManifestView, Ping, PingKind};
use crate::model::trust::RootStore;
use crate::registry::{Options, Registry};
use jiff::Timestamp;

pub use known::KnownImages;

/// Credentials that are tried for one image at most: pods with more matching secrets are a mistake of their own.
const MOST_CREDENTIALS: usize = 5;
/// The same for credentials that it does not use.
const MOST_UNUSED: usize = 4;
/// Tags that are read to find a near one.
const MOST_TAGS: usize = 500;

/// One target and one registry to ask about it: the source, or a mirror.
pub struct Leg {
    pub subject: Subject,
    pub registry: Arc<Registry>,
    pub candidates: Vec<CandidateFact>,
    /// Policies that want the image signed.
    pub signatures: Vec<SignatureFact>,
    pub depth: Depth,
    pub trust: Trust,
    pub known_images: Arc<KnownImages>,
    /// Ports that are tried when no registry is on the one that was named, and whether by TLS.
    pub usual_ports: Vec<(u16, bool)>,
    /// The image's configuration is read as well.
    pub read_config: bool,
    /// How to talk to the host's other ports.
    pub options: Options,
    pub sink: Sink,
}

/// Whose certificates count.
#[derive(Clone)]
pub struct Trust {
    pub machine: Arc<RootStore>,
    /// Without a cluster's side: a fault of the chain is noted and not fatal.
    pub tolerated: bool,
    /// What the cluster trusts for this registry; `None` without a cluster.
    pub cluster: Option<ClusterSide>,
}

/// The cluster's side of trust.
#[derive(Clone)]
pub enum ClusterSide {
    Known {
        trust: Arc<ClusterTrust>,
        /// `insecureRegistries` has the registry.
        insecure: bool,
    },
    /// The cluster has no configuration that tells.
    Unknowable,
}

impl Leg {
    /// Asks what the operation needs; a push only where `push` says so, and else no more than the login.
    pub async fn run(&self) {
        match self.subject.operation {
            Operation::Pull | Operation::Import => {
                let delivered = self.pull().await;
                self.look_for_signatures(delivered.as_ref()).await;
            }
            Operation::Push | Operation::Login => self.login().await,
        }
    }

    fn used(&self) -> impl Iterator<Item = &CandidateFact> {
        self.candidates
            .iter()
            .filter(|candidate| candidate.role.is_used())
            .take(MOST_CREDENTIALS)
    }

    /// Asks everything that a pull needs; gives the manifest as the consumer gets it.
    pub async fn pull(&self) -> Option<ManifestView> {
        let image = self.subject.image.as_ref().ok()?;
        let first = self.used().next().map(|candidate| candidate.index);
        // What a stranger gets tells causes apart; where the consumer gets the image there is nothing to tell.
        let at_once = self.depth == Depth::Full || first.is_none();
        let (ping, mut anonymous, with) = tokio::join!(
            self.reach(),
            async {
                if at_once {
                    // With what the registry wants of strangers known, this is one request and not two. Where it is the
                    // only way it is not worth the wait.
                    if first.is_some() {
                        drop(self.registry.ping().await);
                    }
                    Some(manifest::ask(&self.registry, image, None).await)
                } else {
                    None
                }
            },
            async {
                match first {
                    Some(index) => Some(manifest::ask(&self.registry, image, Some(index)).await),
                    None => None,
                }
            }
        );
        let views = [anonymous.as_ref(), with.as_ref()];
        let delivers = || views.iter().flatten().any(|(view, _)| is_image(view));
        let is_one =
            manifest::answers(&ping.kind) || (ping.kind == PingKind::Unproven && delivers());
        if !is_one {
            self.look_at_other_ports(&ping).await;
            return None;
        }
        let dialect = ping.dialect;
        let write = &self.sink;
        let own = match with {
            Some(first) => Some(self.with_all(image, first, dialect).await),
            None => None,
        };
        if anonymous.is_none() && own.as_ref().is_none_or(|view| view.manifest.is_none()) {
            anonymous = Some(manifest::ask(&self.registry, image, None).await);
        }
        let stranger = anonymous.map(|(view, facts)| {
            write.facts(facts, dialect);
            view
        });
        let last = match (own, stranger) {
            (Some(own), Some(stranger)) if self.is_stood_in_for(&own, &stranger, dialect) => {
                stranger
            }
            (own, stranger) => own.or(stranger)?,
        };
        match &last.manifest {
            Some(found) => {
                let wanted = &self.subject.platforms;
                let (registry, credential) = (&self.registry, last.credential);
                let seen = match self.depth {
                    Depth::Full => {
                        let wanted = blobs::Wanted {
                            platforms: wanted,
                            puller: self.subject.puller,
                            config: self.read_config,
                        };
                        blobs::look(registry, image, credential, found, &wanted).await
                    }
                    Depth::Delivery => {
                        blobs::look_at_platform(registry, image, credential, found).await
                    }
                };
                write.seen(seen, dialect);
            }
            None => self.ask_further(image, &last, dialect).await,
        }
        Some(last).filter(|view| view.manifest.is_some())
    }

    /// Asks with one credential after the other until one gets the image; gives the answer that got furthest.
    async fn with_all(
        &self,
        image: &ImageReference,
        (mut last, facts): (ManifestView, Vec<Fact>),
        dialect: Dialect,
    ) -> ManifestView {
        self.sink.facts(facts, dialect);
        for candidate in self.used().skip(1) {
            if last.manifest.is_some() {
                break;
            }
            let (view, facts) = manifest::ask(&self.registry, image, Some(candidate.index)).await;
            self.sink.facts(facts, dialect);
            // The one that got furthest speaks for all: a credential that is good, if there is one.
            if view.manifest.is_some() || is_refused(&last, dialect) {
                last = view;
            }
        }
        last
    }

    /// Whether the consumer gets what strangers get, because its own credential is refused.
    fn is_stood_in_for(
        &self,
        own: &ManifestView,
        stranger: &ManifestView,
        dialect: Dialect,
    ) -> bool {
        let Meaning::CredentialRefused { words, .. } = answer::meaning(own, dialect) else {
            return false;
        };
        let once_more = self.subject.operation == Operation::Import
            && answer::is_imported_anonymously_after(&words);
        (answer::anonymous_stands_in(dialect) || once_more) && stranger.manifest.is_some()
    }

    /// The way to the registry, and its first answer.
    async fn reach(&self) -> Ping {
        let write = &self.sink;
        // Written at once: it is known, whatever becomes of the wait for an answer.
        let dialled = async {
            let dial = self.registry.dial().await;
            write.facts(reach::facts(&dial), Dialect::Distribution);
            self.judge_chain(&dial);
            dial
        };
        let (dial, ping) = tokio::join!(dialled, self.registry.ping());
        let reached = dial.proxy.as_ref().is_none_or(|used| used.result.is_ok())
            && dial.tcp.as_ref().is_some_and(|stage| stage.result.is_ok())
            && dial.tls.as_ref().is_none_or(|stage| stage.result.is_ok());
        // Where the way failed its own words are the evidence, and an untrusted chain is judged by the chain.
        if reached && !is_untrusted(&ping) {
            write.facts([Fact::Ping(ping.clone())], ping.dialect);
        }
        ping
    }

    /// One handshake, judged for each side.
    fn judge_chain(&self, dial: &Dial) {
        let write = &self.sink;
        let now: Timestamp = self.subject.now;
        let here = chain::chain(dial, Side::Here, &self.trust.machine, now);
        let Some((mut here, _)) = here else {
            return;
        };
        here.tolerated = self.trust.tolerated;
        write.facts([Fact::Chain(here)], Dialect::Distribution);
        match &self.trust.cluster {
            None => {}
            Some(ClusterSide::Unknowable) => self.sink.push([Evidence::skip(
                Check::Tls,
                Vantage::Config,
                SkipReason::NotApplicable,
                "what the nodes trust cannot be read through the API",
            )]),
            Some(ClusterSide::Known { trust, insecure }) => {
                let Some((mut fact, sources)) =
                    chain::chain(dial, Side::Cluster, &trust.roots, now)
                else {
                    return;
                };
                let public = sources.iter().all(|source| source == PUBLIC);
                if let Some(why) = trust
                    .unread
                    .first()
                    .filter(|_| !fact.faults.is_empty() && !insecure)
                {
                    self.sink.push([probes::unread(Check::Tls, why)]);
                    return;
                }
                fact.assumed = public.then(|| trust.assumed.clone());
                fact.tolerated = *insecure;
                if !fact.faults.is_empty() {
                    fact.bundle_remarks.clone_from(&trust.remarks);
                }
                write.facts([Fact::Chain(fact)], Dialect::Distribution);
            }
        }
    }

    /// No registry where it should be: is it on another port, or does the port speak TLS after all?
    async fn look_at_other_ports(&self, ping: &Ping) {
        let Ok(image) = &self.subject.image else {
            return;
        };
        let dial = self.registry.dial().await;
        let refused = dial
            .tcp
            .as_ref()
            .is_some_and(|stage| matches!(stage.result, Err(ConnectFault::Refused)));
        let elsewhere = refused
            || matches!(
                ping.kind,
                PingKind::NotARegistry { .. } | PingKind::Unproven
            );
        let own = dial.origin.port;
        let mut asked: Vec<(u16, bool)> = Vec::new();
        if !dial.origin.https && !refused {
            asked.push((own, true));
        }
        if elsewhere {
            asked.extend(self.usual_ports.iter().filter(|(port, _)| *port != own));
        }
        let host = host_of(image.registry());
        let found = futures_util::future::join_all(
            asked
                .iter()
                .map(|(port, https)| ports::ask(host, *port, *https, &self.options)),
        )
        .await;
        let facts = found.into_iter().flatten().map(Fact::OtherPort);
        self.sink.facts(facts, ping.dialect);
    }

    /// The image was not delivered: what splits the causes that are left?
    async fn ask_further(&self, image: &ImageReference, last: &ManifestView, dialect: Dialect) {
        let write = &self.sink;
        let meaning = answer::meaning(last, dialect);
        if matches!(
            meaning,
            Meaning::Refused { .. } | Meaning::CredentialRefused { .. }
        ) {
            let unused = self
                .candidates
                .iter()
                .filter(|candidate| !candidate.role.is_used())
                .take(MOST_UNUSED);
            for candidate in unused {
                let (view, facts) =
                    manifest::ask(&self.registry, image, Some(candidate.index)).await;
                write.facts(facts, dialect);
                if view.manifest.is_some() {
                    return;
                }
            }
        }
        let tags = match meaning {
            Meaning::Missing(Gone::Manifest { .. } | Gone::TagOnly { .. }) => {
                let tags = self
                    .registry
                    .tags(image.repository(), last.credential, MOST_TAGS)
                    .await;
                write.facts([Fact::Tags(tags.clone())], dialect);
                tags.tags
            }
            _ => None,
        };
        let by_name = match meaning {
            Meaning::Missing(Gone::Manifest { .. }) => tags.is_none(),
            Meaning::Missing(Gone::Repository { .. }) | Meaning::NameInvalid { .. } => true,
            Meaning::Refused { .. } => {
                !answer::refusal_is_about_rights(dialect, last.credential.is_some())
            }
            _ => false,
        };
        if by_name {
            self.try_names(image, last.credential, dialect).await;
        }
    }

    /// Other names, one after the other: the first that is there ends it.
    async fn try_names(&self, image: &ImageReference, credential: Option<usize>, dialect: Dialect) {
        let known = self.known_images.get().await;
        for (kind, variant) in names::variants(image, known) {
            let view = self
                .registry
                .manifest(variant.repository(), variant.selector(), credential)
                .await;
            if view.exchange.result.is_err() {
                return;
            }
            let found = view.manifest.is_some();
            let fact = Fact::Variant(VariantFact {
                kind,
                image: variant.to_string(),
                found,
            });
            self.sink.facts([fact], dialect);
            if found {
                return;
            }
        }
    }
}

/// The credential itself is refused, and not only the image to it.
fn is_refused(view: &ManifestView, dialect: Dialect) -> bool {
    matches!(
        answer::meaning(view, dialect),
        Meaning::CredentialRefused { .. }
    )
}

/// Something came that is a manifest.
fn is_image(view: &ManifestView) -> bool {
    view.manifest
        .as_ref()
        .is_some_and(|manifest| !matches!(manifest.kind, ManifestKind::Unknown { .. }))
}

fn is_untrusted(ping: &Ping) -> bool {
    matches!(
        ping.exchange.result,
        Err(crate::model::observation::ExchangeFault::Untrusted)
    )
}

/// The host without its port.
fn host_of(registry: &str) -> &str {
    match registry.rsplit_once(':') {
        Some((host, port))
            if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            host
        }
        _ => registry,
    }
}

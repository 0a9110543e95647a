//! Which places are asked about a target, and with which credentials.

use std::collections::BTreeMap;

use crate::doctor::ask::{Ask, Depth, NotAsked};
use crate::doctor::evidence::{
    CandidateFact, Check, Evidence, Fact, SignatureFact, SkipReason, Vantage,
};
use crate::doctor::probes::Seen;
use crate::doctor::probes::config::{self, Places};
use crate::doctor::probes::credentials::{Sources, Wallet};
use crate::doctor::sink::Sink;
use crate::doctor::target::{Consumer, Operation, Subject};
use crate::model::dialect::Dialect;
use crate::model::image::ImageReference;
use crate::model::sanitize::sanitize_line;
use crate::model::view::ClusterConfigView;

/// Mirrors that are asked for one image at most.
const MOST_MIRRORS: usize = 4;

/// A target on its way to being probed.
pub(super) struct Plan {
    pub(super) subject: Subject,
    pub(super) given: Sink,
    pub(super) candidates: Vec<CandidateFact>,
    pub(super) source: Option<Location>,
    pub(super) mirrors: Vec<(String, Sink, Location)>,
    /// It is known which image is asked for.
    pub(super) resolved: bool,
    /// An import that allows plain HTTP and any certificate.
    pub(super) insecure: bool,
    pub(super) depth: Depth,
}

/// A registry that is asked for a target.
pub(super) struct Location {
    pub(super) subject: Subject,
    pub(super) candidates: Vec<CandidateFact>,
    /// Plain HTTP and any certificate will do: `insecureRegistries` has it, or the import policy says so.
    pub(super) insecure: bool,
    /// Policies that want the image signed.
    pub(super) signatures: Vec<SignatureFact>,
    pub(super) depth: Depth,
}

impl Plan {
    pub(super) fn new(subject: Subject, ask: &Ask) -> Self {
        Self {
            subject,
            given: Sink::default(),
            candidates: Vec::new(),
            source: None,
            mirrors: Vec::new(),
            resolved: !matches!(
                ask.not_asked,
                Some(NotAsked::Unresolved(_) | NotAsked::Itself)
            ),
            insecure: ask.insecure,
            depth: ask.depth,
        }
    }

    /// Says why no registry is asked.
    pub(super) fn leave_out(&self, ask: &Ask, why: &NotAsked) {
        self.given.push(ask.unread.iter().cloned());
        let facts = ask.signatures.iter().cloned().map(Fact::Signature);
        self.given.facts(facts, Dialect::Distribution);
        let (check, reference, words) = match why {
            NotAsked::Itself => return,
            NotAsked::OutOfReach(words) => (
                Check::Registry,
                Some(Fact::Reference(self.subject.image.clone())),
                words,
            ),
            NotAsked::Unresolved(words) => (Check::Reference, None, words),
        };
        self.given.facts(reference, Dialect::Distribution);
        self.given.push([Evidence::skip(
            check,
            Vantage::Config,
            SkipReason::DependsOn,
            sanitize_line(words, 200),
        )]);
    }

    /// Decides which places are asked, and with which credentials.
    pub(super) fn locate(
        &mut self,
        config: Option<&ClusterConfigView>,
        ask: &Ask,
        image: &ImageReference,
        wallets: &mut BTreeMap<String, Wallet>,
    ) {
        let mut places = Places {
            seen: Seen::default(),
            mirrors: Vec::new(),
            source: true,
            insecure: false,
        };
        // Mirrors and the nodes' lists are about getting images, not about sending them.
        if let Some(config) = config {
            if ask.operation.fetches() {
                let policy = match ask.operation {
                    Operation::Import => config::import_policy(config, image, ask.insecure),
                    _ => config::policy(config, image),
                };
                self.given.seen(policy, Dialect::Distribution);
                places = config::places(config, image);
                self.given.seen(places.seen.clone(), Dialect::Distribution);
            } else {
                places.insecure = config::places(config, image).insecure;
            }
        }
        places.insecure |= ask.insecure;
        let subject = self.subject.clone();
        // A source that is never asked needs no credentials: those for the mirrors are what matters then.
        let sinks: &[&Sink] = if places.source { &[&self.given] } else { &[] };
        let own = location(
            subject,
            ask,
            &ask.sources,
            image,
            places.insecure,
            sinks,
            wallets,
        );
        if places.source {
            self.candidates.clone_from(&own.candidates);
            self.source = Some(Location {
                signatures: ask.signatures.clone(),
                ..own
            });
        } else {
            let facts = ask.signatures.iter().cloned().map(Fact::Signature);
            self.given.facts(facts, Dialect::Distribution);
        }
        let own_registry = image.registry();
        let by_kubelet = matches!(
            ask.consumer,
            Consumer::Pod { .. } | Consumer::ServiceAccount { .. }
        );
        for place in places.mirrors.into_iter().take(MOST_MIRRORS) {
            let Ok(image) = ImageReference::parse(&place.reference) else {
                continue;
            };
            let subject = Subject {
                text: place.reference.clone(),
                image: Ok(image.clone()),
                ..self.subject.clone()
            };
            let sink = Sink::default();
            sink.facts(
                [Fact::Reference(subject.image.clone())],
                Dialect::Distribution,
            );
            let first = !places.source && self.mirrors.is_empty();
            let sinks = [&sink, &self.given];
            let sinks = if first { &sinks[..] } else { &sinks[..1] };
            let insecure = place.insecure.is_some();
            let of_nodes =
                (by_kubelet && image.registry() != own_registry).then(|| ask.sources.of_nodes());
            let sources = of_nodes.as_ref().unwrap_or(&ask.sources);
            let found = location(subject, ask, sources, &image, insecure, sinks, wallets);
            if first {
                self.candidates.clone_from(&found.candidates);
            }
            let name = format!("{}/{}", place.registry, place.repository);
            self.mirrors.push((name, sink, found));
        }
    }

    pub(super) fn locations(&self) -> impl Iterator<Item = &Location> {
        self.source
            .iter()
            .chain(self.mirrors.iter().map(|(_, _, location)| location))
    }
}

/// What the consumer has for one place, noted in `sinks`.
fn location(
    subject: Subject,
    ask: &Ask,
    sources: &Sources,
    image: &ImageReference,
    insecure: bool,
    sinks: &[&Sink],
    wallets: &mut BTreeMap<String, Wallet>,
) -> Location {
    let wallet = wallets.entry(image.registry().to_owned()).or_default();
    let (facts, candidates) = sources.facts(image, wallet);
    let list = Fact::Candidates {
        list: candidates.clone(),
        maybe_more: sources.maybe_more.clone(),
    };
    for sink in sinks {
        let facts = facts
            .iter()
            .cloned()
            .map(Fact::Source)
            .chain([list.clone()]);
        sink.facts(facts, Dialect::Distribution);
        sink.push(ask.unread.iter().cloned());
    }
    Location {
        subject,
        candidates,
        insecure,
        signatures: Vec::new(),
        depth: ask.depth,
    }
}

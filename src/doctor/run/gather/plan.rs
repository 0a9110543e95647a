//! Which places are asked about a target, and with which credentials.

use std::collections::BTreeMap;

use crate::doctor::evidence::{CandidateFact, Evidence, Fact};
use crate::doctor::probes::Seen;
use crate::doctor::probes::config::{self, Places};
use crate::doctor::probes::credentials::{Sources, Wallet};
use crate::doctor::sink::{Sink, Writer};
use crate::doctor::target::Subject;
use crate::model::dialect::Dialect;
use crate::model::image::ImageReference;
use crate::model::view::ClusterConfigView;

/// Mirrors that are asked for one image at most.
const MOST_MIRRORS: usize = 4;

/// A target on its way to being probed.
pub(super) struct Plan {
    pub(super) subject: Subject,
    pub(super) given: Sink,
    pub(super) push_given: Sink,
    pub(super) source: Option<Location>,
    pub(super) mirrors: Vec<(String, Sink, Location)>,
}

/// A registry that is asked for a target.
pub(super) struct Location {
    pub(super) subject: Subject,
    pub(super) candidates: Vec<CandidateFact>,
    /// `insecureRegistries` has it.
    pub(super) insecure: bool,
}

impl Plan {
    /// Decides which places are asked, and with which credentials.
    pub(super) fn locate(
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
            seen: Seen::default(),
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

    pub(super) fn locations(&self) -> impl Iterator<Item = &Location> {
        self.source
            .iter()
            .chain(self.mirrors.iter().map(|(_, _, location)| location))
    }
}

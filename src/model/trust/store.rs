//! The certificates that somebody trusts, and where each came from.

use std::collections::HashMap;

use crate::model::certificate::{Certificate, Fingerprint, Refusal};
use crate::model::pem::Bundle;

/// A certificate of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The certificate.
    pub certificate: Certificate,
    /// The sources that brought it, in the order in which they were added, each once.
    pub sources: Vec<String>,
}

/// Trust anchors by named sources ("this machine", "configmap openshift-config/user-ca-bundle"), and intermediates that are known
/// without being trusted.
///
/// As in Go's `CertPool` any certificate can be an anchor: an intermediate, or the server's own.
#[derive(Clone, Debug, Default)]
pub struct RootStore {
    anchors: Pool,
    known: Pool,
}

#[derive(Clone, Debug, Default)]
struct Pool {
    entries: Vec<Anchor>,
    by_subject: HashMap<Vec<u8>, Vec<usize>>,
    by_fingerprint: HashMap<Fingerprint, usize>,
}

impl Pool {
    fn add(&mut self, source: &str, certificate: Certificate) -> Result<(), Refusal> {
        if let Some(refusal) = &certificate.refusal {
            return Err(refusal.clone());
        }
        if let Some(entry) = self
            .by_fingerprint
            .get(&certificate.fingerprint())
            .and_then(|index| self.entries.get_mut(*index))
        {
            if !entry.sources.iter().any(|known| known == source) {
                entry.sources.push(source.to_owned());
            }
            return Ok(());
        }
        let index = self.entries.len();
        self.by_subject
            .entry(certificate.subject.raw.clone())
            .or_default()
            .push(index);
        self.by_fingerprint.insert(certificate.fingerprint(), index);
        self.entries.push(Anchor {
            certificate,
            sources: vec![source.to_owned()],
        });
        Ok(())
    }

    fn get(&self, fingerprint: Fingerprint) -> Option<&Anchor> {
        self.by_fingerprint
            .get(&fingerprint)
            .and_then(|index| self.entries.get(*index))
    }

    fn named(&self, subject: &[u8]) -> impl Iterator<Item = &Anchor> {
        self.by_subject
            .get(subject)
            .into_iter()
            .flatten()
            .filter_map(|index| self.entries.get(*index))
    }
}

impl RootStore {
    /// A store that trusts nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an anchor. A certificate that Go does not parse is not added, and the reason given: Go drops it without a word.
    pub fn add(&mut self, source: &str, certificate: Certificate) -> Result<(), Refusal> {
        self.anchors.add(source, certificate)
    }

    /// [`Self::add`] for DER.
    pub fn add_der(&mut self, source: &str, der: &[u8]) -> Result<(), Refusal> {
        self.add(source, Certificate::read(der))
    }

    /// Adds the certificates that Go takes out of a bundle; the bundle's defects stay with the bundle.
    pub fn add_bundle(&mut self, source: &str, bundle: &Bundle) {
        for found in &bundle.certificates {
            // A bundle lists only what Go parses.
            let _never_refused = self.add(source, found.certificate.clone());
        }
    }

    /// Adds a certificate that is known and not trusted. Only [`super::IssuerVerdict::IncompleteChain`] comes of it.
    pub fn add_intermediate(
        &mut self,
        source: &str,
        certificate: Certificate,
    ) -> Result<(), Refusal> {
        self.known.add(source, certificate)
    }

    /// Takes over everything from another store, sources included.
    pub fn extend(&mut self, other: &Self) {
        for (pool, from) in [
            (&mut self.anchors, &other.anchors),
            (&mut self.known, &other.known),
        ] {
            for entry in &from.entries {
                for source in &entry.sources {
                    // What is in a pool was accepted there.
                    let _never_refused = pool.add(source, entry.certificate.clone());
                }
            }
        }
    }

    /// How many anchors there are.
    pub fn len(&self) -> usize {
        self.anchors.entries.len()
    }

    /// Whether nothing is trusted.
    pub fn is_empty(&self) -> bool {
        self.anchors.entries.is_empty()
    }

    /// The anchors, in the order of their coming.
    pub fn anchors(&self) -> impl Iterator<Item = &Anchor> {
        self.anchors.entries.iter()
    }

    /// This very certificate as an anchor.
    pub fn anchor(&self, certificate: &Certificate) -> Option<&Anchor> {
        self.anchors.get(certificate.fingerprint())
    }

    /// Anchors with this subject.
    pub(super) fn anchors_named(&self, subject: &[u8]) -> impl Iterator<Item = &Certificate> {
        self.anchors
            .named(subject)
            .map(|anchor| &anchor.certificate)
    }

    /// Known intermediates with this subject.
    pub(super) fn known_named(&self, subject: &[u8]) -> impl Iterator<Item = &Certificate> {
        self.known.named(subject).map(|anchor| &anchor.certificate)
    }

    /// Where this certificate is known from, as anchor or as intermediate.
    pub fn sources_of(&self, certificate: &Certificate) -> &[String] {
        let fingerprint = certificate.fingerprint();
        self.anchors
            .get(fingerprint)
            .or_else(|| self.known.get(fingerprint))
            .map_or(&[], |anchor| &anchor.sources)
    }
}

//! The certificates that somebody trusts, and where each came from.
//!
//! A machine trusts some hundred and fifty roots and a chain leads to one of them, so a store keeps most certificates
//! unread until their subject is asked for, and stores are put on top of each other rather than copied.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, OnceLock};

use sha2::{Digest as _, Sha256};

use crate::model::certificate::{Certificate, Fingerprint, Refusal, subject_of};
use crate::model::pem::Bundle;

/// Trust anchors by named sources ("this machine", "configmap openshift-config/user-ca-bundle"), and intermediates that are known
/// without being trusted. Cheap to clone when most of it is [`Self::include`]d.
///
/// As in Go's `CertPool` any certificate can be an anchor: an intermediate, or the server's own.
#[derive(Clone, Debug, Default)]
pub struct RootStore {
    anchors: Pool,
    known: Pool,
    below: Vec<Layer>,
}

/// A store below another.
#[derive(Clone, Debug)]
enum Layer {
    Made(Arc<RootStore>),
    /// Made when it is first looked at.
    Later(Arc<LazyLock<RootStore, Box<dyn FnOnce() -> RootStore + Send>>>),
}

impl Layer {
    fn store(&self) -> &RootStore {
        match self {
            Self::Made(store) => store,
            Self::Later(store) => store,
        }
    }
}

#[derive(Clone, Debug, Default)]
struct Pool {
    entries: Vec<Entry>,
    by_subject: HashMap<Box<[u8]>, Vec<usize>>,
    by_fingerprint: HashMap<Fingerprint, usize>,
}

/// A certificate, read when it is first looked at.
#[derive(Clone, Debug)]
struct Entry {
    fingerprint: Fingerprint,
    /// Until it is read.
    der: Box<[u8]>,
    /// `None` in it: Go does not parse it, so that it is in no pool of Go's.
    certificate: OnceLock<Option<Certificate>>,
    /// The sources that brought it, in the order in which they were added, each once.
    sources: Vec<String>,
}

impl Entry {
    fn certificate(&self) -> Option<&Certificate> {
        self.certificate
            .get_or_init(|| {
                let certificate = Certificate::read(&self.der);
                certificate.refusal.is_none().then_some(certificate)
            })
            .as_ref()
    }
}

impl Pool {
    fn add(&mut self, source: &str, certificate: Certificate) -> Result<(), Refusal> {
        if let Some(refusal) = &certificate.refusal {
            return Err(refusal.clone());
        }
        let subject = certificate.subject.raw.clone();
        self.insert(source, &subject, certificate.fingerprint(), || Entry {
            fingerprint: certificate.fingerprint(),
            der: Box::default(),
            certificate: OnceLock::from(Some(certificate)),
            sources: Vec::new(),
        });
        Ok(())
    }

    fn insert(
        &mut self,
        source: &str,
        subject: &[u8],
        fingerprint: Fingerprint,
        entry: impl FnOnce() -> Entry,
    ) {
        let index = match self.by_fingerprint.get(&fingerprint) {
            Some(index) => *index,
            None => {
                let index = self.entries.len();
                self.by_subject
                    .entry(subject.into())
                    .or_default()
                    .push(index);
                self.by_fingerprint.insert(fingerprint, index);
                self.entries.push(entry());
                index
            }
        };
        if let Some(entry) = self.entries.get_mut(index)
            && !entry.sources.iter().any(|known| known == source)
        {
            entry.sources.push(source.to_owned());
        }
    }

    fn get(&self, fingerprint: Fingerprint) -> Option<&Entry> {
        self.by_fingerprint
            .get(&fingerprint)
            .and_then(|index| self.entries.get(*index))
            .filter(|entry| entry.certificate().is_some())
    }

    fn named(&self, subject: &[u8]) -> impl Iterator<Item = &Entry> {
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

    /// [`Self::add_der`] for one of many: it is read when a chain leads to its subject. What Go does not parse is left out
    /// then, without a word.
    pub fn add_unread(&mut self, source: &str, der: &[u8]) {
        let Some(subject) = subject_of(der) else {
            // Not laid out as a certificate is: whether Go takes it is for the full reader to say.
            let _refused = self.add_der(source, der);
            return;
        };
        let fingerprint = Fingerprint(Sha256::digest(der).into());
        self.anchors.insert(source, subject, fingerprint, || Entry {
            fingerprint,
            der: der.into(),
            certificate: OnceLock::new(),
            sources: Vec::new(),
        });
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

    /// Trusts and knows all that another store does, without copying it.
    pub fn include(&mut self, other: Arc<Self>) {
        self.below.push(Layer::Made(other));
    }

    /// [`Self::include`] for a store that is made when something is first looked for.
    pub fn include_later(&mut self, make: impl FnOnce() -> Self + Send + 'static) {
        let store = LazyLock::new(Box::new(make) as Box<dyn FnOnce() -> Self + Send>);
        self.below.push(Layer::Later(Arc::new(store)));
    }

    /// This store, then those below it.
    fn layers(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        let below = self.below.iter().flat_map(|layer| layer.store().layers());
        Box::new(std::iter::once(self).chain(below))
    }

    /// Whether nothing is trusted.
    pub fn is_empty(&self) -> bool {
        self.layers().all(|layer| layer.anchors.entries.is_empty())
    }

    /// Whether this very certificate is an anchor.
    pub fn is_anchor(&self, certificate: &Certificate) -> bool {
        let fingerprint = certificate.fingerprint();
        self.layers()
            .any(|layer| layer.anchors.get(fingerprint).is_some())
    }

    /// Anchors with this subject, each once.
    pub(super) fn anchors_named<'a>(&'a self, subject: &[u8]) -> Vec<&'a Certificate> {
        self.named(subject, |layer| &layer.anchors)
    }

    /// Known intermediates with this subject, each once.
    pub(super) fn known_named<'a>(&'a self, subject: &[u8]) -> Vec<&'a Certificate> {
        self.named(subject, |layer| &layer.known)
    }

    fn named<'a>(
        &'a self,
        subject: &[u8],
        pool: impl Fn(&'a Self) -> &'a Pool,
    ) -> Vec<&'a Certificate> {
        let mut seen: Vec<Fingerprint> = Vec::new();
        let mut found = Vec::new();
        for layer in self.layers() {
            for entry in pool(layer).named(subject) {
                if !seen.contains(&entry.fingerprint) {
                    seen.push(entry.fingerprint);
                    found.extend(entry.certificate());
                }
            }
        }
        found
    }

    /// Where this certificate is known from, as anchor or, where it is none, as intermediate.
    pub fn sources_of(&self, certificate: &Certificate) -> Vec<String> {
        let fingerprint = certificate.fingerprint();
        let of = |pool: fn(&Self) -> &Pool| {
            let mut sources: Vec<String> = Vec::new();
            let entries = self
                .layers()
                .filter_map(|layer| pool(layer).get(fingerprint));
            for source in entries.flat_map(|entry| &entry.sources) {
                if !sources.contains(source) {
                    sources.push(source.clone());
                }
            }
            sources
        };
        let anchor = of(|layer| &layer.anchors);
        if anchor.is_empty() {
            of(|layer| &layer.known)
        } else {
            anchor
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_is_no_certificate_is_nowhere() {
        let mut store = RootStore::new();
        store.add_unread("a file", b"no certificate");
        store.add_unread("a file", &[0x30, 0x03, 0x30, 0x01, 0x00]);
        assert!(store.is_empty());
    }

    #[test]
    fn layers_count_as_one_store_and_sources_add_up() {
        let der = webpki_root_certs::TLS_SERVER_ROOT_CERTS[0].as_ref();
        let certificate = Certificate::read(der);
        let mut machine = RootStore::new();
        machine.add_unread("this machine", der);
        let mut store = RootStore::new();
        store.add_der("a bundle", der).expect("a public root");
        store.include_later(move || machine);
        assert!(store.is_anchor(&certificate));
        assert_eq!(store.anchors_named(&certificate.subject.raw).len(), 1);
        assert_eq!(store.sources_of(&certificate), ["a bundle", "this machine"]);
    }

    #[test]
    fn every_public_root_is_found_by_its_subject() {
        let mut store = RootStore::new();
        for der in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
            store.add_unread("public", der);
        }
        for der in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
            let certificate = Certificate::read(der);
            assert!(
                store
                    .anchors_named(&certificate.subject.raw)
                    .contains(&&certificate),
                "{}",
                certificate.subject.full
            );
        }
    }
}

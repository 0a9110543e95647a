//! Paths from the server's certificate upwards that hold by their signatures, whatever else is wrong with them.

use super::build::{MOST_CHECKS, by_plausibility, is_in, presented_as};
use super::signature::{self, SignatureFault};
use super::store::RootStore;
use super::verdict::{CaFault, Role};
use crate::model::certificate::{Certificate, SigningBar};

/// A path, the server's certificate first.
pub(super) struct Path<'a> {
    pub(super) chain: Vec<&'a Certificate>,
    /// The last one is an anchor.
    pub(super) complete: bool,
}

/// A search over all paths, bounded as Go's is.
pub(super) struct Search<'a> {
    presented: &'a [Certificate],
    roots: &'a RootStore,
    /// Whether known intermediates count as if the server had presented them.
    with_known: bool,
    checks: usize,
    /// Paths that reach an anchor.
    pub(super) complete: Vec<Path<'a>>,
    /// The longest path that does not.
    pub(super) longest: Vec<&'a Certificate>,
}

impl<'a> Search<'a> {
    pub(super) fn new(
        presented: &'a [Certificate],
        roots: &'a RootStore,
        with_known: bool,
    ) -> Self {
        Self {
            presented,
            roots,
            with_known,
            checks: 0,
            complete: Vec::new(),
            longest: Vec::new(),
        }
    }

    pub(super) fn run(&mut self) {
        let Some(leaf) = self.presented.first() else {
            return;
        };
        if self.roots.is_anchor(leaf) {
            self.complete.push(Path {
                chain: vec![leaf],
                complete: true,
            });
        } else {
            self.walk(&[leaf]);
        }
    }

    fn walk(&mut self, chain: &[&'a Certificate]) {
        if chain.len() > self.longest.len() {
            self.longest = chain.to_vec();
        }
        let Some(&child) = chain.last() else { return };
        let issuer = &child.issuer.raw;
        if issuer.is_empty() {
            return;
        }
        for anchor in by_plausibility(child, self.roots.anchors_named(issuer).into_iter()) {
            if let Some(longer) = self.step(chain, anchor) {
                self.complete.push(Path {
                    chain: longer,
                    complete: true,
                });
            }
        }
        let known = self
            .with_known
            .then(|| self.roots.known_named(issuer))
            .into_iter()
            .flatten();
        let between = presented_as(self.presented, issuer)
            .into_iter()
            .chain(known);
        for intermediate in by_plausibility(child, between) {
            if let Some(longer) = self.step(chain, intermediate) {
                self.walk(&longer);
            }
        }
    }

    /// The chain with one more certificate, where that one has signed the last.
    fn step(
        &mut self,
        chain: &[&'a Certificate],
        candidate: &'a Certificate,
    ) -> Option<Vec<&'a Certificate>> {
        self.checks += 1;
        if self.checks > MOST_CHECKS
            || is_in(candidate, chain)
            || !has_signed(candidate, chain.last()?)
        {
            return None;
        }
        Some(chain.iter().copied().chain([candidate]).collect())
    }
}

/// Whether the signature holds, or nothing speaks against it where it cannot be computed.
fn has_signed(ca: &Certificate, child: &Certificate) -> bool {
    match signature::check(child, &ca.public_key) {
        Ok(())
        | Err(
            SignatureFault::Unverifiable { .. }
            | SignatureFault::SmallKey(_)
            | SignatureFault::Unimplemented,
        ) => true,
        Err(SignatureFault::Insecure(_)) => {
            signature::check_insecure(child, &ca.public_key).unwrap_or(true)
        }
        Err(
            SignatureFault::Wrong(_)
            | SignatureFault::KeyMismatch { .. }
            | SignatureFault::Constraint,
        ) => false,
    }
}

/// What Go has against this CA as the issuer of that certificate, though the signature holds.
pub(super) fn link_faults(child: &Certificate, ca: &Certificate, role: Role) -> Vec<CaFault> {
    let bar = match ca.may_sign() {
        Err(SigningBar::NotACa) => Some(CaFault::NotACa),
        Err(SigningBar::KeyUsage) => Some(CaFault::MayNotSign),
        // A certificate of version 1 passes as an anchor, and never in between.
        Ok(()) if role == Role::Intermediate && !ca.is_ca() => Some(CaFault::NotACa),
        Ok(()) => None,
    };
    let algorithm = || child.signature_algorithm.clone();
    let signature = match signature::check(child, &ca.public_key) {
        Err(SignatureFault::Insecure(_)) => Some(CaFault::WeakSignature(algorithm())),
        Err(SignatureFault::Unimplemented) => Some(CaFault::UnknownAlgorithm(algorithm())),
        Err(SignatureFault::SmallKey(bits)) => Some(CaFault::SmallKey(bits)),
        _ => None,
    };
    bar.into_iter().chain(signature).collect()
}

/// Why the signature on the certificate cannot be checked by this tool, though Go could.
pub(super) fn unverifiable(child: &Certificate, ca: &Certificate) -> Option<String> {
    match signature::check(child, &ca.public_key) {
        Err(fault @ SignatureFault::Unverifiable { .. }) => Some(fault.to_string()),
        _ => None,
    }
}

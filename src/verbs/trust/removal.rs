//! `--remove`: which certificates, and what is put right when others came between.

use super::source::Offer;
use super::{Prepared, gather};
use crate::apply::{Applied, Outcome};
use crate::cli::trust::TrustArgs as Flags;
use crate::error::Error;
use crate::model::certificate::{Certificate, Fingerprint};
use crate::plan::trust;
use crate::verbs::{Run, writing};

/// The certificates that the user names; `None` for all that were put in for the registry.
pub(super) fn named(flags: &Flags, offer: Option<&Offer>) -> Option<Vec<Fingerprint>> {
    let mut named = flags.fingerprints.clone();
    named.extend(
        offer
            .into_iter()
            .flat_map(|offer| &offer.certificates)
            .map(Certificate::fingerprint),
    );
    (!named.is_empty()).then_some(named)
}

/// What others did meanwhile is put right: a ConfigMap of ours that holds nothing any more goes, with what names it first, and one
/// that is used again is named again.
pub(super) async fn settle(
    run: &mut Run,
    flags: &Flags,
    ready: &Prepared,
    applied: &Applied,
) -> Result<(), Error> {
    let is_reference = |outcome: &&Outcome| outcome.object.kind == ready.scope.kind();
    let mut unnamed = applied
        .outcomes
        .iter()
        .find(is_reference)
        .is_some_and(Outcome::is_change);
    for _ in 0..super::ROUNDS {
        let view = gather::view(&ready.cluster, ready.scope).await?;
        let Some(plan) = trust::settle(&view, unnamed) else {
            return Ok(());
        };
        unnamed |= view.scope.named(&view.config).is_some();
        let cluster = &ready.cluster;
        writing::carry_out(run, cluster, &flags.write, &plan, "trust", None).await?;
    }
    Ok(())
}

//! `--remove`: which certificates, and what is put right when others came between.

use super::gather;
use super::source::Offer;
use crate::cli::output::WriteFlags;
use crate::cli::trust::TrustArgs as Flags;
use crate::cluster::Cluster;
use crate::error::Error;
use crate::model::certificate::{Certificate, Fingerprint};
use crate::plan::trust::{self, Scope};
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

/// Where certificates were taken out, and how what is put right is written down.
#[derive(Clone, Copy)]
pub(in crate::verbs) struct Removed<'a> {
    pub(in crate::verbs) cluster: &'a Cluster,
    pub(in crate::verbs) scope: Scope,
    /// The ConfigMap was named before, and is no longer named by this run's doing.
    pub(in crate::verbs) unnamed: bool,
    pub(in crate::verbs) verb: &'static str,
    /// The journal's entry that was taken back, where it was that.
    pub(in crate::verbs) undoes: Option<&'a str>,
}

/// What others did meanwhile is put right: a ConfigMap of ours that holds nothing any more goes, with what names it first, and one
/// that is used again is named again.
pub(in crate::verbs) async fn settle(
    run: &mut Run,
    write: &WriteFlags,
    removed: Removed<'_>,
) -> Result<(), Error> {
    let mut unnamed = removed.unnamed;
    for _ in 0..super::ROUNDS {
        let view = gather::view(removed.cluster, removed.scope).await?;
        let Some(plan) = trust::settle(&view, unnamed) else {
            return Ok(());
        };
        unnamed |= view.scope.named(&view.config).is_some();
        let undoes = removed.undoes.map(str::to_owned);
        writing::carry_out(run, removed.cluster, write, &plan, removed.verb, undoes).await?;
    }
    Ok(())
}

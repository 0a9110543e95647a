//! `--remove`: which certificates, and what is put right when others came between.

use super::source::Offer;
use super::{Prepared, gather};
use crate::apply::{Applied, Status};
use crate::cli::trust::TrustArgs as Flags;
use crate::cluster::kinds;
use crate::error::Error;
use crate::model::certificate::Fingerprint;
use crate::plan::trust;
use crate::verbs::{Run, writing};

/// The certificates that the user names; `None` for all that were put in for the registry.
pub(super) fn named(flags: &Flags, offer: Option<&Offer>) -> Option<Vec<Fingerprint>> {
    let mut named = flags.fingerprints.clone();
    named.extend(
        offer
            .into_iter()
            .flat_map(|offer| &offer.certificates)
            .map(|certificate| certificate.fingerprint()),
    );
    (!named.is_empty()).then_some(named)
}

/// A ConfigMap that was to go and stays, because somebody put certificates into it while it was no longer named, is named again.
pub(super) async fn mend(
    run: &mut Run,
    flags: &Flags,
    ready: &Prepared,
    applied: &Applied,
) -> Result<(), Error> {
    let changed = |kind| {
        applied
            .outcomes
            .iter()
            .find(|outcome| outcome.object.kind == kind)
    };
    let unnamed = changed(ready.scope.kind()).is_some_and(|outcome| outcome.is_change());
    let stays = changed(kinds::CONFIG_MAP)
        .is_some_and(|outcome| !matches!(outcome.status, Status::Deleted | Status::Gone));
    if !unnamed || !stays {
        return Ok(());
    }
    let view = gather::view(&ready.cluster, ready.scope).await?;
    if view.scope.named(&view.config).is_some() || view.seen.is_none() {
        return Ok(());
    }
    let plan = trust::refer_again(&view);
    writing::carry_out(run, &ready.cluster, &flags.write, &plan, "trust", None).await?;
    Ok(())
}

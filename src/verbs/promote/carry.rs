//! Moves what the plan says, and sets the tag last. Whatever ends it before that leaves the tag as it was, gives up what is
//! open, and says what is there.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use super::attached::{self, Attached, By};
use super::failed::Sides;
use super::plan::Plan;
use super::report::Done;
use super::side::Side;
use crate::error::{Error, Kind};
use crate::plan::copy::{self, Totals, Way};
use crate::registry::transfer::{AT_ONCE, Carried, Carrier, Fault, Manifest, Meter, Place};
use crate::verbs::Run;

/// Between two looks at the progress and at Ctrl-C.
const TICK: Duration = Duration::from_millis(50);
/// What giving up open uploads may take.
const GIVING_UP: Duration = Duration::from_secs(10);
const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Carries the plan out.
///
/// # Errors
///
/// What failed, with what is at the target by then.
pub(super) async fn out(
    run: &mut Run,
    source: &Side,
    target: &Side,
    plan: &Plan,
) -> Result<Done, Error> {
    let sides = Sides {
        program: run.program,
        source,
        target,
    };
    let meter = Arc::new(Meter::default());
    let carrier = Carrier::new(
        source.place.clone(),
        target.place.clone(),
        Arc::clone(&meter),
    );
    let moving: u64 = plan
        .ways
        .iter()
        .filter(|(_, way)| matches!(way, Way::Send | Way::Mount))
        .map(|(blob, _)| blob.size)
        .sum();
    let bar = run.ui.bytes(moving, "copying");
    let held = run.interrupt.hold();
    let ended = {
        let copy = Box::pin(copy(&carrier, target, plan));
        tokio::pin!(copy);
        loop {
            tokio::select! {
                ended = &mut copy => break Some(ended),
                () = tokio::time::sleep(TICK) => {
                    bar.show(meter.bytes());
                    if run.interrupt.is_asked() {
                        break None;
                    }
                }
            }
        }
    };
    drop(bar);
    let done = match ended {
        Some(Ok(done)) => {
            drop(held);
            return Ok(done);
        }
        Some(Err(fault)) => Some(fault),
        None => None,
    };
    // Ctrl-C once more leaves at once; who is asked to stop does not wait for long either.
    let left = tokio::time::timeout(GIVING_UP, carrier.give_up()).await;
    drop(held);
    if left != Ok(0) {
        run.ui.status(format!(
            "{} keeps what was begun of an upload until it expires",
            target.image.registry()
        ));
    }
    let wanted = plan
        .ways
        .iter()
        .filter(|(_, way)| matches!(way, Way::Send | Way::Mount))
        .count();
    let left = format!(
        "{} of {wanted} blobs came to {}, and {} was not touched; the same command goes on from there",
        meter.blobs(),
        target.place.name(),
        target
            .image
            .tag()
            .map_or_else(|| "no tag".to_owned(), |tag| format!("the tag {tag}"))
    );
    match done {
        Some(fault) => Err(sides.fault(&fault).hint(left)),
        None => {
            run.ui.status(format!("interrupted: {left}"));
            Err(Error::exit_only(Kind::Interrupted))
        }
    }
}

async fn copy(carrier: &Carrier, target: &Side, plan: &Plan) -> Result<Done, Fault> {
    let totals = blobs(carrier, plan).await?;
    let place = &target.place;
    if !plan.tag_is_right {
        for (manifest, _) in plan.image.manifests() {
            // The outermost comes with its tag, once everything is there.
            if manifest.digest != plan.digest() {
                place.store(&manifest.digest, manifest).await?;
            }
        }
    }
    if !plan.attached.is_empty() {
        if let Some((root, _)) = plan.root().filter(|_| !plan.tag_is_right) {
            place.store(&root.digest, root).await?;
        }
        attach(place, &plan.attached).await?;
    }
    if let Some((root, _)) = plan.root().filter(|_| !plan.tag_is_right) {
        let selector = target.image.tag().unwrap_or(&root.digest);
        place.store(selector, root).await?;
    }
    Ok(Done::carried(totals))
}

/// Brings all blobs over, some at a time; the first that fails ends them all.
async fn blobs(carrier: &Carrier, plan: &Plan) -> Result<Totals, Fault> {
    let mut totals = Totals::default();
    let mut moving = Vec::new();
    for (blob, way) in &plan.ways {
        match way {
            Way::Present | Way::Foreign => totals.sum_of(*way).add(blob.size),
            Way::Mount | Way::Send => moving.push((blob, *way)),
        }
    }
    let carried: Vec<(u64, Carried)> = stream::iter(moving)
        .map(|(blob, way)| async move {
            let from = plan.mount_from.as_deref().filter(|_| way == Way::Mount);
            let carried = carrier.carry(blob, from).await?;
            Ok::<_, Fault>((blob.size, carried))
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    for (bytes, carried) in carried {
        let way = match carried {
            Carried::Mounted => Way::Mount,
            Carried::Sent => Way::Send,
        };
        totals.sum_of(way).add(bytes);
    }
    Ok(totals)
}

/// Stores what refers to the image. Where the registry keeps no list of that, the list under the tag is this tool's to keep,
/// as it is every client's (OCI distribution specification, "Pushing manifests with subject").
async fn attach(place: &Place, attached: &[Attached]) -> Result<(), Fault> {
    let mut lists: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for one in attached {
        let Some(root) = one.root() else {
            continue;
        };
        for (manifest, _) in one.image.manifests() {
            if manifest.digest != root.digest {
                place.store(&manifest.digest, manifest).await?;
            }
        }
        match &one.by {
            By::Tag(tag) => {
                place.store(tag, root).await?;
            }
            By::Subject { subject, .. } => {
                let stored = place.store(&root.digest, root).await?;
                if !stored.keeps_referrers {
                    lists
                        .entry(subject)
                        .or_default()
                        .extend(attached::descriptor_of(one));
                }
            }
        }
    }
    for (subject, descriptors) in lists {
        let known = attached::by_tag(place, subject).await?;
        let list = known.as_ref().map(|(_, list)| list);
        if let (Some(tag), Some(list)) = (
            copy::fallback_tag(subject),
            copy::joined(list, &descriptors),
        ) {
            let manifest = Manifest::made(OCI_INDEX, list.to_string().into_bytes());
            place.store(&tag, &manifest).await?;
        }
    }
    Ok(())
}

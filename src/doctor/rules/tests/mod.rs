//! Every rule on facts made by hand, each beside a twin that is healthy.

mod auth;
mod cluster;
mod commands;
mod far;
mod kit;
mod location;
mod order;
mod reach;
mod remedies;
mod voices;
mod wiring;

use crate::doctor::causes::Cause;
use crate::doctor::diagnosis::{Diagnosis, Outcome};
use crate::doctor::finding::Confidence;
use crate::doctor::rank::confidence;

use kit::World;

/// The world has this cause, surely.
#[track_caller]
fn certain(world: &World, cause: Cause) -> Diagnosis {
    expect(world, cause, Confidence::Certain)
}

#[track_caller]
fn expect(world: &World, cause: Cause, sure: Confidence) -> Diagnosis {
    let diagnosis = world.diagnose();
    assert_eq!(
        diagnosis.cause().map(Cause::id),
        Some(cause.id()),
        "{}\n{:#?}",
        diagnosis.summary(),
        lines(&diagnosis)
    );
    assert_eq!(
        confidence(&diagnosis.verdict),
        sure,
        "{}",
        diagnosis.summary()
    );
    let because = diagnosis.because();
    assert!(!because.is_empty(), "{cause} rests on nothing");
    assert!(
        because
            .iter()
            .all(|at| *at < diagnosis.evidence.as_slice().len())
    );
    let (_, alternatives) = diagnosis.verdict.causes();
    for ruled in &diagnosis.ruled_out {
        assert!(
            *ruled != cause && !alternatives.contains(ruled),
            "{cause}: {ruled} is ruled out and open"
        );
    }
    diagnosis
}

#[track_caller]
fn healthy(world: &World) -> Diagnosis {
    let diagnosis = world.diagnose();
    assert_eq!(
        diagnosis.outcome(),
        Outcome::Healthy,
        "{:?} {}\n{:#?}",
        diagnosis.cause(),
        diagnosis.summary(),
        lines(&diagnosis)
    );
    diagnosis
}

/// Nothing is named, and it is not called healthy.
#[track_caller]
fn open(world: &World) -> Diagnosis {
    let diagnosis = world.diagnose();
    assert_eq!(
        (diagnosis.outcome(), diagnosis.cause()),
        (Outcome::Undetermined, None),
        "{}",
        diagnosis.summary()
    );
    diagnosis
}

fn lines(diagnosis: &Diagnosis) -> Vec<String> {
    diagnosis
        .evidence
        .iter()
        .map(|item| {
            format!(
                "{} {}: {}",
                item.check.word(),
                item.status.word(),
                item.detail
            )
        })
        .collect()
}

//! What the rules of the first symptom leave out: what the same words say as well, and what single words speak for.
//!
//! The first two candidates stay those of the rules, which know more; the third place is where another reading is worth
//! more than a third nuance of the same. Where no phrase is known, single words give the whole list.

use super::case::Case;
use super::{Candidate, Known, Likelihood, by_rules, evidence, put};
use crate::model::message::{Message, Symptom};

/// A sum of [`evidence`] that outweighs the third candidate of a rule.
const OUTWEIGHS: u8 = 6;

/// A sum from which single words are taken for more than chance in a text without a recognised failure.
const SPEAKS: u8 = 3;

/// The place of what is added: the third.
const PLACE: usize = 2;

pub(super) fn add(case: &Case<'_>, known: &Known<'_>, candidates: &mut Vec<Candidate>) {
    if candidates
        .first()
        .is_some_and(|first| first.likelihood == Likelihood::Certain)
    {
        return;
    }
    match case.message.symptom {
        Symptom::Other => spell_out(case, 1, candidates),
        Symptom::Nothing => spell_out(case, SPEAKS, candidates),
        Symptom::NoCause => outweigh(case, SPEAKS, candidates),
        Symptom::AfterPull | Symptom::PullSecretUnread => {}
        _ => {
            if !read_again(case, known, candidates) {
                outweigh(case, OUTWEIGHS, candidates);
            }
        }
    }
}

/// No phrase is known: the words one by one, and behind them what such texts mostly mean.
fn spell_out(case: &Case<'_>, least: u8, candidates: &mut Vec<Candidate>) {
    let found = evidence::of(case);
    if found.first().is_none_or(|(_, sum)| *sum < least) {
        return;
    }
    for (at, (candidate, _)) in found.into_iter().take(PLACE + 1).enumerate() {
        put(candidates, at, candidate);
    }
}

/// Another phrase fits as well: its likeliest cause, where the rules have not named it.
fn read_again(case: &Case<'_>, known: &Known<'_>, candidates: &mut Vec<Candidate>) -> bool {
    for symptom in &case.message.beside {
        let message = Message {
            symptom: *symptom,
            ..case.message.clone()
        };
        let (_, means) = by_rules(&Case::new(&message, known.image));
        let Some(first) = means.into_iter().next() else {
            continue;
        };
        let named = candidates
            .iter()
            .take(PLACE + 1)
            .any(|candidate| candidate.cause == first.cause);
        if !named {
            let likelihood = Likelihood::Possible;
            let why = format!("the words can be read in another way: {}", first.why);
            put(
                candidates,
                PLACE,
                Candidate {
                    likelihood,
                    why,
                    ..first
                },
            );
            return true;
        }
    }
    false
}

/// Single words that together say something else than the first three candidates.
fn outweigh(case: &Case<'_>, least: u8, candidates: &mut Vec<Candidate>) {
    let other = evidence::of(case).into_iter().find(|(candidate, _)| {
        !candidates
            .iter()
            .take(PLACE + 1)
            .any(|known| known.cause == candidate.cause)
    });
    if let Some((candidate, sum)) = other
        && sum >= least
    {
        let likelihood = Likelihood::Possible;
        put(
            candidates,
            PLACE,
            Candidate {
                likelihood,
                ..candidate
            },
        );
    }
}

//! Sends what is to be asked on its way, so many at the same time, says how far that has come, and lets go of what nobody
//! needs any more.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::StreamExt as _;

use super::settle::Settling;
use crate::doctor::ask::Depth;
use crate::doctor::schedule::Leg;
use crate::doctor::target::Operation;

/// Legs that are under way at the same time. How many connections they may have is for the registries' clients to say.
pub(super) const AT_ONCE: usize = 32;

/// Asks everything. Pushes come last where they are wanted, one after the other, and each is announced; else a push is no
/// more than its login.
pub(super) async fn probe(
    legs: Vec<Arc<Leg>>,
    push: bool,
    settling: &mut Settling<'_>,
    announce: &mut (dyn FnMut(&str) + Send),
    progress: &(dyn Fn(usize, usize) + Sync),
) {
    let (pushes, others): (Vec<_>, Vec<_>) = legs
        .into_iter()
        .partition(|leg| push && leg.subject.operation == Operation::Push);
    let mut images = Images::of(others.iter().chain(&pushes));
    let mut under_way = futures_util::stream::iter(others.into_iter().map(|leg| async move {
        leg.run().await;
        leg
    }))
    .buffer_unordered(AT_ONCE);
    while let Some(leg) = under_way.next().await {
        images.leg_is_done(&leg, progress);
        settling.leg_is_done(&leg);
    }
    drop(under_way);
    for leg in pushes {
        let image = leg.subject.text.clone();
        leg.push(&mut |way| announce(&format!("push check of {image}: {way}")))
            .await;
        images.leg_is_done(&leg, progress);
        settling.leg_is_done(&leg);
    }
}

/// The images of a run, and how many legs of each are to come.
struct Images {
    left: HashMap<String, usize>,
    of: usize,
}

impl Images {
    fn of<'a>(legs: impl Iterator<Item = &'a Arc<Leg>>) -> Self {
        let mut left: HashMap<String, usize> = HashMap::new();
        for leg in legs {
            *left.entry(leg.subject.text.clone()).or_default() += 1;
        }
        Self {
            of: left.len(),
            left,
        }
    }

    fn leg_is_done(&mut self, leg: &Leg, progress: &(dyn Fn(usize, usize) + Sync)) {
        let text = &leg.subject.text;
        if let Some(left) = self.left.get_mut(text) {
            *left = left.saturating_sub(1);
            if *left > 0 {
                return;
            }
        }
        self.left.remove(text);
        // Of what fails more may be asked, and nothing of it twice.
        if leg.depth == Depth::Delivery
            && let Ok(image) = &leg.subject.image
        {
            leg.registry.forget(image.repository(), image.selector());
        }
        progress(self.of - self.left.len(), self.of);
    }
}

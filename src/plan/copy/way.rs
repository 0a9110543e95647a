//! How each blob gets to the target.

use std::collections::BTreeMap;

use super::contents::Part;
use crate::model::observation::Descriptor;

/// What is known of the target before anything moves.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// The digests of blobs that its repository has.
    pub present: Vec<String>,
    /// The repository to take blobs over from, where the source is in the same registry, and another one.
    pub mount_from: Option<String>,
}

/// One blob's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// It is there.
    Present,
    /// It lies elsewhere, and is left there.
    Foreign,
    /// Taken over from another repository of the same registry, without moving it through here. A registry may decline;
    /// then it is sent.
    Mount,
    Send,
}

/// Number and bytes of some blobs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    pub blobs: usize,
    pub bytes: u64,
}

impl Sum {
    pub fn add(&mut self, bytes: u64) {
        self.blobs += 1;
        self.bytes += bytes;
    }
}

/// The sums of a copy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub present: Sum,
    pub foreign: Sum,
    pub mounted: Sum,
    pub sent: Sum,
}

impl Totals {
    /// Of ways that were planned.
    pub fn of(ways: &[(Descriptor, Way)]) -> Self {
        let mut totals = Self::default();
        for (blob, way) in ways {
            totals.sum_of(*way).add(blob.size);
        }
        totals
    }

    /// The sum that a way counts for.
    pub fn sum_of(&mut self, way: Way) -> &mut Sum {
        match way {
            Way::Present => &mut self.present,
            Way::Foreign => &mut self.foreign,
            Way::Mount => &mut self.mounted,
            Way::Send => &mut self.sent,
        }
    }
}

/// The way of every blob, each once, however many manifests name it: the largest first, so that the end is not one long
/// blob that goes alone.
///
/// A blob that one manifest calls foreign and another one its own is its own.
pub fn ways(parts: &[Part], target: &Target) -> Vec<(Descriptor, Way)> {
    let mut each: BTreeMap<&str, &Part> = BTreeMap::new();
    for part in parts {
        let known = each.entry(part.descriptor.digest.as_str()).or_insert(part);
        if known.foreign {
            *known = part;
        }
    }
    let way = |part: &Part| {
        if part.foreign {
            Way::Foreign
        } else if target.present.contains(&part.descriptor.digest) {
            Way::Present
        } else if target.mount_from.is_some() {
            Way::Mount
        } else {
            Way::Send
        }
    };
    let mut ways: Vec<(Descriptor, Way)> = each
        .into_values()
        .map(|part| (part.descriptor.clone(), way(part)))
        .collect();
    ways.sort_by(|(one, _), (other, _)| {
        other
            .size
            .cmp(&one.size)
            .then_with(|| one.digest.cmp(&other.digest))
    });
    ways
}

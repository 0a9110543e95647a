//! The probes: they look, and never judge. What they see goes to the evidence as facts; which of them run, and when, is
//! [`super::schedule`]'s business.

pub mod blobs;
pub mod chain;
pub mod config;
pub mod credentials;
pub mod manifest;
pub mod names;
pub mod ports;
pub mod reach;

use super::evidence::{Check, Evidence, Fact, SkipReason, Vantage};
use crate::model::view::Missing;

/// What a probe saw, and what it could not look at.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    pub facts: Vec<Fact>,
    pub skips: Vec<Evidence>,
}

impl Seen {
    /// Notes that a part of the cluster could not be read.
    fn unread(&mut self, check: Check, why: &Missing) {
        self.skips.push(unread(check, why));
    }
}

/// A part of the cluster that could not be read, as evidence. What the cluster does not have is no gap; a read that failed
/// is one.
pub fn unread(check: Check, why: &Missing) -> Evidence {
    let reason = match why {
        Missing::Forbidden { .. } => SkipReason::Forbidden,
        Missing::NotServed(_) | Missing::NotAsked => SkipReason::NotApplicable,
        Missing::Failed(_) => SkipReason::DependsOn,
    };
    Evidence::skip(
        check,
        Vantage::Config,
        reason,
        crate::model::sanitize::sanitize_line(&why.to_string(), 160),
    )
}

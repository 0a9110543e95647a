//! The rules: from the evidence on one target to every cause that holds, without I/O, clock or chance.
//!
//! One file a family. A rule looks at a [`Case`] and returns a finding or nothing; which finding becomes the cause is
//! [`super::rank`]'s business.

mod ambiguous;
mod attempt;
mod auth;
mod case;
mod kept_out;
mod location;
mod names;
mod network;
mod node;
mod policy;
mod push;
mod registry;
mod secrets;
mod stored;
mod tls;
mod voices;

#[cfg(test)]
mod tests;

use super::finding::Finding;

pub use attempt::Attempt;
pub use case::Case;
pub(super) use tls::is_about_trust;
pub use voices::{Proof, Says, Voice, Voices, Words, object_of};

/// One rule.
pub type Rule = fn(&Case<'_>) -> Option<Finding>;

/// All rules, by family.
const FAMILIES: &[&[Rule]] = &[
    location::RULES,
    policy::RULES,
    network::RULES,
    tls::RULES,
    secrets::RULES,
    stored::RULES,
    kept_out::RULES,
    auth::RULES,
    names::RULES,
    registry::RULES,
    ambiguous::RULES,
    push::RULES,
    node::RULES,
];

/// Everything that holds.
pub fn findings(case: &Case<'_>) -> Vec<Finding> {
    FAMILIES
        .iter()
        .copied()
        .flatten()
        .filter_map(|rule| rule(case))
        .collect()
}

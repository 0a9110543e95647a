//! What a copy of an image consists of, and what of it has to move. Pure: from manifests and from what is known of the
//! target to a list of steps.

mod contents;
mod referrers;
#[cfg(test)]
mod tests;
mod way;

pub use contents::{Contents, Entry, Part, Unfit, read};
pub use referrers::{fallback_tag, joined, signature_tags};
pub use way::{Sum, Target, Totals, Way, ways};

//! How an inventory looks: a table, a wider one, JSON version 1 and YAML, and pictures. Nothing here judges.

mod dot;
mod graph;
mod json_v1;
mod mermaid;
mod table;
#[cfg(test)]
mod tests;
mod wide;

pub use dot::dot;
pub use json_v1::{json, yaml};
pub use mermaid::mermaid;
pub use table::table;
pub use wide::wide;

use crate::inventory::{Inventory, Registry};
use crate::ui::{Glyphs, Paint};

/// How to print tables.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    pub paint: Paint,
    pub glyphs: Glyphs,
    pub width: usize,
}

/// Whether a table has no rows.
pub fn is_empty(inventory: &Inventory, wide: bool) -> bool {
    rows(inventory, wide).next().is_none()
}

/// The registries that a table shows: the cluster's own only in the wide one.
fn rows(inventory: &Inventory, wide: bool) -> impl Iterator<Item = &Registry> {
    inventory
        .registries
        .iter()
        .filter(move |registry| wide || !registry.internal)
}

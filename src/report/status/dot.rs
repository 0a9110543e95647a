//! The picture in Graphviz's language (graphviz.org, `doc/info/lang`).

use std::collections::BTreeSet;

use super::graph::{Graph, Kind};
use crate::inventory::Inventory;
use crate::report::text::wrap::put;

/// A `digraph`.
pub fn dot(inventory: &Inventory) -> String {
    let graph = Graph::of(inventory);
    let mut text =
        String::from("digraph registries {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n");
    for (at, node) in graph.nodes.iter().enumerate() {
        let shape = match node.kind {
            Kind::User => "box",
            Kind::Account => "ellipse",
            Kind::Secret => "note",
            Kind::Registry => "cylinder",
        };
        let colour = if node.broken { ", color=red" } else { "" };
        put(
            &mut text,
            format_args!(
                "  n{at} [label=\"{}\", shape={shape}{colour}];\n",
                quoted(&node.label)
            ),
        );
    }
    for ((from, to), labels) in &graph.edges {
        let label = joined(labels);
        let label = if label.is_empty() {
            String::new()
        } else {
            format!(" [label=\"{}\"]", quoted(&label))
        };
        put(&mut text, format_args!("  n{from} -> n{to}{label};\n"));
    }
    text.push_str("}\n");
    text
}

fn joined(labels: &BTreeSet<String>) -> String {
    labels
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join("\n")
}

/// Inside double quotes: quotes and backslashes escaped, line ends as `\n`.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

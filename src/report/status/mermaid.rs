//! The picture in Mermaid's flowchart language.

use super::graph::{Graph, Kind};
use crate::inventory::Inventory;
use crate::report::text::wrap::put;

/// A `flowchart`.
pub fn mermaid(inventory: &Inventory) -> String {
    let graph = Graph::of(inventory);
    let mut text = String::from("flowchart LR\n");
    for (at, node) in graph.nodes.iter().enumerate() {
        let (open, close) = match node.kind {
            Kind::User => ("[", "]"),
            Kind::Account => ("([", "])"),
            Kind::Secret => ("[/", "/]"),
            Kind::Registry => ("[(", ")]"),
        };
        put(
            &mut text,
            format_args!("  n{at}{open}\"{}\"{close}\n", quoted(&node.label)),
        );
    }
    for ((from, to), labels) in &graph.edges {
        let label = labels
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("\n");
        let label = if label.is_empty() {
            String::new()
        } else {
            format!("|\"{}\"|", quoted(&label))
        };
        put(&mut text, format_args!("  n{from} -->{label} n{to}\n"));
    }
    let broken: Vec<String> = graph
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| node.broken)
        .map(|(at, _)| format!("n{at}"))
        .collect();
    if !broken.is_empty() {
        let list = broken.join(",");
        put(
            &mut text,
            format_args!("  classDef broken stroke:#c00\n  class {list} broken\n"),
        );
    }
    text
}

/// Inside double quotes, where only Mermaid's own entities (`#quot;`) are safe, and a label would be taken for HTML and
/// Markdown.
fn quoted(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' => safe.push_str("<br/>"),
            '"' => safe.push_str("#quot;"),
            '<' | '>' | '&' | '#' | '`' | '*' | '\\' | ';' => {
                put(&mut safe, format_args!("#{};", u32::from(letter)));
            }
            other => safe.push(other),
        }
    }
    safe
}

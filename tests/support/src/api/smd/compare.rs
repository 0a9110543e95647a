//! What changed between two values of one type.
//!
//! Source: structured-merge-diff `typed/compare.go`.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::set::{Element, Set, field_element};
use super::typed::{Form, Node, item_element};

/// What changed between two values.
#[derive(Debug, Default)]
pub(crate) struct Comparison {
    pub(crate) removed: Set,
    pub(crate) modified: Set,
    pub(crate) added: Set,
}

/// Compares two values of one type (`TypedValue.Compare`).
pub(crate) fn compare(old: &Value, new: &Value, node: Node<'_>) -> Comparison {
    let mut comparison = Comparison::default();
    walk(Some(old), Some(new), node, &mut Vec::new(), &mut comparison);
    comparison
}

fn walk(
    old: Option<&Value>,
    new: Option<&Value>,
    node: Node<'_>,
    path: &mut Vec<Element>,
    out: &mut Comparison,
) {
    let is_bare = |value: Option<&Value>| {
        value.is_none_or(|value| match value {
            Value::Object(entries) => entries.is_empty(),
            Value::Array(items) => items.is_empty(),
            other => other.is_null(),
        })
    };
    let form = node.form(new.or(old));
    if matches!(form, Form::Leaf) || (is_bare(old) && is_bare(new)) {
        match (old, new) {
            (None, _) => out.added.insert(path),
            (_, None) => out.removed.insert(path),
            (Some(old), Some(new)) if old != new => out.modified.insert(path),
            _ => {}
        }
        return;
    }
    if let Form::List(keys) = form {
        walk_list(old, new, node, keys, path, out);
    } else {
        let (olds, news) = (
            old.and_then(Value::as_object),
            new.and_then(Value::as_object),
        );
        let names: BTreeSet<&String> = olds.into_iter().chain(news).flat_map(Map::keys).collect();
        for name in names {
            path.push(field_element(name));
            let (was, is) = (
                olds.and_then(|all| all.get(name)),
                news.and_then(|all| all.get(name)),
            );
            walk(was, is, node.entry(name), path, out);
            path.pop();
        }
    }
    if old.is_none() {
        out.added.insert(path);
    } else if new.is_none() {
        out.removed.insert(path);
    }
}

fn walk_list(
    old: Option<&Value>,
    new: Option<&Value>,
    node: Node<'_>,
    keys: &[&'static str],
    path: &mut Vec<Element>,
    out: &mut Comparison,
) {
    let index = |value: Option<&Value>| -> Vec<(Element, Value)> {
        let items = value
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        items
            .iter()
            .filter_map(|item| Some((item_element(node, keys, item).ok()?, item.clone())))
            .collect()
    };
    let (olds, news) = (index(old), index(new));
    let elements: BTreeSet<&Element> = olds
        .iter()
        .chain(&news)
        .map(|(element, _)| element)
        .collect();
    for element in elements {
        let pick = |all: &'_ [(Element, Value)]| -> Vec<Value> {
            all.iter()
                .filter(|(other, _)| other == element)
                .map(|(_, item)| item.clone())
                .collect()
        };
        let (was, is) = (pick(&olds), pick(&news));
        path.push(element.clone());
        match (was.len(), is.len()) {
            (0 | 1, 0 | 1) => walk(was.first(), is.first(), node.item(), path, out),
            (2.., 2..) => {
                if was != is {
                    out.modified.insert(path);
                }
            }
            (2.., _) => {
                if let Some(one) = is.first() {
                    walk(None, Some(one), node.item(), path, out);
                }
                out.removed.insert(path);
            }
            _ => {
                if let Some(one) = was.first() {
                    walk(Some(one), None, node.item(), path, out);
                }
                out.added.insert(path);
            }
        }
        path.pop();
    }
}

//! Merging an applied configuration into a live object.
//!
//! Source: structured-merge-diff `typed/merge.go`. The applied side wins at every leaf; items of associative
//! lists are matched by key, in the applied order where both sides have them.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::set::Element;
use super::typed::{Form, Node, item_element};

/// The live object with the configuration merged in. Errors name the item that cannot be matched.
pub(crate) fn merge(live: &Value, applied: &Value, node: Node<'_>) -> Result<Value, String> {
    Ok(both(Some(live), Some(applied), node)?.unwrap_or_else(|| Value::Object(Map::new())))
}

fn both(
    live: Option<&Value>,
    applied: Option<&Value>,
    node: Node<'_>,
) -> Result<Option<Value>, String> {
    let bare = |value: Option<&Value>| {
        value.is_none_or(|value| match value {
            Value::Object(entries) => entries.is_empty(),
            Value::Array(items) => items.is_empty(),
            other => other.is_null(),
        })
    };
    let form = node.form(applied.or(live));
    if matches!(form, Form::Leaf) || (bare(live) && bare(applied)) {
        return Ok(applied.or(live).cloned());
    }
    if let Form::List(keys) = form {
        return list(live, applied, node, keys);
    }
    let (lefts, rights) = (
        live.and_then(Value::as_object),
        applied.and_then(Value::as_object),
    );
    let mut out = Map::new();
    let fresh = rights.into_iter().flatten().map(|(name, _)| name);
    let names = lefts
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
        .chain(fresh);
    for name in names {
        if out.contains_key(name) {
            continue;
        }
        let (left, right) = (
            lefts.and_then(|all| all.get(name)),
            rights.and_then(|all| all.get(name)),
        );
        if let Some(merged) = both(left, right, node.entry(name))? {
            out.insert(name.clone(), merged);
        }
    }
    Ok((!out.is_empty()).then_some(Value::Object(out)))
}

fn list(
    live: Option<&Value>,
    applied: Option<&Value>,
    node: Node<'_>,
    keys: &[&'static str],
) -> Result<Option<Value>, String> {
    let index = |value: Option<&Value>| -> Result<Vec<(Element, Value)>, String> {
        let items = value
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default();
        items
            .iter()
            .map(|item| Ok((item_element(node, keys, item)?, item.clone())))
            .collect()
    };
    let (lefts, rights) = (index(live)?, index(applied)?);
    let find = |all: &[(Element, Value)], element: &str| -> Option<Value> {
        let mut same = all.iter().filter(|(other, _)| other == element);
        // An item that the live list has twice is not merged with.
        let first = same.next().map(|(_, item)| item.clone());
        if same.next().is_some() { None } else { first }
    };
    let in_right = |element: &str| rights.iter().any(|(other, _)| other == element);
    let in_left = |element: &str| lefts.iter().any(|(other, _)| other == element);
    let mut shared = rights
        .iter()
        .map(|(element, _)| element)
        .filter(|element| in_left(element))
        .peekable();
    let mut done = BTreeSet::new();
    let mut out = Vec::new();
    let (mut left, mut right) = (0, 0);
    while left < lefts.len() || right < rights.len() {
        if let (Some((mine, _)), Some((theirs, _))) = (lefts.get(left), rights.get(right)) {
            if mine == theirs {
                done.insert(mine.clone());
                out.extend(both(
                    find(&lefts, mine).as_ref(),
                    find(&rights, mine).as_ref(),
                    node.item(),
                )?);
                left += 1;
                right += 1;
                shared.next();
                continue;
            }
            if in_right(mine) && shared.peek().is_some_and(|next| *next != mine) {
                left += 1;
                continue;
            }
        }
        if let Some((mine, item)) = lefts.get(left) {
            if !in_right(mine) {
                out.extend(both(Some(item), None, node.item())?);
                left += 1;
                continue;
            }
            if done.contains(mine) {
                left += 1;
            }
        }
        if let Some((theirs, _)) = rights.get(right) {
            done.insert(theirs.clone());
            out.extend(both(
                find(&lefts, theirs).as_ref(),
                find(&rights, theirs).as_ref(),
                node.item(),
            )?);
            right += 1;
            if shared.peek().is_some_and(|next| *next == theirs) {
                shared.next();
            }
        }
    }
    Ok((!out.is_empty()).then_some(Value::Array(out)))
}

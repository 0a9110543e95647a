//! Strategic merge patch: maps are merged, lists by the strategy of their field.
//!
//! Source: k8s.io/apimachinery `pkg/util/strategicpatch/patch.go` (`mergeMap`, `mergeSlice`,
//! `mergePatchIntoOriginal`, `normalizeElementOrder`), as the server calls it: parallel lists are merged,
//! unmatched nulls dropped.

use serde_json::{Map, Value};

use super::super::schema::{self, Field, Strategy, Type};

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const DELETE_FROM: &str = "$deleteFromPrimitiveList/";
const SET_ORDER: &str = "$setElementOrder/";

type Object = Map<String, Value>;

/// The object with the patch applied. Errors are the library's words.
pub(crate) fn apply(live: &Value, patch: Object, ty: &Type) -> Result<Value, String> {
    let live = live.as_object().cloned().unwrap_or_default();
    merge_map(live, patch, ty).map(Value::Object)
}

/// What is known of a field: its type, that of its items or entries, its strategy.
fn lookup(ty: &Type, name: &str) -> Option<&'static Field> {
    match ty {
        Type::Struct(shape) => schema::lookup(shape).field(name),
        _ => None,
    }
}

fn below(ty: &Type, name: &str) -> Type {
    if let Some(field) = lookup(ty, name) {
        return field.ty.clone();
    }
    match ty {
        Type::Map(inner) => (**inner).clone(),
        _ => schema::ANY.clone(),
    }
}

fn item_type(ty: &Type) -> Type {
    match ty {
        Type::List(inner) => (**inner).clone(),
        _ => schema::ANY.clone(),
    }
}

fn merge_map(mut original: Object, mut patch: Object, ty: &Type) -> Result<Object, String> {
    if let Some(directive) = patch.remove(DIRECTIVE) {
        return match directive.as_str() {
            Some("replace") => Ok(patch),
            Some("delete") => Ok(Object::new()),
            _ => Err(format!("unknown patch type: {directive} in map")),
        };
    }
    if let Some(keys) = patch.remove(RETAIN_KEYS) {
        retain_keys(&mut original, &patch, &keys)?;
    }
    order_lists(&mut original, &mut patch, ty)?;
    for (key, change) in patch {
        let (name, deletes) = match key.strip_prefix(DELETE_FROM) {
            Some(name) => (name.to_owned(), true),
            None => (key, false),
        };
        if change.is_null() {
            original.shift_remove(&name);
            continue;
        }
        let strategy = lookup(ty, &name)
            .map(|field| field.strategy.clone())
            .unwrap_or_default();
        let inner = below(ty, &name);
        let Some(there) = original.get_mut(&name) else {
            if !deletes && let Some(change) = without_directives(change) {
                original.insert(name, change);
            }
            continue;
        };
        let merged = match (there.take(), change) {
            (Value::Object(old), Value::Object(new)) if !strategy.replace => {
                Some(Value::Object(merge_map(old, new, &inner)?))
            }
            (Value::Object(_), Value::Object(new)) => Some(Value::Object(new)),
            (Value::Array(old), Value::Array(new)) => {
                if deletes {
                    Some(Value::Array(
                        old.into_iter().filter(|item| !new.contains(item)).collect(),
                    ))
                } else if strategy.merge {
                    Some(Value::Array(merge_list(
                        old,
                        new,
                        &item_type(&inner),
                        &strategy,
                    )?))
                } else {
                    without_directives(Value::Array(new))
                }
            }
            (old, _) if deletes => Some(old),
            (_, new) => without_directives(new),
        };
        match merged {
            Some(merged) => drop(original.insert(name, merged)),
            None => drop(original.shift_remove(&name)),
        }
    }
    Ok(original)
}

/// `$retainKeys`: what it does not name goes.
fn retain_keys(original: &mut Object, patch: &Object, keys: &Value) -> Result<(), String> {
    let malformed = || Err("bad patch format of retainKeys".to_owned());
    let Some(keys) = keys.as_array() else {
        return malformed();
    };
    let kept = |name: &str| keys.iter().any(|key| key == name);
    let is_directive = |name: &str| name.starts_with(DELETE_FROM) || name.starts_with(SET_ORDER);
    if patch
        .iter()
        .any(|(name, value)| !value.is_null() && !is_directive(name) && !kept(name))
    {
        return malformed();
    }
    original.retain(|name, _| kept(name));
    Ok(())
}

/// `$setElementOrder/LIST`: merges the list and brings it into that order.
fn order_lists(original: &mut Object, patch: &mut Object, ty: &Type) -> Result<(), String> {
    let orders: Vec<String> = patch
        .keys()
        .filter(|key| key.starts_with(SET_ORDER))
        .cloned()
        .collect();
    for key in orders {
        let order = patch
            .remove(&key)
            .and_then(|order| order.as_array().cloned())
            .unwrap_or_default();
        let name = key.strip_prefix(SET_ORDER).unwrap_or_default().to_owned();
        let strategy = lookup(ty, &name)
            .map(|field| field.strategy.clone())
            .unwrap_or_default();
        let old = original.get(&name).and_then(Value::as_array).cloned();
        let new = patch
            .shift_remove(&name)
            .and_then(|list| list.as_array().cloned());
        if let Some(new) = &new {
            // Whatever the patch changes must be in the order that it sets.
            let listed = |item: &Value| order.iter().any(|other| same(item, other, &strategy));
            let unlisted = |item: &&Value| item.get(DIRECTIVE).is_none() && !listed(item);
            if let Some(item) = new.iter().find(unlisted) {
                return Err(format!(
                    "The order in patch list:\n{item}\n doesn't match {key} list:\n{}\n",
                    Value::Array(order)
                ));
            }
        }
        let merged = match (old.clone(), new) {
            (None, None) => continue,
            (Some(old), None) => old,
            (None, Some(new)) => match without_directives(Value::Array(new)) {
                Some(Value::Array(new)) => new,
                _ => continue,
            },
            (Some(old), Some(new)) if strategy.merge => {
                merge_list(old, new, &item_type(&below(ty, &name)), &strategy)?
            }
            (Some(_), Some(new)) => new,
        };
        let ordered = in_order(merged, &order, &old.unwrap_or_default(), &strategy);
        original.insert(name, Value::Array(ordered));
    }
    Ok(())
}

fn merge_key<'a>(item: &'a Value, strategy: &Strategy) -> Option<&'a Value> {
    strategy.key.map_or(Some(item), |key| {
        if item.is_object() {
            item.get(key)
        } else {
            Some(item)
        }
    })
}

fn same(a: &Value, b: &Value, strategy: &Strategy) -> bool {
    merge_key(a, strategy) == merge_key(b, strategy)
}

fn merge_list(
    old: Vec<Value>,
    new: Vec<Value>,
    item: &Type,
    strategy: &Strategy,
) -> Result<Vec<Value>, String> {
    if old.is_empty() && new.is_empty() {
        return Ok(old);
    }
    let order = new.clone();
    let before = old.clone();
    let maps = old.iter().chain(&new).all(Value::is_object);
    let merged = if maps {
        let Some(key) = strategy.key else {
            return Err("cannot merge lists without merge key".into());
        };
        merge_maps(old, new, item, key)?
    } else {
        let mut both = old;
        for value in new {
            if !both.contains(&value) {
                both.push(value);
            }
        }
        both
    };
    let order: Vec<Value> = order
        .into_iter()
        .filter(|item| item.get(DIRECTIVE).is_none())
        .collect();
    Ok(in_order(merged, &order, &before, strategy))
}

fn merge_maps(
    mut old: Vec<Value>,
    new: Vec<Value>,
    item: &Type,
    key: &str,
) -> Result<Vec<Value>, String> {
    let mut changes = Vec::new();
    let mut replaces = false;
    for change in new {
        match change
            .get(DIRECTIVE)
            .map(|directive| directive.as_str().unwrap_or_default())
        {
            None => changes.push(change),
            Some("delete") => {
                let Some(value) = change.get(key) else {
                    return Err(no_merge_key(&change, key));
                };
                old.retain(|one| one.get(key) != Some(value));
            }
            Some("replace") => replaces = true,
            Some("merge") => {
                return Err("merging lists cannot yet be specified in the patch".into());
            }
            Some(other) => return Err(format!("unknown patch type: {other} in map: {change}")),
        }
    }
    if replaces {
        return Ok(changes);
    }
    for change in changes {
        let Some(value) = change.get(key).cloned() else {
            return Err(no_merge_key(&change, key));
        };
        match old.iter_mut().find(|one| one.get(key) == Some(&value)) {
            Some(there) => {
                if let (Value::Object(was), Value::Object(is)) = (there.take(), change) {
                    *there = Value::Object(merge_map(was, is, item)?);
                }
            }
            None => old.push(change),
        }
    }
    Ok(old)
}

fn no_merge_key(item: &Value, key: &str) -> String {
    format!("map: {item} does not contain declared merge key: {key}")
}

/// Items of the patch in its order; the others keep their places relative to them where the live list tells.
fn in_order(
    merged: Vec<Value>,
    order: &[Value],
    live: &[Value],
    strategy: &Strategy,
) -> Vec<Value> {
    let position =
        |list: &[Value], item: &Value| list.iter().position(|other| same(item, other, strategy));
    let (mut right, mut left): (Vec<Value>, Vec<Value>) = merged
        .into_iter()
        .partition(|item| position(order, item).is_some());
    right.sort_by_key(|item| position(order, item));
    left.sort_by_key(|item| position(live, item));
    let mut out = Vec::new();
    let mut left = left.into_iter().peekable();
    let mut right = right.into_iter().peekable();
    while let (Some(mine), Some(theirs)) = (left.peek(), right.peek()) {
        let earlier = match (position(live, mine), position(live, theirs)) {
            (Some(mine), Some(theirs)) => mine < theirs,
            _ => false,
        };
        out.extend(if earlier { left.next() } else { right.next() });
    }
    out.extend(left);
    out.extend(right);
    out
}

/// Takes the directives out of what is added as new; a map that is itself a directive is not added, nulls are
/// dropped.
fn without_directives(value: Value) -> Option<Value> {
    match value {
        Value::Object(entries) => {
            if entries.contains_key(DIRECTIVE) {
                return None;
            }
            let kept = entries
                .into_iter()
                .filter(|(name, value)| {
                    !value.is_null()
                        && name != RETAIN_KEYS
                        && !name.starts_with(SET_ORDER)
                        && !name.starts_with(DELETE_FROM)
                })
                .filter_map(|(name, value)| Some((name, without_directives(value)?)))
                .collect();
            Some(Value::Object(kept))
        }
        Value::Array(items) => Some(Value::Array(
            items.into_iter().filter_map(without_directives).collect(),
        )),
        other => Some(other),
    }
}

//! Walking a value along its shape: field set, comparison, removal and validation.
//!
//! Source: structured-merge-diff `typed/tofieldset.go`, `compare.go`, `remove.go`, `validate.go`, `helpers.go`.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::schema::{self, Field, Relation, Scalar, Type};
use super::set::{Element, Set, display_element, field_element};

/// A type and how it is owned at this place.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    pub(crate) ty: &'a Type,
    pub(crate) relation: &'a Relation,
}

static NATURAL: Relation = Relation::Natural;

/// What a node is for the walkers.
pub(crate) enum Form<'a> {
    /// One value, or an atomic list, map or struct.
    Leaf,
    /// A granular map or struct.
    Map,
    /// An associative list: its keys, none for a set of scalars.
    List(&'a [&'static str]),
}

impl<'a> Node<'a> {
    /// The root of an object of this shape.
    pub(crate) fn root(ty: &'a Type) -> Self {
        Self { ty, relation: &NATURAL }
    }

    /// How `value` is owned here; an unknown shape is judged by the value.
    pub(crate) fn form(&self, value: Option<&Value>) -> Form<'a> {
        match (self.ty, self.relation) {
            (_, Relation::Atomic) => Form::Leaf,
            (Type::List(_), Relation::Set) => Form::List(&[]),
            (Type::List(_), Relation::Keyed(keys)) => Form::List(keys),
            (Type::Struct(name), _) if schema::lookup(name).atomic => Form::Leaf,
            (Type::Struct(_) | Type::Map(_), _) => Form::Map,
            (Type::Scalar(Scalar::Any), _) if value.is_some_and(Value::is_object) => Form::Map,
            _ => Form::Leaf,
        }
    }

    fn declared(&self, name: &str) -> Option<&'static Field> {
        match self.ty {
            Type::Struct(shape) => schema::lookup(shape).field(name),
            _ => None,
        }
    }

    /// The node of a field or map entry.
    pub(crate) fn entry(&self, name: &str) -> Node<'a> {
        if let Some(field) = self.declared(name) {
            return Node { ty: &field.ty, relation: &field.relation };
        }
        match self.ty {
            Type::Map(inner) => Node::root(inner),
            _ => Node::root(&schema::ANY),
        }
    }

    /// The node of a list's items.
    pub(crate) fn item(&self) -> Node<'a> {
        match self.ty {
            Type::List(inner) => Node::root(inner),
            _ => Node::root(&schema::ANY),
        }
    }
}

/// The path element of an item of an associative list.
pub(crate) fn item_element(node: Node<'_>, keys: &[&str], item: &Value) -> Result<Element, String> {
    if keys.is_empty() {
        return match item {
            Value::Object(_) => Err("associative list without keys has an element that's a map type".into()),
            Value::Array(_) => Err("not supported: associative list with lists as elements".into()),
            Value::Null => Err("associative list without keys has an element that's an explicit null".into()),
            scalar => Ok(format!("v:{scalar}")),
        };
    }
    let Value::Object(entries) = item else {
        return Err("associative list with keys may not have non-map elements".into());
    };
    let inner = node.item();
    let mut found = Map::new();
    for key in keys {
        if let Some(value) = entries.get(*key) {
            found.insert((*key).to_owned(), value.clone());
        } else if let Some(default) = inner.declared(key).and_then(|field| field.default) {
            found.insert((*key).to_owned(), default.into());
        }
    }
    if found.is_empty() {
        return Err(format!(
            "associative list with keys has an element that omits all key fields {keys:?} (and doesn't have default \
             values for any key fields)"
        ));
    }
    Ok(format!("k:{}", Value::Object(found)))
}

/// All paths of a value (`TypedValue.ToFieldSet`).
pub(crate) fn field_set(value: &Value, node: Node<'_>) -> Set {
    let mut set = Set::default();
    fill(value, node, &mut Vec::new(), &mut set);
    set
}

fn fill(value: &Value, node: Node<'_>, path: &mut Vec<Element>, set: &mut Set) {
    match node.form(Some(value)) {
        Form::Leaf => set.insert(path),
        Form::Map => {
            for (name, inner) in value.as_object().into_iter().flatten() {
                path.push(field_element(name));
                fill(inner, node.entry(name), path, set);
                let empty = inner.is_null() || inner.as_object().is_some_and(Map::is_empty);
                if empty || node.declared(name).is_none() {
                    set.insert(path);
                }
                path.pop();
            }
        }
        Form::List(keys) => {
            let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
            let elements: Vec<_> = items.iter().map(|item| item_element(node, keys, item).ok()).collect();
            for (item, element) in items.iter().zip(&elements) {
                let Some(element) = element else { continue };
                path.push(element.clone());
                // A key that comes twice is owned as one leaf.
                if elements.iter().filter(|other| other.as_ref() == Some(element)).count() == 1 {
                    fill(item, node.item(), path, set);
                }
                set.insert(path);
                path.pop();
            }
        }
    }
}

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

fn walk(old: Option<&Value>, new: Option<&Value>, node: Node<'_>, path: &mut Vec<Element>, out: &mut Comparison) {
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
        let (olds, news) = (old.and_then(Value::as_object), new.and_then(Value::as_object));
        let names: BTreeSet<&String> = olds.into_iter().chain(news).flat_map(Map::keys).collect();
        for name in names {
            path.push(field_element(name));
            let (was, is) = (olds.and_then(|all| all.get(name)), news.and_then(|all| all.get(name)));
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
        let items = value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(|item| Some((item_element(node, keys, item).ok()?, item.clone()))).collect()
    };
    let (olds, news) = (index(old), index(new));
    let elements: BTreeSet<&Element> = olds.iter().chain(&news).map(|(element, _)| element).collect();
    for element in elements {
        let pick = |all: &'_ [(Element, Value)]| -> Vec<Value> {
            all.iter().filter(|(other, _)| other == element).map(|(_, item)| item.clone()).collect()
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

/// The value without the paths of `set`; what becomes empty goes too (`TypedValue.RemoveItems`).
pub(crate) fn remove(value: &Value, set: &Set, node: Node<'_>) -> Option<Value> {
    match (node.form(Some(value)), value) {
        (Form::Map, Value::Object(entries)) => {
            let mut kept = Map::new();
            for (name, inner) in entries {
                let element = field_element(name);
                if set.has(&element) {
                    continue;
                }
                let inner = match set.below(&element) {
                    Some(below) => remove(inner, below, node.entry(name)),
                    None => Some(inner.clone()),
                };
                kept.insert(name.clone(), inner.unwrap_or(Value::Null));
            }
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        (Form::List(keys), Value::Array(items)) => {
            let mut kept = Vec::new();
            for item in items {
                let element = item_element(node, keys, item).unwrap_or_default();
                if set.has(&element) {
                    continue;
                }
                let item = match set.below(&element) {
                    Some(below) => remove(item, below, node.item()),
                    None => Some(item.clone()),
                };
                kept.push(item.unwrap_or(Value::Null));
            }
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        (Form::Leaf, Value::Array(_) | Value::Object(_)) => None,
        (_, other) => Some(other.clone()),
    }
}

/// Checks an applied configuration: declared fields, types, no key twice (`TypedValue.Validate`). The error is
/// `.spec.foo: field not declared in schema`.
pub(crate) fn validate(value: &Value, node: Node<'_>) -> Result<(), String> {
    check(value, node, &mut Vec::new())
}

fn check(value: &Value, node: Node<'_>, path: &mut Vec<Element>) -> Result<(), String> {
    let refuse = |path: &[Element], words: String| {
        let place: String = path.iter().map(|element| display_element(element)).collect();
        Err(if place.is_empty() { words } else { format!("{place}: {words}") })
    };
    if value.is_null() {
        return Ok(());
    }
    match node.ty {
        Type::Struct(shape) => {
            let Value::Object(entries) = value else {
                return refuse(path, format!("expected map, got {value}"));
            };
            let shape = schema::lookup(shape);
            for (name, inner) in entries {
                path.push(field_element(name));
                if shape.field(name).is_none() && !shape.open {
                    return refuse(path, "field not declared in schema".into());
                }
                check(inner, node.entry(name), path)?;
                path.pop();
            }
        }
        Type::Map(_) => {
            let Value::Object(entries) = value else {
                return refuse(path, format!("expected map, got {value}"));
            };
            for (name, inner) in entries {
                path.push(field_element(name));
                check(inner, node.entry(name), path)?;
                path.pop();
            }
        }
        Type::List(_) => {
            let Value::Array(items) = value else {
                return refuse(path, format!("expected list, got {value}"));
            };
            let mut seen = BTreeSet::new();
            for (index, item) in items.iter().enumerate() {
                let element = match node.form(Some(value)) {
                    Form::List(keys) => match item_element(node, keys, item) {
                        Ok(element) => element,
                        Err(words) => return refuse(path, format!("element {index}: {words}")),
                    },
                    _ => format!("i:{index}"),
                };
                if !seen.insert(element.clone()) {
                    return refuse(path, format!("duplicate entries for key {}", display_element(&element)));
                }
                path.push(element);
                check(item, node.item(), path)?;
                path.pop();
            }
        }
        Type::Scalar(scalar) => {
            let fits = match scalar {
                Scalar::Text | Scalar::Bytes | Scalar::Time => value.is_string(),
                Scalar::Int | Scalar::Number => value.is_number(),
                Scalar::Bool => value.is_boolean(),
                Scalar::Quantity | Scalar::IntOrText => value.is_string() || value.is_number(),
                Scalar::Any => true,
            };
            if !fits {
                let wanted = match scalar {
                    Scalar::Int | Scalar::Number => "numeric (int or float)",
                    Scalar::Bool => "boolean",
                    Scalar::Quantity | Scalar::IntOrText => "any scalar",
                    _ => "string",
                };
                return refuse(path, format!("expected {wanted}, got {value}"));
            }
        }
    }
    Ok(())
}

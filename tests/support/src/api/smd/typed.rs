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
        Self {
            ty,
            relation: &NATURAL,
        }
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
    pub(crate) fn entry(&self, name: &str) -> Self {
        if let Some(field) = self.declared(name) {
            return Node {
                ty: &field.ty,
                relation: &field.relation,
            };
        }
        match self.ty {
            Type::Map(inner) => Node::root(inner),
            _ => Node::root(&schema::ANY),
        }
    }

    /// The node of a list's items.
    pub(crate) fn item(&self) -> Self {
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
            Value::Object(_) => {
                Err("associative list without keys has an element that's a map type".into())
            }
            Value::Array(_) => Err("not supported: associative list with lists as elements".into()),
            Value::Null => {
                Err("associative list without keys has an element that's an explicit null".into())
            }
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
            let elements: Vec<_> = items
                .iter()
                .map(|item| item_element(node, keys, item).ok())
                .collect();
            for (item, element) in items.iter().zip(&elements) {
                let Some(element) = element else { continue };
                path.push(element.clone());
                // A key that comes twice is owned as one leaf.
                if elements
                    .iter()
                    .filter(|other| other.as_ref() == Some(element))
                    .count()
                    == 1
                {
                    fill(item, node.item(), path, set);
                }
                set.insert(path);
                path.pop();
            }
        }
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
        let place: String = path
            .iter()
            .map(|element| display_element(element))
            .collect();
        Err(if place.is_empty() {
            words
        } else {
            format!("{place}: {words}")
        })
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
                    return refuse(
                        path,
                        format!("duplicate entries for key {}", display_element(&element)),
                    );
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

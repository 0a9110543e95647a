//! Sets of field paths, and their form in `managedFields[].fieldsV1`.
//!
//! A path element is kept in its `fieldsV1` spelling (`f:name`, `k:{"name":"web"}`, `v:"x"`), which also sorts
//! as the original does: fields before keys before values. Source: structured-merge-diff `fieldpath/set.go`,
//! `serialize.go`, `element.go`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::super::schema::{self, Type};

/// One step of a path, in the spelling of `fieldsV1`.
pub(crate) type Element = String;

/// The element of a named field or map entry.
pub(crate) fn field_element(name: &str) -> Element {
    format!("f:{name}")
}

/// A path as conflicts print it: `.spec.containers[name="web"].image`.
pub(crate) fn display(path: &[Element]) -> String {
    path.iter()
        .map(|element| display_element(element))
        .collect()
}

/// One element as errors print it.
pub(crate) fn display_element(element: &str) -> String {
    match element.split_once(':') {
        Some(("f", name)) => format!(".{name}"),
        Some(("k", keys)) => {
            let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
            let parts: Vec<String> = keys
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            format!("[{}]", parts.join(","))
        }
        Some(("v", value)) => format!("[={value}]"),
        _ => "{{invalid path element}}".into(),
    }
}

/// A set of paths: at each level the elements that are members, and the levels below.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Set {
    members: BTreeSet<Element>,
    children: BTreeMap<Element, Self>,
}

impl Set {
    /// Whether no path is in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.children.values().all(Self::is_empty)
    }

    /// Adds a path; the empty path is no member of anything.
    pub(crate) fn insert(&mut self, path: &[Element]) {
        match path {
            [] => {}
            [last] => {
                self.members.insert(last.clone());
            }
            [first, rest @ ..] => self.children.entry(first.clone()).or_default().insert(rest),
        }
    }

    /// Whether `element` itself is a member at this level.
    pub(crate) fn has(&self, element: &str) -> bool {
        self.members.contains(element)
    }

    /// What is below `element`, if anything.
    pub(crate) fn below(&self, element: &str) -> Option<&Self> {
        self.children.get(element).filter(|inner| !inner.is_empty())
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        let mut result = self.clone();
        result.members.extend(other.members.iter().cloned());
        for (element, inner) in &other.children {
            let merged = result
                .children
                .get(element)
                .map_or_else(|| inner.clone(), |mine| mine.union(inner));
            result.children.insert(element.clone(), merged);
        }
        result
    }

    pub(crate) fn intersection(&self, other: &Self) -> Self {
        let members = self.members.intersection(&other.members).cloned().collect();
        let children = self
            .children
            .iter()
            .filter_map(|(element, mine)| {
                let both = mine.intersection(other.children.get(element)?);
                (!both.is_empty()).then(|| (element.clone(), both))
            })
            .collect();
        Self { members, children }
    }

    /// The paths of this set that are not members of `other`; a member does not cover what lies below it.
    pub(crate) fn difference(&self, other: &Self) -> Self {
        let members = self.members.difference(&other.members).cloned().collect();
        let children = self
            .children
            .iter()
            .filter_map(|(element, mine)| {
                let rest = other
                    .children
                    .get(element)
                    .map_or_else(|| mine.clone(), |theirs| mine.difference(theirs));
                (!rest.is_empty()).then(|| (element.clone(), rest))
            })
            .collect();
        Self { members, children }
    }

    /// The same with every declared field on the way to a member made a member itself
    /// (`Set.EnsureNamedFieldsAreMembers`).
    pub(crate) fn with_named_fields(&self, ty: &Type) -> Self {
        let mut members = self.members.clone();
        let mut children = BTreeMap::new();
        for (element, inner) in &self.children {
            let name = element.strip_prefix("f:");
            let below = match (ty, name) {
                (Type::Struct(shape), Some(name)) => {
                    schema::lookup(shape).field(name).map(|field| &field.ty)
                }
                (Type::Map(inner), Some(_)) | (Type::List(inner), None) => Some(inner.as_ref()),
                _ => None,
            };
            if let (Type::Struct(shape), Some(name)) = (ty, name)
                && schema::lookup(shape).field(name).is_some()
            {
                members.insert(element.clone());
            }
            children.insert(
                element.clone(),
                inner.with_named_fields(below.unwrap_or(&schema::ANY)),
            );
        }
        Self { members, children }
    }

    /// All paths, in order.
    pub(crate) fn paths(&self) -> Vec<Vec<Element>> {
        let mut found = Vec::new();
        self.collect(&mut Vec::new(), &mut found);
        found
    }

    fn collect(&self, path: &mut Vec<Element>, found: &mut Vec<Vec<Element>>) {
        for element in &self.members {
            path.push(element.clone());
            found.push(path.clone());
            path.pop();
        }
        for (element, inner) in &self.children {
            path.push(element.clone());
            inner.collect(path, found);
            path.pop();
        }
    }

    /// The set as `fieldsV1`.
    pub(crate) fn to_fields(&self) -> Value {
        let mut out = Map::new();
        let elements: BTreeSet<&Element> =
            self.members.iter().chain(self.children.keys()).collect();
        for element in elements {
            let mut inner = match self.children.get(element).map(Self::to_fields) {
                Some(Value::Object(inner)) => inner,
                _ => Map::new(),
            };
            if self.members.contains(element) && !inner.is_empty() {
                let mut marked = Map::from_iter([(".".to_owned(), Value::Object(Map::new()))]);
                marked.append(&mut inner);
                inner = marked;
            }
            out.insert(element.clone(), Value::Object(inner));
        }
        Value::Object(out)
    }

    /// Reads `fieldsV1`; a leaf, or an entry with `.`, is a member.
    pub(crate) fn from_fields(fields: &Value) -> Self {
        let mut set = Self::default();
        for (element, inner) in fields.as_object().into_iter().flatten() {
            if element == "." {
                continue;
            }
            let below = Self::from_fields(inner);
            let marked = inner.get(".").is_some() || inner.as_object().is_none_or(Map::is_empty);
            if marked {
                set.members.insert(element.clone());
            }
            if !below.is_empty() {
                set.children.insert(element.clone(), below);
            }
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_survive_a_round_trip() {
        let fields = json!({
            "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
            "f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {".": {}, "f:image": {}}}},
        });
        assert_eq!(Set::from_fields(&fields).to_fields(), fields);
    }

    #[test]
    fn difference_keeps_what_lies_below_a_removed_member() {
        let mine = Set::from_fields(&json!({"f:a": {".": {}, "f:b": {}}}));
        let theirs = Set::from_fields(&json!({"f:a": {}}));
        assert_eq!(
            mine.difference(&theirs).to_fields(),
            json!({"f:a": {"f:b": {}}})
        );
        assert_eq!(mine.intersection(&theirs).to_fields(), json!({"f:a": {}}));
    }

    #[test]
    fn paths_print_as_conflicts_do() {
        let set = Set::from_fields(&json!({"f:spec": {"f:ports": {
            "k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {"f:name": {}}}, "f:finalizers": {"v:\"x\"": {}}}}));
        let printed: Vec<String> = set.paths().iter().map(|path| display(path)).collect();
        assert_eq!(
            printed,
            [
                ".spec.finalizers[=\"x\"]",
                ".spec.ports[containerPort=80,protocol=\"TCP\"].name"
            ]
        );
    }
}

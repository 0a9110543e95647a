//! The shapes of the API's types: field names, list and map semantics, patch strategies.
//!
//! The tables (`*.types`) are derived by `derive.py` from the Go types of k8s.io/api v0.34,
//! k8s.io/apimachinery and github.com/openshift/api (January 2026), whose markers are also what the real
//! servers' OpenAPI documents are made from. One line is one type (at the margin) or one field (indented):
//!
//! ```text
//! core.ServiceAccount
//!   secrets [core.ObjectReference] map=name merge=name omit @2
//! ```
//!
//! * the type: a scalar, `table.Name`, `[T]` a list, `{T}` a map with string keys;
//! * `set`, `map=KEYS`, `atomic`: how server-side apply sees it (without a word a list is atomic, a map and a
//!   struct are granular; kube-openapi `pkg/schemaconv/smd.go`);
//! * `merge`, `merge=KEY`, `retainKeys`, `replace`: the strategic merge patch strategy;
//! * `default=V`: the default of a list key; `omit`: an empty value is left out when the server writes it;
//! * `@N`: the protobuf field number, `@2.5` inside a message that JSON has inline.
//!
//! It knows nothing of objects; [`crate::api`]'s decoding, patching and apply walk these shapes.

use std::collections::HashMap;
use std::sync::LazyLock;

const TABLES: &[&str] = &[
    include_str!("apps.types"),
    include_str!("authentication.types"),
    include_str!("authorization.types"),
    include_str!("batch.types"),
    include_str!("build.types"),
    include_str!("config.types"),
    include_str!("core.types"),
    include_str!("generic.types"),
    include_str!("image.types"),
    include_str!("mco.types"),
    include_str!("meta.types"),
    include_str!("opv1alpha1.types"),
    include_str!("osapps.types"),
    include_str!("project.types"),
    include_str!("rbac.types"),
    include_str!("route.types"),
    include_str!("user.types"),
];

static TYPES: LazyLock<HashMap<&'static str, Struct>> = LazyLock::new(|| {
    let mut types = HashMap::new();
    for table in TABLES {
        read_table(table, &mut types);
    }
    types
});

/// The type of a JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    /// A leaf.
    Scalar(Scalar),
    /// A named struct, by its name in the tables.
    Struct(&'static str),
    /// A list.
    List(Box<Self>),
    /// A map with string keys.
    Map(Box<Self>),
}

/// Leaf types, as far as decoding tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalar {
    /// A string.
    Text,
    /// A whole number.
    Int,
    /// Any number.
    Number,
    /// true or false.
    Bool,
    /// base64.
    Bytes,
    /// A point in time, RFC 3339.
    Time,
    /// `resource.Quantity`: a number or a string.
    Quantity,
    /// `intstr.IntOrString`: a number or a string.
    IntOrText,
    /// Any JSON.
    Any,
}

/// How the elements of a list, the entries of a map or the fields of a struct are owned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Relation {
    /// The type's own: lists are atomic, maps and structs granular.
    Natural,
    /// One leaf.
    Atomic,
    /// A list whose scalars are its keys.
    Set,
    /// A list of maps with these key fields, sorted.
    Keyed(Vec<&'static str>),
}

/// The strategic merge patch strategy of a field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Strategy {
    /// Lists are merged rather than replaced.
    pub(crate) merge: bool,
    /// The key by which the elements are merged; none for scalars.
    pub(crate) key: Option<&'static str>,
    /// A map is replaced rather than merged.
    pub(crate) replace: bool,
}

/// One field of a struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its JSON name.
    pub(crate) name: &'static str,
    /// Its type.
    pub(crate) ty: Type,
    /// Its ownership semantics.
    pub(crate) relation: Relation,
    /// Its patch strategy.
    pub(crate) strategy: Strategy,
    /// The default that stands in for an absent list key.
    pub(crate) default: Option<&'static str>,
    /// Whether Go leaves it out when it is empty (`omitempty` on a value that is no pointer).
    pub(crate) omit_empty: bool,
    /// Its protobuf field number, with those of the messages around it; empty without.
    pub(crate) number: Vec<u64>,
}

/// One struct.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Struct {
    /// Its name in the tables, `core.PodSpec`.
    pub(crate) name: &'static str,
    /// It is one leaf for server-side apply (`+structType=atomic`).
    pub(crate) atomic: bool,
    /// Fields that are not in the table are kept, as in a resource without a schema.
    pub(crate) open: bool,
    fields: Vec<Field>,
}

impl Struct {
    /// The field with this JSON name.
    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// All fields.
    pub(crate) fn fields(&'static self) -> impl Iterator<Item = &'static Field> {
        self.fields.iter()
    }

    /// The name without the table, as Go error messages print it.
    pub(crate) fn short_name(&self) -> &'static str {
        self.name
            .split_once('.')
            .map_or(self.name, |(_, short)| short)
    }
}

/// The struct with this name in the tables; unknown names get the open generic object.
pub(crate) fn lookup(name: &str) -> &'static Struct {
    static EMPTY: Struct = Struct {
        name: "generic.Unknown",
        atomic: false,
        open: true,
        fields: Vec::new(),
    };
    TYPES
        .get(name)
        .or_else(|| TYPES.get(GENERIC))
        .unwrap_or(&EMPTY)
}

/// The type of objects without a schema: metadata is known, everything else is kept as it is.
pub(crate) const GENERIC: &str = "generic.Object";

/// The type of a value about whose inside nothing is known.
pub(crate) static ANY: Type = Type::Scalar(Scalar::Any);

fn read_table(table: &'static str, types: &mut HashMap<&'static str, Struct>) {
    let mut current: Option<Struct> = None;
    for line in table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
    {
        if let Some(row) = line.strip_prefix("  ") {
            if let (Some(open), Some(field)) = (current.as_mut(), read_field(row)) {
                open.fields.push(field);
            }
            continue;
        }
        if let Some(done) = current.take() {
            types.insert(done.name, done);
        }
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default();
        let marks: Vec<&str> = words.collect();
        current = Some(Struct {
            name,
            atomic: marks.contains(&"atomic"),
            open: marks.contains(&"open"),
            fields: Vec::new(),
        });
    }
    if let Some(done) = current {
        types.insert(done.name, done);
    }
}

fn read_field(row: &'static str) -> Option<Field> {
    let mut words = row.split(' ');
    let name = words.next()?;
    let ty = read_type(words.next()?);
    let mut field = Field {
        name,
        ty,
        relation: Relation::Natural,
        strategy: Strategy::default(),
        default: None,
        omit_empty: false,
        number: Vec::new(),
    };
    for word in words {
        if let Some(number) = word.strip_prefix('@') {
            field.number = number
                .split('.')
                .filter_map(|part| part.parse().ok())
                .collect();
            continue;
        }
        match word.split_once('=').unwrap_or((word, "")) {
            ("atomic", _) => field.relation = Relation::Atomic,
            ("set", _) => field.relation = Relation::Set,
            ("map", keys) => field.relation = Relation::Keyed(keys.split(',').collect()),
            ("merge", "") => field.strategy.merge = true,
            ("merge", key) => {
                field.strategy.merge = true;
                field.strategy.key = Some(key);
            }
            ("replace", _) => field.strategy.replace = true,
            ("default", value) => field.default = Some(value),
            ("omit", _) => field.omit_empty = true,
            _ => {}
        }
    }
    Some(field)
}

fn read_type(text: &'static str) -> Type {
    if let Some(inner) = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return Type::List(Box::new(read_type(inner)));
    }
    if let Some(inner) = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
    {
        return Type::Map(Box::new(read_type(inner)));
    }
    match text {
        "string" => Type::Scalar(Scalar::Text),
        "int" => Type::Scalar(Scalar::Int),
        "number" => Type::Scalar(Scalar::Number),
        "bool" => Type::Scalar(Scalar::Bool),
        "bytes" => Type::Scalar(Scalar::Bytes),
        "time" => Type::Scalar(Scalar::Time),
        "quantity" => Type::Scalar(Scalar::Quantity),
        "intstr" => Type::Scalar(Scalar::IntOrText),
        named if named.contains('.') => Type::Struct(named),
        _ => Type::Scalar(Scalar::Any),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(of: &str, name: &str) -> Field {
        lookup(of)
            .field(name)
            .unwrap_or_else(|| panic!("{of}.{name}"))
            .clone()
    }

    #[test]
    fn every_named_type_is_in_a_table() {
        fn check(owner: &str, ty: &Type) {
            match ty {
                Type::Struct(name) => assert!(TYPES.contains_key(name), "{owner} names {name}"),
                Type::List(inner) | Type::Map(inner) => check(owner, inner),
                Type::Scalar(_) => {}
            }
        }
        assert!(TYPES.len() > 300, "{}", TYPES.len());
        for (name, shape) in TYPES.iter() {
            shape.fields.iter().for_each(|field| check(name, &field.ty));
        }
    }

    #[test]
    fn pull_secrets_are_atomic_on_accounts_and_merged_in_pods() {
        assert_eq!(
            field("core.ServiceAccount", "imagePullSecrets").relation,
            Relation::Natural
        );
        assert!(
            !field("core.ServiceAccount", "imagePullSecrets")
                .strategy
                .merge
        );
        assert_eq!(
            field("core.ServiceAccount", "secrets").strategy.key,
            Some("name")
        );
        assert_eq!(
            field("core.PodSpec", "imagePullSecrets").relation,
            Relation::Keyed(vec!["name"])
        );
        assert_eq!(
            field("core.Container", "ports").relation,
            Relation::Keyed(vec!["containerPort", "protocol"])
        );
        assert_eq!(field("core.ContainerPort", "protocol").default, Some("TCP"));
        assert!(lookup("core.LocalObjectReference").atomic);
    }
}

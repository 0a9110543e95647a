//! OpenShift's kinds as CustomResourceDefinitions, made from the tables of the Go types.
//!
//! The schemas hold types, the list and map semantics of server-side apply and the defaults of list keys, and nothing is open
//! that is closed in the Go types: an unknown field is pruned with a warning, or refused under strict validation, as the
//! real types do. Configuration and operator kinds are CustomResourceDefinitions on a real OpenShift too; those of
//! openshift-apiserver are Go types there, so these stand-ins differ: no strategic merge patch, no defaults, and no
//! validation beyond the types.
//!
//! What cannot be a CustomResourceDefinition has only the embedded server: see [`can_be_defined`].

use serde_json::{Map, Value, json};

use crate::api::Resource;
use crate::api::schema::{self, Field, Relation, Scalar, Struct, Type};

/// Whether a kind of OpenShift can be played by a CustomResourceDefinition.
///
/// Not those that do something rather than store (ImageStreamImport), that are views of other objects (ImageStreamTag,
/// Project, `users/~`) or whose names have a colon, which no custom resource may have (ImageStreamTag, the Image of
/// `image.openshift.io`). Subresources other than `status` and `scale` cannot be defined either: BuildConfig's
/// `instantiate`, the `log` of a build, the `secrets` of an image stream.
pub(super) fn can_be_defined(resource: &Resource) -> bool {
    let group = resource.group.as_str();
    let views = ["project.openshift.io", "user.openshift.io"];
    let named_with_colons = ["imagestreamtags", "images"];
    group.ends_with("openshift.io")
        && resource.is_stored()
        && !views.contains(&group)
        && !(group == "image.openshift.io" && named_with_colons.contains(&resource.plural.as_str()))
}

/// `PLURAL.GROUP`, the name of the definition.
pub(super) fn name(resource: &Resource) -> String {
    format!("{}.{}", resource.plural, resource.group)
}

/// The definition of a kind.
pub(super) fn definition(resource: &Resource) -> Value {
    let mut version = json!({
        "name": resource.version, "served": true, "storage": true,
        "schema": {"openAPIV3Schema": root(schema::lookup(resource.shape))},
    });
    if resource.status {
        version["subresources"] = json!({"status": {}});
    }
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": name(resource)},
        "spec": {
            "group": resource.group,
            "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
            "names": {
                "plural": resource.plural, "singular": resource.singular, "kind": resource.kind,
                "listKind": format!("{}List", resource.kind), "shortNames": resource.short_names,
            },
            "versions": [version],
        },
    })
}

/// The schema of a whole object. The server itself knows what `metadata` is.
fn root(shape: &'static Struct) -> Value {
    let mut properties = properties(shape, &[]);
    properties.insert("metadata".into(), json!({"type": "object"}));
    for name in ["apiVersion", "kind"] {
        properties.insert(name.into(), json!({"type": "string"}));
    }
    let mut schema = json!({"type": "object", "properties": properties});
    if shape.open {
        schema["x-kubernetes-preserve-unknown-fields"] = true.into();
    }
    schema
}

/// The fields of a struct; those of `keys` may not be null.
fn properties(shape: &'static Struct, keys: &[&str]) -> Map<String, Value> {
    shape
        .fields()
        .map(|field| (field.name.to_owned(), property(field, keys)))
        .collect()
}

fn property(field: &Field, keys: &[&str]) -> Value {
    let mut schema = of_type(&field.ty, &field.relation);
    if keys.contains(&field.name) {
        if let Some(default) = field.default {
            schema["default"] = default.into();
        }
    } else {
        // Go takes null for every absent value.
        schema["nullable"] = true.into();
    }
    schema
}

fn of_type(ty: &Type, relation: &Relation) -> Value {
    match ty {
        Type::Scalar(scalar) => of_scalar(*scalar),
        Type::Struct(name) => of_struct(schema::lookup(name), relation, &[]),
        Type::Map(inner) => {
            let mut schema = json!({
                "type": "object", "additionalProperties": of_type(inner, &Relation::Natural),
            });
            if *relation == Relation::Atomic {
                schema["x-kubernetes-map-type"] = "atomic".into();
            }
            schema
        }
        Type::List(inner) => of_list(inner, relation),
    }
}

fn of_list(inner: &Type, relation: &Relation) -> Value {
    match (relation, inner) {
        (Relation::Set, _) => json!({
            "type": "array", "x-kubernetes-list-type": "set",
            "items": of_type(inner, &Relation::Natural),
        }),
        (Relation::Keyed(keys), Type::Struct(name)) => json!({
            "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys,
            "items": of_struct(schema::lookup(name), &Relation::Natural, keys),
        }),
        _ => json!({
            "type": "array", "x-kubernetes-list-type": "atomic",
            "items": of_type(inner, &Relation::Natural),
        }),
    }
}

/// A struct; `keys` are those of the list whose item it is.
fn of_struct(shape: &'static Struct, relation: &Relation, keys: &[&str]) -> Value {
    let mut schema = json!({"type": "object", "properties": properties(shape, keys)});
    let required: Vec<&str> = shape
        .fields()
        .filter(|field| keys.contains(&field.name) && field.default.is_none())
        .map(|field| field.name)
        .collect();
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if shape.atomic || *relation == Relation::Atomic {
        schema["x-kubernetes-map-type"] = "atomic".into();
    }
    if shape.open {
        schema["x-kubernetes-preserve-unknown-fields"] = true.into();
    }
    schema
}

fn of_scalar(scalar: Scalar) -> Value {
    match scalar {
        Scalar::Text | Scalar::Bytes | Scalar::Time => json!({"type": "string"}),
        Scalar::Int => json!({"type": "integer"}),
        Scalar::Number => json!({"type": "number"}),
        Scalar::Bool => json!({"type": "boolean"}),
        Scalar::Quantity | Scalar::IntOrText => json!({"x-kubernetes-int-or-string": true}),
        Scalar::Any => json!({"x-kubernetes-preserve-unknown-fields": true}),
    }
}

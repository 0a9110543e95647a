//! From a client's JSON to what Go would have decoded: unknown fields noticed and dropped, wrong types refused,
//! nulls and empty `omitempty` fields gone.
//!
//! Sources: k8s.io/apimachinery `pkg/runtime/serializer/json` (strict decoding, its texts), Go's
//! `encoding/json` (type errors). Fields inside values of unknown shape are left alone.

use serde_json::{Map, Value};

use super::schema::{self, Scalar, Struct, Type};

/// What decoding found beside the value.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// `unknown field "spec.foo"`, in the order of the document.
    pub(crate) strict: Vec<String>,
}

/// Brings `value` into the shape that the server stores. Errors are Go's words for a wrong type.
///
/// `go_type` says whether a Go type decodes it; custom resources keep empty values.
pub(crate) fn decode(
    value: &mut Value,
    shape: &'static str,
    go_type: bool,
) -> Result<Findings, String> {
    let mut decoder = Decoder {
        findings: Findings::default(),
        go_type,
    };
    decoder.structure(value, schema::lookup(shape), "")?;
    Ok(decoder.findings)
}

struct Decoder {
    findings: Findings,
    go_type: bool,
}

impl Decoder {
    fn structure(
        &mut self,
        value: &mut Value,
        shape: &'static Struct,
        path: &str,
    ) -> Result<(), String> {
        let Value::Object(map) = value else {
            return Ok(());
        };
        let mut kept = Map::new();
        for (name, mut inner) in std::mem::take(map) {
            let place = join(path, &name);
            let Some(field) = shape.field(&name) else {
                if shape.open {
                    kept.insert(name, inner);
                } else {
                    self.findings
                        .strict
                        .push(format!("unknown field {place:?}"));
                }
                continue;
            };
            if inner.is_null() {
                continue;
            }
            self.value(&mut inner, &field.ty, &place, shape)?;
            // An empty list of managers means something: it forgets them.
            let dropped = field.omit_empty && is_empty(&inner) && name != "managedFields";
            if !(self.go_type && dropped) {
                kept.insert(name, inner);
            }
        }
        *map = kept;
        Ok(())
    }

    fn value(
        &mut self,
        value: &mut Value,
        ty: &'static Type,
        path: &str,
        owner: &'static Struct,
    ) -> Result<(), String> {
        let wrong = |found: &Value, wanted: &str| {
            Err(format!(
                "json: cannot unmarshal {} into Go struct field {}.{path} of type {wanted}",
                go_name(found),
                owner.short_name(),
            ))
        };
        match ty {
            Type::Struct(name) => {
                let shape = schema::lookup(name);
                if !value.is_object() {
                    return wrong(
                        value,
                        &name.replacen("core.", "v1.", 1).replacen("meta.", "v1.", 1),
                    );
                }
                self.structure(value, shape, path)
            }
            Type::List(inner) => {
                let Value::Array(items) = value else {
                    return wrong(value, "[]");
                };
                for (index, item) in items.iter_mut().enumerate() {
                    if !item.is_null() {
                        self.value(item, inner, &format!("{path}[{index}]"), owner)?;
                    }
                }
                Ok(())
            }
            Type::Map(inner) => {
                let Value::Object(entries) = value else {
                    return wrong(value, "map[string]");
                };
                for (key, entry) in entries.iter_mut() {
                    if entry.is_null() && self.go_type {
                        *entry = zero(inner);
                    } else {
                        self.value(entry, inner, &format!("{path}.{key}"), owner)?;
                    }
                }
                Ok(())
            }
            Type::Scalar(scalar) => {
                let (fits, go) = match scalar {
                    Scalar::Text => (value.is_string(), "string"),
                    Scalar::Int => (value.is_i64() || value.is_u64(), "int32"),
                    Scalar::Number => (value.is_number(), "float64"),
                    Scalar::Bool => (value.is_boolean(), "bool"),
                    Scalar::Bytes => (value.is_string(), "[]uint8"),
                    Scalar::Time => (value.is_string(), "v1.Time"),
                    Scalar::Quantity | Scalar::IntOrText => {
                        (value.is_string() || value.is_number(), "string")
                    }
                    Scalar::Any => (true, ""),
                };
                if !fits {
                    return wrong(value, go);
                }
                if *scalar == Scalar::Bytes {
                    check_base64(value.as_str().unwrap_or_default())?;
                }
                Ok(())
            }
        }
    }
}

/// Go's `base64.StdEncoding` refuses at a byte and says which.
fn check_base64(text: &str) -> Result<(), String> {
    use base64::Engine as _;
    let clean: String = text
        .chars()
        .filter(|letter| !matches!(letter, '\r' | '\n'))
        .collect();
    match base64::engine::general_purpose::STANDARD.decode(&clean) {
        Ok(_) => Ok(()),
        Err(
            base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _),
        ) => Err(format!("illegal base64 data at input byte {at}")),
        Err(_) => Err(format!(
            "illegal base64 data at input byte {}",
            clean.len() / 4 * 4
        )),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn zero(ty: &Type) -> Value {
    match ty {
        Type::Scalar(Scalar::Text | Scalar::Bytes) => Value::String(String::new()),
        _ => Value::Null,
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
    }
}

fn go_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Names every key that `text`, a JSON document, has twice in one object: `duplicate field "spec.replicas"`.
pub(crate) fn duplicate_fields(text: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut source = serde_json::Deserializer::from_slice(text);
    let seed = Duplicates {
        path: String::new(),
        found: &mut found,
    };
    // A syntax error is the decoder's to report.
    drop(serde::de::DeserializeSeed::deserialize(seed, &mut source));
    found
}

struct Duplicates<'a> {
    path: String,
    found: &'a mut Vec<String>,
}

impl<'de> serde::de::DeserializeSeed<'de> for Duplicates<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, source: D) -> Result<(), D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> serde::de::Visitor<'de> for Duplicates<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0;
        while items
            .next_element_seed(Duplicates {
                path: format!("{}[{index}]", self.path),
                found: self.found,
            })?
            .is_some()
        {
            index += 1;
        }
        Ok(())
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut seen = std::collections::HashSet::new();
        while let Some(key) = entries.next_key::<String>()? {
            let path = join(&self.path, &key);
            if !seen.insert(key) {
                self.found.push(format!("duplicate field {path:?}"));
            }
            entries.next_value_seed(Duplicates {
                path,
                found: self.found,
            })?;
        }
        Ok(())
    }
}

//! Kubernetes' protobuf, as far as kubectl's typed commands send it (`create secret`, `auth can-i`).
//!
//! Sources: k8s.io/apimachinery `pkg/runtime/serializer/protobuf` (the envelope), the field numbers of the Go
//! types (in the tables), gogo's proto2 rules. Answers are JSON, which those clients take as well.

use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::schema::{self, Scalar, Struct, Type};

/// What every document starts with.
const MAGIC: &[u8] = b"k8s\0";

/// A document as the JSON that Go would have written, zero values included.
pub(crate) fn decode(body: &[u8], shape: &'static str) -> Result<Value, String> {
    let inner = body
        .strip_prefix(MAGIC)
        .ok_or("provided data does not appear to be a protobuf message")?;
    let envelope = read(inner)?;
    let mut object = structure(&bytes_of(&envelope, 2), schema::lookup(shape), &[])?;
    let kind = read(&bytes_of(&envelope, 1))?;
    for (name, number) in [("apiVersion", 1), ("kind", 2)] {
        object.insert(
            name.into(),
            String::from_utf8_lossy(&bytes_of(&kind, number)).into(),
        );
    }
    Ok(Value::Object(object))
}

/// One field of a message.
enum Wire {
    Number(u64),
    Bytes(Vec<u8>),
}

type Message = Vec<(u64, Wire)>;

fn bytes_of(message: &Message, number: u64) -> Vec<u8> {
    let found = message.iter().rev().find_map(|(at, wire)| match wire {
        Wire::Bytes(bytes) if *at == number => Some(bytes.clone()),
        _ => None,
    });
    found.unwrap_or_default()
}

fn number_of(message: &Message, number: u64) -> u64 {
    let found = message.iter().rev().find_map(|(at, wire)| match wire {
        Wire::Number(value) if *at == number => Some(*value),
        _ => None,
    });
    found.unwrap_or_default()
}

fn read(mut bytes: &[u8]) -> Result<Message, String> {
    let mut message = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let wire = match tag & 7 {
            0 => Wire::Number(varint(&mut bytes)?),
            1 => Wire::Number(fixed(&mut bytes, 8)?),
            2 => {
                let length =
                    usize::try_from(varint(&mut bytes)?).map_err(|_| "proto: wrong length")?;
                let (content, rest) = bytes.split_at_checked(length).ok_or("unexpected EOF")?;
                bytes = rest;
                Wire::Bytes(content.to_vec())
            }
            5 => Wire::Number(fixed(&mut bytes, 4)?),
            other => return Err(format!("proto: illegal wireType {other}")),
        };
        message.push((tag >> 3, wire));
    }
    Ok(message)
}

fn varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or("unexpected EOF")?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err("proto: integer overflow".into())
}

fn fixed(bytes: &mut &[u8], length: usize) -> Result<u64, String> {
    let (content, rest) = bytes.split_at_checked(length).ok_or("unexpected EOF")?;
    *bytes = rest;
    Ok(content
        .iter()
        .rev()
        .fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

/// The fields of a struct whose numbers begin with `within`, that is, of a message that JSON has inline.
fn structure(
    bytes: &[u8],
    shape: &'static Struct,
    within: &[u64],
) -> Result<Map<String, Value>, String> {
    let mut out = Map::new();
    for (number, wire) in read(bytes)? {
        let place = [within, &[number]].concat();
        if let Some(field) = shape.fields().find(|field| field.number == place) {
            put(&mut out, field.name, &field.ty, &wire)?;
        } else if let Wire::Bytes(inner) = &wire
            && shape
                .fields()
                .any(|field| field.number.len() > place.len() && field.number.starts_with(&place))
        {
            out.extend(structure(inner, shape, &place)?);
        }
    }
    Ok(out)
}

fn put(
    out: &mut Map<String, Value>,
    name: &str,
    ty: &'static Type,
    wire: &Wire,
) -> Result<(), String> {
    match (ty, wire) {
        (Type::List(item), _) => {
            let item = value(item, wire)?;
            let list = out.entry(name).or_insert_with(|| json!([]));
            list.as_array_mut()
                .into_iter()
                .for_each(|list| list.push(item.clone()));
        }
        (Type::Map(entry), Wire::Bytes(bytes)) => {
            let pair = read(bytes)?;
            let key = String::from_utf8_lossy(&bytes_of(&pair, 1)).into_owned();
            let inner = pair
                .into_iter()
                .find(|(number, _)| *number == 2)
                .map(|(_, wire)| wire);
            let inner = value(entry, &inner.unwrap_or_else(|| Wire::Bytes(Vec::new())))?;
            out.entry(name).or_insert_with(|| json!({}))[key] = inner;
        }
        _ => {
            out.insert(name.into(), value(ty, wire)?);
        }
    }
    Ok(())
}

fn value(ty: &'static Type, wire: &Wire) -> Result<Value, String> {
    let value = match (ty, wire) {
        (Type::Struct(name), Wire::Bytes(bytes)) => {
            Value::Object(structure(bytes, schema::lookup(name), &[])?)
        }
        (Type::Scalar(Scalar::Bool), Wire::Number(number)) => Value::Bool(*number != 0),
        (Type::Scalar(Scalar::Number), Wire::Number(number)) => json!(f64::from_bits(*number)),
        (Type::Scalar(_), Wire::Number(number)) => json!(number.cast_signed()),
        (Type::Scalar(scalar), Wire::Bytes(bytes)) => match scalar {
            Scalar::Bytes => base64::engine::general_purpose::STANDARD
                .encode(bytes)
                .into(),
            Scalar::Time => time(bytes)?,
            Scalar::Quantity => String::from_utf8_lossy(&bytes_of(&read(bytes)?, 1)).into(),
            Scalar::IntOrText => {
                let message = read(bytes)?;
                if number_of(&message, 1) == 0 {
                    json!(number_of(&message, 2).cast_signed())
                } else {
                    String::from_utf8_lossy(&bytes_of(&message, 3)).into()
                }
            }
            Scalar::Any => {
                serde_json::from_slice(&bytes_of(&read(bytes)?, 1)).unwrap_or(Value::Null)
            }
            _ => String::from_utf8_lossy(bytes).into(),
        },
        _ => return Err("proto: wrong wireType".into()),
    };
    Ok(value)
}

/// Go writes the zero time as an empty message.
fn time(bytes: &[u8]) -> Result<Value, String> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    let seconds = number_of(&read(bytes)?, 1).cast_signed();
    let time = jiff::Timestamp::from_second(seconds).map_err(|error| error.to_string())?;
    Ok(time.to_string().into())
}

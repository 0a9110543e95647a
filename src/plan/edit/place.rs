//! Places in an object: JSON pointers (RFC 6901), in which a token `[KEY=VALUE]` names the item of a list of objects whose
//! field KEY is the string VALUE, as `/spec/template/spec/containers/[name=web]/image`. So a place stays the same when
//! somebody else puts an item in front.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::OpRefusal;

/// What is at the place; `None` where there is nothing.
pub fn look<'a>(object: &'a Value, place: &str) -> Option<&'a Value> {
    place
        .split('/')
        .skip(1)
        .try_fold(object, |at, token| match at {
            Value::Array(items) => items.get(index(items, token)?),
            other => other.get(&*unescape(token)),
        })
}

/// The place of the item whose field `key` is `value`, in the list at `list`.
pub fn item(list: &str, key: &str, value: &str) -> String {
    format!("{list}/[{key}={}]", escape(value))
}

pub(super) fn items<'a>(object: &'a Value, list: &str) -> impl Iterator<Item = (usize, &'a Value)> {
    look(object, list)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .enumerate()
}

pub(super) fn list_at<'a>(
    object: &'a mut Value,
    place: &str,
) -> Result<&'a mut Vec<Value>, OpRefusal> {
    let shape = || OpRefusal::Shape {
        place: words(place),
    };
    make(object, place, || Value::Array(Vec::new()))
        .and_then(Value::as_array_mut)
        .ok_or_else(shape)
}

pub(super) fn map_at<'a>(
    object: &'a mut Value,
    place: &str,
) -> Result<&'a mut Map<String, Value>, OpRefusal> {
    let shape = || OpRefusal::Shape {
        place: words(place),
    };
    make(object, place, || Value::Object(Map::new()))
        .and_then(Value::as_object_mut)
        .ok_or_else(shape)
}

/// The value at the place, made with `leaf` when it is missing or null; maps on the way are made too, items of lists are not.
fn make<'a>(object: &'a mut Value, place: &str, leaf: impl Fn() -> Value) -> Option<&'a mut Value> {
    let mut tokens = place.split('/').skip(1).peekable();
    let mut at = object;
    while let Some(token) = tokens.next() {
        let last = tokens.peek().is_none();
        let slot = match at {
            Value::Array(items) => {
                let index = index(items, token)?;
                items.get_mut(index)?
            }
            other => other
                .as_object_mut()?
                .entry(unescape(token).into_owned())
                .or_insert(Value::Null),
        };
        if slot.is_null() {
            *slot = if last {
                leaf()
            } else {
                Value::Object(Map::new())
            };
        }
        at = slot;
    }
    Some(at)
}

/// Sets or takes away a field whose parent is there.
pub(super) fn set(object: &mut Value, place: &str, value: Option<&Value>) {
    let (above, name) = parent(place);
    let mut at = object;
    for token in above.split('/').skip(1) {
        let next = match at {
            Value::Array(items) => index(items, token).and_then(|index| items.get_mut(index)),
            other => other.get_mut(&*unescape(token)),
        };
        match next {
            Some(next) => at = next,
            None => return,
        }
    }
    if let Some(map) = at.as_object_mut() {
        let name = unescape(name).into_owned();
        match value {
            Some(value) => drop(map.insert(name, value.clone())),
            None => drop(map.shift_remove(&name)),
        }
    }
}

pub(super) fn parent(place: &str) -> (&str, &str) {
    place.rsplit_once('/').unwrap_or(("", place))
}

/// Where in the list a token points: a number, or `[KEY=VALUE]`.
fn index(items: &[Value], token: &str) -> Option<usize> {
    let Some(inner) = token
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    else {
        return token.parse().ok();
    };
    let (key, value) = inner.split_once('=')?;
    let value = unescape(value);
    items
        .iter()
        .position(|item| item.get(key).and_then(Value::as_str) == Some(&*value))
}

/// One token, by RFC 6901.
pub(super) fn escape(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

fn unescape(token: &str) -> Cow<'_, str> {
    if token.contains('~') {
        Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(token)
    }
}

/// A place as people write a field: `spec.output.to`, `spec.template.spec.containers[name=web].image`.
pub(super) fn words(place: &str) -> String {
    let mut words = String::new();
    for token in place.split('/').skip(1) {
        if !words.is_empty() && !token.starts_with('[') {
            words.push('.');
        }
        words.push_str(&unescape(token));
    }
    words
}

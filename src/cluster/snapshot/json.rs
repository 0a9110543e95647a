//! Getting at values of JSON objects without a word when they are absent.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

/// A text that is there and not empty.
pub(super) fn given(value: &Value) -> Option<String> {
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// A text, empty when it is absent.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The items of a list; none when it is absent or null.
pub(super) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

pub(super) fn texts(value: &Value) -> Vec<String> {
    items(value).filter_map(given).collect()
}

/// The names of `[{"name": ...}, ...]`.
pub(super) fn names(value: &Value) -> Vec<String> {
    items(value)
        .filter_map(|item| given(&item["name"]))
        .collect()
}

pub(super) fn map(value: &Value) -> BTreeMap<String, String> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), text(value)))
        .collect()
}

pub(super) fn time(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

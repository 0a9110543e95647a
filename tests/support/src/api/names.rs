//! Names, labels and annotations.
//!
//! Source: k8s.io/apimachinery `pkg/api/validation/objectmeta.go`, `pkg/util/validation/validation.go`.

use serde_json::{Value, json};

use super::error::FieldError;
use super::kinds::Resource;

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                     start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for \
                     validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or \
                         '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used \
                         for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or \
                           '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or \
                           'my_value',  or '12345', regex used for validation is \
                           '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const QUALIFIED: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end \
                         with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for \
                         validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/// Findings about the metadata of a new object.
pub(crate) fn metadata(object: &Value, resource: &Resource) -> Vec<FieldError> {
    let mut found = Vec::new();
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let is_label =
        resource.group.is_empty() && matches!(resource.plural.as_str(), "namespaces" | "services");
    let loose = matches!(
        (resource.group.as_str(), resource.plural.as_str()),
        ("rbac.authorization.k8s.io" | "user.openshift.io", _) | ("image.openshift.io", "images")
    );
    if name.is_empty() {
        found.push(FieldError::required(
            "metadata.name",
            "name or generateName is required",
        ));
    } else if let Some(words) = if loose {
        path_segment(name)
    } else {
        dns_name(name, is_label)
    } {
        found.push(FieldError::invalid("metadata.name", &json!(name), &words));
    }
    found.extend(labels(object));
    found
}

fn path_segment(name: &str) -> Option<String> {
    let bad = |text: &str| format!("may not contain '{text}'");
    ["/", "%"]
        .iter()
        .find(|text| name.contains(**text))
        .map(|text| bad(text))
}

fn dns_name(name: &str, label: bool) -> Option<String> {
    let part = |part: &str| {
        let inner = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
        part.starts_with(inner)
            && part.ends_with(inner)
            && part.chars().all(|letter| inner(letter) || letter == '-')
    };
    let (limit, fits) = if label {
        (63, part(name))
    } else {
        (253, name.split('.').all(part))
    };
    if name.len() > limit {
        return Some(format!("must be no more than {limit} bytes"));
    }
    match (fits, label) {
        (true, _) => None,
        (false, true) if name.split('.').all(part) => Some("must not contain dots".into()),
        (false, true) => Some(LABEL.into()),
        (false, false) => Some(SUBDOMAIN.into()),
    }
}

/// Findings about labels and annotations.
pub(crate) fn labels(object: &Value) -> Vec<FieldError> {
    let mut found = Vec::new();
    let word = |text: &str| {
        let edge = |letter: char| letter.is_ascii_alphanumeric();
        text.starts_with(edge)
            && text.ends_with(edge)
            && text
                .chars()
                .all(|letter| edge(letter) || matches!(letter, '-' | '_' | '.'))
    };
    let entries = |field: &str| {
        object["metadata"][field]
            .as_object()
            .cloned()
            .unwrap_or_default()
    };
    for (key, value) in &entries("labels") {
        let name = key.rsplit('/').next().unwrap_or_default();
        if !word(name) || name.len() > 63 {
            found.push(FieldError::invalid(
                "metadata.labels",
                &json!(key),
                QUALIFIED,
            ));
        }
        let value = value.as_str().unwrap_or_default();
        if value.len() > 63 {
            found.push(FieldError::invalid(
                "metadata.labels",
                &json!(value),
                "must be no more than 63 bytes",
            ));
        } else if !value.is_empty() && !word(value) {
            found.push(FieldError::invalid(
                "metadata.labels",
                &json!(value),
                LABEL_VALUE,
            ));
        }
    }
    let annotations = entries("annotations");
    for key in annotations.keys() {
        if !word(key.rsplit('/').next().unwrap_or_default()) {
            found.push(FieldError::invalid(
                "metadata.annotations",
                &json!(key.to_lowercase()),
                QUALIFIED,
            ));
        }
    }
    let size: usize = annotations
        .iter()
        .map(|(key, value)| key.len() + value.as_str().map_or(0, str::len))
        .sum();
    if size > 256 * 1024 {
        found.push(FieldError::too_long("metadata.annotations", 256 * 1024));
    }
    found
}

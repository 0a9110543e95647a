//! What the server refuses in objects, as far as this project can run into it.
//!
//! Sources: kube-apiserver `pkg/apis/core/validation/validation.go` (`ValidateSecret`, `ValidateConfigMap` and
//! their updates), k8s.io/apimachinery `pkg/api/validation/objectmeta.go`, `pkg/util/validation/validation.go`;
//! openshift/api's CEL rules for `registrySources`. Selector immutability of Deployments from
//! `pkg/apis/apps/validation`. Everything else is taken as valid.

use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::error::FieldError;
use super::kinds::Resource;
use super::names::{labels, metadata};

/// Secrets and config maps hold at most this much.
const MAX_SIZE: usize = 1024 * 1024;

const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. \
                          'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is \
                          '[-._a-zA-Z0-9]+')";
const IMMUTABLE: &str = "field is immutable when `immutable` is set";

/// Findings about a new object.
pub(crate) fn create(object: &Value, resource: &Resource) -> Vec<FieldError> {
    let mut found = metadata(object, resource);
    found.extend(content(object, resource));
    found
}

/// Findings about a change.
pub(crate) fn update(object: &Value, live: &Value, resource: &Resource) -> Vec<FieldError> {
    let mut found = Vec::new();
    let immutable = |place: &str, found: &mut Vec<FieldError>| {
        let (new, old) = (pointer(object, place), pointer(live, place));
        if new != old {
            found.push(FieldError::invalid(place, new, "field is immutable"));
        }
    };
    if matches!(resource.kind.as_str(), "Secret" | "ConfigMap") && resource.group.is_empty() {
        if resource.kind == "Secret" {
            immutable("type", &mut found);
        }
        if live["immutable"] == Value::Bool(true) {
            if object["immutable"] != Value::Bool(true) {
                found.push(FieldError::forbidden("immutable", IMMUTABLE));
            }
            for field in ["data", "binaryData"] {
                if object[field] != live[field] {
                    found.push(FieldError::forbidden(field, IMMUTABLE));
                }
            }
        }
    }
    if resource.group == "apps" && resource.kind != "ControllerRevision" {
        immutable("spec.selector", &mut found);
    }
    found.extend(labels(object));
    found.extend(content(object, resource));
    found
}

fn pointer<'a>(object: &'a Value, place: &str) -> &'a Value {
    place.split('.').fold(object, |at, step| &at[step])
}

fn content(object: &Value, resource: &Resource) -> Vec<FieldError> {
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Secret") => secret(object),
        ("", "ConfigMap") => config_map(object),
        ("", "Pod") => containers(&object["spec"], "spec"),
        ("apps", _) => template(object),
        ("config.openshift.io", "Image") => registry_sources(object),
        ("build.openshift.io", "BuildConfig") => super::build_rules::validate(object),
        _ => Vec::new(),
    }
}

fn key_findings(data: &Map<String, Value>, field: &str) -> Vec<FieldError> {
    let fits = |key: &str| {
        !key.is_empty()
            && key
                .chars()
                .all(|one| one.is_ascii_alphanumeric() || matches!(one, '-' | '_' | '.'))
    };
    let mut found = Vec::new();
    for key in data.keys() {
        let place = format!("{field}[{key}]");
        if key.len() > 253 {
            found.push(FieldError::invalid(
                &*place,
                &json!(key),
                "must be no more than 253 bytes",
            ));
        }
        if !fits(key) {
            found.push(FieldError::invalid(&*place, &json!(key), CONFIG_KEY));
        }
        match key.as_str() {
            "." => found.push(FieldError::invalid(&*place, &json!(key), "must not be '.'")),
            ".." => found.push(FieldError::invalid(
                &*place,
                &json!(key),
                "must not be '..'",
            )),
            _ if key.starts_with("..") => {
                found.push(FieldError::invalid(
                    &*place,
                    &json!(key),
                    "must not start with '..'",
                ));
            }
            _ => {}
        }
    }
    found
}

fn bytes_of(value: &Value) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD
        .decode(value.as_str().unwrap_or_default())
        .unwrap_or_default()
}

fn secret(object: &Value) -> Vec<FieldError> {
    let data = object["data"].as_object().cloned().unwrap_or_default();
    let mut found = key_findings(&data, "data");
    if data
        .values()
        .map(|value| bytes_of(value).len())
        .sum::<usize>()
        > MAX_SIZE
    {
        found.push(FieldError::too_long("data", MAX_SIZE));
    }
    let missing = |key: &str| FieldError::required(format!("data[{key}]"), "");
    let mut json_key = |key: &str| match data.get(key) {
        None => found.push(missing(key)),
        Some(value) => {
            let text = bytes_of(value);
            if let Err(error) = serde_json::from_slice::<Map<String, Value>>(&text) {
                let words = go_json_error(&text, &error);
                let place = format!("data[{key}]");
                found.push(FieldError::invalid(
                    place,
                    &json!("<secret contents redacted>"),
                    &words,
                ));
            }
        }
    };
    match object["type"].as_str().unwrap_or_default() {
        "kubernetes.io/dockerconfigjson" => json_key(".dockerconfigjson"),
        "kubernetes.io/dockercfg" => json_key(".dockercfg"),
        "kubernetes.io/tls" => {
            found.extend(
                ["tls.crt", "tls.key"]
                    .iter()
                    .filter(|key| !data.contains_key(**key))
                    .map(|key| missing(key)),
            );
        }
        "kubernetes.io/basic-auth"
            if !data.contains_key("username") && !data.contains_key("password") =>
        {
            found.extend([missing("username"), missing("password")]);
        }
        "kubernetes.io/ssh-auth"
            if data
                .get("ssh-privatekey")
                .is_none_or(|key| bytes_of(key).is_empty()) =>
        {
            found.push(missing("ssh-privatekey"));
        }
        "kubernetes.io/service-account-token" => {
            let name = "kubernetes.io/service-account.name";
            if object["metadata"]["annotations"][name]
                .as_str()
                .unwrap_or_default()
                .is_empty()
            {
                found.push(FieldError::required(
                    format!("metadata.annotations[{name}]"),
                    "",
                ));
            }
        }
        _ => {}
    }
    found
}

/// Go's words for the common ways in which a text is no JSON object.
fn go_json_error(text: &[u8], error: &serde_json::Error) -> String {
    let first = text.iter().find(|byte| !byte.is_ascii_whitespace());
    if error.is_eof() {
        return "unexpected end of JSON input".into();
    }
    if error.is_data() {
        let found = match first {
            Some(b'[') => "array",
            Some(b'"') => "string",
            Some(b't' | b'f') => "bool",
            _ => "number",
        };
        return format!(
            "json: cannot unmarshal {found} into Go value of type map[string]interface {{}}"
        );
    }
    match first {
        Some(byte) if error.line() == 1 && error.column() <= 1 => {
            format!(
                "invalid character '{}' looking for beginning of value",
                char::from(*byte)
            )
        }
        _ => "invalid character in JSON".into(),
    }
}

fn config_map(object: &Value) -> Vec<FieldError> {
    let entries = |field: &str| object[field].as_object().cloned().unwrap_or_default();
    let (data, binary) = (entries("data"), entries("binaryData"));
    let mut found = key_findings(&data, "data");
    for key in data.keys().filter(|key| binary.contains_key(*key)) {
        let words = "duplicate of key present in binaryData";
        found.push(FieldError::invalid(
            format!("data[{key}]"),
            &json!(key),
            words,
        ));
    }
    found.extend(key_findings(&binary, "binaryData"));
    let texts: usize = data
        .values()
        .map(|value| value.as_str().map_or(0, str::len))
        .sum();
    if texts
        + binary
            .values()
            .map(|value| bytes_of(value).len())
            .sum::<usize>()
        > MAX_SIZE
    {
        found.push(FieldError::too_long("", MAX_SIZE));
    }
    found
}

fn containers(spec: &Value, place: &str) -> Vec<FieldError> {
    let mut found = Vec::new();
    let list = spec["containers"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if list.is_empty() {
        found.push(FieldError::required(format!("{place}.containers"), ""));
    }
    for (index, container) in list.iter().enumerate() {
        let place = format!("{place}.containers[{index}]");
        let text = |field: &str| container[field].as_str().unwrap_or_default();
        if text("name").is_empty() {
            found.push(FieldError::required(format!("{place}.name"), ""));
        }
        let image = text("image");
        if image.trim() != image {
            let words = "must not have leading or trailing whitespace";
            found.push(FieldError::invalid(
                format!("{place}.image"),
                &json!(image),
                words,
            ));
        } else if image.is_empty() && place.starts_with("spec.containers") {
            found.push(FieldError::required(format!("{place}.image"), ""));
        }
    }
    found
}

fn template(object: &Value) -> Vec<FieldError> {
    let mut found = Vec::new();
    let wanted = object
        .pointer("/spec/selector/matchLabels")
        .and_then(Value::as_object);
    let labels = &object["spec"]["template"]["metadata"]["labels"];
    match wanted {
        None if object["spec"]["selector"].is_null() => {
            found.push(FieldError::required("spec.selector", ""));
        }
        Some(wanted)
            if wanted
                .iter()
                .any(|(key, value)| labels.get(key) != Some(value)) =>
        {
            let shown = if labels.is_null() {
                json!({})
            } else {
                labels.clone()
            };
            let words = "`selector` does not match template `labels`";
            found.push(FieldError::invalid(
                "spec.template.metadata.labels",
                &shown,
                words,
            ));
        }
        _ => {}
    }
    found.extend(containers(
        &object["spec"]["template"]["spec"],
        "spec.template.spec",
    ));
    found
}

fn registry_sources(object: &Value) -> Vec<FieldError> {
    let sources = &object["spec"]["registrySources"];
    let has = |field: &str| {
        sources[field]
            .as_array()
            .is_some_and(|list| !list.is_empty())
    };
    if has("allowedRegistries") && has("blockedRegistries") {
        let words = "Only one of blockedRegistries or allowedRegistries may be set";
        return vec![FieldError::invalid("spec.registrySources", sources, words)];
    }
    Vec::new()
}

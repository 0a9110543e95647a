//! Label and field selectors.
//!
//! Sources: k8s.io/apimachinery `pkg/labels/selector.go` (grammar), kube-apiserver's registries for which fields
//! a resource can be selected by; others are refused as there.

use serde_json::Value;

use super::error::ApiError;
use super::kinds::Resource;

/// What a list or a watch is limited to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<(String, bool, String)>,
}

#[derive(Debug, Clone)]
enum Requirement {
    Exists(String),
    Missing(String),
    In(String, Vec<String>),
    NotIn(String, Vec<String>),
}

impl Selector {
    /// Reads both selectors of a request.
    pub(crate) fn parse(resource: &Resource, labels: &str, fields: &str) -> Result<Self, ApiError> {
        let labels = split_top(labels)
            .into_iter()
            .map(|term| {
                requirement(term).ok_or_else(|| {
                    ApiError::bad_request(format!(
                        "unable to parse requirement: found {term:?}, expected a selector"
                    ))
                })
            })
            .collect::<Result<_, _>>()?;
        let mut chosen = Vec::new();
        for term in fields
            .split(',')
            .map(str::trim)
            .filter(|term| !term.is_empty())
        {
            let (field, equal, value) = if let Some((field, value)) = term.split_once("!=") {
                (field, false, value)
            } else if let Some((field, value)) =
                term.split_once("==").or_else(|| term.split_once('='))
            {
                (field, true, value)
            } else {
                return Err(ApiError::bad_request(format!(
                    "invalid selector: '{fields}'; can't understand '{term}'"
                )));
            };
            if !selectable(resource, field) {
                return Err(not_selectable(resource, field));
            }
            chosen.push((field.to_owned(), equal, value.to_owned()));
        }
        Ok(Self {
            labels,
            fields: chosen,
        })
    }

    /// Whether it lets everything through.
    pub(crate) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// The one name that a field selector asks for; the authorizer sees such a list as one of that object.
    pub(crate) fn single_name(&self) -> Option<&str> {
        self.fields
            .iter()
            .find(|(field, equal, _)| field == "metadata.name" && *equal)
            .map(|(_, _, name)| name.as_str())
    }

    /// Whether an object is meant.
    pub(crate) fn matches(&self, object: &Value) -> bool {
        let labels = &object["metadata"]["labels"];
        let label = |key: &str| labels.get(key).and_then(Value::as_str);
        self.labels.iter().all(|requirement| match requirement {
            Requirement::Exists(key) => label(key).is_some(),
            Requirement::Missing(key) => label(key).is_none(),
            Requirement::In(key, values) => {
                label(key).is_some_and(|value| values.iter().any(|one| one == value))
            }
            Requirement::NotIn(key, values) => {
                label(key).is_none_or(|value| values.iter().all(|one| one != value))
            }
        }) && self
            .fields
            .iter()
            .all(|(field, equal, wanted)| (field_of(object, field) == *wanted) == *equal)
    }
}

/// Types with fields of their own have one text, all others another.
fn not_selectable(resource: &Resource, field: &str) -> ApiError {
    ApiError::bad_request(if own_fields(resource).is_empty() {
        format!(
            "{field:?} is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        )
    } else {
        format!("field label not supported: {field}")
    })
}

fn selectable(resource: &Resource, field: &str) -> bool {
    matches!(field, "metadata.name" | "metadata.namespace") || own_fields(resource).contains(&field)
}

fn own_fields(resource: &Resource) -> &'static [&'static str] {
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.nominatedNodeName",
        ],
        ("", "events") => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        ("", "secrets") => &["type"],
        ("", "namespaces") => &["status.phase"],
        ("", "nodes") => &["spec.unschedulable"],
        ("apps", "replicasets") | ("", "replicationcontrollers") => &["status.replicas"],
        ("batch", "jobs") => &["status.successful"],
        ("build.openshift.io", "builds") => &["status", "podName"],
        ("image.openshift.io", "imagestreams") => {
            &["spec.dockerImageRepository", "status.dockerImageRepository"]
        }
        ("route.openshift.io", "routes") => &["spec.path", "spec.host", "spec.to.name"],
        _ => &[],
    }
}

fn field_of(object: &Value, field: &str) -> String {
    let path = match (object["kind"].as_str(), field) {
        (Some("Build"), "status") => "status.phase",
        (Some("Event"), "source") => "source.component",
        (_, other) => other,
    };
    match path.split('.').fold(object, |at, step| &at[step]) {
        Value::String(text) => text.clone(),
        Value::Null => match path {
            "spec.hostNetwork" | "spec.unschedulable" => "false".into(),
            "status.replicas" | "status.successful" => "0".into(),
            _ => String::new(),
        },
        other => other.to_string(),
    }
}

/// Splits at commas that are not inside `in (...)`.
fn split_top(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, letter) in text.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

fn requirement(term: &str) -> Option<Requirement> {
    let key = |text: &str| {
        let text = text.trim();
        let fits = |letter: char| {
            letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '/')
        };
        (!text.is_empty() && text.chars().all(fits)).then(|| text.to_owned())
    };
    let set = |text: &str| -> Option<Vec<String>> {
        let inner = text.trim().strip_prefix('(')?.strip_suffix(')')?;
        Some(
            inner
                .split(',')
                .map(|value| value.trim().to_owned())
                .collect(),
        )
    };
    if let Some(rest) = term.strip_prefix('!') {
        return Some(Requirement::Missing(key(rest)?));
    }
    if let Some((name, value)) = term.split_once("!=") {
        return Some(Requirement::NotIn(
            key(name)?,
            vec![value.trim().to_owned()],
        ));
    }
    if let Some((name, value)) = term.split_once("==").or_else(|| term.split_once('=')) {
        return Some(Requirement::In(key(name)?, vec![value.trim().to_owned()]));
    }
    if let Some((name, values)) = term.split_once(" notin ") {
        return Some(Requirement::NotIn(key(name)?, set(values)?));
    }
    if let Some((name, values)) = term.split_once(" in ") {
        return Some(Requirement::In(key(name)?, set(values)?));
    }
    key(term).map(Requirement::Exists)
}

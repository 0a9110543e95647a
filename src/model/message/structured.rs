//! Failures in JSON: an event, a pod or a list of them, an import's conditions, a registry's error body, lines of docker's
//! progress output.
//!
//! Walks any JSON and takes the texts that are messages, with the image and the object nearest to them.

use serde_json::{Map, Value};

use super::lines::Piece;
use super::{Object, clean, names};

/// The kinds that `doctor` takes, by their name in the API.
const KINDS: [(&str, &str); 13] = [
    ("Pod", "pod"),
    ("Build", "build"),
    ("BuildConfig", "bc"),
    ("ImageStream", "is"),
    ("ImageStreamTag", "istag"),
    ("Deployment", "deploy"),
    ("DeploymentConfig", "dc"),
    ("StatefulSet", "statefulset"),
    ("DaemonSet", "daemonset"),
    ("ReplicaSet", "replicaset"),
    ("Job", "job"),
    ("CronJob", "cronjob"),
    ("ServiceAccount", "sa"),
];

/// Deeper JSON is nobody's event; serde_json's own bound is 128.
const DEEPEST: usize = 60;

/// The pieces of a text that is JSON, or has JSON on lines of its own; `None` for other texts.
pub(super) fn pieces(text: &str) -> Option<Vec<Piece>> {
    let trimmed = text.trim();
    if !trimmed.starts_with(['{', '[']) {
        return None;
    }
    let mut found = Vec::new();
    if let Ok(value) = serde_json::from_str::<Value>(trimmed) {
        walk(&value, &Around::default(), &mut found, 0);
        return Some(found);
    }
    let mut some = false;
    for line in trimmed.lines() {
        match serde_json::from_str::<Value>(line) {
            Ok(value) if value.is_object() => {
                some = true;
                walk(&value, &Around::default(), &mut found, 0);
            }
            _ => found.push(Piece {
                text: clean::plain(line),
                ..Piece::default()
            }),
        }
    }
    some.then_some(found)
}

/// What stands around a value.
#[derive(Debug, Clone, Default)]
struct Around {
    image: Option<String>,
    object: Option<Object>,
}

fn walk(value: &Value, around: &Around, found: &mut Vec<Piece>, depth: usize) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Array(items) => items
            .iter()
            .for_each(|item| walk(item, around, found, depth + 1)),
        Value::Object(fields) => {
            let around = Around {
                image: text(fields, "image")
                    .map(str::to_owned)
                    .or_else(|| around.image.clone()),
                object: object(fields).or_else(|| around.object.clone()),
            };
            if let Some(text) = message(fields) {
                found.push(Piece {
                    text,
                    tight: None,
                    image: around.image.clone(),
                    object: around.object.clone(),
                });
            }
            fields
                .values()
                .for_each(|value| walk(value, &around, found, depth + 1));
        }
        _ => {}
    }
}

fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    fields.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// The text of an event, a status, a condition or an error; what names it (reason, code) in front.
fn message(fields: &Map<String, Value>) -> Option<String> {
    let said = ["message", "note", "error", "msg", "logSnippet"]
        .iter()
        .find_map(|name| text(fields, name));
    let reason = ["reason", "code"]
        .iter()
        .find_map(|name| text(fields, name));
    // A true condition is no failure, whatever its words.
    if text(fields, "type").is_some_and(|kind| kind == "Normal")
        || text(fields, "status") == Some("True")
    {
        return None;
    }
    let said = match (reason, said) {
        (Some(reason), Some(said)) => format!("{reason}: {said}"),
        (one, other) => one.or(other)?.to_owned(),
    };
    let plain = clean::plain(&said);
    Some(plain.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn object(fields: &Map<String, Value>) -> Option<Object> {
    let of = |kind: &str, from: &Map<String, Value>| {
        let (_, kind) = KINDS.iter().find(|(api, _)| *api == kind)?;
        let name = text(from, "name").filter(|name| names::is_name(&name.replace(':', "-")))?;
        let namespace = text(from, "namespace")
            .filter(|name| names::is_name(name))
            .map(str::to_owned);
        Some(Object {
            kind,
            name: name.to_owned(),
            namespace,
        })
    };
    for reference in ["involvedObject", "regarding"] {
        if let Some(Value::Object(named)) = fields.get(reference) {
            return of(text(named, "kind")?, named);
        }
    }
    match fields.get("metadata") {
        Some(Value::Object(metadata)) => of(text(fields, "kind").unwrap_or("Pod"), metadata),
        _ => None,
    }
}

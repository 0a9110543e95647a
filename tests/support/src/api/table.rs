//! `Table`, the form in which kubectl asks for what it prints.
//!
//! Source: kube-apiserver `pkg/printers/internalversion/printers.go` for the columns of pods, deployments and
//! secrets; every other kind gets name and age, as a custom resource without printer columns does.

use serde_json::{Value, json};

use super::kinds::Resource;

/// Objects as a `Table`.
pub(crate) fn table(
    resource: &Resource,
    objects: &[&Value],
    version: &Value,
    next: Option<&Value>,
) -> Value {
    let columns: &[&str] = match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => &["Ready", "Status", "Restarts"],
        ("", "secrets") => &["Type", "Data"],
        ("apps", "deployments") => &["Ready", "Up-to-date", "Available"],
        _ => &[],
    };
    let mut names = vec!["Name"];
    names.extend(columns);
    names.push("Age");
    let definitions: Vec<Value> = names
        .iter()
        .map(|name| {
            let format = if *name == "Name" { "name" } else { "" };
            json!({"name": name, "type": "string", "format": format, "description": "", "priority": 0})
        })
        .collect();
    let rows: Vec<Value> = objects
        .iter()
        .map(|object| {
            let mut cells = vec![object["metadata"]["name"].clone()];
            cells.extend(columns.iter().map(|column| Value::String(cell(object, column))));
            cells.push(age(&object["metadata"]["creationTimestamp"]).into());
            let metadata = &object["metadata"];
            json!({
                "cells": cells,
                "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": metadata},
            })
        })
        .collect();
    let mut metadata = json!({ "resourceVersion": version });
    if let Some(next) = next {
        metadata["continue"] = next.clone();
    }
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": metadata,
        "columnDefinitions": definitions, "rows": rows,
    })
}

fn cell(object: &Value, column: &str) -> String {
    let number = |pointer: &str| {
        object
            .pointer(pointer)
            .and_then(Value::as_u64)
            .unwrap_or_default()
    };
    let statuses = object["status"]["containerStatuses"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    match (object["kind"].as_str().unwrap_or_default(), column) {
        ("Pod", "Ready") => {
            let ready = statuses
                .iter()
                .filter(|one| one["ready"] == Value::Bool(true))
                .count();
            let all = object["spec"]["containers"].as_array().map_or(0, Vec::len);
            format!("{ready}/{all}")
        }
        ("Pod", "Restarts") => statuses
            .iter()
            .filter_map(|one| one["restartCount"].as_u64())
            .sum::<u64>()
            .to_string(),
        ("Pod", _) => pod_status(object, statuses),
        ("Secret", "Type") => object["type"].as_str().unwrap_or_default().into(),
        ("Secret", _) => object["data"]
            .as_object()
            .map_or(0, serde_json::Map::len)
            .to_string(),
        ("Deployment", "Ready") => format!(
            "{}/{}",
            number("/status/readyReplicas"),
            number("/spec/replicas")
        ),
        ("Deployment", "Up-to-date") => number("/status/updatedReplicas").to_string(),
        ("Deployment", _) => number("/status/availableReplicas").to_string(),
        _ => String::new(),
    }
}

fn pod_status(pod: &Value, statuses: &[Value]) -> String {
    let init = pod["status"]["initContainerStatuses"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let waiting = |statuses: &[Value]| {
        let reason = statuses
            .iter()
            .find_map(|one| one["state"]["waiting"]["reason"].as_str());
        reason
            .filter(|reason| !matches!(*reason, "" | "PodInitializing"))
            .map(ToOwned::to_owned)
    };
    if let Some(reason) = waiting(init) {
        return format!("Init:{reason}");
    }
    waiting(statuses).unwrap_or_else(|| pod["status"]["phase"].as_str().unwrap_or("Pending").into())
}

/// An age as kubectl prints it (`duration.HumanDuration`), to the unit.
fn age(created: &Value) -> String {
    let then = created
        .as_str()
        .and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let Some(then) = then else {
        return "<unknown>".into();
    };
    let seconds = jiff::Timestamp::now().as_second() - then.as_second();
    match seconds {
        ..=0 => "0s".into(),
        1..=119 => format!("{seconds}s"),
        120..=10_799 => format!("{}m", seconds / 60),
        10_800..=172_799 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

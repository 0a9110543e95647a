//! The published schema of the report.

use std::collections::BTreeSet;

use extreg::doctor::causes::Cause;
use extreg::doctor::evidence::Check;
use serde_json::Value;

use json_schema::check;

#[path = "../kit/json_schema.rs"]
mod json_schema;

fn schema() -> Value {
    schema_of("doctor-report")
}

/// A schema of `docs`, by the first part of its file's name.
pub(crate) fn schema_of(name: &str) -> Value {
    let path = format!("{}/docs/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("the schema");
    serde_json::from_str(&text).expect("JSON")
}

/// Panics where the report does not fit, with the place.
#[track_caller]
pub(crate) fn validate(report: &Value) {
    validate_as("doctor-report", report);
}

/// The same for another of the published schemas.
#[track_caller]
pub(crate) fn validate_as(name: &str, report: &Value) {
    let schema = schema_of(name);
    let faults = check(&schema, &schema, report, "");
    assert!(faults.is_empty(), "{faults:#?}\n{report:#}");
}

#[test]
fn the_schema_lists_every_cause_and_every_check() {
    let schema = schema();
    let listed = |pointer: &str| -> BTreeSet<String> {
        let list = schema
            .pointer(pointer)
            .and_then(Value::as_array)
            .expect("a list");
        list.iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect()
    };
    let causes: BTreeSet<String> = Cause::ALL
        .iter()
        .map(|cause| cause.id().to_owned())
        .collect();
    assert_eq!(listed("/$defs/cause/enum"), causes);
    let checks: BTreeSet<String> = Check::ALL
        .iter()
        .map(|check| check.word().to_owned())
        .collect();
    assert_eq!(listed("/$defs/evidence/properties/check/enum"), checks);
    let families: BTreeSet<String> = Cause::ALL
        .iter()
        .map(|cause| cause.family().to_owned())
        .collect();
    assert_eq!(listed("/$defs/family/enum"), families);
}

#[test]
fn the_validator_finds_faults() {
    let schema = schema();
    let broken = serde_json::json!({"apiVersion": "extreg.dev/v1", "kind": "Other", "more": 1});
    let faults = check(&schema, &schema, &broken, "").join("\n");
    for words in [
        "/kind: \"Other\" is not",
        "results is missing",
        "more is not in the schema",
    ] {
        assert!(faults.contains(words), "{faults}");
    }
}

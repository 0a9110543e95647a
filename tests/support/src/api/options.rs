//! The options of writes: dry run, field manager, field validation, preconditions.
//!
//! Source: k8s.io/apimachinery `pkg/apis/meta/v1/validation/validation.go`.

use serde_json::{Value, json};

use super::error::{ApiError, FieldError, Named};
use super::wire::Call;

/// What happens to unknown and duplicate fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validation {
    Ignore,
    Warn,
    Strict,
}

/// The options of a write.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) dry_run: bool,
    /// Under whose name changes are recorded.
    pub(crate) manager: String,
    pub(crate) validation: Validation,
}

/// The options of a deletion.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeleteOptions {
    pub(crate) dry_run: bool,
    pub(crate) uid: Option<String>,
    pub(crate) version: Option<String>,
    /// Dependents stay.
    pub(crate) orphan: bool,
}

fn refuse(kind: &str, finding: FieldError) -> ApiError {
    ApiError::invalid(
        Named {
            group: "meta.k8s.io",
            resource: kind,
        },
        "",
        &[finding],
    )
}

fn dry_run(values: &[&str], kind: &str) -> Result<bool, ApiError> {
    if values.iter().any(|value| *value != "All") {
        return Err(refuse(
            kind,
            FieldError::unsupported("dryRun", &json!(values), &["All"]),
        ));
    }
    Ok(!values.is_empty())
}

impl Options {
    /// Options of the server's own writes.
    pub(crate) fn own(manager: &str) -> Self {
        Self {
            dry_run: false,
            manager: manager.into(),
            validation: Validation::Ignore,
        }
    }

    /// Reads the query; `kind` is that of the options in messages, `PatchOptions`.
    pub(crate) fn parse(call: &Call, kind: &str) -> Result<Self, ApiError> {
        let all = |name: &str| -> Vec<&str> {
            call.query
                .iter()
                .filter(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
                .collect()
        };
        let manager = call.parameter("fieldManager");
        if manager.chars().count() > 128 {
            return Err(refuse(kind, FieldError::too_long("fieldManager", 128)));
        }
        let validation = match call.parameter("fieldValidation") {
            "" | "Warn" => Validation::Warn,
            "Strict" => Validation::Strict,
            "Ignore" => Validation::Ignore,
            other => {
                let finding = FieldError::unsupported(
                    "fieldValidation",
                    &json!(other),
                    &["", "Ignore", "Strict", "Warn"],
                );
                return Err(refuse(kind, finding));
            }
        };
        Ok(Self {
            dry_run: dry_run(&all("dryRun"), kind)?,
            manager: call.field_manager(),
            validation,
        })
    }

    /// Reads the body of a DELETE, or the query where there is no body: the real server never reads both.
    pub(crate) fn parse_delete(call: &Call) -> Result<DeleteOptions, ApiError> {
        let kind = "DeleteOptions";
        let body: Value = if call.body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&call.body)
                .map_err(|error| ApiError::bad_request(error.to_string()))?
        };
        let text = |pointer: &str| {
            body.pointer(pointer)
                .and_then(Value::as_str)
                .map(ToOwned::to_owned)
        };
        let (dry, policy): (Vec<&str>, String) = if body.is_null() {
            let dry = call.query.iter().filter(|(key, _)| key == "dryRun");
            (
                dry.map(|(_, value)| value.as_str()).collect(),
                call.parameter("propagationPolicy").to_owned(),
            )
        } else {
            let dry = body["dryRun"].as_array().into_iter().flatten();
            (
                dry.filter_map(Value::as_str).collect(),
                text("/propagationPolicy").unwrap_or_default(),
            )
        };
        if !matches!(policy.as_str(), "" | "Orphan" | "Background" | "Foreground") {
            let allowed = ["Background", "Foreground", "Orphan"];
            return Err(refuse(
                kind,
                FieldError::unsupported("propagationPolicy", &json!(policy), &allowed),
            ));
        }
        Ok(DeleteOptions {
            dry_run: dry_run(&dry, kind)?,
            uid: text("/preconditions/uid"),
            version: text("/preconditions/resourceVersion"),
            orphan: policy == "Orphan",
        })
    }
}

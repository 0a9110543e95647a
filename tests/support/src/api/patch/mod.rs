//! PATCH: which kinds of patch a resource takes, and how each is applied.
//!
//! Sources: k8s.io/apiserver `pkg/endpoints/handlers/patch.go`; gopkg.in/evanphx/json-patch.v4 for the JSON
//! patch that Kubernetes uses (a `test` for null passes when the path's last key is absent).

pub(crate) mod strategic;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::api::auth::Access;
use crate::api::body::ensure_namespace;
use crate::api::decode::{Findings, decode, duplicate_fields};
use crate::api::defaults;
use crate::api::error::{ApiError, FieldError, Named};
use crate::api::kinds::Backing;
use crate::api::options::{Options, Validation};
use crate::api::read::present;
use crate::api::smd::managers;
use crate::api::wire::{Call, Outcome, Reply};
use crate::api::world::{World, now};
use crate::api::write::{Place, insert, replace};

const JSON: &str = "application/json-patch+json";
const MERGE: &str = "application/merge-patch+json";
const STRATEGIC: &str = "application/strategic-merge-patch+json";
const APPLY: &str = "application/apply-patch+yaml";

/// PATCH of an object.
pub(crate) fn patch(world: &mut World, call: &Call, place: &Place) -> Outcome {
    let media = call
        .header("content-type")
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned();
    let mut accepted = vec![JSON, MERGE];
    if place.resource.backing != Backing::Custom {
        accepted.push(STRATEGIC);
    }
    accepted.push(APPLY);
    if !accepted.contains(&media.as_str()) {
        return Err(ApiError::unsupported_media_type(&accepted));
    }
    let options = Options::parse(call, "PatchOptions")?;
    let refuse = |finding| {
        Err(ApiError::invalid(
            Named {
                group: "meta.k8s.io",
                resource: "PatchOptions",
            },
            "",
            &[finding],
        ))
    };
    if media == APPLY {
        if call.parameter("fieldManager").is_empty() {
            return refuse(FieldError::required(
                "fieldManager",
                "is required for apply patch",
            ));
        }
        return apply(world, call, place, &options);
    }
    if !call.parameter("force").is_empty() {
        return refuse(FieldError::forbidden(
            "force",
            "may not be specified for non-apply patch",
        ));
    }
    let live = world.find(&place.resource, &place.namespace, &place.name)?;
    let mut strict = if media == JSON {
        Vec::new()
    } else {
        duplicate_fields(&call.body)
    };
    let patched = match media.as_str() {
        JSON => json_patch(&live, &call.body)?,
        MERGE => merge_patch(&live, &call.body)?,
        _ => strategic_patch(&live, &call.body, place)?,
    };
    let mut object = patched;
    let go_type = place.resource.backing != Backing::Custom;
    let findings = decode(&mut object, place.resource.shape, go_type);
    let invalid = |words: &str| {
        let finding =
            FieldError::invalid("patch", &json!(String::from_utf8_lossy(&call.body)), words);
        ApiError::invalid(
            Named {
                group: "",
                resource: "",
            },
            "",
            &[finding],
        )
    };
    let Findings { strict: unknown } = findings.map_err(|words| invalid(&words))?;
    strict.extend(unknown);
    match options.validation {
        _ if strict.is_empty() => {}
        Validation::Strict => {
            return Err(invalid(&format!(
                "strict decoding error: {}",
                strict.join(", ")
            )));
        }
        Validation::Warn => world.warnings.extend(strict),
        Validation::Ignore => {}
    }
    check_identity(&mut object, place)?;
    defaults::apply(&mut object, &place.resource);
    let manager = place.manager(&options.manager, false);
    managers::update(
        &live,
        &mut object,
        &place.shape(),
        &manager,
        place.door(),
        &now(),
    );
    let stored = replace(world, &live, object, place, &options)?;
    Ok(Reply::Json(200, present(call, &place.resource, &stored)))
}

fn check_identity(object: &mut Value, place: &Place) -> Result<(), ApiError> {
    ensure_namespace(object, place)?;
    let named = object["metadata"]["name"].as_str().unwrap_or_default();
    if named != place.name {
        return Err(ApiError::bad_request(format!(
            "the name of the object ({named}) does not match the name on the URL ({})",
            place.name
        )));
    }
    let resource = &place.resource;
    let sent = object["apiVersion"].as_str().unwrap_or_default();
    if sent != resource.api_version() || object["kind"] != resource.kind.as_str() {
        return Err(ApiError::bad_request(format!(
            "the API version in the data ({sent}) does not match the expected API version ({})",
            resource.api_version()
        )));
    }
    Ok(())
}

fn json_patch(live: &Value, body: &[u8]) -> Result<Value, ApiError> {
    let operations: Vec<Value> = serde_json::from_slice(body)
        .map_err(|error| ApiError::bad_request(format!("error decoding patch: {error}")))?;
    if operations.len() > 10_000 {
        let words = format!(
            "The allowed maximum operations in a JSON patch is 10000, got {}",
            operations.len()
        );
        return Err(ApiError::too_large(&words));
    }
    let mut document = live.clone();
    for operation in operations {
        let path = operation["path"].as_str().unwrap_or_default();
        if operation["op"] == "test" && operation.get("value").is_some_and(Value::is_null) {
            // The parent must be there; the last key may be absent.
            let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
            if document.pointer(parent).is_some()
                && document.pointer(path).is_none_or(Value::is_null)
            {
                continue;
            }
            return Err(ApiError::unprocessable());
        }
        let one: json_patch::Patch = serde_json::from_value(json!([operation]))
            .map_err(|error| ApiError::bad_request(format!("error decoding patch: {error}")))?;
        json_patch::patch(&mut document, &one).map_err(|_| ApiError::unprocessable())?;
    }
    Ok(document)
}

fn merge_patch(live: &Value, body: &[u8]) -> Result<Value, ApiError> {
    let patch: Value = serde_json::from_slice(body)
        .map_err(|error| ApiError::bad_request(format!("error decoding patch: {error}")))?;
    if !patch.is_object() {
        return Err(ApiError::bad_request(
            "error decoding patch: the patch is no JSON object",
        ));
    }
    let mut document = live.clone();
    json_patch::merge(&mut document, &patch);
    Ok(document)
}

fn strategic_patch(live: &Value, body: &[u8], place: &Place) -> Result<Value, ApiError> {
    let patch: Value =
        serde_json::from_slice(body).map_err(|error| ApiError::bad_request(error.to_string()))?;
    let Value::Object(patch) = patch else {
        return Err(ApiError::bad_request(
            "json: cannot unmarshal the patch into Go value of type map[string]interface {}",
        ));
    };
    strategic::apply(live, patch, &place.shape()).map_err(|words| {
        // What is malformed is the client's fault; the rest has no status of its own.
        if words.starts_with("bad patch format") {
            ApiError::bad_request(words)
        } else {
            ApiError::plain(words)
        }
    })
}

/// Server-side apply.
fn apply(world: &mut World, call: &Call, place: &Place, options: &Options) -> Outcome {
    let resource = &place.resource;
    let config: Value = serde_json::from_slice(&call.body).map_err(|error| {
        ApiError::bad_request(format!(
            "error decoding YAML: {error} (this server reads JSON, which is YAML)"
        ))
    })?;
    let (group, version) = (&resource.group, &resource.version);
    let (kind, api_version) = (&config["kind"], &config["apiVersion"]);
    if *kind != resource.kind.as_str() || *api_version != resource.api_version().as_str() {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        return Err(ApiError::bad_request(format!(
            "invalid object type: {}, Kind={}",
            if text(api_version).contains('/') {
                text(api_version)
            } else {
                format!("/{}", text(api_version))
            },
            text(kind)
        )));
    }
    let found = world.find(resource, &place.namespace, &place.name).ok();
    if found.is_none() {
        let access = Access {
            verb: "create",
            group,
            resource: &resource.plural,
            subresource: &place.subresource,
            namespace: &place.namespace,
            name: &place.name,
        };
        world.auth.authorize(&call.identity, &access)?;
        if !place.subresource.is_empty() {
            return Err(ApiError::not_found(resource.named(), &place.name));
        }
        if let Some(uid) = config["metadata"]["uid"].as_str() {
            let why = format!(
                "uid mismatch: the provided object specified uid {uid}, and no existing object was found"
            );
            return Err(ApiError::conflict(resource.named(), &place.name, &why));
        }
    }
    let manager = place.manager(&options.manager, true);
    let force = call.parameter("force") == "true";
    let live = found.as_deref().unwrap_or(&Value::Null);
    let mut object = managers::apply(
        live,
        &config,
        &place.shape(),
        &manager,
        place.door(),
        force,
        &now(),
    )?;
    let strict = duplicate_fields(&call.body);
    match options.validation {
        _ if strict.is_empty() => {}
        Validation::Strict => {
            return Err(ApiError::bad_request(format!(
                "error strict decoding YAML: {}",
                strict.join(", ")
            )));
        }
        Validation::Warn => world.warnings.extend(strict),
        Validation::Ignore => {}
    }
    let go_type = resource.backing != Backing::Custom;
    decode(&mut object, resource.shape, go_type).map_err(|words| {
        ApiError::bad_request(format!(
            "{} in version {version:?} cannot be handled as a {}: {words}",
            resource.kind, resource.kind
        ))
    })?;
    if object["metadata"]["name"].is_null() {
        object["metadata"]["name"] = place.name.clone().into();
    }
    check_identity(&mut object, place)?;
    defaults::apply(&mut object, resource);
    let (code, stored): (u16, Arc<Value>) = match found {
        Some(live) => (200, replace(world, &live, object, place, options)?),
        None => {
            if let Some(metadata) = object["metadata"].as_object_mut() {
                metadata.remove("resourceVersion");
            }
            (201, insert(world, object, place, options)?)
        }
    };
    Ok(Reply::Json(code, present(call, resource, &stored)))
}

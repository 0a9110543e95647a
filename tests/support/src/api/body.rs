//! The body of a POST or PUT: media types, identity, strict decoding, namespace.
//!
//! Source: k8s.io/apiserver `pkg/endpoints/handlers/create.go`, `pkg/registry/rest/meta.go`.

use serde_json::Value;

use super::decode::{decode, duplicate_fields};
use super::error::ApiError;
use super::kinds::Backing;
use super::options::{Options, Validation};
use super::proto;
use super::wire::Call;
use super::world::World;
use super::write::Place;

/// Decodes the body of a POST or PUT.
pub(crate) fn read_body(
    world: &mut World,
    call: &Call,
    place: &Place,
    options: &Options,
) -> Result<Value, ApiError> {
    let resource = &place.resource;
    let media = call
        .header("content-type")
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    let parsed = match media {
        "" | "application/json" => serde_json::from_slice(&call.body)
            .map_err(|error| format!("couldn't get version/kind; json parse error: {error}")),
        "application/vnd.kubernetes.protobuf" if resource.backing != Backing::Custom => {
            proto::decode(&call.body, resource.shape)
        }
        _ => {
            return Err(ApiError::unsupported_media_type(&[
                "application/json",
                "application/vnd.kubernetes.protobuf",
            ]));
        }
    };
    let mut object: Value = parsed.map_err(|words| {
        let kind = &resource.kind;
        ApiError::bad_request(format!(
            "the object provided is unrecognized (must be of type {kind}): {words}"
        ))
    })?;
    let (kind, api_version) = (object["kind"].clone(), object["apiVersion"].clone());
    let (kind, api_version) = (
        kind.as_str().unwrap_or_default(),
        api_version.as_str().unwrap_or_default(),
    );
    let version = api_version.rsplit('/').next().unwrap_or_default();
    if !api_version.is_empty() && api_version != resource.api_version() {
        return Err(ApiError::bad_request(format!(
            "the API version in the data ({api_version}) does not match the expected API version ({})",
            resource.api_version()
        )));
    }
    if !kind.is_empty() && kind != resource.kind {
        return Err(ApiError::bad_request(format!(
            "{kind} in version {version:?} cannot be handled as a {}: converting ({}.{kind}) to (.{}): unknown \
             conversion",
            resource.kind, resource.version, resource.kind
        )));
    }
    let cannot = |words: &str| {
        ApiError::bad_request(format!(
            "{} in version {:?} cannot be handled as a {}: {words}",
            resource.kind, resource.version, resource.kind
        ))
    };
    object["kind"] = resource.kind.clone().into();
    object["apiVersion"] = resource.api_version().into();
    let findings = decode(
        &mut object,
        resource.shape,
        resource.backing != Backing::Custom,
    )
    .map_err(|words| cannot(&words))?;
    let mut strict = if media.ends_with("json") {
        duplicate_fields(&call.body)
    } else {
        Vec::new()
    };
    strict.extend(findings.strict);
    match options.validation {
        _ if strict.is_empty() => {}
        Validation::Strict => {
            return Err(cannot(&format!(
                "strict decoding error: {}",
                strict.join(", ")
            )));
        }
        Validation::Warn => world.warnings.extend(strict),
        Validation::Ignore => {}
    }
    Ok(object)
}

/// The namespace of an object is that of its path.
pub(crate) fn ensure_namespace(object: &mut Value, place: &Place) -> Result<(), ApiError> {
    let sent = object["metadata"]["namespace"].as_str().unwrap_or_default();
    if place.resource.namespaced {
        if !sent.is_empty() && sent != place.namespace {
            return Err(ApiError::bad_request(
                "the namespace of the provided object does not match the namespace sent on the request",
            ));
        }
        object["metadata"]["namespace"] = place.namespace.clone().into();
    } else if !sent.is_empty() {
        return Err(ApiError::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    Ok(())
}

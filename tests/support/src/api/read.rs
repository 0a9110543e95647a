//! get and list: pages, selectors, and the forms an object is sent in.
//!
//! Sources: k8s.io/apiserver `pkg/endpoints/handlers/get.go`, `response.go`, `pkg/storage/etcd3/store.go`
//! (`continue`, `remainingItemCount`).

use std::sync::Arc;

use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::error::ApiError;
use super::kinds::{Backing, Resource};
use super::select::Selector;
use super::store::{Snapshot, collection};
use super::wire::{Call, Outcome, Reply};
use super::world::World;

/// The form that the client asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The object.
    Whole,
    /// `PartialObjectMetadata`.
    Metadata,
    /// `Table`, as kubectl prints.
    Table,
}

/// Reads the first media type of `Accept` that this server can answer.
pub(crate) fn form(call: &Call) -> Form {
    for media in call.header("accept").split(',') {
        let parameters: Vec<&str> = media.split(';').map(str::trim).collect();
        if parameters.first() != Some(&"application/json") {
            continue;
        }
        let asked = parameters.iter().find_map(|part| part.strip_prefix("as="));
        return match asked {
            Some("PartialObjectMetadata" | "PartialObjectMetadataList") => Form::Metadata,
            Some("Table") => Form::Table,
            _ => Form::Whole,
        };
    }
    Form::Whole
}

/// One object in the form asked for.
pub(crate) fn present(call: &Call, resource: &Resource, object: &Value) -> Value {
    match form(call) {
        Form::Whole => object.clone(),
        Form::Metadata => partial(object),
        Form::Table => super::table::table(
            resource,
            &[object],
            &object["metadata"]["resourceVersion"],
            None,
        ),
    }
}

fn partial(object: &Value) -> Value {
    json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": object["metadata"]})
}

/// The selector of a request.
pub(crate) fn selector(call: &Call, resource: &Resource) -> Result<Selector, ApiError> {
    Selector::parse(
        resource,
        call.parameter("labelSelector"),
        call.parameter("fieldSelector"),
    )
}

/// GET of one object.
pub(crate) fn get(
    world: &World,
    call: &Call,
    resource: &Resource,
    namespace: &str,
    name: &str,
) -> Outcome {
    let object = world.find(resource, namespace, name)?;
    Ok(Reply::Json(200, present(call, resource, &object)))
}

/// GET of a collection.
pub(crate) fn list(
    world: &mut World,
    call: &Call,
    resource: &Resource,
    namespace: &str,
) -> Outcome {
    let selector = selector(call, resource)?;
    let limit = match call.parameter("limit") {
        "" => 0,
        text => text.parse::<usize>().map_err(|_| {
            ApiError::bad_request(format!(
                "strconv.ParseInt: parsing {text:?}: invalid syntax"
            ))
        })?,
    };
    let token = call.parameter("continue");
    let snapshot = if token.is_empty() {
        let all = world.store.list(&collection(resource), namespace);
        Snapshot {
            version: world.store.version(),
            rest: all,
        }
    } else {
        world.store.snapshots.get(token).cloned().ok_or_else(|| {
            ApiError::expired(
                "The provided continue parameter is too old to display a consistent list result. You can start a new \
                 list without the continue parameter.",
            )
        })?
    };
    // The limit counts what the selector lets through, as the real one does by reading on.
    let mut taken = Vec::new();
    let mut rest = snapshot.rest.iter();
    while limit == 0 || taken.len() < limit {
        let Some(object) = rest.next() else { break };
        if selector.matches(object) {
            taken.push(object.clone());
        }
    }
    let rest: Vec<Arc<Value>> = rest.cloned().collect();
    let mut metadata = Map::new();
    metadata.insert(
        "resourceVersion".into(),
        snapshot.version.to_string().into(),
    );
    if !rest.is_empty() && rest.iter().any(|object| selector.matches(object)) {
        let raw = format!(
            r#"{{"v":"meta.k8s.io/v1","rv":{},"start":"{}"}}"#,
            snapshot.version,
            world.new_token()
        );
        let token = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(raw);
        metadata.insert("continue".into(), token.clone().into());
        if selector.is_empty() {
            metadata.insert("remainingItemCount".into(), rest.len().into());
        }
        world.store.snapshots.insert(
            token,
            Snapshot {
                version: snapshot.version,
                rest,
            },
        );
    }
    Ok(Reply::Json(
        200,
        present_list(call, resource, &taken, &metadata),
    ))
}

/// A list in the form asked for.
pub(crate) fn present_list(
    call: &Call,
    resource: &Resource,
    objects: &[Arc<Value>],
    metadata: &Map<String, Value>,
) -> Value {
    match form(call) {
        Form::Whole => {
            let items: Vec<Value> = objects
                .iter()
                .map(|object| list_item(resource, object))
                .collect();
            json!({
                "kind": format!("{}List", resource.kind), "apiVersion": resource.api_version(),
                "metadata": metadata, "items": items,
            })
        }
        Form::Metadata => {
            let items: Vec<Value> = objects.iter().map(|object| partial(object)).collect();
            json!({
                "kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1",
                "metadata": metadata, "items": items,
            })
        }
        Form::Table => {
            let objects: Vec<&Value> = objects.iter().map(AsRef::as_ref).collect();
            let version = metadata["resourceVersion"].clone();
            super::table::table(resource, &objects, &version, metadata.get("continue"))
        }
    }
}

/// Items of Go-typed lists come without `kind` and `apiVersion`.
fn list_item(resource: &Resource, object: &Value) -> Value {
    let mut item = object.clone();
    if resource.backing != Backing::Custom
        && let Some(entries) = item.as_object_mut()
    {
        entries.shift_remove("kind");
        entries.shift_remove("apiVersion");
    }
    item
}

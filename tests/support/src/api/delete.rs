//! delete, with preconditions, finalizers and dependents.
//!
//! Sources: k8s.io/apiserver `pkg/endpoints/handlers/delete.go`, `pkg/registry/rest/delete.go`. Pods are removed
//! at once (no kubelet waits for them), dependents with their owner (as the garbage collector does), and a
//! namespace with all that is in it (as the namespace controller does).

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::admit;
use super::error::{ApiError, Named};
use super::options::Options;
use super::read::{present, present_list, selector};
use super::store::{collection, key};
use super::wire::{Call, Outcome, Reply};
use super::world::{World, now};
use super::write::Place;

/// DELETE of one object.
pub(crate) fn delete(world: &mut World, call: &Call, place: &Place) -> Outcome {
    let options = Options::parse_delete(call)?;
    let live = world.find(&place.resource, &place.namespace, &place.name)?;
    let metadata = &live["metadata"];
    let kind = Named {
        group: &place.resource.group,
        resource: &place.resource.kind,
    };
    let text = |field: &str| metadata[field].as_str().unwrap_or_default();
    if let Some(uid) = options.uid.as_deref().filter(|uid| *uid != text("uid")) {
        let why = format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been \
             deleted and then recreated",
            text("uid"),
        );
        return Err(ApiError::conflict(kind, &place.name, &why));
    }
    if let Some(version) = options
        .version
        .as_deref()
        .filter(|version| *version != text("resourceVersion"))
    {
        let why = format!(
            "the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({}). \
             The object might have been modified",
            text("resourceVersion"),
        );
        return Err(ApiError::conflict(kind, &place.name, &why));
    }
    admit::delete(place)?;
    let last = if options.dry_run {
        (*live).clone()
    } else {
        erase(world, &live, place, options.orphan)
    };
    let gives_object = place.resource.group.is_empty()
        && matches!(
            place.resource.plural.as_str(),
            "pods" | "serviceaccounts" | "services" | "namespaces"
        );
    if gives_object || last["metadata"]["deletionTimestamp"].is_string() {
        return Ok(Reply::Json(200, present(call, &place.resource, &last)));
    }
    let mut details = Map::new();
    details.insert("name".into(), place.name.clone().into());
    if !place.resource.group.is_empty() {
        details.insert("group".into(), place.resource.group.clone().into());
    }
    details.insert("kind".into(), place.resource.plural.clone().into());
    details.insert("uid".into(), text("uid").into());
    let status = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
    Ok(Reply::Json(200, status))
}

/// Removes an object, its dependents, and what lives in it when it is a namespace. An object with finalizers is
/// only marked.
pub(crate) fn erase(world: &mut World, live: &Arc<Value>, place: &Place, orphan: bool) -> Value {
    let mut last = (**live).clone();
    if live["metadata"]["finalizers"]
        .as_array()
        .is_some_and(|all| !all.is_empty())
    {
        if !live["metadata"]["deletionTimestamp"].is_string() {
            last["metadata"]["deletionTimestamp"] = now().into();
            last["metadata"]["deletionGracePeriodSeconds"] = 0.into();
            return (*world.put(&place.resource, last)).clone();
        }
        return last;
    }
    world.remove(&collection(&place.resource), &place.namespace, &place.name);
    if place.resource.kind == "Namespace" {
        last["metadata"]["deletionTimestamp"] = now().into();
        last["status"]["phase"] = "Terminating".into();
        for (of, name) in world.store.contents(&place.name) {
            world.remove(&of, &place.name, &name);
        }
    }
    if !orphan {
        let owner = live["metadata"]["uid"].clone();
        for resource in world.resources.clone() {
            for object in world.store.list(&collection(&resource), &place.namespace) {
                let owners = object["metadata"]["ownerReferences"].as_array();
                if owners.is_some_and(|owners| owners.iter().any(|one| one["uid"] == owner)) {
                    let (namespace, name) = key(&object);
                    let place = Place {
                        resource: resource.clone(),
                        namespace,
                        name,
                        subresource: String::new(),
                    };
                    erase(world, &object, &place, false);
                }
            }
        }
    }
    last
}

/// DELETE of a collection.
pub(crate) fn delete_collection(world: &mut World, call: &Call, place: &Place) -> Outcome {
    let options = Options::parse_delete(call)?;
    let selector = selector(call, &place.resource)?;
    let all = world
        .store
        .list(&collection(&place.resource), &place.namespace);
    let chosen: Vec<Arc<Value>> = all
        .into_iter()
        .filter(|object| selector.matches(object))
        .collect();
    if !options.dry_run {
        for object in &chosen {
            let (namespace, name) = key(object);
            erase(
                world,
                object,
                &Place {
                    namespace,
                    name,
                    ..place.clone()
                },
                options.orphan,
            );
        }
    }
    let metadata = Map::from_iter([(
        "resourceVersion".to_owned(),
        world.store.version().to_string().into(),
    )]);
    Ok(Reply::Json(
        200,
        present_list(call, &place.resource, &chosen, &metadata),
    ))
}

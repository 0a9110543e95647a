//! OpenShift resources that are views of others or do more than store: projects, image stream tags, `users/~`,
//! the secrets of an import. Builds are in [`super::builds`].
//!
//! Sources: openshift-apiserver `pkg/project`, `pkg/image/apiserver/registry/{imagestreamtag,imagesecret}`,
//! `pkg/user`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::error::ApiError;
use super::read::{present, present_list, selector};
use super::store::collection;
use super::wire::{Call, Outcome, Reply};
use super::world::World;
use super::write::Place;

/// The answer of a view, or nothing when the resource is stored like any other.
pub(crate) fn view(world: &mut World, call: &Call, place: &Place, verb: &str) -> Option<Outcome> {
    let reads = matches!(verb, "get" | "list");
    match (
        place.resource.group.as_str(),
        place.resource.plural.as_str(),
        place.subresource.as_str(),
    ) {
        ("project.openshift.io", "projects", "") if reads => Some(projects(world, call, place)),
        ("image.openshift.io", "imagestreamtags", "") if reads => {
            Some(stream_tags(world, call, place))
        }
        ("image.openshift.io", "imagestreams", "secrets") if verb == "get" => {
            Some(Ok(import_secrets(world, place)))
        }
        ("user.openshift.io", "users", "") if verb == "get" && place.name == "~" => {
            Some(Ok(me(call)))
        }
        ("build.openshift.io", "buildconfigs", "instantiate") if verb == "create" => {
            Some(super::builds::instantiate(world, call, place))
        }
        ("project.openshift.io", "projects", _) | ("image.openshift.io", "imagestreamtags", _) => {
            Some(Err(ApiError::method_not_allowed()))
        }
        _ => None,
    }
}

fn answer(call: &Call, place: &Place, objects: &[Arc<Value>], version: u64) -> Outcome {
    if place.name.is_empty() {
        let metadata = Map::from_iter([("resourceVersion".to_owned(), version.to_string().into())]);
        return present_list(call, &place.resource, objects, &metadata);
    }
    let object = objects
        .first()
        .ok_or_else(|| ApiError::not_found(place.resource.named(), &place.name))?;
    Ok(Reply::Json(200, present(call, &place.resource, object)))
}

fn projects(world: &World, call: &Call, place: &Place) -> Outcome {
    let selector = selector(call, &place.resource)?;
    let all = world
        .store
        .list(&(String::new(), "namespaces".to_owned()), "");
    let projects: Vec<Arc<Value>> = all
        .iter()
        .filter(|namespace| {
            place.name.is_empty() || namespace["metadata"]["name"] == place.name.as_str()
        })
        .filter(|namespace| selector.matches(namespace))
        .map(|namespace| {
            let mut project = (**namespace).clone();
            project["kind"] = "Project".into();
            project["apiVersion"] = "project.openshift.io/v1".into();
            Arc::new(project)
        })
        .collect();
    answer(call, place, &projects, world.store.version())
}

fn stream_tags(world: &World, call: &Call, place: &Place) -> Outcome {
    let Some(streams) = world.resource("image.openshift.io", "v1", "imagestreams") else {
        return Err(ApiError::no_such_path());
    };
    let mut tags = Vec::new();
    for stream in world.store.list(&collection(&streams), &place.namespace) {
        for status in stream["status"]["tags"].as_array().into_iter().flatten() {
            tags.extend(stream_tag(world, &stream, status).map(Arc::new));
        }
    }
    if !place.name.is_empty() {
        tags.retain(|tag| tag["metadata"]["name"] == place.name.as_str());
    }
    answer(call, place, &tags, world.store.version())
}

fn stream_tag(world: &World, stream: &Value, status: &Value) -> Option<Value> {
    let newest = status["items"].as_array()?.first()?;
    let name = status["tag"].as_str()?;
    let images = ("image.openshift.io".to_owned(), "images".to_owned());
    let image = world.store.get(&images, "", newest["image"].as_str()?);
    let spec = stream["spec"]["tags"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|tag| tag["name"] == name);
    let metadata = &stream["metadata"];
    Some(json!({
        "kind": "ImageStreamTag", "apiVersion": "image.openshift.io/v1",
        "metadata": {
            "name": format!("{}:{name}", metadata["name"].as_str()?), "namespace": metadata["namespace"],
            "uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"],
            "creationTimestamp": newest["created"],
        },
        "tag": spec.cloned().unwrap_or(Value::Null),
        "generation": newest["generation"],
        "lookupPolicy": stream["spec"]["lookupPolicy"],
        "image": image.map_or_else(|| json!({"metadata": {"name": newest["image"]}}), |image| (*image).clone()),
    }))
}

/// The docker secrets of the namespace that do not opt out; the name of the stream does not matter.
fn import_secrets(world: &World, place: &Place) -> Reply {
    let items = secrets_for_imports(world, &place.namespace);
    Reply::Json(
        200,
        json!({"kind": "SecretList", "apiVersion": "v1", "metadata": {}, "items": items}),
    )
}

/// The secrets that an import into a namespace uses, in the order of their names.
pub(crate) fn secrets_for_imports(world: &World, namespace: &str) -> Vec<Value> {
    let all = world
        .store
        .list(&(String::new(), "secrets".to_owned()), namespace);
    let usable = |secret: &&Arc<Value>| {
        matches!(
            secret["type"].as_str(),
            Some("kubernetes.io/dockercfg" | "kubernetes.io/dockerconfigjson")
        ) && secret["metadata"]["annotations"]["openshift.io/image.excludeSecret"] != "true"
    };
    all.iter()
        .filter(usable)
        .map(|secret| (**secret).clone())
        .collect()
}

fn me(call: &Call) -> Reply {
    let groups: Vec<&String> = call
        .identity
        .groups
        .iter()
        .filter(|group| !group.starts_with("system:auth"))
        .collect();
    Reply::Json(
        200,
        json!({
            "kind": "User", "apiVersion": "user.openshift.io/v1",
            "metadata": {"name": call.identity.name, "creationTimestamp": null},
            "identities": null, "groups": groups,
        }),
    )
}

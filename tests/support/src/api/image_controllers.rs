//! OpenShift's controllers of images: the one that imports the tags of streams, and the one that puts images into workloads.
//!
//! Sources: openshift-controller-manager `pkg/image/controller/imagestream_controller.go` (`tagNeedsImport`,
//! `handleImageStream`), `pkg/image/controller/trigger/image_trigger_controller.go`, `pkg/cmd/controller/image.go` (the kinds),
//! `pkg/image/trigger/deploymentconfigs`; library-go `pkg/image/trigger/annotations.go`.

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};

use super::auth::Identity;
use super::imports;
use super::kinds::Resource;
use super::store::{collection, key};
use super::streams::find;
use super::wire::Call;
use super::world::World;
use super::write::Place;

const ANNOTATION: &str = "image.openshift.io/triggers";

/// The kinds with an annotation, and where their pods' specifications are.
const ANNOTATED: [(&str, &str, &str); 4] = [
    ("apps", "deployments", "spec.template.spec"),
    ("apps", "statefulsets", "spec.template.spec"),
    ("apps", "daemonsets", "spec.template.spec"),
    ("batch", "cronjobs", "spec.jobTemplate.spec.template.spec"),
];

/// Imports what waits for it, then puts the images in, where the server was told to.
pub(crate) fn follow(shared: &Arc<Mutex<World>>) {
    let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
    {
        let mut world = lock();
        // What an import's function writes meanwhile is looked at by the round under way.
        if !world.follows_images || world.is_following_images {
            return;
        }
        world.is_following_images = true;
    }
    import(shared);
    let mut world = lock();
    trigger(&mut world);
    world.is_following_images = false;
}

fn import(shared: &Arc<Mutex<World>>) {
    let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
    let (resource, streams) = {
        let world = lock();
        let served = |plural| world.resource("image.openshift.io", "v1", plural);
        let (Some(streams), Some(imports)) = (served("imagestreams"), served("imagestreamimports"))
        else {
            return;
        };
        (imports, world.store.list(&collection(&streams), ""))
    };
    for stream in streams {
        let images = waiting(&stream);
        if images.is_empty() {
            continue;
        }
        let (namespace, name) = key(&stream);
        let body = json!({
            "apiVersion": "image.openshift.io/v1", "kind": "ImageStreamImport",
            "metadata": {
                "name": name, "namespace": namespace,
                "resourceVersion": stream["metadata"]["resourceVersion"],
            },
            "spec": {"import": true, "images": images},
        });
        let json = HeaderValue::from_static("application/json");
        let call = Call {
            method: "POST".into(),
            path: String::new(),
            query: Vec::new(),
            headers: HeaderMap::from_iter([(header::CONTENT_TYPE, json)]),
            body: body.to_string().into(),
            identity: Identity::admin(),
            warnings: Arc::default(),
        };
        let place = Place {
            resource: resource.clone(),
            namespace,
            name: String::new(),
            subresource: String::new(),
        };
        // A refusal is tried again with the next write.
        drop(imports::create(shared, &call, &place));
    }
}

/// The tags whose specification is newer than what was seen of them.
fn waiting(stream: &Value) -> Vec<Value> {
    let tags = stream["spec"]["tags"].as_array().into_iter().flatten();
    tags.filter(|tag| tag["from"]["kind"] == "DockerImage" && tag["reference"] != true)
        .filter(|tag| tag["generation"].as_u64() > Some(observed(stream, &tag["name"])))
        .map(|tag| {
            json!({
                "from": tag["from"], "to": {"name": tag["name"]},
                "importPolicy": tag["importPolicy"], "referencePolicy": tag["referencePolicy"],
            })
        })
        .collect()
}

/// `latestObservedTagGeneration`.
fn observed(stream: &Value, tag: &Value) -> u64 {
    let status = find(
        &stream["status"]["tags"],
        "tag",
        tag.as_str().unwrap_or_default(),
    );
    let Some(status) = status else {
        return 0;
    };
    let of_item = status["items"][0]["generation"].as_u64();
    let of_failure = status["conditions"][0]["generation"].as_u64();
    of_item.max(of_failure).unwrap_or_default()
}

fn trigger(world: &mut World) {
    for (group, plural, base) in ANNOTATED {
        let Some(resource) = world.resource(group, "v1", plural) else {
            continue;
        };
        for object in world.store.list(&collection(&resource), "") {
            let changed = by_annotation(world, &object, base);
            write(world, &resource, &object, changed);
        }
    }
    let Some(resource) = world.resource("apps.openshift.io", "v1", "deploymentconfigs") else {
        return;
    };
    for object in world.store.list(&collection(&resource), "") {
        let changed = by_config(world, &object).unwrap_or_else(|| (*object).clone());
        write(world, &resource, &object, changed);
    }
}

fn write(world: &mut World, resource: &Resource, before: &Value, mut changed: Value) {
    if changed == *before {
        return;
    }
    let generation = before["metadata"]["generation"]
        .as_u64()
        .unwrap_or_default();
    changed["metadata"]["generation"] = (generation + 1).into();
    world.put(resource, changed);
}

/// `UpdateObjectFromImages`: an annotation that does not parse, or names a container twice, does nothing.
fn by_annotation(world: &World, object: &Value, base: &str) -> Value {
    let mut changed = object.clone();
    let text = object["metadata"]["annotations"][ANNOTATION].as_str();
    let triggers: Vec<Value> = text
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let paths: Vec<&Value> = triggers
        .iter()
        .map(|trigger| &trigger["fieldPath"])
        .collect();
    let twice = paths
        .iter()
        .enumerate()
        .any(|(at, path)| paths[..at].contains(path));
    if twice {
        return changed;
    }
    for trigger in triggers.iter().filter(|trigger| trigger["paused"] != true) {
        let image = image_of(world, object, &trigger["from"]);
        let path = trigger["fieldPath"].as_str().unwrap_or_default();
        let place = place_of(object, base, path);
        if let (Some(image), Some(place)) = (image, place)
            && let Some(slot) = changed.pointer_mut(&place)
        {
            *slot = image.into();
        }
    }
    changed
}

/// The JSON pointer of a field path: `BASE.containers[INDEX or ?(@.name=="NAME")].image`.
fn place_of(object: &Value, base: &str, path: &str) -> Option<String> {
    let rest = path.strip_prefix(base)?.strip_prefix('.')?;
    let (list, rest) = rest.split_once('[')?;
    let selector = rest.strip_suffix("].image")?;
    if !matches!(list, "containers" | "initContainers") {
        return None;
    }
    let spec = format!("/{}/{list}", base.replace('.', "/"));
    let items = object.pointer(&spec)?.as_array()?;
    let index = match selector.parse::<usize>() {
        Ok(index) => index,
        Err(_) => {
            let name = selector.strip_prefix("?(@.name==\"")?.strip_suffix("\")")?;
            items.iter().position(|item| item["name"] == name)?
        }
    };
    (index < items.len()).then(|| format!("{spec}/{index}/image"))
}

/// `UpdateDeploymentConfigImages`: nothing before all automatic triggers have an image.
fn by_config(world: &World, object: &Value) -> Option<Value> {
    let mut changed = object.clone();
    let triggers = object["spec"]["triggers"].as_array()?;
    for (at, trigger) in triggers.iter().enumerate() {
        let params = &trigger["imageChangeParams"];
        if params["from"]["kind"] != "ImageStreamTag" || params["automatic"] != true {
            continue;
        }
        let last = params["lastTriggeredImage"].as_str().map(str::to_owned);
        let image = image_of(world, object, &params["from"]).or(last)?;
        changed["spec"]["triggers"][at]["imageChangeParams"]["lastTriggeredImage"] =
            image.as_str().into();
        let names = params["containerNames"].as_array()?;
        for list in ["containers", "initContainers"] {
            let spec = &mut changed["spec"]["template"]["spec"];
            let items = spec.get_mut(list).and_then(Value::as_array_mut);
            for item in items.into_iter().flatten() {
                if names.contains(&item["name"]) {
                    item["image"] = image.as_str().into();
                }
            }
        }
    }
    Some(changed)
}

/// `ResolveLatestTaggedImage`: the newest image of the tag, by the source or through the integrated registry.
fn image_of(world: &World, object: &Value, from: &Value) -> Option<String> {
    let own = object["metadata"]["namespace"].as_str().unwrap_or_default();
    let namespace = from["namespace"].as_str().filter(|name| !name.is_empty());
    let (name, tag) = from["name"].as_str()?.split_once(':')?;
    let streams = ("image.openshift.io".to_owned(), "imagestreams".to_owned());
    let stream = world.store.get(&streams, namespace.unwrap_or(own), name)?;
    let item = &find(&stream["status"]["tags"], "tag", tag)?["items"][0];
    let spec = find(&stream["spec"]["tags"], "name", tag);
    if spec.is_some_and(|tag| tag["referencePolicy"]["type"] == "Local") {
        let repository = stream["status"]["dockerImageRepository"].as_str()?;
        return Some(format!("{repository}@{}", item["image"].as_str()?));
    }
    item["dockerImageReference"].as_str().map(str::to_owned)
}

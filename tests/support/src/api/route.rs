//! From a path to a handler, by way of authorization.
//!
//! Source: k8s.io/apiserver `pkg/endpoints/request/requestinfo.go`.

use std::sync::{Arc, Mutex, PoisonError};

use super::auth::Access;
use super::error::ApiError;
use super::kinds::{Flavor, Resource};
use super::select::Selector;
use super::wire::{Call, Outcome, Reply};
use super::world::World;
use super::write::Place;
use super::{delete, discovery, imports, live, openshift, patch, read, review, watch, write};

/// What openshift-apiserver says to whoever uses DeploymentConfigs.
const DEPRECATED: &str =
    "apps.openshift.io/v1 DeploymentConfig is deprecated in v4.14+, unavailable in v4.10000+";

/// What a path names.
struct Target {
    group: String,
    version: String,
    namespace: String,
    plural: String,
    name: String,
    subresource: String,
}

fn parse(path: &str) -> Option<Target> {
    let segments: Vec<String> = path
        .split('/')
        .skip(1)
        .map(super::wire::percent_decode)
        .collect();
    let mut segments = segments
        .iter()
        .map(String::as_str)
        .filter(|segment| !segment.is_empty())
        .peekable();
    let group = match segments.next()? {
        "api" => "",
        "apis" => segments.next()?,
        _ => return None,
    };
    let version = segments.next()?;
    let rest: Vec<&str> = segments.collect();
    let (namespace, rest) = match rest.as_slice() {
        // `namespaces/X/status` is about the namespace, `namespaces/X/pods` about what is in it.
        ["namespaces", namespace, inner, more @ ..] if !matches!(*inner, "status" | "finalize") => {
            (*namespace, [&[*inner], more].concat())
        }
        all => ("", all.to_vec()),
    };
    let mut rest = rest.into_iter();
    let plural = rest.next()?;
    let name = rest.next().unwrap_or_default();
    let subresource = rest.collect::<Vec<_>>().join("/");
    // The namespace of a namespace is itself, for the authorizer.
    let namespace = if group.is_empty() && plural == "namespaces" {
        name
    } else {
        namespace
    };
    Some(Target {
        group: group.into(),
        version: version.into(),
        namespace: namespace.into(),
        plural: plural.into(),
        name: name.into(),
        subresource,
    })
}

/// The object that a path names, for faults: its resource, namespace and name.
pub(crate) fn object_of(world: &World, path: &str) -> Option<(Arc<Resource>, String, String)> {
    let target = parse(path)?;
    let resource = world.resource(&target.group, &target.version, &target.plural)?;
    let namespace = if resource.namespaced {
        target.namespace
    } else {
        String::new()
    };
    (!target.name.is_empty()).then_some((resource, namespace, target.name))
}

/// Handles one request of a known user, and lets the controllers follow where they are on.
pub(crate) fn run(shared: &Arc<Mutex<World>>, call: &Call) -> Outcome {
    let outcome = handle(shared, call);
    let writes = !matches!(call.method.as_str(), "GET" | "HEAD") && !call.is_dry_run();
    if writes && outcome.is_ok() {
        live::follow(shared);
    }
    outcome
}

fn handle(shared: &Arc<Mutex<World>>, call: &Call) -> Outcome {
    let mut world = shared.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(answer) = discovery::answer(&world, call) {
        return if call.method == "GET" {
            answer
        } else {
            Err(ApiError::method_not_allowed())
        };
    }
    let target = parse(&call.path).ok_or_else(ApiError::no_such_path)?;
    let collection = target.name.is_empty();
    let watches = matches!(call.parameter("watch"), "true" | "1");
    let verb = match (call.method.as_str(), collection) {
        ("GET" | "HEAD", _) if watches => "watch",
        ("GET" | "HEAD", true) => "list",
        ("GET" | "HEAD", false) => "get",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", true) => "deletecollection",
        ("DELETE", false) => "delete",
        _ => return Err(ApiError::method_not_allowed()),
    };
    let resource = world.resource(&target.group, &target.version, &target.plural);
    // A collection that is limited to one name is authorized as that object.
    let single = resource.as_ref().and_then(|resource| {
        Selector::parse(resource, "", call.parameter("fieldSelector"))
            .ok()?
            .single_name()
            .map(ToOwned::to_owned)
    });
    let name = if collection {
        single.unwrap_or_default()
    } else {
        target.name.clone()
    };
    let access = Access {
        verb,
        group: &target.group,
        resource: &target.plural,
        subresource: &target.subresource,
        namespace: &target.namespace,
        name: &name,
    };
    world.auth.authorize(&call.identity, &access)?;
    let resource = resource.ok_or_else(ApiError::no_such_path)?;
    let namespace = if resource.namespaced {
        target.namespace
    } else {
        String::new()
    };
    let place = Place {
        resource,
        namespace,
        name: target.name,
        subresource: target.subresource,
    };
    if place.resource.group == "apps.openshift.io"
        && matches!(world.flavor, Flavor::OpenShift4 { .. })
    {
        call.warn([DEPRECATED.to_owned()]);
    }
    if place.resource.kind == "ImageStreamImport" && verb == "create" {
        drop(world);
        return imports::create(shared, call, &place);
    }
    if let Some(answer) = openshift::view(&mut world, call, &place, verb) {
        return answer;
    }
    let known = matches!(place.subresource.as_str(), "" | "status") || place.subresource == "log";
    if !known || (place.subresource == "status" && !place.resource.status) {
        return Err(ApiError::no_such_path());
    }
    if !place.resource.verbs.contains(&verb) {
        return Err(ApiError::method_not_allowed());
    }
    if place.subresource == "log" {
        return logs(&world, call, &place);
    }
    let everywhere = place.resource.namespaced && place.namespace.is_empty();
    match verb {
        "create" if !collection || (everywhere && place.resource.is_stored()) => {
            Err(ApiError::method_not_allowed())
        }
        "update" | "patch" if collection => Err(ApiError::method_not_allowed()),
        "watch" => watch::watch(shared, &world, call, &place.resource, &place.namespace),
        "list" => read::list(&mut world, call, &place.resource, &place.namespace),
        "get" => read::get(&world, call, &place.resource, &place.namespace, &place.name),
        "create" if !place.resource.is_stored() => review::create(&mut world, call, &place),
        "create" => write::create(&mut world, call, &place),
        "update" => write::update(&mut world, call, &place),
        "patch" => patch::patch(&mut world, call, &place),
        "delete" => delete::delete(&mut world, call, &place),
        _ => delete::delete_collection(&mut world, call, &place),
    }
}

/// `pods/log`: what a test laid down.
fn logs(world: &World, call: &Call, place: &Place) -> Outcome {
    let pod = world.find(&place.resource, &place.namespace, &place.name)?;
    let first = pod
        .pointer("/spec/containers/0/name")
        .and_then(|name| name.as_str())
        .unwrap_or_default();
    let asked = call.parameter("container");
    let container = if asked.is_empty() { first } else { asked };
    let key = (
        place.namespace.clone(),
        place.name.clone(),
        container.to_owned(),
    );
    match world.container_logs.get(&key) {
        Some(text) => Ok(Reply::Text(text.clone())),
        None => Err(ApiError::bad_request(format!(
            "container {container:?} in pod {:?} is waiting to start: ContainerCreating",
            place.name
        ))),
    }
}

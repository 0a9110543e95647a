//! create, update and delete, and the common end of every write.
//!
//! Sources: k8s.io/apiserver `pkg/endpoints/handlers/{create,update,delete}.go`,
//! `pkg/registry/generic/registry/store.go`, `pkg/registry/rest/{create,update,delete}.go`. Pods are removed at
//! once (no kubelet waits for them), dependents with their owner (as the garbage collector does).

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::admit;
use super::decode::{decode, duplicate_fields};
use super::defaults;
use super::error::{ApiError, FieldError, Named};
use super::kinds::{Backing, Resource};
use super::options::{Options, Validation};
use super::proto;
use super::read::{present, selector};
use super::schema::Type;
use super::smd::managers::{self, Door, Manager};
use super::store::{collection, key};
use super::validate;
use super::wire::{Call, Outcome, Reply};
use super::world::{World, now};

/// Where a write goes.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) resource: Arc<Resource>,
    pub(crate) namespace: String,
    pub(crate) name: String,
    /// `status` or nothing.
    pub(crate) subresource: String,
}

impl Place {
    /// Through which door this write comes.
    pub(crate) fn door(&self) -> Door {
        match (self.subresource.as_str(), self.resource.status) {
            ("status", _) => Door::Status,
            (_, true) => Door::Spec,
            _ => Door::Whole,
        }
    }

    /// The type of the objects here.
    pub(crate) fn shape(&self) -> Type {
        Type::Struct(self.resource.shape)
    }

    pub(crate) fn manager(&self, name: &str, applies: bool) -> Manager {
        Manager {
            name: name.to_owned(),
            applies,
            api_version: self.resource.api_version(),
            subresource: self.subresource.clone(),
        }
    }
}

/// POST to a collection.
pub(crate) fn create(world: &mut World, call: &Call, place: &Place) -> Outcome {
    let options = Options::parse(call, "CreateOptions")?;
    let mut object = read_body(world, call, place, &options)?;
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for field in ["uid", "creationTimestamp", "deletionTimestamp", "selfLink"] {
            metadata.remove(field);
        }
    }
    if object["metadata"].get("resourceVersion").is_some() {
        return Err(ApiError::plain("resourceVersion should not be set on objects to be created"));
    }
    ensure_namespace(&mut object, place)?;
    defaults::apply(&mut object, &place.resource);
    let manager = place.manager(&options.manager, false);
    managers::update(&Value::Null, &mut object, &place.shape(), &manager, place.door(), &now());
    let stored = insert(world, object, place, &options)?;
    Ok(Reply::Json(201, present(call, &place.resource, &stored)))
}

/// The common end of creations: admission, names, validation, storage.
pub(crate) fn insert(
    world: &mut World,
    mut object: Value,
    place: &Place,
    options: &Options,
) -> Result<Arc<Value>, ApiError> {
    let resource = &place.resource;
    admit::create(world, &mut object, place)?;
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    let prefix = object["metadata"]["generateName"].as_str().map(ToOwned::to_owned);
    if let (None, Some(prefix)) = (object["metadata"]["name"].as_str(), prefix) {
        object["metadata"]["name"] = format!("{prefix}{}", world.new_suffix()).into();
    }
    object["metadata"]["uid"] = world.new_uid().into();
    object["metadata"]["creationTimestamp"] = now().into();
    prepare_for_create(&mut object, resource);
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let findings = validate::create(&object, resource);
    if !findings.is_empty() {
        return Err(ApiError::invalid(resource.named_kind(), &name, &findings));
    }
    if world.store.get(&collection(resource), &place.namespace, &name).is_some() {
        return Err(ApiError::already_exists(resource.named(), &name));
    }
    order_head(&mut object, resource);
    if options.dry_run {
        return Ok(Arc::new(object));
    }
    let stored = world.put(resource, object);
    admit::after_create(world, &stored, resource);
    Ok(stored)
}

/// PUT of an object.
pub(crate) fn update(world: &mut World, call: &Call, place: &Place) -> Outcome {
    let options = Options::parse(call, "UpdateOptions")?;
    let mut object = read_body(world, call, place, &options)?;
    let named = object["metadata"]["name"].as_str().unwrap_or_default();
    if named.is_empty() {
        return Err(ApiError::bad_request("name must be provided"));
    }
    if named != place.name {
        return Err(ApiError::bad_request(format!(
            "the name of the object ({named}) does not match the name on the URL ({})",
            place.name
        )));
    }
    ensure_namespace(&mut object, place)?;
    let live = world.find(&place.resource, &place.namespace, &place.name)?;
    check_uid(&object, &live, place)?;
    defaults::apply(&mut object, &place.resource);
    let manager = place.manager(&options.manager, false);
    managers::update(&live, &mut object, &place.shape(), &manager, place.door(), &now());
    let stored = replace(world, &live, object, place, &options)?;
    Ok(Reply::Json(200, present(call, &place.resource, &stored)))
}

fn check_uid(object: &Value, live: &Value, place: &Place) -> Result<(), ApiError> {
    let (sent, stored) = (object["metadata"]["uid"].as_str(), live["metadata"]["uid"].as_str().unwrap_or_default());
    match sent {
        Some(sent) if !sent.is_empty() && sent != stored => {
            let why = format!(
                "StorageError: invalid object, Code: 4, Key: /kubernetes.io/{}/{}/{}, ResourceVersion: 0, \
                 AdditionalErrorMsg: Precondition failed: UID in precondition: {sent}, UID in object meta: {stored}",
                place.resource.plural, place.namespace, place.name,
            );
            Err(ApiError::conflict(place.resource.named(), &place.name, &why))
        }
        _ => Ok(()),
    }
}

/// The common end of updates: the optimistic lock, what a door may not change, validation, storage. A write that
/// changes nothing stores nothing.
pub(crate) fn replace(
    world: &mut World,
    live: &Arc<Value>,
    mut object: Value,
    place: &Place,
    options: &Options,
) -> Result<Arc<Value>, ApiError> {
    let resource = &place.resource;
    let sent = object["metadata"]["resourceVersion"].as_str().unwrap_or_default().to_owned();
    if sent.is_empty() || sent == "0" {
        if !resource.takes_unconditional_update() {
            let kind = Named { group: &resource.group, resource: &resource.plural };
            let finding = FieldError::invalid(
                "metadata.resourceVersion",
                &json!(0),
                "must be specified for an update",
            );
            return Err(ApiError::invalid(kind, &place.name, &[finding]));
        }
    } else if live["metadata"]["resourceVersion"] != sent.as_str() {
        return Err(ApiError::modified(resource.named(), &place.name));
    }
    prepare_for_update(&mut object, live, place);
    let findings = validate::update(&object, live, resource);
    if !findings.is_empty() {
        return Err(ApiError::invalid(resource.named_kind(), &place.name, &findings));
    }
    admit::update(world, &mut object, place)?;
    order_head(&mut object, resource);
    if same_but_times(&object, live) {
        return Ok(live.clone());
    }
    if options.dry_run {
        return Ok(Arc::new(object));
    }
    let finalizers = object["metadata"]["finalizers"].as_array().map_or(0, Vec::len);
    if object["metadata"]["deletionTimestamp"].is_string() && finalizers == 0 {
        world.remove(&collection(resource), &place.namespace, &place.name);
        return Ok(Arc::new(object));
    }
    Ok(world.put(resource, object))
}

/// Whether two versions differ in nothing but the times of their managers.
fn same_but_times(a: &Value, b: &Value) -> bool {
    let bare = |object: &Value| {
        let mut object = object.clone();
        if let Some(entries) = object["metadata"]["managedFields"].as_array_mut() {
            for entry in entries {
                entry["time"] = Value::Null;
            }
        }
        object
    };
    a == b || bare(a) == bare(b)
}

/// Puts `kind`, `apiVersion` and `metadata` first, as Go writes them.
fn order_head(object: &mut Value, resource: &Resource) {
    let Some(entries) = object.as_object_mut() else { return };
    let rest = std::mem::take(entries);
    let mut ordered = Map::new();
    ordered.insert("kind".into(), resource.kind.clone().into());
    ordered.insert("apiVersion".into(), resource.api_version().into());
    ordered.insert("metadata".into(), rest.get("metadata").cloned().unwrap_or_else(|| json!({})));
    for (name, value) in rest {
        ordered.entry(name).or_insert(value);
    }
    *entries = ordered;
}

fn prepare_for_create(object: &mut Value, resource: &Resource) {
    if resource.counts_generations() {
        object["metadata"]["generation"] = 1.into();
    } else if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("generation");
    }
    if resource.status {
        if let Some(entries) = object.as_object_mut() {
            entries.remove("status");
        }
    }
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => {
            object["status"] = json!({"phase": "Pending", "qosClass": "BestEffort"});
        }
        ("", "namespaces") => {
            object["status"] = json!({"phase": "Active"});
            object["spec"] = json!({"finalizers": ["kubernetes"]});
            object["metadata"]["labels"]["kubernetes.io/metadata.name"] = object["metadata"]["name"].clone();
        }
        ("apps" | "batch" | "apps.openshift.io", _) | ("", "services" | "replicationcontrollers") => {
            object["status"] = json!({});
        }
        ("image.openshift.io", "imagestreams") => {
            let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
            let repository = format!(
                "image-registry.openshift-image-registry.svc:5000/{}/{}",
                text("namespace"),
                text("name")
            );
            object["status"] = json!({ "dockerImageRepository": repository });
        }
        _ => {}
    }
}

fn prepare_for_update(object: &mut Value, live: &Value, place: &Place) {
    let resource = &place.resource;
    if place.door() == Door::Status {
        // Only the status is taken, and the record of who wrote it.
        let mut next = live.clone();
        match object.get("status") {
            Some(status) => next["status"] = status.clone(),
            None => drop(next.as_object_mut().and_then(|entries| entries.remove("status"))),
        }
        if let Some(owners) = object["metadata"].get("managedFields") {
            next["metadata"]["managedFields"] = owners.clone();
        }
        *object = next;
        return;
    }
    if place.door() == Door::Spec {
        match live.get("status") {
            Some(status) => object["status"] = status.clone(),
            None => drop(object.as_object_mut().and_then(|entries| entries.remove("status"))),
        }
    }
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    if let (Some(metadata), Some(before)) = (object["metadata"].as_object_mut(), live["metadata"].as_object()) {
        for field in [
            "uid",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "generation",
            "resourceVersion",
            "generateName",
        ] {
            match before.get(field) {
                Some(value) => drop(metadata.insert(field.into(), value.clone())),
                None => drop(metadata.remove(field)),
            }
        }
    }
    if resource.kind == "Secret" && object["type"].as_str().unwrap_or_default().is_empty() {
        object["type"] = live["type"].clone();
    }
    if resource.counts_generations() && spec_of(object) != spec_of(live) {
        let generation = live["metadata"]["generation"].as_u64().unwrap_or_default();
        object["metadata"]["generation"] = (generation + 1).into();
    }
}

/// Everything but metadata and status.
fn spec_of(object: &Value) -> Map<String, Value> {
    let mut spec = object.as_object().cloned().unwrap_or_default();
    for field in ["metadata", "status", "kind", "apiVersion"] {
        spec.remove(field);
    }
    spec
}

/// DELETE of one object.
pub(crate) fn delete(world: &mut World, call: &Call, place: &Place) -> Outcome {
    let options = Options::parse_delete(call)?;
    let live = world.find(&place.resource, &place.namespace, &place.name)?;
    let metadata = &live["metadata"];
    let kind = Named { group: &place.resource.group, resource: &place.resource.kind };
    let text = |field: &str| metadata[field].as_str().unwrap_or_default();
    if let Some(uid) = options.uid.as_deref().filter(|uid| *uid != text("uid")) {
        let why = format!(
            "the UID in the precondition ({uid}) does not match the UID in record ({}). The object might have been \
             deleted and then recreated",
            text("uid"),
        );
        return Err(ApiError::conflict(kind, &place.name, &why));
    }
    if let Some(version) = options.version.as_deref().filter(|version| *version != text("resourceVersion")) {
        let why = format!(
            "the ResourceVersion in the precondition ({version}) does not match the ResourceVersion in record ({}). \
             The object might have been modified",
            text("resourceVersion"),
        );
        return Err(ApiError::conflict(kind, &place.name, &why));
    }
    admit::delete(place)?;
    let last = if options.dry_run { (*live).clone() } else { erase(world, &live, place, options.orphan) };
    let gives_object = place.resource.group.is_empty()
        && matches!(place.resource.plural.as_str(), "pods" | "serviceaccounts" | "services" | "namespaces");
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
    let status =
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details});
    Ok(Reply::Json(200, status))
}

/// Removes an object, its dependents, and what lives in it when it is a namespace. An object with finalizers is
/// only marked.
pub(crate) fn erase(world: &mut World, live: &Arc<Value>, place: &Place, orphan: bool) -> Value {
    let mut last = (**live).clone();
    if live["metadata"]["finalizers"].as_array().is_some_and(|all| !all.is_empty()) {
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
                    let place =
                        Place { resource: resource.clone(), namespace, name, subresource: String::new() };
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
    let all = world.store.list(&collection(&place.resource), &place.namespace);
    let chosen: Vec<Arc<Value>> = all.into_iter().filter(|object| selector.matches(object)).collect();
    if !options.dry_run {
        for object in &chosen {
            let (namespace, name) = key(object);
            erase(world, object, &Place { namespace, name, ..place.clone() }, options.orphan);
        }
    }
    let metadata = Map::from_iter([("resourceVersion".to_owned(), world.store.version().to_string().into())]);
    Ok(Reply::Json(200, super::read::present_list(call, &place.resource, &chosen, metadata)))
}

/// Decodes the body of a POST or PUT.
pub(crate) fn read_body(
    world: &mut World,
    call: &Call,
    place: &Place,
    options: &Options,
) -> Result<Value, ApiError> {
    let resource = &place.resource;
    let media = call.header("content-type").split(';').next().unwrap_or_default().trim();
    let parsed = match media {
        "" | "application/json" => serde_json::from_slice(&call.body)
            .map_err(|error| format!("couldn't get version/kind; json parse error: {error}")),
        "application/vnd.kubernetes.protobuf" if resource.backing != Backing::Custom => {
            proto::decode(&call.body, resource.shape)
        }
        _ => {
            return Err(ApiError::unsupported_media_type(&["application/json", "application/vnd.kubernetes.protobuf"]));
        }
    };
    let mut object: Value = parsed.map_err(|words| {
        let kind = &resource.kind;
        ApiError::bad_request(format!("the object provided is unrecognized (must be of type {kind}): {words}"))
    })?;
    let (kind, api_version) = (object["kind"].clone(), object["apiVersion"].clone());
    let (kind, api_version) = (kind.as_str().unwrap_or_default(), api_version.as_str().unwrap_or_default());
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
    let findings = decode(&mut object, resource.shape, resource.backing != Backing::Custom)
        .map_err(|words| cannot(&words))?;
    let mut strict = if media.ends_with("json") { duplicate_fields(&call.body) } else { Vec::new() };
    strict.extend(findings.strict);
    match options.validation {
        _ if strict.is_empty() => {}
        Validation::Strict => return Err(cannot(&format!("strict decoding error: {}", strict.join(", ")))),
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

//! create, update and delete, and the common end of every write.
//!
//! Sources: k8s.io/apiserver `pkg/endpoints/handlers/{create,update,delete}.go`,
//! `pkg/registry/generic/registry/store.go`, `pkg/registry/rest/{create,update,delete}.go`. Pods are removed at
//! once (no kubelet waits for them), dependents with their owner (as the garbage collector does).

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::admit;
use super::body::{ensure_namespace, read_body};
use super::defaults;
use super::error::{ApiError, FieldError, Named};
use super::kinds::{Backing, Resource};
use super::options::Options;
use super::read::present;
use super::schema::Type;
use super::smd::managers::{self, Door};
use super::smd::owners::Manager;
use super::store::collection;
use super::streams;
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
    let mut object = read_body(call, place, &options)?;
    if let Some(metadata) = object["metadata"].as_object_mut() {
        for field in ["uid", "creationTimestamp", "deletionTimestamp", "selfLink"] {
            metadata.remove(field);
        }
    }
    if object["metadata"].get("resourceVersion").is_some() {
        return Err(ApiError::plain(
            "resourceVersion should not be set on objects to be created",
        ));
    }
    ensure_namespace(&mut object, place)?;
    defaults::apply(&mut object, &place.resource);
    let manager = place.manager(&options.manager, false);
    managers::update(
        &Value::Null,
        &mut object,
        &place.shape(),
        &manager,
        place.door(),
        &now(),
    );
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
    let prefix = object["metadata"]["generateName"]
        .as_str()
        .map(ToOwned::to_owned);
    if let (None, Some(prefix)) = (object["metadata"]["name"].as_str(), prefix) {
        object["metadata"]["name"] = format!("{prefix}{}", world.new_suffix()).into();
    }
    object["metadata"]["uid"] = world.new_uid().into();
    object["metadata"]["creationTimestamp"] = now().into();
    prepare_for_create(&mut object, resource);
    let name = object["metadata"]["name"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let findings = validate::create(&object, resource);
    if !findings.is_empty() {
        return Err(ApiError::invalid(resource.named_kind(), &name, &findings));
    }
    if world
        .store
        .get(&collection(resource), &place.namespace, &name)
        .is_some()
    {
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
    let mut object = read_body(call, place, &options)?;
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

fn check_uid(object: &Value, live: &Value, place: &Place) -> Result<(), ApiError> {
    let (sent, stored) = (
        object["metadata"]["uid"].as_str(),
        live["metadata"]["uid"].as_str().unwrap_or_default(),
    );
    match sent {
        Some(sent) if !sent.is_empty() && sent != stored => {
            let why = format!(
                "StorageError: invalid object, Code: 4, Key: /kubernetes.io/{}/{}/{}, ResourceVersion: 0, \
                 AdditionalErrorMsg: Precondition failed: UID in precondition: {sent}, UID in object meta: {stored}",
                place.resource.plural, place.namespace, place.name,
            );
            Err(ApiError::conflict(
                place.resource.named(),
                &place.name,
                &why,
            ))
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
    let sent = object["metadata"]["resourceVersion"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    if sent.is_empty() || sent == "0" {
        if !resource.takes_unconditional_update() {
            let kind = Named {
                group: &resource.group,
                resource: &resource.plural,
            };
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
        return Err(ApiError::invalid(
            resource.named_kind(),
            &place.name,
            &findings,
        ));
    }
    admit::update(world, &mut object, place)?;
    order_head(&mut object, resource);
    if same_but_times(&object, live) {
        return Ok(live.clone());
    }
    if options.dry_run {
        return Ok(Arc::new(object));
    }
    let finalizers = object["metadata"]["finalizers"]
        .as_array()
        .map_or(0, Vec::len);
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
    let Some(entries) = object.as_object_mut() else {
        return;
    };
    let rest = std::mem::take(entries);
    let mut ordered = Map::new();
    ordered.insert("kind".into(), resource.kind.clone().into());
    ordered.insert("apiVersion".into(), resource.api_version().into());
    ordered.insert(
        "metadata".into(),
        rest.get("metadata").cloned().unwrap_or_else(|| json!({})),
    );
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
    if resource.status
        && let Some(entries) = object.as_object_mut()
    {
        entries.remove("status");
    }
    match (resource.group.as_str(), resource.plural.as_str()) {
        ("", "pods") => {
            object["status"] = json!({"phase": "Pending", "qosClass": "BestEffort"});
        }
        ("", "namespaces") => {
            object["status"] = json!({"phase": "Active"});
            object["spec"] = json!({"finalizers": ["kubernetes"]});
            object["metadata"]["labels"]["kubernetes.io/metadata.name"] =
                object["metadata"]["name"].clone();
        }
        ("apps" | "batch" | "apps.openshift.io", _)
        | ("", "services" | "replicationcontrollers") => {
            object["status"] = json!({});
        }
        ("image.openshift.io", "imagestreams") => {
            let text = |field: &str| {
                object["metadata"][field]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
            };
            let repository = format!(
                "image-registry.openshift-image-registry.svc:5000/{}/{}",
                text("namespace"),
                text("name")
            );
            object["status"] = json!({ "dockerImageRepository": repository });
            streams::create(object);
        }
        _ => {}
    }
}

fn prepare_for_update(object: &mut Value, live: &Value, place: &Place) {
    let resource = &place.resource;
    if place.door() == Door::Status {
        let mut next = live.clone();
        match object.get("status") {
            Some(status) => next["status"] = status.clone(),
            None => drop(
                next.as_object_mut()
                    .and_then(|entries| entries.remove("status")),
            ),
        }
        // How much of the metadata passes differs: core types take labels and annotations (`podStatusStrategy`),
        // workloads keep their labels (`deploymentStatusStrategy`), custom resources keep all.
        let passes: &[&str] = match (resource.backing, resource.group.as_str()) {
            (Backing::Custom, _) => &["managedFields"],
            (_, "") => &["managedFields", "labels", "annotations"],
            _ => &["managedFields", "annotations"],
        };
        for field in passes {
            if let (Some(value), Some(metadata)) = (
                object["metadata"].get(*field),
                next["metadata"].as_object_mut(),
            ) {
                metadata.insert((*field).to_owned(), value.clone());
            }
        }
        *object = next;
        return;
    }
    if place.door() == Door::Spec {
        match live.get("status") {
            Some(status) => object["status"] = status.clone(),
            None => drop(
                object
                    .as_object_mut()
                    .and_then(|entries| entries.remove("status")),
            ),
        }
    }
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    if let (Some(metadata), Some(before)) = (
        object["metadata"].as_object_mut(),
        live["metadata"].as_object(),
    ) {
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
    let is_stream = resource.group == "image.openshift.io" && resource.kind == "ImageStream";
    if is_stream {
        streams::before_update(object, live);
    }
    if resource.counts_generations() && spec_of(object) != spec_of(live) {
        let generation = live["metadata"]["generation"].as_u64().unwrap_or_default();
        object["metadata"]["generation"] = (generation + 1).into();
    }
    if is_stream {
        streams::after_update(object, live);
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

//! What an import writes into its stream.
//!
//! Source: openshift-apiserver `pkg/image/apiserver/registry/imagestreamimport/rest.go` (`createImages`,
//! `importSuccessful`, `ensureSpecTag`, `setFailureCondition`, `hasTagChanged`). Three of its rules surprise: a failed
//! import leaves a tag behind that was not there, and does not touch what a tag that was there follows; a tag whose
//! image is the same as before keeps what it follows, whatever was imported; and a reference policy that is set stays.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::admit;
use super::super::defaults;
use super::super::error::ApiError;
use super::super::options::Options;
use super::super::smd::managers;
use super::super::streams::{
    add_event, after_update, before_update, clear_conditions, entry, find,
};
use super::super::world::{World, now};
use super::super::write::{Place, insert};
use super::ImportAnswer;
use super::objects::{by_digest, image_object, listed_object};

/// One tag that an import is for.
pub(super) struct Item {
    pub(super) tag: String,
    /// The reference that it is imported from.
    pub(super) from: String,
    /// `importPolicy` and `referencePolicy`.
    pub(super) policies: Value,
    pub(super) answer: ImportAnswer,
    /// A failed one leaves the tag behind: not those of a whole repository.
    pub(super) stays: bool,
}

/// Writes the results into the stream, which is made when it is not there. `read` is the stream as it was when the import
/// began: one that was changed meanwhile is a conflict.
pub(super) fn record(
    world: &mut World,
    place: &Place,
    read: Option<&Arc<Value>>,
    items: &[Item],
) -> Result<Value, ApiError> {
    let options = Options::own("openshift-apiserver");
    let mut stream = match read {
        Some(read) => (**read).clone(),
        None => json!({
            "apiVersion": "image.openshift.io/v1", "kind": "ImageStream",
            "metadata": {"name": place.name, "namespace": place.namespace}, "spec": {},
        }),
    };
    let next = stream["metadata"]["generation"]
        .as_u64()
        .unwrap_or_default()
        + 1;
    for item in items {
        if item.answer.code == 200 {
            succeeded(&mut stream, item, next);
            admit::make(world, &image_object(&item.from, &item.answer));
            for listed in &item.answer.listed {
                admit::make(world, &listed_object(&item.from, listed));
            }
        } else {
            failed(&mut stream, item, next);
        }
    }
    defaults::apply(&mut stream, &place.resource);
    match read {
        None => created(world, stream, place, &options),
        Some(read) => updated(world, stream, read, place, &options),
    }
}

fn created(
    world: &mut World,
    mut stream: Value,
    place: &Place,
    options: &Options,
) -> Result<Value, ApiError> {
    stream["metadata"]["annotations"] = json!({ CHECKED: now() });
    let status = stream["status"]["tags"].clone();
    let stored = insert(world, stream, place, options)?;
    let mut whole = (*stored).clone();
    whole["status"]["tags"] = status;
    Ok((*world.put(&place.resource, whole)).clone())
}

/// openshift/api `image/v1/consts.go` `DockerImageRepositoryCheckAnnotation`.
const CHECKED: &str = "openshift.io/image.dockerRepositoryCheck";

fn updated(
    world: &mut World,
    mut stream: Value,
    read: &Arc<Value>,
    place: &Place,
    options: &Options,
) -> Result<Value, ApiError> {
    let checked = read["metadata"]["annotations"].get(CHECKED).is_some();
    if checked && stream == **read {
        return Ok((**read).clone());
    }
    let live = world.find(&place.resource, &place.namespace, &place.name)?;
    if live["metadata"]["resourceVersion"] != read["metadata"]["resourceVersion"] {
        return Err(ApiError::modified(place.resource.named(), &place.name));
    }
    stream["metadata"]["annotations"][CHECKED] = now().into();
    before_update(&mut stream, read);
    if stream["spec"] != read["spec"] {
        let generation = read["metadata"]["generation"].as_u64().unwrap_or_default();
        stream["metadata"]["generation"] = (generation + 1).into();
    }
    after_update(&mut stream, read);
    let manager = place.manager(&options.manager, false);
    managers::update(
        read,
        &mut stream,
        &place.shape(),
        &manager,
        managers::Door::Whole,
        &now(),
    );
    Ok((*world.put(&place.resource, stream)).clone())
}

fn succeeded(stream: &mut Value, item: &Item, next: u64) {
    let event = json!({
        "created": now(), "dockerImageReference": by_digest(&item.from, &item.answer.digest),
        "image": item.answer.digest, "generation": next,
    });
    if has_changed(stream, &item.tag, &event) {
        ensure_spec_tag(stream, item, true);
        add_event(stream, &item.tag, event);
    }
    if let Some(tag) = entry(&mut stream["spec"]["tags"], "name", &item.tag) {
        tag["importPolicy"] = import_policy(&item.policies);
    }
    clear_conditions(stream, &item.tag);
}

fn has_changed(stream: &Value, tag: &str, event: &Value) -> bool {
    let before = find(&stream["status"]["tags"], "tag", tag).map(|tag| &tag["items"][0]);
    let Some(before) = before.filter(|before| before.is_object()) else {
        return true;
    };
    let wanted = find(&stream["spec"]["tags"], "name", tag).map(|tag| &tag["generation"]);
    let Some(wanted) = wanted.and_then(Value::as_u64) else {
        return true;
    };
    before["dockerImageReference"] != event["dockerImageReference"]
        || before["image"] != event["image"]
        || wanted > before["generation"].as_u64().unwrap_or_default()
}

fn failed(stream: &mut Value, item: &Item, next: u64) {
    let known = find(&stream["status"]["tags"], "tag", &item.tag)
        .and_then(|tag| tag["conditions"].as_array()?.first())
        .is_some_and(|condition| {
            condition["reason"] == item.answer.reason && condition["message"] == item.answer.message
        });
    if !known {
        if let Some(tag) = entry(&mut stream["status"]["tags"], "tag", &item.tag) {
            tag["conditions"] = json!([{
                "type": "ImportSuccess", "status": "False", "lastTransitionTime": now(),
                "reason": item.answer.reason, "message": item.answer.message, "generation": next,
            }]);
            if tag["items"].is_null() {
                tag["items"] = Value::Null;
            }
        }
        if find(&stream["spec"]["tags"], "name", &item.tag).is_some()
            && let Some(tag) = entry(&mut stream["spec"]["tags"], "name", &item.tag)
        {
            tag["generation"] = 0.into();
        }
    }
    if item.stays {
        ensure_spec_tag(stream, item, false);
    }
}

fn ensure_spec_tag(stream: &mut Value, item: &Item, reset: bool) {
    let there = find(&stream["spec"]["tags"], "name", &item.tag).is_some();
    if there && !reset {
        return;
    }
    let Some(tag) = entry(&mut stream["spec"]["tags"], "name", &item.tag) else {
        return;
    };
    tag["from"] = json!({"kind": "DockerImage", "name": item.from});
    tag["generation"] = 0.into();
    tag["importPolicy"] = import_policy(&item.policies);
    if tag["referencePolicy"]["type"].is_null() {
        let policy = item.policies["referencePolicy"]["type"].as_str();
        tag["referencePolicy"] = json!({"type": policy.unwrap_or("Source")});
    }
}

/// As it is stored: what is false is left out.
fn import_policy(policies: &Value) -> Value {
    let given = &policies["importPolicy"];
    let mut policy = json!({});
    for field in ["insecure", "scheduled"] {
        if given[field] == true {
            policy[field] = true.into();
        }
    }
    policy["importMode"] = given["importMode"].as_str().unwrap_or("Legacy").into();
    policy
}

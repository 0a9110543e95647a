//! Builds: `buildconfigs/instantiate`, and what becomes of the builds that it makes once the cluster has machines.
//!
//! Sources: openshift-apiserver `pkg/build/apiserver/buildgenerator/generator.go` for what a build is made of; [`run`] has those
//! of what happens to it. Builds that a test makes by itself stay as they are.

mod find;
mod run;

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::admit;
use super::error::{ApiError, FieldError, Named};
use super::live::Reader;
use super::wire::{Call, Outcome, Reply};
use super::world::World;
use super::write::Place;
use crate::pull::has_login;
use run::Job;

/// `POST buildconfigs/NAME/instantiate`. A dry run counts the BuildConfig up all the same: only the making of the Build is told
/// of it.
pub(crate) fn instantiate(world: &mut World, call: &Call, place: &Place) -> Outcome {
    let config = world.find(&place.resource, &place.namespace, &place.name)?;
    let paused = config["metadata"]["annotations"]["openshift.io/build-config.paused"].as_str();
    if paused.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Err(ApiError::bad_request(format!(
            "can't instantiate from BuildConfig {}/{}: BuildConfig is paused",
            place.namespace, place.name
        )));
    }
    let number = config["status"]["lastVersion"].as_u64().unwrap_or_default() + 1;
    let spec = spec(world, &config)?;
    let name = format!("{}-{number}", place.name);
    let build = json!({
        "apiVersion": "build.openshift.io/v1", "kind": "Build",
        "metadata": {
            "name": name, "namespace": place.namespace,
            "labels": {"buildconfig": place.name, "openshift.io/build-config.name": place.name},
            "annotations": {
                "openshift.io/build-config.name": place.name, "openshift.io/build.number": number.to_string(),
            },
            "ownerReferences": [{
                "apiVersion": "build.openshift.io/v1", "kind": "BuildConfig", "name": place.name,
                "uid": config["metadata"]["uid"], "controller": true,
            }],
        },
        "spec": spec,
        "status": {
            "phase": "New", "config": {"kind": "BuildConfig", "name": place.name, "namespace": place.namespace},
            "output": {},
        },
    });
    let mut counted = (*config).clone();
    counted["status"]["lastVersion"] = number.into();
    world.put(&place.resource, counted);
    if call.is_dry_run() {
        return Ok(Reply::Json(201, build));
    }
    let made = admit::make(world, &build)
        .ok_or_else(|| ApiError::internal("the build could not be made"))?;
    world.builds_due.insert((place.namespace.clone(), name));
    Ok(Reply::Json(201, (*made).clone()))
}

/// The specification of a build: images resolved, and the secrets for pulls looked for in the account's `secrets`.
fn spec(world: &World, config: &Value) -> Result<Value, ApiError> {
    let mut spec = config["spec"].clone();
    if let Some(entries) = spec.as_object_mut() {
        for field in [
            "triggers",
            "runPolicy",
            "successfulBuildsHistoryLimit",
            "failedBuildsHistoryLimit",
        ] {
            entries.remove(field);
        }
    }
    if spec["serviceAccount"]
        .as_str()
        .unwrap_or_default()
        .is_empty()
    {
        spec["serviceAccount"] = "builder".into();
    }
    spec["triggeredBy"] = json!([{"message": "Manually triggered"}]);
    let namespace = config["metadata"]["namespace"].as_str().unwrap_or_default();
    let account = spec["serviceAccount"].as_str().unwrap_or_default();
    let reader = Reader(world);
    let Some(account) = reader.get("serviceaccounts", namespace, account) else {
        return Err(ApiError::internal(&format!(
            "error getting push/pull secrets for service account {namespace}/{account}: serviceaccounts {account:?} not found"
        )));
    };
    let secrets = listed(&reader, namespace, &account["secrets"]);
    if let Some(images) = spec
        .pointer_mut("/source/images")
        .and_then(Value::as_array_mut)
    {
        for image in images {
            resolve(&reader, namespace, image, &secrets)?;
        }
    }
    for strategy in ["sourceStrategy", "dockerStrategy", "customStrategy"] {
        let strategy = spec.pointer_mut(&format!("/strategy/{strategy}"));
        if let Some(strategy) = strategy.filter(|strategy| strategy["from"].is_object()) {
            resolve(&reader, namespace, strategy, &secrets)?;
        }
    }
    Ok(spec)
}

/// The secrets that a list of an account names and that exist.
fn listed(reader: &Reader<'_>, namespace: &str, list: &Value) -> Vec<Value> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| reader.get("secrets", namespace, entry["name"].as_str()?))
        .collect()
}

/// Puts the image of `from` in, and a secret for it where none is named.
fn resolve(
    reader: &Reader<'_>,
    namespace: &str,
    holder: &mut Value,
    secrets: &[Value],
) -> Result<(), ApiError> {
    let from = &holder["from"];
    let name = from["name"].as_str().unwrap_or_default();
    let image = match from["kind"].as_str() {
        Some("ImageStreamTag") => {
            let of = from["namespace"].as_str().unwrap_or(namespace);
            tagged(reader, of, name).ok_or_else(|| unresolved(of, name))?
        }
        _ => name.to_owned(),
    };
    if holder["pullSecret"].is_null()
        && let Some(secret) = secrets.iter().find(|secret| has_login(secret, &image))
    {
        holder["pullSecret"] = json!({"name": secret["metadata"]["name"]});
    }
    holder["from"] = json!({"kind": "DockerImage", "name": image});
    Ok(())
}

/// The newest image of an image stream tag.
fn tagged(reader: &Reader<'_>, namespace: &str, name: &str) -> Option<String> {
    let (stream, tag) = name.split_once(':')?;
    let stream = reader.get("imagestreams", namespace, stream)?;
    let tags = stream["status"]["tags"].as_array()?;
    let tag = tags.iter().find(|one| one["tag"] == tag)?;
    Some(tag["items"][0]["dockerImageReference"].as_str()?.to_owned())
}

fn unresolved(namespace: &str, name: &str) -> ApiError {
    let words = format!(
        "Error resolving ImageStreamTag {name} in namespace {namespace}: unable to find latest tagged image"
    );
    let kind = Named {
        group: "",
        resource: "ImageStreamTag",
    };
    ApiError::invalid(
        kind,
        name,
        &[FieldError::invalid("from", &name.into(), &words)],
    )
}

/// Runs the builds that wait, where the cluster has machines: each to its end, before the write that let it begin is answered.
pub(crate) fn settle(shared: &Arc<Mutex<World>>) {
    let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
    let jobs: Vec<Job> = {
        let world = lock();
        let Some(machines) = world.machines.clone() else {
            return;
        };
        world
            .builds_due
            .iter()
            .filter_map(|(namespace, name)| Job::of(&world, &machines, namespace, name))
            .collect()
    };
    for job in jobs {
        // On a thread of its own: the caller's may belong to a runtime.
        let ran = std::thread::scope(|scope| scope.spawn(|| job.run()).join());
        if let Ok(outcome) = ran {
            job.write(&mut lock(), &outcome);
        }
    }
}

//! Admission: what the server adds to objects, and what it makes because of them.
//!
//! Sources: kube-apiserver `plugin/pkg/admission/serviceaccount/admission.go`, k8s.io/apiserver
//! `pkg/admission/plugin/namespace/lifecycle`; the accounts of a namespace follow kube-controller-manager's
//! service account controller and openshift-controller-manager `pkg/internalregistry/controllers`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::error::{ApiError, Named};
use super::kinds::{Flavor, Resource};
use super::options::Options;
use super::seed;
use super::smd::managers;
use super::world::{World, now};
use super::write::{Place, insert};

const TOKEN_MOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Before an object is made.
pub(crate) fn create(world: &mut World, object: &mut Value, place: &Place) -> Result<(), ApiError> {
    let what = &place.resource;
    if what.namespaced {
        let namespaces = Named {
            group: "",
            resource: "namespaces",
        };
        let key = (String::new(), "namespaces".to_owned());
        let namespace = world
            .store
            .get(&key, "", &place.namespace)
            .ok_or_else(|| ApiError::not_found(namespaces, &place.namespace))?;
        if namespace["status"]["phase"] == "Terminating" {
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            let words = format!(
                "unable to create new content in namespace {} because it is being terminated",
                place.namespace
            );
            return Err(ApiError::forbidden(what.named(), name, &words));
        }
    }
    if what.group.is_empty() && what.kind == "Pod" {
        service_account(world, object, place)?;
    }
    Ok(())
}

/// Before an object is changed.
pub(crate) fn update(world: &World, object: &mut Value, place: &Place) -> Result<(), ApiError> {
    // The pull secrets of a pod are decided when it is made; later changes of its spec are few.
    if place.resource.group.is_empty()
        && place.resource.kind == "Pod"
        && place.subresource.is_empty()
        && let Ok(live) = world.find(&place.resource, &place.namespace, &place.name)
    {
        return pod_update(object, &live, place);
    }
    Ok(())
}

/// A pod's spec takes new images and little else (`ValidatePodUpdate`).
fn pod_update(object: &Value, live: &Value, place: &Place) -> Result<(), ApiError> {
    let frozen = |pod: &Value| {
        let mut spec = pod["spec"].clone();
        for list in ["containers", "initContainers"] {
            for container in spec
                .get_mut(list)
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                container["image"] = Value::Null;
            }
        }
        for field in [
            "activeDeadlineSeconds",
            "terminationGracePeriodSeconds",
            "tolerations",
        ] {
            spec[field] = Value::Null;
        }
        spec
    };
    if frozen(object) == frozen(live) {
        return Ok(());
    }
    let words = "pod updates may not change fields other than `spec.containers[*].image`,\
                 `spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to \
                 existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was \
                 previously negative)";
    let finding = super::error::FieldError::forbidden("spec", words);
    Err(ApiError::invalid(
        place.resource.named_kind(),
        &place.name,
        &[finding],
    ))
}

/// Before an object is deleted.
pub(crate) fn delete(place: &Place) -> Result<(), ApiError> {
    let immortal = ["default", "kube-system", "kube-public"];
    if place.resource.kind == "Namespace" && immortal.contains(&place.name.as_str()) {
        return Err(ApiError::forbidden(
            place.resource.named(),
            &place.name,
            "this namespace may not be deleted",
        ));
    }
    Ok(())
}

fn service_account(world: &mut World, pod: &mut Value, place: &Place) -> Result<(), ApiError> {
    let spec = &mut pod["spec"];
    let account = spec["serviceAccountName"]
        .as_str()
        .filter(|name| !name.is_empty())
        .unwrap_or("default")
        .to_owned();
    spec["serviceAccountName"] = account.clone().into();
    spec["serviceAccount"] = account.clone().into();
    let key = (String::new(), "serviceaccounts".to_owned());
    let Some(stored) = world.store.get(&key, &place.namespace, &account) else {
        let name = pod["metadata"]["name"].as_str().unwrap_or_default();
        let why = format!(
            "error looking up service account {}/{account}: serviceaccount {account:?} not found",
            place.namespace
        );
        return Err(ApiError::forbidden(place.resource.named(), name, &why));
    };
    let mounts = [
        &spec["automountServiceAccountToken"],
        &stored["automountServiceAccountToken"],
    ]
    .iter()
    .find_map(|flag| flag.as_bool())
    .unwrap_or(true);
    if mounts {
        mount_token(spec, &world.new_suffix());
    }
    if spec["imagePullSecrets"]
        .as_array()
        .is_none_or(Vec::is_empty)
        && let Some(secrets) = stored["imagePullSecrets"]
            .as_array()
            .filter(|secrets| !secrets.is_empty())
    {
        spec["imagePullSecrets"] = secrets.clone().into();
    }
    Ok(())
}

fn mount_token(spec: &mut Value, suffix: &str) {
    let name = format!("kube-api-access-{suffix}");
    let mut used = false;
    for list in ["initContainers", "containers"] {
        for container in spec
            .get_mut(list)
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            if !container["volumeMounts"].is_array() {
                container["volumeMounts"] = json!([]);
            }
            let Some(mounts) = container["volumeMounts"].as_array_mut() else {
                continue;
            };
            if mounts.iter().all(|mount| mount["mountPath"] != TOKEN_MOUNT) {
                mounts.push(json!({"name": name, "readOnly": true, "mountPath": TOKEN_MOUNT}));
                used = true;
            }
        }
    }
    if !used {
        return;
    }
    if !spec["volumes"].is_array() {
        spec["volumes"] = json!([]);
    }
    let field = json!({"apiVersion": "v1", "fieldPath": "metadata.namespace"});
    let sources = json!([
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": field}]}},
    ]);
    if let Some(volumes) = spec["volumes"].as_array_mut() {
        volumes.push(json!({"name": name, "projected": {"sources": sources, "defaultMode": 420}}));
    }
}

/// What the controllers do about a new object.
pub(crate) fn after_create(world: &mut World, object: &Value, resource: &Resource) {
    let name = object["metadata"]["name"].as_str().unwrap_or_default();
    let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Namespace") => {
            for account in seed::accounts(&world.flavor) {
                make(
                    world,
                    &json!({
                        "apiVersion": "v1", "kind": "ServiceAccount",
                        "metadata": {"name": account, "namespace": name},
                    }),
                );
            }
        }
        ("", "ServiceAccount") if world.flavor.is_openshift() => {
            link_managed_secret(world, namespace, name);
        }
        _ => {}
    }
}

/// Makes `ACCOUNT-dockercfg-xxxxx` for the internal registry and links it for pull and for mount.
fn link_managed_secret(world: &mut World, namespace: &str, account: &str) {
    let name = format!("{account}-dockercfg-{}", world.new_suffix());
    let token = world.new_token();
    let secret = seed::managed_secret(&world.flavor, namespace, account, &name, &token);
    make(world, &secret);
    let Some(resource) = world.resource("", "v1", "serviceaccounts") else {
        return;
    };
    let Ok(live) = world.find(&resource, namespace, account) else {
        return;
    };
    let mut linked = (*live).clone();
    for list in ["secrets", "imagePullSecrets"] {
        let mut entries = linked[list].as_array().cloned().unwrap_or_default();
        entries.push(json!({ "name": name }));
        linked[list] = entries.into();
    }
    if world.flavor != Flavor::OpenShift3 {
        linked["metadata"]["annotations"][seed::PULL_SECRET_REF] = name.into();
    }
    let place = Place {
        resource,
        namespace: namespace.into(),
        name: account.into(),
        subresource: String::new(),
    };
    let manager = place.manager(
        "openshift.io/image-registry-pull-secrets_service-account-controller",
        false,
    );
    managers::update(
        &live,
        &mut linked,
        &place.shape(),
        &manager,
        place.door(),
        &now(),
    );
    world.put(&place.resource, linked);
}

/// Makes an object as a controller does; one that is already there stays.
pub(crate) fn make(world: &mut World, object: &Value) -> Option<Arc<Value>> {
    try_make(world, object).ok()
}

/// The same, with the server's refusal.
pub(crate) fn try_make(world: &mut World, object: &Value) -> Result<Arc<Value>, ApiError> {
    let resource = world
        .resource_of(object)
        .ok_or_else(ApiError::no_such_path)?;
    let text = |field: &str| {
        object["metadata"][field]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let place = Place {
        resource,
        namespace: text("namespace"),
        name: text("name"),
        subresource: String::new(),
    };
    let mut object = object.clone();
    super::defaults::apply(&mut object, &place.resource);
    let options = Options::own("kube-controller-manager");
    let manager = place.manager(&options.manager, false);
    managers::update(
        &Value::Null,
        &mut object,
        &place.shape(),
        &manager,
        place.door(),
        &now(),
    );
    insert(world, object, &place, &options)
}

//! Discovery: `/version`, `/api`, `/apis`, resource lists, and as much of OpenAPI as kubectl asks for.
//!
//! Sources: k8s.io/api `apidiscovery/v2`, k8s.io/apiserver `pkg/endpoints/discovery`. The OpenAPI documents hold
//! only which parameters PATCH takes, by which kubectl decides that the server validates fields.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::error::ApiError;
use super::kinds::Resource;
use super::wire::{Call, Outcome, Reply};
use super::world::World;

/// The answer to a path that names no resource, or nothing.
pub(crate) fn answer(world: &World, call: &Call) -> Option<Outcome> {
    let path = call.path.trim_end_matches('/');
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match segments.as_slice() {
        ["version"] => Some(Ok(Reply::Json(200, world.version.clone()))),
        ["healthz" | "livez" | "readyz", ..] => Some(Ok(Reply::Text("ok".into()))),
        ["api"] => Some(Ok(
            aggregated(call, world, true).unwrap_or_else(|| core_versions(call))
        )),
        ["apis"] => Some(Ok(
            aggregated(call, world, false).unwrap_or_else(|| group_list(world))
        )),
        ["apis", group] => {
            let found = groups(world).into_iter().find(|(name, _)| name == group);
            Some(found.map_or_else(
                || Err(ApiError::no_such_path()),
                |(name, versions)| {
                    let mut document = group_document(&name, &versions);
                    document["kind"] = "APIGroup".into();
                    document["apiVersion"] = "v1".into();
                    Ok(Reply::Json(200, document))
                },
            ))
        }
        ["api", version] => Some(resource_list(world, "", version)),
        ["apis", group, version] => Some(resource_list(world, group, version)),
        ["openapi", "v3"] => Some(Ok(openapi_index(world))),
        ["openapi", "v3", "api", version] => Some(openapi(world, "", version)),
        ["openapi", "v3", "apis", group, version] => Some(openapi(world, group, version)),
        ["api" | "apis", ..] => None,
        _ => Some(Err(ApiError::no_such_path())),
    }
}

/// Groups with their versions, in the order of the resources; without core.
fn groups(world: &World) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    for resource in world
        .resources
        .iter()
        .filter(|resource| !resource.group.is_empty())
    {
        match groups.iter_mut().find(|(name, _)| *name == resource.group) {
            Some((_, versions)) => {
                if !versions.contains(&resource.version) {
                    versions.push(resource.version.clone());
                }
            }
            None => groups.push((resource.group.clone(), vec![resource.version.clone()])),
        }
    }
    groups
}

fn core_versions(call: &Call) -> Reply {
    let host = call.header("host");
    Reply::Json(
        200,
        json!({
            "kind": "APIVersions", "versions": ["v1"],
            "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": host}],
        }),
    )
}

fn group_document(name: &str, versions: &[String]) -> Value {
    let all: Vec<Value> = versions
        .iter()
        .map(|version| json!({"groupVersion": format!("{name}/{version}"), "version": version}))
        .collect();
    json!({"name": name, "versions": all, "preferredVersion": all.first()})
}

fn group_list(world: &World) -> Reply {
    let all: Vec<Value> = groups(world)
        .iter()
        .map(|(name, versions)| group_document(name, versions))
        .collect();
    Reply::Json(
        200,
        json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": all}),
    )
}

fn in_version<'a>(world: &'a World, group: &str, version: &str) -> Vec<&'a Arc<Resource>> {
    world
        .resources
        .iter()
        .filter(|one| one.group == group && one.version == version)
        .collect()
}

fn resource_list(world: &World, group: &str, version: &str) -> Outcome {
    let here = in_version(world, group, version);
    if here.is_empty() {
        return Err(ApiError::no_such_path());
    }
    let mut all = Vec::new();
    for resource in here {
        let mut entry = json!({
            "name": resource.plural, "singularName": resource.singular, "namespaced": resource.namespaced,
            "kind": resource.kind, "verbs": resource.verbs,
        });
        if !resource.short_names.is_empty() {
            entry["shortNames"] = json!(resource.short_names);
        }
        all.push(entry);
        for (name, kind, verbs) in subresources(resource) {
            all.push(json!({
                "name": format!("{}/{name}", resource.plural), "singularName": "",
                "namespaced": resource.namespaced, "kind": kind, "verbs": verbs,
            }));
        }
    }
    let group_version = if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    };
    let list = json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group_version, "resources": all});
    Ok(Reply::Json(200, list))
}

fn subresources(resource: &Resource) -> Vec<(&str, &str, &[&str])> {
    let mut all: Vec<(&str, &str, &[&str])> = Vec::new();
    if resource.status {
        all.push((
            "status",
            resource.kind.as_str(),
            &["get", "patch", "update"],
        ));
    }
    all.extend(
        resource
            .subresources
            .iter()
            .map(|one| (one.name, one.kind, one.verbs)),
    );
    all
}

/// The aggregated document, when the client asks for it.
fn aggregated(call: &Call, world: &World, core: bool) -> Option<Reply> {
    let accept = call.header("accept");
    let (version, media) = [
        (
            "v2",
            "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
        ),
        (
            "v2beta1",
            "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
        ),
    ]
    .into_iter()
    .find(|(version, _)| {
        accept.split(',').any(|part| {
            part.contains("as=APIGroupDiscoveryList")
                && part
                    .split(';')
                    .any(|word| word.trim() == format!("v={version}"))
        })
    })?;
    let names: Vec<(String, Vec<String>)> = if core {
        vec![(String::new(), vec!["v1".into()])]
    } else {
        groups(world)
    };
    let items: Vec<Value> = names
        .iter()
        .map(|(group, versions)| {
            let versions: Vec<Value> = versions
                .iter()
                .map(|version| discovery_version(world, group, version))
                .collect();
            let metadata = if group.is_empty() {
                json!({})
            } else {
                json!({ "name": group })
            };
            json!({"metadata": metadata, "versions": versions})
        })
        .collect();
    let document = json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": format!("apidiscovery.k8s.io/{version}"),
        "metadata": {}, "items": items,
    });
    Some(Reply::Typed(media, document))
}

fn discovery_version(world: &World, group: &str, version: &str) -> Value {
    let resources: Vec<Value> = in_version(world, group, version)
        .into_iter()
        .map(|resource| {
            let kind = |kind: &str| json!({"group": group, "version": version, "kind": kind});
            let mut entry = json!({
                "resource": resource.plural, "responseKind": kind(&resource.kind),
                "scope": if resource.namespaced { "Namespaced" } else { "Cluster" },
                "singularResource": resource.singular, "verbs": resource.verbs,
            });
            if !resource.short_names.is_empty() {
                entry["shortNames"] = json!(resource.short_names);
            }
            let inner: Vec<Value> = subresources(resource)
                .into_iter()
                .map(|(name, its, verbs)| json!({"subresource": name, "responseKind": kind(its), "verbs": verbs}))
                .collect();
            if !inner.is_empty() {
                entry["subresources"] = inner.into();
            }
            entry
        })
        .collect();
    json!({"version": version, "resources": resources, "freshness": "Current"})
}

fn openapi_index(world: &World) -> Reply {
    let mut paths = Map::new();
    let mut add = |path: String| {
        let url = format!("/openapi/v3/{path}?hash=0");
        paths.insert(path, json!({ "serverRelativeURL": url }));
    };
    add("api/v1".into());
    for (group, versions) in groups(world) {
        for version in versions {
            add(format!("apis/{group}/{version}"));
        }
    }
    Reply::Json(200, json!({ "paths": paths }))
}

fn openapi(world: &World, group: &str, version: &str) -> Outcome {
    let here = in_version(world, group, version);
    if here.is_empty() {
        return Err(ApiError::no_such_path());
    }
    let parameters: Vec<Value> = ["dryRun", "fieldManager", "fieldValidation", "force"]
        .iter()
        .map(|name| json!({"name": name, "in": "query", "schema": {"type": "string"}}))
        .collect();
    let root = if group.is_empty() {
        format!("/api/{version}")
    } else {
        format!("/apis/{group}/{version}")
    };
    let mut paths = Map::new();
    for resource in here {
        let middle = if resource.namespaced {
            "/namespaces/{namespace}"
        } else {
            ""
        };
        let kind = json!({"group": group, "version": version, "kind": resource.kind});
        let operation = json!({
            "parameters": parameters, "responses": {"200": {"description": "OK"}},
            "x-kubernetes-action": "patch", "x-kubernetes-group-version-kind": kind,
        });
        paths.insert(
            format!("{root}{middle}/{}/{{name}}", resource.plural),
            json!({ "patch": operation }),
        );
    }
    let document = json!({
        "openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "embedded"}, "paths": paths,
        "components": {"schemas": {}},
    });
    Ok(Reply::Json(200, document))
}

//! Objects from a test's side: made, read and changed past the wire.
//!
//! These helpers act as the administrator and are in no log and meet no fault; what they write is checked and
//! admitted like any other write. They panic with the server's words when it refuses.

use std::borrow::Borrow;
use std::sync::Arc;

use http::HeaderMap;
use hyper::body::Bytes;
use serde_json::Value;

use super::auth::Identity;
use super::handle::{Api, fail};
use super::kinds::Resource;
use super::kubelet::{self, PodState};
use super::live;
use super::route;
use super::store::collection;
use super::wire::{Call, Reply, parse_query};
use super::world::now;

/// The path of an object, or of a collection when `name` is empty.
pub(crate) fn object_path(resource: &Resource, namespace: &str, name: &str) -> String {
    let root = if resource.group.is_empty() {
        "/api".into()
    } else {
        format!("/apis/{}", resource.group)
    };
    let middle = if resource.namespaced && !namespace.is_empty() {
        format!("/namespaces/{namespace}")
    } else {
        String::new()
    };
    let end = if name.is_empty() {
        String::new()
    } else {
        format!("/{name}")
    };
    format!(
        "{root}/{}{middle}/{}{end}",
        resource.version, resource.plural
    )
}

impl Api {
    #[track_caller]
    fn resource(&self, word: &str) -> Arc<Resource> {
        self.world()
            .resource_named(word)
            .unwrap_or_else(|| fail(&format!("this server has no resource {word:?}")))
    }

    /// One request past the wire, as the administrator.
    fn request(
        &self,
        method: &str,
        path: &str,
        query: &str,
        media: &str,
        body: &Value,
    ) -> Result<Value, Value> {
        let mut headers = HeaderMap::new();
        for (name, value) in [("content-type", media), ("user-agent", "test")] {
            if let Ok(value) = http::HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
        let body = if body.is_null() {
            Bytes::new()
        } else {
            Bytes::from(body.to_string())
        };
        let call = Call {
            method: method.into(),
            path: path.into(),
            query: parse_query(query),
            headers,
            body,
            identity: Identity::admin(),
            warnings: Arc::default(),
        };
        match route::run(&self.shared.0, &call) {
            Ok(Reply::Json(_, document) | Reply::Typed(_, document)) => Ok(document),
            Ok(Reply::Written(text)) => Ok(serde_json::from_str(&text).unwrap_or_default()),
            Ok(Reply::Text(text)) => Ok(text.into()),
            Ok(Reply::Stream(_)) => Ok(Value::Null),
            Err(error) => Err(error.status()),
        }
    }

    /// Makes an object and gives back what was stored, or the server's `Status`. A `status` in it is stored as
    /// well, as if its controller had written it.
    #[track_caller]
    pub fn try_create(&self, object: &Value) -> Result<Value, Value> {
        if object["status"].is_null() {
            self.make(object)
        } else {
            self.without_kubelets(|| self.make(object))
        }
    }

    #[track_caller]
    fn make(&self, object: &Value) -> Result<Value, Value> {
        let Some(resource) = self.world().resource_of(object) else {
            fail(&format!(
                "this server has no {} {}",
                object["apiVersion"], object["kind"]
            ));
        };
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
        let path = object_path(&resource, namespace, "");
        let stored = self.request(
            "POST",
            &path,
            "fieldManager=test",
            "application/json",
            object,
        )?;
        if object["status"].is_null() || !resource.is_stored() {
            return Ok(stored);
        }
        let name = stored["metadata"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let status = object["status"].clone();
        Ok(
            self.edit(&resource.named().to_string(), namespace, &name, |live| {
                live["status"] = status.clone();
            }),
        )
    }

    /// Makes an object; see [`Api::try_create`].
    #[track_caller]
    pub fn create(&self, object: impl Borrow<Value>) -> Value {
        let object = object.borrow();
        self.try_create(object)
            .unwrap_or_else(|status| fail(&format!("{}: {object}", status["message"])))
    }

    /// Makes all these objects, in order.
    #[track_caller]
    pub fn create_all(&self, objects: impl IntoIterator<Item = Value>) {
        for object in objects {
            self.create(object);
        }
    }

    /// Stores objects as they are, without admission, defaults and owners: the quick way to many. They get a UID
    /// and a creation time where they have none.
    #[track_caller]
    pub fn seed(&self, objects: impl IntoIterator<Item = Value>) {
        let mut world = self.world();
        for mut object in objects {
            let Some(resource) = world.resource_of(&object) else {
                drop(world);
                fail(&format!(
                    "this server has no {} {}",
                    object["apiVersion"], object["kind"]
                ));
            };
            let uid = world.new_uid();
            for (field, value) in [("uid", uid), ("creationTimestamp", now())] {
                if object["metadata"][field].is_null() {
                    object["metadata"][field] = value.into();
                }
            }
            world.put(&resource, object);
        }
    }

    /// The stored object. `resource` is a plural, kind or short name, with a group where it is ambiguous
    /// (`images.config.openshift.io`); `namespace` is empty for cluster scope.
    #[track_caller]
    pub fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        let resource = self.resource(resource);
        let path = object_path(&resource, namespace, name);
        self.request("GET", &path, "", "", &Value::Null).ok()
    }

    /// The objects of a namespace, or of all when it is empty.
    #[track_caller]
    pub fn list(&self, resource: &str, namespace: &str) -> Vec<Value> {
        let resource = self.resource(resource);
        let world = self.world();
        world
            .store
            .list(&collection(&resource), namespace)
            .iter()
            .map(|object| (**object).clone())
            .collect()
    }

    /// Changes an object as its owner would, without any check, `status` included; gives back what was stored.
    #[track_caller]
    pub fn edit(
        &self,
        resource: &str,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut Value),
    ) -> Value {
        let resource = self.resource(resource);
        let mut world = self.world();
        let Ok(live) = world.find(&resource, namespace, name) else {
            drop(world);
            fail(&format!("no {} {name} in {namespace:?}", resource.plural));
        };
        let mut changed = (*live).clone();
        change(&mut changed);
        let stored = (*world.put(&resource, changed)).clone();
        drop(world);
        live::follow(&self.shared.0);
        stored
    }

    /// Writes an object back (PUT) with all the server's checks, or gives its `Status`.
    #[track_caller]
    pub fn update(&self, object: &Value) -> Result<Value, Value> {
        let Some(resource) = self.world().resource_of(object) else {
            fail(&format!(
                "this server has no {} {}",
                object["apiVersion"], object["kind"]
            ));
        };
        let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
        let path = object_path(&resource, text("namespace"), text("name"));
        self.request(
            "PUT",
            &path,
            "fieldManager=test",
            "application/json",
            object,
        )
    }

    /// Deletes an object.
    #[track_caller]
    pub fn delete(&self, resource: &str, namespace: &str, name: &str) {
        let resource = self.resource(resource);
        let path = object_path(&resource, namespace, name);
        if let Err(status) = self.request("DELETE", &path, "", "", &Value::Null) {
            fail(&format!("{}", status["message"]));
        }
    }

    /// Adds a namespace, with the service accounts that come with it.
    #[track_caller]
    pub fn add_namespace(&self, name: &str) -> Value {
        self.create(super::make::namespace(name))
    }

    /// Adds a pod with one container `app` of this image, and gives it a state and its events.
    #[track_caller]
    pub fn add_pod(&self, namespace: &str, name: &str, image: &str, state: &PodState) -> Value {
        self.add_pod_like(&super::make::pod(namespace, name, image), state)
    }

    /// Adds this pod, and gives it a state and its events.
    #[track_caller]
    pub fn add_pod_like(&self, pod: &Value, state: &PodState) -> Value {
        let text = |field: &str| pod["metadata"][field].as_str().unwrap_or_default();
        let (namespace, name) = (text("namespace"), text("name"));
        let stored = self.without_kubelets(|| {
            let stored = self.create(pod);
            self.set_pod_state(namespace, name, state);
            stored
        });
        self.get("pods", namespace, name).unwrap_or(stored)
    }

    /// Sets the state of a pod and adds its events.
    #[track_caller]
    pub fn set_pod_state(&self, namespace: &str, name: &str, state: &PodState) {
        let resource = self.resource("pods");
        let mut world = self.world();
        let Ok(pod) = world.find(&resource, namespace, name) else {
            drop(world);
            fail(&format!("no pod {name} in {namespace}"));
        };
        kubelet::set_state(&mut world, &resource, &pod, state);
    }

    /// Adds an event about an object: `Normal` or `Warning`, reason, message.
    pub fn add_event(&self, about: &Value, kind: &str, reason: &str, message: &str) {
        kubelet::event(&mut self.world(), about, (kind, reason, message), "test");
    }

    /// Sets the log of a container.
    pub fn set_log(&self, namespace: &str, pod: &str, container: &str, text: &str) {
        self.world().container_logs.insert(
            (namespace.into(), pod.into(), container.into()),
            text.into(),
        );
    }
}

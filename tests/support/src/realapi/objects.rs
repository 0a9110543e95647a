//! Objects of the real server, as [`crate::api::Api`] has them for the embedded one.

use std::time::Instant;

use serde_json::{Value, json};

use super::{PAUSE, RealApi};
use crate::api::{PodState, Resource, fail, make};

impl RealApi {
    /// The server makes the namespace `default` a moment after it is ready; its account is ours to make.
    pub(super) fn wait_for_default_namespace(&self, end: Instant) {
        while self.get("namespaces", "", "default").is_none() {
            if Instant::now() > end {
                fail("the API server made no namespace `default`");
            }
            std::thread::sleep(PAUSE);
        }
        self.add_accounts("default");
    }

    /// Makes a namespace and its service accounts.
    #[track_caller]
    pub fn add_namespace(&self, name: &str) {
        self.create(&make::namespace(name));
        self.add_accounts(name);
    }

    #[track_caller]
    pub(super) fn send(&self, method: &str, path: &str, body: &Value) -> Result<Value, Value> {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let headers = [("content-type", "application/json"), ("user-agent", "test")];
        match self.client().send(method, path, &headers, &body) {
            Ok(answer) if answer.status < 300 => Ok(answer.json()),
            Ok(answer) => Err(answer.json()),
            Err(error) => fail(&format!("{method} {path}: {error}")),
        }
    }

    #[track_caller]
    fn must(&self, method: &str, path: &str, body: &Value) -> Value {
        self.send(method, path, body)
            .unwrap_or_else(|status| fail(&format!("{method} {path}: {}", status["message"])))
    }

    /// Makes an object; a `status` in it is stored as well.
    #[track_caller]
    pub fn create(&self, object: &Value) -> Value {
        let resource = self.resource(|one| {
            object["kind"] == one.kind.as_str()
                && object["apiVersion"] == one.api_version().as_str()
        });
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
        let mut stored = self.must("POST", &path(&resource, namespace, ""), object);
        if object["status"].is_null() || !resource.status {
            return stored;
        }
        stored["status"] = object["status"].clone();
        let name = stored["metadata"]["name"].as_str().unwrap_or_default();
        let path = path(&resource, namespace, name);
        self.must("PUT", &format!("{path}/status"), &stored)
    }

    /// The stored object; `resource` is a word as in [`crate::api::Api::get`].
    #[track_caller]
    pub fn get(&self, word: &str, namespace: &str, name: &str) -> Option<Value> {
        let path = path(&self.named(word), namespace, name);
        self.send("GET", &path, &Value::Null).ok()
    }

    /// The objects of a namespace, or of all when it is empty.
    #[track_caller]
    pub fn list(&self, word: &str, namespace: &str) -> Vec<Value> {
        let path = path(&self.named(word), namespace, "");
        let list = self.must("GET", &path, &Value::Null);
        list["items"].as_array().cloned().unwrap_or_default()
    }

    /// Reads, changes and writes an object, again when somebody came between.
    #[track_caller]
    pub fn edit(
        &self,
        word: &str,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut Value),
    ) -> Value {
        let path = path(&self.named(word), namespace, name);
        let mut object = self.must("GET", &path, &Value::Null);
        change(&mut object);
        self.must("PUT", &path, &object)
    }

    /// Reads an object and writes its status.
    #[track_caller]
    pub fn set_status(&self, word: &str, namespace: &str, name: &str, status: &Value) -> Value {
        let path = path(&self.named(word), namespace, name);
        let mut object = self.must("GET", &path, &Value::Null);
        object["status"] = status.clone();
        self.must("PUT", &format!("{path}/status"), &object)
    }

    /// Deletes an object.
    #[track_caller]
    pub fn delete(&self, word: &str, namespace: &str, name: &str) {
        let path = path(&self.named(word), namespace, name);
        self.must("DELETE", &path, &Value::Null);
    }

    /// Adds a pod, sets its status and makes the events about it.
    #[track_caller]
    pub(crate) fn add_pod(&self, pod: &Value, state: &PodState) -> Value {
        let mut pod = pod.clone();
        pod["status"] = state.status(&pod);
        let stored = self.create(&pod);
        for event in state.events_about(&stored) {
            self.create(&event);
        }
        stored
    }

    /// Grants a user the rights of an RBAC rule in a namespace, in the whole cluster when it is empty.
    #[track_caller]
    pub(crate) fn grant(&self, namespace: &str, user: &str, rule: &Value) {
        if namespace.is_empty() {
            return self.grant_everywhere(user, rule);
        }
        let group = "rbac.authorization.k8s.io";
        let version = format!("{group}/v1");
        let metadata = json!({"generateName": "test-", "namespace": namespace});
        let role = self.create(&json!({
            "apiVersion": version, "kind": "Role", "metadata": metadata, "rules": [rule],
        }));
        self.create(&json!({
            "apiVersion": version, "kind": "RoleBinding", "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": "Role", "name": role["metadata"]["name"]},
            "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
        }));
    }

    #[track_caller]
    fn resource(&self, fits: impl Fn(&Resource) -> bool) -> Resource {
        let found = self.resources().into_iter().find(fits);
        found.unwrap_or_else(|| fail("the real API server has no such resource"))
    }

    #[track_caller]
    fn named(&self, word: &str) -> Resource {
        self.resource(|one| one.answers_to(word))
    }
}

fn path(resource: &Resource, namespace: &str, name: &str) -> String {
    crate::api::object_path(resource, namespace, name)
}

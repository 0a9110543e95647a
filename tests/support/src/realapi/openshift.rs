//! The real control plane as an OpenShift 4: its kinds as CustomResourceDefinitions, the objects that every cluster has, and
//! turns for tests that change what the whole cluster shares.

use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Instant;

use serde_json::{Value, json};

use super::{RealApi, definitions};
use crate::api::{Flavor, Resource, make, object_path, seed};

/// Who has the cluster: many tests in namespaces of their own, or one alone.
static TURN: RwLock<()> = RwLock::new(());

/// The label of what a test made for the whole cluster and that belongs to no kind of OpenShift.
const OF_A_TEST: &str = "of-a-test";

const DEFINITIONS: &str = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

impl RealApi {
    /// The server with OpenShift's kinds that the tests of this process share; nothing when there are no programs. It is
    /// another one than [`RealApi::shared`], which stays a plain Kubernetes. Panics as that does.
    #[track_caller]
    pub fn shared_openshift() -> Option<&'static Self> {
        static SHARED: OnceLock<Result<Option<RealApi>, String>> = OnceLock::new();
        let flavor = Flavor::OpenShift4 {
            version: "4.20.3".into(),
        };
        Self::shared_as(&SHARED, &flavor)
    }

    /// For a test that stays inside namespaces of its own.
    pub(crate) fn with_others() -> RwLockReadGuard<'static, ()> {
        TURN.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// For a test that changes what the whole cluster shares, which is fresh at its begin and again for those who follow.
    #[track_caller]
    pub(crate) fn alone(&self) -> Alone<'_> {
        let turn = TURN.write().unwrap_or_else(PoisonError::into_inner);
        self.freshen();
        Alone {
            real: self,
            _turn: turn,
        }
    }

    /// Defines OpenShift's kinds, waits until all are served and discovered, and makes the objects that every cluster has.
    pub(super) fn become_openshift(&self, end: Instant) -> Result<(), String> {
        let kinds: Vec<Resource> = self.openshift_kinds().collect();
        for kind in &kinds {
            self.send("POST", DEFINITIONS, &definitions::definition(kind))
                .map_err(|status| format!("{}: {}", definitions::name(kind), status["message"]))?;
        }
        for kind in &kinds {
            while !self.is_established(kind) || !self.is_served(kind) {
                if Instant::now() > end {
                    return Err(format!("{} is not served", definitions::name(kind)));
                }
                std::thread::sleep(super::PAUSE);
            }
        }
        for name in seed::namespaces(&self.flavor) {
            self.add_namespace(name);
        }
        self.plant();
        Ok(())
    }

    fn openshift_kinds(&self) -> impl Iterator<Item = Resource> {
        self.resources()
            .into_iter()
            .filter(|resource| resource.group.ends_with("openshift.io"))
    }

    fn is_established(&self, kind: &Resource) -> bool {
        let path = format!("{DEFINITIONS}/{}", definitions::name(kind));
        let Ok(definition) = self.send("GET", &path, &Value::Null) else {
            return false;
        };
        let conditions = definition["status"]["conditions"].as_array();
        conditions
            .into_iter()
            .flatten()
            .any(|condition| condition["type"] == "Established" && condition["status"] == "True")
    }

    /// Whether it can be listed and both documents of discovery name it, which may be later than that it is established.
    fn is_served(&self, kind: &Resource) -> bool {
        let read = |path: &str| self.send("GET", path, &Value::Null).unwrap_or_default();
        let has = |list: &Value, field: &str, name: &str| {
            let items = list[field].as_array();
            items.into_iter().flatten().any(|item| item["name"] == name)
        };
        has(&read("/apis"), "groups", &kind.group)
            && has(
                &read(&format!("/apis/{}/{}", kind.group, kind.version)),
                "resources",
                &kind.plural,
            )
            && self
                .send("GET", &object_path(kind, "", ""), &Value::Null)
                .is_ok()
    }

    fn plant(&self) {
        for object in seed::objects(&self.flavor) {
            self.create(&object);
        }
    }

    /// Takes away what tests left in the whole cluster and makes anew what every cluster has.
    #[track_caller]
    fn freshen(&self) {
        for kind in self.openshift_kinds().filter(|kind| !kind.namespaced) {
            self.clear(&definitions::name(&kind), "", "");
        }
        for kind in ["nodes", "clusterroles", "clusterrolebindings"] {
            let selector = if kind == "nodes" { "" } else { OF_A_TEST };
            self.clear(kind, "", selector);
        }
        for namespace in seed::namespaces(&self.flavor) {
            for kind in ["configmaps", "secrets"] {
                self.clear(kind, namespace, "");
            }
        }
        self.plant();
    }

    /// Deletes the objects with a label, all when it is empty.
    #[track_caller]
    fn clear(&self, word: &str, namespace: &str, label: &str) {
        for object in self.list(word, namespace) {
            let metadata = &object["metadata"];
            if label.is_empty() || !metadata["labels"][label].is_null() {
                self.delete(
                    word,
                    namespace,
                    metadata["name"].as_str().unwrap_or_default(),
                );
            }
        }
    }

    /// Grants a user the rights of an RBAC rule in the whole cluster, until it is fresh again.
    #[track_caller]
    pub(super) fn grant_everywhere(&self, user: &str, rule: &Value) {
        let group = "rbac.authorization.k8s.io";
        let version = format!("{group}/v1");
        let metadata = json!({"generateName": "test-", "labels": {(OF_A_TEST): "true"}});
        let role = self.create(&json!({
            "apiVersion": version, "kind": "ClusterRole", "metadata": metadata, "rules": [rule],
        }));
        self.create(&json!({
            "apiVersion": version, "kind": "ClusterRoleBinding", "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role["metadata"]["name"]},
            "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
        }));
    }

    /// The accounts of a namespace, on OpenShift each with the secret that the platform manages for it.
    #[track_caller]
    pub(super) fn add_accounts(&self, namespace: &str) {
        for name in seed::accounts(&self.flavor) {
            let mut account = make::service_account(namespace, name);
            if self.flavor.is_openshift() {
                // Names of a pattern, as the controller's, and no two in a namespace.
                let secret_name = format!("{name}-dockercfg-{}", &self.admin_token[6..11]);
                let token = format!("sha256~{namespace}-{name}");
                let secret =
                    seed::managed_secret(&self.flavor, namespace, name, &secret_name, &token);
                self.create(&secret);
                for list in ["secrets", "imagePullSecrets"] {
                    account[list] = json!([{"name": secret_name}]);
                }
                account["metadata"]["annotations"] = json!({(seed::PULL_SECRET_REF): secret_name});
            }
            self.create(&account);
        }
    }
}

/// The cluster is one test's. What that leaves is taken away when it ends well; a test that fails ends the run anyway.
pub(crate) struct Alone<'a> {
    real: &'a RealApi,
    _turn: RwLockWriteGuard<'static, ()>,
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.real.freshen();
        }
    }
}

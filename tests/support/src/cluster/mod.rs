//! Tests that run on every kind of API server that is at hand.
//!
//! [`for_each_cluster`] runs a test against the embedded server, and against a real kube-apiserver as well when
//! `KUBEBUILDER_ASSETS` names a folder with `etcd` and `kube-apiserver`. What such a test relies on is then what
//! the real one does. The real server is shared by all tests of a process: stay inside namespaces of
//! [`Cluster::namespace`].
//!
//! [`for_each_openshift`] does the same with OpenShift's kinds: the embedded server as an OpenShift 4, and another real
//! kube-apiserver that has them as CustomResourceDefinitions. A test that changes what the whole cluster shares
//! (`image.config`, Proxy, nodes, mirror sets, `openshift-config`) takes [`for_each_openshift_alone`] and finds it fresh.
//! What cannot be a CustomResourceDefinition is only on the embedded one: imports of image streams, `imagestreamtags`,
//! the Image of `image.openshift.io`, projects, `users/~`, and every subresource but `status` (`instantiate`, `log`, the
//! secrets of a stream). Builds do not run, imports and rollouts do not happen on the real one: it has no controllers.

mod client;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::api::{Api, Flavor, PodState, Rule, User, make};
use crate::realapi::RealApi;

pub use client::{Answer, Client};

/// The user without rights but those of [`Cluster::grant`].
pub const LIMITED_USER: &str = "limited";
/// The bearer token of [`LIMITED_USER`].
pub const LIMITED_TOKEN: &str = "limited-user-token";

/// An API server, embedded or real, with an administrator and a user of few rights.
#[derive(Debug)]
pub enum Cluster {
    /// The server of [`crate::api`].
    Embedded(Api),
    /// etcd and kube-apiserver.
    Real(&'static RealApi),
}

/// Runs `test` with the embedded server, then with the real one if there is one.
///
/// The embedded server is fresh and speaks HTTPS, so that both kinds are reached in the same way.
#[track_caller]
pub fn for_each_cluster(test: impl Fn(&Cluster)) {
    on_each_cluster(|cluster| test(&cluster));
}

/// The same for a test that keeps the cluster in a world of its own.
#[track_caller]
pub fn on_each_cluster(mut test: impl FnMut(Cluster)) {
    test(Cluster::embedded());
    if let Some(real) = RealApi::shared() {
        test(Cluster::Real(real));
    }
}

/// Runs `test` with an embedded OpenShift 4, then with a real API server that has its kinds if there is one.
#[track_caller]
pub fn for_each_openshift(test: impl Fn(&Cluster)) {
    on_each_openshift(|cluster| test(&cluster));
}

/// The same for a test that keeps the cluster in a world of its own.
#[track_caller]
pub fn on_each_openshift(mut test: impl FnMut(Cluster)) {
    test(Cluster::embedded_openshift());
    if let Some(real) = RealApi::shared_openshift() {
        let _turn = RealApi::with_others();
        test(Cluster::Real(real));
    }
}

/// Runs `test` on the same clusters with no other test beside it, for what the whole cluster shares.
#[track_caller]
pub fn for_each_openshift_alone(test: impl Fn(&Cluster)) {
    on_each_openshift_alone(|cluster| test(&cluster));
}

/// The same for a test that keeps the cluster in a world of its own.
#[track_caller]
pub fn on_each_openshift_alone(mut test: impl FnMut(Cluster)) {
    test(Cluster::embedded_openshift());
    if let Some(real) = RealApi::shared_openshift() {
        let _turn = real.alone();
        test(Cluster::Real(real));
    }
}

impl Cluster {
    /// A fresh embedded server with TLS and [`LIMITED_USER`].
    #[track_caller]
    pub fn embedded() -> Self {
        Self::embedded_as(Flavor::Kubernetes)
    }

    /// The same as an OpenShift 4.
    #[track_caller]
    pub fn embedded_openshift() -> Self {
        Self::embedded_as(Flavor::OpenShift4 {
            version: "4.20.3".into(),
        })
    }

    #[track_caller]
    fn embedded_as(flavor: Flavor) -> Self {
        let api = Api::builder()
            .flavor(flavor)
            .tls()
            .user(User::new(LIMITED_USER).token(LIMITED_TOKEN))
            .allow(
                LIMITED_USER,
                Rule::verb("create").on("selfsubjectaccessreviews.authorization.k8s.io"),
            )
            .start();
        Self::Embedded(api)
    }

    /// `embedded` or `real`, for messages.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Embedded(_) => "embedded",
            Self::Real(_) => "real",
        }
    }

    /// The embedded server, for what only it can do: faults, the log, controllers.
    pub fn api(&self) -> Option<&Api> {
        match self {
            Self::Embedded(api) => Some(api),
            Self::Real(_) => None,
        }
    }

    /// Whether it has OpenShift's kinds.
    pub fn is_openshift(&self) -> bool {
        match self {
            Self::Embedded(api) => api.is_openshift(),
            Self::Real(real) => real.is_openshift(),
        }
    }

    /// Whether it serves a resource; the word is as in [`Api::get`].
    pub fn serves(&self, resource: &str) -> bool {
        match self {
            Self::Embedded(api) => api.serves(resource),
            Self::Real(real) => real.serves(resource),
        }
    }

    /// `https://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        match self {
            Self::Embedded(api) => api.url(),
            Self::Real(real) => real.url(),
        }
    }

    /// The certificate of the server's CA.
    pub fn ca_pem(&self) -> &str {
        match self {
            Self::Embedded(api) => api.ca_pem().unwrap_or_default(),
            Self::Real(real) => real.ca_pem(),
        }
    }

    /// The administrator's bearer token.
    pub fn admin_token(&self) -> String {
        match self {
            Self::Embedded(api) => api.admin_token(),
            Self::Real(real) => real.admin_token().to_owned(),
        }
    }

    /// The administrator's kubeconfig with this namespace.
    pub fn kubeconfig(&self, namespace: &str) -> String {
        match self {
            Self::Embedded(api) => api.kubeconfig(namespace),
            Self::Real(real) => real.kubeconfig("admin", real.admin_token(), namespace),
        }
    }

    /// The kubeconfig of [`LIMITED_USER`] with this namespace.
    #[track_caller]
    pub fn limited_kubeconfig(&self, namespace: &str) -> String {
        match self {
            Self::Embedded(api) => api.kubeconfig_of(LIMITED_USER, namespace),
            Self::Real(real) => real.kubeconfig(LIMITED_USER, LIMITED_TOKEN, namespace),
        }
    }

    /// Writes the administrator's kubeconfig to `DIR/kubeconfig` and gives the path.
    #[track_caller]
    pub fn write_kubeconfig(&self, dir: &Path, namespace: &str) -> PathBuf {
        let path = dir.join("kubeconfig");
        match std::fs::write(&path, self.kubeconfig(namespace)) {
            Ok(()) => path,
            Err(error) => crate::api::fail(&format!("{}: {error}", path.display())),
        }
    }

    /// A client that acts as the administrator.
    #[track_caller]
    pub fn client(&self) -> Client {
        match self {
            Self::Embedded(api) => match Client::new(api.address(), api.ca_pem()) {
                Ok(client) => client.with_token(&api.admin_token()),
                Err(error) => crate::api::fail(&format!("no client: {error}")),
            },
            Self::Real(real) => real.client().clone(),
        }
    }

    /// Makes a namespace of its own for a test, with its service account `default`; gives its name.
    #[track_caller]
    pub fn namespace(&self, prefix: &str) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{prefix}-{}-{count}", std::process::id());
        match self {
            Self::Embedded(api) => drop(api.add_namespace(&name)),
            Self::Real(real) => real.add_namespace(&name),
        }
        name
    }

    /// Makes an object; a `status` in it is stored as well. Panics with the server's words when it refuses.
    #[track_caller]
    pub fn create(&self, object: &Value) -> Value {
        match self {
            Self::Embedded(api) => api.create(object),
            Self::Real(real) => real.create(object),
        }
    }

    /// The stored object; `resource` is a word as in [`Api::get`].
    #[track_caller]
    pub fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        match self {
            Self::Embedded(api) => api.get(resource, namespace, name),
            Self::Real(real) => real.get(resource, namespace, name),
        }
    }

    /// The objects of a namespace.
    #[track_caller]
    pub fn list(&self, resource: &str, namespace: &str) -> Vec<Value> {
        match self {
            Self::Embedded(api) => api.list(resource, namespace),
            Self::Real(real) => real.list(resource, namespace),
        }
    }

    /// Changes an object (not its status) and gives back what was stored.
    #[track_caller]
    pub fn edit(
        &self,
        resource: &str,
        namespace: &str,
        name: &str,
        change: impl FnOnce(&mut Value),
    ) -> Value {
        match self {
            Self::Embedded(api) => {
                let Some(mut object) = api.get(resource, namespace, name) else {
                    crate::api::fail(&format!("no {resource} {name} in {namespace}"))
                };
                change(&mut object);
                api.update(&object)
                    .unwrap_or_else(|status| crate::api::fail(&status.to_string()))
            }
            Self::Real(real) => real.edit(resource, namespace, name, change),
        }
    }

    /// Writes the status of an object whose kind has it as a subresource.
    #[track_caller]
    pub fn set_status(&self, resource: &str, namespace: &str, name: &str, status: &Value) -> Value {
        match self {
            Self::Embedded(api) => api.edit(resource, namespace, name, |object| {
                object["status"] = status.clone();
            }),
            Self::Real(real) => real.set_status(resource, namespace, name, status),
        }
    }

    /// Deletes an object.
    #[track_caller]
    pub fn delete(&self, resource: &str, namespace: &str, name: &str) {
        match self {
            Self::Embedded(api) => api.delete(resource, namespace, name),
            Self::Real(real) => real.delete(resource, namespace, name),
        }
    }

    /// Adds a pod with one container `app` of this image in this state, with its events.
    #[track_caller]
    pub fn add_pod(&self, namespace: &str, name: &str, image: &str, state: &PodState) -> Value {
        match self {
            Self::Embedded(api) => api.add_pod(namespace, name, image, state),
            Self::Real(real) => real.add_pod(&make::pod(namespace, name, image), state),
        }
    }

    /// Adds a pod in this state, with its events.
    #[track_caller]
    pub fn add_pod_like(&self, pod: &Value, state: &PodState) -> Value {
        match self {
            Self::Embedded(api) => api.add_pod_like(pod, state),
            Self::Real(real) => real.add_pod(pod, state),
        }
    }

    /// Grants [`LIMITED_USER`] these verbs on a resource (`secrets`, `deployments.apps`) in a namespace, or in the whole
    /// cluster when it is empty; that only in a test of [`for_each_openshift_alone`], because the user is everybody's.
    #[track_caller]
    pub fn grant(&self, namespace: &str, verbs: &[&str], resource: &str) {
        match self {
            Self::Embedded(api) => {
                let rule = Rule::verbs(verbs).on(resource);
                let rule = if namespace.is_empty() {
                    rule
                } else {
                    rule.within(namespace)
                };
                api.allow(LIMITED_USER, rule);
            }
            Self::Real(real) => {
                let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
                let rule = json!({"apiGroups": [group], "resources": [plural], "verbs": verbs});
                real.grant(namespace, LIMITED_USER, &rule);
            }
        }
    }
}

//! The handle of a running server, for tests.
//!
//! The helpers act as the administrator and go past the wire, so they are in no log and meet no fault; what they
//! write is checked and admitted like any other write. They panic with the server's words when it refuses.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use http::HeaderMap;
use hyper::body::Bytes;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::auth::{Identity, Rule};
use super::builder::Builder;
use super::faults::Fault;
use super::imports::{ImportAnswer, ImportRequest};
use super::kinds::Resource;
use super::kubeconfig::Kubeconfig;
use super::log::Request;
use super::rollout::{self, PodState};
use super::store::collection;
use super::wire::{Call, Reply, parse_query};
use super::world::World;
use super::route;

/// A running API server. It stops when this is dropped.
#[derive(Debug)]
pub struct Api {
    shared: Shared,
    address: SocketAddr,
    ca_pem: Option<String>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Clone)]
struct Shared(Arc<Mutex<World>>);

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}

/// Ends a test whose ground is not as it says.
#[track_caller]
#[expect(clippy::panic, reason = "helpers of tests fail the test that uses them wrongly")]
pub(crate) fn fail(words: &str) -> ! {
    panic!("{words}")
}

impl Drop for Api {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).ok();
        }
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

impl Api {
    pub(crate) fn new(
        shared: Arc<Mutex<World>>,
        address: SocketAddr,
        ca_pem: Option<String>,
        stop: oneshot::Sender<()>,
        thread: JoinHandle<()>,
    ) -> Self {
        Self { shared: Shared(shared), address, ca_pem, stop: Some(stop), thread: Some(thread) }
    }

    /// Says what the server is to be, then [`Builder::start`]s it.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A plain Kubernetes over HTTP.
    #[track_caller]
    pub fn start() -> Self {
        Self::builder().start()
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `http://127.0.0.1:PORT`, or `https://` with TLS.
    pub fn url(&self) -> String {
        let scheme = if self.ca_pem.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate of the server's CA, when it serves HTTPS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// The administrator's bearer token.
    pub fn admin_token(&self) -> String {
        self.world().auth.admin_token.clone()
    }

    /// The administrator's kubeconfig with this namespace.
    pub fn kubeconfig(&self, namespace: &str) -> String {
        let token = self.admin_token();
        self.kubeconfig_document("admin", namespace, Some(&token), None)
    }

    /// The kubeconfig of a user of [`Builder::user`].
    #[track_caller]
    pub fn kubeconfig_of(&self, user: &str, namespace: &str) -> String {
        let world = self.world();
        let Some((token, password)) = world.auth.credentials(user) else { fail(&format!("no user {user:?}")) };
        self.kubeconfig_document(user, namespace, token, password)
    }

    fn kubeconfig_document(&self, user: &str, namespace: &str, token: Option<&str>, password: Option<&str>) -> String {
        let server = self.url();
        Kubeconfig { server: &server, ca_pem: self.ca_pem(), namespace, user, token, password }.to_yaml()
    }

    /// Writes the administrator's kubeconfig to `DIR/kubeconfig` and gives the path.
    #[track_caller]
    pub fn write_kubeconfig(&self, dir: &Path, namespace: &str) -> PathBuf {
        let path = dir.join("kubeconfig");
        match std::fs::write(&path, self.kubeconfig(namespace)) {
            Ok(()) => path,
            Err(error) => fail(&format!("{}: {error}", path.display())),
        }
    }

    // ---- objects

    #[track_caller]
    fn resource(&self, word: &str) -> Arc<Resource> {
        self.world().resource_named(word).unwrap_or_else(|| fail(&format!("this server has no resource {word:?}")))
    }

    /// One request past the wire, as the administrator.
    fn request(&self, method: &str, path: &str, query: &str, media: &str, body: &Value) -> Result<Value, Value> {
        let mut headers = HeaderMap::new();
        for (name, value) in [("content-type", media), ("user-agent", "test")] {
            if let Ok(value) = http::HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let call = Call {
            method: method.into(),
            path: path.into(),
            query: parse_query(query),
            headers,
            body,
            identity: Identity::admin(),
        };
        let outcome = route::handle(&self.shared.0, &call);
        self.world().warnings.clear();
        match outcome {
            Ok(Reply::Json(_, document) | Reply::Typed(_, document)) => Ok(document),
            Ok(Reply::Text(text)) => Ok(text.into()),
            Ok(Reply::Stream(_)) => Ok(Value::Null),
            Err(error) => Err(error.status()),
        }
    }

    fn path(&self, resource: &Resource, namespace: &str, name: &str) -> String {
        let root = if resource.group.is_empty() { "/api".into() } else { format!("/apis/{}", resource.group) };
        let middle = if resource.namespaced && !namespace.is_empty() {
            format!("/namespaces/{namespace}")
        } else {
            String::new()
        };
        let end = if name.is_empty() { String::new() } else { format!("/{name}") };
        format!("{root}/{}{middle}/{}{end}", resource.version, resource.plural)
    }

    /// Makes an object and gives back what was stored, or the server's `Status`. A `status` in it is stored as
    /// well, as if its controller had written it.
    #[track_caller]
    pub fn try_create(&self, object: &Value) -> Result<Value, Value> {
        let Some(resource) = self.world().resource_of(object) else {
            fail(&format!("this server has no {} {}", object["apiVersion"], object["kind"]));
        };
        let namespace = object["metadata"]["namespace"].as_str().unwrap_or_default();
        let path = self.path(&resource, namespace, "");
        let stored = self.request("POST", &path, "fieldManager=test", "application/json", object)?;
        if object["status"].is_null() || !resource.is_stored() {
            return Ok(stored);
        }
        let name = stored["metadata"]["name"].as_str().unwrap_or_default().to_owned();
        let status = object["status"].clone();
        Ok(self.edit(&resource.named().to_string(), namespace, &name, |live| live["status"] = status.clone()))
    }

    /// Makes an object; see [`Api::try_create`].
    #[track_caller]
    pub fn create(&self, object: Value) -> Value {
        self.try_create(&object).unwrap_or_else(|status| fail(&format!("{}: {object}", status["message"])))
    }

    /// Makes all these objects, in order.
    #[track_caller]
    pub fn create_all(&self, objects: impl IntoIterator<Item = Value>) {
        for object in objects {
            self.create(object);
        }
    }

    /// The stored object. `resource` is a plural, kind or short name, with a group where it is ambiguous
    /// (`images.config.openshift.io`); `namespace` is empty for cluster scope.
    #[track_caller]
    pub fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        let resource = self.resource(resource);
        let path = self.path(&resource, namespace, name);
        self.request("GET", &path, "", "", &Value::Null).ok()
    }

    /// The objects of a namespace, or of all when it is empty.
    #[track_caller]
    pub fn list(&self, resource: &str, namespace: &str) -> Vec<Value> {
        let resource = self.resource(resource);
        let world = self.world();
        world.store.list(&collection(&resource), namespace).iter().map(|object| (**object).clone()).collect()
    }

    /// Changes an object as its owner would, without any check, `status` included; gives back what was stored.
    #[track_caller]
    pub fn edit(&self, resource: &str, namespace: &str, name: &str, change: impl FnOnce(&mut Value)) -> Value {
        let resource = self.resource(resource);
        let mut world = self.world();
        let Ok(live) = world.find(&resource, namespace, name) else {
            drop(world);
            fail(&format!("no {} {name} in {namespace:?}", resource.plural));
        };
        let mut changed = (*live).clone();
        change(&mut changed);
        (*world.put(&resource, changed)).clone()
    }

    /// Deletes an object.
    #[track_caller]
    pub fn delete(&self, resource: &str, namespace: &str, name: &str) {
        let resource = self.resource(resource);
        let path = self.path(&resource, namespace, name);
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
        let pod = self.create(super::make::pod(namespace, name, image));
        self.set_pod_state(namespace, name, state);
        self.get("pods", namespace, name).unwrap_or(pod)
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
        rollout::set_state(&mut world, &resource, &pod, state);
    }

    /// Adds an event about an object: `Normal` or `Warning`, reason, message.
    pub fn add_event(&self, about: &Value, kind: &str, reason: &str, message: &str) {
        rollout::event(&mut self.world(), about, (kind, reason, message), "test", "");
    }

    /// Sets the log of a container.
    pub fn set_log(&self, namespace: &str, pod: &str, container: &str, text: &str) {
        self.world().container_logs.insert((namespace.into(), pod.into(), container.into()), text.into());
    }

    // ---- controllers

    /// Decides what becomes of the pods that the workload controller makes; without it they run. It may use this
    /// server.
    pub fn on_pod(&self, fate: impl Fn(&Value) -> PodState + Send + Sync + 'static) {
        self.world().pod_fate = Some(Arc::new(fate));
    }

    /// Makes ReplicaSets and pods for the workloads, once.
    pub fn roll_out(&self) {
        rollout::reconcile(&self.shared.0);
    }

    /// Asks for the fate of all controlled pods again, as when the kubelet tries again.
    pub fn retry_pods(&self) {
        rollout::settle(&self.shared.0, true);
        rollout::reconcile(&self.shared.0);
    }

    /// What an import of this image answers from now on.
    pub fn script_import(&self, image: &str, answer: ImportAnswer) {
        self.world().imports.scripted.insert(image.into(), answer);
    }

    /// Answers the imports that are not scripted. It may use this server.
    pub fn on_import(&self, hook: impl Fn(&ImportRequest) -> ImportAnswer + Send + Sync + 'static) {
        self.world().imports.hook = Some(Arc::new(hook));
    }

    // ---- rights and faults

    /// Forbids a user, or a group, what the rule says.
    pub fn deny(&self, subject: &str, rule: Rule) {
        self.world().auth.deny(subject, rule);
    }

    /// Allows a user, or a group, what the rule says, and from then on nothing else.
    pub fn allow(&self, subject: &str, rule: Rule) {
        self.world().auth.allow(subject, rule);
    }

    /// Forgets all rules about a user or a group.
    pub fn forget_rules(&self, subject: &str) {
        self.world().auth.forget_rules(subject);
    }

    /// Orders a fault.
    pub fn fault(&self, fault: Fault) {
        self.world().faults.push(fault);
    }

    /// Forgets all faults.
    pub fn clear_faults(&self) {
        self.world().faults.clear();
    }

    /// Expires page tokens and old versions, as etcd's compaction does.
    pub fn compact(&self) {
        self.world().store.compact();
    }

    // ---- what came in

    /// All requests so far, in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.world().log.clone()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.world().log.clear();
    }

    /// The requests that asked to change something, in order.
    pub fn writes(&self) -> Vec<Request> {
        self.requests().into_iter().filter(Request::is_write).collect()
    }

    /// Waits until as many requests have come in, or a generous time has passed; says whether they have.
    pub fn wait_for_requests(&self, count: usize) -> bool {
        let end = Instant::now() + Duration::from_secs(30);
        while self.world().log.len() < count {
            if Instant::now() > end {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        true
    }

    /// The store's version, which moves with every write that changed something.
    pub fn store_version(&self) -> u64 {
        self.world().store.version()
    }

    /// A JSON document of everything stored, for comparing before with after.
    pub fn dump(&self) -> Value {
        let world = self.world();
        let mut all = json!({});
        for resource in &world.resources {
            let objects = world.store.list(&collection(resource), "");
            all[resource.named().to_string()] = objects.iter().map(|object| (**object).clone()).collect();
        }
        all
    }
}

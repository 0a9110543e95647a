//! The handle of a running server, for tests: where it is, its controllers, rights, faults and log.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::auth::Rule;
use super::builder::Builder;
use super::faults::Fault;
use super::imports::{ImportAnswer, ImportRequest};
use super::kubeconfig::Kubeconfig;
use super::kubelet::PodState;
use super::live;
use super::log::Request;
use super::rollout;
use super::store::{Store, collection};
use super::world::World;

/// A running API server. It stops when this is dropped.
#[derive(Debug)]
pub struct Api {
    pub(crate) shared: Shared,
    address: SocketAddr,
    ca_pem: Option<String>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Everything that was stored at a moment.
#[derive(Debug, Clone)]
pub struct Moment {
    store: Store,
    builds_due: BTreeSet<(String, String)>,
    seen_pods: BTreeSet<String>,
}

#[derive(Clone)]
pub(crate) struct Shared(pub(crate) Arc<Mutex<World>>);

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}

/// Ends a test whose ground is not as it says.
#[track_caller]
#[expect(
    clippy::panic,
    reason = "helpers of tests fail the test that uses them wrongly"
)]
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
        Self {
            shared: Shared(shared),
            address,
            ca_pem,
            stop: Some(stop),
            thread: Some(thread),
        }
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

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `http://127.0.0.1:PORT`, or `https://` with TLS.
    pub fn url(&self) -> String {
        let scheme = if self.ca_pem.is_some() {
            "https"
        } else {
            "http"
        };
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

    /// Whether it serves a resource; the word is as in [`Api::get`].
    pub fn serves(&self, word: &str) -> bool {
        self.world().resource_named(word).is_some()
    }

    /// Whether it has OpenShift's kinds.
    pub fn is_openshift(&self) -> bool {
        self.world().flavor.is_openshift()
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
        let Some((token, password)) = world.auth.credentials(user) else {
            fail(&format!("no user {user:?}"))
        };
        self.kubeconfig_document(user, namespace, token, password)
    }

    fn kubeconfig_document(
        &self,
        user: &str,
        namespace: &str,
        token: Option<&str>,
        password: Option<&str>,
    ) -> String {
        let server = self.url();
        Kubeconfig {
            server: &server,
            ca_pem: self.ca_pem(),
            namespace,
            user,
            token,
            password,
        }
        .to_yaml()
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

    // ---- controllers

    /// Decides what becomes of the pods that the workload controller makes; without it they run, or
    /// fare as the cluster's machines have it ([`Api::machines`]). The function
    /// runs on a thread that may block and while the server answers others; it may use this server.
    pub fn on_pod(&self, fate: impl Fn(&Value) -> PodState + Send + Sync + 'static) {
        self.world().pod_fate = Some(Arc::new(fate));
    }

    /// Makes ReplicaSets and pods for the workloads, once.
    pub fn roll_out(&self) {
        rollout::reconcile(&self.shared.0);
    }

    /// Asks for the fate of all controlled pods again, and has the machines pull again for all pods that wait, as when
    /// the kubelet tries again.
    pub fn retry_pods(&self) {
        rollout::settle(&self.shared.0, true);
        live::settle(&self.shared.0, true);
        rollout::reconcile(&self.shared.0);
    }

    /// What an import of this image answers from now on.
    pub fn script_import(&self, image: &str, answer: ImportAnswer) {
        self.world().imports.scripted.insert(image.into(), answer);
    }

    /// Answers the imports that are not scripted; without it the cluster's machines do, where it has any
    /// ([`Api::machines`]). The function runs on a thread that may block and while the
    /// server answers others; it may use this server.
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
        self.requests()
            .into_iter()
            .filter(Request::is_write)
            .collect()
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

    /// What is stored now, to come back to. Rights, faults and the log are none of it.
    pub fn moment(&self) -> Moment {
        let world = self.world();
        Moment {
            store: world.store.clone(),
            builds_due: world.builds_due.clone(),
            seen_pods: world.seen_pods.clone(),
        }
    }

    /// Comes back to a moment: nothing that was stored since is there any more. Nobody may be watching meanwhile.
    pub fn back_to(&self, moment: &Moment) {
        let mut world = self.world();
        world.store = moment.store.clone();
        world.builds_due.clone_from(&moment.builds_due);
        world.seen_pods.clone_from(&moment.seen_pods);
    }

    /// A JSON document of everything stored, for comparing before with after.
    pub fn dump(&self) -> Value {
        let world = self.world();
        let mut all = json!({});
        for resource in &world.resources {
            let objects = world.store.list(&collection(resource), "");
            all[resource.named().to_string()] =
                objects.iter().map(|object| (**object).clone()).collect();
        }
        all
    }
}

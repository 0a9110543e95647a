//! The state of one server: everything behind its lock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::watch;

use super::auth::Auth;
use super::error::ApiError;
use super::faults::Fault;
use super::imports::Imports;
use super::kinds::{Flavor, Resource};
use super::log::Request;
use super::rollout::PodFate;
use super::store::{Collection, Store, collection};
use crate::pull::Machines;

/// The state of one server.
pub(crate) struct World {
    pub(crate) flavor: Flavor,
    pub(crate) resources: Vec<Arc<Resource>>,
    /// The body of `/version`.
    pub(crate) version: Value,
    pub(crate) store: Store,
    pub(crate) auth: Auth,
    pub(crate) faults: Vec<Fault>,
    pub(crate) log: Vec<Request>,
    /// Workloads are being rolled out right now.
    pub(crate) is_rolling: bool,
    /// Container logs by namespace, pod and container.
    pub(crate) container_logs: BTreeMap<(String, String, String), String>,
    pub(crate) imports: Imports,
    /// What becomes of the pods that the workload controller makes.
    pub(crate) pod_fate: Option<PodFate>,
    /// Whether workloads are rolled out after every write.
    pub(crate) rolls_out: bool,
    /// Whether streams are imported and triggers acted on after every write.
    pub(crate) follows_images: bool,
    /// That is under way right now.
    pub(crate) is_following_images: bool,
    /// The machines that pull and import, once there are any.
    pub(crate) machines: Option<Machines>,
    /// The builds that were started, by namespace and name.
    pub(crate) builds_due: BTreeSet<(String, String)>,
    /// The pods that a kubelet has seen to.
    pub(crate) seen_pods: BTreeSet<String>,
    /// While this is not zero the kubelets look away.
    pub(crate) kubelets_off: usize,
    /// Tells watches that something was stored.
    pub(crate) changed: watch::Sender<u64>,
    serial: u64,
}

impl World {
    pub(crate) fn new(
        flavor: Flavor,
        version: Value,
        resources: Vec<Resource>,
        auth: Auth,
    ) -> Self {
        Self {
            resources: resources.into_iter().map(Arc::new).collect(),
            flavor,
            version,
            store: Store::default(),
            auth,
            faults: Vec::new(),
            log: Vec::new(),
            is_rolling: false,
            container_logs: BTreeMap::new(),
            imports: Imports::default(),
            pod_fate: None,
            rolls_out: false,
            follows_images: false,
            is_following_images: false,
            machines: None,
            builds_due: BTreeSet::new(),
            seen_pods: BTreeSet::new(),
            kubelets_off: 0,
            changed: watch::Sender::new(0),
            serial: 0,
        }
    }

    /// The resource of a path.
    pub(crate) fn resource(
        &self,
        group: &str,
        version: &str,
        plural: &str,
    ) -> Option<Arc<Resource>> {
        let fits = |one: &&Arc<Resource>| {
            one.group == group && one.version == version && one.plural == plural
        };
        self.resources.iter().find(fits).cloned()
    }

    /// The resource that a document names.
    pub(crate) fn resource_of(&self, object: &Value) -> Option<Arc<Resource>> {
        let (kind, api_version) = (object["kind"].as_str()?, object["apiVersion"].as_str()?);
        self.resources
            .iter()
            .find(|one| one.kind == kind && one.api_version() == api_version)
            .cloned()
    }

    /// The resource that a word of a test means: `secrets`, `deploy`, `images.config.openshift.io`.
    pub(crate) fn resource_named(&self, word: &str) -> Option<Arc<Resource>> {
        let exact = self
            .resources
            .iter()
            .find(|one| one.named().to_string() == word);
        exact
            .or_else(|| self.resources.iter().find(|one| one.answers_to(word)))
            .cloned()
    }

    /// The stored object, or the server's Not Found.
    pub(crate) fn find(
        &self,
        resource: &Resource,
        namespace: &str,
        name: &str,
    ) -> Result<Arc<Value>, ApiError> {
        self.store
            .get(&collection(resource), namespace, name)
            .ok_or_else(|| ApiError::not_found(resource.named(), name))
    }

    /// Stores and tells the watches.
    pub(crate) fn put(&mut self, resource: &Resource, object: Value) -> Arc<Value> {
        let stored = self.store.put(&collection(resource), object);
        self.changed.send_replace(self.store.version());
        stored
    }

    /// Removes and tells the watches.
    pub(crate) fn remove(
        &mut self,
        of: &Collection,
        namespace: &str,
        name: &str,
    ) -> Option<Arc<Value>> {
        let gone = self.store.remove(of, namespace, name);
        self.changed.send_replace(self.store.version());
        gone
    }

    /// A new UID.
    pub(crate) fn new_uid(&mut self) -> String {
        let digest = self.next_digest("uid");
        let hex = hex(&digest, 16);
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        format!(
            "{}-{}-4{}-8{}-{}",
            part(0, 8),
            part(8, 12),
            part(13, 16),
            part(17, 20),
            part(20, 32)
        )
    }

    /// The five letters that the server adds to `generateName`.
    pub(crate) fn new_suffix(&mut self) -> String {
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        let digest = self.next_digest("name");
        digest
            .iter()
            .take(5)
            .map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]))
            .collect()
    }

    /// A token that nobody can guess from another.
    pub(crate) fn new_token(&mut self) -> String {
        hex(&self.next_digest("token"), 32)
    }

    fn next_digest(&mut self, purpose: &str) -> [u8; 32] {
        self.serial += 1;
        Sha256::digest(format!(
            "{purpose} {} {}",
            self.serial, self.auth.admin_token
        ))
        .into()
    }
}

/// The first `count` bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8], count: usize) -> String {
    bytes
        .iter()
        .take(count)
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

/// Now, as the API writes it.
pub(crate) fn now() -> String {
    let seconds = jiff::Timestamp::now().as_second();
    jiff::Timestamp::from_second(seconds)
        .map(|time| time.to_string())
        .unwrap_or_default()
}

/// The body of `/version` for a Git version such as `v1.33.2`; what does not parse is passed on as it is.
pub(crate) fn version_document(git_version: &str) -> Value {
    let numbers = git_version.trim_start_matches('v');
    let mut parts = numbers.split('.');
    let (major, minor) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let number = |text: &str| {
        text.parse::<u32>()
            .map(|number| number.to_string())
            .unwrap_or_default()
    };
    json!({
        "major": number(major), "minor": number(minor), "gitVersion": git_version,
        "gitCommit": "0000000000000000000000000000000000000000", "gitTreeState": "clean",
        "buildDate": "2025-06-01T00:00:00Z", "goVersion": "go1.24.4", "compiler": "gc", "platform": "linux/amd64",
    })
}

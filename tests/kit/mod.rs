//! A namespace of a cluster, a home, and the program under test between them.
//!
//! A test of what the program does to a cluster is written once and runs on every API server there is, the embedded one and
//! a real one where `KUBEBUILDER_ASSETS` names it: [`for_each_world`] gives it a [`World`], a namespace of its own on one of
//! them. [`for_each_openshift`] does so on clusters that have OpenShift's kinds, and [`for_each_openshift_alone`] with no other
//! test beside it, for what the whole cluster shares. What only the embedded server can do (faults on order, the log of
//! requests, controllers, imports of image streams) is reached from an [`Embedded`] alone, so the type says where a test runs.

mod embedded;

use std::borrow::Borrow;
use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use base64::Engine as _;
use extreg_test_support::api::{PodState, make};
use extreg_test_support::cluster::{
    Cluster, on_each_cluster, on_each_openshift, on_each_openshift_alone,
};
use extreg_test_support::process::{Cmd, Output, Sandbox};
use serde_json::{Value, json};

pub(crate) use embedded::{Embedded, openshift4};

pub(crate) const PASSWORD: &str = "pa55word-canary";

/// What the program may read or write of a namespace; [`World::limited`] grants a part of it.
const RIGHTS: &[(&str, &[&str])] = &[
    (
        "secrets",
        &["get", "list", "create", "patch", "update", "delete"],
    ),
    ("serviceaccounts", &["get", "list", "patch", "update"]),
    ("pods", &["list"]),
    ("replicationcontrollers", &["list"]),
    ("deployments.apps", &["list"]),
    ("statefulsets.apps", &["list"]),
    ("daemonsets.apps", &["list"]),
    ("replicasets.apps", &["list"]),
    ("jobs.batch", &["list"]),
    ("cronjobs.batch", &["list"]),
];

/// The same of OpenShift's kinds.
const OPENSHIFT_RIGHTS: &[(&str, &[&str])] = &[
    (
        "buildconfigs.build.openshift.io",
        &["get", "list", "create", "patch", "update", "delete"],
    ),
    ("builds.build.openshift.io", &["get", "list"]),
    (
        "imagestreams.image.openshift.io",
        &["get", "list", "create", "patch", "update", "delete"],
    ),
    (
        "deploymentconfigs.apps.openshift.io",
        &["get", "list", "create", "patch", "update", "delete"],
    ),
];

/// The kinds that the program could write in a namespace.
const WRITTEN: &[&str] = &[
    "secrets",
    "serviceaccounts",
    "pods",
    "services",
    "deployments.apps",
    "statefulsets.apps",
    "daemonsets.apps",
    "cronjobs.batch",
];

/// The same of OpenShift's kinds.
const WRITTEN_ON_OPENSHIFT: &[&str] = &[
    "buildconfigs.build.openshift.io",
    "imagestreams.image.openshift.io",
    "deploymentconfigs.apps.openshift.io",
];

/// What the program could write for the whole cluster, with the namespace.
const WRITTEN_EVERYWHERE: &[(&str, &str)] = &[
    ("images.config.openshift.io", ""),
    ("proxies.config.openshift.io", ""),
    ("configmaps", "openshift-config"),
];

/// A namespace of its own, with the service account `default`, and a home.
pub(crate) struct World {
    pub(crate) cluster: Rc<Cluster>,
    pub(crate) namespace: String,
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) kubeconfig: PathBuf,
    /// The namespace as the test itself left it.
    left: RefCell<Vec<String>>,
}

/// Runs a test on the embedded server, then on the real one if there is one.
#[track_caller]
pub(crate) fn for_each_world(test: impl Fn(&World)) {
    on_each_cluster(|cluster| test(&World::on(Rc::new(cluster))));
}

/// The same on clusters with OpenShift's kinds.
#[track_caller]
pub(crate) fn for_each_openshift(test: impl Fn(&World)) {
    on_each_openshift(|cluster| test(&World::on(Rc::new(cluster))));
}

/// The same with the cluster for the test alone, and fresh: its configuration, its nodes, `openshift-config`.
#[track_caller]
pub(crate) fn for_each_openshift_alone(test: impl Fn(&World)) {
    on_each_openshift_alone(|cluster| test(&World::on(Rc::new(cluster))));
}

impl World {
    pub(crate) fn on(cluster: Rc<Cluster>) -> Self {
        let namespace = cluster.namespace("shop");
        Self::within(cluster, namespace)
    }

    fn within(cluster: Rc<Cluster>, namespace: String) -> Self {
        let sandbox = Arc::new(Sandbox::new());
        let kubeconfig = sandbox.write("kubeconfig", cluster.kubeconfig(&namespace));
        let world = Self {
            cluster,
            namespace,
            sandbox,
            kubeconfig,
            left: RefCell::default(),
        };
        world.leave();
        world
    }

    /// Another namespace and another home on the same cluster.
    pub(crate) fn beside(&self) -> Self {
        Self::on(self.cluster.clone())
    }

    /// The program is run by a user who has all rights in the namespace that it could want, but for these: verb and
    /// resource.
    pub(crate) fn limited(&self, lacking: &[(&str, &str)]) {
        let openshift = if self.cluster.is_openshift() {
            OPENSHIFT_RIGHTS
        } else {
            &[]
        };
        for (resource, verbs) in RIGHTS.iter().chain(openshift) {
            let verbs: Vec<&str> = verbs
                .iter()
                .copied()
                .filter(|verb| !lacking.contains(&(*verb, *resource)))
                .collect();
            // A rule without verbs is none.
            if verbs.is_empty() {
                continue;
            }
            self.cluster.grant(&self.namespace, &verbs, resource);
        }
        let text = self.cluster.limited_kubeconfig(&self.namespace);
        self.sandbox.write("kubeconfig", text);
    }

    /// The program with a command line, split at spaces.
    pub(crate) fn cmd(&self, line: &str) -> Cmd {
        Cmd::in_sandbox(env!("CARGO_BIN_EXE_kubectl-extreg"), self.sandbox.clone())
            .env("KUBECONFIG", &self.kubeconfig)
            .args(line.split(' ').filter(|word| !word.is_empty()))
    }

    pub(crate) fn run(&self, line: &str) -> Output {
        self.cmd(line).run()
    }

    /// `link` without a check, with a user name and the password on standard input.
    pub(crate) fn link(&self, line: &str) -> Output {
        self.link_with(line, PASSWORD)
    }

    /// The same with another password.
    pub(crate) fn link_with(&self, line: &str, password: &str) -> Output {
        self.link_cmd(line, password).run()
    }

    /// The same, not yet started.
    pub(crate) fn link_cmd(&self, line: &str, password: &str) -> Cmd {
        self.cmd(&format!(
            "link {line} --skip-check --registry-username robot --registry-password-stdin"
        ))
        .stdin(password)
    }

    /// Makes an object, as somebody else.
    pub(crate) fn create(&self, object: impl Borrow<Value>) -> Value {
        let stored = self.cluster.create(object.borrow());
        self.leave();
        stored
    }

    pub(crate) fn get(&self, resource: &str, name: &str) -> Option<Value> {
        self.cluster.get(resource, &self.namespace, name)
    }

    pub(crate) fn secret(&self, name: &str) -> Option<Value> {
        self.get("secrets", name)
    }

    pub(crate) fn edit(&self, resource: &str, name: &str, change: impl FnOnce(&mut Value)) {
        self.cluster.edit(resource, &self.namespace, name, change);
        self.leave();
    }

    /// The same for an object of the whole cluster.
    pub(crate) fn edit_everywhere(
        &self,
        resource: &str,
        name: &str,
        change: impl FnOnce(&mut Value),
    ) {
        self.cluster.edit(resource, "", name, change);
        self.leave();
    }

    pub(crate) fn delete(&self, resource: &str, name: &str) {
        self.cluster.delete(resource, &self.namespace, name);
        self.leave();
    }

    /// Makes a secret with one entry.
    pub(crate) fn docker_secret(&self, name: &str, key: &str, user: &str, password: &str) {
        let secret = make::docker_secret(&self.namespace, name, key, user, password);
        self.create(secret);
    }

    pub(crate) fn add_account(&self, name: &str) {
        self.create(make::service_account(&self.namespace, name));
    }

    pub(crate) fn add_pod(&self, name: &str, image: &str, state: &PodState) {
        self.cluster.add_pod(&self.namespace, name, image, state);
        self.leave();
    }

    pub(crate) fn deployment(&self, name: &str, image: &str) -> Value {
        make::deployment(&self.namespace, name, image)
    }

    pub(crate) fn account(&self, name: &str) -> Value {
        self.get("serviceaccounts", name)
            .expect("a service account")
    }

    /// The names in one of its lists.
    pub(crate) fn names(&self, account: &str, list: &str) -> Vec<String> {
        names(&self.account(account), list)
    }

    pub(crate) fn pull_secrets(&self) -> Vec<String> {
        self.names("default", "imagePullSecrets")
    }

    pub(crate) fn set_pull_secrets(&self, names: &[&str]) {
        let list: Vec<Value> = names.iter().map(|name| json!({"name": name})).collect();
        self.edit("serviceaccounts", "default", |account| {
            account["imagePullSecrets"] = list.into();
        });
    }

    /// The docker config in a secret.
    pub(crate) fn config(&self, secret: &str) -> Value {
        let secret = self.secret(secret).expect("a secret");
        let data = secret["data"].as_object().expect("data");
        let (_, text) = data.iter().next().expect("one key");
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(text.as_str().expect("text"))
            .expect("base64");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    /// Every object of the namespace that the program could have written, with its version.
    pub(crate) fn state(&self) -> Vec<String> {
        let mut places: Vec<(&str, &str)> = Vec::new();
        let mut here = |words: &[&'static str]| {
            places.extend(words.iter().map(|word| (*word, self.namespace.as_str())));
        };
        here(WRITTEN);
        if self.cluster.is_openshift() {
            here(WRITTEN_ON_OPENSHIFT);
            // OpenShift 3 has no such configuration.
            if self
                .cluster
                .get("namespaces", "", "openshift-config")
                .is_some()
            {
                places.extend(WRITTEN_EVERYWHERE);
            }
        }
        places
            .into_iter()
            .filter(|(resource, _)| self.cluster.serves(resource))
            .flat_map(|(resource, namespace)| self.cluster.list(resource, namespace))
            .map(|object| {
                let metadata = &object["metadata"];
                format!("{} {}", metadata["name"], metadata["resourceVersion"])
            })
            .collect()
    }

    /// What is there now is the test's own doing.
    pub(crate) fn leave(&self) {
        *self.left.borrow_mut() = self.state();
    }

    /// The program has written nothing since the test itself last did.
    #[track_caller]
    pub(crate) fn is_untouched(&self) {
        assert_eq!(self.state(), *self.left.borrow());
        if let Some(api) = self.cluster.api() {
            let writes = api.writes();
            assert!(writes.is_empty(), "{writes:?}");
        }
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.sandbox.home().join(".local/state/extreg")
    }

    /// The files of the journal, oldest first.
    pub(crate) fn journal_files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.journal())
            .map(|entries| {
                entries
                    .map(|entry| entry.expect("an entry").path())
                    .collect()
            })
            .unwrap_or_default();
        files.sort();
        files
    }
}

pub(crate) fn names(object: &Value, list: &str) -> Vec<String> {
    object[list]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["name"].as_str().map(str::to_owned))
        .collect()
}

/// An entry of a docker config as this tool writes it.
pub(crate) fn entry(user: &str, password: &str) -> Value {
    json!({"auth": make::docker_entry(user, password)["auth"]})
}

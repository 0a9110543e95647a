//! How the machines of a cluster pull: a node's kubelet with its runtime, the importer of openshift-apiserver, and the builder,
//! which pushes as well.
//!
//! They really ask the registry, over HTTP and TLS, with the secrets, the trust, the lists and the mirrors of the
//! cluster as its objects stand at that moment, and word what went wrong as the originals do. A scenario therefore has
//! to be true on the registry's side as well as on the cluster's.
//!
//! ```no_run
//! use extreg_test_support::api::Api;
//! use extreg_test_support::pull::{Machines, Runtime};
//!
//! let api = Api::start();
//! api.machines(Machines::new().runtime(Runtime::CriO).host("registry.example.com"));
//! // From here on pods that are made are scheduled, pulled for and started, or fail to.
//! ```
//!
//! What they do not do: no layer is unpacked and nothing runs (a container starts when its command may exist); names
//! are never looked up, they mean this machine or do not resolve; `additionalTrustedCA` counts at once, where the real
//! openshift-apiserver has to restart for it.

#[path = "../../../originals/containers_image.rs"]
mod auth_file;
mod builder;
mod image;
mod importer;
#[path = "../../../originals/kubelet.rs"]
mod keyring;
mod name;
mod node;
mod push;
mod secrets;
mod settings;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

pub(crate) use builder::{Builder, TRIES as BUILD_TRIES};
pub(crate) use importer::{Import, Imported, import, refusals, repository_tags};
pub(crate) use node::{Puller, Refused};
pub(crate) use secrets::has_login;
pub(crate) use settings::Settings;

/// Which container runtime the nodes have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Runtime {
    /// containerd 2, as on most plain Kubernetes.
    #[default]
    Containerd,
    /// CRI-O, as on OpenShift.
    CriO,
}

/// The machines of a cluster, seen from a registry.
#[derive(Debug, Clone)]
pub struct Machines {
    pub(crate) runtime: Runtime,
    pub(crate) roots: Vec<String>,
    pub(crate) hosts: BTreeSet<String>,
    pub(crate) routes: BTreeMap<String, SocketAddr>,
    pub(crate) patience: Duration,
}

impl Default for Machines {
    fn default() -> Self {
        Self::new()
    }
}

impl Machines {
    /// containerd, without any trusted root and without names.
    pub fn new() -> Self {
        Self {
            runtime: Runtime::default(),
            roots: Vec::new(),
            hosts: BTreeSet::new(),
            routes: BTreeMap::new(),
            patience: Duration::from_secs(10),
        }
    }

    /// The nodes' runtime.
    pub fn runtime(mut self, runtime: Runtime) -> Self {
        self.runtime = runtime;
        self
    }

    /// A root (PEM) that the machines trust of themselves, for every registry.
    pub fn trust(mut self, pem: &str) -> Self {
        self.roots.push(pem.to_owned());
        self
    }

    /// A name that resolves, to 127.0.0.1. Other names do not resolve, but for `localhost`.
    pub fn host(mut self, name: &str) -> Self {
        self.hosts.insert(name.to_owned());
        self
    }

    /// What is asked for as `host:port` is at this address, so that a registry has the name and the port of an example.
    pub fn route(mut self, target: &str, address: SocketAddr) -> Self {
        self.routes.insert(target.to_owned(), address);
        self
    }

    /// How long they wait for an answer; ten seconds unless said otherwise.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

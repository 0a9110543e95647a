//! A whole cluster for a look at everything: pods of many deployments in many namespaces, and the registries that their
//! images are in.
//!
//! ```no_run
//! use extreg_test_support::fleet::{Fleet, Size};
//!
//! let fleet = Fleet::start(Size { namespaces: 4, deployments: 10, pods: 100, images: 20, registries: 2, missing: 1 });
//! assert_eq!(fleet.images.len(), 20);
//! ```

use base64::Engine as _;
use serde_json::{Value, json};

use crate::api::{Api, Flavor, make};
use crate::certs::Ca;
use crate::content::{Image, Index, Layer};
use crate::registry::{Dialect, LoggedRequest, Registry, User};

/// The tag of the images that are not there.
pub const MISSING_TAG: &str = "9.9";
/// The login that half of the registries want.
pub const LOGIN: (&str, &str) = ("robot", "correct-horse");

/// Registries that hand out nothing without a token for the login.
const PRIVATE: [Dialect; 6] = [
    Dialect::DistributionToken,
    Dialect::Harbor,
    Dialect::Quay,
    Dialect::GitLab,
    Dialect::Gitea,
    Dialect::Acr,
];
/// Registries that everybody may pull from, without a token or with one.
const PUBLIC: [Dialect; 3] = [Dialect::Distribution, Dialect::Zot, Dialect::Quay];

/// How much of everything there is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    pub namespaces: usize,
    pub deployments: usize,
    pub pods: usize,
    /// Each in one deployment; two share a repository.
    pub images: usize,
    /// Every second one is private.
    pub registries: usize,
    /// So many of the images have a tag that is not there, and their pods wait.
    pub missing: usize,
}

/// The cluster and its registries.
pub struct Fleet {
    pub size: Size,
    pub api: Api,
    /// Signs the certificates of all registries; the cluster trusts it.
    pub ca: Ca,
    pub registries: Vec<Registry>,
    /// As the pods name them.
    pub images: Vec<String>,
}

impl Fleet {
    /// Makes it, and forgets what was asked meanwhile.
    pub fn start(size: Size) -> Self {
        let ca = Ca::new("Fleet CA");
        let registries: Vec<Registry> = (0..size.registries).map(|at| registry(at, &ca)).collect();
        let images = (0..size.images)
            .map(|at| push(&registries, at, at >= size.missing))
            .collect();
        let api = Api::builder()
            .flavor(Flavor::OpenShift4 {
                version: "4.20.3".into(),
            })
            .tls()
            .start();
        let fleet = Self {
            size,
            api,
            ca,
            registries,
            images,
        };
        fleet.trust();
        fleet.api.seed([make::node("worker-0", "amd64")]);
        for at in 0..size.namespaces {
            fleet.namespace(at);
        }
        fleet.workloads();
        fleet.forget();
        fleet
    }

    /// Forgets what the servers were asked.
    pub fn forget(&self) {
        self.api.clear_requests();
        for registry in &self.registries {
            registry.clear_log();
        }
    }

    /// What all registries were asked, each with its place.
    pub fn log(&self) -> Vec<(usize, LoggedRequest)> {
        self.registries
            .iter()
            .enumerate()
            .flat_map(|(at, registry)| registry.log().into_iter().map(move |one| (at, one)))
            .collect()
    }

    /// The Proxy's bundle is what all nodes trust.
    fn trust(&self) {
        let data = json!({"ca-bundle.crt": self.ca.root_pem()});
        let place = ("openshift-config", "fleet-ca");
        self.api.create(make::config_map(place.0, place.1, &data));
        self.api
            .edit("proxies.config.openshift.io", "", "cluster", |proxy| {
                proxy["spec"]["trustedCA"] = json!({"name": place.1});
            });
    }

    /// A namespace whose account has one pull secret for all private registries, as platform teams copy it around.
    fn namespace(&self, at: usize) {
        let name = namespace(at, self.size);
        self.api.add_namespace(&name);
        let auths: serde_json::Map<String, Value> = self
            .registries
            .iter()
            .enumerate()
            .filter(|(at, _)| is_private(*at))
            .map(|(_, registry)| (registry.host(), make::docker_entry(LOGIN.0, LOGIN.1)))
            .collect();
        let text = json!({"auths": auths}).to_string();
        self.api
            .seed([make::docker_config_secret(&name, "corp-pull", &text)]);
        self.api
            .edit("serviceaccounts", &name, "default", |account| {
                let mut list = account["imagePullSecrets"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                list.push(json!({"name": "corp-pull"}));
                account["imagePullSecrets"] = list.into();
            });
    }

    fn workloads(&self) {
        let size = self.size;
        let lists: Vec<Value> = (0..size.namespaces)
            .map(|at| {
                let name = namespace(at, size);
                self.api
                    .get("serviceaccounts", &name, "default")
                    .map(|account| account["imagePullSecrets"].clone())
                    .unwrap_or_default()
            })
            .collect();
        self.api
            .seed((0..size.deployments).map(|at| self.deployment(at)));
        self.api.seed((0..size.pods).map(|at| {
            let list = &lists[at % size.deployments % size.namespaces];
            self.pod(at, list)
        }));
        let events = (0..size.pods).flat_map(|at| self.events(at));
        self.api.seed(events.collect::<Vec<_>>());
    }

    /// The images of a deployment by their place.
    fn images_of(&self, deployment: usize) -> impl Iterator<Item = (usize, &String)> {
        self.images
            .iter()
            .enumerate()
            .skip(deployment)
            .step_by(self.size.deployments)
    }

    fn deployment(&self, at: usize) -> Value {
        let name = format!("app-{at}");
        let mut object = make::deployment(&namespace(at, self.size), &name, "");
        object["spec"]["replicas"] = (self.size.pods / self.size.deployments).into();
        object["spec"]["template"]["spec"]["containers"] = self
            .images_of(at)
            .map(|(at, image)| container(at, image))
            .collect();
        object
    }

    /// A pod of about the size that pods have, with all that nobody needs here.
    fn pod(&self, at: usize, pull_secrets: &Value) -> Value {
        let deployment = at % self.size.deployments;
        let owner = format!("app-{deployment}-7c9d5b6f4");
        let statuses: Vec<Value> = self
            .images_of(deployment)
            .map(|(image_at, image)| self.status(image_at, image))
            .collect();
        let waits = statuses.iter().any(|status| status["ready"] == false);
        let fields = json!({"f:metadata": {"f:labels": {".": {}, "f:app": {}}}, "f:spec": {"f:containers": {
            "k:{\"name\":\"app\"}": {".": {}, "f:image": {}, "f:imagePullPolicy": {}, "f:resources": {}}}}});
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {
                "name": pod_name(at, self.size), "namespace": namespace(deployment, self.size),
                "labels": {"app": format!("app-{deployment}"), "pod-template-hash": "7c9d5b6f4"},
                "annotations": {"openshift.io/scc": "restricted-v2", "k8s.ovn.org/pod-networks": "x".repeat(300)},
                "creationTimestamp": "2026-01-02T03:04:05Z",
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": owner, "uid": owner,
                    "controller": true, "blockOwnerDeletion": true}],
                "managedFields": [
                    {"manager": "kube-controller-manager", "operation": "Update", "fieldsType": "FieldsV1",
                     "fieldsV1": fields.clone()},
                    {"manager": "kubelet", "operation": "Update", "subresource": "status", "fieldsType": "FieldsV1",
                     "fieldsV1": fields},
                ],
            },
            "spec": {
                "serviceAccountName": "default", "nodeName": "worker-0", "imagePullSecrets": pull_secrets,
                "containers": self.images_of(deployment).map(|(at, image)| container(at, image)).collect::<Vec<_>>(),
                "volumes": [{"name": "kube-api-access", "projected": {"sources": [
                    {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}]}}],
            },
            "status": {
                "phase": if waits { "Pending" } else { "Running" },
                "conditions": [{"type": "Initialized", "status": "True"}, {"type": "PodScheduled", "status": "True"}],
                "containerStatuses": statuses,
            },
        })
    }

    /// A container that runs, or that waits for an image that is not there.
    fn status(&self, at: usize, image: &str) -> Value {
        let name = format!("c{at}");
        if at < self.size.missing {
            let message = format!("Back-off pulling image \"{image}\"");
            let waiting = json!({"reason": "ImagePullBackOff", "message": message});
            return json!({"name": name, "ready": false, "image": image, "imageID": "", "state": {"waiting": waiting}});
        }
        json!({
            "name": name, "ready": true, "image": image, "restartCount": 0,
            "imageID": format!("{image}@sha256:{at:064x}"),
            "state": {"running": {"startedAt": "2026-01-02T03:04:06Z"}},
        })
    }

    /// What the kubelet said about a pod: every tenth was started a short time ago, and those that wait say why.
    fn events(&self, at: usize) -> Vec<Value> {
        let deployment = at % self.size.deployments;
        let (namespace, pod) = (namespace(deployment, self.size), pod_name(at, self.size));
        let event = |number: usize, container: usize, kind: &str, reason: &str, message: &str| {
            json!({
                "apiVersion": "v1", "kind": "Event", "type": kind, "reason": reason, "message": message, "count": 3,
                "metadata": {"name": format!("{pod}.{number}-{container}"), "namespace": namespace},
                "involvedObject": {"kind": "Pod", "namespace": namespace, "name": pod,
                    "fieldPath": format!("spec.containers{{c{container}}}")},
                "lastTimestamp": "2026-01-02T03:04:06Z", "source": {"component": "kubelet"},
            })
        };
        let mut events = Vec::new();
        for (container, image) in self.images_of(deployment) {
            if container < self.size.missing {
                let message = format!(
                    "Failed to pull image \"{image}\": reading manifest {MISSING_TAG} in {image}: manifest unknown"
                );
                events.push(event(0, container, "Warning", "Failed", &message));
            } else if at.is_multiple_of(10) {
                let message = format!("Successfully pulled image \"{image}\" in 1.2s");
                events.push(event(0, container, "Normal", "Pulled", &message));
            }
        }
        events
    }
}

/// Every second registry wants the login.
fn is_private(at: usize) -> bool {
    at.is_multiple_of(2)
}

fn registry(at: usize, ca: &Ca) -> Registry {
    let mut builder = Registry::builder().tls(&ca.server(&["127.0.0.1"]));
    // Many a registry stands behind something that speaks no HTTP/2.
    if at % 3 == 1 {
        builder = builder.http1_only();
    }
    if is_private(at) {
        return builder
            .dialect(PRIVATE[at / 2 % PRIVATE.len()])
            .user(User::new(LOGIN.0, LOGIN.1).pull("team/*"))
            .start();
    }
    builder
        .dialect(PUBLIC[at / 2 % PUBLIC.len()])
        .anonymous_pull("team/*")
        .start()
}

/// Stores the image of that place, every fifth as an index for two platforms, and gives its name.
fn push(registries: &[Registry], at: usize, is_there: bool) -> String {
    let registry = &registries[at % registries.len()];
    let number = at / registries.len();
    let repository = format!("team/app-{}", number / 2);
    if !is_there {
        registry.create_repository(&repository);
        return registry.image(&format!("{repository}:{MISSING_TAG}"));
    }
    let tag = format!("{}.0", number % 2 + 1);
    let seed = u8::try_from(at % 256).unwrap_or_default();
    let image = (0..6).fold(
        Image::new().label(&format!("image {at}")),
        |image, layer| image.layer(Layer::of_size(seed, 100 + layer)),
    );
    if at % 5 == 4 {
        let index = Index::new([
            image.clone().platform("linux/amd64"),
            image.platform("linux/arm64"),
        ]);
        registry.push_index(&repository, &tag, &index);
    } else {
        registry.push_image(&repository, &tag, &image);
    }
    registry.image(&format!("{repository}:{tag}"))
}

fn namespace(deployment: usize, size: Size) -> String {
    format!("team-{}", deployment % size.namespaces)
}

fn pod_name(at: usize, size: Size) -> String {
    let suffix = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .encode(u32::try_from(at).unwrap_or_default().to_be_bytes())
        .to_ascii_lowercase()
        .replace('_', "u")
        .replace('-', "d");
    format!("app-{}-7c9d5b6f4-{suffix}{at}", at % size.deployments)
}

fn container(at: usize, image: &str) -> Value {
    json!({
        "name": format!("c{at}"), "image": image, "imagePullPolicy": "IfNotPresent",
        "env": [{"name": "MODE", "value": "production"}, {"name": "PAD", "value": "x".repeat(200)}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
        "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
    })
}

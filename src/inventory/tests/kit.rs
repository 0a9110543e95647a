//! A namespace `shop` and a cluster's configuration, piece by piece.

use std::collections::BTreeMap;

use base64::Engine as _;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::inventory::{self, Input, Inventory, Problem, Registry};
use crate::model::kinds;
use crate::model::view::{
    BuildConfig, BuildImage, ClusterConfigView, ConfigMapData, Container, ContainerKind,
    ImageConfig, ImageStream, Missing, NamespaceView, Owner, Part, Pod, Secret, SecretBytes,
    ServiceAccount, StreamTag, Waiting, Workload, Workloads,
};

/// 2026-01-02T03:04:05Z.
pub(super) const NOW: i64 = 1_767_323_045;

pub(super) struct World {
    pub(super) view: NamespaceView,
    pub(super) config: ClusterConfigView,
    pub(super) other_streams: Vec<ImageStream>,
    pub(super) absent: Vec<(String, String)>,
    pub(super) chosen: bool,
}

/// A part of the view that was read.
#[track_caller]
pub(super) fn part<T>(part: &mut Part<T>) -> &mut T {
    part.as_mut().expect("it was read")
}

impl World {
    /// An OpenShift where everything may be read and nothing is there.
    pub(super) fn new() -> Self {
        Self {
            view: NamespaceView {
                namespace: Some("shop".into()),
                service_accounts: Ok(Vec::new()),
                secrets: Ok(Vec::new()),
                pods: Ok(Vec::new()),
                workloads: Ok(Workloads::default()),
                build_configs: Ok(Vec::new()),
                builds: Err(Missing::NotAsked),
                image_streams: Ok(Vec::new()),
                signature_policies: Ok(Vec::new()),
                events: Err(Missing::NotAsked),
            },
            config: ClusterConfigView {
                image_config: Ok(Some(ImageConfig::default())),
                registry_cas: Ok(None),
                proxy: Ok(None),
                proxy_ca: Ok(None),
                digest_mirrors: Ok(Vec::new()),
                tag_mirrors: Ok(Vec::new()),
                content_source_policies: Ok(Vec::new()),
                signature_policies: Ok(Vec::new()),
                nodes: Err(Missing::NotAsked),
                global_pull_secret: Ok(None),
            },
            other_streams: Vec::new(),
            absent: Vec::new(),
            chosen: false,
        }
    }

    pub(super) fn image_config(&mut self) -> &mut ImageConfig {
        part(&mut self.config.image_config)
            .as_mut()
            .expect("there is one")
    }

    pub(super) fn deployment(mut self, name: &str, image: &str) -> Self {
        part(&mut self.view.workloads)
            .list
            .push(deployment(name, image));
        self
    }

    pub(super) fn pod(mut self, pod: Pod) -> Self {
        part(&mut self.view.pods).push(pod);
        self
    }

    /// A secret of pulls with these entries: key, user, password.
    pub(super) fn secret(self, name: &str, entries: &[(&str, &str, &str)]) -> Self {
        let auths: serde_json::Map<String, Value> = entries
            .iter()
            .map(|(key, user, password)| ((*key).to_owned(), entry(user, password)))
            .collect();
        let text = json!({ "auths": auths }).to_string();
        self.raw_secret(name, "kubernetes.io/dockerconfigjson", &text)
    }

    pub(super) fn raw_secret(mut self, name: &str, type_name: &str, text: &str) -> Self {
        part(&mut self.view.secrets).push(Secret {
            namespace: "shop".into(),
            name: name.into(),
            uid: String::new(),
            resource_version: String::new(),
            type_name: type_name.into(),
            keys: vec![".dockerconfigjson".into()],
            configs: BTreeMap::from([(
                ".dockerconfigjson".into(),
                SecretBytes::new(text.as_bytes().to_vec()),
            )]),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            immutable: false,
            excluded_from_import: false,
            created: None,
        });
        self
    }

    pub(super) fn account(mut self, name: &str, pull: &[&str], mount: &[&str]) -> Self {
        let owned = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
        part(&mut self.view.service_accounts).push(ServiceAccount {
            namespace: "shop".into(),
            name: name.into(),
            uid: String::new(),
            resource_version: String::new(),
            pull_secrets: owned(pull),
            pull_secrets_changed: None,
            mountable_secrets: owned(mount),
            enforces_mountable: false,
        });
        self
    }

    pub(super) fn build(mut self, build: BuildConfig) -> Self {
        part(&mut self.view.build_configs).push(build);
        self
    }

    pub(super) fn stream(mut self, stream: ImageStream) -> Self {
        part(&mut self.view.image_streams).push(stream);
        self
    }

    /// The ConfigMap of `additionalTrustedCA`.
    pub(super) fn cas(mut self, keys: &[(&str, &str)]) -> Self {
        self.config.registry_cas = Ok(Some(ConfigMapData {
            namespace: "openshift-config".into(),
            name: "cas".into(),
            resource_version: String::new(),
            data: keys
                .iter()
                .map(|(key, text)| ((*key).to_owned(), (*text).to_owned()))
                .collect(),
        }));
        self
    }

    pub(super) fn take(&self) -> Inventory {
        inventory::take(&Input {
            view: &self.view,
            other_streams: &self.other_streams,
            unread: &[],
            absent_secrets: &self.absent,
            config: &self.config,
            now: Timestamp::from_second(NOW).expect("a time"),
            chosen: self.chosen,
            program: "kubectl extreg",
        })
    }

    /// The problems as `id object`.
    pub(super) fn ids(&self) -> Vec<String> {
        let problems = self.take().problems;
        problems
            .iter()
            .map(|problem| format!("{} {}", problem.id, problem.object))
            .collect()
    }

    /// The problem with this id.
    #[track_caller]
    pub(super) fn problem(&self, id: &str) -> Problem {
        let problems = self.take().problems;
        let found = problems.iter().find(|problem| problem.id == id).cloned();
        found.unwrap_or_else(|| panic!("no {id} in {problems:#?}"))
    }
}

#[track_caller]
pub(super) fn row<'a>(inventory: &'a Inventory, name: &str) -> &'a Registry {
    let found = inventory.registries.iter().find(|row| row.name == name);
    found.unwrap_or_else(|| panic!("no {name} in {:#?}", inventory.registries))
}

pub(super) fn entry(user: &str, password: &str) -> Value {
    let auth = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    json!({ "auth": auth })
}

fn container(image: &str) -> Container {
    Container {
        kind: ContainerKind::Regular,
        name: "app".into(),
        image: image.into(),
        pull_policy: None,
        image_id: None,
        waiting: None,
    }
}

pub(super) fn deployment(name: &str, image: &str) -> Workload {
    Workload {
        object: kinds::DEPLOYMENT.object(Some("shop"), name),
        uid: String::new(),
        resource_version: String::new(),
        owner: None,
        replicas: Some(1),
        service_account: "default".into(),
        pull_secrets: Vec::new(),
        other_secrets: Vec::new(),
        containers: vec![container(image)],
        annotations: BTreeMap::new(),
        image_triggers: None,
        selector: None,
        labels: BTreeMap::new(),
    }
}

pub(super) fn pod(name: &str, image: &str, owner: Option<(&str, &str)>) -> Pod {
    Pod {
        namespace: "shop".into(),
        name: name.into(),
        uid: String::new(),
        phase: "Running".into(),
        created: None,
        deleting: false,
        service_account: "default".into(),
        node: None,
        pull_secrets: Vec::new(),
        applied_pull_secrets: None,
        other_secrets: Vec::new(),
        containers: vec![container(image)],
        owner: owner.map(|(kind, name)| Owner {
            kind: kind.into(),
            name: name.into(),
        }),
        labels: BTreeMap::new(),
    }
}

/// The pod waits for its image.
pub(super) fn waiting(mut pod: Pod) -> Pod {
    pod.phase = "Pending".into();
    pod.containers[0].waiting = Some(Waiting {
        reason: "ImagePullBackOff".into(),
        message: String::new(),
    });
    pod
}

pub(super) fn image(kind: &str, name: &str, namespace: Option<&str>) -> BuildImage {
    BuildImage {
        kind: kind.into(),
        name: name.into(),
        namespace: namespace.map(str::to_owned),
    }
}

pub(super) fn build(name: &str, from: BuildImage, to: BuildImage) -> BuildConfig {
    BuildConfig {
        namespace: "shop".into(),
        name: name.into(),
        uid: String::new(),
        resource_version: String::new(),
        service_account: "builder".into(),
        strategy: "Source".into(),
        from: Some(from),
        pull_secret: None,
        source_images: Vec::new(),
        dockerfile: crate::model::view::DockerfileOf::Source,
        output: Some(to),
        push_secret: None,
        secrets: Vec::new(),
        node_selector: std::collections::BTreeMap::new(),
    }
}

/// An image stream in the cluster's own registry.
pub(super) fn stream(namespace: &str, name: &str, tags: Vec<StreamTag>) -> ImageStream {
    ImageStream {
        namespace: namespace.into(),
        name: name.into(),
        uid: String::new(),
        resource_version: String::new(),
        repository: Some(format!("registry.local:5000/{namespace}/{name}")),
        public_repository: None,
        spec_repository: None,
        lookup_local: false,
        insecure_annotation: false,
        tags,
    }
}

pub(super) fn tag(name: &str, from: Option<BuildImage>) -> StreamTag {
    StreamTag {
        name: name.into(),
        from,
        reference_policy: "Source".into(),
        ..StreamTag::default()
    }
}

//! A namespace `shop` put together by hand, for the tests of what stands on it.

use std::collections::BTreeMap;

use base64::Engine as _;
use serde_json::json;

use super::Ground;
use crate::doctor::ask::Ask;
use crate::doctor::evidence::{CandidateFact, Fact, Role, SourceFact};
use crate::doctor::probes::credentials::Wallet;
use crate::doctor::targets::wiring::Wiring;
use crate::doctor::targets::world::{Strays, World};
use crate::model::image::ImageReference;
use crate::model::view::{
    Build, BuildConfig, BuildImage, ClusterConfigView, ImageConfig, ImageStream, ImportCondition,
    Missing, NamespaceView, Secret, SecretBytes, ServiceAccount, StreamTag, TagItem, Workloads,
};

pub(in crate::doctor::targets) const INSIDE: &str =
    "image-registry.openshift-image-registry.svc:5000";

/// What a test stands on.
pub(in crate::doctor::targets) struct Kit {
    pub(in crate::doctor::targets) view: NamespaceView,
    pub(in crate::doctor::targets) strays: Strays,
    pub(in crate::doctor::targets) config: ClusterConfigView,
    pub(in crate::doctor::targets) openshift: Option<&'static str>,
    pub(in crate::doctor::targets) version_unread: Option<Missing>,
}

impl Kit {
    /// OpenShift 4.20 with an empty namespace.
    pub(in crate::doctor::targets) fn new() -> Self {
        Self {
            view: NamespaceView {
                namespace: Some("shop".into()),
                service_accounts: Ok(Vec::new()),
                secrets: Ok(Vec::new()),
                pods: Ok(Vec::new()),
                workloads: Ok(Workloads::default()),
                build_configs: Ok(Vec::new()),
                builds: Ok(Vec::new()),
                image_streams: Ok(Vec::new()),
                signature_policies: Ok(Vec::new()),
                events: Ok(Vec::new()),
            },
            strays: Strays::default(),
            config: ClusterConfigView {
                image_config: Ok(Some(ImageConfig {
                    internal_registry: Some(INSIDE.into()),
                    ..ImageConfig::default()
                })),
                registry_cas: Ok(None),
                proxy: Ok(None),
                proxy_ca: Ok(None),
                digest_mirrors: Ok(Vec::new()),
                tag_mirrors: Ok(Vec::new()),
                content_source_policies: Ok(Vec::new()),
                signature_policies: Ok(Vec::new()),
                nodes: Ok(Vec::new()),
                global_pull_secret: Ok(None),
            },
            openshift: Some("4.20.3"),
            version_unread: None,
        }
    }

    /// A dockerconfigjson with one entry; its password is its name.
    pub(in crate::doctor::targets) fn secret(self, name: &str, key: &str) -> Self {
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("robot:{name}"));
        let text = json!({"auths": {key: {"auth": auth}}}).to_string();
        self.put(
            name,
            "kubernetes.io/dockerconfigjson",
            ".dockerconfigjson",
            &text,
        )
    }

    /// A secret of any type with this text under one key.
    pub(in crate::doctor::targets) fn put(
        mut self,
        name: &str,
        type_name: &str,
        key: &str,
        text: &str,
    ) -> Self {
        let secret = Secret {
            namespace: "shop".into(),
            name: name.into(),
            uid: String::new(),
            resource_version: String::new(),
            type_name: type_name.into(),
            keys: vec![key.into()],
            configs: BTreeMap::from([(key.into(), SecretBytes::new(text.as_bytes().to_vec()))]),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            immutable: false,
            excluded_from_import: name.starts_with("excluded"),
            created: None,
        };
        let secrets = self.view.secrets.as_mut().unwrap();
        secrets.push(secret);
        secrets.sort_by(|a, b| a.name.cmp(&b.name));
        self
    }

    /// A service account with its two lists: `secrets` and `imagePullSecrets`.
    pub(in crate::doctor::targets) fn account(
        mut self,
        name: &str,
        mountable: &[&str],
        pull: &[&str],
    ) -> Self {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect();
        let account = ServiceAccount {
            namespace: "shop".into(),
            name: name.into(),
            uid: String::new(),
            resource_version: String::new(),
            pull_secrets: names(pull),
            pull_secrets_changed: None,
            mountable_secrets: names(mountable),
            enforces_mountable: name.starts_with("strict"),
        };
        self.view.service_accounts.as_mut().unwrap().push(account);
        self
    }

    pub(in crate::doctor::targets) fn stream(mut self, stream: ImageStream) -> Self {
        self.view.image_streams.as_mut().unwrap().push(stream);
        self
    }

    pub(in crate::doctor::targets) fn build(mut self, build: Build) -> Self {
        self.view.builds.as_mut().unwrap().push(build);
        self
    }

    pub(in crate::doctor::targets) fn on<R>(self, asks: impl FnOnce(&Ground<'_>) -> R) -> R {
        let world = World::new(self.view, self.strays);
        let wiring = Wiring::new(&world, &self.config);
        asks(&Ground {
            world: &world,
            config: &self.config,
            openshift: self.openshift,
            version_unread: self.version_unread.as_ref(),
            wiring: &wiring,
        })
    }
}

pub(in crate::doctor::targets) fn docker_image(name: &str) -> BuildImage {
    BuildImage {
        kind: "DockerImage".into(),
        name: name.into(),
        namespace: None,
    }
}

pub(in crate::doctor::targets) fn stream_tag(name: &str) -> BuildImage {
    BuildImage {
        kind: "ImageStreamTag".into(),
        ..docker_image(name)
    }
}

/// A stream with these tags.
pub(in crate::doctor::targets) fn stream(name: &str, tags: Vec<StreamTag>) -> ImageStream {
    ImageStream {
        namespace: "shop".into(),
        name: name.into(),
        uid: String::new(),
        resource_version: String::new(),
        repository: Some(format!("{INSIDE}/shop/{name}")),
        public_repository: None,
        spec_repository: None,
        lookup_local: false,
        insecure_annotation: false,
        tags,
    }
}

/// A tag that imports, and what it has imported so far.
pub(in crate::doctor::targets) fn tag_of(name: &str, from: BuildImage, has: &[&str]) -> StreamTag {
    StreamTag {
        name: name.into(),
        from: Some(from),
        reference_policy: "Source".into(),
        generation: Some(2),
        items: has
            .iter()
            .map(|reference| TagItem {
                image: reference
                    .split_once('@')
                    .map_or("", |(_, digest)| digest)
                    .to_owned(),
                docker_image_reference: (*reference).to_owned(),
                generation: Some(1),
                created: None,
            })
            .collect(),
        ..StreamTag::default()
    }
}

/// What the API server notes of a failed import.
pub(in crate::doctor::targets) fn failed(generation: i64, message: &str) -> ImportCondition {
    ImportCondition {
        status: false,
        reason: "Unauthorized".into(),
        message: message.into(),
        generation: Some(generation),
        at: None,
    }
}

/// A BuildConfig `app` of the account `builder`.
pub(in crate::doctor::targets) fn build_config(strategy: &str) -> BuildConfig {
    BuildConfig {
        namespace: "shop".into(),
        name: "app".into(),
        uid: String::new(),
        resource_version: String::new(),
        service_account: "builder".into(),
        strategy: strategy.into(),
        from: None,
        pull_secret: None,
        source_images: Vec::new(),
        dockerfile: crate::model::view::DockerfileOf::Source,
        output: None,
        push_secret: None,
        secrets: Vec::new(),
        node_selector: std::collections::BTreeMap::new(),
    }
}

/// A build of it, the second of them later than the first.
pub(in crate::doctor::targets) fn build(number: i64, phase: &str, reason: &str) -> Build {
    Build {
        namespace: "shop".into(),
        name: format!("app-{number}"),
        uid: String::new(),
        phase: phase.into(),
        reason: reason.into(),
        message: String::new(),
        log_snippet: String::new(),
        build_config: Some("app".into()),
        service_account: "builder".into(),
        strategy: "Source".into(),
        from: Some(docker_image("registry.example.com/base:1")),
        pull_secret: None,
        source_images: Vec::new(),
        dockerfile: crate::model::view::DockerfileOf::Source,
        output: Some(docker_image("registry.example.com/team/app:1")),
        output_reference: None,
        push_secret: None,
        node_selector: std::collections::BTreeMap::new(),
        pod: None,
        created: jiff::Timestamp::from_second(1_700_000_000 + number).ok(),
        completed: None,
    }
}

/// What the sources of a question come to for its image.
pub(in crate::doctor::targets) fn credentials(ask: &Ask) -> (Vec<SourceFact>, Vec<CandidateFact>) {
    let image = ImageReference::parse(&ask.text).unwrap();
    ask.sources.facts(&image, &mut Wallet::default())
}

/// The secrets that hold credentials for it, with their roles.
pub(in crate::doctor::targets) fn roles(ask: &Ask) -> Vec<(String, Role)> {
    let (_, candidates) = credentials(ask);
    candidates
        .into_iter()
        .map(|candidate| {
            let (_, name) = candidate.object.unwrap();
            (name, candidate.role)
        })
        .collect()
}

/// The wiring in words: the origin's debug form and the secrets.
pub(in crate::doctor::targets) fn wired(ask: &Ask) -> (String, Vec<String>) {
    ask.facts
        .iter()
        .find_map(|fact| match fact {
            Fact::Wiring(wiring) => Some((format!("{:?}", wiring.origin), wiring.secrets.clone())),
            _ => None,
        })
        .unwrap()
}

/// All remarks in one text.
pub(in crate::doctor::targets) fn notes(ask: &Ask) -> String {
    ask.notes
        .iter()
        .map(|note| note.detail.as_str())
        .collect::<Vec<_>>()
        .join("\n")
}

/// A part that may not be read.
pub(in crate::doctor::targets) fn forbidden(resource: &str) -> Missing {
    Missing::Forbidden {
        verb: "list".into(),
        resource: resource.into(),
        namespace: Some("shop".into()),
    }
}

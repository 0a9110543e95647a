//! What planners and doctor read from a namespace and from the cluster's configuration, gathered once and at the same
//! time, each part with the reason when it could not be read.
//!
//! Only what the caller wants is asked for, and of each object only what [`crate::model::view`] has is kept.

mod builds;
mod config;
pub mod decode;
mod events;
mod json;
mod lists;
mod objects;
mod selected;
mod single;
mod streams;

use serde_json::Value;
use tokio::join;

use super::{Cluster, ClusterError, Kind, Scope, Selectors, faults, kinds};
use crate::model::mirrors::RuleKind;
use crate::model::view::{
    ClusterConfigView, Missing, NamespaceView, Part, Secret, SecretBytes, SignaturePolicyKind,
};

pub use events::About;

/// Which parts of a namespace to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Want {
    pub service_accounts: bool,
    pub secrets: bool,
    pub pods: bool,
    pub workloads: bool,
    pub build_configs: bool,
    pub builds: bool,
    pub image_streams: bool,
    /// ImagePolicies.
    pub signature_policies: bool,
    pub events: bool,
}

impl Want {
    pub const ALL: Self = Self {
        service_accounts: true,
        secrets: true,
        pods: true,
        workloads: true,
        build_configs: true,
        builds: true,
        image_streams: true,
        signature_policies: true,
        events: true,
    };
}

/// Which parts of the cluster's configuration to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WantConfig {
    /// image.config and the ConfigMap that it names.
    pub image_config: bool,
    /// Proxy and the ConfigMap that it names.
    pub proxy: bool,
    pub mirrors: bool,
    /// ClusterImagePolicies.
    pub signature_policies: bool,
    pub nodes: bool,
    /// The pull secret of all nodes: ask for it only when it matters, few may read it.
    pub global_pull_secret: bool,
}

/// Where OpenShift keeps the configuration that its operators read.
const CONFIG_NAMESPACE: &str = "openshift-config";

impl Cluster {
    /// Reads the wanted parts of one namespace, or of all. Never fails as a whole.
    pub async fn namespace_view(&self, scope: &Scope, want: Want) -> NamespaceView {
        self.namespace_view_of(scope, want, None).await
    }

    /// The same, with `labels` choosing among what uses images: pods, workloads, BuildConfigs, Builds, image streams.
    pub async fn namespace_view_of(
        &self,
        scope: &Scope,
        want: Want,
        labels: Option<&str>,
    ) -> NamespaceView {
        let all = Selectors::default();
        let chosen = Selectors {
            labels: labels.map(str::to_owned),
            fields: None,
        };
        let (service_accounts, secrets, pods, workloads, build_configs) = join!(
            asked(
                want.service_accounts,
                self.selected(kinds::SERVICE_ACCOUNT, scope, &all, |object| {
                    Some(objects::service_account(object))
                })
            ),
            asked(want.secrets, self.secrets(scope, None)),
            asked(want.pods, self.pods(scope, &chosen)),
            asked(want.workloads, self.workloads(scope, &chosen)),
            asked(
                want.build_configs,
                self.selected(kinds::BUILD_CONFIG, scope, &chosen, |object| {
                    Some(builds::build_config(object))
                })
            ),
        );
        let (builds, image_streams, signature_policies, events) = join!(
            asked(
                want.builds,
                self.selected(kinds::BUILD, scope, &chosen, |object| Some(builds::build(
                    object
                )))
            ),
            asked(
                want.image_streams,
                self.selected(kinds::IMAGE_STREAM, scope, &chosen, |object| {
                    Some(streams::image_stream(object))
                })
            ),
            asked(
                want.signature_policies,
                self.signature_policies(SignaturePolicyKind::ImagePolicy, scope)
            ),
            asked(want.events, self.events(scope, None)),
        );
        NamespaceView {
            namespace: match scope {
                Scope::All => None,
                Scope::Namespace(name) => Some(name.clone()),
            },
            service_accounts,
            secrets,
            pods,
            workloads,
            build_configs,
            builds,
            image_streams,
            signature_policies,
            events,
        }
    }

    /// One secret of any type, with its docker configs; `None` when it does not exist.
    pub async fn secret(
        &self,
        namespace: &str,
        name: &str,
    ) -> Result<Option<Secret>, ClusterError> {
        let object = self
            .get(&kinds::SECRET.object(Some(namespace), name))
            .await?;
        Ok(object.map(|object| objects::secret(&object)))
    }

    /// Reads the wanted parts of the cluster's configuration. Never fails as a whole.
    pub async fn cluster_config(&self, want: WantConfig) -> ClusterConfigView {
        let (image, proxy, digest_mirrors, tag_mirrors, content_source_policies) = join!(
            async {
                let object =
                    asked(want.image_config, self.config_object(kinds::IMAGE_CONFIG)).await;
                let config = object.map(|found| found.as_ref().map(config::image_config));
                let name = named(&config, |config| config.additional_trusted_ca.as_deref());
                let cas = self.named_config_map(name).await;
                (config, cas)
            },
            async {
                let object = asked(want.proxy, self.config_object(kinds::PROXY_CONFIG)).await;
                let config = object.map(|found| found.as_ref().map(config::proxy));
                let name = named(&config, |config| config.trusted_ca.as_deref());
                let ca = self.named_config_map(name).await;
                (config, ca)
            },
            asked(
                want.mirrors,
                self.mirror_rules(
                    kinds::IMAGE_DIGEST_MIRROR_SET,
                    RuleKind::ImageDigestMirrorSet
                )
            ),
            asked(
                want.mirrors,
                self.mirror_rules(kinds::IMAGE_TAG_MIRROR_SET, RuleKind::ImageTagMirrorSet)
            ),
            asked(
                want.mirrors,
                self.mirror_rules(
                    kinds::IMAGE_CONTENT_SOURCE_POLICY,
                    RuleKind::ImageContentSourcePolicy
                )
            ),
        );
        let all = Selectors::default();
        let (signature_policies, nodes, global_pull_secret) = join!(
            asked(
                want.signature_policies,
                self.signature_policies(SignaturePolicyKind::ClusterImagePolicy, &Scope::All)
            ),
            asked(
                want.nodes,
                self.selected(kinds::NODE, &Scope::All, &all, config::node)
            ),
            asked(want.global_pull_secret, self.global_pull_secret()),
        );
        ClusterConfigView {
            image_config: image.0,
            registry_cas: image.1,
            proxy: proxy.0,
            proxy_ca: proxy.1,
            digest_mirrors,
            tag_mirrors,
            content_source_policies,
            signature_policies,
            nodes,
            global_pull_secret,
        }
    }

    async fn check_served(&self, kind: Kind) -> Part<()> {
        let optional = kind.group.ends_with(".openshift.io");
        if optional && !self.serves(kind.group).await.map_err(missing)? {
            return Err(Missing::NotServed(faults::resource(kind)));
        }
        Ok(())
    }

    /// The one object `cluster` of a kind of `config.openshift.io`.
    async fn config_object(&self, kind: Kind) -> Part<Option<Value>> {
        self.check_served(kind).await?;
        self.get(&kind.object(None, "cluster"))
            .await
            .map_err(missing)
    }

    async fn named_config_map(
        &self,
        name: Part<Option<String>>,
    ) -> Part<Option<crate::model::view::ConfigMapData>> {
        let Some(name) = name? else {
            return Ok(None);
        };
        let object = kinds::CONFIG_MAP.object(Some(CONFIG_NAMESPACE), &name);
        match self.get(&object).await.map_err(missing)? {
            Some(found) => Ok(Some(config::config_map(&found))),
            None => Err(Missing::Failed(format!(
                "the ConfigMap {CONFIG_NAMESPACE}/{name}, which is named there, does not exist"
            ))),
        }
    }

    async fn global_pull_secret(&self) -> Part<Option<SecretBytes>> {
        if !self
            .serves(kinds::IMAGE_CONFIG.group)
            .await
            .map_err(missing)?
        {
            return Err(Missing::NotServed(faults::resource(kinds::IMAGE_CONFIG)));
        }
        let secret = self
            .secret(CONFIG_NAMESPACE, "pull-secret")
            .await
            .map_err(missing)?;
        Ok(secret.and_then(|secret| secret.docker_config().map(|(_, bytes)| bytes.clone())))
    }
}

async fn asked<T>(wanted: bool, read: impl Future<Output = Part<T>>) -> Part<T> {
    if wanted {
        // Boxed, so that a view of many parts is no large future.
        Box::pin(read).await
    } else {
        Err(Missing::NotAsked)
    }
}

/// The name that a configuration gives, or why there is no configuration.
fn named<T>(config: &Part<Option<T>>, name: impl Fn(&T) -> Option<&str>) -> Part<Option<String>> {
    match config {
        Ok(found) => Ok(found
            .as_ref()
            .and_then(|config| name(config).map(str::to_owned))),
        Err(why) => Err(why.clone()),
    }
}

/// A failed read as the reason why a part is missing.
pub fn missing(error: ClusterError) -> Missing {
    match error {
        ClusterError::Forbidden {
            verb,
            resource,
            namespace,
            ..
        } => Missing::Forbidden {
            verb,
            resource,
            namespace,
        },
        ClusterError::GroupMissing(what) => Missing::NotServed(what),
        other => Missing::Failed(other.to_string()),
    }
}

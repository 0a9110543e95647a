//! What planners and doctor read from a namespace and from the cluster's configuration, gathered once and at the same
//! time, each part with the reason when it could not be read.
//!
//! Only what the caller wants is asked for, and of each object only what [`crate::model::view`] has is kept.

mod config;
mod json;
mod objects;

use serde_json::Value;
use tokio::join;

use super::{Cluster, ClusterError, Kind, Scope, Selectors, faults, kinds};
use crate::model::mirrors::{MirrorRule, RuleKind};
use crate::model::view::{
    BuildConfig, ClusterConfigView, Missing, NamespaceView, Part, Pod, Secret, SecretBytes,
    ServiceAccount, Workload, Workloads,
};

/// Which parts of a namespace to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Want {
    pub service_accounts: bool,
    pub secrets: bool,
    pub pods: bool,
    pub workloads: bool,
    pub build_configs: bool,
}

impl Want {
    pub const ALL: Self = Self {
        service_accounts: true,
        secrets: true,
        pods: true,
        workloads: true,
        build_configs: true,
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
    pub nodes: bool,
    /// The pull secret of all nodes: ask for it only when it matters, few may read it.
    pub global_pull_secret: bool,
}

/// Where OpenShift keeps the configuration that its operators read.
const CONFIG_NAMESPACE: &str = "openshift-config";

/// The kinds with a pod template. DeploymentConfig is asked for only where it is served.
const WORKLOADS: [Kind; 7] = [
    kinds::DEPLOYMENT,
    kinds::STATEFUL_SET,
    kinds::DAEMON_SET,
    kinds::REPLICA_SET,
    kinds::JOB,
    kinds::CRON_JOB,
    kinds::DEPLOYMENT_CONFIG,
];

/// The types of secrets that are read. The API server filters by them, so that tokens and other people's secrets, which
/// can be large, do not travel.
const SECRET_TYPES: [&str; 3] = [
    objects::DOCKER_CONFIG_JSON,
    objects::DOCKER_CFG,
    objects::OPAQUE,
];

impl Cluster {
    /// Reads the wanted parts of one namespace, or of all. Never fails as a whole.
    pub async fn namespace_view(&self, scope: &Scope, want: Want) -> NamespaceView {
        let (service_accounts, secrets, pods, workloads, build_configs) = join!(
            asked(want.service_accounts, self.service_accounts(scope)),
            asked(want.secrets, self.secrets(scope)),
            asked(want.pods, self.pods(scope)),
            asked(want.workloads, self.workloads(scope)),
            asked(want.build_configs, self.build_configs(scope)),
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
        let (image, proxy, digest_mirrors, tag_mirrors, content_source_policies, nodes, global) = join!(
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
            asked(
                want.nodes,
                self.collect(kinds::NODE, &Scope::All, config::node)
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
            nodes,
            global_pull_secret: global,
        }
    }

    async fn service_accounts(&self, scope: &Scope) -> Part<Vec<ServiceAccount>> {
        self.collect(kinds::SERVICE_ACCOUNT, scope, |object| {
            Some(objects::service_account(object))
        })
        .await
    }

    async fn pods(&self, scope: &Scope) -> Part<Vec<Pod>> {
        self.collect(kinds::POD, scope, |object| Some(objects::pod(object)))
            .await
    }

    async fn build_configs(&self, scope: &Scope) -> Part<Vec<BuildConfig>> {
        self.collect(kinds::BUILD_CONFIG, scope, |object| {
            Some(objects::build_config(object))
        })
        .await
    }

    async fn mirror_rules(&self, kind: Kind, rule_kind: RuleKind) -> Part<Vec<MirrorRule>> {
        let sets = self
            .collect(kind, &Scope::All, |object| {
                Some(config::mirror_rules(rule_kind, object))
            })
            .await?;
        Ok(sets.into_iter().flatten().collect())
    }

    async fn secrets(&self, scope: &Scope) -> Part<Vec<Secret>> {
        let lists = SECRET_TYPES.map(|type_name| self.secrets_of_type(scope, type_name));
        let mut secrets = Vec::new();
        for list in futures_util::future::join_all(lists).await {
            secrets.extend(list?);
        }
        secrets.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        Ok(secrets)
    }

    async fn secrets_of_type(&self, scope: &Scope, type_name: &str) -> Part<Vec<Secret>> {
        let selectors = Selectors {
            labels: None,
            fields: Some(format!("type={type_name}")),
        };
        let mut secrets = Vec::new();
        self.list(kinds::SECRET, scope, &selectors, |object| {
            let secret = objects::secret(&object);
            let of_use = type_name != objects::OPAQUE || !secret.configs.is_empty();
            if secret.type_name == type_name && of_use {
                secrets.push(secret);
            }
        })
        .await
        .map_err(missing)?;
        Ok(secrets)
    }

    async fn workloads(&self, scope: &Scope) -> Part<Workloads> {
        let lists = WORKLOADS.map(|kind| async move {
            let list: Part<Vec<Workload>> = self
                .collect(kind, scope, |object| objects::workload(kind, object))
                .await;
            (kind, list)
        });
        let mut workloads = Workloads::default();
        for (kind, list) in futures_util::future::join_all(lists).await {
            match list {
                Ok(list) => workloads.list.extend(list),
                Err(Missing::NotServed(_)) => {}
                Err(why) => workloads.unread.push((faults::resource(kind), why)),
            }
        }
        Ok(workloads)
    }

    /// All objects of a kind as `keep` reduces them. OpenShift's groups are looked up first, so that their absence is
    /// told from a right that is missing.
    async fn collect<T: Send>(
        &self,
        kind: Kind,
        scope: &Scope,
        mut keep: impl FnMut(&Value) -> Option<T> + Send,
    ) -> Part<Vec<T>> {
        self.check_served(kind).await?;
        let mut kept = Vec::new();
        self.list(kind, scope, &Selectors::default(), |object| {
            kept.extend(keep(&object));
        })
        .await
        .map_err(missing)?;
        Ok(kept)
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

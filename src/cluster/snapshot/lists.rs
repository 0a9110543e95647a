//! Lists that take more than one call, or a choice of what to ask for.

use super::{config, missing, objects};
use crate::cluster::{Cluster, Kind, Scope, Selectors, kinds};
use crate::model::mirrors::{MirrorRule, RuleKind};
use crate::model::view::{
    Missing, Part, Pod, Secret, SignaturePolicy, SignaturePolicyKind, Workloads,
};

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
    /// Pods by labels or fields.
    pub async fn pods(&self, scope: &Scope, selectors: &Selectors) -> Part<Vec<Pod>> {
        self.pods_where(scope, selectors, |_| true).await
    }

    /// The same, of which only those are kept that `keep` chooses as they come.
    pub async fn pods_where(
        &self,
        scope: &Scope,
        selectors: &Selectors,
        mut keep: impl FnMut(&Pod) -> bool + Send,
    ) -> Part<Vec<Pod>> {
        let mut pods = Vec::new();
        self.list(kinds::POD, scope, selectors, |object| {
            let pod = objects::pod(&object);
            if keep(&pod) {
                pods.push(pod);
            }
        })
        .await
        .map_err(missing)?;
        Ok(pods)
    }

    /// The policies of a kind, also where only its older version is served: `config.openshift.io/v1` has them since 4.19,
    /// `v1alpha1` before, behind a feature gate.
    pub async fn signature_policies(
        &self,
        kind: SignaturePolicyKind,
        scope: &Scope,
    ) -> Part<Vec<SignaturePolicy>> {
        let newest = match kind {
            SignaturePolicyKind::ClusterImagePolicy => kinds::CLUSTER_IMAGE_POLICY,
            SignaturePolicyKind::ImagePolicy => kinds::IMAGE_POLICY,
        };
        let older = Kind {
            version: "v1alpha1",
            ..newest
        };
        for served in [newest, older] {
            if self.serves_resource(served).await.map_err(missing)? {
                return self
                    .selected(served, scope, &Selectors::default(), |object| {
                        Some(config::signature_policy(kind, object))
                    })
                    .await;
            }
        }
        Err(Missing::NotServed(newest.resource_name()))
    }

    pub(super) async fn mirror_rules(
        &self,
        kind: Kind,
        rule_kind: RuleKind,
    ) -> Part<Vec<MirrorRule>> {
        let sets = self
            .selected(kind, &Scope::All, &Selectors::default(), |object| {
                Some(config::mirror_rules(rule_kind, object))
            })
            .await?;
        Ok(sets.into_iter().flatten().collect())
    }

    /// Secrets with docker credentials, or what looks as if it were meant to have them, in order of namespace and name.
    pub async fn secrets(&self, scope: &Scope, labels: Option<&str>) -> Part<Vec<Secret>> {
        let lists = SECRET_TYPES.map(|type_name| self.secrets_of_type(scope, labels, type_name));
        let mut secrets = Vec::new();
        for list in futures_util::future::join_all(lists).await {
            secrets.extend(list?);
        }
        secrets.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));
        Ok(secrets)
    }

    async fn secrets_of_type(
        &self,
        scope: &Scope,
        labels: Option<&str>,
        type_name: &str,
    ) -> Part<Vec<Secret>> {
        let selectors = Selectors {
            labels: labels.map(str::to_owned),
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

    pub(super) async fn workloads(&self, scope: &Scope, selectors: &Selectors) -> Part<Workloads> {
        Ok(self.workloads_of(&WORKLOADS, scope, selectors).await)
    }
}

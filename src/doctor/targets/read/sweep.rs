//! The reads for a look at everything: a namespace, or all of them.

use super::fold::Fold;
use super::{Pick, Reader};
use crate::cluster::Selectors;
use crate::model::kinds::{self, Kind, ObjectRef};
use crate::model::view::{Missing, NamespaceView, SignaturePolicyKind};

/// The workloads that people write. ReplicaSets and Jobs that others made are known by their pods.
const WORKLOADS: [Kind; 5] = [
    kinds::DEPLOYMENT,
    kinds::STATEFUL_SET,
    kinds::DAEMON_SET,
    kinds::CRON_JOB,
    kinds::DEPLOYMENT_CONFIG,
];

impl Reader<'_> {
    /// Everything that may have an image. Labels choose pods, builds and image streams.
    pub(super) async fn sweep(
        &self,
        all: bool,
    ) -> (NamespaceView, Vec<Pick>, Vec<(ObjectRef, Missing)>) {
        let (cluster, scope, selectors) = (self.cluster, &self.scope, &self.selectors);
        let every = Selectors::default();
        let mut fold = Fold::new(all);
        let workloads = if all { selectors } else { &every };
        let first = Box::pin(async {
            tokio::join!(
                cluster.pods_where(scope, selectors, |pod| fold.keeps(pod)),
                cluster.workloads_of(&WORKLOADS, scope, workloads),
                cluster.service_accounts(scope, &every),
                cluster.secrets(scope, None),
            )
        });
        let second = Box::pin(async {
            tokio::join!(
                cluster.image_streams(scope, selectors),
                cluster.builds(scope, selectors),
                cluster.events(scope, None),
                cluster.signature_policies(SignaturePolicyKind::ImagePolicy, scope),
            )
        });
        let (first, second) = tokio::join!(first, second);
        let (pods, workloads, service_accounts, secrets) = first;
        let (image_streams, builds, events, signature_policies) = second;
        let lists = [
            pods.as_ref().err(),
            service_accounts.as_ref().err(),
            secrets.as_ref().err(),
            image_streams.as_ref().err(),
            builds.as_ref().err(),
        ];
        let unread = lists
            .into_iter()
            .flatten()
            .chain(workloads.unread.iter().map(|(_, why)| why))
            .filter(|why| !matches!(why, Missing::NotServed(_)))
            .map(|why| (self.place(), why.clone()))
            .collect();
        let view = NamespaceView {
            namespace: self.scope_name(),
            service_accounts,
            secrets,
            pods,
            workloads: Ok(workloads),
            build_configs: Err(Missing::NotAsked),
            builds,
            image_streams,
            signature_policies,
            events,
        };
        (view, vec![Pick::Sweep { all }], unread)
    }
}

//! Names of images that the cluster uses already.

use tokio::sync::OnceCell;

use crate::cluster::snapshot::Want;
use crate::cluster::{Cluster, Scope};

/// Images that the namespace uses, read when a name has to be guessed and not before.
pub struct KnownImages {
    pub cluster: Option<(Cluster, String)>,
    pub cell: OnceCell<Vec<String>>,
}

impl KnownImages {
    pub(super) async fn get(&self) -> &[String] {
        self.cell
            .get_or_init(|| async {
                let Some((cluster, namespace)) = &self.cluster else {
                    return Vec::new();
                };
                let want = Want {
                    pods: true,
                    workloads: true,
                    ..Want::default()
                };
                let scope = Scope::Namespace(namespace.clone());
                let view = cluster.namespace_view(&scope, want).await;
                let pods = view.pods.iter().flatten().flat_map(|pod| &pod.containers);
                let workloads = view
                    .workloads
                    .iter()
                    .flat_map(|workloads| &workloads.list)
                    .flat_map(|workload| &workload.containers);
                let mut images: Vec<String> = pods
                    .chain(workloads)
                    .map(|container| container.image.clone())
                    .collect();
                images.sort();
                images.dedup();
                images
            })
            .await
    }
}

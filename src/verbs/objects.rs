//! Lists of objects for planners, with what could not be listed said in words.

use std::sync::Mutex;

use futures_util::future::join_all;
use serde_json::Value;

use crate::cluster::{Cluster, ClusterError, Kind, Scope, Selectors};

/// What lists gave, and what could not be listed: `pods (no right to)`.
#[derive(Debug)]
pub(super) struct Listed<T> {
    pub found: Vec<T>,
    pub unread: Vec<String>,
}

/// Lists several kinds at the same time and keeps of each object what `keep` makes of it. A kind that the cluster does
/// not serve has no objects.
pub(super) async fn list<T: Send>(
    cluster: &Cluster,
    kinds: &[Kind],
    scope: &Scope,
    keep: impl Fn(Kind, Value) -> Option<T> + Sync,
) -> Listed<T> {
    let found = Mutex::new(Vec::new());
    let lists = kinds.iter().map(|kind| {
        let (found, keep) = (&found, &keep);
        async move {
            let mut own = Vec::new();
            let listed = cluster
                .list(*kind, scope, &Selectors::default(), |object| {
                    own.extend(keep(*kind, object));
                })
                .await;
            found
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .extend(own);
            match listed {
                Ok(()) | Err(ClusterError::GroupMissing(_)) => None,
                // The right is judged before the path: who has few rights is told the same of a kind that is not there.
                Err(ClusterError::Forbidden { .. })
                    if matches!(cluster.serves_resource(*kind).await, Ok(false)) =>
                {
                    None
                }
                Err(ClusterError::Forbidden { .. }) => {
                    Some(format!("{} (no right to)", kind.resource))
                }
                Err(error) => Some(format!("{} ({error})", kind.resource)),
            }
        }
    });
    let unread = join_all(lists).await.into_iter().flatten().collect();
    Listed {
        found: found
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner),
        unread,
    }
}

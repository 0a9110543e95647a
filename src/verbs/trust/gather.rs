//! What the platform has now: the object that names the ConfigMap, and the ConfigMap.

use crate::cluster::{Cluster, kinds};
use crate::error::Error;
use crate::plan::Object;
use crate::plan::trust::{NAMESPACE, Scope, TrustView};

/// Reads both.
///
/// # Errors
///
/// When one of them may not be read, or the cluster lacks its configuration.
pub(super) async fn view(cluster: &Cluster, scope: Scope) -> Result<TrustView, Error> {
    let reference = scope.config();
    let config = cluster
        .get(&reference)
        .await?
        .map(Object::new)
        .ok_or_else(|| {
            Error::failure(format!("{reference} does not exist"))
                .hint("every OpenShift 4 has one; `oc get clusterversion` tells what this is")
        })?;
    let name = scope.named(&config).unwrap_or(scope.default_map());
    let map = kinds::CONFIG_MAP.object(Some(NAMESPACE), name);
    let seen = cluster.get(&map).await?.map(Object::new);
    Ok(TrustView {
        scope,
        config,
        map,
        seen,
    })
}

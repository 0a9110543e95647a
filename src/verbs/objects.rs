//! Objects for planners: one that must be there, else with near names, and lists, with what could not be listed said in words.

use std::sync::Mutex;

use futures_util::future::join_all;
use serde_json::Value;

use crate::cluster::{Cluster, ClusterError, Kind, ObjectRef, Scope, Selectors};
use crate::error::Error;
use crate::plan::Object;
use crate::plan::link::near;

/// Names that are listed when none of them is near.
const FEW: usize = 6;

/// An object of a namespace that must be there.
///
/// # Errors
///
/// [`missing`] when it is not.
pub(super) async fn required(cluster: &Cluster, object: &ObjectRef) -> Result<Object, Error> {
    match cluster.get(object).await? {
        Some(found) => Ok(Object::new(found)),
        None => Err(missing(cluster, object).await),
    }
}

/// That an object of a namespace is not there: with the names that are near, or a few of those that there are; or that there is
/// no such namespace.
pub(super) async fn missing(cluster: &Cluster, object: &ObjectRef) -> Error {
    let namespace = object.namespace.as_deref().unwrap_or_default();
    let known = names(cluster, object.kind, namespace).await;
    if known.is_empty()
        && let Some(error) = cluster.missing_namespace(namespace).await
    {
        return error;
    }
    let error = Error::failure(format!("{object} not found in namespace {namespace:?}"));
    with_near(error, &object.name, &known)
}

/// The error with the names that are near to this one, or a few of those that there are.
pub(super) fn with_near(error: Error, name: &str, known: &[String]) -> Error {
    match near(name, known).as_slice() {
        [] if known.is_empty() => error,
        [] => error.hint(format!("there is {}", few(known))),
        near => error.hint(format!("did you mean {}?", near.join(" or "))),
    }
}

/// `a, b, c and 4 more`
fn few(names: &[String]) -> String {
    let shown = names[..names.len().min(FEW)].join(", ");
    match names.len().saturating_sub(FEW) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The names of a kind, for suggestions only: what cannot be listed gives none.
pub(super) async fn names(cluster: &Cluster, kind: Kind, namespace: &str) -> Vec<String> {
    let scope = Scope::Namespace(namespace.to_owned());
    let listed = cluster.names(kind, &scope, &Selectors::default()).await;
    let mut names: Vec<String> = listed
        .unwrap_or_default()
        .into_iter()
        .map(|(_, name)| name)
        .collect();
    names.sort();
    names
}

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
            // A cluster without OpenShift's groups is not asked for their kinds.
            if kind.group.ends_with(".openshift.io")
                && matches!(cluster.serves(kind.group).await, Ok(false))
            {
                return None;
            }
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

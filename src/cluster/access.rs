//! Which rights the user has: one SelfSubjectAccessReview a right, asked at the same time.

use std::sync::PoisonError;

use futures_util::{StreamExt as _, stream};
use serde_json::json;

use super::{Cluster, ClusterError, Kind};

const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
/// Questions under way at one time.
const AT_ONCE: usize = 8;

/// A right on a kind, in a namespace or in all.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Right {
    pub verb: &'static str,
    pub kind: Kind,
    pub namespace: Option<String>,
    /// One object by name, where the right may be that narrow.
    pub name: Option<String>,
}

impl std::fmt::Display for Right {
    /// `create secrets in the namespace team`, as a message names it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.verb, self.kind.resource)?;
        if !self.kind.group.is_empty() {
            write!(f, ".{}", self.kind.group)?;
        }
        if let Some(name) = &self.name {
            write!(f, " {name:?}")?;
        }
        match &self.namespace {
            Some(namespace) => write!(f, " in the namespace {namespace}"),
            None if self.kind.namespaced => f.write_str(" in all namespaces"),
            None => Ok(()),
        }
    }
}

impl Cluster {
    /// Those of `rights` that the user does not have, in their order. A server that cannot be asked counts as granting:
    /// the call itself will tell. Answers are kept for as long as the connection lives.
    pub async fn missing_rights(&self, rights: &[Right]) -> Result<Vec<Right>, ClusterError> {
        let answers: Vec<Result<bool, ClusterError>> = stream::iter(rights)
            .map(|right| self.may(right))
            .buffered(AT_ONCE)
            .collect()
            .await;
        let mut missing = Vec::new();
        for (right, answer) in rights.iter().zip(answers) {
            if !answer? && !missing.contains(right) {
                missing.push(right.clone());
            }
        }
        Ok(missing)
    }

    async fn may(&self, right: &Right) -> Result<bool, ClusterError> {
        if let Some(known) = self
            .known
            .rights
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(right)
        {
            return Ok(*known);
        }
        let (resource, subresource) = right
            .kind
            .resource
            .split_once('/')
            .unwrap_or((right.kind.resource, ""));
        let question = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": { "resourceAttributes": {
                "verb": right.verb,
                "group": right.kind.group,
                "resource": resource,
                "subresource": subresource,
                "namespace": right.namespace.as_deref().unwrap_or_default(),
                "name": right.name.as_deref().unwrap_or_default(),
            }},
        });
        let allowed = match self.create_raw(REVIEWS, &question).await {
            Ok(answer) => answer["status"]["allowed"].as_bool().unwrap_or(true),
            Err(error @ (ClusterError::Unreachable(_) | ClusterError::Unauthorized(_))) => {
                return Err(error);
            }
            Err(_) => true,
        };
        self.known
            .rights
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(right.clone(), allowed);
        Ok(allowed)
    }
}

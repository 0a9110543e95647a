//! Which rights the user has: one SelfSubjectAccessReview a right, asked at the same time.

use super::{Cluster, ClusterError, Kind};

/// A right on a kind, in a namespace or in all.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Right {
    pub verb: &'static str,
    pub kind: Kind,
    pub namespace: Option<String>,
    /// One object by name, where the right may be that narrow.
    pub name: Option<String>,
}

impl Cluster {
    /// Those of `rights` that the user does not have. A server that cannot be asked counts as granting: the call itself
    /// will tell.
    pub async fn missing_rights(&self, rights: &[Right]) -> Result<Vec<Right>, ClusterError> {
        todo!("{rights:?}")
    }
}

//! From what the user names to the questions of a run: which image is really asked for, by whom, with which secrets, and what
//! the cluster has said about it so far.
//!
//! Reads the cluster, asks no registry and judges nothing.
//!
//! ```text
//! words -> argument -> read (all that the targets need, at once) -> World, Picked -> pods, workloads, accounts, ... -> Ask
//! ```
//!
//! What reads is async and ends with the [`World`]; what comes after it is pure.

mod account;
pub mod argument;
mod images;
#[expect(dead_code, reason = "targets of the cluster come next")]
mod observed;
#[expect(dead_code, reason = "targets of the cluster come next")]
mod world;

use super::ask::Ask;
use super::run::Request;
use crate::cluster::Cluster;
use crate::env::Env;
use crate::error::Error;
use crate::model::view::ClusterConfigView;

pub use argument::{Argument, Wanted};
pub use images::without_cluster;

/// What pure code is told beside the [`World`].
#[expect(dead_code, reason = "targets of the cluster come next")]
pub(super) struct Asking<'a> {
    pub(super) config: &'a ClusterConfigView,
    /// The version of OpenShift, where it is one and tells.
    pub(super) openshift: Option<&'a str>,
    /// `--push`.
    pub(super) push: bool,
}

/// What was read of the cluster for the targets of a run.
pub struct Found {
    images: images::Images,
}

/// Reads what the targets need, at the same time as others read the cluster's configuration.
///
/// # Errors
///
/// When a target does not exist, or nothing at all can be said without something that cannot be read.
pub async fn find(cluster: &Cluster, request: &Request) -> Result<Found, Error> {
    Ok(Found {
        images: images::read(cluster, request).await?,
    })
}

impl Found {
    /// The questions, in the order in which the report answers them.
    ///
    /// # Errors
    ///
    /// When a file of the command line cannot be read.
    pub async fn asks(
        &self,
        env: &Env,
        request: &Request,
        config: &ClusterConfigView,
    ) -> Result<Vec<Ask>, Error> {
        self.images.asks(env, request, config).await
    }
}

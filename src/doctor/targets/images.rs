//! Images of the command line: pulled by a service account, with a file of credentials, or by nobody in particular.

use std::sync::Arc;
use std::time::Duration;

use super::account::{self, Account};
use crate::cluster::Cluster;
use crate::credentials::{self, SourceError};
use crate::doctor::ask::Ask;
use crate::doctor::evidence::Evidence;
use crate::doctor::probes::credentials::Sources;
use crate::doctor::run::Request;
use crate::doctor::target::{Consumer, Operation, TargetRef};
use crate::env::Env;
use crate::error::Error;
use crate::model::image::ImageReference;
use crate::model::view::ClusterConfigView;

/// How long a credential helper may take.
const HELPER: Duration = Duration::from_secs(10);

/// What was read for them.
pub(super) struct Images {
    namespace: String,
    account: Option<Account>,
}

/// Reads the service account, where its secrets are what would be used.
pub(super) async fn read(cluster: &Cluster, request: &Request) -> Result<Images, Error> {
    let account = match request.registry_config {
        None if !request.images.is_empty() => Some(account::read(cluster, &request.account).await?),
        _ => None,
    };
    Ok(Images {
        namespace: cluster.namespace().to_owned(),
        account,
    })
}

impl Images {
    pub(super) async fn asks(
        &self,
        env: &Env,
        request: &Request,
        config: &ClusterConfigView,
    ) -> Result<Vec<Ask>, Error> {
        let Some(account) = &self.account else {
            return without_cluster(env, request).await;
        };
        let consumer = Consumer::ServiceAccount {
            namespace: self.namespace.clone(),
            name: request.account.clone(),
        };
        let (sources, skips) = account.sources(&consumer, config);
        let sources = Arc::new(sources);
        Ok(request
            .images
            .iter()
            .flat_map(|text| questions(text, &consumer, &sources, &skips, request))
            .collect())
    }
}

/// Images that are asked for with a file of credentials, or with none.
///
/// # Errors
///
/// When the file cannot be read.
pub async fn without_cluster(env: &Env, request: &Request) -> Result<Vec<Ask>, Error> {
    let mut asks = Vec::new();
    for text in &request.images {
        let (consumer, sources) = match &request.registry_config {
            Some(path) => (
                Consumer::AuthFile {
                    path: path.display().to_string(),
                },
                file(env, path, text).await?,
            ),
            None => (Consumer::Anonymous, Sources::of(&Consumer::Anonymous)),
        };
        asks.extend(questions(text, &consumer, &Arc::new(sources), &[], request));
    }
    Ok(asks)
}

/// The pull, and the push where that was asked for.
fn questions(
    text: &str,
    consumer: &Consumer,
    sources: &Arc<Sources>,
    skips: &[Evidence],
    request: &Request,
) -> Vec<Ask> {
    let ask = |operation| Ask {
        sources: Arc::clone(sources),
        unread: skips.to_vec(),
        ..Ask::new(
            TargetRef::Image,
            text.to_owned(),
            operation,
            consumer.clone(),
        )
    };
    let mut asks = vec![ask(Operation::Pull)];
    asks.extend(request.push.then(|| ask(Operation::Push)));
    asks
}

/// What containers/image takes out of a file for one image.
async fn file(env: &Env, path: &std::path::Path, text: &str) -> Result<Sources, Error> {
    let name = path.display().to_string();
    let config = match credentials::read_config(&env.cwd.join(path)).await {
        Ok(config) => config,
        Err(SourceError::Malformed { reason, .. }) => {
            return Ok(Sources::of_malformed_file(name, reason));
        }
        Err(unreadable) => return Err(unreadable.into()),
    };
    let Ok(image) = ImageReference::parse(text) else {
        return Ok(Sources::of_file(name, config, None, None));
    };
    let (found, fault) = match credentials::from_file(env, path, &image.name(), HELPER).await {
        Ok(found) => (Some(found), None),
        Err(SourceError::NoEntry { .. }) => (None, None),
        Err(SourceError::BadEntry { key, reason, .. }) => (None, Some((key, reason))),
        Err(SourceError::Helper { helper, reason }) => {
            let reason = format!("the credential helper {helper:?} {reason}");
            (None, Some((image.registry().to_owned(), reason)))
        }
        Err(other) => return Err(other.into()),
    };
    Ok(Sources::of_file(name, config, found, fault))
}

//! A service account and the secrets that it names.

use std::collections::BTreeMap;

use crate::cluster::snapshot::{Want, missing};
use crate::cluster::{Cluster, Scope};
use crate::doctor::evidence::{Check, Evidence};
use crate::doctor::probes::credentials::Sources;
use crate::doctor::probes::unread;
use crate::error::Error;
use crate::model::view::{ClusterConfigView, Missing, NamespaceView, Part, Secret};

/// What was read of a namespace for one account.
pub(super) struct Account {
    namespace: String,
    pull_secrets: Part<Vec<String>>,
    view: NamespaceView,
    /// Secrets that the account names and that hold no docker config, or do not exist.
    others: BTreeMap<String, Option<Secret>>,
    others_unread: Option<Missing>,
}

/// Reads the account and the namespace's secrets.
///
/// # Errors
///
/// When the account does not exist: there is nothing to be diagnosed then.
pub(super) async fn read(cluster: &Cluster, name: &str) -> Result<Account, Error> {
    let namespace = cluster.namespace().to_owned();
    let want = Want {
        service_accounts: true,
        secrets: true,
        ..Want::default()
    };
    let view = cluster
        .namespace_view(&Scope::Namespace(namespace.clone()), want)
        .await;
    let pull_secrets = match &view.service_accounts {
        Ok(_) => match view.service_account(&namespace, name) {
            Some(account) => Ok(account.pull_secrets.clone()),
            None => {
                return Err(Error::failure(format!(
                    "serviceaccounts {name:?} not found in the namespace {namespace}"
                ))
                .hint("-z names the service account, -n the namespace"));
            }
        },
        Err(why) => Err(why.clone()),
    };
    let mut others = BTreeMap::new();
    let mut others_unread = None;
    if view.secrets.is_ok() {
        for secret in pull_secrets.iter().flatten() {
            if view.secret(&namespace, secret).is_some() {
                continue;
            }
            match cluster.secret(&namespace, secret).await {
                Ok(found) => {
                    others.insert(secret.clone(), found);
                }
                Err(error) => others_unread = Some(missing(error)),
            }
        }
    }
    Ok(Account {
        namespace,
        pull_secrets,
        view,
        others,
        others_unread,
    })
}

impl Account {
    /// The account's sources of credentials, and what of them could not be read.
    pub(super) fn sources(&self, config: &ClusterConfigView) -> (Sources, Vec<Evidence>) {
        let gaps = [
            self.pull_secrets.as_ref().err(),
            self.view.secrets.as_ref().err(),
            self.others_unread.as_ref(),
        ];
        let skips: Vec<Evidence> = gaps
            .into_iter()
            .flatten()
            .map(|why| unread(Check::Credentials, why))
            .collect();
        let nodes = config.global_pull_secret.as_ref();
        let names = self.pull_secrets.as_deref().unwrap_or_default();
        let mut sources = if skips.is_empty() {
            Sources::of_account(
                &self.namespace,
                names,
                &self.view,
                &self.others,
                nodes.ok().and_then(Option::as_ref),
            )
        } else {
            Sources::default()
        };
        if let Err(why @ (Missing::Forbidden { .. } | Missing::Failed(_))) = nodes {
            sources.maybe_more = Some(format!(
                "the nodes' own pull secret could not be read: {why}"
            ));
        }
        (sources, skips)
    }
}

//! A service account and the secrets that it names.

use std::collections::BTreeMap;

use crate::cluster::snapshot::{Want, missing};
use crate::cluster::{Cluster, Scope};
use crate::doctor::evidence::{Check, Evidence, Role};
use crate::doctor::probes::credentials::{ParsedSecret, Sources};
use crate::doctor::probes::unread;
use crate::doctor::target::Consumer;
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
    pub(super) fn sources(
        &self,
        consumer: &Consumer,
        config: &ClusterConfigView,
    ) -> (Sources, Vec<Evidence>) {
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
        let mut sources = Sources::of(consumer);
        if skips.is_empty() {
            self.fill(&mut sources);
            add_nodes(&mut sources, config);
        }
        if let Err(why @ (Missing::Forbidden { .. } | Missing::Failed(_))) =
            &config.global_pull_secret
        {
            sources.maybe_more = Some(format!(
                "the nodes' own pull secret could not be read: {why}"
            ));
        }
        (sources, skips)
    }

    /// The account's secrets in their order, and what else the namespace has.
    fn fill(&self, sources: &mut Sources) {
        let named = self.pull_secrets.as_deref().unwrap_or_default();
        for name in named {
            let secret = self
                .view
                .secret(&self.namespace, name)
                .or_else(|| self.others.get(name).and_then(Option::as_ref));
            sources.secret(
                Role::Used,
                &self.namespace,
                name,
                secret.map(ParsedSecret::of),
            );
        }
        let unlinked = self
            .view
            .secrets
            .iter()
            .flatten()
            .filter(|secret| secret.namespace == self.namespace && !named.contains(&secret.name))
            // The platform's own are for the internal registry, and Opaque ones for something else.
            .filter(|secret| !secret.is_of_platform() && secret.docker_config().is_some());
        for secret in unlinked {
            let parsed = Some(ParsedSecret::of(secret));
            sources.secret(Role::Unlinked, &self.namespace, &secret.name, parsed);
        }
    }
}

/// Adds the nodes' own pull secret, where it could be read.
fn add_nodes(sources: &mut Sources, config: &ClusterConfigView) {
    if let Ok(Some(bytes)) = &config.global_pull_secret {
        sources.nodes(bytes);
    }
}

//! Which secrets a pod gets, in the order in which the kubelet tries them, and which it does not get although they are near.
//!
//! The kubelet uses exactly what the pod's specification names (kubelet `pkg/kubelet/kubelet_pods.go`
//! `getPullSecretsForPod`) and the node's own secret after it. Admission gives the account's list to a pod that has none of
//! its own, when the pod is made and never again (Kubernetes `plugin/pkg/admission/serviceaccount` `Admit`).

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use super::world::{NamedSecret, World};
use crate::doctor::evidence::{
    Check, Evidence, Fact, ListOrigin, Role, SkipReason, Vantage, WiringFact,
};
use crate::doctor::probes::credentials::Sources;
use crate::doctor::probes::unread;
use crate::doctor::target::Consumer;
use crate::model::kinds;
use crate::model::view::{ClusterConfigView, Missing, Part, Pod, ServiceAccount, Workload};

/// A consumer and what it has.
#[derive(Clone)]
pub(super) struct Wired {
    pub(super) consumer: Consumer,
    pub(super) sources: Arc<Sources>,
    pub(super) facts: Vec<Fact>,
    /// What could not be read, or what is wrong beside the secrets.
    pub(super) lines: Vec<Evidence>,
}

/// Finds out who gets which secrets. Consumers with the same list share their sources.
pub(super) struct Wiring<'a> {
    pub(super) world: &'a World,
    pub(super) config: &'a ClusterConfigView,
    known: RefCell<HashMap<Key, Given>>,
}

/// Sources and what was not read of them, by namespace, account, list and how the list came about.
type Key = (String, String, Vec<String>, Role);
type Given = (Arc<Sources>, Vec<Evidence>);

impl<'a> Wiring<'a> {
    pub(super) fn new(world: &'a World, config: &'a ClusterConfigView) -> Self {
        Self {
            world,
            config,
            known: RefCell::default(),
        }
    }

    /// A pod that would be made now as this account, without a list of its own.
    pub(super) fn account(&self, namespace: &str, name: &str) -> Wired {
        let consumer = Consumer::ServiceAccount {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        };
        let origin = ListOrigin::Account {
            name: name.to_owned(),
        };
        match self.world.account(namespace, name) {
            Ok(Some(account)) => {
                let list = account.pull_secrets.clone();
                self.wired(consumer, origin, namespace, list, Role::Late)
            }
            Ok(None) => Wired {
                sources: Arc::new(Sources::of(&consumer)),
                consumer,
                facts: Vec::new(),
                lines: vec![Evidence::skip(
                    Check::Credentials,
                    Vantage::Config,
                    SkipReason::DependsOn,
                    format!(
                        "the service account {namespace}/{name} does not exist, so that no pod can be made as it"
                    ),
                )],
            },
            Err(why) => Wired {
                sources: Arc::new(Sources::of(&consumer)),
                consumer,
                facts: Vec::new(),
                lines: vec![unread(Check::Credentials, &why)],
            },
        }
    }

    /// A pod that a workload's template would make now.
    pub(super) fn template(&self, workload: &Workload) -> Wired {
        let namespace = workload.object.namespace.as_deref().unwrap_or_default();
        let account = &workload.service_account;
        if workload.pull_secrets.is_empty() {
            return self.account(namespace, account);
        }
        let consumer = Consumer::Pod {
            object: workload.object.clone(),
            account: account.clone(),
        };
        let origin = ListOrigin::Own {
            account: account.clone(),
        };
        let list = workload.pull_secrets.clone();
        let mut wired = self.wired(consumer, origin, namespace, list, Role::Overridden);
        if matches!(self.world.account(namespace, account), Ok(None)) {
            wired.lines.push(Evidence::skip(
                Check::Credentials,
                Vantage::Config,
                SkipReason::DependsOn,
                format!("the service account {namespace}/{account} does not exist, so that no pod can be made as it"),
            ));
        }
        wired
    }

    /// A pod that exists; `template` is what it was made from, where that is known.
    pub(super) fn pod(&self, pod: &Pod, template: Option<&Workload>) -> Wired {
        let consumer = Consumer::Pod {
            object: kinds::POD.object(Some(&pod.namespace), &pod.name),
            account: pod.service_account.clone(),
        };
        if pod.is_static() {
            return self.by_node(consumer);
        }
        let account = self.world.account(&pod.namespace, &pod.service_account);
        let own = has_own_list(pod, template, account.ok().flatten());
        let account = pod.service_account.clone();
        let (origin, behind) = if own {
            (ListOrigin::Own { account }, Role::Overridden)
        } else {
            (ListOrigin::Copied { account }, Role::Late)
        };
        let list = pod.pull_secrets.clone();
        self.wired(consumer, origin, &pod.namespace, list, behind)
    }

    /// A static pod: no secret of the API's reaches it, and admission leaves its mirror alone (Kubernetes
    /// `plugin/pkg/admission/serviceaccount` `Admit`).
    fn by_node(&self, consumer: Consumer) -> Wired {
        let mut sources = Sources::of(&consumer);
        self.nodes(&mut sources);
        Wired {
            consumer,
            sources: Arc::new(sources),
            facts: vec![Fact::Wiring(WiringFact {
                origin: ListOrigin::Static,
                secrets: Vec::new(),
                source_image: None,
            })],
            lines: Vec::new(),
        }
    }

    /// `behind` is how the account's secrets that are not in the list come into play.
    fn wired(
        &self,
        consumer: Consumer,
        origin: ListOrigin,
        namespace: &str,
        list: Vec<String>,
        behind: Role,
    ) -> Wired {
        let account = consumer.account().unwrap_or_default().to_owned();
        let key = (namespace.to_owned(), account, list.clone(), behind);
        let mut known = self.known.borrow_mut();
        let (sources, lines) = known
            .entry(key)
            .or_insert_with_key(|(namespace, account, list, behind)| {
                self.given(&consumer, namespace, account, list, *behind)
            })
            .clone();
        Wired {
            consumer,
            sources,
            facts: vec![Fact::Wiring(WiringFact {
                origin,
                secrets: list,
                source_image: None,
            })],
            lines,
        }
    }

    fn given(
        &self,
        consumer: &Consumer,
        namespace: &str,
        account: &str,
        list: &[String],
        behind: Role,
    ) -> Given {
        let mut sources = Sources::of(consumer);
        let mut lines = Vec::new();
        let mut used = Vec::new();
        for name in list {
            match self.world.named(namespace, name) {
                NamedSecret::Read(parsed) => used.push((name, Some(parsed))),
                NamedSecret::Gone => used.push((name, None)),
                NamedSecret::Unread(why) => lines.push(unread(Check::Credentials, &why)),
            }
        }
        dedup(&mut lines);
        // With a part of the list unknown, nothing is known of what would be sent.
        if lines.is_empty() {
            for (name, parsed) in used {
                sources.secret(Role::Used, namespace, name, parsed);
            }
            self.nodes(&mut sources);
        }
        match self.world.account(namespace, account) {
            Ok(found) => self.behind(&mut sources, found, list, behind),
            Err(Missing::NotAsked) => {}
            Err(why) => lines.push(unread(Check::Wiring, &why)),
        }
        let linked: Vec<&String> = match self.world.account(namespace, account) {
            Ok(Some(account)) => account.pull_secrets.iter().chain(list).collect(),
            _ => list.iter().collect(),
        };
        for secret in self.world.docker_secrets(namespace) {
            // The platform's own are for the internal registry, and Opaque ones for something else.
            if !linked.contains(&&secret.name) && !secret.is_of_platform() {
                let parsed = Some(self.world.parsed(secret));
                sources.secret(Role::Unlinked, namespace, &secret.name, parsed);
            }
        }
        if let Err(why @ (Missing::Forbidden { .. } | Missing::Failed(_))) =
            &self.world.view.secrets
        {
            lines.push(unread(Check::Wiring, why));
        }
        (Arc::new(sources), lines)
    }

    /// The nodes' own pull secret, where it could be read.
    fn nodes(&self, sources: &mut Sources) {
        match &self.config.global_pull_secret {
            Ok(Some(bytes)) => sources.nodes(bytes),
            Err(why @ (Missing::Forbidden { .. } | Missing::Failed(_))) => {
                sources.maybe_more = Some(format!(
                    "the nodes' own pull secret could not be read: {why}"
                ));
            }
            Ok(None) | Err(Missing::NotServed(_) | Missing::NotAsked) => {}
        }
    }

    /// The secrets that the account has and the pod has not.
    fn behind(
        &self,
        sources: &mut Sources,
        account: Option<&ServiceAccount>,
        list: &[String],
        role: Role,
    ) {
        let Some(account) = account else {
            return;
        };
        for name in &account.pull_secrets {
            if list.contains(name) {
                continue;
            }
            if let NamedSecret::Read(parsed) = self.world.named(&account.namespace, name) {
                sources.secret(role, &account.namespace, name, Some(parsed));
            }
        }
    }
}

fn dedup(lines: &mut Vec<Evidence>) {
    let mut seen: Vec<String> = Vec::new();
    lines.retain(|line| {
        let new = !seen.contains(&line.detail);
        seen.push(line.detail.clone());
        new
    });
}

/// Whether a pod's list is its own, so that admission gave it nothing: its template has one, or what `kubectl apply` was
/// given; for a pod of which neither is known, when none of the names is the account's, or when the account had its list
/// before the pod was made and the pod has another one.
fn has_own_list(pod: &Pod, template: Option<&Workload>, account: Option<&ServiceAccount>) -> bool {
    if pod.pull_secrets.is_empty() {
        return false;
    }
    if let Some(template) = template {
        return !template.pull_secrets.is_empty();
    }
    if let Some(applied) = &pod.applied_pull_secrets {
        return !applied.is_empty();
    }
    let Some(account) = account else {
        return false;
    };
    let shared = pod
        .pull_secrets
        .iter()
        .any(|name| account.pull_secrets.contains(name));
    let older = account
        .pull_secrets_changed
        .zip(pod.created)
        .is_some_and(|(changed, created)| changed < created);
    !shared || older && pod.pull_secrets != account.pull_secrets
}

/// Whether a part was read; what was not asked for is not missing.
pub(super) fn gap<T>(part: &Part<T>) -> Option<&Missing> {
    match part {
        Err(why @ (Missing::Forbidden { .. } | Missing::Failed(_))) => Some(why),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

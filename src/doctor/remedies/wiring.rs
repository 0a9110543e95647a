//! Making a consumer use a secret, or stop using one: each kind of consumer has a place of its own for it.
//!
//! Pods take what their service account's list held when they were made, or a list of their own; builds a field of the build
//! config, or a list of their account; imports whatever the namespace has.

use super::action::{Action, LinkFor, LinkFrom, rolls};
use super::away::EXCLUDE;
use super::{Applicability, Changed, Remedy, Tool};
use crate::doctor::evidence::{Fact, ListOrigin};
use crate::doctor::target::{Consumer, Operation, TargetRef};
use crate::model::kinds::ObjectRef;
use crate::plan::naming::secret_name;

impl Tool<'_> {
    pub(super) fn origin(&self) -> Option<&ListOrigin> {
        self.case
            .one(|fact| match fact {
                Fact::Wiring(wiring) => Some(&wiring.origin),
                _ => None,
            })
            .map(|(_, origin)| origin)
    }

    /// The pod or template has a list of its own, so that the account's does not count.
    pub(super) fn has_own_list(&self) -> bool {
        matches!(self.origin(), Some(ListOrigin::Own { .. }))
    }

    pub(super) fn link_for(&self) -> LinkFor {
        match self.case.subject.consumer {
            Consumer::BuildPull { .. } | Consumer::BuildPush { .. } => LinkFor::Push,
            _ if self.case.subject.operation == Operation::Push => LinkFor::Push,
            _ => LinkFor::Pull,
        }
    }

    /// The flags of this run that reach the registry.
    pub(super) fn link_flags(&self) -> Vec<String> {
        let mut flags = Vec::new();
        let mut given = self.setting.flags.iter();
        while let Some(flag) = given.next() {
            match flag.as_str() {
                "--plain-http" => flags.push(flag.clone()),
                "--registry-ca" => {
                    flags.extend([flag.clone()].into_iter().chain(given.next().cloned()));
                }
                _ => {}
            }
        }
        flags
    }

    /// This machine gets no answer that a check of the credentials could go by.
    pub(super) fn skip_check(&self) -> bool {
        !self.case.answered()
    }

    /// What has to be made again before it has its account's list: the pod that exists, or the workload that it belongs to.
    pub(super) fn restarts(&self) -> Option<ObjectRef> {
        let Consumer::Pod { object, .. } = &self.case.subject.consumer else {
            return None;
        };
        if self.has_own_list() {
            return None;
        }
        Some(match &self.case.subject.target {
            TargetRef::Object { object: target, .. } if rolls(target) => target.clone(),
            _ => object.clone(),
        })
    }

    /// The secret that `link` makes for the registry.
    pub(super) fn made_name(&self) -> String {
        secret_name(self.registry())
    }

    /// A link, as this tool does it.
    fn act_link(&self, summary: &str, from: LinkFrom) -> Option<Remedy> {
        let namespace = self.case.subject.namespace()?.to_owned();
        let for_ = self.link_for();
        let account = self
            .case
            .subject
            .account()
            .unwrap_or(for_.usual_account())
            .to_owned();
        let made = match &from {
            LinkFrom::Existing { .. } => None,
            LinkFrom::Secret { name, .. } => Some(name.clone().unwrap_or_else(|| self.made_name())),
        };
        let action = Action::Link {
            registry: self.registry().to_owned(),
            namespace: namespace.clone(),
            account: account.clone(),
            from,
            for_,
            restart: self.restarts().into_iter().collect(),
            skip_check: self.skip_check(),
        };
        let mut remedy = self.act(summary, action);
        remedy
            .changes
            .extend(made.map(|name| secret(&namespace, &name)));
        remedy.changes.push(Changed {
            api_version: "v1",
            kind: "ServiceAccount",
            namespace: Some(namespace),
            name: account,
        });
        remedy.commands.extend(self.import_again());
        Some(remedy)
    }

    pub(super) fn act(&self, summary: &str, action: Action) -> Remedy {
        let mut remedy = Remedy::new(Applicability::Safe, summary)
            .command(action.command(self.client, &self.link_flags()));
        remedy.action = Some(action);
        remedy
    }

    /// A secret of this namespace, so that the consumer uses it.
    pub(super) fn use_it(&self, summary: &str) -> Vec<Remedy> {
        let Some((_, name)) = &self.finding.names.secret else {
            return self.login(summary);
        };
        let from = || LinkFrom::Existing { name: name.clone() };
        match &self.case.subject.consumer {
            Consumer::Import { namespace } => {
                let mut remedy =
                    Remedy::new(Applicability::Review, "let imports use the secret again")
                        .changes(secret(namespace, name))
                        .command([
                            self.client,
                            "annotate",
                            "secret",
                            name,
                            &format!("{EXCLUDE}-"),
                            "-n",
                            namespace,
                        ]);
                remedy.commands.extend(self.import_again());
                vec![remedy]
            }
            Consumer::Pod { .. } if self.has_own_list() => {
                self.named_in_template("name the secret in the pod template", name)
            }
            Consumer::BuildPull { .. } | Consumer::BuildPush { .. } => {
                let named = self.build_secret("name the secret in the build config", name);
                if matches!(self.origin(), Some(ListOrigin::BuildField { .. })) {
                    return named;
                }
                let mut remedies: Vec<Remedy> = self
                    .act_link("link the secret to the account that builds", from())
                    .into_iter()
                    .collect();
                remedies.extend(named);
                remedies
            }
            consumer if consumer.namespace().is_some() => self
                .act_link("link the secret to the service account", from())
                .into_iter()
                .collect(),
            _ => self.login(summary),
        }
    }

    /// The credentials of a secret, stored where and as the consumer reads them.
    pub(super) fn copy_it(&self, summary: &str) -> Vec<Remedy> {
        let Some((place, name)) = &self.finding.names.secret else {
            return self.login(summary);
        };
        let from = LinkFrom::Secret {
            namespace: place.clone(),
            secret: name.clone(),
            name: None,
        };
        if self.case.subject.consumer == Consumer::Credential {
            return vec![self.copy_of_judged(summary, place, name)];
        }
        // A field or list of its own is named by the verb that makes the secret.
        let named = match &self.case.subject.consumer {
            Consumer::Pod { .. } if self.has_own_list() => {
                self.used_by_template(summary, from.clone())
            }
            Consumer::BuildPull { .. } | Consumer::BuildPush { .. }
                if matches!(self.origin(), Some(ListOrigin::BuildField { .. })) =>
            {
                self.build_named(summary, from.clone())
            }
            _ => None,
        };
        if let Some(remedy) = named {
            return vec![remedy];
        }
        let Some(link) = self.act_link(summary, from) else {
            return self.login(summary);
        };
        // Where more than the link is needed, the whole is for the user to judge.
        vec![self.and_named(link, &self.made_name())]
    }

    /// After a secret was made: the consumer that has a field or list of its own must name it there as well.
    pub(super) fn and_named(&self, mut remedy: Remedy, name: &str) -> Remedy {
        let more = match &self.case.subject.consumer {
            Consumer::Pod { .. } if self.has_own_list() => {
                self.named_in_template("name it in the pod template", name)
            }
            Consumer::BuildPull { .. } | Consumer::BuildPush { .. }
                if matches!(self.origin(), Some(ListOrigin::BuildField { .. })) =>
            {
                self.build_secret("name it in the build config", name)
            }
            _ => return remedy,
        };
        for next in more {
            remedy.summary = format!("{}; {}", remedy.summary, next.summary);
            remedy.applicability = match next.applicability {
                Applicability::Manual if remedy.commands.is_empty() => Applicability::Manual,
                _ => Applicability::Review,
            };
            remedy.action = None;
            remedy.changes.extend(next.changes);
            remedy.commands.extend(next.commands);
        }
        remedy
    }

    /// The account's secret, which the pod's own list keeps out.
    pub(super) fn add_to_own_list(&self) -> Vec<Remedy> {
        let Some((_, name)) = &self.finding.names.secret else {
            return Vec::new();
        };
        let mut remedies = self.named_in_template(
            "name the account's secret in the pod template as well",
            name,
        );
        remedies.push(Remedy::new(
            Applicability::Manual,
            "or take imagePullSecrets out of the template, so that the service account's list counts",
        ));
        remedies
    }

    /// Pods that have their account's old list.
    pub(super) fn make_pods_again(&self) -> Vec<Remedy> {
        let mut remedies = Vec::new();
        let target = self.restarts();
        match &target {
            Some(object) if rolls(object) => {
                let action = Action::Restart {
                    object: object.clone(),
                };
                remedies.push(
                    self.act(
                        "make its pods again, with the account's list of now",
                        action,
                    )
                    .changes(changed(object)),
                );
            }
            Some(object) => {
                let name = self.finding.names.secret.as_ref().map(|(_, name)| name);
                let link = name.and_then(|name| {
                    self.act_link(
                        "let whatever made the pod make it again, with the account's list of now",
                        LinkFrom::Existing { name: name.clone() },
                    )
                });
                remedies.extend(link);
                remedies.push(
                    Remedy::new(
                        Applicability::Manual,
                        "a pod that nothing makes again has to be deleted and created by hand",
                    )
                    .changes(changed(object)),
                );
            }
            None => remedies.push(Remedy::new(Applicability::Manual, "make the pod again")),
        }
        remedies
    }

    /// A secret that does not exist is made under the name by which it is asked for.
    pub(super) fn make_again(&self) -> Vec<Remedy> {
        let summary = "make the secret again";
        let Some((_, name)) = &self.finding.names.secret else {
            return self.login(summary);
        };
        let mut remedies = self.login_as(&format!("{summary}, under the name {name}"), Some(name));
        for remedy in &mut remedies {
            remedy.changes.extend(self.secret());
        }
        remedies
    }

    /// A key in the right spelling, beside the old one.
    pub(super) fn rekey(&self) -> Vec<Remedy> {
        match &self.case.subject.consumer {
            consumer if consumer.namespace().is_some() => {
                self.copy_it("store the same credentials under a key that matches")
            }
            Consumer::AuthFile { path } => {
                let image = self.case.subject.image.as_ref();
                let key = image.map_or_else(|_| String::new(), |image| image.registry().to_owned());
                vec![Remedy::new(
                    Applicability::Manual,
                    format!("write the key of {path} as {key}"),
                )]
            }
            _ => self.login("store the credentials under a key that matches"),
        }
    }
}

pub(super) fn secret(namespace: &str, name: &str) -> Changed {
    Changed {
        api_version: "v1",
        kind: "Secret",
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
    }
}

pub(super) fn changed(object: &ObjectRef) -> Changed {
    Changed {
        api_version: api_version(object),
        kind: object.kind.kind,
        namespace: object.namespace.clone(),
        name: object.name.clone(),
    }
}

/// The group and version of a kind that remedies change.
fn api_version(object: &ObjectRef) -> &'static str {
    match object.kind.group {
        "apps" => "apps/v1",
        "batch" => "batch/v1",
        "apps.openshift.io" => "apps.openshift.io/v1",
        "build.openshift.io" => "build.openshift.io/v1",
        "image.openshift.io" => "image.openshift.io/v1",
        _ => "v1",
    }
}

//! Secrets that do harm, out of the consumer's way: off its account's list, passed over by imports, written again.

use super::action::Action;
use super::wiring::secret;
use super::{Applicability, Remedy, Tool};
use crate::doctor::evidence::{ListOrigin, SourceState};
use crate::doctor::target::Consumer;
use crate::model::docker_config::EntryFault;
use crate::model::observation::LoginVerdict;

/// What keeps a secret out of imports (openshift-apiserver `pkg/image/apiserver/registry/imagesecret`).
pub(super) const EXCLUDE: &str = "openshift.io/image.excludeSecret";

impl Tool<'_> {
    /// A secret that does not decode. Where one bad entry keeps all secrets from being read, it has to go first: nothing that
    /// is stored beside it helps.
    pub(super) fn mend_secret(&self) -> Vec<Remedy> {
        let anew = self.stored("store the credentials again, in a secret that decodes");
        let mut remedies = Vec::new();
        let by_itself = self.case.subject.consumer == Consumer::Credential;
        if self.breaks_the_rest() && !by_itself {
            remedies.extend(
                self.take_off("take the secret that does not decode off the service account"),
            );
            if matches!(self.case.subject.consumer, Consumer::Import { .. }) {
                remedies.extend(self.exclude());
            }
        } else {
            remedies.extend(anew.clone());
        }
        if self.finding.names.secret.is_some() {
            let key = self.finding.names.key.as_deref();
            let what = key.map_or("its content".to_owned(), |key| {
                format!(
                    "its entry {:?}",
                    crate::model::sanitize::sanitize_line(key, 80)
                )
            });
            remedies.push(Remedy::new(
                Applicability::Manual,
                format!("write {what} again: auth is the base64 of USER:PASSWORD"),
            ));
        }
        if self.breaks_the_rest() && !by_itself && !self.case.subject.consumer.builds_keyring() {
            remedies.extend(anew);
        }
        remedies
    }

    /// Whether the secret that is meant keeps the consumer's other secrets from being read.
    pub(super) fn breaks_the_rest(&self) -> bool {
        self.case.sources().into_iter().any(|(_, source)| {
            source.object == self.finding.names.secret
                && match &source.state {
                    SourceState::Malformed { .. } => true,
                    SourceState::Read(entries) => entries.iter().any(|entry| {
                        entry
                            .fault
                            .as_ref()
                            .is_some_and(EntryFault::breaks_whole_keyring)
                    }),
                    _ => false,
                }
        })
    }

    /// Credentials that do harm: none, or better ones.
    pub(super) fn unblock(&self) -> Vec<Remedy> {
        let mut remedies = self.take_off("take the credentials off the service account");
        if !self.is_of_no_use() {
            for remedy in &mut remedies {
                remedy.summary.push_str(", if nothing else needs them");
                remedy.applicability = Applicability::Review;
                remedy.action = None;
            }
        }
        if matches!(self.case.subject.consumer, Consumer::Import { .. }) {
            remedies.extend(self.exclude());
        }
        remedies.extend(self.login("store credentials that the registry accepts"));
        remedies
    }

    /// Whether nobody can want the secret that is meant: its login is refused, and it has no other.
    fn is_of_no_use(&self) -> bool {
        let meant = &self.finding.names.secret;
        let single = self.case.sources().into_iter().any(|(_, source)| {
            source.object == *meant
                && matches!(&source.state, SourceState::Read(entries) if entries.len() == 1)
        });
        let logins = self.case.logins();
        let refused = self.case.candidates.iter().any(|known| {
            known.object == *meant
                && logins.iter().any(|(_, login)| {
                    login.credential == Some(known.index)
                        && matches!(login.verdict, LoginVerdict::Refused { .. })
                })
        });
        single && refused
    }

    /// The secret leaves the account's lists; nothing where the account's list does not count.
    fn take_off(&self, summary: &str) -> Vec<Remedy> {
        let subject = self.case.subject;
        let (Some((place, name)), Some(namespace), Some(account)) = (
            &self.finding.names.secret,
            subject.namespace(),
            subject.account(),
        ) else {
            return Vec::new();
        };
        let in_list = !matches!(
            self.origin(),
            Some(ListOrigin::Own { .. } | ListOrigin::BuildField { .. })
        );
        if !in_list || place != namespace {
            return Vec::new();
        }
        let action = Action::Unlink {
            namespace: namespace.to_owned(),
            account: account.to_owned(),
            secret: name.clone(),
        };
        let late = match subject.consumer {
            Consumer::Pod { .. } => "; pods that exist keep it until they are made again",
            _ => "",
        };
        let mut remedy = self.act(&format!("{summary}{late}"), action);
        remedy.changes.extend(self.account());
        vec![remedy]
    }

    /// The secret stays, and imports pass it over.
    pub(super) fn exclude(&self) -> Option<Remedy> {
        let (namespace, name) = self.finding.names.secret.as_ref()?;
        let mut remedy = Remedy::new(
            Applicability::Review,
            format!("keep imports from using the secret {name}"),
        )
        .changes(secret(namespace, name))
        .command([
            self.client,
            "annotate",
            "secret",
            name,
            &format!("{EXCLUDE}=true"),
            "-n",
            namespace,
        ]);
        remedy.commands.extend(self.import_again());
        Some(remedy)
    }

    /// The good secret behind the first one.
    pub(super) fn out_of_the_shadow(&self) -> Vec<Remedy> {
        match &self.case.subject.consumer {
            Consumer::Import { .. } => {
                let mut remedies: Vec<Remedy> = self.exclude().into_iter().collect();
                if let Some((namespace, name)) = &self.finding.names.secret {
                    remedies.push(
                        Remedy::new(
                            Applicability::Review,
                            "or delete it, if nothing else uses it",
                        )
                        .changes(secret(namespace, name))
                        .command([
                            self.client,
                            "delete",
                            "secret",
                            name,
                            "-n",
                            namespace,
                        ]),
                    );
                    for remedy in remedies.iter_mut().skip(1) {
                        remedy.commands.extend(self.import_again());
                    }
                }
                remedies
            }
            Consumer::BuildPull { .. } | Consumer::BuildPush { .. } => {
                let Some((_, name)) = &self.finding.names.better else {
                    return self.login("store credentials that the registry accepts");
                };
                self.build_secret("name the good secret in the build config", name)
            }
            _ => self.unblock(),
        }
    }
}

//! A secret that is judged by itself, as a target or as what an account names: its credentials are stored anew.

use super::wiring::secret;
use super::{Applicability, Remedy, Tool};
use crate::doctor::causes::Cause;
use crate::doctor::evidence::SourceState;
use crate::doctor::target::TargetRef;
use crate::model::endpoint::RegistryArgument;
use crate::model::kinds;
use crate::plan::naming::secret_name;

/// Where the secret does not tell which registry it is for.
const REGISTRY: &str = "REGISTRY";

impl Tool<'_> {
    /// The secret under its own name, so that whoever names it gets the new one. Ours is written over; one that others made is
    /// deleted first, and left alone where other entries would go with it: a new one is put beside it.
    pub(super) fn written_anew(&self, summary: &str) -> Vec<Remedy> {
        let Some((namespace, name)) = &self.finding.names.secret else {
            return Self::manual(summary);
        };
        let registry = self.judged_registry();
        let made = secret_name(&registry);
        let mut remedy =
            Remedy::new(Applicability::Review, summary).changes(secret(namespace, name));
        let is_there = self.finding.cause != Cause::SecretMissing;
        let mut words = vec!["link", &registry, "--registry-username", "USER"];
        let others = is_there && *name != made && self.has_other_entries();
        if others && !self.breaks_the_rest() {
            remedy.summary = format!("{summary}, in a secret beside it: pods try both");
            remedy.changes.push(secret(namespace, &made));
        } else if *name != made {
            words.extend(["--name", name]);
            if others {
                remedy.summary = format!("{summary}; its other entries go with it");
            }
            if is_there {
                remedy = remedy.command([self.client, "delete", "secret", name, "-n", namespace]);
            }
        }
        vec![remedy.command(self.of_account(&words, namespace))]
    }

    /// What stands in a secret that nobody reads, in one that is read.
    pub(super) fn copy_of_judged(&self, summary: &str, namespace: &str, name: &str) -> Remedy {
        let registry = self.judged_registry();
        let words = ["link", &registry, "--from-secret", name];
        Remedy::new(Applicability::Review, summary)
            .changes(secret(namespace, &secret_name(&registry)))
            .command(self.of_account(&words, namespace))
    }

    /// `oc extreg WORDS`, for the account that names the secret where the account is what was looked at.
    fn of_account(&self, words: &[&str], namespace: &str) -> Vec<String> {
        let account = match &self.case.subject.target {
            TargetRef::Object { object, .. } if object.kind == kinds::SERVICE_ACCOUNT => {
                Some(object.name.as_str()).filter(|name| *name != "default")
            }
            _ => None,
        };
        let mut command = self.platform(words.iter().copied());
        let flags = account.into_iter().flat_map(|name| ["-z", name]);
        command.extend(flags.chain(["-n", namespace]).map(str::to_owned));
        command.extend(self.link_flags());
        command
    }

    /// The registry of the entry that is meant.
    fn judged_registry(&self) -> String {
        let own = self.registry();
        if !own.is_empty() {
            return own.to_owned();
        }
        let key = self.finding.names.key.as_deref().unwrap_or_default();
        let plain = key
            .trim_end_matches('/')
            .trim_end_matches("/v1")
            .trim_end_matches("/v2");
        RegistryArgument::parse(plain)
            .map_or_else(|_| REGISTRY.to_owned(), |found| found.endpoint.name())
    }

    /// Whether the secret has entries beside the one that is meant.
    fn has_other_entries(&self) -> bool {
        self.case.sources().into_iter().any(|(_, source)| {
            source.object == self.finding.names.secret
                && matches!(&source.state, SourceState::Read(entries) if entries.len() + source.beside > 1)
        })
    }
}

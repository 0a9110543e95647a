//! Secrets: missing, of the wrong type, malformed, misspelt, at their end, double, or of no use.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use super::{about, command};
use crate::inventory::credentials::Duplicate;
use crate::inventory::types::{
    By, Entry, Inventory, Problem, Role, Secret, SecretRef, Severity, Use,
};
use crate::inventory::{Input, unread};
use crate::model::sanitize::sanitize_line;
use crate::model::{auth_file, keyring};

/// A login that ends this soon is worth a word.
const SOON: SignedDuration = SignedDuration::from_hours(7 * 24);

pub(super) fn find(
    input: &Input<'_>,
    inventory: &Inventory,
    duplicates: &[Duplicate],
) -> Vec<Problem> {
    let mut problems = Vec::new();
    let known = unread::users_are_known(input);
    for (index, secret) in inventory.secrets.iter().enumerate() {
        let about = About {
            input,
            inventory,
            secret,
        };
        let before = problems.len();
        about.content(&mut problems);
        for entry in &secret.entries {
            about.end(entry, &mut problems);
            if known {
                about.key(entry, &mut problems);
            }
        }
        // What is broken is said to be so, and not to be unused as well; a second copy is not to be linked.
        let copy = duplicates
            .iter()
            .any(|duplicate| duplicate.same && duplicate.second.secret == index);
        if known && !copy && problems.len() == before {
            about.use_of(&mut problems);
        }
    }
    problems.extend(double(input, inventory, duplicates));
    problems
}

struct About<'a> {
    input: &'a Input<'a>,
    inventory: &'a Inventory,
    secret: &'a Secret,
}

impl About<'_> {
    fn by(&self) -> By {
        By {
            kind: "secret".to_owned(),
            namespace: self
                .secret
                .namespace
                .clone()
                .unwrap_or_else(|| "openshift-config".to_owned()),
            name: self.secret.name.clone(),
        }
    }

    fn problem(&self, id: &'static str, severity: Severity, summary: String) -> Problem {
        let by = self.by();
        let entries = &self.secret.entries;
        let registries: BTreeSet<&String> =
            entries.iter().flat_map(|entry| &entry.registries).collect();
        let mut registries = registries.into_iter();
        Problem {
            summary,
            registry: match (registries.next(), registries.next()) {
                (Some(only), None) => Some(only.clone()),
                _ => None,
            },
            ..about(self.input, &by, id, severity)
        }
    }

    /// What the tool can do about it, instead of looking closer.
    fn mended(&self, words: &[&str], problem: Problem) -> Problem {
        Problem {
            command: command(self.input, words, self.secret.namespace.as_deref()),
            ..problem
        }
    }

    /// `link` for the accounts that need it: those that have the secret, else those that run images of the registry; for
    /// pushes where only builds use it.
    fn link(&self, registry: &str, words: &[&str], problem: Problem) -> Problem {
        let images = self
            .inventory
            .registries
            .iter()
            .filter(|row| row.name == registry);
        let uses: Vec<&Use> = images
            .flat_map(|row| &row.images)
            .flat_map(|image| &image.uses)
            .filter(|one| Some(&one.by.namespace) == self.secret.namespace.as_ref())
            .collect();
        let running = uses.iter().filter(|one| one.role == Role::Runs);
        let holding = self.secret.accounts.iter().filter(|account| account.pull);
        let mut accounts: BTreeSet<&str> = holding.map(|account| account.name.as_str()).collect();
        if accounts.is_empty() {
            accounts.extend(running.filter_map(|one| one.account.as_deref()));
        }
        let mut command = vec!["link", registry];
        command.extend(words);
        let mut usual = "default";
        if accounts.is_empty() {
            accounts.extend(uses.iter().filter_map(|one| one.account.as_deref()));
            if !accounts.is_empty() {
                command.extend(["--for", "push"]);
                usual = "builder";
            }
        }
        // What `link` does without being told.
        if accounts.len() == 1 {
            accounts.remove(usual);
        }
        for account in accounts {
            command.extend(["-z", account]);
        }
        self.mended(&command, problem)
    }

    fn content(&self, problems: &mut Vec<Problem>) {
        let secret = self.secret;
        if let Some(fault) = &secret.fault {
            problems.push(self.problem("secret-malformed", Severity::Broken, fault.clone()));
        }
        if secret.wrong_type && !secret.entries.is_empty() {
            // Tools that mount an Opaque secret read whatever they like; for pulls it is of the wrong type.
            let linked = !secret.accounts.is_empty();
            let problem = self.problem(
                "secret-wrong-type",
                if linked {
                    Severity::Broken
                } else {
                    Severity::Warning
                },
                format!(
                    "its type {} is not read for pulls, though it holds credentials",
                    sanitize_line(&secret.type_name, 60)
                ),
            );
            let first = secret
                .entries
                .iter()
                .flat_map(|entry| &entry.registries)
                .next();
            problems.push(match first.filter(|_| secret.entries.len() == 1) {
                Some(registry) => self.link(registry, &["--from-secret", &secret.name], problem),
                None => problem,
            });
        } else if secret.wrong_type && secret.is_linked() && !secret.accounts.is_empty() {
            problems.push(self.problem(
                "secret-wrong-type",
                Severity::Broken,
                format!(
                    "it is linked for pulls, and of the type {}",
                    sanitize_line(&secret.type_name, 60)
                ),
            ));
        }
        for entry in &secret.entries {
            let Some(fault) = &entry.fault else { continue };
            let rest = if entry.breaks_all {
                ", which makes the kubelet give up on every secret of a pod"
            } else {
                ""
            };
            problems.push(self.problem(
                "secret-malformed",
                Severity::Broken,
                format!("its entry {:?} cannot be used: {fault}{rest}", entry.key),
            ));
        }
    }

    fn end(&self, entry: &Entry, problems: &mut Vec<Problem>) {
        let Some(end) = entry.expires else { return };
        let now = self.input.now;
        let (id, severity, word) = if end <= now {
            ("secret-expired", Severity::Broken, "ended")
        } else if now.checked_add(SOON).is_ok_and(|soon| end <= soon) {
            ("secret-expiring", Severity::Warning, "ends")
        } else {
            return;
        };
        let summary = format!(
            "the login under its key {:?} {word} on {}",
            entry.key,
            end.strftime("%Y-%m-%d %H:%M UTC")
        );
        let problem = self.problem(id, severity, summary);
        let registry = entry.registries.iter().next();
        problems.push(match (registry, entry.user.as_deref()) {
            (Some(registry), Some(user)) if !user.is_empty() && self.secret.namespace.is_some() => {
                // `link` does not overwrite what others made.
                let named = ["--name", &self.secret.name, "--registry-username", user];
                let words = if self.secret.ours {
                    &named[..]
                } else {
                    &named[2..]
                };
                self.link(registry, words, problem)
            }
            _ => problem,
        });
    }

    /// A key that serves no image here and was meant for one that nothing else serves.
    fn key(&self, entry: &Entry, problems: &mut Vec<Problem>) {
        let Some((name, miss)) = &entry.matched.kubelet.near else {
            return;
        };
        let served = self.inventory.secrets.iter().any(|other| {
            (other.namespace == self.secret.namespace || other.namespace.is_none())
                && !other.wrong_type
                && other
                    .entries
                    .iter()
                    .any(|entry| keyring::key_matches(&entry.key, name))
        });
        if served || entry.matched.containers_image.images > 0 && !self.is_for_pods() {
            return;
        }
        let problem = self.problem(
            "secret-key-mismatch",
            // A key that serves images may be meant for no other.
            if entry.matched.kubelet.images == 0 {
                Severity::Broken
            } else {
                Severity::Warning
            },
            format!("its key {:?} does not match {name}: {miss}", entry.key),
        );
        let registry = auth_file::registry_of(name);
        problems.push(if self.secret.namespace.is_some() {
            self.link(registry, &["--from-secret", &self.secret.name], problem)
        } else {
            problem
        });
    }

    fn is_for_pods(&self) -> bool {
        self.secret.accounts.iter().any(|account| account.pull)
    }

    /// Linked to nothing, or linked and needed by nothing.
    fn use_of(&self, problems: &mut Vec<Problem>) {
        let secret = self.secret;
        if secret.namespace.is_none() || secret.entries.is_empty() {
            return;
        }
        let images: usize = secret
            .entries
            .iter()
            .map(|entry| entry.matched.kubelet.images)
            .sum();
        let by = self.by();
        match (secret.is_linked(), images > 0) {
            (false, true) => {
                if self.serves_an_import() {
                    return;
                }
                let entry = secret
                    .entries
                    .iter()
                    .find(|entry| entry.matched.kubelet.images > 0);
                let registry = entry.and_then(|entry| entry.registries.iter().next());
                let problem = self.problem(
                    "secret-not-linked",
                    Severity::Warning,
                    "it is for images in use here, and no account or workload has it".to_owned(),
                );
                problems.push(match registry {
                    Some(registry) => self.link(registry, &["--secret", &secret.name], problem),
                    None => problem,
                });
            }
            (false, false) => {
                let problem = self.problem(
                    "secret-unused",
                    Severity::Unused,
                    "nothing names it, and no image here is of its registry".to_owned(),
                );
                problems.push(self.mended(&["unlink", &by.name], problem));
            }
            // Tools that read it from a volume need no image of it.
            (true, false) if secret.named_by.is_empty() => {
                let accounts: Vec<&str> = secret
                    .accounts
                    .iter()
                    .map(|account| account.name.as_str())
                    .collect();
                let problem = self.problem(
                    "secret-unused",
                    Severity::Unused,
                    format!(
                        "{} has it, and no image here is of its registry",
                        accounts.join(", ")
                    ),
                );
                problems.push(self.mended(&["unlink", &by.name], problem));
            }
            (true, _) => {}
        }
    }

    /// Imports use every secret of the namespace that does not opt out, linked or not.
    fn serves_an_import(&self) -> bool {
        let images = self.inventory.registries.iter().flat_map(|row| &row.images);
        let imported = images.filter(|image| {
            image.uses.iter().any(|one| {
                one.role == Role::Imports
                    && Some(&one.by.namespace) == self.secret.namespace.as_ref()
            })
        });
        !self.secret.excluded_from_import
            && imported.into_iter().any(|image| {
                let name = image.reference.name();
                let mut entries = self.secret.entries.iter();
                entries.any(|entry| keyring::key_matches(&entry.key, &name))
            })
    }
}

fn double(input: &Input<'_>, inventory: &Inventory, duplicates: &[Duplicate]) -> Vec<Problem> {
    let at = |place: SecretRef| {
        let secret = inventory.secrets.get(place.secret)?;
        Some((secret, secret.entries.get(place.entry)?))
    };
    let mut problems = Vec::new();
    for duplicate in duplicates {
        let (Some((first, _)), Some((second, entry))) = (at(duplicate.first), at(duplicate.second))
        else {
            continue;
        };
        let about = About {
            input,
            inventory,
            secret: second,
        };
        let user = entry.user.as_deref().unwrap_or("the same user");
        let place = &entry.scope;
        let summary = match (
            duplicate.first.secret == duplicate.second.secret,
            duplicate.same,
        ) {
            (true, _) => {
                format!("it has two entries for {user} at {place}, with different passwords")
            }
            (false, true) => format!(
                "it holds the login of {user} at {place} that secret/{} holds too",
                first.name
            ),
            (false, false) => format!(
                "its password of {user} at {place} is not the one in secret/{}; imports and build pushes use the first that matches",
                first.name
            ),
        };
        let severity = if duplicate.same {
            Severity::Unused
        } else {
            Severity::Warning
        };
        let problem = about.problem("secret-duplicate", severity, summary);
        problems.push(if duplicate.same && second.namespace.is_some() {
            about.mended(&["unlink", &second.name], problem)
        } else {
            problem
        });
    }
    problems
}

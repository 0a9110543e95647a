//! Secrets that an object names itself: missing, or without an entry for the image that they are named for.

use std::collections::BTreeSet;

use super::{Problem, Role, Severity, about};
use crate::inventory::types::{Entry, Inventory};
use crate::inventory::{Input, holders};
use crate::model::sanitize::sanitize_line;
use crate::model::{auth_file, keyring};

/// Secrets that are named and not there.
pub(super) fn missing(input: &Input<'_>) -> Vec<Problem> {
    let absent: BTreeSet<(&str, &str)> = input
        .absent_secrets
        .iter()
        .map(|(namespace, name)| (namespace.as_str(), name.as_str()))
        .collect();
    let mut problems = Vec::new();
    for (by, secret) in holders::wanted(input.view) {
        if absent.contains(&(by.namespace.as_str(), secret.as_str())) {
            problems.push(Problem {
                summary: format!(
                    "it names the secret {:?}, which does not exist",
                    sanitize_line(&secret, 100)
                ),
                ..about(input, &by, "secret-missing", Severity::Broken)
            });
        }
    }
    problems
}

/// Builds use the secret that they name and no other: push by the kubelet's matcher, pull by containers/image's.
pub(super) fn builds(input: &Input<'_>, inventory: &Inventory) -> Vec<Problem> {
    let mut problems = Vec::new();
    for row in &inventory.registries {
        for image in &row.images {
            let name = image.reference.name();
            for one in image.uses.iter().filter(|one| one.role != Role::Runs) {
                for wanted in &one.secrets {
                    let found = inventory.secrets.iter().find(|secret| {
                        secret.name == *wanted
                            && secret.namespace.as_ref() == Some(&one.by.namespace)
                    });
                    let Some(secret) = found.filter(|secret| secret.fault.is_none()) else {
                        continue;
                    };
                    let serves = |entry: &Entry| match one.role {
                        Role::Pushes => keyring::key_matches(&entry.key, &name),
                        _ => auth_file::key_matches(&entry.key, &name),
                    };
                    if secret.entries.iter().any(serves) {
                        continue;
                    }
                    let what = if one.role == Role::Pushes {
                        "pushes with"
                    } else {
                        "pulls with"
                    };
                    problems.push(Problem {
                        registry: Some(row.name.clone()),
                        summary: format!(
                            "it {what} the secret {wanted:?}, which has no entry for {name}"
                        ),
                        ..about(input, &one.by, "secret-key-mismatch", Severity::Broken)
                    });
                }
            }
        }
    }
    problems
}

//! CA bundles: malformed, at their end, under a key that serves nobody, or not there.

use jiff::{SignedDuration, Timestamp};

use super::{LONGEST, command};
use crate::inventory::Input;
use crate::inventory::trust::{BUNDLE_KEY, until};
use crate::inventory::types::{Inventory, Problem, Severity};
use crate::model::pem;
use crate::model::policy::{KeyMiss, trusted_ca};
use crate::model::sanitize::sanitize_line;
use crate::model::view::{ConfigMapData, Missing};

/// A certificate that ends this soon is worth a word.
const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Defects of one bundle that are listed.
const MOST: usize = 5;

pub(super) fn find(input: &Input<'_>, inventory: &Inventory) -> Vec<Problem> {
    let mut problems = Vec::new();
    let config = input.config;
    match &config.registry_cas {
        Ok(Some(map)) => {
            for (key, text) in &map.data {
                bundle(input, map, key, text, inventory, &mut problems);
            }
            keys(input, map, inventory, &mut problems);
        }
        Err(Missing::Failed(words)) if matches!(config.image_config, Ok(Some(_))) => {
            problems.push(absent(
                input,
                "image.config.openshift.io/cluster",
                words,
                inventory,
            ));
        }
        _ => {}
    }
    match &config.proxy_ca {
        Ok(Some(map)) => match map.data.get(BUNDLE_KEY) {
            Some(text) => bundle(input, map, BUNDLE_KEY, text, inventory, &mut problems),
            None => {
                let words = format!("its bundle has no key {BUNDLE_KEY}");
                problems.push(absent(
                    input,
                    "proxy.config.openshift.io/cluster",
                    &words,
                    inventory,
                ));
            }
        },
        Err(Missing::Failed(words)) if matches!(config.proxy, Ok(Some(_))) => {
            problems.push(absent(
                input,
                "proxy.config.openshift.io/cluster",
                words,
                inventory,
            ));
        }
        _ => {}
    }
    problems
}

/// A problem of the trusted certificates; `doctor` looks at an image that they matter to.
fn problem(
    input: &Input<'_>,
    inventory: &Inventory,
    object: String,
    id: &'static str,
    registry: Option<&str>,
) -> Problem {
    let rows = inventory.registries.iter().filter(|row| !row.internal);
    let image = rows
        .filter(|row| registry.is_none_or(|name| row.name == name))
        .flat_map(|row| &row.images)
        .next();
    let command = match image {
        Some(image) => {
            let namespace = image.uses.first().map(|one| one.by.namespace.as_str());
            command(input, &["doctor", &image.reference.to_string()], namespace)
        }
        None => command(input, &["explain", "tls.unknown-ca"], None),
    };
    Problem {
        severity: Severity::Broken,
        namespace: None,
        object,
        id,
        registry: registry.map(str::to_owned),
        summary: String::new(),
        command,
    }
}

fn absent(input: &Input<'_>, object: &str, words: &str, inventory: &Inventory) -> Problem {
    Problem {
        summary: sanitize_line(words, LONGEST),
        ..problem(input, inventory, object.to_owned(), "ca-missing", None)
    }
}

fn bundle(
    input: &Input<'_>,
    map: &ConfigMapData,
    key: &str,
    text: &str,
    inventory: &Inventory,
    problems: &mut Vec<Problem>,
) {
    let object = format!("configmap/{}", map.name);
    let served = key.replace("..", ":");
    let registry = inventory.registries.iter().find(|row| row.name == served);
    let registry = registry.map(|row| row.name.as_str());
    let base = |id| Problem {
        namespace: Some(map.namespace.clone()),
        ..problem(input, inventory, object.clone(), id, registry)
    };
    let parsed = pem::parse(text.as_bytes());
    for defect in parsed.defects.iter().take(MOST) {
        problems.push(Problem {
            summary: sanitize_line(&format!("its key {key:?}, {defect}"), LONGEST + 80),
            ..base("ca-malformed")
        });
    }
    let Some(until) = until(&parsed) else { return };
    let day = until.strftime("%Y-%m-%d");
    if until <= input.now {
        // One certificate of a bundle that has ended is no fault of the others.
        let all = parsed.certificates.iter().all(|found| {
            found
                .certificate
                .not_after
                .is_some_and(|end| end <= input.now)
        });
        problems.push(Problem {
            severity: if all {
                Severity::Broken
            } else {
                Severity::Warning
            },
            summary: format!("a certificate under its key {key:?} ended on {day}"),
            ..base("ca-expired")
        });
    } else if is_soon(until, input.now) {
        problems.push(Problem {
            severity: Severity::Warning,
            summary: format!("a certificate under its key {key:?} ends on {day}"),
            ..base("ca-expiring")
        });
    }
}

fn is_soon(until: Timestamp, now: Timestamp) -> bool {
    now.checked_add(SOON).is_ok_and(|soon| until <= soon)
}

/// Keys that were meant for a registry in use and do not serve it.
fn keys(
    input: &Input<'_>,
    map: &ConfigMapData,
    inventory: &Inventory,
    problems: &mut Vec<Problem>,
) {
    for row in inventory.registries.iter().filter(|row| !row.internal) {
        let found = trusted_ca(map.data.keys().map(String::as_str), &row.name);
        for (key, miss) in found.near {
            // It serves another registry that is in use.
            let serves = inventory
                .registries
                .iter()
                .any(|other| other.name == key.replace("..", ":"));
            if serves {
                continue;
            }
            let why = match miss {
                KeyMiss::Port => "the port differs",
                KeyMiss::Separator => "the port is written with two dots",
                KeyMiss::Case => "upper and lower case differ",
            };
            problems.push(Problem {
                namespace: Some(map.namespace.clone()),
                severity: Severity::Warning,
                summary: sanitize_line(
                    &format!("its key {key:?} does not serve {}: {why}", row.name),
                    LONGEST + 80,
                ),
                ..problem(
                    input,
                    inventory,
                    format!("configmap/{}", map.name),
                    "ca-key-mismatch",
                    Some(&row.name),
                )
            });
        }
    }
}

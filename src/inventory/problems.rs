//! What is broken, at its end, double or of no use, each with the command that looks closer or mends it.
//!
//! Where something was not read, or was chosen by labels, nothing is called missing or unused.

mod certificates;
mod named;
mod secrets;

use std::collections::{BTreeMap, BTreeSet};

use super::Input;
use super::credentials::Duplicate;
use super::types::{By, Inventory, Problem, Registry, Role, Severity};
use crate::model::sanitize::sanitize_line;

/// The longest foreign text in a sentence.
const LONGEST: usize = 160;

/// All problems, the gravest first, each once.
pub(super) fn find(
    input: &Input<'_>,
    inventory: &Inventory,
    faults: &[(By, String)],
    duplicates: &[Duplicate],
) -> Vec<Problem> {
    let mut problems: BTreeSet<Problem> = BTreeSet::new();
    for (by, words) in faults {
        let mut problem = about(input, by, "image-invalid", Severity::Broken);
        problem.summary = sanitize_line(words, LONGEST);
        problems.insert(problem);
    }
    for registry in &inventory.registries {
        problems.extend(waiting(input, registry));
        problems.extend(imports(input, registry));
        problems.extend(lists(input, registry));
    }
    problems.extend(secrets::find(input, inventory, duplicates));
    problems.extend(named::missing(input));
    problems.extend(named::builds(input, inventory));
    problems.extend(certificates::find(input, inventory));
    problems.into_iter().collect()
}

/// A problem of an object, with `doctor` for it.
fn about(input: &Input<'_>, by: &By, id: &'static str, severity: Severity) -> Problem {
    let object = by.to_string();
    Problem {
        severity,
        namespace: Some(by.namespace.clone()),
        id,
        registry: None,
        summary: String::new(),
        command: command(input, &["doctor", &object], Some(&by.namespace)),
        object,
    }
}

/// The tool's own command line.
fn command(input: &Input<'_>, words: &[&str], namespace: Option<&str>) -> Vec<String> {
    let program = input.program.split(' ');
    let namespace = namespace.into_iter().flat_map(|name| ["-n", name]);
    program
        .chain(words.iter().copied())
        .chain(namespace)
        .map(str::to_owned)
        .collect()
}

fn waiting(input: &Input<'_>, registry: &Registry) -> Vec<Problem> {
    let mut pods: BTreeMap<&By, usize> = BTreeMap::new();
    let uses = registry.images.iter().flat_map(|image| &image.uses);
    // Reached through a stream it is the cluster's own registry that does not give the image; its row says so.
    for one in uses.filter(|one| one.waiting > 0 && one.via.is_none()) {
        let count = pods.entry(&one.by).or_default();
        *count = (*count).max(one.waiting);
    }
    pods.into_iter()
        .map(|(by, count)| {
            let mut problem = about(input, by, "image-waiting", Severity::Broken);
            problem.registry = Some(registry.name.clone());
            problem.summary = if count == 1 {
                format!("a pod waits for an image of {}", registry.name)
            } else {
                format!("{count} pods wait for an image of {}", registry.name)
            };
            problem
        })
        .collect()
}

fn imports(input: &Input<'_>, registry: &Registry) -> Vec<Problem> {
    let mut problems = Vec::new();
    for image in &registry.images {
        for one in &image.uses {
            let Some((reason, message)) = &one.failed else {
                continue;
            };
            let mut problem = about(input, &one.by, "import-failed", Severity::Broken);
            problem.registry = Some(registry.name.clone());
            let words = if message.is_empty() { reason } else { message };
            problem.summary = format!(
                "the import of {} failed: {}",
                image.reference,
                sanitize_line(words, LONGEST)
            );
            problems.push(problem);
        }
    }
    problems
}

/// Registries that are in use and that a list of `image.config` keeps out.
fn lists(input: &Input<'_>, registry: &Registry) -> Vec<Problem> {
    let Some(image) = registry.images.first() else {
        return Vec::new();
    };
    let policy = &registry.policy;
    let mut problems = Vec::new();
    let mut add = |id, summary: String, roles: &[Role]| {
        let of_role = |image: &&super::Image| {
            image
                .uses
                .iter()
                .any(|one| roles.is_empty() || roles.contains(&one.role))
        };
        let image = registry.images.iter().find(of_role).unwrap_or(image);
        let namespace = image.uses.first().map(|one| one.by.namespace.as_str());
        let reference = image.reference.to_string();
        problems.push(Problem {
            severity: Severity::Broken,
            namespace: None,
            object: "image.config.openshift.io/cluster".to_owned(),
            id,
            registry: Some(registry.name.clone()),
            summary,
            command: command(input, &["doctor", &reference], namespace),
        });
    };
    let name = &registry.name;
    if let Some(entry) = &policy.blocked {
        add(
            "registry-blocked",
            format!(
                "its blockedRegistries keep {name} out, by {:?}",
                sanitize_line(entry, 100)
            ),
            &[],
        );
    }
    if policy.not_allowed {
        add(
            "registry-not-allowed",
            format!("its allowedRegistries leave {name} out"),
            &[Role::Runs, Role::BuildsFrom, Role::Copies, Role::Pushes],
        );
    }
    if policy.import_refused {
        add(
            "import-not-allowed",
            format!("its allowedRegistriesForImport leave {name} out"),
            &[Role::Imports],
        );
    }
    problems
}

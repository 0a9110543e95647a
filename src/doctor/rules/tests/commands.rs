//! Every cause for every consumer: there is something to do about it, and what is a command of this tool is one that it takes.

use clap::Parser as _;

use super::cluster::{Who, world};
use super::kit::*;
use super::remedies::{field, of_workload, own};
use crate::doctor::causes::Cause;
use crate::doctor::evidence::{ListOrigin, Role};
use crate::model::kinds;

/// Where the consumer's list comes from, as far as that changes what helps.
fn lists(who: Who) -> Vec<Option<ListOrigin>> {
    match who {
        Who::Pod => vec![None, Some(own()), Some(ListOrigin::Static)],
        Who::BuildPull => vec![
            None,
            Some(field("pullSecret")),
            Some(field("pullSecret in source.images")),
        ],
        Who::BuildPush => vec![None, Some(field("pushSecret"))],
        Who::Account | Who::Import => vec![None],
    }
}

#[test]
fn every_cause_but_the_unknown_has_a_remedy_for_every_consumer() {
    let who = [
        Who::Account,
        Who::Pod,
        Who::Import,
        Who::BuildPull,
        Who::BuildPush,
    ];
    for who in who {
        for origin in lists(who) {
            for kind in [None, Some(kinds::DEPLOYMENT), Some(kinds::JOB)] {
                let mut world = world(who).delivered(None).untried("team", Role::Used);
                if let Some(origin) = &origin {
                    world = world.wired(origin.clone(), &["x"]);
                }
                if let Some(kind) = kind.filter(|_| matches!(who, Who::Pod | Who::Account)) {
                    world = of_workload(world, kind);
                }
                for openshift in [true, false] {
                    world.setting.openshift = openshift;
                    for &cause in Cause::ALL.iter().filter(|cause| !cause.is_open()) {
                        runs(
                            &world,
                            cause,
                            &format!("{cause} for {who:?} with {origin:?}"),
                        );
                    }
                }
            }
        }
    }
}

/// There are remedies, and what is a command of this tool is one that it takes.
#[track_caller]
fn runs(world: &World, cause: Cause, what: &str) {
    let evidence = crate::doctor::evidence::EvidenceSet::new(world.evidence());
    let case = crate::doctor::rules::Case::new(&world.subject, &evidence);
    let secret = ("shop".to_owned(), "team-pull".to_owned());
    let finding = crate::doctor::finding::Finding::certain(cause, vec![0], "x")
        .secret(Some(&secret))
        .image(Some("registry.example.com/other:2".to_owned()));
    let remedies = crate::doctor::remedies::remedies(&case, &finding, &world.setting);
    assert!(!remedies.is_empty(), "{what}");
    for command in remedies.iter().flat_map(|remedy| &remedy.commands) {
        assert!(
            command.iter().all(|word| !word.is_empty()),
            "{what}: {command:?}"
        );
        if command.get(1).is_some_and(|word| word == "extreg") {
            let parsed = crate::cli::Cli::try_parse_from(&command[1..]);
            assert!(
                parsed.is_ok(),
                "{what}: {}\n{}",
                command.join(" "),
                parsed
                    .err()
                    .map(|error| error.to_string())
                    .unwrap_or_default()
            );
        }
    }
}

//! Every cause has a scenario with its twin, or stands here with the reason why it has none.

use std::collections::BTreeSet;

use extreg::doctor::causes::Cause;

use crate::kit::{Entry, Scenario};

/// The tables of this folder, by file.
const TABLES: &[(&str, &[Entry])] = &[
    ("builds", crate::builds::SCENARIOS),
    ("cluster", crate::cluster::SCENARIOS),
    ("content", crate::content::SCENARIOS),
    ("dialects", crate::dialects::SCENARIOS),
    ("files", crate::files::SCENARIOS),
    ("location", crate::location::SCENARIOS),
    ("network", crate::network::SCENARIOS),
    ("openshift", crate::openshift::SCENARIOS),
    ("practice", crate::practice::SCENARIOS),
    ("real", crate::real::SCENARIOS),
    ("registries", crate::registries::SCENARIOS),
    ("targets", crate::targets::SCENARIOS),
    ("tls", crate::tls::SCENARIOS),
];

/// What an image by itself cannot show, and what it would take. A cause leaves the list with its first scenario.
const WITHOUT: &[(Cause, &str)] = &[(
    Cause::Unknown,
    "evidence that no rule knows: no answer of a registry is left to give it, so the rules' own tests make it up",
)];

fn all() -> impl Iterator<Item = (String, Scenario)> {
    TABLES.iter().flat_map(|(file, table)| {
        table
            .iter()
            .map(move |(name, scenario)| (format!("{file}::{name}"), scenario()))
    })
}

#[test]
fn every_cause_has_a_scenario_or_a_reason_why_not() {
    let shown: BTreeSet<Cause> = all().map(|(_, scenario)| scenario.cause()).collect();
    let listed: BTreeSet<Cause> = WITHOUT.iter().map(|(cause, _)| *cause).collect();
    for cause in Cause::ALL {
        assert!(
            shown.contains(cause) || listed.contains(cause),
            "{cause} has no scenario"
        );
        assert!(
            !(shown.contains(cause) && listed.contains(cause)),
            "{cause} has a scenario by now: take it off the list"
        );
    }
    assert_eq!(listed.len(), WITHOUT.len(), "a cause is listed twice");
}

#[test]
fn a_real_registry_shows_what_it_can() {
    let real: BTreeSet<Cause> = all()
        .filter(|(_, scenario)| scenario.is_real())
        .map(|(_, scenario)| scenario.cause())
        .collect();
    assert!(real.contains(&Cause::NoCredentials), "{real:?}");
}

/// Every file with a table is walked: one that is left out would be believed to be covered.
#[test]
fn no_table_is_left_out() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios");
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.is_file()
                && std::fs::read_to_string(path)
                    .is_ok_and(|text| text.lines().any(|line| line == "scenarios!["))
        })
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    found.sort();
    let walked: Vec<&str> = TABLES.iter().map(|(file, _)| *file).collect();
    assert_eq!(found, walked);
}

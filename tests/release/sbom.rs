//! `release/sbom`: that it is CycloneDX, and that it lists what is in the program, all of it and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use extreg_test_support::process::{Cmd, Sandbox};
use serde_json::Value;

use super::{PROGRAM, VERSION, project, script};

fn sbom(target: &str) -> Value {
    let output = script("sbom", &Arc::new(Sandbox::new()))
        .arg(target)
        .run()
        .success();
    serde_json::from_str(&output.stdout).expect("JSON")
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field]
        .as_str()
        .unwrap_or_else(|| panic!("no {field} in {value}"))
}

/// The crates of Cargo.lock: name and version, with the checksum of those from a registry and the names of what they need.
fn lock() -> BTreeMap<(String, String), (Option<String>, Vec<String>)> {
    let text = std::fs::read_to_string(project("Cargo.lock")).expect("the lockfile");
    let lock: toml_edit::DocumentMut = text.parse().expect("TOML");
    let field = |crate_: &toml_edit::Table, name: &str| {
        crate_
            .get(name)
            .and_then(toml_edit::Item::as_str)
            .map(str::to_owned)
    };
    let crates = lock["package"].as_array_of_tables().expect("crates");
    crates
        .iter()
        .map(|one| {
            let needs = one.get("dependencies").and_then(toml_edit::Item::as_array);
            let needs = needs
                .into_iter()
                .flatten()
                .filter_map(|need| need.as_str()?.split(' ').next().map(str::to_owned))
                .collect();
            let key = (
                field(one, "name").expect("a name"),
                field(one, "version").expect("a version"),
            );
            (key, (field(one, "checksum"), needs))
        })
        .collect()
}

#[test]
fn the_list_is_cyclonedx() {
    let sbom = sbom("x86_64-unknown-linux-musl");
    // The specification's schema, bom-1.5: what it requires, of what is used of it.
    assert_eq!(sbom["bomFormat"], "CycloneDX");
    assert_eq!(sbom["specVersion"], "1.5");
    assert_eq!(sbom["version"], 1);
    assert_eq!(sbom["metadata"]["timestamp"], "2023-11-14T22:13:20Z");
    let program = &sbom["metadata"]["component"];
    assert_eq!(program["type"], "application");
    assert_eq!(program["name"], "kubectl-extreg");
    assert_eq!(program["version"], VERSION);
    assert_eq!(
        sbom["metadata"]["properties"][0]["value"],
        "x86_64-unknown-linux-musl"
    );
    let mut references = BTreeSet::from([text(program, "bom-ref")]);
    for component in sbom["components"].as_array().expect("components") {
        assert_eq!(component["type"], "library");
        let purl = format!(
            "pkg:cargo/{}@{}",
            text(component, "name"),
            text(component, "version")
        );
        assert_eq!(component["purl"], purl);
        // Unique in the document.
        assert!(references.insert(text(component, "bom-ref")), "{component}");
        // One expression of SPDX, which has no slash.
        let licences = component["licenses"].as_array().expect("licences");
        assert_eq!(licences.len(), 1, "{component}");
        let licence = text(&licences[0], "expression");
        assert!(!licence.is_empty() && !licence.contains('/'), "{licence}");
        let hash = &component["hashes"][0];
        assert_eq!(hash["alg"], "SHA-256");
        assert_eq!(text(hash, "content").len(), 64);
    }
    // Every one says what it needs, once, and that is in the list.
    let mut graph = BTreeSet::new();
    for entry in sbom["dependencies"].as_array().expect("dependencies") {
        assert!(graph.insert(text(entry, "ref")), "{entry}");
        for need in entry["dependsOn"].as_array().expect("what it needs") {
            assert!(
                references.contains(need.as_str().expect("a name")),
                "{need}"
            );
        }
    }
    assert_eq!(graph, references);
}

#[test]
fn the_list_has_what_is_linked_and_nothing_else() {
    let sbom = sbom("x86_64-unknown-linux-gnu");
    let lock = lock();
    let mut listed = BTreeSet::new();
    for component in sbom["components"].as_array().expect("components") {
        let key = (
            text(component, "name").to_owned(),
            text(component, "version").to_owned(),
        );
        let (checksum, _) = lock
            .get(&key)
            .unwrap_or_else(|| panic!("{key:?} is not in the lockfile"));
        assert_eq!(
            checksum.as_deref(),
            component["hashes"][0]["content"].as_str(),
            "{key:?}"
        );
        listed.insert(key);
    }
    let names: BTreeSet<&str> = listed.iter().map(|(name, _)| name.as_str()).collect();

    // All that the program itself asks for.
    let manifest = std::fs::read_to_string(project("Cargo.toml")).expect("the manifest");
    let manifest: toml_edit::DocumentMut = manifest.parse().expect("TOML");
    for (name, item) in manifest["dependencies"].as_table().expect("a table") {
        let package = item.get("package").and_then(toml_edit::Item::as_str);
        let name = package.unwrap_or(name);
        assert!(names.contains(name), "{name} is not listed");
    }
    // The code of the crates that were compiled into this very program says where it comes from, wherever it may panic.
    let compiled = compiled_crates();
    assert!(compiled.len() > 50, "{compiled:?}");
    for (name, version) in &compiled {
        let key = (name.clone(), version.clone());
        assert!(listed.contains(&key), "{name} {version} is not listed");
    }
    // What tests it, what builds it, and what runs in the compiler.
    for name in [
        "insta",
        "proptest",
        "clap_mangen",
        "extreg-test-support",
        "cc",
        "cmake",
        "serde_derive",
        "clap_derive",
        "syn",
    ] {
        assert!(
            lock.keys().any(|(other, _)| other == name),
            "{name} is no crate of this project"
        );
        assert!(!names.contains(name), "{name} is listed");
    }
    // What is needed only elsewhere.
    assert!(
        names
            .iter()
            .all(|name| !name.starts_with("windows") && *name != "security-framework"),
        "{names:?}"
    );
    // Each edge is one of the lockfile's.
    let name_of = |purl: &str| {
        let (name, version) = purl
            .strip_prefix("pkg:cargo/")
            .and_then(|rest| rest.split_once('@'))
            .expect("a purl");
        (name.to_owned(), version.to_owned())
    };
    for entry in sbom["dependencies"].as_array().expect("dependencies") {
        let (_, needs) = &lock[&name_of(text(entry, "ref"))];
        for need in entry["dependsOn"].as_array().expect("what it needs") {
            let (need, _) = name_of(need.as_str().expect("a name"));
            assert!(needs.contains(&need), "{entry}");
        }
    }
}

/// Names and versions of crates from a registry whose paths stand in the program: `/registry/src/INDEX/NAME-VERSION/`.
fn compiled_crates() -> BTreeSet<(String, String)> {
    let paths = Cmd::new("grep")
        .args([
            "-aoE",
            "/registry/src/[^/]+/[A-Za-z0-9_-]+-[0-9]+\\.[A-Za-z0-9.+-]*/",
        ])
        .arg(PROGRAM)
        .run()
        .success()
        .stdout;
    let crates = paths.lines().map(|path| {
        let folder = path.trim_end_matches('/').rsplit('/').next();
        let folder = folder.expect("a folder");
        let is_version = |rest: &str| {
            rest.split_once('.')
                .is_some_and(|(major, _)| major.parse::<u32>().is_ok())
        };
        let at = folder
            .match_indices('-')
            .map(|(at, _)| at)
            .find(|at| is_version(&folder[at + 1..]))
            .expect("a version");
        (folder[..at].to_owned(), folder[at + 1..].to_owned())
    });
    crates.collect()
}

#[test]
fn the_same_sources_give_the_same_list() {
    let run = || {
        script("sbom", &Arc::new(Sandbox::new()))
            .arg("x86_64-unknown-linux-gnu")
            .run()
            .success()
            .stdout
    };
    assert_eq!(run(), run());
}

//! The workflows: that they build every platform that there are releases for, call scripts that exist, run nothing that can
//! change under its name, and have no more rights than they need.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{krew, project, targets};

fn workflow(name: &str) -> (Value, String) {
    let path = project(".github/workflows").join(name);
    let text = std::fs::read_to_string(path).expect("the workflow");
    (serde_saphyr::from_str(&text).expect("YAML"), text)
}

/// Every step of every job.
fn steps(workflow: &Value) -> Vec<&Value> {
    let jobs = workflow["jobs"].as_object().expect("jobs");
    jobs.values()
        .flat_map(|job| job["steps"].as_array().expect("steps"))
        .collect()
}

#[test]
fn every_platform_is_built() {
    let (release, _) = workflow("release.yml");
    let matrix = &release["jobs"]["build"]["strategy"]["matrix"]["include"];
    let built: BTreeSet<&str> = matrix
        .as_array()
        .expect("a matrix")
        .iter()
        .map(|entry| entry["target"].as_str().expect("a target"))
        .collect();
    let wanted = targets();
    let wanted: BTreeSet<&str> = wanted
        .iter()
        .map(|[_, _, target]| target.as_str())
        .collect();
    assert_eq!(built, wanted);
    // They are those of the manifest, whose own test knows them.
    let manifest = std::fs::read_to_string(project("plugin.yaml")).expect("the manifest");
    assert_eq!(krew::faults(&manifest), Vec::<String>::new());
    for [os, arch, _] in targets() {
        assert!(
            manifest.contains(&format!("-{os}-{arch}.tar.gz")),
            "{os} {arch}"
        );
    }
}

#[test]
fn workflows_call_what_exists() {
    for name in ["ci.yml", "release.yml"] {
        let (workflow, text) = workflow(name);
        let mut scripts = 0;
        for step in steps(&workflow) {
            for word in step["run"]
                .as_str()
                .unwrap_or_default()
                .split([' ', '\n', '(', ')', '"', ';'])
            {
                if ["release/", "krew/", ".ci/"]
                    .iter()
                    .any(|folder| word.starts_with(folder))
                {
                    assert!(project(word).is_file(), "{name}: there is no {word}");
                    scripts += 1;
                }
            }
            // An action by commit, with its version beside it.
            if let Some(uses) = step["uses"].as_str() {
                let (_, commit) = uses.split_once('@').expect("a version");
                assert!(
                    commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
                    "{name}: {uses}"
                );
                assert!(text.contains(&format!("{uses} # v")), "{name}: {uses}");
            }
        }
        assert!(scripts > 0, "{name} calls no script");
    }
}

#[test]
fn rights_are_given_where_they_are_needed() {
    for name in ["ci.yml", "release.yml"] {
        let (workflow, text) = workflow(name);
        assert_eq!(workflow["permissions"], serde_json::json!({}), "{name}");
        for (job, body) in workflow["jobs"].as_object().expect("jobs") {
            for (right, value) in body["permissions"].as_object().expect("rights") {
                if value == "write" {
                    // Only what has been built from a tag is published, and by nobody else.
                    assert_eq!(name, "release.yml", "{job}: {right}");
                    assert!(
                        body["if"]
                            .as_str()
                            .is_some_and(|when| when.contains("refs/tags/v")),
                        "{job} may write, and runs without a tag"
                    );
                }
            }
        }
        // What others can name is no part of a script.
        for step in steps(&workflow) {
            let run = step["run"].as_str().unwrap_or_default();
            assert!(!run.contains("${{"), "{name}: {run}");
            // A branch is whatever somebody pushes to it.
            for (_, version) in run
                .lines()
                .filter_map(|line| line.split_once("go install "))
                .filter_map(|(_, what)| what.split_once('@'))
            {
                let is_one = version.starts_with('v') && version.contains('.');
                assert!(is_one, "{name}: {run}");
            }
        }
        for (job, body) in workflow["jobs"].as_object().expect("jobs") {
            assert!(body["timeout-minutes"].is_u64(), "{name}: {job} has no end");
        }
        assert_eq!(
            text.matches("actions/checkout@").count(),
            text.matches("persist-credentials: false").count(),
            "{name}"
        );
    }
}

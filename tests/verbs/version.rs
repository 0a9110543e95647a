//! `version`, and what is said to words that are almost right.

use std::env::consts::{ARCH, OS};

use extreg_test_support::process::{Cmd, Output};
use serde_json::Value;

fn run(line: &str) -> Output {
    Cmd::new(env!("CARGO_BIN_EXE_kubectl-extreg"))
        .args(line.split(' '))
        .run()
}

#[test]
fn programs_are_told_what_this_build_is() {
    let json: Value = serde_json::from_str(&run("version -o json").success().stdout).expect("JSON");
    assert_eq!(json["name"], "kubectl-extreg");
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    let target = json["target"].as_str().expect("a triple");
    let system = if OS == "macos" { "darwin" } else { OS };
    assert!(
        target.starts_with(&format!("{ARCH}-")) && target.contains(system),
        "{target}"
    );
    assert!(json["features"].is_array());
    // Only a release's build knows it.
    let commit = option_env!("EXTREG_GIT_COMMIT").filter(|commit| !commit.is_empty());
    assert_eq!(json["gitCommit"].as_str(), commit);
    let yaml: Value =
        serde_saphyr::from_str(&run("version -o yaml").success().stdout).expect("YAML");
    assert_eq!(yaml, json);
}

#[test]
fn near_misses_are_suggested() {
    for (line, meant) in [
        ("doctr", "doctor"),
        ("lnik quay.io", "link"),
        ("completions", "completion"),
        ("link quay.io --registry-conf x", "--registry-config"),
        ("status -o jsno", "json"),
        ("completion bsh", "bash"),
    ] {
        let output = run(line).exits(2);
        let tip = output
            .stderr
            .lines()
            .find(|text| text.contains("tip:"))
            .unwrap_or_default();
        assert!(tip.contains(meant), "{line}:\n{}", output.stderr);
    }
}

//! The krew package: the manifest by krew's own rules, and the life of a plugin from its archive.

use std::sync::Arc;
use std::time::Duration;

use extreg_test_support::process::{Cmd, Sandbox};
use serde_json::Value;

use super::{PROGRAM, project};

/// What is wrong with a manifest: krew's `internal/index/validation/validate.go`, and what `cmd/validate-krew-manifest` asks of
/// those in its index.
pub(crate) fn faults(text: &str) -> Vec<String> {
    let manifest: Value = serde_saphyr::from_str(text).expect("YAML");
    let mut faults = Vec::new();
    let mut check = |good: bool, fault: &str| {
        if !good {
            faults.push(fault.to_owned());
        }
    };
    let spec = &manifest["spec"];
    check(
        manifest["apiVersion"] == "krew.googlecontainertools.github.com/v1alpha2",
        "apiVersion",
    );
    check(manifest["kind"] == "Plugin", "kind");
    // The file is called extreg.yaml in the index.
    check(manifest["metadata"]["name"] == "extreg", "name");
    let short = spec["shortDescription"].as_str().unwrap_or_default();
    check(
        !short.is_empty() && !short.contains('\n') && short.len() < 50,
        "shortDescription",
    );
    check(
        !spec["description"].as_str().unwrap_or_default().is_empty(),
        "description",
    );
    check(
        !spec["homepage"].as_str().unwrap_or_default().is_empty(),
        "homepage",
    );
    let version = spec["version"].as_str().unwrap_or_default();
    let numbers = version.strip_prefix('v').unwrap_or_default().split('.');
    check(
        numbers.clone().count() == 3
            && numbers
                .into_iter()
                .all(|number| number.parse::<u32>().is_ok()),
        "version",
    );
    let mut chosen = Vec::new();
    for platform in spec["platforms"].as_array().into_iter().flatten() {
        let labels = &platform["selector"]["matchLabels"];
        let (os, arch) = (
            labels["os"].as_str().unwrap_or_default(),
            labels["arch"].as_str().unwrap_or_default(),
        );
        check(
            labels.as_object().is_some_and(|labels| labels.len() == 2),
            "selector",
        );
        chosen.push(format!("{os}/{arch}"));
        // A sum of digits alone, unquoted, is a number, and no sum.
        let sum = platform["sha256"].as_str().unwrap_or_default();
        check(
            sum.len() == 64
                && sum
                    .bytes()
                    .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
            "sha256",
        );
        let uri = platform["uri"].as_str().unwrap_or_default();
        check(
            uri.ends_with(&format!("/kubectl-extreg-{version}-{os}-{arch}.tar.gz")),
            "uri",
        );
        let program = if os == "windows" {
            "kubectl-extreg.exe"
        } else {
            "kubectl-extreg"
        };
        check(platform["bin"] == program, "bin");
        let files: Vec<&str> = platform["files"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|file| file["to"] == ".")
            .filter_map(|file| file["from"].as_str())
            .collect();
        check(files == [program, "LICENSE"], "files");
    }
    chosen.sort();
    check(
        chosen
            == [
                "darwin/amd64",
                "darwin/arm64",
                "linux/amd64",
                "linux/arm64",
                "windows/amd64",
                "windows/arm64",
            ],
        "platforms",
    );
    faults
}

#[test]
fn the_manifest_is_valid_by_krews_rules() {
    let text = std::fs::read_to_string(project("plugin.yaml")).expect("the manifest");
    assert_eq!(faults(&text), Vec::<String>::new());
    for command in ["completion install", "completion uninstall"] {
        assert!(
            text.contains(&format!("kubectl extreg {command}")),
            "no {command} in the caveats"
        );
    }
    // The rules do find what is wrong.
    let sum = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("sha256: "))
        .expect("a sum");
    let number = "0".repeat(64);
    for (good, bad, fault) in [
        (sum, number.as_str(), "sha256"),
        ("name: extreg", "name: external", "name"),
        ("version: v0", "version: 0", "version"),
        ("arch: arm64", "arch: amd64", "platforms"),
        ("from: LICENSE", "from: README.md", "files"),
    ] {
        let broken = text.replace(good, bad);
        assert_ne!(broken, text, "{good} is not there");
        assert!(
            faults(&broken).iter().any(|it| it == fault),
            "{bad}: {:?}",
            faults(&broken)
        );
    }
}

#[test]
fn the_manifest_of_a_version_has_its_sums() {
    let sandbox = Arc::new(Sandbox::new());
    let program = sandbox.write("program", "a program");
    let pack = |os: &str, arch: &str| {
        Cmd::in_sandbox(project("krew/archive"), sandbox.clone())
            .args(["1.2.3", os, arch])
            .arg(&program)
            .arg("archives")
            .run()
            .success()
            .prints(&format!(
                "archives/kubectl-extreg-v1.2.3-{os}-{arch}.tar.gz\n"
            ));
    };
    let manifest = |more: &[&str]| {
        Cmd::in_sandbox(project("krew/manifest"), sandbox.clone())
            .args(["v1.2.3", "archives"])
            .args(more)
            .run()
    };
    for os in ["darwin", "linux", "windows"] {
        pack(os, "amd64");
    }
    pack("linux", "arm64");
    pack("darwin", "arm64");
    let refused = manifest(&[]);
    assert_ne!(refused.status, Some(0));
    assert_eq!(refused.stdout, "");
    refused.says("there is no kubectl-extreg-v1.2.3-windows-arm64.tar.gz");
    pack("windows", "arm64");
    let made = manifest(&[]).success().stdout;
    assert_eq!(faults(&made), Vec::<String>::new());
    assert!(!made.contains(&"0".repeat(64)), "{made}");
    assert!(
        made.contains("/releases/download/v1.2.3/kubectl-extreg-v1.2.3-linux-amd64.tar.gz"),
        "{made}"
    );
    let sums = Cmd::in_sandbox("sha256sum", sandbox.clone())
        .arg("archives/kubectl-extreg-v1.2.3-linux-arm64.tar.gz")
        .run()
        .success();
    let sum = sums.stdout.split(' ').next().expect("a sum");
    assert!(made.contains(sum), "{sum} is not in\n{made}");
    let elsewhere = manifest(&["https://mirror.example.com/x"]).success().stdout;
    assert!(
        elsewhere.contains("uri: https://mirror.example.com/x/kubectl-extreg-v1.2.3-"),
        "{elsewhere}"
    );
}

/// Through krew where it is installed, and in krew's way.
#[test]
fn a_plugin_is_installed_run_upgraded_and_uninstalled() {
    let sandbox = Arc::new(Sandbox::new());
    let run = |krew: Option<&str>| {
        let mut test = Cmd::in_sandbox(project("krew/test"), sandbox.clone())
            .arg(PROGRAM)
            // A build for debugging is large to pack.
            .timeout(Duration::from_secs(600));
        if let Some(krew) = krew {
            test = test.env("KREW", krew);
        }
        let output = test.run().success();
        assert!(
            output.stdout.ends_with("== all is well\n"),
            "{}",
            output.stdout
        );
        output.stdout
    };
    let by_default = run(None);
    if !by_default.contains("== install (none)") {
        run(Some("none"));
    }
}

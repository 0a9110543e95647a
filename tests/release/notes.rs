//! `release/notes`: what a release says of itself, and what keeps a half-made version from being released.

use std::path::Path;
use std::sync::Arc;

use extreg_test_support::process::{Cmd, Output, Sandbox};

use super::{EPOCH, VERSION, project};

/// The script with a changelog of the test, in a project that has nothing else.
fn notes(changelog: &str, tag: &str) -> Output {
    let sandbox = Arc::new(Sandbox::new());
    for file in ["release/notes", "release/common.sh", "Cargo.toml"] {
        let text = std::fs::read(project(file)).expect("a file");
        sandbox.write(Path::new("project").join(file), text);
    }
    sandbox.write("project/CHANGELOG.md", changelog);
    Cmd::in_sandbox("bash", sandbox)
        .args(["project/release/notes", tag])
        .env("SOURCE_DATE_EPOCH", EPOCH)
        .run()
}

#[test]
fn a_version_is_described_by_its_part_of_the_changelog() {
    let changelog = format!(
        "# Changelog\n\n## [Unreleased]\n\n- not yet\n\n## [{VERSION}] - 2026-01-31\n\n### Added\n\n- this\n\n\
         ## [0.0.1] - 2025-12-24\n\n- long ago\n\n[Unreleased]: https://example.com\n"
    );
    let tag = format!("v{VERSION}");
    notes(&changelog, &tag)
        .success()
        .prints("### Added\n\n- this\n");
    // The last part ends where the addresses begin.
    let last = changelog.replace("## [0.0.1] - 2025-12-24\n\n- long ago\n\n", "");
    notes(&last, &tag).success().prints("### Added\n\n- this\n");
    notes(&changelog, "v9.9.9")
        .exits(1)
        .says(&format!("the tag is v9.9.9, and Cargo.toml says {VERSION}"));
    for unfinished in [
        changelog.replace(" - 2026-01-31", ""),
        changelog.replace("### Added\n\n- this\n", ""),
    ] {
        assert_ne!(unfinished, changelog);
        let refused = notes(&unfinished, &tag).exits(1);
        refused.says("or nothing below it");
        refused.prints("");
    }
}

/// The changelog of this project has the form that the script reads.
#[test]
fn the_changelog_keeps_its_form() {
    let text = std::fs::read_to_string(project("CHANGELOG.md")).expect("the changelog");
    let headings: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("## "))
        .collect();
    assert_eq!(headings[0], "## [Unreleased]");
    for heading in &headings[1..] {
        let (version, date) = heading.split_once(" - ").expect("a date");
        assert!(
            version.starts_with("## [") && version.ends_with(']'),
            "{heading}"
        );
        assert!(date.parse::<jiff::civil::Date>().is_ok(), "{heading}");
    }
    let kinds = [
        "Added",
        "Changed",
        "Deprecated",
        "Removed",
        "Fixed",
        "Security",
    ];
    for kind in text.lines().filter_map(|line| line.strip_prefix("### ")) {
        assert!(kinds.contains(&kind), "{kind}");
    }
    // Every heading has its address.
    for heading in headings {
        let name = heading[3..].split(" - ").next().expect("a name");
        assert!(text.contains(&format!("\n{name}: https://")), "{name}");
    }
}

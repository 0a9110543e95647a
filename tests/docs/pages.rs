//! The commands of every page, run in the order in which they stand there.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::blocks::{agree, steps, trimmed};
use crate::ground::Ground;
use crate::steady::steady;
use crate::{root, scenes, updates};

/// Commands of the pages that other things run, or nothing can run here.
const ELSEWHERE: &[(&str, &str)] = &[
    ("cargo run --example tour", "a step of tests/run"),
    (
        "cargo install",
        "builds this program; tests/run builds it in another way",
    ),
    ("cargo bench", "takes minutes, and measures"),
    ("tests/run", "runs this test"),
    ("KUBEBUILDER_ASSETS=", "runs this test"),
    ("kubectl krew", "krew is not there; krew/test does the same"),
    (
        "sudo ",
        "installs; the test of the release looks into the packages",
    ),
    ("release/", "the test of the release runs them"),
    (
        "oc auth",
        "the cluster's own; the test of the rights asks the same",
    ),
    (
        "oc create",
        "the cluster's own; the test of the rights binds the same roles",
    ),
    ("oc logs", "the cluster's own"),
    ("skopeo copy", "pushes an image that the release makes"),
    ("sha256sum", "is for a release that is published"),
    ("cosign", "is for a release that is published"),
    ("gh ", "is for a release that is published"),
];

macro_rules! pages {
    ($($name:ident $path:literal $ground:expr;)*) => {
        $(#[test] fn $name() { hold($path, $ground); })*

        /// Pages with commands.
        const PAGES: &[&str] = &[$($path),*];
    };
}

pages! {
    readme "README.md" scenes::waiting;
    start "docs/start.md" scenes::waiting;
    pull "docs/tasks/pull.md" scenes::waiting;
    push_target "docs/tasks/push-target.md" scenes::building;
    build_source "docs/tasks/build-source.md" scenes::building;
    import "docs/tasks/import.md" scenes::linked;
    use_image "docs/tasks/use.md" scenes::linked;
    promote "docs/tasks/promote.md" scenes::built;
    trust "docs/tasks/trust.md" scenes::strange;
    insecure "docs/tasks/insecure.md" scenes::strange;
    openshift3 "docs/tasks/openshift3.md" scenes::openshift3;
    containerd "docs/tasks/containerd.md" scenes::kubernetes;
    status "docs/tasks/status.md" scenes::failing_shop;
    diagnose "docs/tasks/diagnose.md" scenes::failing_shop;
    message "docs/tasks/message.md" scenes::kubernetes;
    undo "docs/tasks/undo.md" scenes::waiting;
    figures "docs/figures.md" scenes::kubernetes;
    release "docs/release.md" scenes::kubernetes;
    rights "docs/rights.md" scenes::linked;
    pipelines "docs/pipelines.md" scenes::built;
}

/// Runs the commands of a page and compares what they print with what stands there; or writes it there.
fn hold(path: &str, ground: fn() -> Ground) {
    let file = root().join(path);
    let page = std::fs::read_to_string(&file).expect("the page");
    let lines: Vec<&str> = page.lines().collect();
    let mut renewed: Vec<String> = Vec::new();
    let mut wrong: Vec<String> = Vec::new();
    let mut copied = 0;
    let ground = ground();
    for step in steps(&page) {
        if is_elsewhere(&step.command) {
            continue;
        }
        let shown = &lines[step.shown.clone()];
        let output = ground.shell(&step.command);
        let came: Vec<&str> = output.stdout.lines().map(str::trim_end).collect();
        let came = trimmed(&came);
        let wanted = implied(shown);
        let is_written = updates() && !shown.is_empty();
        if output.status != Some(wanted) && !is_written {
            wrong.push(format!(
                "{path}: $ {}\nends with {:?}, not {wanted}:\n{}",
                step.command, output.status, output.stdout
            ));
        } else if !shown.is_empty() && !agree(&trimmed(shown), &came) {
            wrong.push(format!(
                "{path}: $ {}\nprints\n{}",
                step.command, output.stdout
            ));
            renewed.extend(
                lines[copied..step.shown.start]
                    .iter()
                    .map(|line| (*line).to_owned()),
            );
            renewed.extend(came.iter().map(|line| steady(line)));
            renewed.extend(
                shown[trimmed(shown).len()..]
                    .iter()
                    .map(|line| (*line).to_owned()),
            );
            copied = step.shown.end;
        }
    }
    if updates() && copied > 0 {
        renewed.extend(lines[copied..].iter().map(|line| (*line).to_owned()));
        std::fs::write(&file, renewed.join("\n") + "\n").expect("the page");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn is_elsewhere(command: &str) -> bool {
    ELSEWHERE
        .iter()
        .any(|(start, _)| command.starts_with(start))
}

/// The exit status that what is shown implies.
fn implied(shown: &[&str]) -> i32 {
    // After a fix it is the second look that counts.
    let again = shown.iter().rposition(|line| *line == "looking again:");
    let shown = &shown[again.map_or(0, |at| at + 1)..];
    let first = shown.iter().find(|line| !line.is_empty());
    match first.and_then(|line| line.chars().next()) {
        Some('✗') => 3,
        Some('?') => 4,
        _ if shown.iter().any(|line| line.starts_with("error:")) => 1,
        _ => 0,
    }
}

/// The Markdown files for people: README, CONTRIBUTING, `docs`.
pub(crate) fn files() -> Vec<PathBuf> {
    let mut files = vec!["README.md".into(), "CONTRIBUTING.md".into()];
    let mut folders = vec![PathBuf::from("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(root().join(&folder)).expect("docs") {
            let path = folder.join(entry.expect("an entry").file_name());
            if root().join(&path).is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// A page with commands that nobody runs would fail here.
#[test]
fn every_page_with_commands_is_held() {
    let with_commands: BTreeSet<String> = files()
        .into_iter()
        .filter(|path| {
            let page = std::fs::read_to_string(root().join(path)).expect("a page");
            !steps(&page).is_empty()
        })
        .map(|path: PathBuf| Path::new(&path).to_string_lossy().into_owned())
        .collect();
    let held: BTreeSet<String> = PAGES.iter().map(|path| (*path).to_owned()).collect();
    assert_eq!(with_commands, held);
}

/// Nothing of this tool is among them, and no line of the list is left over.
#[test]
fn what_is_not_run_here_is_not_this_tool() {
    let commands: Vec<String> = PAGES
        .iter()
        .flat_map(|path| {
            let page = std::fs::read_to_string(root().join(path)).expect("a page");
            steps(&page)
        })
        .map(|step| step.command)
        .collect();
    for command in &commands {
        assert!(
            !(is_elsewhere(command) && command.contains(" extreg ")),
            "{command}"
        );
    }
    for (start, _) in ELSEWHERE {
        assert!(
            commands.iter().any(|command| command.starts_with(start)),
            "{start}"
        );
    }
}

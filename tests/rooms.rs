//! The walls between the rooms of the crate: pure code does no I/O, only `apply` writes, only `ui` prints. Imports are
//! what shows it, so the sources are read.
#![expect(
    clippy::expect_used,
    reason = "without its sources the test has nothing to say"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// All Rust files below a folder or with that name in `src`.
fn sources(place: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("a folder of sources").flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (folder, file) = (root.join(place), root.join(format!("{place}.rs")));
    let mut found = Vec::new();
    if folder.is_dir() {
        walk(&folder, &mut found);
    }
    if file.is_file() {
        found.push(file);
    }
    assert!(
        !found.is_empty(),
        "src/{place} has no sources: mend this test"
    );
    found
}

/// Lines of code, without comments, that hold one of the words; tests inside files count as code too.
fn offenders(place: &str, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for path in sources(place) {
        let text = fs::read_to_string(&path).expect("a source file");
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if let Some(word) = words.iter().find(|word| code.contains(**word)) {
                found.push(format!("{}:{}: {word}", path.display(), number + 1));
            }
        }
    }
    found
}

const IO: &[&str] = &[
    "tokio::",
    "reqwest::",
    "hyper::",
    "kube::",
    "std::fs",
    "std::net::Tcp",
    "std::process",
    "std::env::var",
    "Timestamp::now",
    "SystemTime::now",
    "Instant::now",
];

#[test]
fn pure_rooms_do_no_io_and_read_no_clock() {
    for place in [
        "model",
        "plan",
        "inventory",
        "doctor/rules",
        "doctor/rank",
        "doctor/reading",
        "doctor/vantage",
    ] {
        assert_eq!(offenders(place, IO), Vec::<String>::new(), "in {place}");
    }
}

#[test]
fn rules_and_planners_know_no_client_and_no_screen() {
    let words = [
        "crate::apply",
        "crate::cluster",
        "crate::credentials",
        "crate::registry",
        "crate::report",
        "crate::ui",
        "crate::verbs",
    ];
    for place in [
        "model",
        "plan",
        "inventory",
        "doctor/rules",
        "doctor/rank",
        "doctor/reading",
    ] {
        assert_eq!(offenders(place, &words), Vec::<String>::new(), "in {place}");
    }
}

#[test]
fn only_apply_writes_to_the_cluster() {
    for place in [
        "verbs",
        "doctor",
        "plan",
        "report",
        "registry",
        "credentials",
        "cli",
    ] {
        assert_eq!(
            offenders(
                place,
                &[
                    ".write(&",
                    "Write::Create",
                    "Write::Replace",
                    "Write::JsonPatch"
                ]
            ),
            Vec::<String>::new()
        );
    }
}

#[test]
fn only_net_opens_sockets() {
    for place in [
        "verbs",
        "doctor",
        "plan",
        "report",
        "apply",
        "model",
        "ui",
        "cli",
        "registry",
        "cluster",
        "credentials",
    ] {
        assert_eq!(
            offenders(place, &["TcpStream", "reqwest::Client", "lookup_host"]),
            Vec::<String>::new(),
            "in {place}"
        );
    }
}

#[test]
fn connections_know_nothing_of_who_uses_them() {
    let words = [
        "crate::apply",
        "crate::cluster",
        "crate::credentials",
        "crate::registry",
        "crate::report",
        "crate::ui",
        "crate::verbs",
    ];
    assert_eq!(offenders("net", &words), Vec::<String>::new());
}

#[test]
fn the_environment_is_read_in_one_place() {
    for place in [
        "verbs",
        "doctor",
        "plan",
        "report",
        "apply",
        "model",
        "ui",
        "cli",
        "net",
        "registry",
        "cluster",
        "credentials",
    ] {
        assert_eq!(
            offenders(place, &["std::env::var", "env::vars"]),
            Vec::<String>::new(),
            "in {place}"
        );
    }
}

//! The manual pages in `man`: one for the tool and one a verb, made from the same clap commands as the help. They are kept in
//! the repository, so that packing needs no compiler; this fails when they are stale, and
//! `INSTA_UPDATE=always cargo test --test release man` makes them anew.

use std::collections::BTreeMap;
use std::fs;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use extreg_test_support::process::{Cmd, program_or_skip};

use super::{VERSION, project, verbs};

/// How the pages call the tool.
const PROGRAM: &str = "kubectl extreg";

/// What the page of the whole tool says beside its flags.
const EXIT_STATUS: &[(&str, &str)] = &[
    ("0", "Done; for doctor: everything is healthy."),
    (
        "1",
        "The work could not be done: no cluster, no right, an object that does not exist, a refusal before anything was written.",
    ),
    ("2", "The command line makes no sense."),
    ("3", "doctor found a problem."),
    (
        "4",
        "doctor found no problem, and could not determine everything.",
    ),
    ("130", "Interrupted."),
];
const ENVIRONMENT: &[(&str, &str)] = &[
    ("KUBECONFIG", "Kubeconfig files, as kubectl reads them."),
    (
        "SSL_CERT_FILE, SSL_CERT_DIR",
        "Certificates to trust, instead of those of this machine.",
    ),
    (
        "HTTPS_PROXY, HTTP_PROXY, NO_PROXY",
        "The way to the API server and to registries.",
    ),
    (
        "REGISTRY_AUTH_FILE, DOCKER_CONFIG",
        "Where credentials for registries are looked for, as podman and docker do.",
    ),
    (
        "EXTREG_COMPLETION_TIMEOUT",
        "How long completion waits for names of the cluster (1s).",
    ),
    ("NO_COLOR", "No colour, whatever its value."),
];
const FILES: &[(&str, &str)] = &[(
    "$XDG_STATE_HOME/extreg, ~/.local/state/extreg",
    "The journal of what was changed, for undo. It holds no secret.",
)];

/// What roff wants at the beginning of a page, for an apostrophe that stays one.
const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// All pages, by file name.
fn pages() -> BTreeMap<String, String> {
    let mut tool = extreg::cli::command(PROGRAM).display_name("kubectl-extreg");
    tool.build();
    let mut pages: BTreeMap<_, _> = tool
        .get_subcommands()
        .filter(|verb| !verb.is_hide_set())
        .map(|verb| {
            page(verb.clone(), |roff| {
                see_also(roff, &["kubectl-extreg(1)".to_owned()]);
            })
        })
        .collect();
    pages.extend([page(tool, |roff| {
        listed(roff, "EXIT STATUS", EXIT_STATUS);
        listed(roff, "ENVIRONMENT", ENVIRONMENT);
        listed(roff, "FILES", FILES);
        let related: Vec<_> = verbs()
            .iter()
            .map(|verb| format!("kubectl-extreg-{verb}(1)"))
            .collect();
        see_also(roff, &related);
    })]);
    pages
}

/// The page of a command: what clap knows of it, its examples, and what `end` adds.
fn page(command: Command, end: impl FnOnce(&mut Roff)) -> (String, String) {
    let name = command.get_display_name().expect("a name").to_owned();
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let examples = command.get_after_help().map(ToString::to_string);
    let whole = command.has_subcommands();
    let title = name.to_uppercase();
    // What `-h` leaves out is in the pages, as it is in `--help`.
    let command = command
        .override_usage(usage)
        .mut_args(|arg| arg.hide_short_help(false));
    let man = Man::new(command)
        .title(title.as_str())
        .source(format!("kubectl-extreg {VERSION}"))
        .manual("kubectl-extreg");
    let mut out = Vec::new();
    let mut parts = || {
        man.render_title(&mut out)?;
        man.render_name_section(&mut out)?;
        man.render_synopsis_section(&mut out)?;
        man.render_description_section(&mut out)?;
        if whole {
            man.render_subcommands_section(&mut out)?;
        }
        man.render_options_section(&mut out)
    };
    parts().expect("memory");
    let mut roff = Roff::new();
    if let Some(text) = examples {
        let text = text.strip_prefix("Examples:\n").expect("examples");
        roff.control("SH", ["EXAMPLES"]);
        roff.control("nf", []);
        for line in text.lines() {
            roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
        }
        roff.control("fi", []);
    }
    end(&mut roff);
    roff.to_writer(&mut out).expect("memory");
    let text = String::from_utf8(out).expect("text");
    // Each part comes with the preamble. And a date that is left out has to be an empty word, or what follows is taken for it:
    // the pages are of a version, and of no day.
    let text = text
        .replace(PREAMBLE, "")
        .replacen(
            &format!(".TH {title} 1  "),
            &format!(".TH {title} 1 \"\" "),
            1,
        )
        // An empty line between two ends of line is a paragraph, which roff has a word for.
        .replace("\n.br\n\n.br\n", "\n.sp\n");
    (format!("{name}.1"), format!("{PREAMBLE}{text}"))
}

fn listed(roff: &mut Roff, heading: &str, items: &[(&str, &str)]) {
    roff.control("SH", [heading]);
    for (name, words) in items {
        roff.control("TP", []);
        roff.text([bold(*name)]);
        roff.text([roman(*words)]);
    }
}

fn see_also(roff: &mut Roff, pages: &[String]) {
    roff.control("SH", ["SEE ALSO"]);
    roff.text([roman(pages.join(", "))]);
}

#[test]
fn the_pages_are_not_stale() {
    let folder = project("man");
    let made = pages();
    assert_eq!(made.len(), verbs().len() + 1);
    if std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always") {
        drop(fs::remove_dir_all(&folder));
        fs::create_dir(&folder).expect("a folder");
        for (name, text) in &made {
            fs::write(folder.join(name), text).expect("a page");
        }
    }
    let there: BTreeMap<String, String> = fs::read_dir(&folder)
        .expect("the folder of the pages")
        .map(|entry| {
            let entry = entry.expect("an entry");
            (
                entry.file_name().into_string().expect("a name"),
                fs::read_to_string(entry.path()).expect("a page"),
            )
        })
        .collect();
    for name in made.keys().chain(there.keys()) {
        assert!(
            made.get(name) == there.get(name),
            "man/{name} is stale; INSTA_UPDATE=always cargo test --test release man"
        );
    }
}

/// Each page has what `--help` has: every flag, and the examples.
#[test]
fn the_pages_say_all_that_the_help_says() {
    let pages = pages();
    let mut tool = extreg::cli::command(PROGRAM);
    tool.build();
    for verb in tool.get_subcommands() {
        let page = &pages[&format!("kubectl-extreg-{}.1", verb.get_name())];
        let plain = page.replace('\\', "");
        for arg in verb.get_arguments().filter(|arg| !arg.is_hide_set()) {
            if let Some(long) = arg.get_long() {
                assert!(plain.contains(&format!("--{long}")), "--{long}\n{page}");
            }
        }
        for heading in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXAMPLES"] {
            assert!(page.contains(&format!(".SH {heading}\n")), "{page}");
        }
        assert!(
            plain.contains(&format!("\nkubectl extreg {}", verb.get_name())),
            "{page}"
        );
        let (_, examples) = plain.split_once(".SH EXAMPLES\n").expect("examples");
        assert!(!examples.contains("oc extreg"), "{page}");
        // A flag without words is one that was left out of a shorter help.
        assert!(!page.contains("\n\n.TP\n"), "{page}");
    }
}

#[test]
fn the_pages_are_read_without_complaint() {
    if !program_or_skip("mandoc", "reads the manual pages") {
        return;
    }
    for name in pages().keys() {
        let path = project("man").join(name);
        let lint = Cmd::new("mandoc")
            .args(["-T", "lint", "-W", "warning"])
            .arg(&path)
            .run();
        let complaints: Vec<&str> = lint
            .stdout
            .lines()
            .filter(|line| !line.ends_with("missing date, using \"\": TH"))
            .collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
        assert_eq!(lint.stderr, "", "{name}");
        let text = Cmd::new("mandoc")
            .args(["-T", "ascii"])
            .arg(&path)
            .run()
            .success()
            .stdout;
        assert!(text.contains("kubectl-extreg"), "{text}");
    }
}

//! Parts of pages that are made from the program: between two comments stands what would be made now.

use std::fmt::Write as _;

use clap::CommandFactory as _;
use extreg::cli::{self, Cli};
use extreg::doctor::causes::Cause;

use crate::{root, updates};

/// Holds what stands behind the first line that begins with `begin` and before the line `end`; or writes it there.
fn hold(path: &str, begin: &str, end: &str, made: &str) {
    let file = root().join(path);
    let page = std::fs::read_to_string(&file).expect("the page");
    let start = page.find(begin).expect("the first comment");
    let start = start + page[start..].find('\n').expect("the end of a line") + 1;
    let stop = page.find(end).expect("the second comment");
    let wanted = format!("\n{made}\n");
    if page[start..stop] == wanted {
        return;
    }
    if updates() {
        let page = format!("{}{wanted}{}", &page[..start], &page[stop..]);
        std::fs::write(&file, page).expect("the page");
    } else {
        panic!("{path} is stale: DOCS_UPDATE=1 cargo test --test docs\n{wanted}");
    }
}

#[test]
fn the_list_of_causes() {
    let mut text = String::new();
    let mut family = "";
    for cause in Cause::ALL {
        if cause.family() != family {
            family = cause.family();
            if !text.is_empty() {
                text.push('\n');
            }
            writeln!(text, "## {family}\n\n| cause | what it is |\n| --- | --- |")
                .expect("a string takes it");
        }
        let (id, title) = (cause.id(), cause.title());
        writeln!(text, "| [{id}](../src/doctor/explain/{id}.md) | {title} |")
            .expect("a string takes it");
    }
    hold(
        "docs/causes.md",
        "<!-- causes:",
        "<!-- end of causes -->",
        &text,
    );
}

#[test]
fn the_list_of_verbs() {
    let mut text = "| verb | does |\n| --- | --- |\n".to_owned();
    let program = cli::of_all(Cli::command());
    for verb in program.get_subcommands() {
        if verb.get_name() == "help" {
            continue;
        }
        let about = verb.get_about().expect("what it is for").to_string();
        writeln!(text, "| `{}` | {about} |", verb.get_name()).expect("a string takes it");
    }
    hold(
        "docs/verbs.md",
        "<!-- verbs:",
        "<!-- end of verbs -->",
        &text,
    );
}

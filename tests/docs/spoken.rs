//! Commands that pages name in passing, in a sentence or in a table: they are not run, and the command line must know them.

use std::path::PathBuf;

use extreg::cli;
use extreg::doctor::causes::Cause;
use extreg::doctor::explain;

use crate::pages::files;
use crate::root;

/// Words of what is no command line but speaks of one.
const FORMS: &[&str] = &["VERB", "CAUSE"];

/// The beginning of a command, which a page names because the rest does not matter there.
const BEGINNINGS: &[&str] = &[
    "oc extreg link",
    "oc extreg link REGISTRY --registry-username",
];

/// The commands in `code`, and in lines that are code.
pub(crate) fn commands(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in page.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced && line.starts_with("    ") {
            found.push(line.trim().to_owned());
        } else if !fenced {
            found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    let calls = ["oc extreg ", "kubectl extreg "];
    // What is piped into a command is another one.
    found
        .iter()
        .flat_map(|text| text.split(" | "))
        .filter(|text| calls.iter().any(|call| text.starts_with(call)))
        .map(str::to_owned)
        .collect()
}

/// The words of a command; quotes keep blanks together.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for sign in command.chars() {
        match (quote, sign) {
            (None, '\'' | '"') => quote = Some(sign),
            (Some(open), _) if open == sign => quote = None,
            (None, ' ') => words.push(String::new()),
            _ => words.last_mut().expect("a word").push(sign),
        }
    }
    words.retain(|word| !word.is_empty() && word != "\\" && word != "...");
    words
}

#[test]
fn what_is_named_in_passing_is_known() {
    let pages = files().into_iter().map(|path| {
        let page = std::fs::read_to_string(root().join(&path)).expect("a page");
        (path, page)
    });
    let causes = Cause::ALL
        .iter()
        .map(|cause| (PathBuf::from(cause.id()), explain::page(*cause).to_owned()));
    let mut unknown = Vec::new();
    let mut count = 0;
    for (path, page) in pages.chain(causes) {
        for command in commands(&page) {
            let words = words(&command);
            if BEGINNINGS.contains(&command.as_str())
                || words.iter().any(|word| FORMS.contains(&word.as_str()))
            {
                continue;
            }
            count += 1;
            let program = cli::of_all(cli::command("oc extreg"));
            let line = words[1..].iter().map(Into::into).collect();
            let line = cli::anywhere::verb_first(&program, line);
            if let Err(error) = program.try_get_matches_from(line) {
                let error = error.to_string();
                let first = error.lines().next().unwrap_or_default();
                unknown.push(format!("{}: {command}: {first}", path.display()));
            }
        }
    }
    assert!(count > 40, "the commands were not found: {count}");
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

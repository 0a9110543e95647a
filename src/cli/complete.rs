//! Completion, as far as the command line alone tells: where the cursor stands ([`mod@line`]), which verbs and flags can
//! stand there, and what kind of value a flag takes ([`values`]). Everything is read off clap's own commands.
//!
//! Opens no file and asks no cluster; the values themselves are looked up by the verb `completion`.

pub mod line;
mod sentence;
#[cfg(test)]
mod tests;
pub mod values;

use clap::{Arg, ArgAction, Command};

use line::Line;
use sentence::first_sentence;

/// What the shell offers: the text that takes the place of the word, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    pub value: String,
    /// Half a line without a full stop; empty for none.
    pub help: String,
}

impl Candidate {
    pub fn new(value: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            help: help.into(),
        }
    }
}

/// The verbs.
pub fn verbs(root: &Command) -> Vec<Candidate> {
    root.get_subcommands()
        .filter(|verb| !verb.is_hide_set())
        .map(|verb| {
            let about = verb.get_about().map(ToString::to_string);
            Candidate::new(
                verb.get_name(),
                first_sentence(about.as_deref().unwrap_or_default()),
            )
        })
        .collect()
}

/// The flags that can still be given: not those that were, unless they may be repeated, and not what these exclude.
/// A flag whose value has to follow `=` is offered with it.
pub fn flags(root: &Command, line: &Line<'_>) -> Vec<Candidate> {
    let command = line.verb.unwrap_or(root);
    let mut offered = Vec::new();
    for arg in command.get_arguments() {
        let Some(long) = arg.get_long() else {
            continue;
        };
        if arg.is_hide_set() || !still_possible(command, line, arg) {
            continue;
        }
        let help = arg.get_help().map(ToString::to_string);
        let help = first_sentence(help.as_deref().unwrap_or_default());
        let with_equals = arg.get_action().takes_values() && arg.is_require_equals_set();
        let may_be_bare = arg
            .get_num_args()
            .is_some_and(|range| range.min_values() == 0);
        if !with_equals || may_be_bare {
            offered.push(Candidate::new(format!("--{long}"), help.clone()));
        }
        if with_equals {
            offered.push(Candidate::new(format!("--{long}="), help.clone()));
        }
        if let Some(letter) = arg.get_short() {
            offered.push(Candidate::new(format!("-{letter}"), help));
        }
    }
    offered
}

fn still_possible(command: &Command, line: &Line<'_>, arg: &Arg) -> bool {
    let repeats = matches!(arg.get_action(), ArgAction::Append | ArgAction::Count);
    line.given.iter().all(|given| {
        let same = given.arg.get_id() == arg.get_id();
        if same {
            return repeats;
        }
        !excludes(command, arg, given.arg) && !excludes(command, given.arg, arg)
    })
}

/// Whether `one` is declared not to go with `other`.
fn excludes(command: &Command, one: &Arg, other: &Arg) -> bool {
    !one.is_global_set()
        && command
            .get_arg_conflicts_with(one)
            .iter()
            .any(|arg| arg.get_id() == other.get_id())
}

//! Flags before the verb: `oc extreg -z ci link quay.io` is `oc extreg link -z ci quay.io`.
//!
//! oc and kubectl pass on only what stands behind the plugin's name, so all flags have to be taken there, in any place.
//! clap takes those of the verb behind the verb only: the verb is moved to the front.

use std::collections::HashMap;
use std::ffi::OsString;

use clap::{Arg, Command};

/// The verb, where it is the first word: else a word may be the value of a flag.
pub fn first_verb<'a>(command: &Command, args: &'a [OsString]) -> Option<&'a str> {
    let word = args.get(1)?.to_str()?;
    command.find_subcommand(word).map(|_| word)
}

/// The arguments with the verb first. What names no verb stays as it is, for clap to complain about. `command` knows all
/// flags ([`super::of_all`]), and so which take the next word.
pub fn verb_first(command: &Command, mut args: Vec<OsString>) -> Vec<OsString> {
    let flags = flags(command);
    let verbs: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
    let mut at = 1;
    while let Some(word) = args.get(at).and_then(|word| word.to_str()) {
        if word == "--" {
            break;
        }
        if word.starts_with('-') && word.len() > 1 {
            at += if takes_next(&flags, word) { 2 } else { 1 };
            continue;
        }
        if verbs.contains(&word) {
            let verb = args.remove(at);
            args.insert(1, verb);
        }
        break;
    }
    args
}

/// Every flag of every verb, as written, and whether the next word is its value.
fn flags(command: &Command) -> HashMap<String, bool> {
    let mut flags = HashMap::new();
    for command in std::iter::once(command).chain(command.get_subcommands()) {
        for arg in command.get_arguments() {
            let takes = takes_value(arg);
            let names = arg.get_long_and_visible_aliases().unwrap_or_default();
            let letters = arg.get_short_and_visible_aliases().unwrap_or_default();
            let written = names
                .iter()
                .map(|name| format!("--{name}"))
                .chain(letters.iter().map(|letter| format!("-{letter}")));
            for name in written {
                *flags.entry(name).or_insert(false) |= takes;
            }
        }
    }
    flags
}

fn takes_value(arg: &Arg) -> bool {
    !arg.is_positional() && arg.get_action().takes_values() && !arg.is_require_equals_set()
}

/// Whether the word after this flag is its value. `--flag=value` and `-nvalue` hold it; letters may stand together.
fn takes_next(flags: &HashMap<String, bool>, word: &str) -> bool {
    if word.starts_with("--") {
        return flags.get(word).copied().unwrap_or_default();
    }
    let letters: Vec<char> = word.chars().skip(1).collect();
    let valued = |letter: &char| {
        flags
            .get(&format!("-{letter}"))
            .copied()
            .unwrap_or_default()
    };
    // The first letter that takes a value takes the rest of the word, or when nothing is left the next one.
    letters.iter().position(valued) == Some(letters.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn moved(line: &str) -> String {
        let args = line.split(' ').map(OsString::from).collect();
        let command = crate::cli::of_all(crate::cli::Cli::command());
        let moved = verb_first(&command, args);
        let words: Vec<_> = moved.iter().map(|word| word.to_string_lossy()).collect();
        words.join(" ")
    }

    #[test]
    fn the_verb_comes_first_whatever_stands_before_it() {
        for (given, wanted) in [
            ("x link quay.io -n shop", "x link quay.io -n shop"),
            ("x -n shop link quay.io", "x link -n shop quay.io"),
            (
                "x -z ci --for push link quay.io",
                "x link -z ci --for push quay.io",
            ),
            (
                "x --for=push -A link quay.io",
                "x link --for=push -A quay.io",
            ),
            (
                "x --dry-run=server link quay.io",
                "x link --dry-run=server quay.io",
            ),
            ("x --dry-run link quay.io", "x link --dry-run quay.io"),
            ("x -nlink link quay.io", "x link -nlink quay.io"),
            ("x -n link link quay.io", "x link -n link quay.io"),
            ("x -Az link link quay.io", "x link -Az link quay.io"),
            ("x quay.io link", "x quay.io link"),
            ("x --unknown link", "x link --unknown"),
            ("x -- link", "x -- link"),
            ("x", "x"),
        ] {
            assert_eq!(moved(given), wanted);
        }
    }
}

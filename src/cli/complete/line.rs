//! An unfinished command line: what was given before the cursor, and what the word at the cursor is a part of.
//!
//! Lenient where clap is strict: a word that means nothing is passed over, since the user may still mend it.

use std::ffi::OsString;

use clap::{Arg, ArgAction, Command};

use crate::cli::anywhere::verb_first;

/// The line up to the cursor.
#[derive(Debug)]
pub struct Line<'c> {
    /// The verb, wherever it stands.
    pub verb: Option<&'c Command>,
    /// Flags and arguments before the cursor, in their order.
    pub given: Vec<Given<'c>>,
    pub place: Place<'c>,
}

/// A flag, or an argument without one.
#[derive(Debug)]
pub struct Given<'c> {
    pub arg: &'c Arg,
    /// None for a flag that takes none.
    pub value: Option<String>,
}

/// What the word at the cursor is.
#[derive(Debug)]
pub enum Place<'c> {
    /// The beginning of a verb.
    Verb(String),
    /// The beginning of a flag's name, dashes included.
    Flag(String),
    Value {
        arg: &'c Arg,
        /// What stands before the value in the same word and has to be repeated before each candidate: `-n` of `-nshop`.
        /// Not `--flag=`, which the shells' scripts put before by themselves (cobra's protocol).
        carried: String,
        typed: String,
    },
    /// A word too many.
    Nowhere,
}

impl Line<'_> {
    /// The last value of this argument, by clap's id.
    pub fn value(&self, id: &str) -> Option<&str> {
        self.values(id).last()
    }

    /// All values of this argument, in their order.
    pub fn values(&self, id: &str) -> impl Iterator<Item = &str> {
        self.given
            .iter()
            .filter(move |given| given.arg.get_id() == id)
            .filter_map(|given| given.value.as_deref())
    }

    /// Whether a flag without a value was given.
    pub fn has(&self, id: &str) -> bool {
        self.given.iter().any(|given| given.arg.get_id() == id)
    }
}

/// Reads the words behind the program's name; the last one is that at the cursor, and may be empty. `root` has been built
/// ([`Command::build`]), so that every verb knows the flags that all have.
pub fn read<'c>(root: &'c Command, words: &[String]) -> Line<'c> {
    let (typed, before) = words
        .split_last()
        .map_or(("", words), |(typed, before)| (typed.as_str(), before));
    let (verb, before) = split_verb(root, before);
    let mut reader = Reader {
        command: verb.unwrap_or(root),
        given: Vec::new(),
        waiting: None,
        arguments: 0,
        flags_ended: false,
    };
    for word in &before {
        reader.take(word);
    }
    let place = reader.place(verb.is_some(), typed);
    Line {
        verb,
        given: reader.given,
        place,
    }
}

/// The verb and the other words, by the rule that the program itself goes by.
fn split_verb<'c>(root: &'c Command, before: &[String]) -> (Option<&'c Command>, Vec<String>) {
    let args = std::iter::once(OsString::new())
        .chain(before.iter().map(OsString::from))
        .collect();
    let mut words: Vec<String> = verb_first(root, args)
        .into_iter()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let verb = words
        .first()
        .and_then(|word| root.get_subcommands().find(|verb| verb.get_name() == word));
    if verb.is_some() {
        words.remove(0);
    }
    (verb, words)
}

struct Reader<'c> {
    command: &'c Command,
    given: Vec<Given<'c>>,
    /// The flag whose value the next word is.
    waiting: Option<&'c Arg>,
    /// How many arguments without a flag there were.
    arguments: usize,
    /// After `--`.
    flags_ended: bool,
}

/// A word that begins with a dash.
enum Dashed<'c> {
    /// A flag that is whole, with its value if it holds one.
    Flag(&'c Arg, Option<String>),
    /// A flag with a value in the same word.
    Held {
        arg: &'c Arg,
        carried: String,
        value: String,
    },
    Unknown,
}

impl<'c> Reader<'c> {
    fn take(&mut self, word: &str) {
        if let Some(arg) = self.waiting.take() {
            self.give(arg, Some(word.to_owned()));
            return;
        }
        if word == "--" && !self.flags_ended {
            self.flags_ended = true;
            return;
        }
        if !self.is_flag(word) {
            if let Some(arg) = self.argument() {
                self.give(arg, Some(word.to_owned()));
            }
            self.arguments += 1;
            return;
        }
        match self.dashed(word) {
            Dashed::Flag(arg, None) if takes_next(arg) => self.waiting = Some(arg),
            Dashed::Flag(arg, value) => self.give(arg, value),
            Dashed::Held { arg, value, .. } => self.give(arg, Some(value)),
            Dashed::Unknown => {}
        }
    }

    fn place(&mut self, has_verb: bool, typed: &str) -> Place<'c> {
        if let Some(arg) = self.waiting {
            return Place::Value {
                arg,
                carried: String::new(),
                typed: typed.to_owned(),
            };
        }
        if self.is_flag(typed) || typed == "-" && !self.flags_ended {
            return match self.dashed(typed) {
                Dashed::Held {
                    arg,
                    carried,
                    value,
                } => Place::Value {
                    arg,
                    carried,
                    typed: value,
                },
                _ => Place::Flag(typed.to_owned()),
            };
        }
        if !has_verb {
            return Place::Verb(typed.to_owned());
        }
        self.argument().map_or(Place::Nowhere, |arg| Place::Value {
            arg,
            carried: String::new(),
            typed: typed.to_owned(),
        })
    }

    fn give(&mut self, arg: &'c Arg, value: Option<String>) {
        self.given.push(Given { arg, value });
    }

    fn is_flag(&self, word: &str) -> bool {
        !self.flags_ended && word.len() > 1 && word.starts_with('-')
    }

    /// The argument that the next word without a flag is; the last one takes all that follow when it may be repeated.
    fn argument(&self) -> Option<&'c Arg> {
        let mut arguments: Vec<&Arg> = self.command.get_positionals().collect();
        arguments.sort_by_key(|arg| arg.get_index());
        arguments.get(self.arguments).copied().or_else(|| {
            arguments
                .last()
                .copied()
                .filter(|arg| matches!(arg.get_action(), ArgAction::Append))
        })
    }

    /// Reads `--name`, `--name=value`, `-n`, `-nvalue`, `-n=value` and letters that stand together.
    fn dashed(&mut self, word: &str) -> Dashed<'c> {
        if let Some(name) = word.strip_prefix("--") {
            let (name, value) = name
                .split_once('=')
                .map_or((name, None), |(name, value)| (name, Some(value)));
            return match (self.long(name), value) {
                (None, _) => Dashed::Unknown,
                (Some(arg), None) => Dashed::Flag(arg, None),
                (Some(arg), Some(value)) => Dashed::Held {
                    arg,
                    carried: String::new(),
                    value: value.to_owned(),
                },
            };
        }
        let mut found = Dashed::Unknown;
        for (at, letter) in word.char_indices().skip(1) {
            let Some(arg) = self.short(letter) else {
                return Dashed::Unknown;
            };
            if let Dashed::Flag(before, None) = found {
                self.give(before, None);
            }
            let rest = &word[at + letter.len_utf8()..];
            if takes_next(arg) && !rest.is_empty() {
                let (carried, value) = match rest.strip_prefix('=') {
                    Some(value) => (String::new(), value),
                    None => (word[..word.len() - rest.len()].to_owned(), rest),
                };
                return Dashed::Held {
                    arg,
                    carried,
                    value: value.to_owned(),
                };
            }
            found = Dashed::Flag(arg, None);
        }
        found
    }

    fn long(&self, name: &str) -> Option<&'c Arg> {
        self.command.get_arguments().find(|arg| {
            arg.get_long_and_visible_aliases()
                .is_some_and(|names| names.contains(&name))
        })
    }

    fn short(&self, letter: char) -> Option<&'c Arg> {
        self.command.get_arguments().find(|arg| {
            arg.get_short_and_visible_aliases()
                .is_some_and(|letters| letters.contains(&letter))
        })
    }
}

/// Whether the value is the next word.
fn takes_next(arg: &Arg) -> bool {
    arg.get_action().takes_values() && !arg.is_require_equals_set()
}

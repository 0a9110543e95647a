//! Which name has which placeholder, and their replacement in a text.

use std::collections::HashMap;
use std::net::IpAddr;

use super::known;

/// What a name is of, which decides what its placeholder looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Class {
    Host,
    /// The API server's own.
    Api,
    /// A domain that others lie below.
    Domain,
    V4,
    V6,
    Mail,
    Namespace,
    Object,
    User,
    Tag,
    Context,
    Certificate,
    File,
}

/// The names of a report. First they are noted, then [`closed`](Self::close), then replaced.
#[derive(Debug, Default)]
pub(super) struct Book {
    /// Hosts in lower case, all others as written.
    words: HashMap<String, String>,
    /// Names with blanks or other characters that end a word, by their first character, the longest first.
    phrases: HashMap<char, Vec<(String, String)>>,
    counts: HashMap<Class, usize>,
    /// Domains with their placeholders, for the hosts below them.
    domains: Vec<(String, String)>,
    /// All words in order, to find what a text was cut off in.
    sorted: Vec<String>,
}

/// Ends of a name that are tried from one beginning.
const ENDS: usize = 48;

/// The shortest part of a name that is taken for it where a text was cut off.
const STUMP: usize = 4;

impl Book {
    /// Notes a name, unless it stays or is known already: the first to say what it is of is right.
    pub(super) fn note(&mut self, class: Class, name: &str) {
        let name = name.trim_matches(|character: char| !character.is_alphanumeric());
        let name = match class {
            Class::Host | Class::Api | Class::Domain => name.to_ascii_lowercase(),
            _ => name.to_owned(),
        };
        if name.is_empty() || known::is_known_name(&name) || self.knows(&name) {
            return;
        }
        let class = match name.parse::<IpAddr>() {
            Ok(address) if address.is_loopback() || address.is_unspecified() => return,
            Ok(IpAddr::V4(_)) => Class::V4,
            Ok(IpAddr::V6(_)) => Class::V6,
            Err(_) => class,
        };
        let placeholder = self.placeholder(class, &name);
        if class == Class::Domain {
            self.domains.push((name.clone(), placeholder.clone()));
        }
        match name.chars().next() {
            Some(first) if !name.chars().all(is_run) => {
                let phrases = self.phrases.entry(first).or_default();
                phrases.push((name, placeholder));
            }
            _ => {
                self.words.insert(name, placeholder);
            }
        }
    }

    fn knows(&self, name: &str) -> bool {
        self.words.contains_key(name)
            || name
                .chars()
                .next()
                .and_then(|first| self.phrases.get(&first))
                .is_some_and(|phrases| phrases.iter().any(|(phrase, _)| phrase == name))
    }

    fn placeholder(&mut self, class: Class, name: &str) -> String {
        let count = self.counts.entry(class).or_default();
        *count += 1;
        let number = *count;
        let below = self.domains.iter().find_map(|(domain, placeholder)| {
            let rest = name.strip_suffix(domain.as_str())?;
            rest.ends_with('.').then_some(placeholder.as_str())
        });
        match class {
            Class::Host => format!("registry-{number}.{}", below.unwrap_or("example")),
            Class::Api => format!("api-{number}.{}", below.unwrap_or("example")),
            Class::Domain => format!("domain-{number}.example"),
            Class::V4 => v4(number),
            Class::V6 => format!("2001:db8::{number:x}"),
            Class::Mail => format!("user-{number}@mail.example"),
            Class::Namespace => format!("ns-{number}"),
            Class::Object => format!("name-{number}"),
            Class::User => format!("user-{number}"),
            Class::Tag => format!("tag-{number}"),
            Class::Context => format!("context-{number}"),
            Class::Certificate => format!("certificate-{number}"),
            Class::File => format!("file-{number}"),
        }
    }

    /// No more names come.
    pub(super) fn close(&mut self) {
        for phrases in self.phrases.values_mut() {
            phrases.sort_by_key(|(phrase, _)| std::cmp::Reverse(phrase.len()));
        }
        self.sorted = self.words.keys().cloned().collect();
        self.sorted.sort();
    }

    /// The text with placeholders in the place of names. A text that is a name as a whole is always replaced where `field`
    /// says that it can be one.
    pub(super) fn replace(&self, text: &str, field: bool) -> String {
        if field && let Some(placeholder) = self.words.get(text) {
            return placeholder.clone();
        }
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        let mut before = None;
        while let Some(character) = text[at..].chars().next() {
            let begins = character.is_alphanumeric() && !before.is_some_and(char::is_alphanumeric);
            let named = before == Some('/');
            let found = begins.then(|| self.at(&text[at..], named)).flatten();
            let taken = match found {
                Some((length, placeholder)) => {
                    out.push_str(&placeholder);
                    length
                }
                None => {
                    out.push(character);
                    character.len_utf8()
                }
            };
            before = text[at..at + taken].chars().next_back();
            at += taken;
        }
        out
    }

    /// The longest name at the beginning of a text, and its placeholder. What is `named` stands behind a slash, and is no
    /// word of a sentence.
    fn at(&self, text: &str, named: bool) -> Option<(usize, String)> {
        let first = text.chars().next()?;
        for (phrase, placeholder) in self.phrases.get(&first).into_iter().flatten() {
            if let Some(rest) = text.strip_prefix(phrase.as_str())
                && !rest.chars().next().is_some_and(char::is_alphanumeric)
            {
                return Some((phrase.len(), placeholder.clone()));
            }
            if let Some(length) = stump_of(text, phrase) {
                return Some((length, placeholder.clone()));
            }
        }
        let run = run_end(text);
        let cut = text[run..].starts_with('…');
        let mut ends: Vec<usize> = ends(&text[..run]).take(ENDS).collect();
        while let Some(end) = ends.pop() {
            let name = &text[..end];
            if let Some(placeholder) = self.word(name, named) {
                return Some((end, placeholder));
            }
        }
        cut.then(|| self.stump(&text[..run])).flatten()
    }

    fn word(&self, name: &str, named: bool) -> Option<String> {
        let stays = || !named && known::is_word(name);
        if let Some(placeholder) = self.words.get(name) {
            return (!stays()).then(|| placeholder.clone());
        }
        if !name.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return None;
        }
        // A host in another spelling is the same host, and the spelling may be what is wrong.
        let placeholder = self.words.get(&name.to_ascii_lowercase())?;
        let mut chars = placeholder.chars();
        let first = chars.next().filter(|_| !stays())?;
        Some(first.to_uppercase().chain(chars).collect())
    }

    /// The word that a text was cut off in.
    fn stump(&self, text: &str) -> Option<(usize, String)> {
        if text.len() < STUMP || known::is_word(text) {
            return None;
        }
        let from = self.sorted.partition_point(|word| word.as_str() < text);
        let word = self
            .sorted
            .get(from)
            .filter(|word| word.starts_with(text))?;
        Some((text.len(), self.words.get(word)?.clone()))
    }
}

/// The length of what is left of a phrase that the text was cut off in.
fn stump_of(text: &str, phrase: &str) -> Option<usize> {
    let cut = text.find('…')?;
    (cut >= STUMP && phrase.starts_with(&text[..cut])).then_some(cut)
}

/// What words are made of, so that a longer name is not taken apart before it was looked up as a whole.
pub(super) fn is_run(character: char) -> bool {
    character.is_alphanumeric() || "._-:/@+~*$".contains(character)
}

fn run_end(text: &str) -> usize {
    text.find(|character| !is_run(character))
        .unwrap_or(text.len())
}

/// Where a name that begins with the run may end: before every character that is neither letter nor digit, and at its end.
fn ends(run: &str) -> impl Iterator<Item = usize> + '_ {
    let after = run.char_indices().skip(1).filter_map(|(at, character)| {
        let letter = run[..at].chars().next_back()?.is_alphanumeric();
        (letter && !character.is_alphanumeric()).then_some(at)
    });
    let whole = run
        .chars()
        .next_back()
        .is_some_and(char::is_alphanumeric)
        .then_some(run.len());
    after.chain(whole)
}

/// Addresses of the blocks for documentation (RFC 5737), and of the one for benchmarks (RFC 2544) when those are used up.
fn v4(number: usize) -> String {
    let (block, last) = ((number - 1) / 254, (number - 1) % 254 + 1);
    match block {
        0 => format!("192.0.2.{last}"),
        1 => format!("198.51.100.{last}"),
        2 => format!("203.0.113.{last}"),
        more => format!(
            "198.{}.{}.{last}",
            18 + (more - 3) / 256 % 2,
            (more - 3) % 256
        ),
    }
}

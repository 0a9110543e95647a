//! `WWW-Authenticate`, by RFC 9110 section 11, with the spellings that registries really send.
//!
//! Beyond the grammar it takes values that should have been quoted (URLs, names with spaces), parameters and challenges
//! without a comma between them, and empty list elements. One pass over the text; nothing is ever an error.

#[cfg(test)]
mod tests;

/// One challenge. The scheme is lower case; parameters keep their order and their spelling, names are lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    pub scheme: String,
    pub params: Vec<(String, String)>,
}

/// Schemes that are recognised without a comma in front of them (IANA's registry, those that registries send).
const KNOWN_SCHEMES: [&str; 5] = ["basic", "bearer", "digest", "negotiate", "ntlm"];

impl Challenge {
    pub fn is_bearer(&self) -> bool {
        self.scheme == "bearer"
    }

    pub fn is_basic(&self) -> bool {
        self.scheme == "basic"
    }

    /// The first parameter of that name.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// All challenges of all header values, in order. Never fails: what cannot be read is left out.
///
/// Several values are one list (RFC 9110 section 5.3), so that parameters at the start of a value belong to the last
/// challenge of the value before. A `token68` is read and left out: no scheme that is answered has one.
pub fn parse<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<Challenge> {
    let mut challenges = Vec::new();
    for value in values {
        Reader { rest: value }.read(&mut challenges);
    }
    challenges
}

/// The one to answer: Bearer with a realm first, then Basic (the order of containers/image and containerd).
pub fn preferred(challenges: &[Challenge]) -> Option<&Challenge> {
    let with_realm = |challenge: &&Challenge| {
        challenge.is_bearer()
            && challenge
                .param("realm")
                .is_some_and(|realm| !realm.is_empty())
    };
    challenges
        .iter()
        .find(with_realm)
        .or_else(|| challenges.iter().find(|challenge| challenge.is_basic()))
}

/// What was read last, which decides what a word without `=` is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    /// The start, or a comma: a word is a scheme.
    Comma,
    /// A scheme or a quoted value: a word is a scheme only if it is a known one.
    Element,
    /// A value without quotes, which may go on after a space.
    Unquoted,
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn read(mut self, challenges: &mut Vec<Challenge>) {
        let mut last = Last::Comma;
        loop {
            if self.skip_separators() {
                last = Last::Comma;
            }
            if self.rest.is_empty() {
                return;
            }
            let word = self.take_while(is_token);
            if word.is_empty() {
                self.skip_element();
                last = Last::Element;
            } else if self.skip_equals() {
                let (value, quoted) = self.value();
                last = if quoted {
                    Last::Element
                } else {
                    Last::Unquoted
                };
                if let (Some(value), Some(challenge)) = (value, challenges.last_mut()) {
                    challenge.params.push((word.to_ascii_lowercase(), value));
                }
            } else {
                let scheme = word.to_ascii_lowercase();
                if last == Last::Comma || KNOWN_SCHEMES.contains(&scheme.as_str()) {
                    self.skip_token68();
                    last = Last::Element;
                    challenges.push(Challenge {
                        scheme,
                        params: Vec::new(),
                    });
                } else if last == Last::Unquoted {
                    extend_last(challenges, word);
                }
            }
        }
    }

    /// Spaces and commas; whether a comma was among them.
    fn skip_separators(&mut self) -> bool {
        self.take_while(|c| c == ',' || is_space(c)).contains(',')
    }

    /// `=` with or without spaces around it.
    fn skip_equals(&mut self) -> bool {
        match self.rest.trim_start_matches(is_space).strip_prefix('=') {
            Some(rest) => {
                self.rest = rest.trim_start_matches(is_space);
                true
            }
            None => false,
        }
    }

    /// Something that is no word: a stray quoted text whole, anything else up to a separator.
    fn skip_element(&mut self) {
        if self.quoted().is_none() {
            let skipped = self.take_while(|c| c != ',' && !is_space(c));
            if skipped.is_empty() {
                self.rest = "";
            }
        }
    }

    /// `token68` behind a scheme: one word with `=` at its end only, followed by a comma or the end.
    fn skip_token68(&mut self) {
        let after_space = self.rest.trim_start_matches(is_space);
        let word = after_space
            .trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c));
        let after = word.trim_start_matches('=').trim_start_matches(is_space);
        if word.len() < after_space.len() && (after.is_empty() || after.starts_with(',')) {
            self.rest = after;
        }
    }

    /// A parameter's value and whether it was quoted; `None` where the quotes do not end.
    fn value(&mut self) -> (Option<String>, bool) {
        if self.rest.starts_with('"') {
            return match self.quoted() {
                Some(value) => (Some(value), true),
                None => {
                    self.rest = "";
                    (None, true)
                }
            };
        }
        let value = self.take_while(|c| c != ',' && !is_space(c));
        (Some(value.to_owned()), false)
    }

    /// A quoted text without its quotes and backslashes. Nothing is used up where there is none, or no end to it.
    fn quoted(&mut self) -> Option<String> {
        let inner = self.rest.strip_prefix('"')?;
        let mut value = String::new();
        let mut characters = inner.char_indices();
        while let Some((at, c)) = characters.next() {
            match c {
                '"' => {
                    self.rest = &inner[at + 1..];
                    return Some(value);
                }
                '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
                c => value.push(c),
            }
        }
        None
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !wanted(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }
}

/// `realm=Sonatype Nexus Repository Manager`: the value goes on.
fn extend_last(challenges: &mut [Challenge], word: &str) {
    if let Some((_, value)) = challenges
        .last_mut()
        .and_then(|challenge| challenge.params.last_mut())
    {
        value.push(' ');
        value.push_str(word);
    }
}

/// `tchar` of RFC 9110 section 5.6.2.
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

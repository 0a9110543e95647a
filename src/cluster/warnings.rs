//! What the user should see beside the result: the server's `Warning` headers and this module's own remarks.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use http::HeaderMap;

use crate::ui::sanitize_line;

/// Longer warnings are cut.
const LIMIT: usize = 500;

/// Warnings, each kept once for as long as the connection lives.
#[derive(Default)]
pub(super) struct Warnings(Mutex<State>);

#[derive(Default)]
struct State {
    seen: BTreeSet<String>,
    pending: Vec<String>,
}

impl Warnings {
    pub(super) fn add(&self, text: &str) {
        let text = sanitize_line(text, LIMIT);
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !text.is_empty() && state.seen.insert(text.clone()) {
            state.pending.push(text);
        }
    }

    pub(super) fn add_headers(&self, headers: &HeaderMap) {
        for value in headers.get_all(http::header::WARNING) {
            for text in parse(&String::from_utf8_lossy(value.as_bytes())) {
                self.add(&text);
            }
        }
    }

    pub(super) fn take(&self) -> Vec<String> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut state.pending)
    }
}

/// The texts of one `Warning` header (RFC 7234 section 5.5: `299 AGENT "TEXT" ["DATE"], ...`). Only code 299 is meant for
/// the user, as in apimachinery `util/net/http.go` `ParseWarningHeader` and client-go `rest/warnings.go`.
fn parse(header: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = header.trim_start();
    while !rest.is_empty() {
        let mut words = rest.splitn(3, ' ');
        let (Some(code), Some(_agent), Some(quoted)) = (words.next(), words.next(), words.next())
        else {
            break;
        };
        let Some((text, after)) = quoted_string(quoted.trim_start()) else {
            break;
        };
        if code == "299" {
            texts.push(text);
        }
        // An optional date in quotes, then a comma before the next warning.
        let after = after.trim_start();
        let after = quoted_string(after).map_or(after, |(_, after)| after.trim_start());
        rest = after.strip_prefix(',').unwrap_or_default().trim_start();
    }
    texts
}

/// A quoted string with its escapes undone, and what follows it.
fn quoted_string(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut plain = String::new();
    let mut characters = inner.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((plain, &inner[at + 1..])),
            '\\' => plain.push(characters.next()?.1),
            other => plain.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_header_may_hold_several_warnings() {
        assert_eq!(parse(r#"299 - "one""#), ["one"]);
        assert_eq!(
            parse(r#"299 k8s "a \"b\", c" "Sat, 25 Aug 2012 23:34:45 GMT", 299 - "d""#),
            [r#"a "b", c"#, "d"]
        );
        assert_eq!(parse(r#"110 - "stale""#), Vec::<String>::new());
        for broken in ["", "299", "299 -", "299 - text", r#"299 - "open"#] {
            assert!(parse(broken).is_empty(), "{broken}");
        }
    }

    #[test]
    fn a_warning_is_told_once() {
        let warnings = Warnings::default();
        warnings.add("one");
        warnings.add("one");
        assert_eq!(warnings.take(), ["one"]);
        warnings.add("one");
        warnings.add("tw\u{1b}[31mo");
        assert_eq!(warnings.take(), ["tw[31mo"]);
    }
}

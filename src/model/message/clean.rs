//! Takes off what was put around the words on their way: escapes, colours, prefixes of logs and tables, the layers that
//! each repeat "failed to pull".
//!
//! Knows layouts only; which words tell something is `phrases`' business.

mod prefix;

use crate::model::sanitize::sanitize;

pub(super) use prefix::without_prefix;

/// The text without what a terminal, a log writer or a web page added: ANSI sequences, escaped quotes and line ends,
/// HTML entities, typographic quotes. Lines stay lines.
pub(super) fn plain(text: &str) -> String {
    let text = without_ansi(text);
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(character) = chars.next() {
        match character {
            // However often it was escaped: `\\\"` is a quote like `\"`.
            '\\' => {
                while chars.peek() == Some(&'\\') {
                    chars.next();
                }
                match chars.peek().copied() {
                    Some('n' | 'r' | 't') if ends_a_word(&chars) => {
                        chars.next();
                        out.push(' ');
                    }
                    Some('"' | '\'' | '/') => {}
                    Some('u') => push_code(&mut chars, &mut out),
                    _ => out.push('\\'),
                }
            }
            '\u{201c}' | '\u{201d}' | '\u{201e}' => out.push('"'),
            '\u{2018}' | '\u{2019}' => out.push('\''),
            '\u{a0}' => out.push(' '),
            '\r' => {}
            other => out.push(other),
        }
    }
    for (entity, character) in [
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ] {
        if out.contains(entity) {
            out = out.replace(entity, character);
        }
    }
    sanitize(&out).into_owned()
}

/// `\n` in front of a letter may be a path of Windows (`C:\new`); in front of anything else it was a line end.
fn ends_a_word(chars: &std::iter::Peekable<std::str::Chars<'_>>) -> bool {
    let mut after = chars.clone();
    after.next();
    after
        .next()
        .is_none_or(|next| !next.is_ascii_lowercase() || next == '\\')
        || true_line_end(chars)
}

/// Docker joins errors by line ends in front of a lower-case code (`errors:\ndenied: ...`).
fn true_line_end(chars: &std::iter::Peekable<std::str::Chars<'_>>) -> bool {
    let rest: String = chars.clone().skip(1).take(14).collect();
    [
        "denied",
        "unauthorized",
        "unknown",
        "toomany",
        "manifest",
        "blob",
        "error",
    ]
    .iter()
    .any(|code| rest.starts_with(code))
}

/// `\u003c` as JSON writers escape `<`.
fn push_code(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) {
    let digits: String = chars.clone().skip(1).take(4).collect();
    let code = (digits.len() == 4)
        .then(|| {
            u32::from_str_radix(&digits, 16)
                .ok()
                .and_then(char::from_u32)
        })
        .flatten();
    match code {
        Some(character) => {
            for _ in 0..5 {
                chars.next();
            }
            out.push(character);
        }
        None => out.push('\\'),
    }
}

/// Without `ESC [ ... letter`, as terminals and CI logs colour.
fn without_ansi(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(sequence) = rest.strip_prefix('[') {
            let end = sequence
                .find(|c: char| !(c.is_ascii_digit() || ";:?".contains(c)))
                .unwrap_or(sequence.len());
            let last = sequence[end..].chars().next().map_or(0, char::len_utf8);
            rest = &sequence[end + last..];
        }
    }
    out.push_str(rest);
    out
}

/// A page in the words becomes its title and the beginning of its text: what a proxy or a registry's front says to people.
pub(super) fn without_html(line: &str) -> String {
    const SHOWN: usize = 200;
    let lower = line.to_ascii_lowercase();
    let Some(start) = ["<!doctype html", "<html", "<head", "<?xml"]
        .iter()
        .filter_map(|tag| lower.find(tag))
        .min()
    else {
        return line.to_owned();
    };
    let end = lower
        .rfind("</html>")
        .map_or(line.len(), |end| end + "</html>".len())
        .max(start);
    let mut shown = String::new();
    let mut rest = &line[start..end];
    while let Some(open) = rest.find('<') {
        let tag = rest[open + 1..].to_ascii_lowercase();
        push_words(&mut shown, &rest[..open]);
        let close = match ["style", "script"]
            .iter()
            .find(|name| tag.starts_with(**name))
        {
            Some(name) => tag.find(&format!("</{name}")).map(|at| open + 1 + at),
            None => rest[open..].find('>').map(|at| open + at + 1),
        };
        // Always forward: the closing tag of a script is read as a tag.
        rest = close.map_or("", |close| &rest[close..]);
        if shown.chars().count() > SHOWN {
            rest = "";
        }
    }
    push_words(&mut shown, rest);
    let shown: String = shown.chars().take(SHOWN).collect();
    format!(
        "{}<html page: {}>{}",
        &line[..start],
        shown.replace(['"', ':'], ""),
        &line[end..]
    )
}

fn push_words(out: &mut String, text: &str) {
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
}

/// Of a line of klog's pairs (`"PullImage from image service failed" err="..." image="..."`) the error.
pub(super) fn error_value(line: &str) -> &str {
    let Some((_, value)) = line.split_once("\" err=\"") else {
        return line;
    };
    let end = [
        "\" image=\"",
        "\" pod=\"",
        "\" podUID=\"",
        "\" podSandboxID=\"",
    ]
    .iter()
    .filter_map(|next| value.find(next))
    .min()
    .unwrap_or_else(|| value.trim_end_matches('"').len());
    &value[..end]
}

/// The words without the layers that only say that something failed: each says what follows its colon anew.
pub(super) fn unwrapped(line: &str) -> String {
    let line = line.trim();
    // A quote at one end only belongs to a name.
    let mut rest = match line.strip_prefix('"') {
        Some(inner) => inner.trim_end_matches('"').trim(),
        None => line,
    };
    loop {
        let before = rest.len();
        rest = rest
            .trim_start_matches(|c: char| c.is_whitespace() || c == ':' || c == '.')
            .trim_start();
        for wrapper in WRAPPERS {
            if let Some(after) = strip_ignoring_case(rest, wrapper) {
                let after = after.trim_start_matches([':', ' ']);
                if !after.is_empty() {
                    rest = after;
                }
            }
        }
        rest = after_quoted_layer(rest);
        rest = after_rpc(rest);
        if rest.len() == before {
            return without_doubles(rest);
        }
    }
}

const WRAPPERS: [&str; 22] = [
    "msg=",
    "err=",
    "error=",
    "error from server:",
    "error:",
    "errimagepull:",
    "fatal:",
    "internal error occurred:",
    "error response from daemon:",
    "docker:",
    "ctr:",
    "imagepullbackoff:",
    "build error:",
    "failed to solve:",
    "warning:",
    "message:",
    "reason:",
    "error processing tar file",
    "pulling image:",
    "pulling image failed:",
    "pull image error",
    "registryunavailable:",
];

/// `LAYER "X":` in front of more words.
fn after_quoted_layer(text: &str) -> &str {
    const LAYERS: [&str; 13] = [
        "failed to pull image",
        "back-off pulling image",
        "failed to pull and unpack image",
        "failed to resolve reference",
        "failed to resolve image",
        "failed to \"startcontainer\" for",
        "pull image",
        "pullimage",
        "error pulling image",
        "import failed",
        "failed to fetch",
        "error determining manifest mime type for",
        "initializing source",
    ];
    let Some(after) = LAYERS
        .iter()
        .find_map(|layer| strip_ignoring_case(text, layer))
    else {
        return text;
    };
    let after = after.trim_start();
    let quoted = after
        .strip_prefix('"')
        .and_then(|inner| inner.split_once('"'));
    let rest = match (quoted, after.split_once(": ")) {
        (Some((_, rest)), _) => rest,
        (None, Some((one, rest))) if !one.contains(' ') || one.starts_with('(') => rest,
        _ => return text,
    };
    let rest = strip_ignoring_case(rest.trim_start(), "from image service failed").unwrap_or(rest);
    let rest = strip_ignoring_case(rest.trim_start(), "with").unwrap_or(rest);
    let rest = rest.trim_start_matches([':', ' ']);
    if rest.is_empty() { text } else { rest }
}

/// `rpc error: code = X desc = `
fn after_rpc(text: &str) -> &str {
    strip_ignoring_case(text, "rpc error:")
        .and_then(|rest| rest.split_once("desc = "))
        .filter(|(code, rest)| code.len() < 60 && !rest.is_empty())
        .map_or(text, |(_, rest)| rest)
}

fn strip_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix)
        .then(|| &text[prefix.len()..])
}

/// Without a part that repeats the one before it (`manifest unknown: manifest unknown`). Short ones stay: `denied:
/// denied` is how one registry words a refused login.
fn without_doubles(text: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split(": ") {
        if part.len() < 10 || parts.last() != Some(&part) {
            parts.push(part);
        }
    }
    parts.join(": ")
}

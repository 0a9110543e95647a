//! Lines that fit: words, hanging indents, and commands that can still be pasted.

use std::fmt::{Arguments, Write as _};

use unicode_width::UnicodeWidthStr as _;

use super::{LABEL, Look};

/// Adds to a text; writing to memory has no way to fail.
pub(in crate::report) fn put(text: &mut String, more: Arguments<'_>) {
    let _infallible = text.write_fmt(more);
}

/// Columns of a text that may hold colours (`ESC [ ... m`).
fn columns(text: &str) -> usize {
    let mut width = 0;
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        width += rest[..at].width();
        rest = rest[at..].split_once('m').map_or("", |(_, after)| after);
    }
    width + rest.width()
}

/// The text in lines of at most `width` columns. A word that is longer stands by itself.
pub(in crate::report) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines
            .last_mut()
            .filter(|line| line.is_empty() || columns(line) + 1 + columns(word) <= width);
        match last {
            Some(line) => {
                if !line.is_empty() {
                    line.push(' ');
                }
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The text behind something that takes `first` columns, further lines indented by `indent`; ends in a line end.
pub(super) fn hanging(text: &str, first: usize, indent: usize, width: usize) -> String {
    let lines = wrapped(text, width.saturating_sub(first.max(indent)).max(20));
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            out.push_str(&" ".repeat(indent));
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// `  label     text`, wrapped under itself.
pub(super) fn labelled(text: &mut String, label: &str, words: &str, look: &Look) {
    let indent = LABEL + 2;
    put(
        text,
        format_args!(
            "  {}{}",
            look.paint.dim(&format!("{label:<LABEL$}")),
            hanging(words, indent, indent, look.columns())
        ),
    );
}

/// `1 problem`, `2 problems`.
pub(super) fn plural(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The text as the beginning of a sentence; the name of a host or a file stays as it is written.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first)
            if text
                .split([' ', ','])
                .next()
                .is_some_and(|word| word.chars().all(|c| c.is_ascii_lowercase())) =>
        {
            first.to_uppercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}

/// A command as a shell takes it, broken with backslashes where it is too long.
pub(in crate::report) fn command_lines(command: &[String], width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for argument in command {
        let word = quoted(argument);
        let fits = lines
            .last()
            .is_some_and(|line| line.is_empty() || columns(line) + 1 + columns(&word) + 2 <= width);
        if let (true, Some(line)) = (fits, lines.last_mut()) {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
            continue;
        }
        if let Some(line) = lines.last_mut() {
            line.push_str(" \\");
        }
        lines.push(format!("  {word}"));
    }
    lines
}

/// One argument for a POSIX shell.
pub(super) fn quoted(argument: &str) -> String {
    let plain = !argument.is_empty()
        && argument
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "@%_-+=:,./".contains(character));
    if plain {
        argument.to_owned()
    } else {
        format!("'{}'", argument.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_wrap_by_columns_and_colours_take_none() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(
            wrapped("\u{1b}[31mone\u{1b}[0m two", 7),
            ["\u{1b}[31mone\u{1b}[0m two"]
        );
        assert_eq!(wrapped("größer ist", 6), ["größer", "ist"]);
        assert_eq!(
            wrapped("averyveryverylongword x", 5),
            ["averyveryverylongword", "x"]
        );
        assert_eq!(
            hanging("a b c d e f g h i j k l m", 2, 2, 22),
            "a b c d e f g h i j\n  k l m\n"
        );
    }

    #[test]
    fn commands_can_be_pasted() {
        let command: Vec<String> = ["oc", "patch", "-p", r#"{"a":"it's"}"#]
            .map(str::to_owned)
            .to_vec();
        assert_eq!(
            command_lines(&command, 80),
            [r#"oc patch -p '{"a":"it'\''s"}'"#]
        );
        assert_eq!(
            command_lines(&command, 16),
            ["oc patch -p \\", r#"  '{"a":"it'\''s"}'"#]
        );
        assert_eq!(quoted(""), "''");
    }
}

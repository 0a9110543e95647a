//! Makes foreign text safe to print: a registry, a proxy or a helper may send escape sequences, line ends or text that
//! reorders what stands around it.

use std::borrow::Cow;

/// Characters that steer a terminal or reorder text: C0 and C1 controls, and Unicode's bidirectional controls.
fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{061c}' | '\u{feff}')
}

/// Removes hostile characters; keeps line ends, turns tabs into spaces.
pub fn sanitize(text: &str) -> Cow<'_, str> {
    if !text
        .chars()
        .any(|character| is_hostile(character) && character != '\n')
    {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars()
            .filter_map(|character| match character {
                '\n' => Some('\n'),
                '\t' => Some(' '),
                other if is_hostile(other) => None,
                other => Some(other),
            })
            .collect(),
    )
}

/// The same on one line: runs of white space become one space, and more than `limit` characters are cut with `…`.
pub fn sanitize_line(text: &str, limit: usize) -> String {
    let clean = sanitize(text);
    let mut line = String::new();
    for word in clean.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    match line.char_indices().nth(limit) {
        Some((at, _)) => {
            line.truncate(at);
            line.push('…');
            line
        }
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_lose_their_teeth() {
        assert_eq!(sanitize("a\u{1b}[31mred\u{7}\nb\tc"), "a[31mred\nb c");
        assert_eq!(sanitize("plain"), "plain");
    }

    #[test]
    fn a_line_is_one_line_and_bounded() {
        assert_eq!(sanitize_line("one\n  two\u{202e}x", 40), "one twox");
        assert_eq!(sanitize_line("abcdef", 3), "abc…");
        assert_eq!(sanitize_line("ähm", 3), "ähm");
    }
}

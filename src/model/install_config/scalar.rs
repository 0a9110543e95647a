//! The value of one key, in the styles in which YAML 1.2 writes a string: literal and folded blocks, quoted, plain.

use super::{Field, Refusal, Style, content};

/// Reads the value that begins behind the colon on line `at` and goes on over the lines that are indented below it.
pub(super) fn read(lines: &[&str], at: usize, rest: &str) -> Result<Field, Refusal> {
    let form = |why| Refusal::Form { line: at + 1, why };
    let first = rest.trim_start();
    let field = match first.chars().next() {
        Some('|' | '>') => block(lines, at, first),
        Some('&' | '*' | '!') => Err(form(
            "anchors, aliases and tags are not understood there; write the value out",
        )),
        Some('{' | '[') => Err(form("a string is expected there")),
        Some(quote @ ('"' | '\'')) => quoted(lines, at, first, quote),
        _ => Ok(plain(lines, at, first)),
    }?;
    // What is indented behind the value would belong to whatever is written there.
    match stray(lines, field.lines.end) {
        Some(line) => Err(Refusal::Form {
            line: line + 1,
            why: "this line belongs to no value",
        }),
        None => Ok(field),
    }
}

/// The first line from `from` on that is indented, and neither empty nor a comment, before the next key.
fn stray(lines: &[&str], from: usize) -> Option<usize> {
    (from..lines.len())
        .map(|number| (number, content(lines[number], number)))
        .take_while(|(_, line)| line.trim().is_empty() || line.starts_with([' ', '\t', '#']))
        .find(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .map(|(number, _)| number)
}

/// The lines below `at` that belong to the value: indented ones, and empty ones between them.
fn below(lines: &[&str], at: usize) -> usize {
    let mut end = at + 1;
    for (number, line) in lines.iter().enumerate().skip(at + 1) {
        let line = content(line, number);
        if line.trim().is_empty() {
            continue;
        }
        if !line.starts_with(' ') {
            break;
        }
        end = number + 1;
    }
    end
}

fn block(lines: &[&str], at: usize, first: &str) -> Result<Field, Refusal> {
    let (header, comment) = comment_of(first);
    let indicators = &header[1..];
    if !indicators
        .chars()
        .all(|it| matches!(it, '+' | '-' | '1'..='9'))
    {
        return Err(Refusal::Form {
            line: at + 1,
            why: "the block's header is not understood",
        });
    }
    let mut end = below(lines, at);
    let mut texts: Vec<&str> = (at + 1..end)
        .map(|number| content(lines[number], number))
        .collect();
    let given = indicators
        .chars()
        .find_map(|it| it.to_digit(10))
        .and_then(|digit| usize::try_from(digit).ok());
    let found = texts
        .iter()
        .find(|line| !line.trim().is_empty())
        .map(|line| line.len() - line.trim_start_matches(' ').len());
    let indent = given.or(found).unwrap_or(super::INDENT);
    // A line that is indented less can only be a comment behind the block.
    let is_behind = |line: &&str| !line.trim().is_empty() && !line.starts_with(&" ".repeat(indent));
    if let Some(length) = texts.iter().position(is_behind) {
        let blank = texts[..length]
            .iter()
            .rev()
            .take_while(|line| line.trim().is_empty());
        let length = length - blank.count();
        texts.truncate(length);
        end = at + 1 + length;
    }
    let stripped: Vec<&str> = texts
        .iter()
        .map(|line| line.get(indent..).unwrap_or_default())
        .collect();
    let (value, style) = if header.starts_with('|') {
        let mut value = stripped.join("\n");
        if !value.is_empty() {
            value.push('\n');
        }
        let header = header.to_owned();
        (value, Style::Literal { header })
    } else {
        (fold(&stripped), Style::Other)
    };
    Ok(Field {
        lines: at..end,
        value,
        style,
        indent,
        comment,
        notes: Vec::new(),
    })
}

/// Lines of a folded block: a line break between two of them is a space, an empty line is a line break, and lines that are
/// indented further stay by themselves.
fn fold(lines: &[&str]) -> String {
    let mut text = String::new();
    let mut breaks = 0;
    let mut apart = true;
    for line in lines {
        if line.is_empty() {
            breaks += 1;
            continue;
        }
        let deeper = line.starts_with([' ', '\t']);
        if !text.is_empty() {
            match (breaks, deeper || apart) {
                (0, false) => text.push(' '),
                (count, true) => text.push_str(&"\n".repeat(count + 1)),
                (count, false) => text.push_str(&"\n".repeat(count)),
            }
        }
        text.push_str(line);
        (breaks, apart) = (0, deeper);
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// Lines of a quoted or plain value: trimmed, a line break is a space, an empty line is a line break.
fn flow<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    let mut breaks = 0;
    for (number, line) in lines.enumerate() {
        let line = line.trim();
        if line.is_empty() && number > 0 {
            breaks += 1;
            continue;
        }
        if number > 0 && !text.is_empty() {
            // A backslash at the end of a line joins it with the next.
            if text.ends_with('\\') && !text.ends_with("\\\\") {
                text.pop();
            } else if breaks == 0 {
                text.push(' ');
            }
        }
        text.push_str(&"\n".repeat(breaks));
        text.push_str(line);
        breaks = 0;
    }
    text
}

fn quoted(lines: &[&str], at: usize, first: &str, quote: char) -> Result<Field, Refusal> {
    let form = |line, why| Refusal::Form { line, why };
    let mut end = at + 1;
    let mut raw = Vec::new();
    let mut last = &first[1..];
    loop {
        if let Some(close) = closing(last, quote) {
            let (behind, comment) = comment_of(&last[close + 1..]);
            if !behind.is_empty() {
                return Err(form(end, "something stands behind the quote"));
            }
            raw.push(&last[..close]);
            let text = flow(raw.into_iter());
            return Ok(Field {
                lines: at..end,
                value: if quote == '"' {
                    unescape(&text)
                } else {
                    text.replace("''", "'")
                },
                style: Style::Other,
                indent: super::INDENT,
                comment,
                notes: Vec::new(),
            });
        }
        raw.push(last);
        let Some(line) = lines.get(end) else {
            return Err(form(at + 1, "the quote does not end"));
        };
        last = content(line, end);
        end += 1;
    }
}

/// Where the quote ends on this line.
fn closing(line: &str, quote: char) -> Option<usize> {
    let mut characters = line.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match (character, quote) {
            ('\\', '"') => {
                characters.next();
            }
            ('\'', '\'') if characters.peek().is_some_and(|(_, next)| *next == '\'') => {
                characters.next();
            }
            (character, quote) if character == quote => return Some(at),
            _ => {}
        }
    }
    None
}

/// The escapes of a double-quoted string that a certificate can have.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => plain.push('\n'),
            Some('r') => plain.push('\r'),
            Some('t') => plain.push('\t'),
            Some(other) => plain.push(other),
            None => plain.push('\\'),
        }
    }
    plain
}

fn plain(lines: &[&str], at: usize, first: &str) -> Field {
    let end = below(lines, at);
    let (own, comment) = comment_of(first);
    let (notes, more): (Vec<&str>, Vec<&str>) = (at + 1..end)
        .map(|number| content(lines[number], number))
        .partition(|line| line.trim_start().starts_with('#'));
    let value = flow(std::iter::once(own).chain(more));
    let value = match value.as_str() {
        "~" | "null" | "Null" | "NULL" => String::new(),
        _ => value.trim_start().to_owned(),
    };
    Field {
        lines: at..end,
        value,
        style: Style::Other,
        indent: super::INDENT,
        comment,
        notes: notes
            .into_iter()
            .map(|note| note.trim().to_owned())
            .collect(),
    }
}

/// What stands before a comment, and the comment: a `#` at the beginning or behind white space.
fn comment_of(text: &str) -> (&str, Option<String>) {
    let starts = text.char_indices().find(|(at, character)| {
        *character == '#' && (*at == 0 || text[..*at].ends_with([' ', '\t']))
    });
    match starts {
        Some((at, _)) => (
            text[..at].trim_end(),
            Some(text[at..].trim_end().to_owned()),
        ),
        None => (text.trim_end(), None),
    }
}

//! As much of XML as a report needs: elements, attributes and text, escaped, and only characters that XML 1.0 has.

use std::io::{self, Write};

/// A character that a document may not hold, not even by number (XML 1.0, production 2, `Char`). Rust has no surrogates.
fn is_forbidden(character: char) -> bool {
    matches!(character, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Where a text stands: a parser takes line ends and tabs of an attribute for spaces (section 3.3.3), and a carriage return
/// anywhere for a line end (section 2.11), so those are written by number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Attribute,
    Text,
}

fn escaped(text: &str, place: Place) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            // `]]>` may not stand in text.
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            '"' if place == Place::Attribute => out.push_str("&quot;"),
            '\n' if place == Place::Attribute => out.push_str("&#10;"),
            '\t' if place == Place::Attribute => out.push_str("&#9;"),
            other if is_forbidden(other) => out.push(char::REPLACEMENT_CHARACTER),
            other => out.push(other),
        }
    }
    out
}

/// Writes elements, one a line, each below the one that it is in.
pub(super) struct Writer<'a> {
    out: &'a mut dyn Write,
    open: Vec<&'static str>,
}

impl<'a> Writer<'a> {
    /// Begins a document in UTF-8.
    pub(super) fn new(out: &'a mut dyn Write) -> io::Result<Self> {
        out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")?;
        Ok(Self {
            out,
            open: Vec::new(),
        })
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, String)], end: &str) -> io::Result<()> {
        let indent = self.open.len() * 2;
        write!(self.out, "{:indent$}<{name}", "")?;
        for (name, value) in attributes {
            write!(self.out, " {name}=\"{}\"", escaped(value, Place::Attribute))?;
        }
        self.out.write_all(end.as_bytes())
    }

    /// An element that others stand in, until [`Writer::end`].
    pub(super) fn begin(
        &mut self,
        name: &'static str,
        attributes: &[(&str, String)],
    ) -> io::Result<()> {
        self.tag(name, attributes, ">\n")?;
        self.open.push(name);
        Ok(())
    }

    /// Ends the element that was begun last.
    pub(super) fn end(&mut self) -> io::Result<()> {
        match self.open.pop() {
            Some(name) => writeln!(
                self.out,
                "{:indent$}</{name}>",
                "",
                indent = self.open.len() * 2
            ),
            None => Ok(()),
        }
    }

    /// An element with nothing in it.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, String)]) -> io::Result<()> {
        self.tag(name, attributes, "/>\n")
    }

    /// An element with text in it, as it is.
    pub(super) fn text(
        &mut self,
        name: &str,
        attributes: &[(&str, String)],
        text: &str,
    ) -> io::Result<()> {
        self.tag(name, attributes, ">")?;
        writeln!(self.out, "{}</{name}>", escaped(text, Place::Text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_line_ends_are_escaped_where_a_parser_would_change_them() {
        let text = "a<b & \"c\" ]]> \t1\r\n2";
        assert_eq!(
            escaped(text, Place::Text),
            "a&lt;b &amp; \"c\" ]]&gt; \t1&#13;\n2"
        );
        assert_eq!(
            escaped(text, Place::Attribute),
            "a&lt;b &amp; &quot;c&quot; ]]&gt; &#9;1&#13;&#10;2"
        );
    }

    #[test]
    fn what_xml_has_not_is_replaced() {
        for bad in [
            '\u{0}', '\u{8}', '\u{b}', '\u{c}', '\u{1b}', '\u{fffe}', '\u{ffff}',
        ] {
            assert_eq!(escaped(&bad.to_string(), Place::Text), "\u{fffd}");
        }
        let fine = "\u{7f}\u{85}ä漢\u{1f600}\u{fffd}";
        assert_eq!(escaped(fine, Place::Attribute), fine);
    }
}

//! From what a program prints in a terminal to an SVG: colours and weights by ECMA-48's SGR, one line of text a line.
//!
//! It knows the handful of attributes that this program uses, and panics at others rather than lose them. The picture has a
//! ground of its own, so that it reads on light pages and on dark ones.

use std::fmt::Write as _;

/// Sizes in pixels; a column is 0.6 of the size of the letters in the usual monospaced fonts.
const LETTER: usize = 14;
const LINE: usize = 20;
const MARGIN: usize = 20;
const BAR: usize = 34;

const STYLE: &str = "\
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d6dbe3;white-space:pre}
.b{font-weight:700}.d{fill:#8b949e}.r{fill:#ff7b72}.g{fill:#7ee787}.y{fill:#e3b341}.c{fill:#79c0ff}";

/// The attributes of a piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Look {
    bold: bool,
    colour: Option<char>,
}

impl Look {
    fn take(&mut self, code: &str) {
        match code {
            "" | "0" => *self = Self::default(),
            "1" => self.bold = true,
            "2" => self.colour = Some('d'),
            "22" => {
                *self = Self {
                    bold: false,
                    colour: self.colour.filter(|class| *class != 'd'),
                }
            }
            "31" => self.colour = Some('r'),
            "32" => self.colour = Some('g'),
            "33" => self.colour = Some('y'),
            "36" => self.colour = Some('c'),
            "39" => self.colour = None,
            other => panic!("SGR {other} is not known"),
        }
    }

    fn classes(self) -> String {
        let bold = self.bold.then_some("b");
        let colour = self.colour.map(String::from);
        let both: Vec<&str> = bold.into_iter().chain(colour.as_deref()).collect();
        both.join(" ")
    }
}

/// The lines as pieces that look alike.
fn lines(text: &str) -> Vec<Vec<(Look, String)>> {
    let mut look = Look::default();
    let line = |line: &str| {
        let mut pieces: Vec<(Look, String)> = Vec::new();
        let mut parts = line.split("\u{1b}[");
        let mut put = |look: Look, text: &str| {
            if !text.is_empty() {
                pieces.push((look, text.to_owned()));
            }
        };
        put(look, parts.next().unwrap_or_default());
        for part in parts {
            let (codes, rest) = part.split_once('m').expect("the end of SGR");
            codes.split(';').for_each(|code| look.take(code));
            put(look, rest);
        }
        pieces
    };
    text.lines().map(line).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The picture of a screen.
pub(crate) fn picture(title: &str, screen: &str) -> String {
    let lines = lines(screen.trim_end());
    let columns = lines
        .iter()
        .map(|line| line.iter().map(|(_, text)| text.chars().count()).sum())
        .max()
        .unwrap_or(0usize);
    let width = columns * LETTER * 6 / 10 + 2 * MARGIN;
    let height = BAR + lines.len() * LINE + MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\">\n<title>{}</title>\n<style>\n{STYLE}\n</style>\n\
         <rect x=\".5\" y=\".5\" width=\"{}\" height=\"{}\" rx=\"8\" fill=\"#161b22\" stroke=\"#30363d\"/>\n",
        escaped(title),
        width - 1,
        height - 1,
    );
    for (x, colour) in [(20, "#ff5f57"), (38, "#febc2e"), (56, "#28c840")] {
        let _ = writeln!(
            svg,
            "<circle cx=\"{x}\" cy=\"18\" r=\"5\" fill=\"{colour}\"/>"
        );
    }
    for (number, line) in lines.iter().enumerate() {
        if line.is_empty() {
            continue;
        }
        let y = BAR + number * LINE + LETTER;
        let _ = write!(
            svg,
            "<text x=\"{MARGIN}\" y=\"{y}\" xml:space=\"preserve\">"
        );
        for (look, text) in line {
            let classes = look.classes();
            let text = escaped(text);
            let _ = if classes.is_empty() {
                write!(svg, "{text}")
            } else {
                write!(svg, "<tspan class=\"{classes}\">{text}</tspan>")
            };
        }
        svg.push_str("</text>\n");
    }
    svg.push_str("</svg>\n");
    svg
}

#[test]
fn colours_become_classes_and_signs_stay() {
    let screen = "\u{1b}[31m\u{1b}[1m✗\u{1b}[0m a <b> & c\n\n  \u{1b}[2mdim\u{1b}[0m";
    let svg = picture("t", screen);
    assert!(svg.contains("<tspan class=\"b r\">✗</tspan> a &lt;b&gt; &amp; c</text>"));
    assert!(svg.contains(">  <tspan class=\"d\">dim</tspan></text>"));
    assert_eq!(svg.matches("<text").count(), 2);
}

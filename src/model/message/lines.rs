//! Cuts a pasted text into failures: one piece of text each, with lines put together again that a terminal, YAML or a log
//! writer broke.
//!
//! Knows the layouts of `describe`, `get events`, logs and YAML; JSON is `structured`'s.

use super::{Object, clean, names};

/// A piece of a text that is read by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Piece {
    /// On one line.
    pub(super) text: String,
    /// The same where lines were put together without a space: a terminal breaks words too. `None` for one line.
    pub(super) tight: Option<String>,
    pub(super) image: Option<String>,
    pub(super) object: Option<Object>,
}

/// More lines than this are no wrapped line.
const MOST_LINES: usize = 40;

/// The pieces of a plain text.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let object = described(text);
    let mut found: Vec<Open> = Vec::new();
    for line in text.lines() {
        let line = line.trim_end();
        if line.trim().is_empty() {
            if let Some(open) = found.last_mut() {
                open.closed = true;
            }
            continue;
        }
        match found.last_mut() {
            Some(open) if open.takes(line) => open.push(line),
            _ => found.push(Open::new(line)),
        }
    }
    found
        .into_iter()
        .map(|open| open.piece(object.as_ref()))
        .collect()
}

/// A piece that may still grow.
struct Open {
    text: String,
    tight: String,
    lines: usize,
    indent: usize,
    last: usize,
    closed: bool,
    /// A value of YAML: what is indented more belongs to it.
    folded: bool,
    /// Quotes so far: an odd number waits for another.
    quotes: usize,
}

impl Open {
    fn new(line: &str) -> Self {
        let trimmed = line.trim_start();
        let folded = yaml_value(trimmed).is_some();
        let text = yaml_value(trimmed).unwrap_or(trimmed);
        let text = text.trim_start_matches(['|', '>', '-', '+']).trim_start();
        Self {
            tight: text.to_owned(),
            quotes: text.matches('"').count(),
            text: text.to_owned(),
            lines: 1,
            indent: indent(line),
            last: line.chars().count(),
            closed: false,
            folded,
        }
    }

    /// Whether the line goes on with this piece.
    fn takes(&self, line: &str) -> bool {
        let trimmed = line.trim();
        if self.closed || self.lines >= MOST_LINES {
            return false;
        }
        if self.folded {
            return indent(line) > self.indent
                || (self.text.is_empty() && yaml_key(trimmed).is_none());
        }
        let unfinished = self.text.ends_with([':', ',', '(', '='])
            || self.quotes % 2 == 1
            || self.text.matches('(').count() > self.text.matches(')').count();
        if starts_record(line, unfinished) {
            return false;
        }
        let codes = self.text.contains("errors:") && is_code(trimmed);
        let wrapped = self.last >= 60 && !self.text.ends_with(['.', ';', '}']);
        unfinished
            || codes
            || wrapped
            || trimmed.starts_with(['(', ':'])
            || trimmed.starts_with("https://")
    }

    fn push(&mut self, line: &str) {
        let trimmed = line.trim();
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(trimmed);
        self.tight.push_str(trimmed);
        self.quotes += trimmed.matches('"').count();
        self.lines += 1;
        self.last = line.chars().count();
    }

    fn piece(self, described: Option<&Object>) -> Piece {
        Piece {
            object: names::object(&self.text).or_else(|| described.cloned()),
            tight: (self.lines > 1).then_some(self.tight),
            image: None,
            text: self.text,
        }
    }
}

/// A log line that its writer did not call an error.
pub(super) fn is_aside(text: &str) -> bool {
    // docker-compose says it of every pull that fails with 404, and goes on when told to.
    const GOES_ON: &str = "trying to recreate has been removed";
    ["level=warning", "level=info", "level=debug", GOES_ON]
        .iter()
        .any(|level| text.contains(level))
        || ["INFO[", "WARN[", "DEBU["]
            .iter()
            .any(|level| text.starts_with(level))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Registries' codes at the start of a line, which look like keys of YAML.
fn is_code(line: &str) -> bool {
    [
        "denied",
        "unauthorized",
        "manifest",
        "blob",
        "name",
        "toomanyrequests",
        "unknown",
        "unsupported",
        "error",
    ]
    .iter()
    .any(|code| line.starts_with(code))
}

/// The value of a key of YAML that holds a text to read.
fn yaml_value(line: &str) -> Option<&str> {
    let line = line.strip_prefix("- ").unwrap_or(line);
    ["message:", "note:", "logSnippet:"]
        .iter()
        .find_map(|key| line.strip_prefix(key))
        .map(str::trim_start)
}

fn yaml_key(line: &str) -> Option<&str> {
    let line = line.strip_prefix("- ").unwrap_or(line);
    let (key, rest) = line.split_once(':')?;
    let word = !key.is_empty() && key.len() < 40 && key.chars().all(|c| c.is_ascii_alphanumeric());
    (word && (rest.is_empty() || rest.starts_with(' ')) && !is_code(key)).then_some(key)
}

/// Whether a line begins something of its own. `expected`: what stands before it waits for more, so that a word with a
/// colon (`x509:`) is no key.
fn starts_record(line: &str, expected: bool) -> bool {
    const HEADS: [&str; 22] = [
        "error",
        "warning",
        "failed to pull",
        "failed to push",
        "fatal",
        "back-off",
        "normal ",
        "info",
        "trying to",
        "pulling",
        "pushing",
        "step ",
        "build error",
        "unable to",
        "docker: ",
        "ctr: ",
        "events:",
        "time=",
        "level=",
        "! error",
        "successfully",
        "imagestream.",
    ];
    let trimmed = line.trim();
    let lower: String = trimmed
        .chars()
        .take(20)
        .collect::<String>()
        .to_ascii_lowercase();
    HEADS.iter().any(|head| lower.starts_with(head))
        || clean::without_prefix(trimmed).len() != trimmed.len()
        // `Image:          x`, `  Reason:  ErrImagePull`, `count: 3`
        || yaml_value(trimmed).is_some()
        || yaml_key(trimmed).is_some_and(|key| {
            key.starts_with(char::is_uppercase) || (!expected && (indent(line) > 0 || key.len() > 3))
        })
}

/// The object of a `describe`, by its first lines.
fn described(text: &str) -> Option<Object> {
    let field = |name: &str| {
        text.lines()
            .filter_map(|line| line.strip_prefix(name))
            .map(str::trim)
            .find(|value| names::is_name(value))
            .map(str::to_owned)
    };
    let name = field("Name:")?;
    let has = |marks: &[&str]| {
        marks
            .iter()
            .any(|mark| text.lines().any(|line| line.trim_start().starts_with(mark)))
    };
    let kind = if has(&["Build Config:", "Strategy:", "Duration:"])
        && !has(&["Containers:", "Replicas:"])
    {
        "build"
    } else if has(&["Image Repository:", "Docker Pull Spec:", "Unique Images:"]) {
        "is"
    } else if has(&["Replicas:", "Desired Replicas:"]) {
        "deploy"
    } else if has(&["Containers:", "Node:", "QoS Class:", "Events:"]) {
        "pod"
    } else {
        return None;
    };
    Some(Object {
        kind,
        name,
        namespace: field("Namespace:"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        pieces(text).into_iter().map(|piece| piece.text).collect()
    }

    #[test]
    fn what_a_terminal_broke_is_one_piece_again() {
        let found = pieces(
            "  Warning  Failed     16m (x4 over 17m)     kubelet            Failed to pull image \"registry.example.com/team/a\
             pp:1\": rpc error: code = Unk\nnown desc = denied",
        );
        assert_eq!(found.len(), 1);
        assert!(
            found[0]
                .tight
                .as_deref()
                .is_some_and(|tight| tight.ends_with("code = Unknown desc = denied"))
        );
    }

    #[test]
    fn events_and_log_lines_stay_apart() {
        assert_eq!(
            texts("error: one\nW1129 14:33:55.215696   26805 file.go:233] two\nerror: three").len(),
            3
        );
        assert_eq!(texts("errors:\ndenied: a\nunauthorized: b\n").len(), 1);
    }

    #[test]
    fn a_message_of_yaml_ends_where_its_indent_does() {
        let found = texts(
            "    waiting:\n      message: 'rpc error: code = Unknown desc =\n        denied'\n      reason: ErrImagePull",
        );
        assert!(
            found.contains(&"'rpc error: code = Unknown desc = denied'".to_owned()),
            "{found:?}"
        );
        assert!(found.contains(&"reason: ErrImagePull".to_owned()));
    }

    #[test]
    fn a_description_names_its_object() {
        let text =
            "Name:             app-1\nNamespace:        shop\nNode:  n\nContainers:\n  app:\n";
        assert_eq!(
            described(text),
            Some(Object {
                kind: "pod",
                name: "app-1".to_owned(),
                namespace: Some("shop".to_owned())
            })
        );
        assert_eq!(described("Name: x"), None);
    }
}

//! `install-config.yaml` as a text: the CA bundle of the cluster to come is read out of it and put back, and everything else stays
//! byte by byte: comments, order, line ends.
//!
//! Only the two keys of the top level that concern trust are understood, in all the ways in which YAML writes a string. What is
//! changed is written as a literal block (`|`), since any other style hides line breaks, which a certificate lives on.

use std::fmt;
use std::ops::Range;

use super::bundle;

mod scalar;

/// The bundle (openshift-install `pkg/types` `InstallConfig.AdditionalTrustBundle`).
const BUNDLE: &str = "additionalTrustBundle";
/// When the Proxy refers to it.
const POLICY: &str = "additionalTrustBundlePolicy";
/// Keys of which every install-config has at least one.
const KNOWN: [&str; 6] = [
    "baseDomain",
    "metadata",
    "platform",
    "controlPlane",
    "compute",
    "pullSecret",
];
/// How far the content of a new block is indented.
const INDENT: usize = 2;

/// `additionalTrustBundlePolicy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// The Proxy always names the bundle.
    Always,
    /// Only where the file configures a proxy; what the installer does by itself.
    Proxyonly,
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Always => "Always",
            Self::Proxyonly => "Proxyonly",
        })
    }
}

/// Why the file is not edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("it has none of the keys of an install-config ({})", KNOWN.join(", "))]
    NotAnInstallConfig,
    #[error("line {line}: it holds several YAML documents")]
    Documents { line: usize },
    #[error("line {line}: {key} stands there a second time")]
    Twice { key: &'static str, line: usize },
    #[error("line {line}: {why}")]
    Form { line: usize, why: &'static str },
}

/// The file, read as far as it matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstallConfig<'a> {
    lines: Vec<&'a str>,
    bundle: Option<Field>,
    policy: Option<Field>,
    /// Whether it has a `proxy`.
    pub has_proxy: bool,
    /// Where the document ends: at `...`, or at the end of the file.
    end: usize,
    line_end: &'static str,
}

/// A key of the top level with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    /// Its lines, counted from 0, with all of a value of several lines.
    lines: Range<usize>,
    value: String,
    style: Style,
    /// How far the content of a block is indented.
    indent: usize,
    /// What stands behind the value on the first line, from the `#` on.
    comment: Option<String>,
    /// Comments on lines of their own among those of the value.
    notes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Style {
    /// `|` with this header (`|`, `|-`, `|2`).
    Literal { header: String },
    /// Anything else.
    Other,
}

/// Reads the file.
///
/// # Errors
///
/// When it is no install-config, or has the keys in a way that cannot be edited for sure.
pub fn read(text: &str) -> Result<InstallConfig<'_>, Refusal> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut config = InstallConfig {
        line_end: if lines.first().is_some_and(|line| line.ends_with("\r\n")) {
            "\r\n"
        } else {
            "\n"
        },
        end: lines.len(),
        lines,
        bundle: None,
        policy: None,
        has_proxy: false,
    };
    let (mut at, mut known, mut begun) = (0, false, false);
    while at < config.lines.len() {
        let line = content(config.lines[at], at);
        if is_marker(line, "---") && begun {
            return Err(Refusal::Documents { line: at + 1 });
        }
        if is_marker(line, "...") {
            config.end = at;
            break;
        }
        let Some((key, rest)) = top_level(line) else {
            if line.starts_with(['{', '[']) {
                return Err(Refusal::Form {
                    line: at + 1,
                    why: "it is written as JSON; write it as YAML with one key a line",
                });
            }
            at += 1;
            continue;
        };
        begun = true;
        known |= KNOWN.contains(&key);
        config.has_proxy |= key == "proxy" && !is_null(rest);
        let slot = match key {
            BUNDLE => &mut config.bundle,
            POLICY => &mut config.policy,
            _ => {
                at += 1;
                continue;
            }
        };
        if slot.is_some() {
            let key = if key == BUNDLE { BUNDLE } else { POLICY };
            return Err(Refusal::Twice { key, line: at + 1 });
        }
        let field = scalar::read(&config.lines, at, rest)?;
        at = field.lines.end;
        *slot = Some(field);
    }
    if known {
        Ok(config)
    } else {
        Err(Refusal::NotAnInstallConfig)
    }
}

impl InstallConfig<'_> {
    /// The bundle, empty when there is none.
    pub fn bundle(&self) -> &str {
        self.bundle.as_ref().map_or("", |field| &field.value)
    }

    /// The line of the file, counted from 1, on which the first line of the bundle's text stands; `None` where its lines are not
    /// those of the file.
    pub fn bundle_line(&self) -> Option<usize> {
        let field = self.bundle.as_ref()?;
        matches!(field.style, Style::Literal { .. }).then_some(field.lines.start + 2)
    }

    /// The policy as it stands there.
    pub fn policy(&self) -> Option<&str> {
        self.policy.as_ref().map(|field| field.value.as_str())
    }

    /// The file with this bundle, and with this policy when one is asked for. A blank bundle takes the key away.
    pub fn with(&self, bundle: &str, policy: Option<Policy>) -> String {
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        if bundle != self.bundle() {
            edits.push(self.bundle_edit(bundle));
        }
        if let Some(policy) = policy.filter(|policy| self.policy() != Some(&policy.to_string())) {
            edits.push(self.policy_edit(policy));
        }
        // What goes to the same place stays in the order in which it was decided.
        edits.sort_by_key(|(lines, _)| lines.start);
        let mut text = String::new();
        let mut kept = 0;
        for (lines, new) in edits {
            text.extend(self.lines[kept..lines.start].iter().copied());
            if !new.is_empty() && !text.is_empty() && !text.ends_with('\n') {
                text.push_str(self.line_end);
            }
            text.push_str(&new);
            kept = lines.end;
        }
        text.extend(self.lines[kept..].iter().copied());
        text
    }

    fn bundle_edit(&self, bundle: &str) -> (Range<usize>, String) {
        let field = self.bundle.as_ref();
        let place = field.map_or(self.end..self.end, |field| field.lines.clone());
        let mut new = String::new();
        for note in field.iter().flat_map(|field| &field.notes) {
            new.push_str(note);
            new.push_str(self.line_end);
        }
        let comment = field.and_then(|field| field.comment.as_ref());
        if bundle::is_blank(bundle) {
            // What was said of the bundle stays, even without the bundle.
            if let Some(comment) = comment {
                new.push_str(comment);
                new.push_str(self.line_end);
            }
            return (place, new);
        }
        let header = match field.map(|field| &field.style) {
            // `|+` keeps empty lines at the end, which the installer does not take in a bundle.
            Some(Style::Literal { header }) if !header.contains('+') => header.as_str(),
            _ => "|",
        };
        let indent = " ".repeat(field.map_or(INDENT, |field| field.indent));
        new.push_str(BUNDLE);
        new.push_str(": ");
        new.push_str(header);
        if let Some(comment) = comment {
            new.push(' ');
            new.push_str(comment);
        }
        new.push_str(self.line_end);
        for line in bundle.trim_end().lines() {
            if !line.is_empty() {
                new.push_str(&indent);
                new.push_str(line);
            }
            new.push_str(self.line_end);
        }
        (place, new)
    }

    fn policy_edit(&self, policy: Policy) -> (Range<usize>, String) {
        let comment = self
            .policy
            .as_ref()
            .and_then(|field| field.comment.as_ref())
            .map_or_else(String::new, |comment| format!(" {comment}"));
        let line = format!("{POLICY}: {policy}{comment}{}", self.line_end);
        let place = match (&self.policy, &self.bundle) {
            (Some(field), _) => field.lines.clone(),
            (None, Some(bundle)) => bundle.lines.end..bundle.lines.end,
            (None, None) => self.end..self.end,
        };
        (place, line)
    }
}

/// A line without its end, and without a byte order mark.
fn content(line: &str, at: usize) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if at == 0 {
        line.strip_prefix('\u{feff}').unwrap_or(line)
    } else {
        line
    }
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// A key that starts its line, and what follows the colon.
fn top_level(line: &str) -> Option<(&str, &str)> {
    if line.starts_with([' ', '\t', '#', '-', '{', '[', '%', '&', '*', '!', '|', '>']) {
        return None;
    }
    let (key, rest) = line.split_once(':')?;
    if !rest.is_empty() && !rest.starts_with([' ', '\t']) {
        return None;
    }
    let bare = key.trim_end();
    let quoted = ['"', '\'']
        .into_iter()
        .find_map(|quote| bare.strip_prefix(quote)?.strip_suffix(quote));
    Some((quoted.unwrap_or(bare), rest))
}

fn is_null(rest: &str) -> bool {
    matches!(rest.trim(), "~" | "null" | "{}")
}

#[cfg(test)]
mod tests;

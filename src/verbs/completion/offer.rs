//! What is told to a shell: candidates and a directive, in the form of cobra's plugin completion (kubectl
//! `pkg/cmd/plugin/plugin_completion.go`, cobra `completions.go`).

use std::collections::BTreeMap;
use std::fmt;

use crate::cli::complete::Candidate;
use crate::ui::sanitize_line;

/// cobra's `ShellCompDirectiveNoSpace`: the word goes on behind the candidate.
const NO_SPACE: u8 = 2;
/// `ShellCompDirectiveNoFileComp`: nothing is no reason to offer files.
const NO_FILES: u8 = 4;
/// `ShellCompDirectiveFilterDirs`.
const FOLDERS: u8 = 16;

/// Longer help does not fit beside a candidate, in characters.
const HELP_MAX: usize = 120;

/// An answer.
#[derive(Debug)]
pub(super) struct Offer {
    candidates: BTreeMap<String, String>,
    directive: u8,
}

impl Offer {
    /// Nothing, and no files either.
    pub(super) fn nothing() -> Self {
        Self::of([])
    }

    /// What the shell itself knows: files.
    pub(super) fn files() -> Self {
        Self {
            candidates: BTreeMap::new(),
            directive: 0,
        }
    }

    /// What the shell itself knows: folders.
    pub(super) fn folders() -> Self {
        Self {
            candidates: BTreeMap::new(),
            directive: FOLDERS,
        }
    }

    pub(super) fn of(candidates: impl IntoIterator<Item = Candidate>) -> Self {
        Self {
            candidates: candidates
                .into_iter()
                .map(|candidate| (candidate.value, candidate.help))
                .collect(),
            directive: NO_FILES,
        }
    }

    /// Keeps what goes on from `typed`, and puts `carried` before it.
    pub(super) fn going_on(mut self, carried: &str, typed: &str) -> Self {
        self.candidates = self
            .candidates
            .into_iter()
            .filter(|(value, _)| value.starts_with(typed) && is_plain(value))
            .map(|(value, help)| (format!("{carried}{value}"), help))
            .collect();
        self
    }
}

/// Whether a value may go into a command line as it is. Shells put candidates there unquoted, some of them evaluate
/// candidates, and whoever may create a pod chooses its image: anything but the characters of names stays out.
fn is_plain(value: &str) -> bool {
    value
        .chars()
        .all(|c| c.is_alphanumeric() || "-._:/@,+=".contains(c))
}

impl fmt::Display for Offer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (value, help) in &self.candidates {
            f.write_str(value)?;
            if !help.is_empty() {
                write!(f, "\t{}", sanitize_line(help, HELP_MAX))?;
            }
            f.write_str("\n")?;
        }
        let unfinished = self
            .candidates
            .keys()
            .any(|value| value.ends_with(['/', '=', ':']));
        let directive = self.directive | if unfinished { NO_SPACE } else { 0 };
        writeln!(f, ":{directive}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(values: &[&str]) -> Offer {
        Offer::of(values.iter().map(|value| Candidate::new(*value, "")))
    }

    #[test]
    fn candidates_are_sorted_and_go_on_from_what_was_typed() {
        let text = Offer::of([
            Candidate::new("shop", "the\tsecond"),
            Candidate::new("bank", ""),
            Candidate::new("shed", ""),
        ])
        .going_on("-n", "sh")
        .to_string();
        assert_eq!(text, "-nshed\n-nshop\tthe second\n:4\n");
    }

    #[test]
    fn the_directive_is_cobras() {
        assert_eq!(Offer::nothing().to_string(), ":4\n");
        assert_eq!(Offer::files().to_string(), ":0\n");
        assert_eq!(Offer::folders().to_string(), ":16\n");
        assert_eq!(offer(&["pod/"]).to_string(), "pod/\n:6\n");
        assert_eq!(offer(&["--wait="]).to_string(), "--wait=\n:6\n");
    }

    /// Such values come from objects that others may write.
    #[test]
    fn what_a_shell_would_evaluate_is_left_out() {
        let text = offer(&[
            "$(reboot)",
            "`x`",
            "a b",
            "a;b",
            "a\nb",
            "good",
            "a'b",
            "x\u{1b}[0m",
        ])
        .going_on("", "")
        .to_string();
        assert_eq!(text, "good\n:4\n");
        let images = [
            "quay.io/team/web:1.2",
            "arn:aws:eks:eu-1:1:cluster/x",
            "kube:admin@a_b",
            "q/w@sha256:00",
        ];
        assert_eq!(
            offer(&images).going_on("", "").candidates.len(),
            images.len()
        );
    }
}

//! The `console` blocks of a page: commands after `$ `, and below each what it prints.
//!
//! In what a page shows, `…` stands for anything within a line, and a line that is `…` alone for any number of lines: names
//! and times that differ from run to run, and what would say nothing new.

use std::ops::Range;

/// A command of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// The command as a shell gets it, over several lines where the page breaks it.
    pub(crate) command: String,
    /// The lines of the page that show what it prints, counted from 0.
    pub(crate) shown: Range<usize>,
}

/// The commands of a page, in its order.
pub(crate) fn steps(page: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    let mut continues = false;
    for (number, line) in page.lines().enumerate() {
        if !inside {
            inside = line == "```console";
            continue;
        }
        if line == "```" {
            inside = false;
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| !continues) {
            steps.push(Step {
                command: command.to_owned(),
                shown: number + 1..number + 1,
            });
            continues = command.ends_with('\\');
        } else if let Some(step) = steps.last_mut() {
            if continues {
                step.command += "\n";
                step.command += line;
                step.shown = number + 1..number + 1;
                continues = line.ends_with('\\');
            } else {
                step.shown.end = number + 1;
            }
        }
    }
    steps
}

/// The lines without the empty ones at the end.
pub(crate) fn trimmed<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    let end = lines.iter().rposition(|line| !line.trim().is_empty());
    lines[..end.map_or(0, |at| at + 1)].to_vec()
}

/// Whether what a page shows is what came.
pub(crate) fn agree(shown: &[&str], came: &[&str]) -> bool {
    match (shown.split_first(), came.split_first()) {
        (None, None) => true,
        (Some((&"…", rest)), _) => (0..=came.len()).any(|skip| agree(rest, &came[skip..])),
        (Some((line, rest)), Some((other, others))) => {
            line_agrees(line, other.trim_end()) && agree(rest, others)
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}

fn line_agrees(shown: &str, came: &str) -> bool {
    let Some((first, rest)) = shown.split_once('…') else {
        return shown == came;
    };
    let Some(mut left) = came.strip_prefix(first) else {
        return false;
    };
    let pieces: Vec<&str> = rest.split('…').collect();
    let (last, middle) = pieces.split_last().expect("one piece at least");
    for piece in middle {
        match left.find(piece) {
            Some(at) => left = &left[at + piece.len()..],
            None => return false,
        }
    }
    left.len() >= last.len() && left.ends_with(last)
}

#[test]
fn commands_are_found_with_what_they_print() {
    let page = "text\n\n```console\n$ a \\\n    b\nout\n\nmore\n$ c\n```\n\n```sh\n$ d\n```\n";
    let found = steps(page);
    assert_eq!(found.len(), 2);
    assert_eq!(
        (found[0].command.as_str(), found[0].shown.clone()),
        ("a \\\n    b", 5..8)
    );
    assert_eq!(
        (found[1].command.as_str(), found[1].shown.clone()),
        ("c", 9..9)
    );
}

#[test]
fn an_ellipsis_stands_for_what_differs() {
    assert!(agree(&["a … b", "…", "end"], &["a 17 b", "x", "y", "end"]));
    assert!(agree(&["…", "end"], &["end"]));
    assert!(agree(&["id …"], &["id 4"]));
    assert!(!agree(&["a … b"], &["a 17 c"]));
    assert!(!agree(&["…", "end"], &["x"]));
    assert!(!agree(&["a"], &["a", "b"]));
    assert!(!agree(&["ab…ba"], &["aba"]));
}

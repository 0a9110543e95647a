//! One thing that is wrong, in full: the cause, what the cluster said and whether that leads astray, the evidence, what is
//! ruled out, what to do.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::who::{Home, listed, one_image};
use super::wrap::{capital, command_lines, hanging, labelled, put, wrapped};
use super::{Detail, LABEL, Look, labels};
use crate::report::group::Group;
use crate::report::v1::{Evidence, Judged, Observed};
use crate::ui::sanitize_line;

/// Members of a group that are listed, and commands of one remedy.
const MEMBERS: usize = 10;
const COMMANDS: usize = 5;
/// Remedies of a group.
const REMEDIES: usize = 6;
/// Characters of a message that are quoted.
const QUOTED: usize = 300;

/// Everything below the first line of a group.
pub(super) fn body(text: &mut String, group: &Group<'_>, home: Home<'_>, look: &Look) {
    let result = group.first;
    if group.members.len() > 1 {
        members(text, group, home, look);
    }
    text.push('\n');
    sentence(text, result, look);
    if !result.alternatives.is_empty() {
        labelled(text, "left open", &result.alternatives.join(", "), look);
    }
    if let Some(settle) = &result.settled_by {
        labelled(text, "settled by", settle, look);
    }
    if let Some(seen) = &result.observed {
        said(text, result, seen, look);
    }
    because(text, group, home, look);
    let names = labels::ruled_out(&result.ruled_out, result.cause.as_deref());
    if !names.is_empty() {
        labelled(text, "ruled out", &names.join(", "), look);
    }
    fixes(text, group, look);
}

/// One line a target, with its image where they want several.
fn members(text: &mut String, group: &Group<'_>, home: Home<'_>, look: &Look) {
    let limit = if look.detail >= Detail::Stages {
        usize::MAX
    } else {
        MEMBERS
    };
    let images = !group.first.target.is_image() && !one_image(group);
    text.push('\n');
    for member in group.members.iter().take(limit) {
        let mut words = listed(member, home);
        if images {
            words = format!("{words}: {}", member.image);
        }
        put(
            text,
            format_args!("    {}", hanging(&words, 4, 6, look.columns())),
        );
    }
    let more = group.members.iter().skip(limit);
    let namespaces: BTreeSet<&str> = more
        .clone()
        .filter_map(|member| member.target.namespace.as_deref())
        .collect();
    let place = match namespaces.len() {
        0 | 1 => String::new(),
        several => format!(" in {several} namespaces"),
    };
    match more.count() {
        0 => {}
        more => put(text, format_args!("    and {more} more{place}\n")),
    }
}

/// The summary as a sentence, with cause and confidence at the end of a line of their own when they do not fit behind it.
fn sentence(text: &mut String, result: &Judged, look: &Look) {
    let mut summary = capital(&sanitize_line(&result.summary, 600));
    summary.push('.');
    let lines = wrapped(&summary, look.columns() - 2);
    let id = result
        .cause
        .as_ref()
        .map(|cause| format!("{cause} {} {}", look.glyphs.dot, result.confidence));
    let last = lines.last().map_or(0, |line| line.chars().count());
    for line in &lines[..lines.len().saturating_sub(1)] {
        put(text, format_args!("  {line}\n"));
    }
    let last_line = lines.last().map(String::as_str).unwrap_or_default();
    match id {
        None => put(text, format_args!("  {last_line}\n")),
        Some(id) => {
            let width = id.chars().count();
            let shown = look.paint.bold(&id);
            if last + 2 + width + 2 <= look.columns() {
                let gap = look.columns() - 2 - last - width;
                put(
                    text,
                    format_args!("  {last_line}{}{shown}\n", " ".repeat(gap)),
                );
            } else {
                let gap = look.columns().saturating_sub(width);
                put(
                    text,
                    format_args!("  {last_line}\n{}{shown}\n", " ".repeat(gap)),
                );
            }
        }
    }
}

/// What the cluster said, what that points at, and where that is not it: the sentence that this tool is for.
pub(super) fn said(text: &mut String, result: &Judged, seen: &Observed, look: &Look) {
    let label = match &*seen.source {
        "condition" => "import says".to_owned(),
        other => format!("{} says", sanitize_line(other, 6)),
    };
    let truth = || match result.known_cause() {
        Some(cause) => cause.title().to_owned(),
        None => sanitize_line(&result.summary, 200),
    };
    // A verdict that rests on these words alone does not confirm them.
    let alone = result
        .because
        .iter()
        .all(|id| Some(id) == seen.evidence.as_ref());
    let known = result.known_cause().is_some_and(|cause| !cause.is_open()) && !alone;
    let verdict = match seen.points_at.as_deref() {
        None | Some("unknown") => "names no cause".to_owned(),
        Some("ambiguous") => "leaves open whether it is the credentials or the name".to_owned(),
        Some(family) => {
            let points = format!("points at {}", labels::family(family));
            if seen.misleading {
                format!("{points}, and that is not it: {}", truth())
            } else if known {
                format!("{points}, and rightly")
            } else {
                points
            }
        }
    };
    let message = sanitize_line(&seen.message, QUOTED);
    labelled(text, &label, &format!("\"{message}\": {verdict}"), look);
}

fn because(text: &mut String, group: &Group<'_>, home: Home<'_>, look: &Look) {
    let result = group.first;
    let told = result
        .observed
        .as_ref()
        .and_then(|seen| seen.evidence.as_deref());
    let items: Vec<&Evidence> = result
        .because()
        .filter(|item| Some(item.id.as_str()) != told)
        .collect();
    if items.is_empty() {
        return;
    }
    if group.members.len() > 1 {
        let whose = format!("because, for {}", listed(result, home));
        put(
            text,
            format_args!("\n  {}", hanging(&whose, 2, 4, look.columns())),
        );
    } else {
        text.push_str("\n  because\n");
    }
    for item in items {
        let label = format!("{} {}", item.vantage, item.check);
        let line = hanging(&item.detail, 4 + 19, 4 + 19, look.columns());
        put(
            text,
            format_args!("    {}{}", look.paint.dim(&format!("{label:<19}")), line),
        );
    }
}

/// A remedy of a group: its words once, its commands for all members, each once.
struct Fix<'a> {
    summary: &'a str,
    commands: Vec<&'a [String]>,
}

/// The remedies of all members by their words, the first's own first and in their order.
fn merged<'a>(group: &Group<'a>) -> Vec<Fix<'a>> {
    let mut fixes: Vec<Fix<'a>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut seen: HashSet<(usize, &[String])> = HashSet::new();
    let members = std::iter::once(&group.first).chain(&group.members);
    for remedy in members.flat_map(|member| &member.remedies) {
        let at = *places.entry(&remedy.summary).or_insert_with(|| {
            fixes.push(Fix {
                summary: &remedy.summary,
                commands: Vec::new(),
            });
            fixes.len() - 1
        });
        if let Some(fix) = fixes.get_mut(at) {
            let commands = remedy.commands.iter().map(Vec::as_slice);
            fix.commands
                .extend(commands.filter(|command| seen.insert((at, *command))));
        }
    }
    fixes
}

fn fixes(text: &mut String, group: &Group<'_>, look: &Look) {
    let fixes = merged(group);
    if fixes.is_empty() {
        return;
    }
    text.push('\n');
    let (most, most_commands) = match look.detail {
        Detail::Quiet | Detail::Normal => (REMEDIES, COMMANDS),
        Detail::Stages | Detail::Wire => (usize::MAX, usize::MAX),
    };
    for (at, fix) in fixes.iter().take(most).enumerate() {
        let label = match (fixes.len(), u8::try_from(at)) {
            (1, _) => "fix".to_owned(),
            (_, Ok(letter @ 0..26)) => format!("fix {}", char::from(b'a' + letter)),
            _ => format!("fix {}", at + 1),
        };
        labelled(text, &label, fix.summary, look);
        for command in fix.commands.iter().take(most_commands) {
            for line in command_lines(command, look.columns() - LABEL - 2) {
                put(
                    text,
                    format_args!("{}{}\n", " ".repeat(LABEL + 2), look.paint.cyan(&line)),
                );
            }
        }
        more(text, fix.commands.len(), most_commands, "like it", look);
    }
    more(text, fixes.len(), most, "for other targets", look);
}

fn more(text: &mut String, there: usize, shown: usize, of: &str, look: &Look) {
    let more = there.saturating_sub(shown);
    if more > 0 {
        labelled(
            text,
            "",
            &format!("and {more} more {of}; -v prints them"),
            look,
        );
    }
}

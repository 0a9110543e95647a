//! The report for people: what is wrong, why that is known, what is ruled out, what to do; at most 83 columns, and as clear
//! without colour.

mod labels;
pub mod reading;
mod verbose;
pub(super) mod wrap;

use crate::doctor::diagnosis::{Diagnosis, Outcome, Report, Verdict};
use crate::doctor::evidence::{Check, Evidence, Fact, SkipReason, Status};
use crate::doctor::rank::confidence;
use crate::doctor::remedies::Remedy;
use crate::doctor::target::{Consumer, Operation};
use crate::ui::{Glyphs, Paint, sanitize_line};

use wrap::{command_lines, hanging, put, wrapped};

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// The first line of each target (`-q`).
    Quiet,
    Normal,
    /// One line more for each stage, with its time (`-v`).
    Stages,
    /// Requests and answers too, without credentials (`-vv`).
    Wire,
}

/// How it is printed.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    pub paint: Paint,
    pub glyphs: Glyphs,
    /// Columns of the terminal.
    pub width: usize,
    pub detail: Detail,
}

/// Lines are shorter than this, whatever the terminal offers.
const WIDEST: usize = 83;

/// Where the text of a labelled line begins.
const LABEL: usize = 12;

impl Look {
    fn columns(&self) -> usize {
        self.width.min(WIDEST)
    }
}

/// The whole report, ending in a line end.
pub fn render(report: &Report, look: &Look) -> String {
    let mut text = String::new();
    for (at, diagnosis) in report.results.iter().enumerate() {
        if at > 0 && look.detail > Detail::Quiet {
            text.push('\n');
        }
        text.push_str(&headline(diagnosis, look));
        if look.detail > Detail::Quiet {
            body(&mut text, diagnosis, look);
        }
    }
    if look.detail == Detail::Quiet {
        return text;
    }
    if look.detail >= Detail::Wire {
        text.push_str(&verbose::wire(&report.exchanges, look));
    }
    text.push('\n');
    text.push_str(&footer(report, look));
    text
}

/// `✗ shop/default cannot pull IMAGE`.
fn headline(diagnosis: &Diagnosis, look: &Look) -> String {
    let who = match &diagnosis.subject.consumer {
        Consumer::ServiceAccount { namespace, name } => format!("{namespace}/{name} "),
        Consumer::AuthFile { path } => format!("{} ", sanitize_line(path, 40)),
        Consumer::Anonymous | Consumer::Credential => String::new(),
        consumer => format!("{} ", sanitize_line(&consumer.words(), 120)),
    };
    let verb = diagnosis.subject.operation.word();
    let (glyph, words) = match diagnosis.outcome() {
        Outcome::Healthy => (
            look.paint.green(look.glyphs.pass),
            format!("{who}can {verb}"),
        ),
        Outcome::Failed => (
            look.paint.red(look.glyphs.fail),
            format!("{who}cannot {verb}"),
        ),
        Outcome::Undetermined if who.is_empty() => (
            look.paint.yellow(look.glyphs.unknown),
            format!("cannot tell about a {verb} of"),
        ),
        Outcome::Undetermined => (
            look.paint.yellow(look.glyphs.unknown),
            format!("cannot tell whether {who}can {verb}"),
        ),
    };
    let image = sanitize_line(&diagnosis.subject.text, 400);
    let indent = look.glyphs.pass.chars().count().max(1) + 1;
    format!(
        "{glyph} {}",
        hanging(
            &format!("{words} {}", look.paint.bold(&image)),
            indent,
            indent,
            look.columns()
        )
    )
}

fn body(text: &mut String, diagnosis: &Diagnosis, look: &Look) {
    text.push('\n');
    match &diagnosis.verdict {
        Verdict::Healthy => healthy(text, diagnosis, look),
        Verdict::Found { finding, remedies } => {
            sentence(text, diagnosis, look);
            if !finding.alternatives.is_empty() {
                let ids: Vec<&str> = finding
                    .alternatives
                    .iter()
                    .map(|cause| cause.id())
                    .collect();
                labelled(text, "left open", &ids.join(", "), look);
            }
            if let Some(settle) = &finding.settle {
                labelled(text, "settled by", settle, look);
            }
            because(text, diagnosis, look);
            ruled_out(text, diagnosis, look);
            fixes(text, remedies, look);
        }
        Verdict::Open { .. } => {
            sentence(text, diagnosis, look);
            because(text, diagnosis, look);
            ruled_out(text, diagnosis, look);
        }
    }
    if look.detail >= Detail::Stages {
        text.push('\n');
        text.push_str(&verbose::stages(diagnosis, look));
    }
}

/// The summary as a sentence, with cause and confidence at the end of a line of their own when they do not fit behind it.
fn sentence(text: &mut String, diagnosis: &Diagnosis, look: &Look) {
    let mut summary = capital(&sanitize_line(&diagnosis.summary(), 600));
    summary.push('.');
    let lines = wrapped(&summary, look.columns() - 2);
    let id = diagnosis.cause().map(|cause| {
        format!(
            "{cause} {} {}",
            look.glyphs.dot,
            confidence(&diagnosis.verdict).word()
        )
    });
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

fn because(text: &mut String, diagnosis: &Diagnosis, look: &Look) {
    let items: Vec<&Evidence> = diagnosis
        .because()
        .iter()
        .filter_map(|at| diagnosis.evidence.as_slice().get(*at))
        .collect();
    if items.is_empty() {
        return;
    }
    text.push_str("\n  because\n");
    for item in items {
        let label = format!("{} {}", item.vantage.word(), item.check.word());
        let line = hanging(&item.detail, 4 + 19, 4 + 19, look.columns());
        put(
            text,
            format_args!("    {}{}", look.paint.dim(&format!("{label:<19}")), line),
        );
    }
}

fn ruled_out(text: &mut String, diagnosis: &Diagnosis, look: &Look) {
    let names = labels::ruled_out(&diagnosis.ruled_out, diagnosis.cause());
    if !names.is_empty() {
        labelled(text, "ruled out", &names.join(", "), look);
    }
}

fn fixes(text: &mut String, remedies: &[Remedy], look: &Look) {
    if remedies.is_empty() {
        return;
    }
    text.push('\n');
    for (at, remedy) in remedies.iter().enumerate() {
        let label = match remedies.len() {
            1 => "fix".to_owned(),
            _ => format!(
                "fix {}",
                char::from(b'a' + u8::try_from(at).unwrap_or(25).min(25))
            ),
        };
        labelled(text, &label, &remedy.summary, look);
        for command in &remedy.commands {
            for line in command_lines(command, look.columns() - LABEL - 2) {
                put(
                    text,
                    format_args!("{}{}\n", " ".repeat(LABEL + 2), look.paint.cyan(&line)),
                );
            }
        }
    }
}

/// `  label     text`, wrapped under itself.
fn labelled(text: &mut String, label: &str, words: &str, look: &Look) {
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

/// What was seen of a healthy target, a line a subject.
fn healthy(text: &mut String, diagnosis: &Diagnosis, look: &Look) {
    let rows: [(&str, &[Check]); 7] = [
        ("image", &[Check::Manifest, Check::Blobs]),
        ("policy", &[Check::Policy, Check::Mirror]),
        ("reach", &[Check::Dns, Check::Tcp, Check::Registry]),
        ("trust", &[Check::Tls]),
        ("login", &[Check::Credentials, Check::Login]),
        ("platform", &[Check::Platform]),
        ("push", &[Check::Push]),
    ];
    let dot = format!(" {} ", look.glyphs.dot);
    for (label, checks) in rows {
        let words: Vec<String> = checks
            .iter()
            .flat_map(|check| diagnosis.evidence.of(*check))
            .filter(|(_, item)| is_worth_a_word(item, diagnosis))
            .filter_map(|(_, item)| row_words(item, diagnosis.subject.operation, look))
            .collect();
        if !words.is_empty() {
            labelled(text, label, &words.join(&dot), look);
        }
    }
}

/// Of what was seen of a manifest with several credentials one line is enough, and a secret that matches is named with the
/// login that it gives.
fn is_worth_a_word(item: &Evidence, diagnosis: &Diagnosis) -> bool {
    match &item.fact {
        Some(Fact::Source(_)) => item.status != Status::Pass,
        Some(Fact::Manifest(view)) => {
            let last = diagnosis
                .evidence
                .facts(|fact| match fact {
                    Fact::Manifest(view) => Some(view.credential),
                    _ => None,
                })
                .last();
            last.is_none_or(|(_, credential)| credential == view.credential)
        }
        _ => true,
    }
}

fn row_words(item: &Evidence, operation: Operation, look: &Look) -> Option<String> {
    match (item.status, item.skip_reason) {
        (Status::Skip, Some(SkipReason::OptIn)) if operation == Operation::Pull => {
            Some(item.detail.clone())
        }
        (Status::Skip, _) => None,
        (Status::Warn | Status::Fail, _) => Some(format!(
            "{} {}",
            look.paint.yellow(look.glyphs.warn),
            item.detail
        )),
        // Who it was that got the manifest stands in the login's line.
        (Status::Pass, _) if item.check == Check::Manifest => item
            .detail
            .split_once(": ")
            .map(|(_, words)| words.to_owned()),
        (Status::Pass, _) => Some(item.detail.clone()),
    }
}

/// `1 problem · 17 checks in 1.1 s · all observed`, and where to read on.
fn footer(report: &Report, look: &Look) -> String {
    let failed = report.count(Outcome::Failed);
    let open = report.count(Outcome::Undetermined);
    let plural =
        |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let mut parts = vec![plural(failed, "problem")];
    if open > 0 {
        parts.push(format!("{open} undetermined"));
    }
    if report.results.len() > 1 {
        parts.insert(0, plural(report.results.len(), "result"));
    }
    let items = || {
        report
            .results
            .iter()
            .flat_map(|result| result.evidence.iter())
    };
    let looked = items().filter(|item| item.status != Status::Skip).count();
    parts.push(format!(
        "{} in {:.1} s",
        plural(looked, "check"),
        report.elapsed.as_secs_f64()
    ));
    // What was not reached because something else failed is no news.
    let unseen = items()
        .filter(|item| {
            matches!(
                item.skip_reason,
                Some(SkipReason::Forbidden | SkipReason::TimedOut)
            )
        })
        .count();
    parts.push(if unseen == 0 {
        "all observed".to_owned()
    } else {
        format!("{unseen} not observed")
    });
    let assumed = items()
        .filter(|item| matches!(&item.fact, Some(Fact::Chain(chain)) if chain.assumed.is_some()))
        .count();
    if assumed > 0 {
        parts.push(format!("{assumed} assumed"));
    }
    let dot = format!(" {} ", look.glyphs.dot);
    let left = parts.join(&dot);
    let causes: std::collections::BTreeSet<_> =
        report.results.iter().filter_map(Diagnosis::cause).collect();
    let mut text = hanging(&left, 2, 2, look.columns());
    text.insert_str(0, "  ");
    for cause in causes {
        let command = format!("{} extreg explain {cause}", report.setting.client());
        put(&mut text, format_args!("  {}\n", look.paint.cyan(&command)));
    }
    text
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        // The name of a host or a file stays as it is written.
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

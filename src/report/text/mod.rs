//! The report for people: what is wrong, why that is known, what is ruled out, what to do; at most 83 columns, and as clear
//! without colour.

mod block;
mod footer;
mod healthy;
mod labels;
pub mod reading;
mod verbose;
mod who;
pub(super) mod wrap;

use super::group::{Group, Groups, groups};
use super::v1::{Judged, Report};
use crate::model::observation::Exchange;
use crate::ui::{Glyphs, Paint, Ui};

use who::{Home, group_headline, headline};
use wrap::put;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// The first line of each cause and each target that works (`-q`).
    Quiet,
    Normal,
    /// One line more for each stage, with its time, and no list cut short (`-v`).
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

impl Look {
    /// As this terminal, or what stands for it, shows it.
    pub fn on(ui: &Ui, detail: Detail) -> Self {
        Self {
            paint: ui.paint(),
            glyphs: ui.glyphs(),
            width: ui.width(),
            detail,
        }
    }
}

/// Lines are shorter than this, whatever the terminal offers.
const WIDEST: usize = 83;

/// Where the text of a labelled line begins.
const LABEL: usize = 12;

/// Targets that work are listed up to this number.
const HEALTHY: usize = 10;

/// For files: no colour, no terminal.
const PLAIN: Look = Look {
    paint: Paint::plain(),
    glyphs: Glyphs::for_locale(true),
    width: WIDEST,
    detail: Detail::Normal,
};

impl Look {
    fn columns(&self) -> usize {
        self.width.min(WIDEST)
    }

    /// Columns of a first line: `-q` promises one line.
    fn line(&self) -> usize {
        if self.detail == Detail::Quiet {
            usize::MAX
        } else {
            self.columns()
        }
    }
}

/// The whole report, ending in a line end. `exchanges` are the requests of the run, which no report holds.
pub fn render(report: &Report, exchanges: &[Exchange], look: &Look) -> String {
    let home = Home::of(report);
    let groups = groups(&report.results);
    let mut text = String::new();
    for group in &groups.faulty {
        if !text.is_empty() && look.detail > Detail::Quiet {
            text.push('\n');
        }
        text.push_str(&group_headline(group, home, look));
        if look.detail > Detail::Quiet {
            block::body(&mut text, group, home, look);
            stages(&mut text, group.first, look);
        }
    }
    healthy(&mut text, &groups, home, look);
    if look.detail == Detail::Quiet {
        return text;
    }
    if look.detail >= Detail::Wire && !exchanges.is_empty() {
        text.push_str(&verbose::wire(exchanges, look));
    }
    let unread = footer::not_read(report.results.iter(), look);
    if !unread.is_empty() {
        put(&mut text, format_args!("\n{unread}"));
    }
    text.push('\n');
    text.push_str(&footer::footer(report, &groups, look));
    text
}

fn stages(text: &mut String, result: &Judged, look: &Look) {
    if look.detail >= Detail::Stages {
        text.push('\n');
        text.push_str(&verbose::stages(result, look));
    }
}

/// What works, at the end: in full where it is all that there is, a line each where there is more, a number where there is
/// much of it.
fn healthy(text: &mut String, groups: &Groups<'_>, home: Home<'_>, look: &Look) {
    let alone = groups.faulty.is_empty() && are_one_image(&groups.healthy);
    let few = groups.healthy.len() <= HEALTHY;
    let whole = look.detail >= Detail::Stages;
    if groups.healthy.is_empty() {
        return;
    }
    let full = look.detail > Detail::Quiet && (alone || (whole && few));
    if !text.is_empty() && look.detail > Detail::Quiet && !full {
        text.push('\n');
    }
    if !few && !whole {
        let hint = match look.detail {
            Detail::Quiet => "",
            _ => " (-v lists them)",
        };
        let mark = look.paint.green(look.glyphs.pass);
        let count = groups.healthy.len();
        put(
            text,
            format_args!("{mark} {count} targets are healthy{hint}\n"),
        );
        return;
    }
    for result in &groups.healthy {
        if full && !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&headline(result, home, look));
        if full {
            text.push('\n');
            healthy::rows(text, result, look);
            if let Some(seen) = &result.observed {
                block::said(text, result, seen, look);
            }
            stages(text, result, look);
        }
    }
}

/// The same image of the same target, also as pull and push.
fn are_one_image(results: &[&Judged]) -> bool {
    let mut pairs = results.iter().map(|result| (&result.target, &result.image));
    let first = pairs.next();
    pairs.all(|pair| Some(pair) == first)
}

/// A result by itself, in full and without colour, with the place to read on.
pub(super) fn one(result: &Judged, report: &Report) -> String {
    let look = &PLAIN;
    let group = Group {
        first: result,
        members: vec![result],
    };
    let home = Home::of(report);
    let mut text = group_headline(&group, home, look);
    block::body(&mut text, &group, home, look);
    if let Some(cause) = &result.cause {
        put(
            &mut text,
            format_args!("\n  {} explain {cause}\n", report.command()),
        );
    }
    text
}

/// What was not read of these results for lack of a right.
pub(super) fn not_read<'a>(results: impl Iterator<Item = &'a Judged>) -> String {
    footer::not_read(results, &PLAIN)
}

/// A target by its name in a report.
pub(super) fn name(result: &Judged, report: &Report) -> String {
    who::listed(result, Home::of(report))
}

/// The first line of a result by itself, for lists of changes in a report.
pub(super) fn first_line(result: &Judged, report: &Report, look: &Look) -> String {
    headline(result, Home::of(report), look)
}

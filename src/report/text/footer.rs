//! The end of a report: what could not be read, the counts, and where to read on.

use std::collections::{BTreeMap, BTreeSet};

use super::wrap::{hanging, labelled, plural, put};
use super::{Detail, Look};
use crate::doctor::diagnosis::Outcome;
use crate::report::group::Groups;
use crate::report::v1::{Evidence, Judged, Report};

/// Rights that are listed, and namespaces of one.
const RIGHTS: usize = 10;
const NAMESPACES: usize = 3;

fn items(report: &Report) -> impl Iterator<Item = &Evidence> {
    report
        .results
        .iter()
        .flat_map(|result| result.evidence.iter())
}

/// What was not read for lack of a right, each once: `events in shop (no right to list events)`.
pub(super) fn not_read<'a>(results: impl Iterator<Item = &'a Judged>, look: &Look) -> String {
    let mut rights: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let refused = results
        .flat_map(|result| &result.evidence)
        .filter(|item| item.skip_reason.as_deref() == Some("forbidden"));
    for item in refused.filter(|item| seen.insert(&item.detail)) {
        let (what, right, place) = right(&item.detail);
        let places = rights.entry((what, right)).or_default();
        places.extend(place);
    }
    let limit = if look.detail >= Detail::Stages {
        usize::MAX
    } else {
        RIGHTS
    };
    let mut text = String::new();
    for ((what, right), places) in rights.iter().take(limit) {
        let place = match places.len() {
            0 => String::new(),
            some => {
                let shown: Vec<&str> = places.iter().take(NAMESPACES).map(String::as_str).collect();
                let more = some.saturating_sub(NAMESPACES);
                let rest = if more > 0 {
                    format!(" and {}", plural(more, "more namespace"))
                } else {
                    String::new()
                };
                format!(" in {}{rest}", shown.join(", "))
            }
        };
        let words = match right.as_str() {
            "" => what.clone(),
            right => format!("{what}{place} ({right})"),
        };
        labelled(&mut text, "not read", &words, look);
    }
    let more = rights.len().saturating_sub(limit);
    if more > 0 {
        labelled(
            &mut text,
            "",
            &format!("and {more} more; -v lists them"),
            look,
        );
    }
    text
}

/// Resource, right and namespace of `no right to list events in the namespace shop`; other words stay whole.
fn right(detail: &str) -> (String, String, Option<String>) {
    let whole = || (detail.to_owned(), String::new(), None);
    let Some(words) = detail.strip_prefix("no right to ") else {
        return whole();
    };
    let (deed, place) = match words.split_once(" in the namespace ") {
        Some((deed, place)) => (deed, Some(place.to_owned())),
        None => (words, None),
    };
    match deed.split_once(' ') {
        Some((_, resource)) if !resource.contains(' ') => {
            (resource.to_owned(), format!("no right to {deed}"), place)
        }
        _ => whole(),
    }
}

/// `1 problem · 17 checks in 1.1 s · all observed`, and where to read on.
pub(super) fn footer(report: &Report, groups: &Groups<'_>, look: &Look) -> String {
    let (failed, open) = (
        report.count(Outcome::Failed),
        report.count(Outcome::Undetermined),
    );
    let mut parts = Vec::new();
    if report.results.len() > 1 {
        parts.push(plural(report.results.len(), "result"));
    }
    let causes = groups
        .faulty
        .iter()
        .filter(|group| group.first.outcome() == Outcome::Failed)
        .count();
    parts.push(if causes < failed {
        format!("{}, {}", plural(failed, "problem"), plural(causes, "cause"))
    } else {
        plural(failed, "problem")
    });
    if open > 0 {
        parts.push(format!("{open} undetermined"));
    }
    let looked = items(report).filter(|item| item.status != "skip").count();
    parts.push(format!(
        "{} in {:.1} s",
        plural(looked, "check"),
        std::time::Duration::from_millis(report.elapsed_ms).as_secs_f64()
    ));
    // What was not reached because something else failed is no news.
    let unseen = items(report)
        .filter(|item| matches!(item.skip_reason.as_deref(), Some("forbidden" | "timed-out")))
        .count();
    if unseen > 0 {
        parts.push(format!("{unseen} not observed"));
    } else if !report.results.iter().any(is_gap) {
        parts.push("all observed".to_owned());
    }
    let assumed = items(report).filter(|item| item.assumed.is_some()).count();
    if assumed > 0 {
        parts.push(format!("{assumed} assumed"));
    }
    if report.interrupted {
        parts.push("interrupted".to_owned());
    }
    let dot = format!(" {} ", look.glyphs.dot);
    let mut text = hanging(&parts.join(&dot), 2, 2, look.columns());
    text.insert_str(0, "  ");
    let causes: BTreeSet<&str> = report
        .results
        .iter()
        .filter_map(|result| result.cause.as_deref())
        .collect();
    for cause in causes {
        let command = format!("{} explain {cause}", report.command());
        put(&mut text, format_args!("  {}\n", look.paint.cyan(&command)));
    }
    text
}

/// Nothing was found, and something could not be looked at: that is what such a result says.
fn is_gap(result: &Judged) -> bool {
    result.outcome() == Outcome::Undetermined && result.cause.is_none()
}

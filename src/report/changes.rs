//! Two reports on the same targets, compared: what changed between them.

use std::collections::HashMap;

use super::text::{Look, first_line, name};
use super::v1::{Judged, Report, Target};
use crate::doctor::diagnosis::Outcome;

/// What makes a result the same question as one of another report. An object keeps its place when its image changes.
type Question<'a> = (&'a Target, &'a str, Option<&'a str>);

fn question(result: &Judged) -> Question<'_> {
    let image = result.target.is_image().then_some(result.image.as_str());
    (&result.target, &result.operation, image)
}

/// One line a target whose status or cause changed, in the order of the later report, then those that are gone. Empty where
/// nothing changed.
pub fn changes(before: &Report, after: &Report, look: &Look) -> String {
    let mut old: HashMap<Question<'_>, Vec<&Judged>> = HashMap::new();
    for result in before.results.iter().rev() {
        old.entry(question(result)).or_default().push(result);
    }
    let mut text = String::new();
    for result in &after.results {
        let was = old.get_mut(&question(result)).and_then(Vec::pop);
        let words = match was {
            Some(was) if (&was.status, &was.cause) == (&result.status, &result.cause) => continue,
            Some(was) => format!("was {}", state(was)),
            None => "new".to_owned(),
        };
        let now = match result.outcome() {
            Outcome::Healthy => String::new(),
            _ => format!("{}, ", state(result)),
        };
        text.push_str(&line(result, after, &format!("{now}{words}"), look));
    }
    let gone = before.results.iter().filter(|result| {
        old.get(&question(result))
            .is_some_and(|left| left.iter().any(|one| std::ptr::eq(*one, *result)))
    });
    for result in gone {
        // Whether it works now or is not there any more, the later report does not have it.
        let words = look.paint.dim(&format!(" (was {})", state(result)));
        let line = format!(
            "{} {}: nothing fails there any more{words}\n",
            look.glyphs.dot,
            name(result, before)
        );
        text.push_str(&line);
    }
    text
}

fn state(result: &Judged) -> &str {
    result.cause.as_deref().unwrap_or(&result.status)
}

fn line(result: &Judged, report: &Report, words: &str, look: &Look) -> String {
    let line = first_line(result, report, look);
    let line = line.trim_end_matches('\n');
    format!("{line}{}\n", look.paint.dim(&format!(" ({words})")))
}

//! Whether a report that was read agrees with itself: counts, statuses, ids. It is printed as it is either way; what does not
//! agree is said.

use std::collections::HashSet;
use std::fmt;

use super::{Judged, Report, Summary};
use crate::doctor::causes::Cause;
use crate::doctor::diagnosis::Outcome;
use crate::doctor::evidence::Check;

/// One thing that does not agree, as the end of a sentence on the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark(String);

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Everything that does not agree, the report's head first.
pub fn remarks(report: &Report) -> Vec<Remark> {
    let mut words = Vec::new();
    let counted = Summary::of(&report.results);
    let said = &report.summary;
    for (what, said, counted) in [
        ("results", said.checked, counted.checked),
        ("healthy ones", said.healthy, counted.healthy),
        ("failed ones", said.failed, counted.failed),
        ("undetermined ones", said.undetermined, counted.undetermined),
    ] {
        if said != counted {
            words.push(format!(
                "its summary counts {said} {what}, and it has {counted}"
            ));
        }
    }
    // Reports of earlier versions have no count of causes.
    if !said.causes.is_empty() && said.causes != counted.causes {
        words.push("its summary counts other causes than its results have".to_owned());
    }
    for (at, result) in report.results.iter().enumerate() {
        let place = format!("result {} ({})", at + 1, result.image);
        words.extend(
            of_result(result)
                .into_iter()
                .map(|what| format!("{place}: {what}")),
        );
    }
    words.into_iter().map(Remark).collect()
}

fn of_result(result: &Judged) -> Vec<String> {
    let mut words = Vec::new();
    let known = [Outcome::Healthy, Outcome::Failed, Outcome::Undetermined]
        .iter()
        .any(|outcome| outcome.word() == result.status);
    if !known {
        words.push(format!(
            "this version does not know the status {}, and takes it for undetermined",
            result.status
        ));
    }
    match (result.cause.as_deref(), result.known_cause()) {
        (Some(id), None) => words.push(format!("this version does not know the cause {id}")),
        (_, cause) if known && !follows(result.outcome(), cause) => words.push(format!(
            "the status {} does not follow from {}",
            result.status,
            cause.map_or("no cause".to_owned(), |cause| format!("the cause {cause}"))
        )),
        _ => {}
    }
    let family = result
        .cause
        .as_deref()
        .map(|id| id.split_once('.').map_or(id, |(family, _)| family));
    if result.family.as_deref() != family {
        words.push("its family is not that of its cause".to_owned());
    }
    let mut ids = HashSet::new();
    if let Some(twice) = result.evidence.iter().find(|item| !ids.insert(&item.id)) {
        words.push(format!("it has the evidence {} twice", twice.id));
    }
    let named = result.because.iter().chain(
        result
            .observed
            .iter()
            .filter_map(|seen| seen.evidence.as_ref()),
    );
    if let Some(missing) = named.into_iter().find(|id| !ids.contains(id)) {
        words.push(format!(
            "it rests on the evidence {missing}, which it does not have"
        ));
    }
    let lacks = Check::ALL.iter().find(|check| {
        !result
            .evidence
            .iter()
            .any(|item| item.check == check.word())
    });
    if let Some(check) = lacks {
        words.push(format!("it has no evidence on the stage {}", check.word()));
    }
    words
}

/// The contract: a cause makes a target fail, unless it says that nothing can be told; without one it is healthy, or open.
fn follows(outcome: Outcome, cause: Option<Cause>) -> bool {
    match cause {
        None => outcome != Outcome::Failed,
        Some(cause) if cause.is_open() => outcome == Outcome::Undetermined,
        Some(_) => outcome == Outcome::Failed,
    }
}

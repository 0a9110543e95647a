//! A report as JUnit XML, for what shows the results of pipelines: a suite a namespace, a case a result.
//!
//! There is no standard. The elements are those that both Jenkins (junit-plugin `CaseResult`, `SuiteResult`) and GitLab
//! (`Gitlab::Ci::Parsers::Test::Junit`) read. Both tell cases apart by class and name, and GitLab drops the second of a
//! name, so no two are the same here; both show the text of the element that says how a case ended, and GitLab only that,
//! so everything is in it.
//!
//! `failed` is a failure. `undetermined` is an error, which is JUnit's word for a test that could not be carried out:
//! `skipped` would show green, and what was not observed is not healthy.

mod xml;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write};

use super::text;
use super::v1::{Judged, Report};
use crate::doctor::diagnosis::Outcome;
use xml::Writer;

/// The suite and the class of what belongs to no namespace: images of the command line, and the run itself.
const NO_NAMESPACE: &str = "doctor";

/// A case: what it is called, and the result that it shows.
struct Case<'a> {
    class: String,
    name: String,
    result: &'a Judged,
}

/// Writes a report.
///
/// # Errors
///
/// When it cannot be written.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let mut buffer = BufWriter::new(out);
    let mut xml = Writer::new(&mut buffer)?;
    let own = own_case(report);
    let (failed, open) = (
        report.count(Outcome::Failed),
        report.count(Outcome::Undetermined),
    );
    xml.begin(
        "testsuites",
        &[
            ("name", format!("{} doctor", report.command())),
            (
                "tests",
                (report.results.len() + usize::from(own.is_some())).to_string(),
            ),
            ("failures", failed.to_string()),
            (
                "errors",
                (open + usize::from(report.interrupted)).to_string(),
            ),
            ("skipped", "0".to_owned()),
            ("time", seconds(report.elapsed_ms)),
        ],
    )?;
    if let Some(case) = own {
        case.write(report, &mut xml)?;
    }
    for (name, cases) in suites(report) {
        suite(report, name, &cases, &mut xml)?;
    }
    xml.end()?;
    buffer.flush()
}

/// What is said of the run itself. A file without a case fails in Jenkins, and nothing to complain of is no failure.
enum Own {
    NothingFound,
    Interrupted,
}

fn own_case(report: &Report) -> Option<Own> {
    match (report.interrupted, report.results.is_empty()) {
        (true, _) => Some(Own::Interrupted),
        (false, true) => Some(Own::NothingFound),
        (false, false) => None,
    }
}

impl Own {
    fn write(&self, report: &Report, xml: &mut Writer<'_>) -> io::Result<()> {
        let errors = usize::from(matches!(self, Self::Interrupted));
        begin_suite(report, "run", (1, 0, errors), report.elapsed_ms, xml)?;
        let case = |name: &str| {
            vec![
                ("classname", NO_NAMESPACE.to_owned()),
                ("name", name.to_owned()),
                ("time", seconds(report.elapsed_ms)),
            ]
        };
        match self {
            Self::NothingFound => xml.empty("testcase", &case("nothing to complain of"))?,
            Self::Interrupted => {
                xml.begin("testcase", &case("the run came to its end"))?;
                let words = "interrupted: the results are what was known by then";
                let why = [
                    ("message", words.to_owned()),
                    ("type", "interrupted".to_owned()),
                ];
                xml.text("error", &why, words)?;
                xml.end()?;
            }
        }
        xml.end()
    }
}

/// The namespaces in the order of the report, each with its cases.
fn suites(report: &Report) -> Vec<(&str, Vec<Case<'_>>)> {
    let mut suites: Vec<(&str, Vec<Case<'_>>)> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for case in cases(&report.results) {
        let name = case
            .result
            .target
            .namespace
            .as_deref()
            .unwrap_or(NO_NAMESPACE);
        let at = *places.entry(name).or_insert_with(|| {
            suites.push((name, Vec::new()));
            suites.len() - 1
        });
        if let Some((_, cases)) = suites.get_mut(at) {
            cases.push(case);
        }
    }
    suites
}

/// `shop.Deployment` and `web/main (pull)`. The image is named where these are not enough, because it changes with every
/// release and a case is to stay the same one; a number where that is not enough either.
fn cases(results: &[Judged]) -> Vec<Case<'_>> {
    let class = |result: &Judged| {
        let place = result.target.namespace.as_deref().unwrap_or(NO_NAMESPACE);
        format!("{place}.{}", result.target.kind)
    };
    let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for result in results {
        *counts.entry((class(result), short(result))).or_default() += 1;
    }
    let mut taken: BTreeSet<(String, String)> = BTreeSet::new();
    results
        .iter()
        .map(|result| {
            let class = class(result);
            let mut name = short(result);
            if counts
                .get(&(class.clone(), name.clone()))
                .is_some_and(|count| *count > 1)
                && !result.target.is_image()
            {
                name = format!("{name} {}", result.image);
            }
            let (stem, mut number) = (name.clone(), 1);
            while !taken.insert((class.clone(), name.clone())) {
                number += 1;
                name = format!("{stem} #{number}");
            }
            Case {
                class,
                name,
                result,
            }
        })
        .collect()
}

/// What of a result stays the same from run to run.
fn short(result: &Judged) -> String {
    let target = &result.target;
    let object = match (&target.name, &target.container) {
        (None, _) => result.image.clone(),
        (Some(name), None) => name.clone(),
        (Some(name), Some(container)) => format!("{name}/{container}"),
    };
    format!("{object} ({})", result.operation)
}

fn begin_suite(
    report: &Report,
    name: &str,
    (tests, failures, errors): (usize, usize, usize),
    elapsed_ms: u64,
    xml: &mut Writer<'_>,
) -> io::Result<()> {
    xml.begin(
        "testsuite",
        &[
            ("name", name.to_owned()),
            ("tests", tests.to_string()),
            ("failures", failures.to_string()),
            ("errors", errors.to_string()),
            ("skipped", "0".to_owned()),
            ("time", seconds(elapsed_ms)),
            ("timestamp", report.started_at.clone()),
        ],
    )
}

fn suite(report: &Report, name: &str, cases: &[Case<'_>], xml: &mut Writer<'_>) -> io::Result<()> {
    let count = |outcome| {
        cases
            .iter()
            .filter(|case| case.result.outcome() == outcome)
            .count()
    };
    let totals = (
        cases.len(),
        count(Outcome::Failed),
        count(Outcome::Undetermined),
    );
    let elapsed = cases.iter().map(|case| elapsed(case.result)).sum();
    begin_suite(report, name, totals, elapsed, xml)?;
    for case in cases {
        case.write(report, xml)?;
    }
    let results = cases.iter().map(|case| case.result);
    let unread = text::not_read(results);
    if !unread.is_empty() {
        xml.text("system-err", &[], &unread)?;
    }
    xml.end()
}

impl Case<'_> {
    fn write(&self, report: &Report, xml: &mut Writer<'_>) -> io::Result<()> {
        let attributes = [
            ("classname", self.class.clone()),
            ("name", self.name.clone()),
            ("time", seconds(elapsed(self.result))),
        ];
        let element = match self.result.outcome() {
            Outcome::Healthy => return xml.empty("testcase", &attributes),
            Outcome::Failed => "failure",
            Outcome::Undetermined => "error",
        };
        let cause = self.result.cause.as_deref().unwrap_or("undetermined");
        xml.begin("testcase", &attributes)?;
        let why = [
            ("message", self.result.summary.clone()),
            ("type", cause.to_owned()),
        ];
        xml.text(element, &why, &text::one(self.result, report))?;
        xml.end()
    }
}

/// What the checks of a result took, one after the other; some of them ran beside each other.
fn elapsed(result: &Judged) -> u64 {
    result
        .evidence
        .iter()
        .filter_map(|item| item.elapsed_ms)
        .sum()
}

fn seconds(millis: u64) -> String {
    format!("{}.{:03}", millis / 1000, millis % 1000)
}

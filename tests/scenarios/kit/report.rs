//! What every report must fulfil, and what of it tests and their messages show.

use extreg::doctor::causes::Cause;
use extreg::doctor::diagnosis::{Diagnosis, Report};
use extreg::report::redact::redacted;
use extreg::report::text::{self, Detail, Look};
use extreg::report::v1;
use extreg::ui::{Glyphs, Paint};

use super::{SECRET, WRONG};

/// The first result.
#[track_caller]
pub(crate) fn one(report: Report) -> Diagnosis {
    report.results.into_iter().next().expect("a result")
}

/// All that a reader would want to know of a result.
pub(crate) fn told(result: &Diagnosis) -> String {
    let head = format!(
        "{} {:?} {}: {}",
        result.subject.text,
        result.outcome(),
        result.cause().map_or("-", Cause::id),
        result.summary()
    );
    let lines = result.evidence.iter().map(|item| {
        format!(
            "  {} {} {}: {}",
            item.check.word(),
            item.vantage.word(),
            item.status.word(),
            item.detail
        )
    });
    std::iter::once(head)
        .chain(lines)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The commands of the remedies, one a line.
pub(crate) fn commands_of(result: &Diagnosis) -> String {
    let commands = result.remedies().iter().flat_map(|remedy| &remedy.commands);
    let lines: Vec<String> = commands.map(|words| words.join(" ")).collect();
    lines.join("\n")
}

/// The command of the first remedy that has one.
pub(crate) fn command_of(result: &Diagnosis) -> String {
    let commands = commands_of(result);
    commands.lines().next().unwrap_or_default().to_owned()
}

/// The report as its readers have it.
pub(crate) fn view_of(report: &Report) -> v1::Report {
    v1::Report::of(report, false)
}

/// The report as JSON.
pub(crate) fn json_of(report: &Report) -> String {
    view_of(report).json()
}

/// How a report looks on a terminal of 84 columns that knows UTF-8.
pub(crate) fn look(detail: Detail) -> Look {
    Look {
        paint: Paint::plain(),
        glyphs: Glyphs::for_locale(true),
        width: 84,
        detail,
    }
}

/// The report as text, with everything that can be shown.
pub(crate) fn text_of(report: &Report, detail: Detail) -> String {
    text::render(&view_of(report), &report.exchanges, &look(detail))
}

/// A saved report says what the run said, and agrees with itself.
fn check_saved(report: &Report, json: &str) {
    let view = view_of(report);
    let again = match v1::read(json.as_bytes()) {
        Ok(again) => again,
        Err(why) => panic!("{why}\n{json}"),
    };
    assert_eq!(again.json(), json, "JSON does not come back as it was");
    for detail in [Detail::Quiet, Detail::Normal, Detail::Stages, Detail::Wire] {
        let look = look(detail);
        assert_eq!(
            text::render(&again, &[], &look),
            text::render(&view, &[], &look)
        );
    }
    assert_eq!(v1::remarks(&again), Vec::new(), "{json}");
}

/// No name of a report shows in what it looks like to others, and its verdicts are the same.
fn check_redacted(report: &Report) {
    let view = view_of(report);
    let hidden = redacted(view.clone());
    let json = hidden.json();
    // What everybody has, and what sentences are made of, may stay.
    let harmless = [
        "default",
        "library",
        "openshift-config",
        "localhost",
        "image",
        "none",
        "public",
        "repository",
        "source",
        "mirror",
    ];
    let names = &view.names;
    let paths = names.repositories.iter().flat_map(|path| path.split('/'));
    let secret = (names.users.iter().map(String::as_str))
        .chain(names.namespaces.iter().map(String::as_str))
        .chain(names.objects.iter().map(String::as_str))
        .chain(names.certificates.iter().map(String::as_str))
        .chain(paths)
        .filter(|name| !harmless.contains(name))
        .filter(|name| name.len() > 2 && !name.starts_with("127.0.0.1"));
    for name in secret {
        let shows = json.match_indices(name).any(|(at, _)| {
            let before = json[..at].chars().next_back();
            let after = json[at + name.len()..].chars().next();
            ![before, after]
                .into_iter()
                .flatten()
                .any(char::is_alphanumeric)
        });
        assert!(!shows, "{name} shows in\n{json}");
    }
    for (result, hidden) in view.results.iter().zip(&hidden.results) {
        assert_eq!(
            (&result.status, &result.cause, &result.because),
            (&hidden.status, &hidden.cause, &hidden.because)
        );
    }
    match v1::read(json.as_bytes()) {
        Ok(again) => assert_eq!(again, hidden),
        Err(why) => panic!("{why}\n{json}"),
    }
}

/// What holds of every report: no secret in it, no control characters, lines that fit, evidence for every cause.
pub(super) fn check_report(report: &Report) {
    use base64::Engine as _;
    let json = json_of(report);
    check_saved(report, &json);
    check_redacted(report);
    let wire = text_of(report, Detail::Wire);
    for secret in [SECRET, WRONG] {
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("alice:{secret}"));
        let alone = base64::engine::general_purpose::STANDARD.encode(secret);
        for text in [&json, &wire] {
            assert!(
                !text.contains(secret) && !text.contains(&pair) && !text.contains(&alone),
                "a secret shows in\n{text}"
            );
        }
    }
    let hostile = |character: char| character.is_control() && character != '\n';
    for text in [&json, &wire] {
        assert!(
            !text.contains(hostile),
            "a control character shows in\n{text}"
        );
    }
    for line in text_of(report, Detail::Stages).lines() {
        // A word that nothing can break is all that may stick out.
        let breakable = line.split(' ').all(|word| word.chars().count() <= 44);
        assert!(line.chars().count() < 84 || !breakable, "too long: {line}");
    }
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    for result in value["results"].as_array().expect("results") {
        let checks: Vec<&str> = result["evidence"]
            .as_array()
            .expect("evidence")
            .iter()
            .map(|item| item["check"].as_str().expect("a check"))
            .collect();
        for check in extreg::doctor::evidence::Check::ALL {
            assert!(
                checks.contains(&check.word()),
                "no {} in {result:#}",
                check.word()
            );
        }
        let healthy = result["status"] == "healthy";
        assert_eq!(
            healthy,
            result["cause"].is_null() && result["because"] == serde_json::json!([]),
            "{result:#}"
        );
        if healthy {
            for item in result["evidence"].as_array().expect("evidence") {
                assert_ne!(item["status"], "fail", "{result:#}");
            }
        }
    }
}

//! What every report must fulfil, and what of it tests and their messages show.

use extreg::doctor::causes::Cause;
use extreg::doctor::diagnosis::{Diagnosis, Report};
use extreg::report::json_v1;
use extreg::report::text::{self, Detail, Look};
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

/// The report as text, with everything that can be shown.
pub(crate) fn text_of(report: &Report, detail: Detail) -> String {
    let look = Look {
        paint: Paint::plain(),
        glyphs: Glyphs::for_locale(true),
        width: 84,
        detail,
    };
    text::render(report, &look)
}

/// What holds of every report: no secret in it, no control characters, lines that fit, evidence for every cause.
pub(super) fn check_report(report: &Report) {
    use base64::Engine as _;
    let json = json_v1::render(report);
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

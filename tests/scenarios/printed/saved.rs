//! `--from`: a saved report is read again, whatever has become of it; and it is nobody's way into the terminal.

use std::sync::Arc;

use extreg::doctor::causes::Cause;
use extreg::report::v1::{self, ReadError, read};
use extreg_test_support::content::Image;
use extreg_test_support::process::{Cmd, Output, Sandbox};
use extreg_test_support::registry::Registry;
use serde_json::{Value, json};

use super::made::{deploy, report};
use super::{WEB, misled, mixed};
use crate::kit::view_of;

fn program(sandbox: &Arc<Sandbox>, line: &str) -> Cmd {
    Cmd::in_sandbox(env!("CARGO_BIN_EXE_kubectl-extreg"), sandbox.clone())
        .args(line.split(' ').filter(|word| !word.is_empty()))
}

fn run(sandbox: &Arc<Sandbox>, line: &str) -> Output {
    program(sandbox, line).run()
}

fn saved() -> Value {
    let view = view_of(&report(
        Some("shop"),
        &[misled("front"), deploy("cart", WEB)],
    ));
    serde_json::from_str(&view.json()).expect("JSON")
}

fn read_value(value: &Value) -> Result<v1::Report, ReadError> {
    read(value.to_string().as_bytes())
}

#[test]
fn a_file_prints_what_the_run_printed() {
    let registry = Registry::builder().start();
    registry.push_image("team/app", "1", &Image::new());
    let (good, bad) = (registry.image("team/app:1"), registry.image("team/app:2"));
    let sandbox = Arc::new(Sandbox::new());
    for (images, status) in [
        (good.clone(), 0),
        (bad.clone(), 3),
        (format!("{good} {bad}"), 3),
    ] {
        let line = format!("doctor {images} --no-cluster --plain-http --platform linux/amd64");
        let json = run(&sandbox, &format!("{line} -o json"))
            .exits(status)
            .stdout;
        sandbox.write("report.json", &json);
        let again = run(&sandbox, "doctor --from report.json -o json").exits(status);
        assert_eq!((again.stdout, again.stderr), (json.clone(), String::new()));
        let quiet = run(&sandbox, &format!("{line} -q")).exits(status);
        let again = run(&sandbox, "doctor --from report.json -q").exits(status);
        assert_eq!((again.stdout, again.stderr), (quiet.stdout, String::new()));
        // From standard input it is the same.
        let file = run(&sandbox, "doctor --from report.json -v")
            .exits(status)
            .stdout;
        let piped = program(&sandbox, "doctor --from - -v")
            .stdin(json)
            .run()
            .exits(status);
        assert_eq!(piped.stdout, file);
        let hidden = run(&sandbox, "doctor --from report.json --redact -vv").exits(status);
        assert!(!hidden.stdout.contains("team"), "{}", hidden.stdout);
    }
}

#[test]
fn nothing_else_goes_with_it() {
    let sandbox = Arc::new(Sandbox::new());
    sandbox.write("report.json", saved().to_string());
    for more in [
        "quay.io/a/b",
        "--push",
        "--no-cluster",
        "-z builder",
        "-a auth.json",
        "--registry-ca ca.pem",
        "--plain-http",
        "--platform linux/amd64",
        "--timeout 1m",
    ] {
        run(&sandbox, &format!("doctor --from report.json {more}")).exits(2);
    }
}

#[test]
fn what_is_no_report_is_refused_in_words() {
    let sandbox = Arc::new(Sandbox::new());
    let whole = saved().to_string();
    let half = &whole[..whole.len() / 2];
    let mut other = saved();
    other["kind"] = json!("MessageReading");
    let mut newer = saved();
    newer["apiVersion"] = json!("extreg.dev/v2");
    let mut shape = saved();
    shape["results"] = json!("none");
    for (content, words) in [
        (String::new(), "it is empty"),
        (half.to_owned(), "it was cut off"),
        ("apiVersion: v1".to_owned(), "it is no JSON"),
        ("[1, 2]".to_owned(), "no report of doctor"),
        ("{}".to_owned(), "no report of doctor"),
        (other.to_string(), "a MessageReading, not a DoctorReport"),
        (newer.to_string(), "version extreg.dev/v2"),
        (shape.to_string(), "not as a report must be"),
    ] {
        sandbox.write("report.json", &content);
        let output = run(&sandbox, "doctor --from report.json").exits(1);
        assert!(
            output
                .stderr
                .starts_with("error: cannot read the report in report.json: ")
                && output.stderr.contains(words),
            "{}",
            output.stderr
        );
        assert_eq!(output.stdout, "");
    }
    let output = run(&sandbox, "doctor --from nowhere.json").exits(1);
    assert!(output.stderr.contains("nowhere.json"), "{}", output.stderr);
}

#[test]
fn no_report_is_larger_than_its_bound() {
    let size = usize::try_from(v1::LARGEST).expect("a size");
    assert_eq!(read(&vec![b' '; size + 1]), Err(ReadError::TooLarge));
    assert_eq!(read(&vec![b' '; size]), Err(ReadError::Empty));
}

#[test]
fn a_report_that_was_cut_off_anywhere_is_refused() {
    let text = view_of(&report(Some("shop"), &mixed()[..2])).json();
    let text = text.trim_end();
    for end in 0..text.len() {
        assert!(read(&text.as_bytes()[..end]).is_err(), "up to {end}");
    }
    assert!(read(text.as_bytes()).is_ok());
    let deep = format!(
        "{{\"apiVersion\":\"extreg.dev/v1\",\"kind\":\"DoctorReport\",\"results\":{}",
        "[".repeat(100_000)
    );
    assert!(read(deep.as_bytes()).is_err());
}

#[test]
fn later_versions_may_say_more() {
    let mut value = saved();
    value["more"] = json!({"deep": [1, 2]});
    value["results"][0]["evidence"][0]["vantage"] = json!("moon");
    value["results"][0]["evidence"][0]["status"] = json!("dim");
    value["results"][0]["target"]["kind"] = json!("Rollout");
    value["results"][0]["operation"] = json!("mount");
    value["results"][0]["score"] = json!(7);
    value["results"][0]["cause"] = json!("auth.wrong-moon");
    let read = read_value(&value).expect("a report");
    let remarks: Vec<String> = v1::remarks(&read).iter().map(ToString::to_string).collect();
    assert!(
        remarks
            .iter()
            .any(|remark| remark.contains("does not know the cause auth.wrong-moon")),
        "{remarks:?}"
    );
    let sandbox = Arc::new(Sandbox::new());
    sandbox.write("report.json", value.to_string());
    for flags in ["", "-q", "-v", "-vv", "-o json", "--redact"] {
        let output = run(&sandbox, &format!("doctor --from report.json {flags}")).exits(3);
        assert!(
            output
                .stderr
                .starts_with("Warning: the report in report.json does not agree with itself: "),
            "{}",
            output.stderr
        );
    }
    let shown = run(&sandbox, "doctor --from report.json -q").stdout;
    assert!(
        shown.contains("rollout/front (container main) cannot mount"),
        "{shown}"
    );
}

#[test]
fn what_does_not_agree_is_said() {
    let remarks = |change: &dyn Fn(&mut Value)| {
        let mut value = saved();
        change(&mut value);
        let report = read_value(&value).expect("a report");
        let words = v1::remarks(&report);
        words
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert_eq!(remarks(&|_| {}), "");
    for (pointer, new, words) in [
        (
            "/summary/failed",
            json!(7),
            "its summary counts 7 failed ones, and it has 1",
        ),
        ("/summary/causes/0/targets", json!(3), "other causes"),
        (
            "/results/0/status",
            json!("healthy"),
            "the status healthy does not follow from the cause location.repository-missing",
        ),
        (
            "/results/1/status",
            json!("failed"),
            "does not follow from no cause",
        ),
        (
            "/results/0/status",
            json!("dizzy"),
            "does not know the status dizzy",
        ),
        (
            "/results/0/family",
            json!("auth"),
            "its family is not that of its cause",
        ),
        (
            "/results/0/because/0",
            json!("e99"),
            "rests on the evidence e99",
        ),
        (
            "/results/0/evidence/1/id",
            json!("e1"),
            "the evidence e1 twice",
        ),
        (
            "/results/0/evidence/0/check",
            json!("dns"),
            "no evidence on the stage reference",
        ),
    ] {
        let said = remarks(&|value| *value.pointer_mut(pointer).expect(pointer) = new.clone());
        assert!(said.contains(words), "{pointer}: {said:?}");
    }
}

#[test]
fn a_file_does_not_steer_the_terminal() {
    /// Puts the text into every string.
    fn poison(value: &mut Value, with: &str) {
        match value {
            Value::String(text) => text.push_str(with),
            Value::Array(items) => items.iter_mut().for_each(|item| poison(item, with)),
            Value::Object(fields) => fields.values_mut().for_each(|field| poison(field, with)),
            _ => {}
        }
    }
    let mut value = saved();
    poison(&mut value, "\u{1b}]0;x\u{7}\u{9b}31m\u{202e}\n\r");
    value["apiVersion"] = json!("extreg.dev/v1");
    value["kind"] = json!("DoctorReport");
    let sandbox = Arc::new(Sandbox::new());
    sandbox.write("report.json", value.to_string());
    for flags in ["", "-q", "-vv", "-o json", "--redact"] {
        let output = run(&sandbox, &format!("doctor --from report.json {flags}"));
        let hostile = |character: char| {
            (character.is_control() && character != '\n') || character == '\u{202e}'
        };
        for text in [&output.stdout, &output.stderr] {
            assert!(!text.contains(hostile), "{flags}: {text:?}");
        }
    }
}

#[test]
fn the_exit_status_follows_from_the_file() {
    let sandbox = Arc::new(Sandbox::new());
    let open = deploy("web", WEB).fails(Cause::MissingOrForbidden, "it cannot be told");
    for (cases, interrupted, status) in [
        (vec![deploy("cart", WEB)], false, 0),
        (vec![misled("front"), open.clone()], false, 3),
        (vec![open, deploy("cart", WEB)], false, 4),
        (vec![misled("front")], true, 130),
    ] {
        let view = v1::Report::of(&report(Some("shop"), &cases), interrupted);
        sandbox.write("report.json", view.json());
        for flags in ["", "-o json", "-q", "--redact"] {
            run(&sandbox, &format!("doctor --from report.json {flags}")).exits(status);
        }
    }
}

//! `-o junit`: read back by a real XML parser, Python's, as pipelines would.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use extreg::doctor::causes::Cause;
use extreg::report::{junit, v1};
use extreg_test_support::content::Image;
use extreg_test_support::process::{Cmd, Sandbox};
use extreg_test_support::registry::Registry;
use serde_json::{Value, json};

use super::made::{Case, deploy, report};
use super::{API, WEB, misled, mixed};
use crate::kit::view_of;

/// Turns a document into JSON: name, attributes, text, children. A document that is not well-formed ends it.
const PARSER: &str = r#"
import json, sys, xml.etree.ElementTree as tree
def plain(node):
    return {"name": node.tag, "with": node.attrib, "text": (node.text or ""), "in": [plain(child) for child in node]}
print(json.dumps(plain(tree.fromstring(sys.stdin.buffer.read()))))
"#;

fn parsed(document: &str) -> Value {
    let mut python = Command::new("python3")
        .args(["-c", PARSER])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    let mut stdin = python.stdin.take().expect("its standard input");
    stdin.write_all(document.as_bytes()).expect("a pipe");
    drop(stdin);
    let output = python.wait_with_output().expect("an answer");
    assert!(output.status.success(), "not well-formed:\n{document}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn document(report: &v1::Report) -> String {
    let mut bytes = Vec::new();
    junit::write(report, &mut bytes).expect("memory");
    String::from_utf8(bytes).expect("UTF-8")
}

fn of(namespace: Option<&str>, cases: &[Case]) -> (String, Value) {
    let text = document(&view_of(&report(namespace, cases)));
    let tree = parsed(&text);
    (text, tree)
}

fn children<'a>(node: &'a Value, name: &str) -> Vec<&'a Value> {
    let all = node["in"].as_array().expect("a list");
    all.iter().filter(|child| child["name"] == name).collect()
}

/// Every case with its suite.
fn cases(tree: &Value) -> Vec<(&Value, &Value)> {
    children(tree, "testsuite")
        .into_iter()
        .flat_map(|suite| {
            children(suite, "testcase")
                .into_iter()
                .map(move |case| (suite, case))
        })
        .collect()
}

fn number(node: &Value, attribute: &str) -> usize {
    let text = node["with"][attribute].as_str().expect("an attribute");
    text.parse().expect("a number")
}

/// What is counted is there, for the document and for each suite.
#[track_caller]
fn adds_up(tree: &Value) {
    let ends = |case: &Value, how: &str| !children(case, how).is_empty();
    let count = |cases: &[&Value], how: &str| cases.iter().filter(|case| ends(case, how)).count();
    let mut all: Vec<&Value> = Vec::new();
    for suite in children(tree, "testsuite") {
        let own = children(suite, "testcase");
        assert_eq!(number(suite, "tests"), own.len());
        assert_eq!(number(suite, "failures"), count(&own, "failure"));
        assert_eq!(number(suite, "errors"), count(&own, "error"));
        assert_eq!(number(suite, "skipped"), 0);
        all.extend(own);
    }
    assert_eq!(number(tree, "tests"), all.len());
    assert_eq!(number(tree, "failures"), count(&all, "failure"));
    assert_eq!(number(tree, "errors"), count(&all, "error"));
    // Pipelines tell cases apart by these two.
    let names: BTreeSet<(String, String)> = all
        .iter()
        .map(|case| {
            (
                case["with"]["classname"].to_string(),
                case["with"]["name"].to_string(),
            )
        })
        .collect();
    assert_eq!(names.len(), all.len(), "{names:?}");
}

#[test]
fn a_namespace_as_a_document() {
    let (text, tree) = of(Some("shop"), &mixed());
    adds_up(&tree);
    insta::assert_snapshot!("junit", text);
}

#[test]
fn every_result_is_a_case_of_its_namespace() {
    let broken = |name: &str, namespace| {
        deploy(name, WEB).of(namespace).fails(
            Cause::RepositoryMissing,
            "the registry has no such repository",
        )
    };
    let open = deploy("open", API)
        .of("billing")
        .fails(Cause::Unknown, "nothing tells why");
    let (_, tree) = of(
        None,
        &[
            broken("web", "shop"),
            open,
            broken("api", "shop"),
            deploy("fine", API),
        ],
    );
    adds_up(&tree);
    let shown: BTreeSet<(&str, &str, &str)> = cases(&tree)
        .iter()
        .map(|(suite, case)| {
            let how = case["in"][0]["name"].as_str().unwrap_or("passed");
            (
                suite["with"]["name"].as_str().expect("a name"),
                case["with"]["name"].as_str().expect("a name"),
                how,
            )
        })
        .collect();
    let wanted = [
        ("billing", "open/main (pull)", "error"),
        ("shop", "api/main (pull)", "failure"),
        ("shop", "fine/main (pull)", "passed"),
        ("shop", "web/main (pull)", "failure"),
    ];
    assert_eq!(shown, BTreeSet::from(wanted));
}

#[test]
fn what_ended_a_case_is_told_in_full() {
    let (_, tree) = of(Some("shop"), &[misled("front")]);
    let all = cases(&tree);
    let [(_, case)] = all.as_slice() else {
        panic!("one case")
    };
    assert_eq!(case["with"]["classname"], "shop.Deployment");
    let failure = &case["in"][0];
    assert_eq!(failure["with"]["type"], "location.repository-missing");
    assert_eq!(
        failure["with"]["message"],
        "registry.corp.example:5000 has no repository store/web"
    );
    let text = failure["text"].as_str().expect("a text");
    for words in [
        WEB,
        "that is not it",
        "because",
        "fix",
        "oc set image -n shop deploy/front",
        "oc extreg explain location.repository-missing",
    ] {
        let words = words.replace("deploy/front", "deploy/NAME");
        assert!(text.contains(&words), "no {words:?} in\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "{text}");
}

#[test]
fn cases_of_one_name_are_told_apart() {
    let cases = [
        deploy("web", WEB),
        deploy("web", API),
        deploy("web", API),
        deploy("other", API),
    ];
    let (_, tree) = of(Some("shop"), &cases);
    adds_up(&tree);
    let names: BTreeSet<&str> = self::cases(&tree)
        .iter()
        .filter_map(|(_, case)| case["with"]["name"].as_str())
        .collect();
    let of = |image: &str| format!("web/main (pull) {image}");
    let (web, api) = (of(WEB), of(API));
    let second = format!("{api} #2");
    let wanted = [web.as_str(), &api, &second, "other/main (pull)"];
    assert_eq!(names, BTreeSet::from(wanted));
}

/// A registry may say anything; a report that was saved may hold anything.
#[test]
fn nothing_that_is_said_breaks_the_document() {
    let nasty = "a<b>&\"c'd]]> \u{0}\u{1b}[31m\u{7}\u{fffe}\u{ffff}\u{85}é漢\u{1f600}\r\n\tend";
    let mut report = view_of(&report(Some("shop"), &[misled("front")]));
    let result = report.results.first_mut().expect("a result");
    nasty.clone_into(&mut result.image);
    nasty.clone_into(&mut result.summary);
    result.target.name = Some(nasty.to_owned());
    result.cause = Some(nasty.to_owned().into());
    for item in &mut result.evidence {
        nasty.clone_into(&mut item.detail);
    }
    let tree = parsed(&document(&report));
    adds_up(&tree);
    let all = cases(&tree);
    let (_, case) = all.first().expect("a case");
    let message = case["in"][0]["with"]["message"]
        .as_str()
        .expect("a message");
    assert_eq!(
        message,
        "a<b>&\"c'd]]> \u{fffd}\u{fffd}[31m\u{fffd}\u{fffd}\u{fffd}\u{85}é漢\u{1f600}\r\n\tend"
    );
    assert!(
        case["in"][0]["text"]
            .as_str()
            .expect("a text")
            .contains("a<b>&\"c'd]]>")
    );
}

#[test]
fn a_run_without_results_and_one_that_was_stopped_have_a_case() {
    let (_, tree) = of(Some("shop"), &[]);
    adds_up(&tree);
    assert_eq!(cases(&tree).len(), 1);
    assert_eq!(number(&tree, "errors"), 0);
    let mut stopped = view_of(&report(Some("shop"), &[deploy("web", WEB)]));
    stopped.interrupted = true;
    let tree = parsed(&document(&stopped));
    adds_up(&tree);
    assert_eq!((number(&tree, "tests"), number(&tree, "errors")), (2, 1));
}

#[test]
fn rights_that_are_missing_are_said_once_a_suite() {
    let unread = "no right to list events in the namespace shop";
    let (_, tree) = of(
        Some("shop"),
        &[
            deploy("web", WEB).unread(unread),
            deploy("api", API).unread(unread),
        ],
    );
    let suite = children(&tree, "testsuite")[0];
    let said = children(suite, "system-err");
    assert_eq!(said.len(), 1);
    let text = said[0]["text"].as_str().expect("a text");
    assert_eq!(text.matches("no right to list events").count(), 1, "{text}");
}

#[test]
fn the_program_prints_it_with_the_same_exit_status() {
    let registry = Registry::builder().start();
    registry.push_image("team/app", "1", &Image::new());
    let sandbox = Arc::new(Sandbox::new());
    let run = |line: &str, status: i32| {
        Cmd::in_sandbox(env!("CARGO_BIN_EXE_kubectl-extreg"), sandbox.clone())
            .args(line.split(' '))
            .run()
            .exits(status)
    };
    let how = "--no-cluster --plain-http --platform linux/amd64";
    for (tag, status, failures) in [("1", 0, 0), ("2", 3, 1)] {
        let image = registry.image(&format!("team/app:{tag}"));
        let output = run(&format!("doctor {image} {how} -o junit"), status);
        assert_eq!(output.stderr, "");
        let tree = parsed(&output.stdout);
        adds_up(&tree);
        assert_eq!(number(&tree, "failures"), failures);
        let (_, case) = cases(&tree)[0];
        assert_eq!(case["with"]["name"], json!(format!("{image} (pull)")));

        // From a saved report it is the same, and redacted it has no names.
        let saved = run(&format!("doctor {image} {how} -o json"), status);
        sandbox.write("report.json", &saved.stdout);
        let again = run("doctor --from report.json -o junit", status);
        adds_up(&parsed(&again.stdout));
        let hidden = run("doctor --from report.json -o junit --redact", status);
        adds_up(&parsed(&hidden.stdout));
        assert!(!hidden.stdout.contains("team"), "{}", hidden.stdout);
    }
    let image = registry.image("team/app:2");
    let output = run(&format!("doctor {image} {how} -o junit --wait=1s"), 3);
    assert_eq!(children(&parsed(&output.stdout), "testsuite").len(), 1);
    let refused = run("doctor --fix -o junit", 2);
    refused.says("-o junit prints nothing but a report");
}

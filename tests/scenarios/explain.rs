//! `explain --message` as a user meets it: what is pasted or piped in, what is printed, in both formats.

use extreg_test_support::process::{Cmd, Output};
use serde_json::Value;

use crate::schema::{schema_of, validate_as};

fn explain() -> Cmd {
    Cmd::new(env!("CARGO_BIN_EXE_kubectl-extreg")).arg("explain")
}

fn message(text: &str) -> Output {
    explain().args(["--message", text]).run()
}

fn json(text: &str) -> Value {
    let output = explain()
        .args(["--message", "-", "-o", "json"])
        .stdin(text)
        .run()
        .success();
    assert_eq!(output.stderr, "");
    let value: Value = serde_json::from_str(&output.stdout).expect("JSON");
    validate_as("message-reading", &value);
    value
}

fn causes(value: &Value) -> Vec<&str> {
    let list = value["candidates"].as_array().expect("candidates");
    list.iter()
        .filter_map(|candidate| candidate["cause"].as_str())
        .collect()
}

const DESCRIBE: &str = r#"Name:             web-6d65fffc79-v7vrs
Namespace:        shop
Node:             node-1/192.0.2.4
Containers:
  web:
    Image:          quay.io/team/web:1.2
    State:          Waiting
      Reason:       ImagePullBackOff
Events:
  Type     Reason     Age                From               Message
  ----     ------     ----               ----               -------
  Normal   Scheduled  60s                default-scheduler  Successfully assigned shop/web-6d65fffc79-v7vrs to node-1
  Warning  BackOff    5s (x3 over 50s)   kubelet            Back-off pulling image "quay.io/team/web:1.2"
  Warning  Failed     20s (x3 over 60s)  kubelet            Failed to pull image "quay.io/team/web:1.2": rpc error: code = Unknown desc = reading manifest 1.2 in quay.io/team/web: unauthorized: access to the requested resource is not authorized
  Warning  Failed     20s (x3 over 60s)  kubelet            Error: ErrImagePull
"#;

#[test]
fn a_description_leads_to_the_doctor_of_its_pod() {
    let value = json(DESCRIBE);
    assert_eq!(value["runtime"], "cri-o");
    assert_eq!(value["image"], "quay.io/team/web:1.2");
    assert_eq!(value["pointsAt"], "auth");
    assert_eq!(value["object"]["kind"], "pod");
    assert!(
        causes(&value)[..2].contains(&"location.repository-missing"),
        "{value:#}"
    );
    assert!(
        causes(&value)[..2].contains(&"auth.no-credentials"),
        "{value:#}"
    );
    let commands: Vec<String> = value["settles"]
        .as_array()
        .expect("settles")
        .iter()
        .map(|settle| {
            let words = settle["command"].as_array().expect("a command");
            words
                .iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    assert!(
        commands.contains(&"oc extreg doctor pod/web-6d65fffc79-v7vrs -n shop".to_owned()),
        "{commands:?}"
    );
    let text = explain()
        .args(["--message", "-"])
        .stdin(DESCRIBE)
        .run()
        .success()
        .stdout;
    insta::assert_snapshot!("explain_message", text);
}

#[test]
fn an_event_in_json_and_a_line_of_it_read_alike() {
    let event = serde_json::json!({
        "kind": "Event", "type": "Warning", "reason": "Failed",
        "involvedObject": {"kind": "Pod", "name": "web-1", "namespace": "shop"},
        "message": "Failed to pull image \"registry.example.com:5000/team/web:1\": rpc error: code = Unknown desc = pinging container registry registry.example.com:5000: Get \"https://registry.example.com:5000/v2/\": x509: certificate signed by unknown authority",
    });
    let whole = json(&event.to_string());
    let line = json(event["message"].as_str().expect("text"));
    assert_eq!(whole["object"]["name"], "web-1");
    assert_eq!(whole["candidates"], line["candidates"]);
    assert_eq!(causes(&whole)[0], "tls.unknown-ca");
    assert_eq!(whole["askedHost"], "registry.example.com:5000");
}

#[test]
fn what_certain_words_mean_is_said_so() {
    let output =
        message(r#"Container image "web:1" is not present with pull policy of Never"#).success();
    assert!(
        output
            .stdout
            .contains("It means:\n  node.runtime (certain)"),
        "{}",
        output.stdout
    );
}

#[test]
fn a_text_without_a_failure_says_nothing_and_an_empty_one_is_an_error() {
    let value = json("Successfully assigned shop/web to node-1");
    assert_eq!(value["pointsAt"], "unknown");
    assert_eq!(causes(&value), ["unknown"]);
    let text = message("all is well").success().stdout;
    assert!(text.contains("says nothing about a cause"), "{text}");
    for output in [
        message(""),
        message("  \n"),
        explain().args(["--message", "-"]).stdin("").run(),
    ] {
        let output = output.exits(2);
        assert!(
            output
                .stderr
                .starts_with("error: the message is empty\nhint: "),
            "{}",
            output.stderr
        );
        assert_eq!(output.stdout, "");
    }
}

#[test]
fn a_message_excludes_a_cause_and_json_wants_a_message() {
    explain()
        .args(["tls.unknown-ca", "--message", "x"])
        .run()
        .exits(2);
    let output = explain().args(["-o", "json"]).run().exits(2);
    assert!(output.stderr.contains("--message"), "{}", output.stderr);
}

#[test]
fn passwords_and_steering_characters_do_not_come_back() {
    let text = "\u{1b}[31mERROR\u{1b}[0m: docker login -u bob -p canary-one failed\n\
        Failed to pull image \"registry.example.com/app:1\": Get \"https://bob:canary-two@registry.example.com/v2/?token=canary-three\": \
        unauthorized\u{202e} Authorization: Bearer canary.four.xyz {\"auth\":\"Y2FuYXJ5LWZpdmU6eA==\"}";
    for output in [
        message(text),
        explain().args(["--message", text, "-o", "json"]).run(),
    ] {
        let output = output.success();
        for secret in ["canary", "Y2FuYXJ5", "\u{1b}", "\u{202e}"] {
            assert!(
                !output.stdout.contains(secret),
                "{secret:?} in {}",
                output.stdout
            );
        }
    }
}

#[test]
fn the_schema_lists_what_can_be_said() {
    use extreg::doctor::causes::Cause;
    use extreg::model::message::{Runtime, Symptom};
    let schema = schema_of("message-reading");
    let listed = |pointer: &str| schema.pointer(pointer).cloned().expect("a list");
    let words = |all: Vec<&'static str>| Value::from(all);
    assert_eq!(
        listed("/$defs/cause/enum"),
        words(Cause::ALL.iter().map(|cause| cause.id()).collect())
    );
    assert_eq!(
        listed("/properties/symptom/enum"),
        words(Symptom::ALL.iter().map(|symptom| symptom.id()).collect())
    );
    assert_eq!(
        listed("/properties/runtime/enum"),
        words(Runtime::ALL.iter().map(|runtime| runtime.id()).collect())
    );
}

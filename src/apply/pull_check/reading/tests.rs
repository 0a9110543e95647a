use super::*;
use serde_json::json;

const DIGEST: &str = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn pod(status: &Value) -> Value {
    json!({"spec": {"containers": [{"name": CONTAINER}]}, "status": status})
}

fn waiting(reason: &str, message: &str) -> Value {
    pod(&json!({"phase": "Pending", "containerStatuses": [
        {"name": "sidecar", "imageID": "", "state": {"waiting": {"reason": "ErrImagePull", "message": "not ours"}}},
        {"name": CONTAINER, "imageID": "", "state": {"waiting": {"reason": reason, "message": message}}},
    ]}))
}

fn event(kind: &str, reason: &str, message: &str) -> PodEvent {
    PodEvent {
        kind: kind.to_owned(),
        reason: reason.to_owned(),
        message: message.to_owned(),
        from: "kubelet".to_owned(),
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it is compared with what may be nothing"
)]
fn refused(reason: &str, message: &str) -> Option<PullVerdict> {
    Some(PullVerdict::Failed {
        reason: reason.to_owned(),
        message: message.to_owned(),
    })
}

#[test]
fn nothing_is_said_before_the_pull() {
    for nothing in [
        pod(&json!({"phase": "Pending"})),
        waiting("ContainerCreating", ""),
        waiting("PodInitializing", ""),
    ] {
        assert_eq!(verdict(&nothing, &[event("Normal", "Pulling", "")]), None);
    }
}

#[test]
fn what_comes_after_the_pull_says_that_it_worked() {
    for reason in AFTER {
        let told = verdict(&waiting(reason, "runs as root"), &[]);
        assert_eq!(told, Some(PullVerdict::Pulled { digest: None }), "{reason}");
    }
    let ended = pod(&json!({"phase": "Failed", "containerStatuses": [{
        "name": CONTAINER, "imageID": format!("docker-pullable://r.example.com/app@{DIGEST}"),
        "state": {"terminated": {"reason": "StartError", "exitCode": 128}},
    }]}));
    let digest = Some(DIGEST.to_owned());
    assert_eq!(verdict(&ended, &[]), Some(PullVerdict::Pulled { digest }));
}

#[test]
fn the_event_is_earlier_than_the_status() {
    let events = [
        event("Normal", "Pulling", "Pulling image \"x\""),
        event("Normal", "Pulled", "Successfully pulled image \"x\" in 1s"),
    ];
    let told = verdict(&waiting("ContainerCreating", ""), &events);
    assert_eq!(told, Some(PullVerdict::Pulled { digest: None }));
    let events = [event(
        "Warning",
        "Failed",
        "Failed to pull image \"r/x:1\": rpc error: \"y\": unauthorized",
    )];
    assert_eq!(
        verdict(&waiting("ContainerCreating", ""), &events),
        refused("ErrImagePull", "rpc error: \"y\": unauthorized")
    );
}

#[test]
fn the_first_full_words_win_over_the_back_off() {
    let events = [
        event("Warning", "Failed", "Failed to pull image \"x\": first"),
        event("Warning", "Failed", "Error: ErrImagePull"),
        event("Warning", "Failed", "Failed to pull image \"x\": second"),
        event("Normal", "BackOff", "Back-off pulling image \"x\""),
    ];
    let back_off = waiting("ImagePullBackOff", "Back-off pulling image \"x\"");
    assert_eq!(
        verdict(&back_off, &events),
        refused("ErrImagePull", "first")
    );
    assert_eq!(
        verdict(&back_off, &[]),
        refused("ImagePullBackOff", "Back-off pulling image \"x\"")
    );
    assert_eq!(
        verdict(&waiting("ErrImagePull", "own words"), &events),
        refused("ErrImagePull", "own words")
    );
}

#[test]
fn any_other_reason_is_a_failure() {
    for (reason, message) in [
        (
            "illegal base64 data at input byte 0",
            "illegal base64 data at input byte 0",
        ),
        ("InvalidImageName", "couldn't parse image reference"),
        (
            "ErrImageNeverPull",
            "is not present with pull policy of Never",
        ),
        ("SignatureValidationFailed", "image pull failed"),
        ("SomethingNew", "new"),
    ] {
        let told = verdict(&waiting(reason, message), &[]);
        assert_eq!(told, refused(reason, message));
    }
}

#[test]
fn what_keeps_the_pod_from_a_node_is_no_verdict_on_the_image() {
    let unscheduled = |reason: &str| {
        pod(&json!({"phase": "Pending", "conditions": [{
            "type": "PodScheduled", "status": "False", "reason": reason, "message": "0/3 nodes are available",
        }]}))
    };
    for (told, why, words) in [
        (
            unscheduled("Unschedulable"),
            NoVerdict::Unschedulable,
            "0/3 nodes are available",
        ),
        (
            pod(
                &json!({"phase": "Failed", "reason": "OutOfpods", "message": "Node didn't have enough"}),
            ),
            NoVerdict::Unschedulable,
            "OutOfpods: Node didn't have enough",
        ),
        (
            pod(
                &json!({"phase": "Failed", "reason": "DeadlineExceeded", "message": "Pod was active",
                "containerStatuses": [{"name": CONTAINER, "imageID": "",
                    "state": {"terminated": {"reason": "ContainerStatusUnknown", "exitCode": 137}}}]}),
            ),
            NoVerdict::TimedOut,
            "DeadlineExceeded: Pod was active",
        ),
    ] {
        let words = words.to_owned();
        assert_eq!(
            verdict(&told, &[]),
            Some(PullVerdict::NotKnown { why, words })
        );
    }
    assert_eq!(verdict(&unscheduled("SchedulerError"), &[]), None);
}

#[test]
fn only_the_digest_of_a_manifest_counts() {
    assert_eq!(
        digest(&format!("r.example.com:5000/a@{DIGEST}")).as_deref(),
        Some(DIGEST)
    );
    for other in ["", DIGEST, "r/a@sha256:12", "r/a@md5:00"] {
        assert_eq!(digest(other), None, "{other}");
    }
}

#[test]
fn events_come_in_order_and_without_strangers() {
    let item = |name: &str, time: &str, path: &str, reason: &str| {
        json!({"metadata": {"name": name}, "firstTimestamp": time, "type": "Normal", "reason": reason,
            "message": "a\u{1b}[2Jb\nc", "involvedObject": {"fieldPath": path}, "source": {"component": "kubelet"}})
    };
    let told = events(vec![
        item(
            "x.3",
            "2026-01-01T10:00:02Z",
            "spec.containers{pull}",
            "Pulled",
        ),
        item(
            "x.2",
            "2026-01-01T10:00:01Z",
            "spec.containers{sidecar}",
            "Pulled",
        ),
        item(
            "x.1",
            "2026-01-01T10:00:01Z",
            "spec.containers{pull}",
            "Pulling",
        ),
        json!({"eventTime": "2026-01-01T09:00:00.000000Z", "firstTimestamp": null, "type": "Normal",
            "reason": "Scheduled", "message": "m", "reportingComponent": "default-scheduler", "source": {}}),
    ]);
    let reasons: Vec<&str> = told.iter().map(|event| event.reason.as_str()).collect();
    assert_eq!(reasons, ["Scheduled", "Pulling", "Pulled"]);
    assert_eq!(
        (told[0].from.as_str(), told[1].message.as_str()),
        ("default-scheduler", "a[2Jb c")
    );
}

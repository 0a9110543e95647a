//! Which words come first, and which are none of ours.

use super::super::kit::*;
use super::*;

const IMAGE: &str = "registry.example.com/team/app:1";

fn event(reason: &str, message: &str, second: i64) -> Event {
    Event {
        namespace: NAMESPACE.to_owned(),
        kind: "Pod".to_owned(),
        name: "web".to_owned(),
        uid: String::new(),
        field_path: Some("spec.containers{app}".to_owned()),
        type_name: "Warning".to_owned(),
        reason: reason.to_owned(),
        message: message.to_owned(),
        count: 1,
        last: at(second),
        component: "kubelet".to_owned(),
    }
}

fn seen(container: &Container, events: &[Event]) -> Vec<ObservedFact> {
    let pod = pod("web", vec![container.clone()]);
    let events: Vec<&Event> = events.iter().collect();
    of_container(&pod, container, &events, 0)
        .into_iter()
        .map(|fact| match fact {
            Fact::Observed(seen) => *seen,
            other => panic!("{other:?}"),
        })
        .collect()
}

fn waits(reason: &str, message: &str) -> Container {
    let mut container = waiting("app", IMAGE);
    container.waiting = Some(crate::model::view::Waiting {
        reason: reason.to_owned(),
        message: message.to_owned(),
    });
    container
}

#[test]
fn the_full_account_wins_over_the_back_off() {
    let denied = format!(
        "Failed to pull image \"{IMAGE}\": denied: requested access to the resource is denied"
    );
    let refused = format!(
        "Failed to pull image \"{IMAGE}\": dial tcp 192.0.2.1:443: connect: connection refused"
    );
    let events = [
        event("Failed", &denied, 10),
        event("Failed", &refused, 20),
        event("Failed", "Error: ErrImagePull", 30),
        event(
            "BackOff",
            &format!("Back-off pulling image \"{IMAGE}\""),
            40,
        ),
    ];
    let back_off = waits(
        "ImagePullBackOff",
        &format!("Back-off pulling image \"{IMAGE}\""),
    );
    let seen = seen(&back_off, &events);
    let families: Vec<_> = seen.iter().map(|fact| fact.points_at).collect();
    assert_eq!(families, ["network", "auth"], "{seen:?}");
    assert!(seen.iter().all(|fact| fact.current && !fact.bare));
    assert_eq!(
        seen.iter().map(|fact| fact.place).collect::<Vec<_>>(),
        [0, 1]
    );
}

#[test]
fn the_back_off_alone_is_better_than_nothing() {
    let events = [event(
        "BackOff",
        &format!("Back-off pulling image \"{IMAGE}\""),
        40,
    )];
    let seen = seen(&waits("ImagePullBackOff", ""), &events);
    assert!(!seen.is_empty());
    assert!(seen.iter().all(|fact| fact.bare), "{seen:?}");
}

/// The reason is all that there is where a secret does not decode.
#[test]
fn a_reason_that_is_the_decoders_text_is_read() {
    let seen = seen(&waits("illegal base64 data at input byte 0", ""), &[]);
    assert_eq!(seen[0].points_at, "auth", "{seen:?}");
    assert_eq!(seen[0].source, ObservedSource::Status);
}

#[test]
fn words_on_other_matters_are_left_out() {
    let events = [
        event(
            "Unhealthy",
            "Readiness probe failed: connection refused",
            10,
        ),
        event(
            "BackOff",
            "Back-off restarting failed container app in pod web",
            20,
        ),
        Event {
            field_path: Some("spec.containers{sidecar}".to_owned()),
            ..event("Failed", "Failed to pull image \"x\": unauthorized", 30)
        },
    ];
    let runs = container("app", IMAGE);
    assert!(seen(&runs, &events).is_empty());
}

/// What was said of a container that has its image since is told, as something of the past.
#[test]
fn old_words_are_not_of_now() {
    let events = [event(
        "Failed",
        "Failed to pull image \"x\": unauthorized",
        10,
    )];
    let runs = Container {
        image_id: Some("sha256:1".to_owned()),
        ..container("app", IMAGE)
    };
    let seen = seen(&runs, &events);
    assert!(!seen[0].current);
}

#[test]
fn how_many_more_wait_is_said_with_the_object() {
    let container = waits("ErrImagePull", "unauthorized: authentication required");
    let pod = pod("web", vec![container.clone()]);
    for (like, wanted) in [
        (0, "pod shop/web"),
        (1, "pod shop/web and 1 more like it"),
        (4, "pod shop/web and 4 more like it"),
    ] {
        let facts = of_container(&pod, &container, &[], like);
        let Fact::Observed(seen) = &facts[0] else {
            panic!("{facts:?}");
        };
        assert_eq!(seen.object, wanted);
    }
}

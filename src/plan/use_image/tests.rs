//! Whole plans of workloads that are there.

use serde_json::json;

use super::*;
use crate::plan::after::after;
use crate::plan::edit::{apply_all, invert_all};

fn workload(kind: Kind, more: impl FnOnce(&mut Value)) -> Workload {
    let spec = json!({
        "containers": [{"name": "web", "image": "old:1"}],
        "ephemeralContainers": [{"name": "debugger", "image": "busybox"}],
        "volumes": [{"name": "model", "image": {"reference": "quay.io/m:1"}}],
    });
    let mut object = json!({"kind": kind.kind, "metadata": {"name": "web", "namespace": "shop"}});
    match kind {
        kinds::POD => object["spec"] = spec,
        kinds::CRON_JOB => object["spec"]["jobTemplate"]["spec"]["template"]["spec"] = spec,
        _ => object["spec"]["template"]["spec"] = spec,
    }
    more(&mut object);
    Workload {
        kind,
        object: Object::new(object),
    }
}

fn image() -> ImageReference {
    ImageReference::parse("quay.io/team/app:1").expect("an image")
}

fn stream(image: &ImageReference) -> StreamAim<'_> {
    StreamAim {
        namespace: "shop",
        name: "app",
        tag: "1",
        image,
        seen: None,
        policy: None,
        insecure: false,
        scheduled: false,
        change_source: false,
    }
}

fn direct(workload: &Workload, pull_secret: Option<&str>) -> Result<Planned, UseRefusal> {
    let image = image();
    existing(
        workload,
        &Aim {
            image: &image,
            container: None,
            stream: None,
            pull_secret,
            client: "oc",
        },
    )
}

fn via(workload: &Workload) -> Result<Planned, UseRefusal> {
    let image = image();
    let stream = stream(&image);
    existing(
        workload,
        &Aim {
            image: &image,
            container: None,
            stream: Some(&stream),
            pull_secret: None,
            client: "oc",
        },
    )
}

/// The workload as the plan would leave it.
fn result(plan: &Plan) -> Object {
    let objects = after(plan).expect("edits");
    let (_, object) = objects.into_iter().last().expect("the workload");
    object.expect("it is there")
}

#[test]
fn one_container_gets_the_image_and_nothing_else_changes() {
    for kind in [
        kinds::DEPLOYMENT,
        kinds::STATEFUL_SET,
        kinds::DAEMON_SET,
        kinds::CRON_JOB,
        kinds::REPLICA_SET,
        kinds::POD,
        kinds::DEPLOYMENT_CONFIG,
    ] {
        let workload = workload(kind, |_| {});
        let planned = direct(&workload, None).expect("a plan");
        let mut wanted = workload.object.value().clone();
        let place = format!("{}/containers/0/image", workload.spec());
        *wanted.pointer_mut(&place).expect("an image") = json!("quay.io/team/app:1");
        assert_eq!(result(&planned.plan).value(), &wanted, "{}", kind.kind);
        assert_eq!(planned.plan.changes[0].done, "image updated");
        assert_eq!(planned.container, "web");
    }
}

#[test]
fn a_job_keeps_its_template_and_a_pod_that_is_over_its_image() {
    let job = direct(&workload(kinds::JOB, |_| {}), None);
    assert!(matches!(job, Err(UseRefusal::Job(_))));
    let over = workload(kinds::POD, |pod| {
        pod["status"]["phase"] = json!("Succeeded");
    });
    assert!(matches!(direct(&over, None), Err(UseRefusal::PodIsOver(_))));
    let pod = workload(kinds::POD, |_| {});
    assert!(matches!(via(&pod), Err(UseRefusal::NoTriggers { .. })));
    let secret = direct(&pod, Some("pull"));
    assert!(matches!(secret, Err(UseRefusal::PodSecrets(_))));
}

#[test]
fn a_secret_goes_into_the_template_only_where_that_overrides_the_account() {
    let plain = workload(kinds::DEPLOYMENT, |_| {});
    let planned = direct(&plain, Some("pull")).expect("a plan");
    let list = "/spec/template/spec/imagePullSecrets";
    assert!(result(&planned.plan).items(list).is_empty());
    let own = workload(kinds::DEPLOYMENT, |object| {
        object["spec"]["template"]["spec"]["imagePullSecrets"] = json!([{"name": "own"}]);
    });
    let planned = direct(&own, Some("pull")).expect("a plan");
    let names: Vec<String> = result(&planned.plan)
        .names(list)
        .map(str::to_owned)
        .collect();
    assert_eq!(names, ["own", "pull"]);
}

#[test]
fn through_a_stream_the_image_is_left_to_the_trigger_and_comes_back_with_undo() {
    let workload = workload(kinds::DEPLOYMENT, |_| {});
    let planned = via(&workload).expect("a plan");
    assert_eq!(planned.plan.changes[0].object.kind, kinds::IMAGE_STREAM);
    let written = result(&planned.plan);
    let place = "/spec/template/spec/containers/0/image";
    assert_eq!(written.text(place), "old:1");
    assert!(written.annotation(triggers::ANNOTATION).is_some());
    // What is looked at before it is written has the image.
    assert_eq!(result(&planned.settled).text(place), "quay.io/team/app:1");

    let Action::Edit(ops) = &planned.plan.changes[1].action else {
        panic!("an edit");
    };
    let back = invert_all(ops, workload.object.value()).expect("an inverse");
    for by_trigger in [
        "quay.io/team/app@sha256:1",
        "image-registry.openshift-image-registry.svc:5000/shop/app@sha256:1",
    ] {
        let mut now = written.value().clone();
        *now.pointer_mut(place).expect("an image") = json!(by_trigger);
        let undone = apply_all(&back, &now).expect("edits").expect("a change");
        assert_eq!(Object::new(undone.clone()).text(place), "old:1");
        assert_eq!(Object::new(undone).annotation(triggers::ANNOTATION), None);
    }
    let mut theirs = written.value().clone();
    *theirs.pointer_mut(place).expect("an image") = json!("quay.io/other/app:1");
    assert!(apply_all(&back, &theirs).is_err());
}

#[test]
fn where_no_trigger_acts_the_name_of_the_tag_is_resolved() {
    let set = workload(kinds::REPLICA_SET, |_| {});
    let planned = via(&set).expect("a plan");
    let written = result(&planned.plan);
    assert_eq!(
        written.text("/spec/template/spec/containers/0/image"),
        "app:1"
    );
    assert_eq!(
        written.value()["spec"]["template"]["metadata"]["annotations"][RESOLVE_NAMES],
        "*"
    );
    let settled = result(&planned.settled);
    assert_eq!(
        settled.text("/spec/template/spec/containers/0/image"),
        "quay.io/team/app:1"
    );
}

#[test]
fn a_trigger_that_would_put_the_old_image_back_is_named() {
    let ruled = workload(kinds::DEPLOYMENT, |object| {
        let trigger = triggers::annotation_for(kinds::DEPLOYMENT, "web", "old:1");
        object["metadata"]["annotations"][triggers::ANNOTATION] = json!(trigger);
    });
    let planned = direct(&ruled, None).expect("a plan");
    assert!(
        planned.plan.notes[0].contains("istag/old:1"),
        "{:?}",
        planned.plan.notes
    );
    assert_eq!(result(&planned.plan).annotation(triggers::ANNOTATION), None);

    // One that does not work is left alone, and nothing is built on it.
    let broken = workload(kinds::DEPLOYMENT, |object| {
        object["metadata"]["annotations"][triggers::ANNOTATION] = json!("{");
    });
    let planned = direct(&broken, None).expect("a plan");
    assert_eq!(
        result(&planned.plan).annotation(triggers::ANNOTATION),
        Some("{")
    );
    assert!(matches!(via(&broken), Err(UseRefusal::Triggers { .. })));
}

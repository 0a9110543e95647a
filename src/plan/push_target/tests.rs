use serde_json::json;

use super::aim::Aim;
use super::*;
use crate::plan::after;

fn config(name: &str, spec: &Value) -> Object {
    Object::new(json!({"metadata": {"name": name, "namespace": "shop"}, "spec": spec}))
}

fn account(name: &str) -> Object {
    Object::new(
        json!({"metadata": {"name": name, "namespace": "shop"}, "secrets": [{"name": "old"}]}),
    )
}

fn to(config: Object, image: &str, secret: PushSecret) -> Move {
    let goal = Aim::image(image).and_then(|aim| aim.goal(config.name()));
    Move {
        goal: goal.expect("a goal"),
        config,
        secret,
    }
}

fn plan(moves: &[Move], accounts: &[Object]) -> Result<Plan, PushTargetRefusal> {
    let ground = Ground {
        accounts,
        missing_streams: &[],
        chosen: false,
    };
    push_target(moves, &ground)
}

fn use_secret() -> PushSecret {
    PushSecret::Use("quay".to_owned())
}

fn result(moves: &[Move], accounts: &[Object], name: &str) -> Value {
    let plan = plan(moves, accounts).expect("a plan");
    let objects = after::after(&plan).expect("objects");
    let (_, object) = objects
        .into_iter()
        .find(|(object, _)| object.name == name)
        .expect("the object");
    object.expect("it is not deleted").into_value()
}

#[test]
fn nothing_of_the_image_stream_tag_is_left() {
    let old = json!({"output": {
        "to": {"kind": "ImageStreamTag", "name": "app:1", "namespace": "other"},
        "imageLabels": [{"name": "a", "value": "b"}],
    }});
    let moves = [to(config("app", &old), "quay.io/team/app", use_secret())];
    let after = result(&moves, &[account("builder")], "app");
    assert_eq!(
        after["spec"]["output"],
        json!({
            "to": {"kind": "DockerImage", "name": "quay.io/team/app:latest"},
            "imageLabels": [{"name": "a", "value": "b"}],
            "pushSecret": {"name": "quay"},
        })
    );
}

#[test]
fn each_account_gets_what_its_builds_push_with_in_both_lists() {
    let own = json!({"serviceAccount": "ci"});
    let moves = [
        to(config("a", &json!({})), "quay.io/team/", use_secret()),
        to(
            config("b", &own),
            "ghcr.io/team/",
            PushSecret::Use("ghcr".into()),
        ),
    ];
    let accounts = [account("builder"), account("ci")];
    let builder = result(&moves, &accounts, "builder");
    assert_eq!(
        builder["secrets"],
        json!([{"name": "old"}, {"name": "quay"}])
    );
    assert_eq!(builder["imagePullSecrets"], json!([{"name": "quay"}]));
    let ci = result(&moves, &accounts, "ci");
    assert_eq!(ci["imagePullSecrets"], json!([{"name": "ghcr"}]));
}

#[test]
fn without_a_secret_no_account_is_touched() {
    let moves = [to(
        config("a", &json!({})),
        "quay.io/team/a",
        PushSecret::Keep,
    )];
    let plan = plan(&moves, &[account("builder")]).expect("a plan");
    assert_eq!(plan.changes.len(), 1);
}

#[test]
fn pipelines_are_refused() {
    let pipeline = json!({"strategy": {"jenkinsPipelineStrategy": {}}});
    let moves = [to(
        config("p", &pipeline),
        "quay.io/team/p",
        PushSecret::Keep,
    )];
    let refused = plan(&moves, &[]).expect_err("a refusal");
    assert!(refused.to_string().starts_with("bc/p is a pipeline"));
}

#[test]
fn two_build_configs_do_not_push_to_one_place() {
    let one = |name| {
        to(
            config(name, &json!({})),
            "quay.io/team/app:1",
            PushSecret::Keep,
        )
    };
    let refused = plan(&[one("a"), one("b")], &[]).expect_err("a refusal");
    assert!(
        refused
            .to_string()
            .starts_with("bc/a, bc/b would all push to quay.io/team/app:1")
    );
}

#[test]
fn the_way_back_takes_the_push_secret_off_and_makes_the_stream() {
    let old = json!({"output": {
        "to": {"kind": "DockerImage", "name": "quay.io/team/app:1"}, "pushSecret": {"name": "quay"},
    }});
    let goal = Aim::stream_tag("other/app:1").and_then(|aim| aim.goal("app"));
    let moves = [Move {
        config: config("app", &old),
        goal: goal.expect("a goal"),
        secret: PushSecret::Remove,
    }];
    let ground = Ground {
        accounts: &[],
        missing_streams: &[("other".to_owned(), "app".to_owned())],
        chosen: true,
    };
    let plan = push_target(&moves, &ground).expect("a plan");
    let kinds: Vec<&str> = plan.changes.iter().map(|it| it.object.kind.kind).collect();
    assert_eq!(kinds, ["ImageStream", "BuildConfig"]);
    assert_eq!(plan.changes[1].when_gone, WhenGone::Skip);
    let objects = after::after(&plan).expect("objects");
    let after = objects[1].1.as_ref().expect("the BuildConfig").value();
    assert_eq!(
        after["spec"]["output"],
        json!({"to": {"kind": "ImageStreamTag", "name": "app:1", "namespace": "other"}})
    );
}

#[test]
fn what_cannot_be_started_is_known_beforehand() {
    let paused = Object::new(
        json!({"metadata": {"name": "a", "annotations": {"openshift.io/build-config.paused": "True"}}}),
    );
    assert!(cannot_start(&paused).is_some_and(|why| why.contains("paused")));
    let binary = config("a", &json!({"source": {"type": "Binary", "binary": {}}}));
    assert!(cannot_start(&binary).is_some_and(|why| why.contains("--from-dir")));
    assert_eq!(
        cannot_start(&config("a", &json!({"source": {"type": "Git"}}))),
        None
    );
}

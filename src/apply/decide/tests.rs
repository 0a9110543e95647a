use serde_json::json;

use super::*;
use crate::cluster::kinds;
use crate::plan::ours::{MANAGED_BY, MANAGER, REGISTRY};
use crate::plan::{Op, WhenGone};

const APPLY: Means = Means {
    force: false,
    server_side_apply: true,
};
const FORCE: Means = Means {
    force: true,
    ..APPLY
};
const OLD: Means = Means {
    server_side_apply: false,
    ..APPLY
};

fn ours(data: &str) -> Object {
    Object::new(json!({
        "kind": "Secret",
        "metadata": {
            "name": "mine", "namespace": "shop",
            "labels": {MANAGED_BY: MANAGER}, "annotations": {REGISTRY: "quay.io"},
        },
        "type": "T",
        "data": {"k": data},
    }))
}

fn stored(data: &str) -> Object {
    let mut value = ours(data).into_value();
    value["metadata"]["resourceVersion"] = json!("7");
    value["metadata"]["uid"] = json!("u");
    value["metadata"]["labels"]["extra"] = json!("kept");
    Object::new(value)
}

fn change(action: Action) -> Change {
    Change {
        object: kinds::SECRET.object(Some("shop"), "mine"),
        action,
        seen: None,
        done: "linked".into(),
        why: String::new(),
        risk: None,
        undo: UndoNote::Secret {
            again: "again".into(),
        },
        when_gone: WhenGone::Fail,
    }
}

fn wanted(decision: Result<Decision, Refusal>) -> Wanted {
    match decision {
        Ok(Decision::Write(wanted)) => *wanted,
        other => panic!("no write: {other:?}"),
    }
}

#[test]
fn apply_makes_what_is_not_there() {
    let wanted = wanted(decide(&change(Action::Apply(ours("a"))), None, APPLY));
    assert!(
        matches!(&wanted.write, Write::Apply { object, force: false } if object["metadata"].get("resourceVersion").is_none())
    );
    assert_eq!(
        wanted.undo,
        Undo::Delete {
            resource_version: None,
            again: Some("again".into()),
            made: None,
        }
    );
}

#[test]
fn apply_over_ours_goes_under_the_version_that_was_read() {
    let decision = decide(&change(Action::Apply(ours("b"))), Some(&stored("a")), FORCE);
    let wanted = wanted(decision);
    assert!(
        matches!(&wanted.write, Write::Apply { object, force: true } if object["metadata"]["resourceVersion"] == "7")
    );
    assert_eq!(
        wanted.undo,
        Undo::NeedsSecret {
            again: "again".into()
        }
    );
    let after = wanted.after.expect("an object");
    assert_eq!(after.value()["data"]["k"], "b");
    assert_eq!(after.label("extra"), Some("kept"));
}

#[test]
fn apply_of_what_is_there_is_nothing() {
    let decision = decide(&change(Action::Apply(ours("a"))), Some(&stored("a")), APPLY);
    assert!(matches!(decision, Ok(Decision::Nothing)), "{decision:?}");
}

#[test]
fn apply_over_somebody_elses_is_refused() {
    let mut foreign = stored("a").into_value();
    foreign["metadata"]["labels"] = json!({});
    let foreign = Object::new(foreign);
    let decision = decide(&change(Action::Apply(ours("a"))), Some(&foreign), FORCE);
    assert!(matches!(decision, Err(Refusal::NotOurs(_))), "{decision:?}");
}

#[test]
fn an_edit_keeps_what_it_does_not_touch_and_knows_its_inverse() {
    let now = Object::new(
        json!({"metadata": {"resourceVersion": "7"}, "imagePullSecrets": [{"name": "x"}], "unknown": {"a": 1}}),
    );
    let mut change = change(Action::Edit(vec![Op::add_reference(
        "/imagePullSecrets",
        "mine",
    )]));
    change.undo = UndoNote::Inverse;
    let wanted = wanted(decide(&change, Some(&now), APPLY));
    let Write::Replace(object) = &wanted.write else {
        panic!("{:?}", wanted.write)
    };
    assert_eq!(object["unknown"]["a"], 1);
    assert_eq!(object["metadata"]["resourceVersion"], "7");
    assert_eq!(wanted.before, json!({"/imagePullSecrets": [{"name": "x"}]}));
    assert_eq!(
        wanted.undo,
        Undo::Edit {
            ops: vec![Op::remove_reference("/imagePullSecrets", "mine")]
        }
    );
    let decision = decide(&change, wanted.after.as_ref(), APPLY);
    assert!(matches!(decision, Ok(Decision::Nothing)));
    assert!(matches!(decide(&change, None, APPLY), Ok(Decision::Gone)));
}

#[test]
fn only_ours_is_deleted_and_only_as_it_was_read() {
    let wanted = wanted(decide(&change(Action::Delete), Some(&stored("a")), APPLY));
    assert!(
        matches!(&wanted.write, Write::Delete { uid: Some(uid), resource_version: Some(version) } if uid == "u" && version == "7")
    );
    let foreign = Object::new(json!({"metadata": {"name": "mine"}}));
    let decision = decide(&change(Action::Delete), Some(&foreign), APPLY);
    assert!(matches!(decision, Err(Refusal::NotDeleted)));
}

#[test]
fn what_must_not_exist_is_not_written_over() {
    let create = change(Action::Create(ours("a")));
    assert!(matches!(
        decide(&create, Some(&stored("a")), APPLY),
        Err(Refusal::Exists)
    ));
    assert!(matches!(
        wanted(decide(&create, None, APPLY)).write,
        Write::Create(_)
    ));
}

#[test]
fn a_decision_does_not_show_secret_values() {
    let decision = decide(&change(Action::Apply(ours("Y2FuYXJ5"))), None, APPLY);
    assert!(!format!("{decision:?}").contains("Y2FuYXJ5"));
}

#[test]
fn a_server_without_apply_gets_the_whole_object() {
    let change = change(Action::Apply(ours("b")));
    assert!(matches!(
        wanted(decide(&change, None, OLD)).write,
        Write::Create(_)
    ));
    let wanted = wanted(decide(&change, Some(&stored("a")), OLD));
    let Write::Replace(object) = &wanted.write else {
        panic!("{:?}", wanted.write)
    };
    assert_eq!(object["metadata"]["resourceVersion"], "7");
    assert_eq!(object["metadata"]["labels"]["extra"], "kept");
    assert_eq!(object["data"]["k"], "b");
}

use serde_json::{Value, json};

use super::*;
use crate::plan::ours::{MANAGED_BY, MANAGER, REGISTRY};

fn account(names: &[&str]) -> Object {
    let list: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
    Object::new(json!({
        "kind": "ServiceAccount",
        "metadata": {"name": "default", "namespace": "shop", "uid": "a"},
        "imagePullSecrets": list,
    }))
}

fn secret(version: &str) -> Object {
    Object::new(json!({
        "kind": "Secret",
        "metadata": {
            "name": "mine", "namespace": "shop", "uid": "s", "resourceVersion": version,
            "labels": {MANAGED_BY: MANAGER}, "annotations": {REGISTRY: "quay.io"},
        },
    }))
}

/// A link as the journal has it: the secret was made, then its name put into the account.
fn link(secret: Option<Object>, account: Option<Object>) -> Vec<Recorded> {
    vec![
        Recorded {
            object: kinds::SECRET.object(Some("shop"), "mine"),
            uid: Some("s".into()),
            undo: Undo::Delete {
                resource_version: Some("7".into()),
                again: Some("oc extreg link quay.io".into()),
                made: None,
            },
            now: secret,
        },
        Recorded {
            object: kinds::SERVICE_ACCOUNT.object(Some("shop"), "default"),
            uid: Some("a".into()),
            undo: Undo::Edit {
                ops: vec![Op::remove_reference("/imagePullSecrets", "mine")],
            },
            now: account,
        },
    ]
}

#[test]
fn it_goes_backwards() {
    let now = account(&["x", "mine"]);
    let namers = [(kinds::SERVICE_ACCOUNT, now.clone())];
    let plan = undo(&link(Some(secret("7")), Some(now)), &namers).expect("a plan");
    let objects: Vec<String> = plan
        .changes
        .iter()
        .map(|it| it.object.to_string())
        .collect();
    assert_eq!(objects, ["serviceaccount/default", "secret/mine"]);
}

#[test]
fn a_secret_is_refused_when_it_changed_or_is_used() {
    let now = account(&["mine"]);
    let changed = undo(&link(Some(secret("8")), Some(now.clone())), &[]);
    assert!(matches!(changed, Err(UndoRefusal::Changed { .. })));

    let mut other = now.clone().into_value();
    other["metadata"]["name"] = json!("ci");
    let namers = [(kinds::SERVICE_ACCOUNT, Object::new(other.clone()))];
    let used = undo(&link(Some(secret("7")), Some(now.clone())), &namers);
    assert!(
        matches!(&used, Err(UndoRefusal::Used { users, .. }) if users == "serviceaccount/ci"),
        "{used:?}"
    );
    // The same name in another namespace is another secret.
    other["metadata"]["namespace"] = json!("elsewhere");
    let namers = [(kinds::SERVICE_ACCOUNT, Object::new(other))];
    assert!(undo(&link(Some(secret("7")), Some(now)), &namers).is_ok());
}

#[test]
fn pods_that_wait_are_noted_and_do_not_stop_it() {
    let pod = json!({
        "metadata": {"name": "web-1", "namespace": "shop"},
        "spec": {"imagePullSecrets": [{"name": "mine"}], "containers": [{"name": "c", "image": "i"}]},
    });
    let namers = [(kinds::POD, Object::new(pod))];
    let plan = undo(&link(Some(secret("7")), None), &namers).expect("a plan");
    assert!(
        plan.notes.iter().any(|note| note.contains("pod/web-1")),
        "{:?}",
        plan.notes
    );
}

#[test]
fn what_is_gone_or_new_is_left_alone() {
    let mut anew = secret("7").into_value();
    anew["metadata"]["uid"] = json!("another");
    let plan = undo(&link(Some(Object::new(anew)), None), &[]).expect("a plan");
    assert!(plan.changes.is_empty());
    assert!(plan.notes.iter().any(|note| note.contains("is gone")));
    assert!(plan.notes.iter().any(|note| note.contains("made anew")));
}

#[test]
fn a_secret_value_that_is_needed_refuses_the_whole() {
    let mut recorded = link(None, Some(account(&["mine"])));
    recorded[0].undo = Undo::NeedsSecret {
        again: "oc extreg link quay.io".into(),
    };
    let refusal = undo(&recorded, &[]).expect_err("refused");
    assert!(
        matches!(refusal, UndoRefusal::NeedsSecret { again, .. } if again == "oc extreg link quay.io")
    );
}

#[test]
fn a_single_field_that_holds_something_else_refuses_the_whole() {
    let recorded = [Recorded {
        object: kinds::BUILD_CONFIG.object(Some("shop"), "app"),
        uid: None,
        undo: Undo::Edit {
            ops: vec![Op::Set {
                field: "/spec/output/pushSecret".into(),
                expected: Some(json!({"name": "mine"})),
                value: None,
            }],
        },
        now: Some(Object::new(
            json!({"spec": {"output": {"pushSecret": {"name": "theirs"}}}}),
        )),
    }];
    let refusal = undo(&recorded, &[]).expect_err("refused");
    assert_eq!(
        refusal.to_string(),
        "buildconfig.build.openshift.io/app in namespace \"shop\" has been changed since: spec.output.pushSecret has been changed by somebody else"
    );
}

#[test]
fn a_run_that_was_cut_off_deletes_only_what_is_ours() {
    let cut_off = |now: Object| {
        let mut recorded = link(Some(now), None);
        recorded[0].uid = None;
        recorded[0].undo = Undo::Delete {
            resource_version: None,
            again: None,
            made: None,
        };
        undo(&recorded, &[])
    };
    assert_eq!(cut_off(secret("9")).expect("a plan").changes.len(), 1);
    let mut foreign = secret("9").into_value();
    foreign["metadata"]["labels"] = json!({});
    assert!(cut_off(Object::new(foreign)).is_err());
}

#[test]
fn the_journal_keeps_it_word_for_word() {
    for undo in [
        Undo::Delete {
            resource_version: Some("7".into()),
            again: None,
            made: None,
        },
        Undo::Nothing { reason: "x".into() },
    ] {
        let text = serde_json::to_string(&undo).expect("writes");
        assert_eq!(serde_json::from_str::<Undo>(&text).expect("reads"), undo);
    }
}

#[test]
fn what_controllers_write_to_is_told_by_what_was_made() {
    let made = json!({"kind": "Deployment", "spec": {"replicas": 1}});
    let refused = |replicas: u8, label: &str| {
        let now = json!({
            "kind": "Deployment",
            "metadata": {
                "name": "web", "namespace": "shop", "uid": "u", "resourceVersion": "12",
                "labels": {"app.kubernetes.io/managed-by": label},
                "annotations": {"extreg.dev/registry": "quay.io", "deployment.kubernetes.io/revision": "1"},
            },
            "spec": {"replicas": replicas, "revisionHistoryLimit": 10},
            "status": {"replicas": 1},
        });
        let recorded = Recorded {
            object: kinds::DEPLOYMENT.object(Some("shop"), "web"),
            uid: Some("u".into()),
            undo: Undo::Delete {
                resource_version: Some("7".into()),
                again: None,
                made: Some(made.clone()),
            },
            now: Some(Object::new(now)),
        };
        undo(&[recorded], &[]).err().map(|error| error.to_string())
    };
    assert_eq!(refused(1, "kubectl-extreg"), None);
    let scaled = refused(3, "kubectl-extreg").expect("a refusal");
    assert!(scaled.contains("spec.replicas"), "{scaled}");
    assert!(refused(1, "helm").is_some());
}

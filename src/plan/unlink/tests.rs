use serde_json::{Value, json};

use super::*;
use crate::plan::ours::{MANAGED_BY, MANAGER, REGISTRY};

fn secret(ours: bool) -> Object {
    let (labels, annotations) = if ours {
        (json!({MANAGED_BY: MANAGER}), json!({REGISTRY: "quay.io"}))
    } else {
        (json!({}), json!({}))
    };
    Object::new(json!({
        "kind": "Secret",
        "metadata": {"name": "mine", "namespace": "shop", "labels": labels, "annotations": annotations},
    }))
}

fn account(name: &str, pull: &[&str], mount: &[&str]) -> Object {
    let list = |names: &[&str]| -> Vec<Value> {
        names.iter().map(|name| json!({ "name": name })).collect()
    };
    Object::new(json!({
        "kind": "ServiceAccount",
        "metadata": {"name": name, "namespace": "shop"},
        "imagePullSecrets": list(pull),
        "secrets": list(mount),
    }))
}

fn view(secret: Option<Object>, accounts: Vec<Object>) -> NamespaceView {
    NamespaceView {
        name: "shop".into(),
        secrets: vec![("mine".into(), secret)],
        accounts,
        ..NamespaceView::default()
    }
}

fn args(purposes: Purposes) -> UnlinkArgs<'static> {
    UnlinkArgs {
        purposes,
        accounts: &[],
        keep_secret: false,
        program: "oc extreg",
        many: false,
    }
}

fn done(plan: &Plan) -> Vec<String> {
    plan.changes
        .iter()
        .map(|change| match change.action {
            Action::Delete => format!("{} deleted", change.object),
            _ => format!("{} {}", change.object, change.done),
        })
        .collect()
}

#[test]
fn the_secret_goes_with_its_last_user() {
    let accounts = vec![
        account("default", &["mine", "x"], &[]),
        account("builder", &["mine"], &["mine"]),
        account("other", &["x"], &[]),
    ];
    let plan =
        unlink(&[view(Some(secret(true)), accounts)], &args(Purposes::BOTH)).expect("a plan");
    assert_eq!(
        done(&plan),
        [
            "serviceaccount/default unlinked",
            "serviceaccount/builder unlinked",
            "secret/mine deleted"
        ]
    );
    let UndoNote::Secret { again } = &plan.changes[2].undo else {
        panic!("{:?}", plan.changes[2].undo)
    };
    assert_eq!(
        again,
        "oc extreg link quay.io -n shop --name mine --for pull,push -z default -z builder"
    );
}

#[test]
fn a_kind_that_is_left_keeps_the_secret() {
    let accounts = vec![account("builder", &["mine"], &["mine"])];
    let plan =
        unlink(&[view(Some(secret(true)), accounts)], &args(Purposes::PULL)).expect("a plan");
    assert_eq!(done(&plan), ["serviceaccount/builder unlinked (pull)"]);
    assert!(
        plan.notes[0].contains("used by serviceaccount/builder"),
        "{:?}",
        plan.notes
    );
}

#[test]
fn other_users_and_ignorance_keep_the_secret() {
    let mut used = view(Some(secret(true)), Vec::new());
    let template = json!({"metadata": {"name": "web"}, "spec": {"template": {"spec": {"imagePullSecrets": [{"name": "mine"}]}}}});
    used.others.push((kinds::DEPLOYMENT, Object::new(template)));
    let plan = unlink(&[used], &args(Purposes::BOTH)).expect("a plan");
    assert!(plan.changes.is_empty() && plan.notes[0].contains("deployment.apps/web"));

    let mut blind = view(Some(secret(true)), Vec::new());
    blind.unread.push("pods (no right to)".into());
    let plan = unlink(&[blind], &args(Purposes::BOTH)).expect("a plan");
    assert!(plan.changes.is_empty() && plan.notes[0].contains("pods (no right to)"));
}

#[test]
fn a_foreign_secret_is_kept_and_a_missing_one_taken_off() {
    let accounts = vec![account("default", &["mine"], &[])];
    let foreign = view(Some(secret(false)), accounts.clone());
    let plan = unlink(&[foreign], &args(Purposes::BOTH)).expect("a plan");
    assert_eq!(done(&plan), ["serviceaccount/default unlinked"]);
    assert!(plan.notes[0].contains("not made by this tool"));
    let plan = unlink(&[view(None, accounts)], &args(Purposes::BOTH)).expect("a plan");
    assert_eq!(done(&plan), ["serviceaccount/default unlinked"]);
    assert!(plan.notes.is_empty());
}

#[test]
fn accounts_that_are_named_must_exist() {
    let accounts = vec![
        account("default", &["mine"], &[]),
        account("ci", &["mine"], &[]),
    ];
    let view = view(Some(secret(true)), accounts);
    let (known, unknown) = (["ci".to_owned()], ["cii".to_owned()]);
    let mut args = args(Purposes::BOTH);
    args.accounts = &known;
    let plan = unlink(std::slice::from_ref(&view), &args).expect("a plan");
    assert_eq!(done(&plan), ["serviceaccount/ci unlinked"]);
    assert!(plan.notes[0].contains("used by serviceaccount/default"));
    args.accounts = &unknown;
    let refusal = unlink(std::slice::from_ref(&view), &args).expect_err("refused");
    assert!(matches!(refusal, UnlinkRefusal::NoAccount { near, .. } if near == ["ci"]));
    args.many = true;
    assert!(unlink(&[view], &args).expect("a plan").changes.is_empty());
}

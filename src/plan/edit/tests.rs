use proptest::prelude::*;
use serde_json::json;

use super::*;

fn edited(ops: &[Op], object: &Value) -> Value {
    apply_all(ops, object)
        .expect("applies")
        .unwrap_or_else(|| object.clone())
}

#[test]
fn an_entry_is_added_once_and_others_stay() {
    let account = json!({"imagePullSecrets": [{"name": "other"}]});
    let op = [Op::add_reference("/imagePullSecrets", "mine")];
    let after = edited(&op, &account);
    assert_eq!(
        after,
        json!({"imagePullSecrets": [{"name": "other"}, {"name": "mine"}]})
    );
    assert_eq!(apply_all(&op, &after), Ok(None));
}

#[test]
fn a_missing_or_null_list_is_made() {
    let op = [Op::add_reference("/imagePullSecrets", "mine")];
    let wanted = json!({"imagePullSecrets": [{"name": "mine"}]});
    assert_eq!(edited(&op, &json!({})), wanted);
    assert_eq!(edited(&op, &json!({"imagePullSecrets": null})), wanted);
}

#[test]
fn the_last_entry_takes_the_list_with_it() {
    let op = [Op::remove_reference("/secrets", "mine")];
    assert_eq!(
        edited(&op, &json!({"secrets": [{"name": "mine"}], "x": 1})),
        json!({"x": 1})
    );
    assert_eq!(apply_all(&op, &json!({"x": 1})), Ok(None));
}

#[test]
fn taking_back_an_addition_keeps_what_came_after() {
    let before = json!({"imagePullSecrets": [{"name": "a"}]});
    let op = [Op::add_reference("/imagePullSecrets", "mine")];
    let inverse = invert_all(&op, &before).expect("inverts");
    let later = json!({"imagePullSecrets": [{"name": "a"}, {"name": "mine"}, {"name": "b"}]});
    assert_eq!(
        edited(&inverse, &later),
        json!({"imagePullSecrets": [{"name": "a"}, {"name": "b"}]})
    );
}

#[test]
fn what_was_there_already_is_not_taken_back() {
    let before = json!({"imagePullSecrets": [{"name": "mine"}]});
    let op = [Op::add_reference("/imagePullSecrets", "mine")];
    assert_eq!(invert_all(&op, &before), Ok(Vec::new()));
}

#[test]
fn a_map_entry_comes_and_goes_without_its_neighbours() {
    let before = json!({"metadata": {"annotations": {"k": "v"}}});
    let op = [Op::MapSet {
        map: "/metadata/annotations".into(),
        key: "a.b/c".into(),
        value: json!("1"),
    }];
    let after = edited(&op, &before);
    assert_eq!(
        after,
        json!({"metadata": {"annotations": {"k": "v", "a.b/c": "1"}}})
    );
    let inverse = invert_all(&op, &before).expect("inverts");
    assert_eq!(edited(&inverse, &after), before);
    let foreign = json!({"metadata": {"annotations": {"k": "v", "a.b/c": "theirs"}}});
    assert_eq!(apply_all(&inverse, &foreign), Ok(None));
}

#[test]
fn a_single_field_is_refused_when_it_holds_something_else() {
    let before = json!({"spec": {"output": {"to": "old"}}});
    let op = [Op::Set {
        field: "/spec/output/to".into(),
        expected: Some(json!("old")),
        value: Some(json!("new")),
    }];
    let after = edited(&op, &before);
    assert_eq!(after, json!({"spec": {"output": {"to": "new"}}}));
    let inverse = invert_all(&op, &before).expect("inverts");
    assert_eq!(edited(&inverse, &after), before);
    let changed = json!({"spec": {"output": {"to": "third"}}});
    let refusal = apply_all(&inverse, &changed).expect_err("refuses");
    assert_eq!(
        refusal.to_string(),
        "spec.output.to has been changed by somebody else"
    );
}

#[test]
fn an_item_of_a_list_is_found_by_its_key_wherever_it_stands() {
    let image = place::item("/spec/containers", "name", "web") + "/image";
    let op = [Op::Set {
        field: image,
        expected: Some(json!("a")),
        value: Some(json!("b")),
    }];
    let before = json!({"spec": {"containers": [{"name": "web", "image": "a"}]}});
    let shifted =
        json!({"spec": {"containers": [{"name": "proxy"}, {"name": "web", "image": "a"}]}});
    assert_eq!(
        edited(&op, &shifted),
        json!({"spec": {"containers": [{"name": "proxy"}, {"name": "web", "image": "b"}]}})
    );
    let inverse = invert_all(&op, &before).expect("inverts");
    assert_eq!(edited(&inverse, &edited(&op, &shifted)), shifted);
    let other = json!({"spec": {"containers": [{"name": "web", "image": "c"}]}});
    assert_eq!(
        apply_all(&op, &other).expect_err("refuses").to_string(),
        "spec.containers[name=web].image has been changed by somebody else"
    );
    let gone = json!({"spec": {"containers": [{"name": "proxy"}]}});
    assert!(apply_all(&op, &gone).is_err());
}

#[test]
fn a_plain_value_comes_and_goes_without_its_neighbours() {
    let list = "/spec/registrySources/insecureRegistries";
    let op = [Op::ValueAdd {
        list: list.into(),
        value: json!("r.example.com:5000"),
        at: None,
    }];
    let before = json!({"spec": {"registrySources": {"insecureRegistries": ["a", "b"]}}});
    let after = edited(&op, &before);
    assert_eq!(
        after,
        json!({"spec": {"registrySources": {"insecureRegistries": ["a", "b", "r.example.com:5000"]}}})
    );
    assert_eq!(apply_all(&op, &after), Ok(None));
    let inverse = invert_all(&op, &before).expect("inverts");
    assert_eq!(edited(&inverse, &after), before);
    let remove = [Op::ValueRemove {
        list: list.into(),
        value: json!("a"),
    }];
    let without = edited(&remove, &before);
    let inverse = invert_all(&remove, &before).expect("inverts");
    assert_eq!(edited(&inverse, &without), before);
}

#[test]
fn another_shape_is_refused_and_not_overwritten() {
    let op = Op::add_reference("/imagePullSecrets", "mine");
    let mut odd = json!({"imagePullSecrets": "text"});
    assert_eq!(
        op.apply(&mut odd),
        Err(OpRefusal::Shape {
            place: "imagePullSecrets".into()
        })
    );
    assert_eq!(odd, json!({"imagePullSecrets": "text"}));
}

#[test]
fn operations_survive_the_journal() {
    let ops = vec![
        Op::add_reference("/secrets", "x"),
        Op::remove_reference("/secrets", "y"),
        Op::Set {
            field: "/spec/a".into(),
            expected: None,
            value: Some(json!(1)),
        },
    ];
    let text = serde_json::to_string(&ops).expect("writes");
    assert_eq!(serde_json::from_str::<Vec<Op>>(&text).expect("reads"), ops);
}

fn account() -> impl Strategy<Value = Value> {
    let names = prop::collection::btree_set("[a-e]", 0..5);
    (names.clone(), names).prop_map(|(pull, mount)| {
        let list = |names: std::collections::BTreeSet<String>| {
            names
                .into_iter()
                .map(|name| json!({ "name": name }))
                .collect::<Vec<_>>()
        };
        let mut account = json!({"kind": "ServiceAccount"});
        if !pull.is_empty() {
            account["imagePullSecrets"] = json!(list(pull));
        }
        if !mount.is_empty() {
            account["secrets"] = json!(list(mount));
        }
        account
    })
}

fn op() -> impl Strategy<Value = Op> {
    (
        prop::sample::select(vec!["/imagePullSecrets", "/secrets"]),
        "[a-e]",
        any::<bool>(),
    )
        .prop_map(|(list, name, add)| {
            if add {
                Op::add_reference(list, &name)
            } else {
                Op::remove_reference(list, &name)
            }
        })
}

proptest! {
    #[test]
    fn an_edit_and_its_inverse_leave_the_object_as_it_was(
        before in account(),
        ops in prop::collection::vec(op(), 1..5),
    ) {
        let inverse = invert_all(&ops, &before).expect("inverts");
        let after = edited(&ops, &before);
        prop_assert_eq!(edited(&inverse, &after), before);
    }
}

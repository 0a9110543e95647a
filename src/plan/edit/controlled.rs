//! Edits of what a controller writes to as well: items that get fields of its own, and texts that it replaces.

use serde_json::Value;

use super::place::{items, look, set, words};
use super::{Op, OpRefusal};

/// Whether `one` says all that `like` says: of maps its entries, of everything else the same.
pub(super) fn says(one: &Value, like: &Value) -> bool {
    match (one, like) {
        (Value::Object(one), Value::Object(like)) => like
            .iter()
            .all(|(key, value)| one.get(key).is_some_and(|held| says(held, value))),
        _ => one == like,
    }
}

/// Adds the item unless one says the same; whether it did.
pub(super) fn add(items: &mut Vec<Value>, item: &Value, at: Option<usize>) -> bool {
    if items.iter().any(|one| says(one, item)) {
        return false;
    }
    let end = items.len();
    items.insert(at.map_or(end, |at| at.min(end)), item.clone());
    true
}

/// Takes out what says all that `like` says; whether there was any.
pub(super) fn remove(items: &mut Vec<Value>, like: &Value) -> bool {
    let before = items.len();
    items.retain(|one| !says(one, like));
    items.len() != before
}

/// Sets the field while it holds an image of one of the repositories `held`; whether it had to.
pub(super) fn take_back(
    object: &mut Value,
    field: &str,
    held: &[String],
    value: &Value,
) -> Result<bool, OpRefusal> {
    let now = look(object, field);
    if now == Some(value) {
        return Ok(false);
    }
    let image = now.and_then(Value::as_str).unwrap_or_default();
    if !held.iter().any(|repository| is_of(image, repository)) {
        return Err(OpRefusal::Changed {
            field: words(field),
        });
    }
    set(object, field, Some(value));
    Ok(true)
}

/// What takes one of these edits back, given the object as it was before; of other edits nothing.
pub(super) fn inverse(op: &Op, before: &Value) -> Vec<Op> {
    match op {
        Op::ItemAdd { list, item, .. } => {
            let there = items(before, list).any(|(_, one)| says(one, item));
            let remove = Op::ItemRemove {
                list: list.clone(),
                like: item.clone(),
            };
            (!there).then_some(remove).into_iter().collect()
        }
        Op::ItemRemove { list, like } => items(before, list)
            .filter(|(_, one)| says(one, like))
            .map(|(at, one)| Op::ItemAdd {
                list: list.clone(),
                item: one.clone(),
                at: Some(at),
            })
            .collect(),
        Op::Leave { field, becomes } => look(before, field)
            .map(|old| Op::TakeBack {
                field: field.clone(),
                held: becomes.clone(),
                value: old.clone(),
            })
            .into_iter()
            .collect(),
        Op::TakeBack { field, value, .. } => look(before, field)
            .filter(|old| *old != value)
            .map(|old| Op::Set {
                field: field.clone(),
                expected: Some(value.clone()),
                value: Some(old.clone()),
            })
            .into_iter()
            .collect(),
        _ => Vec::new(),
    }
}

/// Whether the image is one of this repository, with whatever tag or digest.
fn is_of(image: &str, repository: &str) -> bool {
    image
        .strip_prefix(repository)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '@']))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{apply_all, invert_all};
    use super::*;

    fn trigger(more: &Value) -> Value {
        let mut trigger = json!({
            "type": "ImageChange",
            "imageChangeParams": {"containerNames": ["web"], "from": {"name": "app:1"}},
        });
        if let Some(last) = more.as_str() {
            trigger["imageChangeParams"]["lastTriggeredImage"] = json!(last);
        }
        trigger
    }

    #[test]
    fn what_a_controller_adds_to_an_item_makes_it_no_other() {
        let list = "/spec/triggers".to_owned();
        let add = Op::ItemAdd {
            list: list.clone(),
            item: trigger(&Value::Null),
            at: None,
        };
        let before = json!({"spec": {"triggers": [{"type": "ConfigChange"}]}});
        let after = apply_all(std::slice::from_ref(&add), &before)
            .expect("an edit")
            .expect("a change");
        assert_eq!(after["spec"]["triggers"][1], trigger(&Value::Null));

        let mut written = after;
        written["spec"]["triggers"][1] = trigger(&json!("quay.io/a@sha256:1"));
        let again = apply_all(std::slice::from_ref(&add), &written);
        assert_eq!(again.expect("an edit"), None);
        let back = add.inverse(&before);
        let undone = apply_all(&back, &written).expect("an edit");
        assert_eq!(undone.expect("a change"), before);
        assert!(add.inverse(&written).is_empty());
        assert_eq!(add.place(), list);
    }

    #[test]
    fn what_is_taken_out_comes_back_where_it_was_with_all_that_it_said() {
        let like = json!({"type": "ImageChange"});
        let remove = Op::ItemRemove {
            list: "/triggers".to_owned(),
            like,
        };
        let mut other = trigger(&Value::Null);
        other["imageChangeParams"]["containerNames"] = json!(["proxy"]);
        let before = json!({"triggers": [trigger(&json!("x@1")), {"type": "ConfigChange"}, other]});
        let after = apply_all(std::slice::from_ref(&remove), &before)
            .expect("an edit")
            .expect("a change");
        assert_eq!(after, json!({"triggers": [{"type": "ConfigChange"}]}));
        let back = apply_all(&remove.inverse(&before), &after).expect("an edit");
        assert_eq!(back.expect("a change"), before);

        // The last one leaves an empty list, and what is not there is not made.
        let only = json!({"triggers": [trigger(&Value::Null)]});
        let emptied = apply_all(std::slice::from_ref(&remove), &only).expect("an edit");
        assert_eq!(emptied, Some(json!({"triggers": []})));
        let none = apply_all(&[remove], &json!({})).expect("an edit");
        assert_eq!(none, None);
    }

    #[test]
    fn a_field_that_was_left_is_taken_back_from_whom_it_was_left_to() {
        let leave = Op::Leave {
            field: "/image".to_owned(),
            becomes: vec!["quay.io/team/app".to_owned()],
        };
        let before = json!({"image": "old:1"});
        let alone = apply_all(std::slice::from_ref(&leave), &before);
        assert_eq!(alone.expect("an edit"), None);
        let back = invert_all(&[leave], &before).expect("an inverse");
        for image in [
            "quay.io/team/app@sha256:1",
            "quay.io/team/app:2",
            "quay.io/team/app",
        ] {
            let undone = apply_all(&back, &json!({"image": image})).expect(image);
            assert_eq!(undone, Some(before.clone()), "{image}");
        }
        // Before the controller came to it nothing is to be done.
        assert_eq!(apply_all(&back, &before).expect("an edit"), None);
        for image in ["quay.io/team/app2:1", "ghcr.io/team/app:1"] {
            let refused = apply_all(&back, &json!({"image": image}));
            assert!(refused.is_err(), "{image}");
        }
        let forth = back[0].inverse(&json!({"image": "quay.io/team/app:2"}));
        let again = apply_all(&forth, &before).expect("an edit");
        assert_eq!(again, Some(json!({"image": "quay.io/team/app:2"})));
    }
}

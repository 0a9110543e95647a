//! The objects of a plan as they would be once it is carried out, for looking at them before anything is written.

use serde_json::Value;

use super::edit::{self, OpRefusal};
use super::ours::{self, Owner};
use super::{Action, Object, Plan, shell};
use crate::model::kinds::ObjectRef;

/// Every object that the plan touches as it would be, in the plan's order, each once; `None` where it would be gone.
///
/// # Errors
///
/// When an edit cannot be made on what was read.
pub fn after(plan: &Plan) -> Result<Vec<(ObjectRef, Option<Object>)>, OpRefusal> {
    let mut objects: Vec<(ObjectRef, Option<Object>)> = Vec::new();
    for change in &plan.changes {
        let known = objects
            .iter()
            .position(|(object, _)| *object == change.object);
        let before = match known {
            Some(at) => objects.get(at).and_then(|(_, object)| object.clone()),
            None => change.seen.clone(),
        };
        let after = match &change.action {
            Action::Create(object) | Action::Apply(object) => Some(object.clone()),
            Action::Edit(ops) => {
                let before = before.map_or(Value::Null, Object::into_value);
                let edited = edit::apply_all(ops, &before)?;
                Some(Object::new(edited.unwrap_or(before)))
            }
            Action::Ensure { new, ops } => {
                let before = before.unwrap_or_else(|| new.clone()).into_value();
                let edited = edit::apply_all(ops, &before)?;
                Some(Object::new(edited.unwrap_or(before)))
            }
            Action::Prune(ops) => match before {
                None => None,
                Some(before) => {
                    let ours = matches!(ours::owner(&before), Owner::Ours { .. });
                    let edited = edit::apply_all(ops, before.value())?;
                    let left = edited.map_or(before, Object::new);
                    (!ours || !shell::is_empty(left.value())).then_some(left)
                }
            },
            Action::Delete => None,
        };
        match known.and_then(|at| objects.get_mut(at)) {
            Some((_, object)) => *object = after,
            None => objects.push((change.object.clone(), after)),
        }
    }
    Ok(objects)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::kinds;
    use crate::plan::{Change, Op, UndoNote, WhenGone};

    fn change(action: Action, seen: Option<Value>) -> Change {
        Change {
            object: kinds::BUILD_CONFIG.object(Some("shop"), "app"),
            action,
            seen: seen.map(Object::new),
            done: String::new(),
            why: String::new(),
            risk: None,
            undo: UndoNote::Inverse,
            when_gone: WhenGone::Fail,
        }
    }

    #[test]
    fn edits_of_one_object_follow_one_another() {
        let set = |field: &str, value: &str| {
            Action::Edit(vec![Op::Set {
                field: field.to_owned(),
                expected: None,
                value: Some(json!(value)),
            }])
        };
        let read = json!({"spec": {"source": {}}});
        let plan = Plan {
            changes: vec![
                change(set("/spec/output/to", "x"), Some(read.clone())),
                change(set("/spec/strategy", "y"), Some(read)),
            ],
            notes: Vec::new(),
        };
        let objects = after(&plan).expect("edits");
        assert_eq!(objects.len(), 1);
        assert_eq!(
            objects[0].1.as_ref().map(Object::value),
            Some(&json!({"spec": {"source": {}, "output": {"to": "x"}, "strategy": "y"}}))
        );
    }

    #[test]
    fn what_is_deleted_is_gone() {
        let plan = Plan {
            changes: vec![change(Action::Delete, Some(json!({})))],
            notes: Vec::new(),
        };
        assert_eq!(after(&plan).expect("nothing to refuse")[0].1, None);
    }
}

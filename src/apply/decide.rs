//! What one change means for the object as it is now: nothing, or one write. Pure.

use serde_json::{Value, json};

use crate::cluster::{Write, kinds};
use crate::plan::edit::{OpRefusal, apply_all, invert_all};
use crate::plan::ours::{self, NotOurs, Owner};
use crate::plan::undo::Undo;
use crate::plan::{Action, Change, Object, Op, UndoNote, shell};

/// What is to be done now.
#[derive(Debug)]
pub(super) enum Decision {
    /// The object is as it should be.
    Nothing,
    /// There is no object to do it to.
    Gone,
    Write(Box<Wanted>),
}

/// A write, and what is known of it before it is made.
#[derive(Debug)]
pub(super) struct Wanted {
    pub write: Write,
    /// The object as it is expected to be afterwards; `None` when it is deleted.
    pub after: Option<Object>,
    /// How it is taken back; a created object's version is not known yet.
    pub undo: Undo,
    /// What the places that it touches hold now, by JSON pointer. No secret value.
    pub before: Value,
}

/// How the server is written to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Means {
    /// Server-side apply takes over fields of other managers.
    pub force: bool,
    /// Whether the server knows server-side apply; an older one gets the whole object under the version that was read.
    pub server_side_apply: bool,
}

/// Why it must not be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error(transparent)]
    NotOurs(#[from] NotOurs),
    #[error("{0}")]
    Op(#[from] OpRefusal),
    #[error("it exists already")]
    Exists,
    #[error("it was not made by this tool: it is not deleted")]
    NotDeleted,
}

/// Decides for `now`, the object as it was read last.
pub(super) fn decide(
    change: &Change,
    now: Option<&Object>,
    means: Means,
) -> Result<Decision, Refusal> {
    match (&change.action, now) {
        (Action::Create(_), Some(_)) => Err(Refusal::Exists),
        (Action::Create(object), None) => Ok(created(
            change,
            object,
            Write::Create(object.value().clone()),
        )),
        (Action::Apply(object), None) => {
            let whole = object.value().clone();
            let call = if means.server_side_apply {
                Write::Apply {
                    object: whole,
                    force: means.force,
                }
            } else {
                Write::Create(whole)
            };
            Ok(created(change, object, call))
        }
        (Action::Apply(object), Some(now)) => {
            ours::admit(change.object.kind, now, object)?;
            Ok(applied(change, object, now, means))
        }
        (Action::Edit(_) | Action::Prune(_) | Action::Delete, None) => Ok(Decision::Gone),
        (Action::Edit(ops) | Action::Ensure { ops, .. }, Some(now)) => edited(change, ops, now),
        (Action::Ensure { new, ops }, None) => {
            let made = apply_all(ops, new.value())?;
            let made = made.unwrap_or_else(|| new.value().clone());
            Ok(write(Wanted {
                write: Write::Create(made.clone()),
                after: Some(Object::new(made)),
                undo: Undo::Prune {
                    ops: invert_all(ops, new.value())?,
                },
                before: Value::Null,
            }))
        }
        (Action::Prune(ops), Some(now)) => {
            let after = apply_all(ops, now.value())?;
            let left = after.as_ref().unwrap_or(now.value());
            if !shell::is_empty(left) || !matches!(ours::owner(now), Owner::Ours { .. }) {
                return edited(change, ops, now);
            }
            Ok(write(Wanted {
                write: delete(now),
                after: None,
                undo: Undo::Ensure {
                    new: shell::of(now.value()),
                    ops: invert_all(ops, now.value())?,
                },
                before: before(ops, now),
            }))
        }
        (Action::Delete, Some(now)) => {
            if !matches!(ours::owner(now), Owner::Ours { .. }) {
                return Err(Refusal::NotDeleted);
            }
            Ok(write(Wanted {
                write: delete(now),
                after: None,
                undo: irreversible(change),
                before: Value::Null,
            }))
        }
    }
}

fn write(wanted: Wanted) -> Decision {
    Decision::Write(Box::new(wanted))
}

/// The edits on what is there.
fn edited(change: &Change, ops: &[Op], now: &Object) -> Result<Decision, Refusal> {
    let Some(edited) = apply_all(ops, now.value())? else {
        return Ok(Decision::Nothing);
    };
    let undo = match &change.undo {
        UndoNote::Nothing(reason) => Undo::Nothing {
            reason: reason.clone(),
        },
        UndoNote::Secret { again } => Undo::NeedsSecret {
            again: again.clone(),
        },
        UndoNote::Inverse => Undo::Edit {
            ops: invert_all(ops, now.value())?,
        },
    };
    Ok(write(Wanted {
        write: Write::Replace(edited.clone()),
        after: Some(Object::new(edited)),
        undo,
        before: before(ops, now),
    }))
}

/// What the places hold that the edits touch.
fn before(ops: &[Op], now: &Object) -> Value {
    ops.iter()
        .map(|op| (op.place(), op.before(now.value())))
        .collect()
}

/// Of the very object that was read, as it was read.
fn delete(now: &Object) -> Write {
    Write::Delete {
        uid: now.uid().map(str::to_owned),
        resource_version: now.resource_version().map(str::to_owned),
    }
}

fn created(change: &Change, object: &Object, call: Write) -> Decision {
    write(Wanted {
        write: call,
        after: Some(object.clone()),
        undo: Undo::Delete {
            resource_version: None,
            again: again(change),
            made: made(change, object),
        },
        before: Value::Null,
    })
}

/// Server-side apply over what is ours already. The version that was read goes along, so that what came between is a
/// conflict and looked at again.
fn applied(change: &Change, object: &Object, now: &Object, means: Means) -> Decision {
    if contains(now.value(), object.value()) {
        return Decision::Nothing;
    }
    let mut after = now.value().clone();
    merge(&mut after, object.value());
    let call = if means.server_side_apply {
        let mut wanted = object.value().clone();
        if let Some(version) = now.resource_version() {
            wanted["metadata"]["resourceVersion"] = json!(version);
        }
        Write::Apply {
            object: wanted,
            force: means.force,
        }
    } else {
        Write::Replace(after.clone())
    };
    write(Wanted {
        write: call,
        after: Some(Object::new(after)),
        undo: irreversible(change),
        before: Value::Null,
    })
}

/// What is kept of an object for telling it from one that was changed since.
fn made(change: &Change, object: &Object) -> Option<Value> {
    let kept = matches!(change.action, Action::Create(_)) && change.object.kind != kinds::SECRET;
    kept.then(|| object.value().clone())
}

fn again(change: &Change) -> Option<String> {
    match &change.undo {
        UndoNote::Secret { again } => Some(again.clone()),
        UndoNote::Inverse | UndoNote::Nothing(_) => None,
    }
}

/// For what cannot be put back without the old content.
fn irreversible(change: &Change) -> Undo {
    match &change.undo {
        UndoNote::Secret { again } => Undo::NeedsSecret {
            again: again.clone(),
        },
        UndoNote::Nothing(reason) => Undo::Nothing {
            reason: reason.clone(),
        },
        UndoNote::Inverse => Undo::Nothing {
            reason: "its old content is not kept".to_owned(),
        },
    }
}

/// Whether every field of `wanted` is in `whole` with the same value.
fn contains(whole: &Value, wanted: &Value) -> bool {
    match (whole, wanted) {
        (Value::Object(whole), Value::Object(wanted)) => wanted
            .iter()
            .all(|(key, value)| whole.get(key).is_some_and(|held| contains(held, value))),
        _ => whole == wanted,
    }
}

/// Lays `wanted` over `whole`, maps entry by entry.
fn merge(whole: &mut Value, wanted: &Value) {
    match (whole, wanted) {
        (Value::Object(whole), Value::Object(wanted)) => {
            for (key, value) in wanted {
                merge(whole.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (whole, wanted) => *whole = wanted.clone(),
    }
}

#[cfg(test)]
mod tests;

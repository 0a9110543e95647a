//! Plans taking back what the journal says was done: own entries out of lists and maps whatever came after, single fields
//! only while they hold what was written, created objects while they are as they were made and nothing uses them.
//! Whatever cannot be taken back refuses the whole.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::edit::apply_all;
use super::made;
use super::ours::{self, Owner};
use super::used::{self, Naming};
use super::{Action, Change, Object, Op, Plan, UndoNote, WhenGone, shell};
use crate::model::kinds::{self, Kind, ObjectRef};

/// How one change is taken back, as the journal keeps it. Holds no secret value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    tag = "how",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
pub enum Undo {
    /// By these edits.
    Edit { ops: Vec<Op> },
    /// By these edits, and by deleting what was made for them when they leave nothing in it.
    Prune { ops: Vec<Op> },
    /// By these edits, on `new` where the object is still gone.
    Ensure { new: Value, ops: Vec<Op> },
    /// By deleting what was created, while it is what was created. Without a version the run was cut off before it
    /// knew it: then it must be ours. `again` is the command that makes it again. `made` is what was written, for what
    /// controllers write to afterwards; never of a kind that holds secret values.
    Delete {
        resource_version: Option<String>,
        again: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        made: Option<Value>,
    },
    /// There is nothing to take back.
    Nothing { reason: String },
    /// It would need a secret value.
    NeedsSecret { again: String },
}

/// One journalled change with the object as it is now.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub object: ObjectRef,
    /// The object that was changed; `None` when the run was cut off before it was known.
    pub uid: Option<String>,
    pub undo: Undo,
    pub now: Option<Object>,
}

impl Recorded {
    fn named(&self) -> String {
        match &self.object.namespace {
            Some(namespace) => format!("{} in namespace {namespace:?}", self.object),
            None => self.object.to_string(),
        }
    }
}

/// Why the whole is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UndoRefusal {
    #[error("{object} cannot be put back: the journal keeps no secret value")]
    NeedsSecret { object: String, again: String },
    #[error("{object} has been changed since: {what}")]
    Changed { object: String, what: String },
    #[error("{object} is used by now, by {users}")]
    Used { object: String, users: String },
}

/// A stream's status, which holds what was imported, cannot be written by clients; and a tag whose source changes is
/// imported anew (openshift-apiserver `pkg/image/apiserver/registry/imagestream/strategy.go` `PrepareForUpdate`,
/// `ensureSpecTagGenerationsAreSet`).
const STREAM_HISTORY: &str = "what was imported stays in the history of its tags; a tag that gets its earlier source \
                              back is imported from there again";

/// The plan that takes the changes back, last first. `namers` are the objects of those namespaces that name a secret.
pub fn undo(recorded: &[Recorded], namers: &[(Kind, Object)]) -> Result<Plan, UndoRefusal> {
    let mut plan = Plan::default();
    for entry in recorded.iter().rev() {
        match (&entry.undo, &entry.now) {
            (Undo::NeedsSecret { again }, _) => {
                return Err(UndoRefusal::NeedsSecret {
                    object: entry.named(),
                    again: again.clone(),
                });
            }
            (Undo::Nothing { reason }, _) => {
                plan.notes.push(format!("{}: {reason}", entry.named()));
            }
            (Undo::Ensure { new, ops }, now) => {
                let new = Object::new(new.clone());
                let action = Action::Ensure {
                    new: new.clone(),
                    ops: ops.clone(),
                };
                let onto = now.as_ref().unwrap_or(&new);
                plan.changes.push(edits(entry, action, ops, onto)?);
            }
            (_, None) => plan.notes.push(format!(
                "{} is gone: there is nothing to take back",
                entry.named()
            )),
            (_, Some(now)) if entry.uid.is_some() && entry.uid.as_deref() != now.uid() => {
                plan.notes.push(format!(
                    "{} was made anew since: nothing of this change is in it",
                    entry.named()
                ));
            }
            (Undo::Edit { ops }, Some(now)) => match still_needed(ops, recorded) {
                Some(map) => plan.notes.push(format!(
                    "{} goes on naming {map}, which holds what others put there",
                    entry.named()
                )),
                None => {
                    if entry.object.kind == kinds::IMAGE_STREAM {
                        plan.notes
                            .push(format!("{}: {STREAM_HISTORY}", entry.named()));
                    }
                    let action = Action::Edit(ops.clone());
                    plan.changes.push(edits(entry, action, ops, now)?);
                }
            },
            (Undo::Prune { ops }, Some(now)) => {
                // What is needed stays, also when others take theirs out before it is written: it is still named.
                let action = if leaves_something(ops, now) {
                    Action::Edit(ops.clone())
                } else {
                    Action::Prune(ops.clone())
                };
                plan.changes.push(edits(entry, action, ops, now)?);
            }
            (
                Undo::Delete {
                    resource_version,
                    again,
                    made,
                },
                Some(now),
            ) => {
                unchanged(entry, resource_version.as_deref(), made.as_ref(), now)?;
                unused(entry, recorded, namers, &mut plan.notes)?;
                plan.changes.push(delete(entry, again.clone(), now));
            }
        }
    }
    Ok(plan)
}

/// The object that was made along with a reference to it, when these edits take the reference away and the object stays because
/// others have put something into it since.
fn still_needed(ops: &[Op], recorded: &[Recorded]) -> Option<String> {
    let unhooked = ops.iter().find_map(|op| match op {
        Op::Set {
            expected: Some(expected),
            value,
            ..
        } => {
            let name = expected.get("name")?.as_str()?;
            let kept = value.as_ref().and_then(|value| value.get("name")?.as_str());
            (kept != Some(name)).then_some(name)
        }
        _ => None,
    })?;
    recorded
        .iter()
        .find_map(|entry| match (&entry.undo, &entry.now) {
            (Undo::Prune { ops }, Some(now)) if entry.object.name == unhooked => {
                leaves_something(ops, now).then(|| entry.named())
            }
            _ => None,
        })
}

/// Whether the object holds something after these edits.
fn leaves_something(ops: &[Op], now: &Object) -> bool {
    apply_all(ops, now.value())
        .is_ok_and(|left| !shell::is_empty(left.as_ref().unwrap_or(now.value())))
}

/// One change that makes these edits, which must be possible on `onto`.
fn edits(
    entry: &Recorded,
    action: Action,
    ops: &[Op],
    onto: &Object,
) -> Result<Change, UndoRefusal> {
    apply_all(ops, onto.value()).map_err(|refusal| UndoRefusal::Changed {
        object: entry.named(),
        what: refusal.to_string(),
    })?;
    Ok(Change {
        object: entry.object.clone(),
        action,
        seen: entry.now.clone(),
        done: "taken back".to_owned(),
        why: "undoes the journalled change".to_owned(),
        risk: None,
        undo: UndoNote::Inverse,
        when_gone: WhenGone::Skip,
    })
}

/// Refuses for an object that somebody has changed since it was made.
fn unchanged(
    entry: &Recorded,
    version: Option<&str>,
    made: Option<&Value>,
    now: &Object,
) -> Result<(), UndoRefusal> {
    let ours = matches!(ours::owner(now), Owner::Ours { .. });
    let what = match (version, made) {
        (Some(version), _) if now.resource_version() == Some(version) => None,
        (_, Some(made)) if ours => {
            made::differs(made, now).map(|place| format!("{place} is not as it was made"))
        }
        (None, None) if ours => None,
        _ => Some("it is not as it was made".to_owned()),
    };
    match what {
        None => Ok(()),
        Some(what) => Err(UndoRefusal::Changed {
            object: entry.named(),
            what,
        }),
    }
}

/// Refuses when something still names the secret after this undo has taken its own entries off. Pods that wait for their
/// image are noted only: admission gave them the name, and they wait because the link was wrong.
fn unused(
    entry: &Recorded,
    recorded: &[Recorded],
    namers: &[(Kind, Object)],
    notes: &mut Vec<String>,
) -> Result<(), UndoRefusal> {
    if entry.object.kind != kinds::SECRET {
        return Ok(());
    }
    let (mut users, mut waiting) = (Vec::new(), Vec::new());
    for (kind, object) in namers {
        if Some(object.namespace()) != entry.object.namespace.as_deref() {
            continue;
        }
        let reference = kind.object(Some(object.namespace()), object.name());
        let after = without(recorded, &reference, object);
        match used::naming(*kind, &after, &entry.object.name) {
            Some(Naming::Uses) if *kind == kinds::POD => waiting.push(reference),
            Some(Naming::Uses) => users.push(reference),
            Some(Naming::Ran) | None => {}
        }
    }
    if !waiting.is_empty() {
        notes.push(format!(
            "{} will be missing in {}, which wait for their image",
            entry.named(),
            super::unlink::list(&waiting)
        ));
    }
    if users.is_empty() {
        return Ok(());
    }
    Err(UndoRefusal::Used {
        object: entry.named(),
        users: super::unlink::list(&users),
    })
}

/// The object as it will be when this undo has taken its own entries off.
fn without(recorded: &[Recorded], reference: &ObjectRef, object: &Object) -> Object {
    let mut value = object.value().clone();
    for entry in recorded.iter().rev().filter(|it| it.object == *reference) {
        if let Undo::Edit { ops } = &entry.undo
            && let Ok(Some(edited)) = apply_all(ops, &value)
        {
            value = edited;
        }
    }
    Object::new(value)
}

fn delete(entry: &Recorded, again: Option<String>, now: &Object) -> Change {
    Change {
        object: entry.object.clone(),
        action: Action::Delete,
        seen: Some(now.clone()),
        done: String::new(),
        why: "the journalled change made it".to_owned(),
        risk: None,
        undo: again.map_or(UndoNote::Inverse, |again| UndoNote::Secret { again }),
        when_gone: WhenGone::Skip,
    }
}

#[cfg(test)]
mod tests;

//! Several plans as one: one look, one yes, one entry of the journal.

use super::{Action, Change, Plan};

/// The changes of all plans in their order. An object that several of them edit is edited once, with all edits; a change
/// that was planned already is not planned again.
pub fn together(plans: impl IntoIterator<Item = Plan>) -> Plan {
    let mut whole = Plan::default();
    for plan in plans {
        for note in plan.notes {
            if !whole.notes.contains(&note) {
                whole.notes.push(note);
            }
        }
        for change in plan.changes {
            add(&mut whole.changes, change);
        }
    }
    whole
}

fn add(changes: &mut Vec<Change>, change: Change) {
    for known in changes.iter_mut() {
        if known.object != change.object {
            continue;
        }
        match (&mut known.action, &change.action) {
            (Action::Edit(known_ops), Action::Edit(ops)) => {
                for op in ops {
                    if !known_ops.contains(op) {
                        known_ops.push(op.clone());
                    }
                }
                if known.done != change.done {
                    known.done = format!("{}, {}", known.done, change.done);
                }
                return;
            }
            // The same secret for another account: it is written once.
            (Action::Apply(_), Action::Apply(_)) | (Action::Delete, Action::Delete) => return,
            _ => {}
        }
    }
    changes.push(change);
}

#[cfg(test)]
mod tests {
    use super::super::purpose::PULL_LIST;
    use super::super::{Op, UndoNote, WhenGone};
    use super::*;
    use crate::model::kinds;

    fn link(account: &str, secret: &str) -> Plan {
        let change = Change {
            object: kinds::SERVICE_ACCOUNT.object(Some("shop"), account),
            action: Action::Edit(vec![Op::add_reference(PULL_LIST, secret)]),
            seen: None,
            done: "linked (pull)".into(),
            why: String::new(),
            risk: None,
            undo: UndoNote::Inverse,
            when_gone: WhenGone::Fail,
        };
        Plan {
            changes: vec![change],
            notes: vec!["a note".into()],
        }
    }

    #[test]
    fn an_account_that_gets_two_secrets_is_edited_once() {
        let plans = [
            link("default", "a"),
            link("default", "b"),
            link("default", "a"),
            link("web", "a"),
        ];
        let whole = together(plans);
        assert_eq!(whole.notes, ["a note"]);
        let edits: Vec<(&str, usize)> = whole
            .changes
            .iter()
            .map(|change| match &change.action {
                Action::Edit(ops) => (change.object.name.as_str(), ops.len()),
                _ => (change.object.name.as_str(), 0),
            })
            .collect();
        assert_eq!(edits, [("default", 2), ("web", 1)]);
        assert_eq!(whole.changes[0].done, "linked (pull)");
    }
}

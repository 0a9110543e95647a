//! From what was read of the cluster and what the user asked for to a list of changes. Pure: no I/O, no clock, no client.
//!
//! A [`Plan`] is data. [`crate::apply`] carries it out, and may re-evaluate an edit on a fresher object after a conflict:
//! that is why edits are meant (`add this entry to that list`), not computed patches.

pub mod after;
pub mod again;
pub mod build_source;
pub mod copy;
pub mod diff;
pub mod edit;
pub mod import;
pub mod insecure;
pub mod link;
pub mod made;
pub mod mask;
pub mod naming;
pub mod node_effects;
pub mod node_scripts;
pub mod object;
pub mod ours;
pub mod pod;
pub mod purpose;
pub mod push_target;
pub mod restart;
pub mod rollout;
pub mod secret;
pub mod shell;
pub mod together;
pub mod token_user;
pub mod trust;
pub mod undo;
pub mod unlink;
pub mod use_image;
pub mod used;
pub mod yaml;

pub use edit::Op;
pub use object::Object;
pub use purpose::Purposes;
pub use together::together;

use crate::model::kinds::ObjectRef;

/// The changes of one run, in the order in which they are to be made within a namespace, and what to tell the user first.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    pub changes: Vec<Change>,
    /// Sentences for the user, before anything is written.
    pub notes: Vec<String>,
}

impl Plan {
    /// The namespaces that it touches, in order, each once.
    pub fn namespaces(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for change in &self.changes {
            if let Some(name) = change.object.namespace.as_deref()
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
        names
    }
}

impl Plan {
    /// Whether all changes are to be made one after the other, in their order. Objects of the cluster refer to objects of
    /// namespaces (`additionalTrustedCA` to a ConfigMap): what is referred to comes first, and goes last.
    pub fn is_ordered(&self) -> bool {
        self.changes
            .iter()
            .any(|change| change.object.namespace.is_none())
    }
}

/// One object, and what is to become of it.
#[derive(Debug, Clone)]
pub struct Change {
    pub object: ObjectRef,
    pub action: Action,
    /// The object as it was read; `None` when it did not exist. The engine starts from it and reads again on a conflict.
    pub seen: Option<Object>,
    /// What the printed line says once it is done: `linked (pull)`. Unused for [`Action::Apply`], which says `created` or
    /// `configured`, and for [`Action::Delete`].
    pub done: String,
    /// One sentence: what this change is for.
    pub why: String,
    /// What happens because of it (restarts, nodes); `None` when nothing does.
    pub risk: Option<String>,
    pub undo: UndoNote,
    pub when_gone: WhenGone,
}

/// What to do with the object.
#[derive(Debug, Clone)]
pub enum Action {
    /// It must not exist yet.
    Create(Object),
    /// Server-side apply, for objects that are wholly ours. What exists under that name must be ours, and for the same
    /// registry: see [`ours::admit`].
    Apply(Object),
    /// Meant edits, applied to whatever the object is when it is written.
    Edit(Vec<Op>),
    /// The same where there may be no object yet: then `new` is made, with the edits on it.
    Ensure { new: Object, ops: Vec<Op> },
    /// Meant edits too; an object that is ours and holds no data after them is deleted.
    Prune(Vec<Op>),
    /// The object must be ours.
    Delete,
}

/// How the change is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UndoNote {
    /// By the inverse of the edit, or by deleting what was created.
    Inverse,
    /// There is nothing to take back, and why.
    Nothing(String),
    /// The object holds a secret value. What is created can be deleted; an old value cannot be put back, because the
    /// journal does not keep it. `again` is the command that makes it again.
    Secret { again: String },
}

/// What it means when the object or its namespace is gone by the time it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenGone {
    /// The user named it: an error.
    Fail,
    /// It was one of many, or it was to be taken off anyway: the change is left out and said so.
    Skip,
}

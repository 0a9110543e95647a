//! What became of each change, and the line that is printed for it.

use crate::cluster::ObjectRef;
use crate::plan::{Action, Change, Object};

use super::Mode;
use super::decide::Wanted;

/// What became of a plan.
#[derive(Debug, Default)]
pub struct Applied {
    /// One a change, in the plan's order.
    pub outcomes: Vec<Outcome>,
    /// The id under which it can be taken back; `None` when nothing was written.
    pub journal: Option<String>,
}

/// What became of one change.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub object: ObjectRef,
    pub status: Status,
    /// The object as the server returned it, or as it is expected to be with `--dry-run=client`.
    pub after: Option<Object>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    Created,
    /// By server-side apply, over what was ours already.
    Configured,
    /// In the words of the plan: `linked (pull)`.
    Done(String),
    Unchanged,
    Deleted,
    /// It, or its namespace, was gone; nothing was done.
    Gone,
}

impl Status {
    /// What a change amounts to once it is written.
    pub(super) fn of(change: &Change, seen: Option<&Object>, wanted: &Wanted) -> Self {
        match &change.action {
            Action::Delete => Self::Deleted,
            Action::Prune(_) if wanted.after.is_none() => Self::Deleted,
            Action::Create(_) => Self::Created,
            Action::Apply(_) | Action::Ensure { .. } if seen.is_none() => Self::Created,
            Action::Apply(_) => Self::Configured,
            Action::Edit(_) | Action::Ensure { .. } | Action::Prune(_) => {
                Self::Done(change.done.clone())
            }
        }
    }

    /// What a printed line says of it.
    pub fn words(&self) -> &str {
        match self {
            Self::Created => "created",
            Self::Configured => "configured",
            Self::Done(words) => words,
            Self::Unchanged => "unchanged",
            Self::Deleted => "deleted",
            Self::Gone => "is gone: left out",
        }
    }
}

impl Outcome {
    /// Whether the cluster was changed (or would be).
    pub fn is_change(&self) -> bool {
        !matches!(self.status, Status::Unchanged | Status::Gone)
    }

    /// As kubectl prints it: `secret/x created`, with ` (dry run)` or ` (server dry run)`; the namespace is named where the
    /// plan has several.
    pub fn line(&self, mode: Mode, name_namespace: bool) -> String {
        let what = self.status.words();
        let namespace = match &self.object.namespace {
            Some(namespace) if name_namespace => format!(" in namespace {namespace}"),
            _ => String::new(),
        };
        format!("{} {what}{namespace}{}", self.object, mode.suffix())
    }
}

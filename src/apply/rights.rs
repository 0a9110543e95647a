//! The rights that a plan needs, asked for before anything is written.

use std::collections::BTreeSet;

use crate::cluster::access::Right;
use crate::cluster::{Cluster, ClusterError};
use crate::error::Error;
use crate::plan::{Action, Change};

/// From this many namespaces on, the right in all of them is asked for first.
const MANY: usize = 4;

/// The rights that these changes need, each once.
fn needed(changes: &[&Change]) -> Vec<Right> {
    let mut rights: Vec<Right> = Vec::new();
    for change in changes {
        let verbs: &[&'static str] = match (&change.action, &change.seen) {
            (Action::Create(_), _) => &["create"],
            // Server-side apply of what does not exist is a patch that creates.
            (Action::Apply(_), None) => &["patch", "create"],
            (Action::Apply(_), Some(_)) => &["patch"],
            (Action::Edit(_), _) => &["update"],
            (Action::Delete, _) => &["delete"],
        };
        for verb in verbs {
            let right = Right {
                verb,
                kind: change.object.kind,
                namespace: change.object.namespace.clone(),
                // `create` is never granted by name.
                name: (*verb != "create").then(|| change.object.name.clone()),
            };
            if !rights.contains(&right) {
                rights.push(right);
            }
        }
    }
    rights
}

/// The rights that are missing. Where a plan spans many namespaces, one question for all of them saves most.
async fn missing(cluster: &Cluster, changes: &[&Change]) -> Result<Vec<Right>, ClusterError> {
    let mut rights = needed(changes);
    let namespaces: BTreeSet<&str> = rights
        .iter()
        .filter_map(|right| right.namespace.as_deref())
        .collect();
    if namespaces.len() >= MANY {
        let everywhere = |right: &Right| Right {
            namespace: None,
            name: None,
            ..right.clone()
        };
        let mut asked: Vec<Right> = Vec::new();
        for right in rights.iter().filter(|right| right.namespace.is_some()) {
            if !asked.contains(&everywhere(right)) {
                asked.push(everywhere(right));
            }
        }
        let refused = cluster.missing_rights(&asked).await?;
        rights.retain(|right| right.namespace.is_none() || refused.contains(&everywhere(right)));
    }
    cluster.missing_rights(&rights).await
}

/// Refuses when a right is missing, naming verb, resource and namespace of each.
pub(super) async fn require(cluster: &Cluster, changes: &[&Change]) -> Result<(), Error> {
    let missing = missing(cluster, changes)
        .await
        .map_err(|error| Error::from(error).context("cannot ask for your rights"))?;
    if missing.is_empty() {
        return Ok(());
    }
    let words: BTreeSet<String> = missing.iter().map(describe).collect();
    let words: Vec<String> = words.into_iter().collect();
    Err(Error::failure(format!(
        "you may not {}; nothing was written",
        words.join(", nor ")
    ))
    .hint("ask for a role that grants this, or name another user with --as or --context"))
}

/// `update serviceaccounts in namespace "shop"`.
fn describe(right: &Right) -> String {
    let group = match right.kind.group {
        "" => String::new(),
        group => format!(".{group}"),
    };
    let place = match &right.namespace {
        Some(namespace) => format!(" in namespace {namespace:?}"),
        None if right.kind.namespaced => " in all namespaces".to_owned(),
        None => String::new(),
    };
    format!("{} {}{group}{place}", right.verb, right.kind.resource)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::kinds;
    use crate::plan::{Object, UndoNote, WhenGone};
    use serde_json::json;

    fn change(action: Action, seen: Option<Object>) -> Change {
        Change {
            object: kinds::SECRET.object(Some("shop"), "x"),
            action,
            seen,
            done: String::new(),
            why: String::new(),
            risk: None,
            undo: UndoNote::Inverse,
            when_gone: WhenGone::Fail,
        }
    }

    #[test]
    fn each_action_needs_its_verbs() {
        let object = Object::new(json!({}));
        let words = |action, seen| {
            needed(&[&change(action, seen)])
                .iter()
                .map(describe)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            words(Action::Apply(object.clone()), None),
            [
                "patch secrets in namespace \"shop\"",
                "create secrets in namespace \"shop\""
            ]
        );
        assert_eq!(
            words(Action::Apply(object.clone()), Some(object.clone())),
            ["patch secrets in namespace \"shop\""]
        );
        assert_eq!(
            words(Action::Delete, Some(object.clone())),
            ["delete secrets in namespace \"shop\""]
        );
        assert_eq!(
            words(Action::Edit(Vec::new()), Some(object)),
            ["update secrets in namespace \"shop\""]
        );
    }

    #[test]
    fn a_right_is_asked_for_once() {
        let change = change(Action::Delete, None);
        let twice = [&change, &change];
        assert_eq!(needed(&twice).len(), 1);
    }
}

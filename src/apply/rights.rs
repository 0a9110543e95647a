//! The rights that a plan needs, asked for before anything is written.

use std::collections::BTreeSet;

use super::decide::Wanted;
use crate::cluster::access::Right;
use crate::cluster::{Cluster, ClusterError, Write};
use crate::error::Error;
use crate::plan::Change;

/// From this many namespaces on, the right in all of them is asked for first.
const MANY: usize = 4;

/// The rights that these changes need, each once.
fn needed(writes: &[(&Change, &Wanted)]) -> Vec<Right> {
    let mut rights: Vec<Right> = Vec::new();
    for (change, wanted) in writes {
        let verbs: &[&'static str] = match &wanted.write {
            Write::Create(_) => &["create"],
            // Server-side apply of what does not exist is a patch that creates.
            Write::Apply { .. } if change.seen.is_none() => &["patch", "create"],
            Write::Apply { .. } | Write::JsonPatch(_) => &["patch"],
            Write::Replace(_) => &["update"],
            Write::Delete { .. } => &["delete"],
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
async fn missing(
    cluster: &Cluster,
    writes: &[(&Change, &Wanted)],
) -> Result<Vec<Right>, ClusterError> {
    let mut rights = needed(writes);
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
pub(super) async fn require(cluster: &Cluster, writes: &[(&Change, &Wanted)]) -> Result<(), Error> {
    refuse(missing(cluster, writes).await)
}

/// The same for rights on what is no write of an object.
pub(super) async fn require_all(cluster: &Cluster, rights: &[Right]) -> Result<(), Error> {
    refuse(cluster.missing_rights(rights).await)
}

fn refuse(missing: Result<Vec<Right>, ClusterError>) -> Result<(), Error> {
    let missing =
        missing.map_err(|error| Error::from(error).context("cannot ask for your rights"))?;
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
    use crate::plan::undo::Undo;
    use crate::plan::{Action, Object, UndoNote, WhenGone};
    use serde_json::{Value, json};

    fn words(write: Write, seen: bool) -> Vec<String> {
        let change = Change {
            object: kinds::SECRET.object(Some("shop"), "x"),
            action: Action::Delete,
            seen: seen.then(|| Object::new(json!({}))),
            done: String::new(),
            why: String::new(),
            risk: None,
            undo: UndoNote::Inverse,
            when_gone: WhenGone::Fail,
        };
        let wanted = Wanted {
            write,
            after: None,
            undo: Undo::Edit { ops: Vec::new() },
            before: Value::Null,
        };
        // Twice the same: a right is asked for once.
        let writes = [(&change, &wanted), (&change, &wanted)];
        needed(&writes).iter().map(describe).collect()
    }

    #[test]
    fn each_write_needs_its_verbs_once() {
        let apply = || Write::Apply {
            object: Value::Null,
            force: false,
        };
        let delete = Write::Delete {
            uid: None,
            resource_version: None,
        };
        for (write, seen, verbs) in [
            (apply(), false, &["patch", "create"][..]),
            (apply(), true, &["patch"]),
            (Write::Create(Value::Null), false, &["create"]),
            (Write::Replace(Value::Null), true, &["update"]),
            (delete, true, &["delete"]),
        ] {
            let wanted: Vec<String> = verbs
                .iter()
                .map(|verb| format!("{verb} secrets in namespace \"shop\""))
                .collect();
            assert_eq!(words(write, seen), wanted);
        }
    }
}

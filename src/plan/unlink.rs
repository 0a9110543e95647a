//! Plans the way back of a link: the secret's name out of the accounts' lists, and the secret itself when it is ours and
//! nothing uses it any more.

use super::again::Again;
use super::ours::{self, NotOurs, Owner};
use super::purpose::{MOUNT_LIST, PULL_LIST};
use super::used::{self, Naming};
use super::{Action, Change, Object, Op, Plan, Purposes, UndoNote, WhenGone};
use crate::model::kinds::{self, Kind, ObjectRef};

/// What the user asked for.
#[derive(Debug, Clone)]
pub struct UnlinkArgs<'a> {
    /// What is taken off: by default both.
    pub purposes: Purposes,
    /// `-z`: only these accounts; all of the namespace when there are none.
    pub accounts: &'a [String],
    pub keep_secret: bool,
    pub program: &'a str,
    /// Namespaces were chosen by the tool (`-A`, a selector).
    pub many: bool,
}

/// What was read of one namespace.
#[derive(Debug, Clone, Default)]
pub struct NamespaceView {
    pub name: String,
    /// The secrets that the argument names, by name; `None` for one that is named by an account and does not exist.
    pub secrets: Vec<(String, Option<Object>)>,
    /// All service accounts.
    pub accounts: Vec<Object>,
    /// Everything else that names one of the secrets.
    pub others: Vec<(Kind, Object)>,
    /// What could not be listed, and why: `pods (forbidden)`. Then nothing is deleted.
    pub unread: Vec<String>,
}

/// Why nothing may be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnlinkRefusal {
    #[error(transparent)]
    NotOurs(#[from] NotOurs),
    #[error("service account {account:?} not found in namespace {namespace:?}")]
    NoAccount {
        namespace: String,
        account: String,
        near: Vec<String>,
    },
}

/// The plan over all namespaces. Notes say which secrets stay, and why.
pub fn unlink(views: &[NamespaceView], args: &UnlinkArgs<'_>) -> Result<Plan, UnlinkRefusal> {
    let mut plan = Plan::default();
    for view in views {
        known_accounts(view, args)?;
        for (name, secret) in &view.secrets {
            one(&mut plan, view, name, secret.as_ref(), args)?;
        }
    }
    Ok(plan)
}

fn known_accounts(view: &NamespaceView, args: &UnlinkArgs<'_>) -> Result<(), UnlinkRefusal> {
    let names: Vec<String> = view
        .accounts
        .iter()
        .map(|it| it.name().to_owned())
        .collect();
    match args.accounts.iter().find(|name| !names.contains(name)) {
        Some(account) if !args.many => Err(UnlinkRefusal::NoAccount {
            namespace: view.name.clone(),
            account: account.clone(),
            near: super::link::near(account, &names),
        }),
        _ => Ok(()),
    }
}

fn one(
    plan: &mut Plan,
    view: &NamespaceView,
    name: &str,
    secret: Option<&Object>,
    args: &UnlinkArgs<'_>,
) -> Result<(), UnlinkRefusal> {
    let owner = secret.map(ours::owner);
    if owner == Some(Owner::Platform) {
        let (namespace, name) = (view.name.clone(), name.to_owned());
        return Err(NotOurs::platform(kinds::SECRET, namespace, name).into());
    }
    let mut detached = Vec::new();
    // Accounts that would still name it afterwards.
    let mut left = Vec::new();
    for account in &view.accounts {
        let chosen =
            args.accounts.is_empty() || args.accounts.iter().any(|it| it == account.name());
        let has = |list: &str| account.names(list).any(|it| it == name);
        let lists: Vec<&str> = args
            .purposes
            .lists()
            .iter()
            .copied()
            .filter(|list| chosen && has(list))
            .collect();
        let stays = [PULL_LIST, MOUNT_LIST]
            .into_iter()
            .any(|list| has(list) && !lists.contains(&list));
        if stays {
            left.push(kinds::SERVICE_ACCOUNT.object(Some(&view.name), account.name()));
        }
        if !lists.is_empty() {
            detached.push((account.name().to_owned(), taken_off(account, name)));
            plan.changes.push(detach(view, account, name, &lists, args));
        }
    }
    if let (Some(secret), Some(Owner::Ours { registry })) = (secret, owner) {
        let again = Again {
            program: args.program,
            registry: &registry,
            namespace: &view.name,
            secret: name,
            accounts: &detached
                .iter()
                .map(|(it, _)| it.clone())
                .collect::<Vec<_>>(),
            purposes: all(detached.iter().map(|(_, purposes)| *purposes)),
        }
        .command();
        delete(plan, view, secret, left, again, args);
    } else if secret.is_some() && !args.keep_secret {
        plan.notes.push(format!(
            "secret {name:?} in namespace {:?} stays: it was not made by this tool",
            view.name
        ));
    }
    Ok(())
}

/// What an account was linked for, as far as its lists tell.
fn taken_off(account: &Object, secret: &str) -> Purposes {
    if account.names(MOUNT_LIST).any(|it| it == secret) {
        Purposes::PUSH
    } else {
        Purposes::PULL
    }
}

fn all(purposes: impl Iterator<Item = Purposes>) -> Purposes {
    purposes
        .reduce(|a, b| Purposes {
            pull: a.pull || b.pull,
            push: a.push || b.push,
        })
        .unwrap_or(Purposes::PULL)
}

fn detach(
    view: &NamespaceView,
    account: &Object,
    secret: &str,
    lists: &[&str],
    args: &UnlinkArgs<'_>,
) -> Change {
    let done = match args.purposes {
        Purposes::BOTH => "unlinked".to_owned(),
        some => format!("unlinked ({some})"),
    };
    Change {
        object: kinds::SERVICE_ACCOUNT.object(Some(&view.name), account.name()),
        action: Action::Edit(
            lists
                .iter()
                .map(|list| Op::remove_reference(list, secret))
                .collect(),
        ),
        seen: Some(account.clone()),
        done,
        why: format!("takes secret {secret} off"),
        risk: None,
        undo: UndoNote::Inverse,
        when_gone: WhenGone::Skip,
    }
}

/// Deletes our secret, or notes what keeps it.
fn delete(
    plan: &mut Plan,
    view: &NamespaceView,
    secret: &Object,
    left: Vec<ObjectRef>,
    again: String,
    args: &UnlinkArgs<'_>,
) {
    if args.keep_secret {
        return;
    }
    let name = secret.name();
    let mut users = left;
    let mut ran = 0_usize;
    for (kind, object) in &view.others {
        match used::naming(*kind, object, name) {
            Some(Naming::Uses) => users.push(kind.object(Some(&view.name), object.name())),
            Some(Naming::Ran) => ran += 1,
            None => {}
        }
    }
    let kept = if !users.is_empty() {
        Some(format!("used by {}", list(&users)))
    } else if !view.unread.is_empty() {
        Some(format!(
            "whether anything uses it is not known, because these could not be listed: {}",
            view.unread.join(", ")
        ))
    } else {
        None
    };
    if let Some(reason) = kept {
        plan.notes.push(format!(
            "secret {name:?} in namespace {:?} stays: {reason}",
            view.name
        ));
        return;
    }
    if ran > 0 {
        plan.notes.push(format!(
            "{ran} running {} of namespace {:?} still name secret {name:?}: they have their images, and need it no more",
            if ran == 1 { "pod" } else { "pods" },
            view.name
        ));
    }
    plan.changes.push(Change {
        object: kinds::SECRET.object(Some(&view.name), name),
        action: Action::Delete,
        seen: Some(secret.clone()),
        done: String::new(),
        why: "it is ours, and nothing uses it any more".to_owned(),
        risk: None,
        undo: UndoNote::Secret { again },
        when_gone: WhenGone::Skip,
    });
}

/// Names of objects, at most five.
pub fn list(objects: &[ObjectRef]) -> String {
    let mut names: Vec<String> = objects.iter().take(5).map(ToString::to_string).collect();
    if objects.len() > 5 {
        names.push(format!("{} more", objects.len() - 5));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests;

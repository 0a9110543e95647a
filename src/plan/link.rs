//! Plans a link: one secret, its name in the lists of the service accounts, and restarts when they were asked for.

use super::again::Again;
use super::ours::{self, NotOurs, Owner};
use super::restart::{self, Aftermath, Linked, Wiring};
use super::secret::Content;
use super::{Action, Change, Object, Op, Plan, Purposes, UndoNote, WhenGone};
use crate::model::kinds;
pub use crate::model::near::near;

/// What the user asked for, the same in every namespace.
#[derive(Debug, Clone)]
pub struct LinkArgs<'a> {
    /// `host[:port][/path]`.
    pub registry: &'a str,
    /// The name of the secret, derived or given.
    pub secret: &'a str,
    pub source: SecretSource<'a>,
    pub purposes: Purposes,
    /// `--restart`: put the restarts into the plan.
    pub restart: bool,
    /// RFC 3339, for the restart annotation.
    pub now: &'a str,
    /// How the tool is called: `oc extreg`.
    pub program: &'a str,
    /// Namespaces and accounts were chosen by the tool (`-A`, a selector): what is gone or missing there is left out.
    pub many: bool,
}

/// Where the secret comes from.
#[derive(Debug, Clone, Copy)]
pub enum SecretSource<'a> {
    /// It is ours, and this is what it is to hold.
    Ours(&'a Content),
    /// It is there already (`--secret`).
    Existing,
}

/// What was read of one namespace.
#[derive(Debug, Clone, Default)]
pub struct NamespaceView {
    pub name: String,
    /// The secret under the name of [`LinkArgs::secret`].
    pub secret: Option<Object>,
    pub accounts: Vec<AccountView>,
    /// All accounts of the namespace, for suggestions; read only when one is missing.
    pub account_names: Vec<String>,
    pub wiring: Wiring,
}

/// A service account to link.
#[derive(Debug, Clone)]
pub struct AccountView {
    pub name: String,
    pub purposes: Purposes,
    /// `None`: there is none of that name.
    pub object: Option<Object>,
}

/// Why nothing may be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefusal {
    #[error("service account {account:?} not found in namespace {namespace:?}")]
    NoAccount {
        namespace: String,
        account: String,
        near: Vec<String>,
        push: bool,
        /// The namespace has no account at all, which no namespace is without for long.
        empty: bool,
    },
    #[error("none of the {namespaces} namespaces has a service account of that name")]
    NoAccountAnywhere { namespaces: usize },
    #[error("secret {secret:?} not found in namespace {namespace:?}")]
    NoSecret { namespace: String, secret: String },
    /// What stands under the name may not be written over, or not be linked.
    #[error(transparent)]
    NotOurs(#[from] NotOurs),
}

/// The plan, and what is left to do after it, over all namespaces.
pub fn link(
    views: &[NamespaceView],
    args: &LinkArgs<'_>,
) -> Result<(Plan, Aftermath), LinkRefusal> {
    let mut plan = Plan::default();
    let mut after = Aftermath::default();
    for view in views {
        let Some(accounts) = accounts(view, args)? else {
            plan.notes.push(format!(
                "namespace {:?} is left out: it has no service account {}",
                view.name,
                missing(view).join(", ")
            ));
            continue;
        };
        plan.changes.extend(secret_change(view, args)?);
        for (account, object) in &accounts {
            plan.changes
                .push(account_change(view, account, object, args));
        }
        let rest = aftermath(view, &accounts, args);
        if args.restart {
            let changes = rest
                .restarts
                .iter()
                .filter_map(|it| it.change.as_ref().ok());
            plan.changes
                .extend(changes.map(|change| (**change).clone()));
        }
        after.restarts.extend(rest.restarts);
        after.overrides.extend(rest.overrides);
        after.running += rest.running;
    }
    if plan.changes.is_empty() {
        return Err(LinkRefusal::NoAccountAnywhere {
            namespaces: views.len(),
        });
    }
    Ok((plan, after))
}

/// The accounts with their objects; `None` when one is missing and the namespace was not named by the user.
fn accounts<'a>(
    view: &'a NamespaceView,
    args: &LinkArgs<'_>,
) -> Result<Option<Vec<(&'a AccountView, &'a Object)>>, LinkRefusal> {
    let mut found = Vec::new();
    for account in &view.accounts {
        match &account.object {
            Some(object) => found.push((account, object)),
            None if args.many => return Ok(None),
            None => {
                return Err(LinkRefusal::NoAccount {
                    namespace: view.name.clone(),
                    account: account.name.clone(),
                    near: near(&account.name, &view.account_names),
                    push: account.purposes.push,
                    empty: view.account_names.is_empty(),
                });
            }
        }
    }
    Ok(Some(found))
}

fn missing(view: &NamespaceView) -> Vec<&str> {
    view.accounts
        .iter()
        .filter(|account| account.object.is_none())
        .map(|account| account.name.as_str())
        .collect()
}

fn secret_change(view: &NamespaceView, args: &LinkArgs<'_>) -> Result<Option<Change>, LinkRefusal> {
    let named = || (view.name.clone(), args.secret.to_owned());
    let content = match args.source {
        SecretSource::Ours(content) => content,
        SecretSource::Existing => {
            let (namespace, secret) = named();
            return match view.secret.as_ref().map(ours::owner) {
                None => Err(LinkRefusal::NoSecret { namespace, secret }),
                Some(Owner::Platform) => {
                    Err(NotOurs::platform(kinds::SECRET, namespace, secret).into())
                }
                Some(_) => Ok(None),
            };
        }
    };
    let object = content.object(&view.name, args.secret, view.secret.as_ref());
    if let Some(existing) = &view.secret {
        ours::admit(kinds::SECRET, existing, &object)?;
    }
    let accounts: Vec<String> = view.accounts.iter().map(|it| it.name.clone()).collect();
    let again = Again {
        program: args.program,
        registry: args.registry,
        namespace: &view.name,
        secret: args.secret,
        accounts: &accounts,
        purposes: args.purposes,
    };
    Ok(Some(Change {
        object: kinds::SECRET.object(Some(&view.name), args.secret),
        action: Action::Apply(object),
        seen: view.secret.clone(),
        done: String::new(),
        why: format!("holds the credentials of {}", args.registry),
        risk: None,
        undo: UndoNote::Secret {
            again: again.command(),
        },
        when_gone: when_gone(args),
    }))
}

fn account_change(
    view: &NamespaceView,
    account: &AccountView,
    object: &Object,
    args: &LinkArgs<'_>,
) -> Change {
    Change {
        object: kinds::SERVICE_ACCOUNT.object(Some(&view.name), &account.name),
        action: Action::Edit(
            account
                .purposes
                .lists()
                .iter()
                .map(|list| Op::add_reference(list, args.secret))
                .collect(),
        ),
        seen: Some(object.clone()),
        done: format!("linked ({})", account.purposes),
        why: format!("lets it use the credentials of {}", args.registry),
        risk: None,
        undo: UndoNote::Inverse,
        when_gone: when_gone(args),
    }
}

fn when_gone(args: &LinkArgs<'_>) -> WhenGone {
    if args.many {
        WhenGone::Skip
    } else {
        WhenGone::Fail
    }
}

fn aftermath(
    view: &NamespaceView,
    accounts: &[(&AccountView, &Object)],
    args: &LinkArgs<'_>,
) -> Aftermath {
    let lists: Vec<Vec<String>> = accounts
        .iter()
        .map(|(_, object)| {
            object
                .names(super::purpose::PULL_LIST)
                .map(str::to_owned)
                .collect()
        })
        .collect();
    let linked: Vec<Linked<'_>> = accounts
        .iter()
        .zip(&lists)
        .map(|((account, _), list)| Linked {
            namespace: &view.name,
            account: &account.name,
            pull_secrets: list,
        })
        .collect();
    restart::aftermath(&view.wiring, &linked, args.secret, args.now)
}

#[cfg(test)]
mod tests;

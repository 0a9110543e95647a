//! Which secrets the argument means, and everything that names them.

use futures_util::StreamExt as _;
use futures_util::stream;

use crate::cli::unlink::UnlinkArgs as Flags;
use crate::cluster::{Cluster, ClusterError, Kind, Scope, Selectors, kinds};
use crate::error::Error;
use crate::model::endpoint::RegistryArgument;
use crate::plan::ours::{MANAGED_BY, MANAGER, Owner, owner};
use crate::plan::purpose::{MOUNT_LIST, PULL_LIST};
use crate::plan::unlink::NamespaceView;
use crate::plan::{Object, naming, used};
use crate::verbs::namespaces::Namespaces;
use crate::verbs::objects;

/// Namespaces that are read at the same time.
const AT_ONCE: usize = 8;

/// What the argument can mean: a registry, the name of a secret, or both (`quay.io` is a name too).
pub(super) struct Target {
    text: String,
    registry: Option<String>,
    secret: Option<String>,
}

impl Target {
    pub(super) fn of(text: &str) -> Result<Self, Error> {
        if text.contains('@') {
            return Err(Error::usage(
                "the registry holds an @: a registry is host[:port][/path]",
            ));
        }
        let registry = RegistryArgument::parse(text);
        let secret = naming::is_object_name(text).then(|| text.to_owned());
        let registry = match registry {
            Ok(registry) => Some(registry.to_string()),
            Err(_) if secret.is_some() => None,
            Err(error) => return Err(Error::usage(error.to_string())),
        };
        Ok(Self {
            text: text.to_owned(),
            registry,
            secret,
        })
    }

    /// The error when no namespace has such a secret; `linked` are the registries that are linked there.
    pub(super) fn nothing(&self, namespaces: &Namespaces, linked: &[String]) -> Error {
        let place = match namespaces.names.as_slice() {
            [one] => format!("namespace {one:?} has"),
            several => format!("none of the {} namespaces has", several.len()),
        };
        let no = if namespaces.names.len() == 1 {
            "no"
        } else {
            "a"
        };
        let text = &self.text;
        let error = Error::failure(format!(
            "{place} {no} secret of this tool for registry {text}, and {no} secret or account entry named {text}"
        ));
        if linked.is_empty() {
            error
        } else {
            error.hint(format!("linked there: {}", linked.join(", ")))
        }
    }
}

/// One view a namespace, in their order. An error when the argument means nothing in any of them.
pub(super) async fn gather(
    cluster: &Cluster,
    namespaces: &Namespaces,
    target: &Target,
    flags: &Flags,
) -> Result<Vec<NamespaceView>, Error> {
    let read: Vec<Result<_, ClusterError>> = stream::iter(&namespaces.names)
        .map(|name| one(cluster, name, target, flags.keep_secret))
        .buffered(AT_ONCE)
        .collect()
        .await;
    let (mut views, mut linked) = (Vec::new(), Vec::new());
    for one in read {
        let (view, registries) = one?;
        views.push(view);
        linked.extend(registries);
    }
    if views.iter().all(|view| view.secrets.is_empty()) {
        linked.sort();
        linked.dedup();
        return Err(target.nothing(namespaces, &linked));
    }
    Ok(views)
}

/// Whether one of the accounts names this secret, in either list.
fn on_an_account(accounts: &[Object], secret: &str) -> bool {
    accounts.iter().any(|account| {
        [PULL_LIST, MOUNT_LIST]
            .iter()
            .any(|list| account.names(list).any(|name| name == secret))
    })
}

/// The view, and the registries of those of our secrets that are linked there.
async fn one(
    cluster: &Cluster,
    namespace: &str,
    target: &Target,
    keep_secret: bool,
) -> Result<(NamespaceView, Vec<String>), ClusterError> {
    let scope = Scope::Namespace(namespace.to_owned());
    let ours = Selectors {
        labels: Some(format!("{MANAGED_BY}={MANAGER}")),
        fields: None,
    };
    let (mut secrets, mut ours_here, mut accounts) = (Vec::new(), Vec::new(), Vec::new());
    let everything = Selectors::default();
    let (listed, named, listed_accounts) = tokio::join!(
        cluster.list(kinds::SECRET, &scope, &ours, |secret| {
            let secret = Object::new(secret);
            if let Owner::Ours { registry } = owner(&secret) {
                let secret_name = secret.name().to_owned();
                if target.registry.as_ref() == Some(&registry) {
                    secrets.push((secret_name.clone(), Some(secret)));
                }
                ours_here.push((secret_name, registry));
            }
        }),
        async {
            match &target.secret {
                Some(name) => {
                    cluster
                        .get(&kinds::SECRET.object(Some(namespace), name))
                        .await
                }
                None => Ok(None),
            }
        },
        cluster.list(kinds::SERVICE_ACCOUNT, &scope, &everything, |account| {
            accounts.push(Object::new(account));
        }),
    );
    listed?;
    listed_accounts?;
    let named = named?.map(Object::new);
    if let Some(name) = &target.secret
        && !secrets.iter().any(|(known, _)| known == name)
        && (named.is_some() || on_an_account(&accounts, name))
    {
        secrets.push((name.clone(), named));
    }
    // What lies there and is on no account is not linked.
    let registries = ours_here
        .into_iter()
        .filter(|(name, _)| on_an_account(&accounts, name))
        .map(|(_, registry)| registry)
        .collect();
    let mut view = NamespaceView {
        name: namespace.to_owned(),
        secrets,
        accounts,
        ..NamespaceView::default()
    };
    let deletable = view.secrets.iter().any(|(_, it)| it.is_some());
    if deletable && !keep_secret {
        let rest: Vec<Kind> = used::KINDS
            .into_iter()
            .filter(|kind| *kind != kinds::SERVICE_ACCOUNT)
            .collect();
        let names: Vec<&str> = view.secrets.iter().map(|(name, _)| name.as_str()).collect();
        let listed = objects::list(cluster, &rest, &scope, |kind, object| {
            let object = Object::new(object);
            names
                .iter()
                .any(|name| used::naming(kind, &object, name).is_some())
                .then_some((kind, object))
        })
        .await;
        view.others = listed.found;
        view.unread = listed.unread;
    }
    Ok((view, registries))
}

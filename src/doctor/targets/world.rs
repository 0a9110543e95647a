//! What was read of the namespaces for all targets of a run, with every secret parsed once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::doctor::probes::credentials::ParsedSecret;
use crate::model::view::{
    Event, ImageStream, Missing, NamespaceView, Part, Secret, ServiceAccount,
};

/// Namespace and name.
pub(super) type Name = (String, String);

/// What is read one by one, because a list does not have it or may not be read.
#[derive(Default)]
pub(super) struct Strays {
    /// Secrets that something names: of another type than those that are listed, or not there.
    pub(super) secrets: HashMap<Name, Part<Option<Secret>>>,
    /// Service accounts, where they may not be listed.
    pub(super) accounts: HashMap<Name, Part<Option<ServiceAccount>>>,
    /// Image streams of other namespaces.
    pub(super) streams: HashMap<Name, Part<Option<ImageStream>>>,
}

/// The namespaces that the targets are in.
pub(super) struct World {
    /// Lists, or only the objects that are asked for.
    pub(super) view: NamespaceView,
    strays: Strays,
    secrets: HashMap<Name, usize>,
    accounts: HashMap<Name, usize>,
    streams: HashMap<Name, usize>,
    /// Events by the namespace and name of what they are about.
    events: HashMap<Name, Vec<usize>>,
    parsed: Mutex<HashMap<Name, ParsedSecret>>,
}

/// A secret that something names.
pub(super) enum NamedSecret {
    /// It is there, of whatever type.
    Read(ParsedSecret),
    /// It does not exist.
    Gone,
    /// It could not be read.
    Unread(Missing),
}

impl World {
    pub(super) fn new(view: NamespaceView, strays: Strays) -> Self {
        fn places<T>(
            list: &Part<Vec<T>>,
            name: impl Fn(&T) -> (&str, &str),
        ) -> HashMap<Name, usize> {
            list.iter()
                .flatten()
                .enumerate()
                .map(|(at, one)| {
                    let (namespace, name) = name(one);
                    ((namespace.to_owned(), name.to_owned()), at)
                })
                .collect()
        }
        Self {
            secrets: places(&view.secrets, |secret| (&secret.namespace, &secret.name)),
            accounts: places(&view.service_accounts, |account| {
                (&account.namespace, &account.name)
            }),
            streams: places(&view.image_streams, |stream| {
                (&stream.namespace, &stream.name)
            }),
            events: events(&view),
            view,
            strays,
            parsed: Mutex::default(),
        }
    }

    /// A service account; `Ok(None)` where it does not exist.
    pub(super) fn account(&self, namespace: &str, name: &str) -> Part<Option<&ServiceAccount>> {
        let key = key(namespace, name);
        if let Some(stray) = self.strays.accounts.get(&key) {
            return stray.as_ref().map(Option::as_ref).map_err(Clone::clone);
        }
        let list = self.view.service_accounts.as_ref().map_err(Clone::clone)?;
        Ok(self.accounts.get(&key).and_then(|at| list.get(*at)))
    }

    /// The events about an object.
    pub(super) fn events_about(&self, kind: &str, namespace: &str, name: &str) -> Vec<&Event> {
        let all = self.view.events.as_deref().unwrap_or_default();
        self.events
            .get(&key(namespace, name))
            .into_iter()
            .flatten()
            .filter_map(|at| all.get(*at))
            .filter(|event| event.kind == kind)
            .collect()
    }

    /// An image stream of these namespaces or of another one; `Ok(None)` where it does not exist.
    pub(super) fn stream(&self, namespace: &str, name: &str) -> Part<Option<&ImageStream>> {
        let key = key(namespace, name);
        if let Some(stray) = self.strays.streams.get(&key) {
            return stray.as_ref().map(Option::as_ref).map_err(Clone::clone);
        }
        let list = self.view.image_streams.as_ref().map_err(Clone::clone)?;
        Ok(self.streams.get(&key).and_then(|at| list.get(*at)))
    }

    /// A secret by name, of any type.
    pub(super) fn secret(&self, namespace: &str, name: &str) -> Part<Option<&Secret>> {
        let key = key(namespace, name);
        if let Some(at) = self.secrets.get(&key) {
            return Ok(self.view.secrets.as_ref().map_err(Clone::clone)?.get(*at));
        }
        match self.strays.secrets.get(&key) {
            Some(stray) => stray.as_ref().map(Option::as_ref).map_err(Clone::clone),
            None => match &self.view.secrets {
                Ok(_) => Ok(None),
                Err(why) => Err(why.clone()),
            },
        }
    }

    /// A secret that something names, read as its type says.
    pub(super) fn named(&self, namespace: &str, name: &str) -> NamedSecret {
        match self.secret(namespace, name) {
            Ok(Some(secret)) => NamedSecret::Read(self.parsed(secret)),
            Ok(None) => NamedSecret::Gone,
            Err(why) => NamedSecret::Unread(why),
        }
    }

    /// A secret, read as its type says; each is parsed once.
    pub(super) fn parsed(&self, secret: &Secret) -> ParsedSecret {
        let key = key(&secret.namespace, &secret.name);
        let mut parsed = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        parsed
            .entry(key)
            .or_insert_with(|| ParsedSecret::of(secret))
            .clone()
    }

    /// The docker secrets of a namespace in the order of their names, those of the platform included.
    pub(super) fn docker_secrets<'a>(
        &'a self,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a Secret> + 'a {
        let all = self.view.secrets.as_deref().unwrap_or_default();
        // They are in the order of namespace and name.
        let from = all.partition_point(|secret| secret.namespace.as_str() < namespace);
        all[from..]
            .iter()
            .take_while(move |secret| secret.namespace == namespace)
            .filter(|secret| secret.docker_config().is_some())
    }
}

fn key(namespace: &str, name: &str) -> Name {
    (namespace.to_owned(), name.to_owned())
}

fn events(view: &NamespaceView) -> HashMap<Name, Vec<usize>> {
    let mut events: HashMap<Name, Vec<usize>> = HashMap::new();
    for (at, event) in view.events.iter().flatten().enumerate() {
        events
            .entry(key(&event.namespace, &event.name))
            .or_default()
            .push(at);
    }
    events
}

//! The reads: only what the targets need, at the same time where one does not wait for another. What may not be read is noted
//! with the right that is missing, and never ends the run.

mod fold;
mod kind;
mod one;
mod sweep;

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt as _, stream};
use tokio::sync::OnceCell;

use super::argument::{Argument, Wanted};
use super::planned::Planned;
use super::world::{Name, World};
use super::{builds, strays};
use crate::cluster::{Cluster, Scope, Selectors};
use crate::doctor::run::Request;
use crate::error::Error;
use crate::model::kinds::{self, ObjectRef};
use crate::model::view::{
    Build, BuildConfig, Event, ImageStream, Missing, NamespaceView, Part, Pod, SignaturePolicyKind,
    Workload, Workloads,
};

/// Objects that are read at the same time.
const AT_ONCE: usize = 8;
/// Builds whose logs are read.
const MOST_LOGS: usize = 8;

/// One thing to be looked at.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Pick {
    Image(String),
    /// An object that was read.
    Object(ObjectRef),
    /// All that fails, or all that is in use.
    Sweep {
        all: bool,
    },
}

/// What was read.
pub(super) struct Read {
    pub(super) world: World,
    pub(super) picks: Vec<Pick>,
    /// What was to be looked at and could not be read: the object, or the namespace in which it was to be found.
    pub(super) unread: Vec<(ObjectRef, Missing)>,
    /// The ends of the logs of builds that were named, where they have one; or why they could not be read.
    pub(super) logs: HashMap<Name, Part<String>>,
}

/// Everything that one argument brings in.
#[derive(Default)]
pub(super) struct Bag {
    pub(super) picks: Vec<Pick>,
    pub(super) unread: Vec<(ObjectRef, Missing)>,
    pub(super) pods: Vec<Pod>,
    pub(super) workloads: Vec<Workload>,
    pub(super) builds: Vec<Build>,
    pub(super) build_configs: Vec<BuildConfig>,
    pub(super) streams: Vec<ImageStream>,
    pub(super) events: Vec<Event>,
    pub(super) events_unread: Option<Missing>,
}

/// Reads for one run.
struct Reader<'a> {
    cluster: &'a Cluster,
    namespace: String,
    scope: Scope,
    selectors: Selectors,
    planned: &'a Planned,
    /// All pods and events of the scope, read when a whole kind is asked for.
    pods: OnceCell<Part<Vec<Pod>>>,
    events: OnceCell<Part<Vec<Event>>>,
}

/// Reads what the request's targets need.
///
/// # Errors
///
/// When an object that is named does not exist, or its kind is not served.
pub(super) async fn read(cluster: &Cluster, request: &Request) -> Result<Read, Error> {
    let namespace = cluster.namespace().to_owned();
    let scope = if request.all_namespaces {
        Scope::All
    } else {
        Scope::Namespace(namespace.clone())
    };
    let reader = Reader {
        cluster,
        namespace,
        scope,
        selectors: Selectors {
            labels: request.selector.clone(),
            fields: None,
        },
        planned: &request.planned,
        pods: OnceCell::new(),
        events: OnceCell::new(),
    };
    let (mut view, picks, unread) = match &request.wanted {
        Wanted::Named(arguments) => reader.named(arguments, request).await?,
        Wanted::Failing => reader.sweep(false).await,
        Wanted::InUse => reader.sweep(true).await,
    };
    request.planned.overlay(&mut view);
    let images = picks.iter().any(|pick| matches!(pick, Pick::Image(_)));
    let account = (images && request.registry_config.is_none())
        .then(|| (reader.namespace.clone(), request.account.clone()));
    let (mut strays, logs) = tokio::join!(
        strays::read(cluster, &view, &picks, account.clone()),
        reader.logs(&view, &picks)
    );
    request.planned.overlay_strays(&mut strays);
    let read = Read {
        world: World::new(view, strays),
        picks,
        unread,
        logs,
    };
    reader.check_there(&read).await?;
    if let Some((namespace, name)) = account
        && matches!(read.world.account(&namespace, &name), Ok(None))
    {
        return Err(Error::failure(format!(
            "serviceaccounts {name:?} not found in the namespace {namespace}"
        ))
        .hint("-z names the service account, -n the namespace"));
    }
    Ok(read)
}

impl Reader<'_> {
    /// The objects that are named, and what belongs to them.
    async fn named(
        &self,
        arguments: &[Argument],
        request: &Request,
    ) -> Result<(NamespaceView, Vec<Pick>, Vec<(ObjectRef, Missing)>), Error> {
        let only_images = arguments
            .iter()
            .all(|argument| matches!(argument, Argument::Image(_)));
        let own_secrets = !only_images || request.registry_config.is_none();
        let all = Selectors::default();
        let policies = SignaturePolicyKind::ImagePolicy;
        let (bags, accounts, secrets, streams, signature_policies) = tokio::join!(
            stream::iter(arguments.iter().map(|argument| self.one(argument)))
                .buffered(AT_ONCE)
                .collect::<Vec<_>>(),
            asked(
                own_secrets,
                self.cluster.service_accounts(&self.scope, &all)
            ),
            asked(own_secrets, self.cluster.secrets(&self.scope, None)),
            asked(
                arguments.iter().any(needs_streams),
                self.cluster.image_streams(&self.scope, &all)
            ),
            Box::pin(self.cluster.signature_policies(policies, &self.scope)),
        );
        let mut sum = Bag::default();
        for bag in bags {
            sum.add(bag?);
        }
        let mut seen = HashSet::new();
        sum.picks.retain(|pick| seen.insert(pick.clone()));
        let streams = match streams {
            Ok(mut list) => {
                for one in sum.streams {
                    let known = list.iter().any(|known| {
                        (&known.namespace, &known.name) == (&one.namespace, &one.name)
                    });
                    if !known {
                        list.push(one);
                    }
                }
                Ok(list)
            }
            Err(_) if !sum.streams.is_empty() => Ok(sum.streams),
            Err(why) => Err(why),
        };
        let view = NamespaceView {
            namespace: self.scope_name(),
            service_accounts: accounts,
            secrets,
            pods: Ok(unique(sum.pods, |pod| {
                (pod.namespace.clone(), pod.name.clone())
            })),
            workloads: Ok(Workloads {
                list: unique(sum.workloads, |workload| workload.object.clone()),
                unread: Vec::new(),
            }),
            build_configs: Ok(unique(sum.build_configs, |one| {
                (one.namespace.clone(), one.name.clone())
            })),
            builds: Ok(unique(sum.builds, |one| {
                (one.namespace.clone(), one.name.clone())
            })),
            image_streams: streams,
            signature_policies,
            events: match sum.events_unread {
                Some(why) if sum.events.is_empty() => Err(why),
                _ => Ok(sum.events),
            },
        };
        Ok((view, sum.picks, sum.unread))
    }

    async fn one(&self, argument: &Argument) -> Result<Bag, Error> {
        match argument {
            Argument::Image(text) => Ok(Bag {
                picks: vec![Pick::Image(text.clone())],
                ..Bag::default()
            }),
            Argument::All(kind) => Ok(self.all(*kind).await),
            Argument::Object { kind, name } => {
                let object = kind.object(Some(&self.namespace), name);
                match self.object(&object).await {
                    Ok(Some(mut bag)) => {
                        bag.picks.push(Pick::Object(object));
                        Ok(bag)
                    }
                    Ok(None) => Err(self.not_found(&object).await),
                    Err(why @ Missing::Forbidden { .. }) => Ok(Bag {
                        unread: vec![(object, why)],
                        ..Bag::default()
                    }),
                    Err(why) => Err(why.into()),
                }
            }
        }
    }

    fn scope_name(&self) -> Option<String> {
        match &self.scope {
            Scope::All => None,
            Scope::Namespace(name) => Some(name.clone()),
        }
    }

    /// The logs of the builds that are targets and failed. What may not be read costs its words.
    async fn logs(&self, view: &NamespaceView, picks: &[Pick]) -> HashMap<Name, Part<String>> {
        let failed = view.builds.iter().flatten().filter(|build| {
            let object = kinds::BUILD.object(Some(&build.namespace), &build.name);
            let is_failed = matches!(build.phase.as_str(), "Failed" | "Error");
            is_failed && picks.contains(&Pick::Object(object))
        });
        let logs = failed.take(MOST_LOGS).map(|build| async move {
            let log = builds::read_log(self.cluster, build).await.transpose()?;
            Some(((build.namespace.clone(), build.name.clone()), log))
        });
        let logs = futures_util::future::join_all(logs).await;
        logs.into_iter().flatten().collect()
    }

    /// The namespace, or all of them, as a target of its own.
    fn place(&self) -> ObjectRef {
        let name = match &self.scope {
            Scope::All => "*",
            Scope::Namespace(name) => name,
        };
        kinds::NAMESPACE.object(None, name)
    }

    /// Accounts and secrets are looked up in lists, or one by one. A namespace without any account, which none is for
    /// long, may not be there at all.
    async fn check_there(&self, read: &Read) -> Result<(), Error> {
        let accounts = &read.world.view.service_accounts;
        if matches!(self.scope, Scope::Namespace(_))
            && read
                .picks
                .iter()
                .any(|pick| matches!(pick, Pick::Sweep { .. }))
            && accounts.as_ref().is_ok_and(Vec::is_empty)
            && let Some(missing) = self.cluster.missing_namespace(&self.namespace).await
        {
            return Err(missing);
        }
        for pick in &read.picks {
            let Pick::Object(object) = pick else {
                continue;
            };
            let namespace = object.namespace.as_deref().unwrap_or_default();
            let gone = match object.kind {
                kinds::SERVICE_ACCOUNT => {
                    matches!(read.world.account(namespace, &object.name), Ok(None))
                }
                kinds::SECRET => matches!(read.world.secret(namespace, &object.name), Ok(None)),
                _ => false,
            };
            if gone {
                return Err(self.not_found(object).await);
            }
        }
        Ok(())
    }

    /// An object that is not there, and what is called almost so.
    async fn not_found(&self, object: &ObjectRef) -> Error {
        let namespace = &self.namespace;
        let error = Error::failure(format!(
            "{} {:?} not found in the namespace {namespace}",
            object.kind.resource_name(),
            object.name
        ));
        let scope = Scope::Namespace(namespace.clone());
        let names = self
            .cluster
            .names(object.kind, &scope, &Selectors::default())
            .await;
        let near = names
            .unwrap_or_default()
            .into_iter()
            .map(|(_, name)| (strsim::jaro_winkler(&object.name, &name), name))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        match near {
            Some((_, name)) => error.hint(format!("there is {name}")),
            None => error.hint("-n names the namespace"),
        }
    }
}

impl Bag {
    fn add(&mut self, other: Self) {
        self.picks.extend(other.picks);
        self.unread.extend(other.unread);
        self.pods.extend(other.pods);
        self.workloads.extend(other.workloads);
        self.builds.extend(other.builds);
        self.build_configs.extend(other.build_configs);
        self.streams.extend(other.streams);
        self.events.extend(other.events);
        self.events_unread = self.events_unread.take().or(other.events_unread);
    }
}

/// Whether a target's image may be an image stream's.
fn needs_streams(argument: &Argument) -> bool {
    match argument {
        Argument::Image(_) => false,
        Argument::Object { kind, .. } | Argument::All(kind) => !matches!(
            *kind,
            kinds::POD
                | kinds::SECRET
                | kinds::SERVICE_ACCOUNT
                | kinds::IMAGE_STREAM
                | kinds::IMAGE_STREAM_TAG
        ),
    }
}

fn unique<T, K: std::hash::Hash + Eq>(list: Vec<T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut seen = HashSet::new();
    list.into_iter()
        .filter(|one| seen.insert(key(one)))
        .collect()
}

async fn asked<T>(wanted: bool, read: impl Future<Output = Part<T>>) -> Part<T> {
    if wanted {
        Box::pin(read).await
    } else {
        Err(Missing::NotAsked)
    }
}

//! What is read one by one, because no list has it: secrets of other types than those that are listed, or that are not there;
//! service accounts and secrets that may be read and not listed; image streams of other namespaces.

use std::collections::{BTreeSet, HashMap};

use futures_util::{StreamExt as _, stream};

use super::ground::stream_of;
use super::read::Pick;
use super::world::{Name, Strays};
use super::{build_configs, builds, resolve, streams};
use crate::cluster::Cluster;
use crate::cluster::snapshot::missing;
use crate::model::kinds;
use crate::model::view::{Build, Missing, NamespaceView, Part, ServiceAccount};

/// Reads that are under way at the same time.
const AT_ONCE: usize = 8;
/// Objects of a kind that are read one by one.
const MOST: usize = 500;

/// Reads what the targets of `view` name and its lists have not. `account` is that of the images of the command line.
pub(super) async fn read(
    cluster: &Cluster,
    view: &NamespaceView,
    picks: &[Pick],
    account: Option<Name>,
) -> Strays {
    let users: BTreeSet<Name> = accounts_of(view, picks)
        .into_iter()
        .chain(account)
        .collect();
    let accounts = match &view.service_accounts {
        Err(Missing::Forbidden { .. }) => {
            each(users.clone(), async |(namespace, name): &Name| {
                cluster.service_account(namespace, name).await
            })
            .await
        }
        _ => HashMap::new(),
    };
    let wanted = secrets_of(view, picks, &users, &accounts);
    let (secrets, streams) = tokio::join!(
        each(wanted, async |(namespace, name): &Name| {
            cluster.secret(namespace, name).await.map_err(missing)
        }),
        each(streams_of(view), async |(namespace, name): &Name| {
            cluster.image_stream(namespace, name).await
        }),
    );
    Strays {
        secrets,
        accounts,
        streams,
    }
}

/// Reads each of them.
async fn each<T>(
    names: BTreeSet<Name>,
    one: impl AsyncFn(&Name) -> Part<Option<T>>,
) -> HashMap<Name, Part<Option<T>>> {
    let one = &one;
    let reads = names.into_iter().enumerate().map(|(at, name)| async move {
        let found = if at < MOST {
            one(&name).await
        } else {
            Err(Missing::Failed(format!(
                "more than {MOST} objects would have to be read one by one"
            )))
        };
        (name, found)
    });
    stream::iter(reads)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await
}

/// The accounts that pods, templates and builds run as, and those that are targets.
fn accounts_of(view: &NamespaceView, picks: &[Pick]) -> BTreeSet<Name> {
    let pods = view
        .pods
        .iter()
        .flatten()
        .map(|pod| (pod.namespace.clone(), pod.service_account.clone()));
    let workloads = view
        .workloads
        .iter()
        .flat_map(|workloads| &workloads.list)
        .filter_map(|one| Some((one.object.namespace.clone()?, one.service_account.clone())));
    let builds = view
        .builds
        .iter()
        .flatten()
        .map(|build| (build.namespace.clone(), build.service_account.clone()));
    let configs = view
        .build_configs
        .iter()
        .flatten()
        .map(|config| (config.namespace.clone(), config.service_account.clone()));
    let picked = picks.iter().filter_map(|pick| match pick {
        Pick::Object(object) if object.kind == kinds::SERVICE_ACCOUNT => {
            Some((object.namespace.clone()?, object.name.clone()))
        }
        _ => None,
    });
    pods.chain(workloads)
        .chain(builds)
        .chain(configs)
        .chain(picked)
        .collect()
}

/// The secrets that are named and not in the list.
fn secrets_of(
    view: &NamespaceView,
    picks: &[Pick],
    users: &BTreeSet<Name>,
    strays: &HashMap<Name, Part<Option<ServiceAccount>>>,
) -> BTreeSet<Name> {
    if matches!(view.secrets, Err(Missing::NotAsked)) {
        return BTreeSet::new();
    }
    let sweep = picks.iter().any(|pick| matches!(pick, Pick::Sweep { .. }));
    let mut names: BTreeSet<Name> = BTreeSet::new();
    let mut add = |namespace: &str, list: &[String]| {
        names.extend(list.iter().map(|name| (namespace.to_owned(), name.clone())));
    };
    // A sweep tells of every account whose secrets are broken, also of those that nothing runs as.
    let listed = view.service_accounts.iter().flatten();
    let strays = strays.values().flatten().flatten();
    for account in listed.chain(strays) {
        let name = (account.namespace.clone(), account.name.clone());
        if sweep || users.contains(&name) {
            add(&account.namespace, &account.pull_secrets);
        }
    }
    for pod in view.pods.iter().flatten() {
        // Names of deleted secrets stay in running pods and hurt nobody.
        if !sweep || pod.waits_for_image() {
            add(&pod.namespace, &pod.pull_secrets);
        }
    }
    for workload in view.workloads.iter().flat_map(|workloads| &workloads.list) {
        let namespace = workload.object.namespace.as_deref().unwrap_or_default();
        add(namespace, &workload.pull_secrets);
    }
    let builds = view.builds.iter().flatten();
    let configs = view.build_configs.iter().flatten();
    for (namespace, name) in builds
        .flat_map(builds::secrets_named)
        .chain(configs.flat_map(build_configs::secrets_named))
    {
        add(&namespace, std::slice::from_ref(&name));
    }
    for pick in picks {
        if let Pick::Object(object) = pick
            && object.kind == kinds::SECRET
        {
            let namespace = object.namespace.as_deref().unwrap_or_default();
            add(namespace, std::slice::from_ref(&object.name));
        }
    }
    for secret in view.secrets.iter().flatten() {
        names.remove(&(secret.namespace.clone(), secret.name.clone()));
    }
    names
}

/// The image streams that no list has, by which builds, tags, pods and templates name their images: those of other namespaces,
/// and all where none was listed.
fn streams_of(view: &NamespaceView) -> BTreeSet<Name> {
    let Some(own) = &view.namespace else {
        return BTreeSet::new();
    };
    let images = |build: &Build| {
        let sources = build.source_images.iter().map(|image| &image.from);
        let images = build.from.iter().chain(sources);
        images
            .filter_map(|image| stream_of(image, &build.namespace))
            .collect::<Vec<_>>()
    };
    let workloads = view.workloads.iter().flat_map(|workloads| &workloads.list);
    let pods = view.pods.iter().flatten();
    let builds = view.builds.iter().flatten().flat_map(images);
    let configs = view.build_configs.iter().flatten();
    let streams = view.image_streams.iter().flatten();
    let integrated = pods.flat_map(|pod| {
        let containers = pod.containers.iter();
        containers
            .filter_map(|container| resolve::stream_of_image(&container.image, &pod.namespace))
    });
    let written = workloads.clone().flat_map(|workload| {
        let namespace = workload.object.namespace.as_deref().unwrap_or_default();
        let containers = workload.containers.iter();
        containers.filter_map(|container| resolve::stream_of_image(&container.image, namespace))
    });
    builds
        .chain(configs.flat_map(build_configs::streams_named))
        .chain(streams.flat_map(streams::streams_named))
        .chain(workloads.flat_map(resolve::trigger_streams))
        .chain(integrated)
        .chain(written)
        .filter(|(namespace, _)| namespace != own || view.image_streams.is_err())
        .collect()
}

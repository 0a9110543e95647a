//! Reads what the planner needs: the secret, the accounts, and the pods and workloads with images of the registry.

use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::Value;

use super::target::Target;
use crate::cluster::{Cluster, ClusterError, Kind, Scope, kinds};
use crate::error::Error;
use crate::plan::link::{AccountView, NamespaceView};
use crate::plan::restart::{PodView, Reach, Wiring, WorkloadView};
use crate::plan::{Object, Purposes};
use crate::verbs::namespaces::Namespaces;
use crate::verbs::objects;

/// Namespaces that are read at the same time.
const AT_ONCE: usize = 8;
/// From this many namespaces on, pods and workloads are listed for all of them at once.
const MANY: usize = 4;

/// What runs pods and can be restarted, or overrides the account's secrets.
const WORKLOADS: [Kind; 6] = [
    kinds::POD,
    kinds::DEPLOYMENT,
    kinds::STATEFUL_SET,
    kinds::DAEMON_SET,
    kinds::CRON_JOB,
    kinds::DEPLOYMENT_CONFIG,
];

/// One view a namespace, in their order.
pub(super) async fn gather(
    cluster: &Cluster,
    namespaces: &Namespaces,
    accounts: &[(String, Purposes)],
    secret: &str,
    target: &Target,
) -> Result<Vec<NamespaceView>, Error> {
    let reach = target.reach();
    let together = namespaces.names.len() >= MANY;
    let (all, views) = tokio::join!(
        async {
            if together {
                wiring(cluster, &Scope::All, &reach).await
            } else {
                Wiring::default()
            }
        },
        stream::iter(&namespaces.names)
            .map(|name| async {
                let mut view = one(cluster, name, accounts, secret).await?;
                if !together {
                    view.wiring = wiring(cluster, &Scope::Namespace(name.clone()), &reach).await;
                }
                Ok(view)
            })
            .buffered(AT_ONCE)
            .collect::<Vec<Result<NamespaceView, ClusterError>>>()
    );
    let mut views = views
        .into_iter()
        .collect::<Result<Vec<NamespaceView>, ClusterError>>()?;
    share_out(all, &mut views);
    Ok(views)
}

async fn one(
    cluster: &Cluster,
    namespace: &str,
    accounts: &[(String, Purposes)],
    secret: &str,
) -> Result<NamespaceView, ClusterError> {
    let secret = kinds::SECRET.object(Some(namespace), secret);
    let objects = futures_util::future::join_all(accounts.iter().map(|(name, _)| async move {
        cluster
            .get(&kinds::SERVICE_ACCOUNT.object(Some(namespace), name))
            .await
    }));
    let (secret, objects) = tokio::join!(cluster.get(&secret), objects);
    let mut views = Vec::new();
    for ((name, purposes), object) in accounts.iter().zip(objects) {
        views.push(AccountView {
            name: name.clone(),
            purposes: *purposes,
            object: object?.map(Object::new),
        });
    }
    let missing = views.iter().any(|account| account.object.is_none());
    Ok(NamespaceView {
        name: namespace.to_owned(),
        secret: secret?.map(Object::new),
        accounts: views,
        account_names: if missing {
            objects::names(cluster, kinds::SERVICE_ACCOUNT, namespace).await
        } else {
            Vec::new()
        },
        wiring: Wiring::default(),
    })
}

/// What a list of pods and workloads is kept as.
enum Kept {
    Pod(PodView),
    Workload(Box<WorkloadView>),
}

async fn wiring(cluster: &Cluster, scope: &Scope, reach: &Reach) -> Wiring {
    let listed = objects::list(cluster, &WORKLOADS, scope, |kind, object: Value| {
        if kind == kinds::POD {
            PodView::of(&object, reach).map(Kept::Pod)
        } else {
            WorkloadView::of(kind, object, reach).map(|view| Kept::Workload(Box::new(view)))
        }
    })
    .await;
    let mut wiring = Wiring {
        unread: listed.unread,
        ..Wiring::default()
    };
    for kept in listed.found {
        match kept {
            Kept::Pod(pod) => wiring.pods.push(pod),
            Kept::Workload(workload) => wiring.workloads.push(*workload),
        }
    }
    wiring.pods.sort_by(|a, b| a.name.cmp(&b.name));
    wiring
        .workloads
        .sort_by(|a, b| (a.kind, a.object.name()).cmp(&(b.kind, b.object.name())));
    wiring
}

/// Gives each namespace its part of what was listed for all.
fn share_out(all: Wiring, views: &mut [NamespaceView]) {
    let of = |namespace: &str| views.iter().position(|view| view.name == namespace);
    let mut pods = Vec::new();
    let mut workloads = Vec::new();
    for pod in all.pods {
        pods.extend(of(&pod.namespace).map(|at| (at, pod)));
    }
    for workload in all.workloads {
        workloads.extend(of(workload.object.namespace()).map(|at| (at, workload)));
    }
    for (at, pod) in pods {
        views[at].wiring.pods.push(pod);
    }
    for (at, workload) in workloads {
        views[at].wiring.workloads.push(workload);
    }
    if let Some(first) = views.first_mut() {
        first.wiring.unread.extend(all.unread);
    }
}

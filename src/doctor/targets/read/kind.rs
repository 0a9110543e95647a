//! All objects of a kind, in one namespace or in all.

use super::{Bag, Pick, Reader};
use crate::cluster::Selectors;
use crate::model::kinds::{self, Kind};
use crate::model::view::{Part, Pod};

impl Reader<'_> {
    /// All objects of a kind.
    pub(super) async fn all(&self, kind: Kind) -> Bag {
        let (cluster, scope, selectors) = (self.cluster, &self.scope, &self.selectors);
        let mut bag = Bag::default();
        let done = match kind {
            kinds::POD => cluster.pods(scope, selectors).await.map(|pods| {
                bag.pods = pods;
            }),
            kinds::BUILD => cluster.builds(scope, selectors).await.map(|builds| {
                bag.builds = builds;
            }),
            kinds::BUILD_CONFIG => {
                let every = Selectors::default();
                let (configs, builds) = tokio::join!(
                    cluster.build_configs(scope, selectors),
                    cluster.builds(scope, &every)
                );
                bag.builds = builds.unwrap_or_default();
                configs.map(|configs| bag.build_configs = configs)
            }
            kinds::IMAGE_STREAM | kinds::IMAGE_STREAM_TAG => cluster
                .image_streams(scope, selectors)
                .await
                .map(|streams| {
                    bag.streams = streams;
                }),
            kinds::SERVICE_ACCOUNT => {
                cluster
                    .service_accounts(scope, selectors)
                    .await
                    .map(|accounts| {
                        bag.picks.extend(
                            accounts
                                .iter()
                                .map(|one| picked(kind, &one.namespace, &one.name)),
                        );
                    })
            }
            kinds::SECRET => cluster
                .secrets(scope, selectors.labels.as_deref())
                .await
                .map(|secrets| {
                    bag.picks.extend(
                        secrets
                            .iter()
                            .filter(|secret| !secret.is_of_platform())
                            .map(|one| picked(kind, &one.namespace, &one.name)),
                    );
                }),
            kind => {
                let mut found = cluster.workloads_of(&[kind], scope, selectors).await;
                bag.workloads = found.list;
                match found.unread.pop() {
                    Some((_, why)) => Err(why),
                    None => Ok(()),
                }
            }
        };
        if let Err(why) = done {
            bag.unread.push((self.place(), why));
            return bag;
        }
        pick_all(kind, &mut bag);
        if !bag.workloads.is_empty() {
            match self.pods.get_or_init(|| self.all_pods()).await {
                Ok(pods) => bag.pods.clone_from(pods),
                Err(why) => bag.events_unread = Some(why.clone()),
            }
        }
        if bag.pods.iter().any(Pod::waits_for_image) {
            match self
                .events
                .get_or_init(|| cluster.events(scope, None))
                .await
            {
                Ok(events) => bag.events.clone_from(events),
                Err(why) => bag.events_unread = Some(why.clone()),
            }
        }
        bag
    }

    async fn all_pods(&self) -> Part<Vec<Pod>> {
        self.cluster.pods(&self.scope, &Selectors::default()).await
    }
}

fn pick_all(kind: Kind, bag: &mut Bag) {
    let picks = match kind {
        kinds::POD => names(&bag.pods, kind, |one| (&one.namespace, &one.name)),
        kinds::BUILD => names(&bag.builds, kind, |one| (&one.namespace, &one.name)),
        kinds::BUILD_CONFIG => names(&bag.build_configs, kind, |one| (&one.namespace, &one.name)),
        kinds::IMAGE_STREAM | kinds::IMAGE_STREAM_TAG => {
            names(&bag.streams, kinds::IMAGE_STREAM, |one| {
                (&one.namespace, &one.name)
            })
        }
        _ => bag
            .workloads
            .iter()
            .map(|workload| Pick::Object(workload.object.clone()))
            .collect(),
    };
    bag.picks.extend(picks);
}

fn picked(kind: Kind, namespace: &str, name: &str) -> Pick {
    Pick::Object(kind.object(Some(namespace), name))
}

fn names<T>(list: &[T], kind: Kind, name: impl Fn(&T) -> (&String, &String)) -> Vec<Pick> {
    list.iter()
        .map(|one| {
            let (namespace, name) = name(one);
            picked(kind, namespace, name)
        })
        .collect()
}

//! One object that is named, and what belongs to it: what made a pod, the pods of a workload, the events about those that
//! wait, the builds of a BuildConfig.

use super::{Bag, Reader};
use crate::cluster::snapshot::About;
use crate::cluster::{Scope, Selectors};
use crate::model::kinds::{self, ObjectRef};
use crate::model::view::{Part, Pod, Workload};

/// Pods of one workload whose events are read.
const MOST_PODS: usize = 3;
/// The builds of a BuildConfig (openshift/api `build/v1` `BuildConfigLabel`).
const BUILD_CONFIG: &str = "openshift.io/build-config.name";

impl Reader<'_> {
    /// One object and what belongs to it; `None` where it does not exist.
    pub(super) async fn object(&self, object: &ObjectRef) -> Part<Option<Bag>> {
        if let Some(planned) = self.planned.target(object) {
            return Ok(Some(planned));
        }
        let (namespace, name) = (self.namespace.as_str(), object.name.as_str());
        let mut bag = Bag::default();
        match object.kind {
            kinds::POD => {
                let Some(pod) = self.cluster.pod(namespace, name).await? else {
                    return Ok(None);
                };
                let pods = [&pod];
                let (template, ()) =
                    tokio::join!(self.owner(&pod), self.events_of(&pods, &mut bag));
                bag.workloads.extend(template);
                bag.pods.push(pod);
            }
            kinds::BUILD => {
                let Some(build) = self.cluster.build(namespace, name).await? else {
                    return Ok(None);
                };
                bag.builds.push(build);
            }
            kinds::BUILD_CONFIG => {
                let selectors = Selectors {
                    labels: Some(format!("{BUILD_CONFIG}={name}")),
                    fields: None,
                };
                let (found, builds) = tokio::join!(
                    self.cluster.build_config(namespace, name),
                    self.cluster.builds(&self.scope, &selectors)
                );
                let Some(found) = found? else {
                    return Ok(None);
                };
                bag.build_configs.push(found);
                match builds {
                    Ok(builds) => bag.builds = builds,
                    Err(why) => bag.events_unread = Some(why),
                }
            }
            kinds::IMAGE_STREAM | kinds::IMAGE_STREAM_TAG => {
                let stream = name.split_once(':').map_or(name, |(stream, _)| stream);
                let tag = name.split_once(':').map(|(_, tag)| tag);
                let found = self.cluster.image_stream(namespace, stream).await?;
                match found.filter(|found| tag.is_none_or(|tag| found.tag(tag).is_some())) {
                    Some(found) => bag.streams.push(found),
                    None => return Ok(None),
                }
            }
            // They are in the lists that are read anyway; see `check_there`.
            kinds::SERVICE_ACCOUNT | kinds::SECRET => {}
            kind => {
                let Some(workload) = self.cluster.workload(kind, namespace, name).await? else {
                    return Ok(None);
                };
                let pods = self.pods_of(&workload).await;
                let waiting: Vec<&Pod> = pods.iter().filter(|pod| pod.waits_for_image()).collect();
                self.events_of(&waiting, &mut bag).await;
                bag.workloads.push(workload);
                bag.pods.extend(pods);
            }
        }
        Ok(Some(bag))
    }

    /// What made a pod, where that can be read.
    async fn owner(&self, pod: &Pod) -> Option<Workload> {
        let owner = pod.owner.as_ref()?;
        let kind = [
            kinds::REPLICA_SET,
            kinds::STATEFUL_SET,
            kinds::DAEMON_SET,
            kinds::JOB,
        ]
        .into_iter()
        .find(|kind| kind.kind == owner.kind)?;
        let found = self
            .cluster
            .workload(kind, &pod.namespace, &owner.name)
            .await;
        found.ok().flatten()
    }

    /// The pods that may be a workload's. A CronJob has no selector.
    async fn pods_of(&self, workload: &Workload) -> Vec<Pod> {
        let selectors = Selectors {
            labels: workload.selector.clone(),
            fields: None,
        };
        let scope = Scope::Namespace(self.namespace.clone());
        // Without them the template speaks for itself.
        self.cluster
            .pods(&scope, &selectors)
            .await
            .unwrap_or_default()
    }

    async fn events_of(&self, pods: &[&Pod], bag: &mut Bag) {
        let mut waiting: Vec<&&Pod> = pods.iter().filter(|pod| pod.waits_for_image()).collect();
        waiting.sort_by_key(|pod| std::cmp::Reverse(pod.created));
        let lists = waiting.into_iter().take(MOST_PODS).map(|pod| async move {
            let scope = Scope::Namespace(pod.namespace.clone());
            let about = About::Uid(pod.uid.clone());
            self.cluster.events(&scope, Some(&about)).await
        });
        for list in futures_util::future::join_all(lists).await {
            match list {
                Ok(list) => bag.events.extend(list),
                Err(why) => bag.events_unread = Some(why),
            }
        }
    }
}

//! Lists of one kind of object, by labels where the caller wants that.

use futures_util::future::join_all;

use super::{Part, builds, missing, objects, streams};
use crate::cluster::{Cluster, Kind, Scope, Selectors, faults, kinds};
use crate::model::view::{Build, BuildConfig, ImageStream, Missing, ServiceAccount, Workloads};

impl Cluster {
    pub async fn service_accounts(
        &self,
        scope: &Scope,
        selectors: &Selectors,
    ) -> Part<Vec<ServiceAccount>> {
        self.selected(kinds::SERVICE_ACCOUNT, scope, selectors, |object| {
            Some(objects::service_account(object))
        })
        .await
    }

    /// Builds; those of one BuildConfig have the label `openshift.io/build-config.name`.
    pub async fn builds(&self, scope: &Scope, selectors: &Selectors) -> Part<Vec<Build>> {
        self.selected(kinds::BUILD, scope, selectors, |object| {
            Some(builds::build(object))
        })
        .await
    }

    pub async fn build_configs(
        &self,
        scope: &Scope,
        selectors: &Selectors,
    ) -> Part<Vec<BuildConfig>> {
        self.selected(kinds::BUILD_CONFIG, scope, selectors, |object| {
            Some(builds::build_config(object))
        })
        .await
    }

    pub async fn image_streams(
        &self,
        scope: &Scope,
        selectors: &Selectors,
    ) -> Part<Vec<ImageStream>> {
        self.selected(kinds::IMAGE_STREAM, scope, selectors, |object| {
            Some(streams::image_stream(object))
        })
        .await
    }

    /// Workloads of these kinds, at the same time.
    pub async fn workloads_of(
        &self,
        kinds: &[Kind],
        scope: &Scope,
        selectors: &Selectors,
    ) -> Workloads {
        let lists = kinds.iter().map(|kind| async move {
            let list = self
                .selected(*kind, scope, selectors, |object| {
                    objects::workload(*kind, object)
                })
                .await;
            (*kind, list)
        });
        let mut workloads = Workloads::default();
        for (kind, list) in join_all(lists).await {
            match list {
                Ok(list) => workloads.list.extend(list),
                Err(Missing::NotServed(_)) => {}
                Err(why) => workloads.unread.push((faults::resource(kind), why)),
            }
        }
        workloads
    }

    /// Names of the objects of a kind, with their namespaces, in order.
    pub async fn names(
        &self,
        kind: Kind,
        scope: &Scope,
        selectors: &Selectors,
    ) -> Part<Vec<(String, String)>> {
        let mut names = self
            .selected(kind, scope, selectors, |object| {
                let metadata = &object["metadata"];
                Some((
                    metadata["namespace"]
                        .as_str()
                        .unwrap_or_default()
                        .to_owned(),
                    metadata["name"].as_str()?.to_owned(),
                ))
            })
            .await?;
        names.sort_unstable();
        Ok(names)
    }

    /// As `keep` reduces them. OpenShift's groups are looked up first.
    pub(super) async fn selected<T: Send>(
        &self,
        kind: Kind,
        scope: &Scope,
        selectors: &Selectors,
        mut keep: impl FnMut(&serde_json::Value) -> Option<T> + Send,
    ) -> Part<Vec<T>> {
        self.check_served(kind).await?;
        let mut kept = Vec::new();
        let read = self
            .list(kind, scope, selectors, |object| kept.extend(keep(&object)))
            .await;
        match read.map_err(missing) {
            Ok(()) => Ok(kept),
            Err(why) => Err(self.unless_absent(kind, why).await),
        }
    }

    /// Rights are judged before it is looked whether a kind is there (Kubernetes `apiserver` `WithAuthorization`), so that what
    /// an older OpenShift does not have is refused to whoever has few rights. Discovery tells the two apart.
    async fn unless_absent(&self, kind: Kind, why: Missing) -> Missing {
        let optional = kind.group.ends_with(".openshift.io");
        let refused = optional && matches!(why, Missing::Forbidden { .. });
        if refused && matches!(self.serves_resource(kind).await, Ok(false)) {
            return Missing::NotServed(faults::resource(kind));
        }
        why
    }
}

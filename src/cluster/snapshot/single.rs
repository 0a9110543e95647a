//! Single objects, each with the reason when it could not be read.

use serde_json::Value;

use super::{Part, builds, missing, objects, streams};
use crate::cluster::{Cluster, Kind, kinds};
use crate::model::view::{Build, BuildConfig, ImageStream, Pod, ServiceAccount, Workload};

impl Cluster {
    /// A pod; `Ok(None)` when it does not exist. So with all others here.
    pub async fn pod(&self, namespace: &str, name: &str) -> Part<Option<Pod>> {
        self.one(kinds::POD, namespace, name, |object| {
            Some(objects::pod(object))
        })
        .await
    }

    /// Of any kind that has a pod template.
    pub async fn workload(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
    ) -> Part<Option<Workload>> {
        self.one(kind, namespace, name, |object| {
            objects::template_of(kind, object)
        })
        .await
    }

    pub async fn build(&self, namespace: &str, name: &str) -> Part<Option<Build>> {
        self.one(kinds::BUILD, namespace, name, |object| {
            Some(builds::build(object))
        })
        .await
    }

    pub async fn build_config(&self, namespace: &str, name: &str) -> Part<Option<BuildConfig>> {
        self.one(kinds::BUILD_CONFIG, namespace, name, |object| {
            Some(builds::build_config(object))
        })
        .await
    }

    pub async fn image_stream(&self, namespace: &str, name: &str) -> Part<Option<ImageStream>> {
        self.one(kinds::IMAGE_STREAM, namespace, name, |object| {
            Some(streams::image_stream(object))
        })
        .await
    }

    pub async fn service_account(
        &self,
        namespace: &str,
        name: &str,
    ) -> Part<Option<ServiceAccount>> {
        self.one(kinds::SERVICE_ACCOUNT, namespace, name, |object| {
            Some(objects::service_account(object))
        })
        .await
    }

    async fn one<T>(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Part<Option<T>> {
        self.check_served(kind).await?;
        let object = self
            .get(&kind.object(Some(namespace), name))
            .await
            .map_err(missing)?;
        Ok(object.as_ref().and_then(read))
    }
}

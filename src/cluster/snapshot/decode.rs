//! Objects that the caller has as JSON, read as those of a snapshot are.

use serde_json::Value;

use super::{builds, objects, streams};
use crate::cluster::Kind;
use crate::model::view::{BuildConfig, ImageStream, Pod, Secret, ServiceAccount, Workload};

pub fn build_config(object: &Value) -> BuildConfig {
    builds::build_config(object)
}

pub fn image_stream(object: &Value) -> ImageStream {
    streams::image_stream(object)
}

pub fn pod(object: &Value) -> Pod {
    objects::pod(object)
}

/// `None` for a kind without a pod template.
pub fn workload(kind: Kind, object: &Value) -> Option<Workload> {
    objects::template_of(kind, object)
}

pub fn service_account(object: &Value) -> ServiceAccount {
    objects::service_account(object)
}

pub fn secret(object: &Value) -> Secret {
    objects::secret(object)
}

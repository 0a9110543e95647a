//! Starts builds: the one thing here beside object writes.
//!
//! `POST buildconfigs/NAME/instantiate` makes the API server count the BuildConfig up and make a Build of it
//! (openshift-apiserver `pkg/build/apiserver/buildgenerator` `instantiate`). It has no journal: a build that ran has pushed, and
//! nothing takes that back. It has no dry run either: the server counts up all the same, because only the making of the Build
//! is told of it. So it is called for real or not at all.

use serde_json::json;

use crate::cluster::access::Right;
use crate::cluster::{Cluster, Kind, ObjectRef, kinds};
use crate::error::Error;

/// What is posted; it is never stored.
const BUILD_REQUEST: Kind = Kind {
    group: kinds::BUILD.group,
    version: kinds::BUILD.version,
    kind: "BuildRequest",
    resource: "buildconfigs/instantiate",
    namespaced: true,
};

/// Refuses where the user may not start builds of these BuildConfigs, or not see what becomes of them.
///
/// # Errors
///
/// Naming every right that is missing; and when rights cannot be asked for.
pub async fn require(cluster: &Cluster, configs: &[ObjectRef]) -> Result<(), Error> {
    let right = |verb, kind, config: &ObjectRef, name: Option<String>| Right {
        verb,
        kind,
        namespace: config.namespace.clone(),
        name,
    };
    let mut rights = Vec::new();
    for config in configs {
        rights.push(right(
            "create",
            BUILD_REQUEST,
            config,
            Some(config.name.clone()),
        ));
        let get = right("get", kinds::BUILD, config, None);
        if !rights.contains(&get) {
            rights.push(get);
        }
    }
    let missing = cluster
        .missing_rights(&rights)
        .await
        .map_err(|error| Error::from(error).context("cannot ask for your rights"))?;
    if missing.is_empty() {
        return Ok(());
    }
    let words: Vec<String> = missing.iter().map(ToString::to_string).collect();
    Err(Error::failure(format!(
        "you may not {}; nothing was written",
        words.join(", nor ")
    ))
    .hint("leave --start out, or ask for a role that grants this"))
}

/// Starts a build, and gives its name.
///
/// # Errors
///
/// When the API server refuses, in its words.
pub async fn start(cluster: &Cluster, config: &ObjectRef) -> Result<ObjectRef, Error> {
    let namespace = config.namespace.as_deref().unwrap_or(cluster.namespace());
    let path = format!(
        "/apis/{}/namespaces/{namespace}/buildconfigs/{}/instantiate",
        BUILD_REQUEST.api_version(),
        config.name
    );
    let request = json!({
        "apiVersion": BUILD_REQUEST.api_version(),
        "kind": BUILD_REQUEST.kind,
        "metadata": {"name": config.name, "namespace": namespace},
        "triggeredBy": [{"message": "Manually triggered"}],
    });
    let failed = |error: Error| error.context(format!("no build of {config} was started"));
    let build = cluster
        .create_raw(&path, &request)
        .await
        .map_err(|error| failed(error.into()))?;
    match build["metadata"]["name"].as_str() {
        Some(name) => Ok(kinds::BUILD.object(Some(namespace), name)),
        None => Err(failed(Error::failure(
            "the API server answered with something that is no build",
        ))),
    }
}

//! The ports and volumes of an image that a workload is made for: from the look at it, or where the registry cannot be reached
//! from here from the API server's own import, which tells them to `oc new-app` too.

use serde_json::{Value, json};

use crate::cli::use_image::UseArgs as Flags;
use crate::cluster::{Cluster, kinds};
use crate::model::exposed::Exposed;
use crate::model::image::ImageReference;
use crate::verbs::Run;
use crate::verbs::preflight::Preflight;

/// The ports and volumes; `None`, with a warning, where nobody tells.
pub(super) async fn of(
    run: &mut Run,
    flags: &Flags,
    cluster: &Cluster,
    image: &ImageReference,
    answers: Option<&Preflight>,
) -> Option<Exposed> {
    let results = answers.map(Preflight::results).unwrap_or_default();
    let seen = results.iter().find_map(|result| result.image_config());
    let found = match seen {
        Some(config) => Some(config.exposed.clone()),
        None => from_cluster(flags, cluster, image).await,
    };
    if found.is_none() {
        run.ui.warning(format!(
            "the configuration of {image} could not be read: its ports are not known, and no Service is made"
        ));
    }
    found
}

/// What an import would bring, without importing.
async fn from_cluster(flags: &Flags, cluster: &Cluster, image: &ImageReference) -> Option<Exposed> {
    let kind = kinds::IMAGE_STREAM_IMPORT;
    if !cluster.serves_resource(kind).await.ok()? {
        return None;
    }
    let import = json!({
        "apiVersion": kind.api_version(),
        "kind": kind.kind,
        "metadata": {"name": "extreg-opinion"},
        "spec": {"import": false, "images": [{
            "from": {"kind": "DockerImage", "name": image.to_string()},
            "importPolicy": {"insecure": flags.stream.insecure, "importMode": "Legacy"},
            "referencePolicy": {"type": "Source"},
        }]},
    });
    let path = format!(
        "/apis/{}/namespaces/{}/{}",
        kind.api_version(),
        cluster.namespace(),
        kind.resource
    );
    let answer = cluster.create_raw(&path, &import).await.ok()?;
    let metadata = answer.pointer("/status/images/0/image/dockerImageMetadata")?;
    // Without the part that is asked about nothing is known.
    let tells = metadata.get("Config").is_some_and(Value::is_object);
    tells.then(|| Exposed::of_config(metadata))
}

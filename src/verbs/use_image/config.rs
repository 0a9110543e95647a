//! The configuration of an image that a workload is to be made for: its ports and volumes. It is read from here, with the
//! credentials that the pods will have; where that does not work, the API server's own import tells them, as it tells
//! `oc new-app`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::cli::use_image::UseArgs as Flags;
use crate::cluster::snapshot::WantConfig;
use crate::cluster::{Cluster, kinds};
use crate::doctor::probes::config;
use crate::doctor::setup::{self, PlatformTrust};
use crate::env::Env;
use crate::error::Error;
use crate::model::credential::Credential;
use crate::model::docker_config::{DockerConfig, Format};
use crate::model::endpoint::Endpoint;
use crate::model::exposed::Exposed;
use crate::model::image::ImageReference;
use crate::model::keyring;
use crate::model::observation::{Child, Descriptor, ManifestKind};
use crate::model::platform::Platform;
use crate::model::view::ClusterConfigView;
use crate::plan::{Action, Object, Plan, secret};
use crate::registry::{Options, Registry};
use crate::verbs::Run;

/// How long it may take to read it.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Where and for whom it is read.
pub(super) struct Place<'a> {
    pub cluster: &'a Cluster,
    pub image: &'a ImageReference,
    /// The account that the pods will run as.
    pub account: &'a str,
    /// A link that is made in the same run.
    pub linked: Option<&'a Plan>,
}

/// The ports and volumes; `None`, with a warning, where they cannot be told. Why the image does not arrive is for the check
/// that follows; without that check there is no Service then.
///
/// # Errors
///
/// When a file of the command line cannot be read.
pub(super) async fn exposed(
    run: &mut Run,
    flags: &Flags,
    place: &Place<'_>,
) -> Result<Option<Exposed>, Error> {
    let found = match from_here(&run.env, flags, place).await? {
        Some(found) => Some(found),
        None => from_cluster(flags, place).await,
    };
    if found.is_none() {
        run.ui.warning(format!(
            "the configuration of {} could not be read: its ports are not known, and no Service is made",
            place.image
        ));
    }
    Ok(found)
}

async fn from_here(env: &Env, flags: &Flags, place: &Place<'_>) -> Result<Option<Exposed>, Error> {
    let want = WantConfig {
        image_config: true,
        proxy: true,
        global_pull_secret: true,
        ..WantConfig::default()
    };
    let (read, mut configs) =
        tokio::join!(place.cluster.cluster_config(want), account_secrets(place));
    configs.extend(place.linked.into_iter().flat_map(made));
    if let Ok(Some(bytes)) = &read.global_pull_secret {
        configs.extend(DockerConfig::parse(bytes.expose(), Format::ConfigJson).ok());
    }
    let credentials = matching(&configs, &place.image.name());
    let count = credentials.len();
    let options = options(env, flags, place.image, &read)?;
    let endpoint = Endpoint::of_registry(place.image.registry());
    let Ok(registry) = Registry::new(endpoint, credentials, options) else {
        return Ok(None);
    };
    for credential in (0..count).map(Some).chain([None]) {
        if let Some(found) = read_as(&registry, place.image, credential, flags).await {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The pull secrets of the account. What may not be read is not there.
async fn account_secrets(place: &Place<'_>) -> Vec<DockerConfig> {
    let namespace = Some(place.cluster.namespace());
    let account = kinds::SERVICE_ACCOUNT.object(namespace, place.account);
    let Ok(Some(account)) = place.cluster.get(&account).await else {
        return Vec::new();
    };
    let account = Object::new(account);
    let reads = account.names("/imagePullSecrets").map(|name| {
        let reference = kinds::SECRET.object(namespace, name);
        async move { place.cluster.get(&reference).await.ok().flatten() }
    });
    futures_util::future::join_all(reads)
        .await
        .into_iter()
        .flatten()
        .filter_map(|object| secret::read(&Object::new(object)).ok())
        .collect()
}

/// The secrets that a plan makes.
fn made(plan: &Plan) -> Vec<DockerConfig> {
    plan.changes
        .iter()
        .filter_map(|change| match &change.action {
            Action::Apply(object) if change.object.kind == kinds::SECRET => {
                secret::read(object).ok()
            }
            _ => None,
        })
        .collect()
}

/// The credentials that the kubelet would try, in its order.
fn matching(configs: &[DockerConfig], image: &str) -> Vec<Credential> {
    let all: Vec<&DockerConfig> = configs.iter().collect();
    keyring::lookup(&all, image)
        .into_iter()
        .filter_map(|found| {
            let entry = configs.get(found.config)?.entries().get(found.entry)?;
            entry.credential.clone().ok()
        })
        .collect()
}

/// Trust and proxy as every verb has them.
fn options(
    env: &Env,
    flags: &Flags,
    image: &ImageReference,
    read: &ClusterConfigView,
) -> Result<Options, Error> {
    let machine = Arc::new(setup::machine_roots(
        env,
        flags.registry.registry_ca.as_deref(),
    )?);
    let trust = PlatformTrust::of(read).map(|platform| platform.for_registry(image.registry()));
    let insecure = trust.is_some() && config::places(read, image).insecure;
    Ok(setup::registry_options(
        &machine,
        trust.as_ref(),
        setup::proxy_rules(env),
        flags.registry.plain_http,
        insecure,
        Instant::now() + TIMEOUT,
    ))
}

async fn read_as(
    registry: &Registry,
    image: &ImageReference,
    credential: Option<usize>,
    flags: &Flags,
) -> Option<Exposed> {
    let repository = image.repository();
    let view = registry
        .manifest(repository, image.selector(), credential)
        .await;
    let descriptor = match view.manifest?.kind {
        ManifestKind::Index { children } => {
            let child = chosen(&children, flags.platform.as_ref())?;
            let view = registry
                .manifest(repository, &child.digest, credential)
                .await;
            config_of(view.manifest?.kind)?
        }
        kind => config_of(kind)?,
    };
    let config = registry
        .image_config(repository, &descriptor, credential)
        .await?;
    Some(Exposed::of_config(&config))
}

fn config_of(kind: ManifestKind) -> Option<Descriptor> {
    match kind {
        ManifestKind::Image { config, .. } => Some(config),
        _ => None,
    }
}

/// The image of an index for the platform, or else the first for Linux: ports do not differ by architecture.
fn chosen<'a>(children: &'a [Child], platform: Option<&Platform>) -> Option<&'a Descriptor> {
    let fits = |child: &&Child| {
        child
            .platform
            .as_ref()
            .is_some_and(|offered| match platform {
                Some(wanted) => wanted.accepts(offered),
                None => offered.os == "linux",
            })
    };
    children.iter().find(fits).map(|child| &child.descriptor)
}

/// What an import would bring, without importing.
async fn from_cluster(flags: &Flags, place: &Place<'_>) -> Option<Exposed> {
    let kind = kinds::IMAGE_STREAM_IMPORT;
    if !place.cluster.serves_resource(kind).await.ok()? {
        return None;
    }
    let import = json!({
        "apiVersion": kind.api_version(),
        "kind": kind.kind,
        "metadata": {"name": "extreg-opinion"},
        "spec": {"import": false, "images": [{
            "from": {"kind": "DockerImage", "name": place.image.to_string()},
            "importPolicy": {"insecure": flags.stream.insecure, "importMode": "Legacy"},
            "referencePolicy": {"type": "Source"},
        }]},
    });
    let path = format!(
        "/apis/{}/namespaces/{}/{}",
        kind.api_version(),
        place.cluster.namespace(),
        kind.resource
    );
    let answer = place.cluster.create_raw(&path, &import).await.ok()?;
    let metadata = answer.pointer("/status/images/0/image/dockerImageMetadata")?;
    // Without the part that is asked about nothing is known.
    let tells = metadata.get("Config").is_some_and(Value::is_object);
    tells.then(|| Exposed::of_config(metadata))
}

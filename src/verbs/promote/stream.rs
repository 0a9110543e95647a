//! From an image stream tag to an image that can be read from here.

use std::sync::Arc;

use super::ends::{Ends, Source, StreamTag};
use crate::cli::promote::PromoteArgs as Flags;
use crate::cluster::snapshot::WantConfig;
use crate::cluster::{Cluster, Kind, kinds};
use crate::doctor::setup::{ClusterTrust, PlatformTrust};
use crate::error::Error;
use crate::model::credential::Credential;
use crate::model::image::ImageReference;
use crate::model::pem;
use crate::model::trust::RootStore;
use crate::model::view::{ImageStream, TagItem};
use crate::ui::sanitize_line;
use crate::verbs::{Run, objects};

/// Where the source is, and what the cluster adds to reach it.
pub(super) struct Found {
    pub(super) image: ImageReference,
    /// The user's own token, for the internal registry.
    pub(super) login: Option<Credential>,
    /// What the cluster trusts for its route.
    pub(super) trust: Option<ClusterTrust>,
}

/// The route of OpenShift 4 and that of OpenShift 3: namespace and name.
const ROUTES: [(&str, &str); 2] = [
    ("openshift-image-registry", "default-route"),
    ("default", "docker-registry"),
];
/// The CA of the routes' own certificate, published for whoever has to check it (cluster-ingress-operator
/// `pkg/operator/controller/names.go` `DefaultIngressCertConfigMapName`): namespace, name and key.
const INGRESS_CA: (&str, &str, &str) = (
    "openshift-config-managed",
    "default-ingress-cert",
    "ca-bundle.crt",
);

/// The image itself, or the image behind a stream's tag.
///
/// # Errors
///
/// When the stream, its tag, or a way to the internal registry is missing.
pub(super) async fn resolve(
    run: &mut Run,
    cluster: Option<&Cluster>,
    ends: &Ends,
    flags: &Flags,
) -> Result<Found, Error> {
    match (&ends.source, cluster) {
        (Source::Image(image), _) => Ok(Found {
            image: image.clone(),
            login: None,
            trust: None,
        }),
        (Source::Stream(stream), Some(cluster)) => of_stream(run, cluster, stream, flags).await,
        (Source::Stream(_), None) => Err(Error::failure("an image stream needs its cluster")),
    }
}

async fn of_stream(
    run: &mut Run,
    cluster: &Cluster,
    wanted: &StreamTag,
    flags: &Flags,
) -> Result<Found, Error> {
    let namespace = wanted.namespace.as_deref().unwrap_or(cluster.namespace());
    let stream = found(cluster, namespace, &wanted.name).await?;
    if let Some(image) = only_a_name(&stream, &wanted.tag) {
        return Ok(read_where_it_is(
            run,
            wanted,
            image?,
            "the tag is only a name for it",
        ));
    }
    let item = newest(&stream, &wanted.tag)?;
    let source = ImageReference::parse(&item.docker_image_reference);
    // What was pushed stands under the internal registry's own name; what was imported, under its source's.
    let inside = match (&source, &stream.repository) {
        (Ok(source), repository) => {
            let own = repository.as_deref().and_then(|it| it.split('/').next());
            own == Some(source.registry()) || is_service(source.registry())
        }
        (Err(_), _) => true,
    };
    let (host, why) = match &stream.public_repository {
        Some(public) => (public.split('/').next().map(str::to_owned), None),
        None => exposed(cluster).await,
    };
    let name = format!("{namespace}/{}", wanted.name);
    if let Some(host) = host {
        let image = ImageReference::parse(&format!("{host}/{name}@{}", item.image))
            .map_err(|error| Error::from(error).context("the internal registry's route"))?;
        run.ui
            .status(format!("istag/{}:{} is {image}", wanted.name, wanted.tag));
        return Ok(Found {
            login: login(run, cluster, &host, flags).await?,
            trust: trust(cluster, image.registry()).await,
            image,
        });
    }
    match source {
        Ok(source) if !inside => Ok(read_where_it_is(
            run,
            wanted,
            source,
            "the internal registry has no route",
        )),
        _ => Err(out_of_reach(run.program, &name, &wanted.tag, why)),
    }
}

/// A name of a service, which means something inside the cluster only.
fn is_service(registry: &str) -> bool {
    let host = registry.split(':').next().unwrap_or(registry);
    let host = host.strip_suffix(".cluster.local").unwrap_or(host);
    host.rsplit('.').next() == Some("svc")
}

/// The image that a tag stands for without anything being imported (`reference: true`).
fn only_a_name(stream: &ImageStream, tag: &str) -> Option<Result<ImageReference, Error>> {
    let tag = stream.tag(tag)?;
    let from = tag.from.as_ref()?;
    (tag.items.is_empty() && tag.is_reference && from.kind == "DockerImage")
        .then(|| ImageReference::parse(&from.name).map_err(Error::from))
}

fn read_where_it_is(run: &mut Run, wanted: &StreamTag, image: ImageReference, why: &str) -> Found {
    run.ui.status(format!(
        "istag/{}:{} is {image}, which is read where it is: {why}",
        wanted.name, wanted.tag
    ));
    Found {
        image,
        login: None,
        trust: None,
    }
}

/// The two ways that remain where there is no route.
fn out_of_reach(program: &str, name: &str, tag: &str, why: Option<String>) -> Error {
    let why = why.map_or_else(String::new, |why| {
        format!(" ({})", sanitize_line(&why, 300))
    });
    Error::failure(format!(
        "the internal registry has {name}:{tag}, and it is reached from inside the cluster only: it has no route{why}"
    ))
    .hint(
        "expose it, as an administrator: oc patch configs.imageregistry.operator.openshift.io/cluster --type merge -p '{\"spec\":{\"defaultRoute\":true}}'",
    )
    .hint(format!(
        "or push from inside: `{program} push-target BUILDCONFIG IMAGE` has the build push it, and in a pod the source is image-registry.openshift-image-registry.svc:5000/{name}:{tag}"
    ))
}

async fn found(cluster: &Cluster, namespace: &str, name: &str) -> Result<ImageStream, Error> {
    match cluster.image_stream(namespace, name).await? {
        Some(stream) => Ok(stream),
        None => {
            let stream = kinds::IMAGE_STREAM.object(Some(namespace), name);
            Err(objects::missing(cluster, &stream).await)
        }
    }
}

/// The newest image of a tag.
fn newest<'a>(stream: &'a ImageStream, tag: &str) -> Result<&'a TagItem, Error> {
    let name = format!("{}/{}", stream.namespace, stream.name);
    let Some(found) = stream.tag(tag) else {
        let tags: Vec<String> = stream.tags.iter().map(|tag| tag.name.clone()).collect();
        let error = Error::failure(format!("the image stream {name} has no tag {tag:?}"));
        return Err(objects::with_near(error, tag, &tags));
    };
    found.items.first().ok_or_else(|| {
        let error = Error::failure(format!(
            "the image stream tag {name}:{tag} has no image yet"
        ));
        match found.failed_import() {
            Some(failed) => error.hint(format!(
                "its import failed: {}",
                sanitize_line(&failed.message, 300)
            )),
            None => error,
        }
    })
}

/// The host that the internal registry is exposed under, or why it is not known.
async fn exposed(cluster: &Cluster) -> (Option<String>, Option<String>) {
    let want = WantConfig {
        image_config: true,
        ..WantConfig::default()
    };
    let config = cluster.cluster_config(want).await;
    if let Ok(Some(image)) = &config.image_config
        && let Some(host) = image.external_hostnames.first()
    {
        return (Some(host.clone()), None);
    }
    let mut unread = None;
    for (namespace, name) in ROUTES {
        match route_host(cluster, kinds::ROUTE, namespace, name).await {
            Ok(Some(host)) => return (Some(host), None),
            Ok(None) => {}
            Err(why) => unread = unread.or(Some(why)),
        }
    }
    (None, unread)
}

async fn route_host(
    cluster: &Cluster,
    kind: Kind,
    namespace: &str,
    name: &str,
) -> Result<Option<String>, String> {
    let route = cluster
        .get(&kind.object(Some(namespace), name))
        .await
        .map_err(|error| format!("the route {namespace}/{name} could not be read: {error}"))?;
    Ok(route.and_then(|route| {
        let admitted = &route["status"]["ingress"][0]["host"];
        let host = admitted.as_str().or(route["spec"]["host"].as_str())?;
        (!host.is_empty()).then(|| host.to_owned())
    }))
}

/// As `oc registry login` does it: the registry looks at the token alone. What was named for the source counts first.
async fn login(
    run: &mut Run,
    cluster: &Cluster,
    host: &str,
    flags: &Flags,
) -> Result<Option<Credential>, Error> {
    let sides = &flags.sides;
    if sides.source_registry_config.is_some() || sides.source_from_secret.is_some() {
        return Ok(None);
    }
    match cluster.own_token().await {
        Some(token) => {
            run.ui.status(format!(
                "{host} is asked with your own token of this cluster"
            ));
            Ok(Some(Credential::Password {
                username: "user".to_owned(),
                password: token,
            }))
        }
        None => Err(Error::failure(format!(
            "{host} takes a token, and this login to the cluster has none"
        ))
        .hint("log in with `oc login`; its token is then what `oc whoami -t` prints")
        .hint("or name credentials with --source-registry-config or --source-from-secret")),
    }
}

/// What the cluster trusts for the route, with the CA that routes are signed by.
async fn trust(cluster: &Cluster, registry: &str) -> Option<ClusterTrust> {
    let want = WantConfig {
        image_config: true,
        proxy: true,
        ..WantConfig::default()
    };
    let config = cluster.cluster_config(want).await;
    let mut trust = PlatformTrust::of(&config).map(|platform| platform.for_registry(registry));
    let (namespace, name, key) = INGRESS_CA;
    // Not everybody may read it, and where the routes have a public certificate it is of no use.
    let map = cluster
        .get(&kinds::CONFIG_MAP.object(Some(namespace), name))
        .await
        .ok()
        .flatten();
    if let Some(text) = map.as_ref().and_then(|map| map["data"][key].as_str()) {
        let mut roots = RootStore::new();
        roots.add_bundle(
            &format!("configmap {namespace}/{name}"),
            &pem::parse(text.as_bytes()),
        );
        if let Some(known) = &trust {
            roots.include(Arc::clone(&known.roots));
        }
        trust = Some(ClusterTrust {
            roots: Arc::new(roots),
            ..trust.unwrap_or_else(|| ClusterTrust {
                roots: Arc::default(),
                assumed: String::new(),
                remarks: Vec::new(),
                unread: Vec::new(),
            })
        });
    }
    trust
}

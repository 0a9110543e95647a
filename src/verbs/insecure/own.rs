//! The cluster's own registry is none to be made insecure: the platform itself has nodes, builds and imports trust it.

use std::net::IpAddr;

use crate::cli::insecure::InsecureArgs as Flags;
use crate::cluster::{Cluster, ClusterError, kinds};
use crate::error::Error;
use crate::model::endpoint::Endpoint;
use crate::model::integrated;
use crate::plan::Object;
use crate::verbs::Run;

/// Where OpenShift 4 keeps its registry, and the service of the same name (cluster-image-registry-operator
/// `pkg/defaults/defaults.go` `ServiceName`).
const NAMESPACE: &str = "openshift-image-registry";
const SERVICE: &str = "image-registry";

/// By a name that it has in every cluster. Nobody is asked.
///
/// # Errors
///
/// When it is the cluster's own registry, unless that is forced.
pub(super) fn refuse_name(run: &mut Run, flags: &Flags, endpoint: &Endpoint) -> Result<(), Error> {
    let registry = endpoint.name();
    if integrated::is_named(&registry) {
        return refuse(run, flags, &registry, "is the cluster's own registry");
    }
    Ok(())
}

/// By the address of its service, or by a name that the configuration gives it.
///
/// # Errors
///
/// As with a name.
pub(super) async fn refuse_address(
    run: &mut Run,
    cluster: &Cluster,
    flags: &Flags,
    image_config: &Object,
    registry: &str,
) -> Result<(), Error> {
    if image_config.text("/status/internalRegistryHostname") == registry
        && !integrated::is_named(registry)
    {
        return refuse(run, flags, registry, "is the cluster's own registry");
    }
    let Some(address) = address(registry) else {
        return Ok(());
    };
    let service = kinds::SERVICE.object(Some(NAMESPACE), SERVICE);
    match cluster.get(&service).await {
        Ok(Some(service)) => {
            let list = service["spec"]["clusterIPs"].as_array();
            let one = &service["spec"]["clusterIP"];
            let own = list
                .into_iter()
                .flatten()
                .chain([one])
                .filter_map(|it| it.as_str()?.parse::<IpAddr>().ok())
                .any(|it| it == address);
            if own {
                let words = "is the address of the cluster's own registry";
                return refuse(run, flags, registry, words);
            }
            Ok(())
        }
        Ok(None) => Ok(()),
        Err(ClusterError::Forbidden { .. }) => refuse_unknown_address(run, flags, registry),
        Err(error) => Err(error.into()),
    }
}

/// By an address that it may well have, where no cluster tells.
///
/// # Errors
///
/// As with a name.
pub(super) fn refuse_unknown_address(
    run: &mut Run,
    flags: &Flags,
    registry: &str,
) -> Result<(), Error> {
    if integrated::may_be_addressed(registry) {
        let words = "is the address of a service, of the cluster's own registry most likely";
        return refuse(run, flags, registry, words);
    }
    Ok(())
}

fn address(registry: &str) -> Option<IpAddr> {
    let host = Endpoint::of_registry(registry).api_host().to_owned();
    host.trim_matches(['[', ']']).parse().ok()
}

fn refuse(run: &mut Run, flags: &Flags, registry: &str, words: &str) -> Result<(), Error> {
    // What is taken away does no harm.
    if flags.remove {
        return Ok(());
    }
    let error = Error::failure(format!(
        "{registry} {words}: the platform has nodes, builds and imports trust it by its name"
    ));
    if flags.force {
        run.ui.warning(error.message());
        return Ok(());
    }
    let program = run.program;
    let name = integrated::NAMES[usize::from(flags.nodes.openshift3) * 2];
    Err(error
        .hint(format!(
            "images of it are named {name}/NAMESPACE/STREAM:TAG; why one is not pulled: `{program} doctor IMAGE`"
        ))
        .hint("nothing was written; --force writes all the same"))
}

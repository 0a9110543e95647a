//! `--list`: what is trusted, and what stands there to no avail.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use jiff::Timestamp;

use crate::cli::global::Global;
use crate::cli::output::Format;
use crate::cli::trust::TrustArgs as Flags;
use crate::cluster::snapshot::{Want, WantConfig};
use crate::cluster::{Cluster, Scope as Namespaces, kinds};
use crate::error::Error;
use crate::inventory::{self, Input as Stock};
use crate::plan::Object;
use crate::plan::edit::bundle::text_of;
use crate::plan::trust::list::{self, Input, Map};
use crate::plan::trust::{NAMESPACE, Scope, USER_CA_BUNDLE};
use crate::report::text::{Detail, Look};
use crate::report::trust as report;
use crate::verbs::Run;
use crate::verbs::connecting::connect;
use crate::verbs::platform_rollout::{Ground, Wanted, What, ground};

pub(super) async fn run(run: &mut Run, global: &Global, flags: &Flags) -> Result<(), Error> {
    let cluster = connect(run, global).await?;
    let wanted = Wanted {
        what: What::RegistryCa,
        registry: "REGISTRY",
        program: run.program,
    };
    match ground(&cluster).await? {
        // A hosted cluster has copies of what its HostedCluster says, and they can be read.
        Ground::OpenShift(_) | Ground::Hosted => {}
        other => drop(other.platform(&wanted)?),
    }
    let now = Timestamp::now();
    let input = Box::pin(read(run, &cluster, now)).await?;
    let trusted = list::list(&input, now);
    let text = match flags.write.output {
        None => report::text(&trusted, &Look::on(&run.ui, Detail::Normal)),
        Some(Format::Json) => report::json(&trusted),
        Some(Format::Yaml) => report::yaml(&trusted),
        Some(Format::Name) => report::names(&trusted),
    };
    if trusted.entries.is_empty() && flags.write.output.is_none() {
        run.ui
            .status("Nothing is trusted beside what nodes trust by themselves.");
    }
    run.ui.data(text)
}

async fn read(run: &Run, cluster: &Cluster, now: Timestamp) -> Result<Input, Error> {
    let (image, proxy) = (Scope::Registry.config(), Scope::Cluster.config());
    let (image, proxy) = tokio::join!(cluster.get(&image), cluster.get(&proxy));
    let (image, proxy) = (image?.map(Object::new), proxy?.map(Object::new));
    let mut wanted: Vec<(String, Scope, bool)> = Vec::new();
    for (scope, config) in [(Scope::Registry, &image), (Scope::Cluster, &proxy)] {
        let named = config.as_ref().and_then(|config| scope.named(config));
        wanted.extend(named.map(|name| (name.to_owned(), scope, true)));
    }
    // It reaches the nodes whether or not it is named.
    if !wanted
        .iter()
        .any(|(name, scope, _)| name == USER_CA_BUNDLE && *scope == Scope::Cluster)
    {
        wanted.push((USER_CA_BUNDLE.to_owned(), Scope::Cluster, false));
    }
    let maps = join_all(wanted.iter().map(|(name, _, _)| async move {
        cluster
            .get(&kinds::CONFIG_MAP.object(Some(NAMESPACE), name))
            .await
    }))
    .await;
    let mut input = Input::default();
    for ((name, scope, is_named), map) in wanted.into_iter().zip(maps) {
        let printed = format!("{NAMESPACE}/{name}");
        match map? {
            Some(map) => input.maps.push(Map {
                name: printed,
                scope,
                is_named,
                bundles: bundles(&map),
            }),
            None if is_named => input.absent.push((printed, scope.config().to_string())),
            None => {}
        }
    }
    Box::pin(stock(run, cluster, now, &mut input)).await;
    Ok(input)
}

/// Every key of the ConfigMap with its text; bytes that are no text are no bundle.
fn bundles(map: &serde_json::Value) -> Vec<(String, String)> {
    ["data", "binaryData"]
        .into_iter()
        .filter_map(|field| map.get(field)?.as_object())
        .flat_map(|entries| entries.keys())
        .map(|key| (key.clone(), text_of(map, key).unwrap_or_default()))
        .collect()
}

/// The registries that are in use anywhere in the cluster.
async fn stock(run: &Run, cluster: &Cluster, now: Timestamp, input: &mut Input) {
    let want = Want {
        pods: true,
        workloads: true,
        build_configs: true,
        image_streams: true,
        ..Want::default()
    };
    let config = WantConfig {
        image_config: true,
        mirrors: true,
        ..WantConfig::default()
    };
    let (view, config) = tokio::join!(
        cluster.namespace_view(&Namespaces::All, want),
        cluster.cluster_config(config)
    );
    // What it says of deprecated kinds is no news to somebody who did not ask for them.
    drop(cluster.take_warnings());
    if let Ok(Some(image)) = &config.image_config {
        input.insecure.clone_from(&image.sources.insecure);
    }
    let taken = inventory::take(&Stock {
        view: &view,
        other_streams: &[],
        unread: &[],
        absent_secrets: &[],
        config: &config,
        now,
        chosen: false,
        program: run.program,
    });
    let mut registries: BTreeSet<String> = BTreeSet::new();
    for row in taken.registries {
        registries.extend(row.mirrors);
        registries.insert(row.name);
    }
    // A mirror may stand ready for images that nobody uses yet.
    for rule in config.mirror_rules() {
        let places = std::iter::once(&rule.source).chain(&rule.mirrors);
        registries.extend(places.filter_map(|place| place.split('/').next().map(str::to_owned)));
    }
    input.registries = registries;
    input.complete = taken.unread.is_empty();
}

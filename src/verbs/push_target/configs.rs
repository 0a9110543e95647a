//! The BuildConfigs, the accounts that they build with, and the image streams of the way back.

use super::words::Words;
use crate::cluster::{Cluster, ClusterError, Kind, Scope, Selectors, kinds};
use crate::error::Error;
use crate::plan::Object;
use crate::plan::push_target::aim::Goal;
use crate::plan::push_target::{Move, account_of, is_pipeline};
use crate::verbs::{Run, namespaces, objects};

/// Refuses on a cluster without the groups that are needed.
pub(super) async fn require_groups(cluster: &Cluster, internal: bool) -> Result<(), Error> {
    let mut needed = vec![kinds::BUILD_CONFIG];
    needed.extend(internal.then_some(kinds::IMAGE_STREAM));
    for kind in needed {
        if !cluster.serves_resource(kind).await? {
            return Err(missing(kind));
        }
    }
    Ok(())
}

fn missing(kind: Kind) -> Error {
    let error = Error::failure(format!(
        "this cluster does not serve {}: it has no {}s",
        kind.resource_name(),
        kind.kind
    ));
    if kind == kinds::BUILD_CONFIG {
        error.hint("they come with OpenShift, where the capability Build is enabled")
    } else {
        error.hint("they come with OpenShift")
    }
}

/// The BuildConfigs that the words name, or those with the labels.
pub(super) async fn find(
    run: &mut Run,
    cluster: &Cluster,
    words: &Words,
) -> Result<Vec<Object>, Error> {
    match &words.selector {
        Some(selector) => chosen(run, cluster, selector).await,
        None => named(cluster, &words.names).await,
    }
}

async fn named(cluster: &Cluster, wanted: &[String]) -> Result<Vec<Object>, Error> {
    let mut found = Vec::new();
    for name in wanted {
        let config = kinds::BUILD_CONFIG.object(Some(cluster.namespace()), name);
        found.push(objects::required(cluster, &config).await?);
    }
    Ok(found)
}

async fn chosen(run: &mut Run, cluster: &Cluster, selector: &str) -> Result<Vec<Object>, Error> {
    let namespace = cluster.namespace();
    let selectors = Selectors {
        labels: Some(selector.to_owned()),
        fields: None,
    };
    let mut found: Vec<Object> = Vec::new();
    let scope = Scope::Namespace(namespace.to_owned());
    cluster
        .list(kinds::BUILD_CONFIG, &scope, &selectors, |object| {
            found.push(Object::new(object));
        })
        .await?;
    if found.is_empty() {
        return Err(Error::failure(format!(
            "no BuildConfig in namespace {namespace:?} has the labels {selector:?}"
        )));
    }
    let (pipelines, found): (Vec<Object>, Vec<Object>) = found.into_iter().partition(is_pipeline);
    for pipeline in &pipelines {
        run.ui.status(format!(
            "bc/{} is left out: it is a pipeline, whose stages push what they like",
            pipeline.name()
        ));
    }
    if found.is_empty() {
        return Err(Error::failure(format!(
            "all BuildConfigs with the labels {selector:?} are pipelines"
        )));
    }
    Ok(found)
}

/// Where each of them is to push; says where the tag was left open.
pub(super) fn goals(
    run: &mut Run,
    words: &Words,
    configs: &[Object],
) -> Result<Vec<(Object, Goal)>, Error> {
    let mut goals = Vec::new();
    for config in configs {
        let goal = words
            .aim
            .goal(config.name())
            .map_err(|refusal| Error::usage(format!("for bc/{}: {refusal}", config.name())))?;
        if !goal.names_tag() {
            run.ui
                .status(format!("no tag was given: latest is used ({goal})"));
        }
        goals.push((config.clone(), goal));
    }
    Ok(goals)
}

/// The accounts of the BuildConfigs, each once.
pub(super) async fn accounts(cluster: &Cluster, configs: &[Object]) -> Result<Vec<Object>, Error> {
    let namespace = cluster.namespace();
    let mut accounts: Vec<Object> = Vec::new();
    for config in configs {
        let name = account_of(config);
        if accounts.iter().any(|known| known.name() == name) {
            continue;
        }
        let reference = kinds::SERVICE_ACCOUNT.object(Some(namespace), name);
        let Some(object) = cluster.get(&reference).await? else {
            let error = Error::failure(format!(
                "bc/{} builds as the service account {name:?}, which is not in namespace {namespace:?}: none of its builds starts",
                config.name()
            ));
            let known = objects::names(cluster, kinds::SERVICE_ACCOUNT, namespace).await;
            return Err(objects::with_near(error, name, &known));
        };
        accounts.push(Object::new(object));
    }
    Ok(accounts)
}

/// The image streams that moves go to and that do not exist, each once: namespace and name. Says what a stream elsewhere takes.
pub(super) async fn missing_streams(
    run: &mut Run,
    cluster: &Cluster,
    moves: &[Move],
) -> Result<Vec<(String, String)>, Error> {
    let own = cluster.namespace();
    let mut missing: Vec<(String, String)> = Vec::new();
    for one in moves {
        let Goal::Internal(tag) = &one.goal else {
            continue;
        };
        let namespace = tag.namespace.as_deref().unwrap_or(own);
        let name = (namespace.to_owned(), tag.stream.clone());
        if missing.contains(&name) {
            continue;
        }
        let reference = kinds::IMAGE_STREAM.object(Some(namespace), &tag.stream);
        match cluster.get(&reference).await {
            Ok(Some(_)) => {}
            Ok(None) => {
                if namespace != own {
                    namespaces::exists(cluster, namespace).await?;
                }
                run.ui.status(format!(
                    "image stream {namespace}/{} does not exist: it is made",
                    tag.stream
                ));
                missing.push(name);
            }
            Err(error @ ClusterError::Forbidden { .. }) => run.ui.warning(format!(
                "not known: whether image stream {namespace}/{} exists, without which no build starts ({error})",
                tag.stream
            )),
            Err(error) => return Err(error.into()),
        }
        if namespace != own {
            run.ui.warning(format!(
                "builds of {own} push into namespace {namespace} only when the account {} may: `{} policy add-role-to-user system:image-builder -z {} -n {namespace} --rolebinding-name=...` or the like grants it",
                account_of(&one.config), run.client(), account_of(&one.config)
            ));
        }
    }
    Ok(missing)
}

//! Which namespaces a verb works on.

use super::Run;
use crate::cli::global::Global;
use crate::cli::namespaces::NamespaceFlags;
use crate::cluster::{Cluster, Scope, Selectors, kinds};
use crate::error::Error;

/// The namespaces, and whether the tool chose them (then what is gone or does not fit there is left out).
#[derive(Debug)]
pub(super) struct Namespaces {
    pub names: Vec<String>,
    pub many: bool,
}

/// Resolves `-n`, `--namespaces`, `-A` and `--namespace-selector`.
pub(super) async fn resolve(
    run: &mut Run,
    cluster: &Cluster,
    global: &Global,
    flags: &NamespaceFlags,
) -> Result<Namespaces, Error> {
    let several =
        !flags.namespaces.is_empty() || flags.all_namespaces || flags.namespace_selector.is_some();
    if several && global.namespace.is_some() {
        return Err(Error::usage(
            "-n names one namespace; it cannot be used with --namespaces, -A or --namespace-selector",
        ));
    }
    if !flags.namespaces.is_empty() {
        let mut names: Vec<String> = Vec::new();
        for name in flags.namespaces.iter().map(|name| name.trim()) {
            if !name.is_empty() && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        if names.is_empty() {
            return Err(Error::usage("--namespaces names no namespace"));
        }
        return Ok(Namespaces { names, many: false });
    }
    if !several {
        return Ok(Namespaces {
            names: vec![cluster.namespace().to_owned()],
            many: false,
        });
    }
    let selectors = Selectors {
        labels: flags.namespace_selector.clone(),
        fields: None,
    };
    let (mut names, mut leaving) = (Vec::new(), 0_usize);
    cluster
        .list(kinds::NAMESPACE, &Scope::All, &selectors, |namespace| {
            if namespace["status"]["phase"] == "Terminating" {
                leaving += 1;
            } else if let Some(name) = namespace["metadata"]["name"].as_str() {
                names.push(name.to_owned());
            }
        })
        .await
        .map_err(|error| Error::from(error).context("cannot list namespaces"))?;
    if names.is_empty() {
        return Err(Error::failure(match &flags.namespace_selector {
            Some(selector) => format!("no namespace has the labels {selector:?}"),
            None => "there is no namespace".to_owned(),
        }));
    }
    if leaving > 0 {
        run.ui.status(format!(
            "left out: {leaving} {} being deleted",
            if leaving == 1 {
                "namespace is"
            } else {
                "namespaces are"
            }
        ));
    }
    Ok(Namespaces { names, many: true })
}

/// That a namespace is there, as far as the user may know.
///
/// # Errors
///
/// When it is known not to be there.
pub(super) async fn exists(cluster: &Cluster, namespace: &str) -> Result<(), Error> {
    match cluster.missing_namespace(namespace).await {
        Some(missing) => Err(missing),
        None => Ok(()),
    }
}

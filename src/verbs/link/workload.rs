//! Which service accounts are linked, and for what: `-z`, `--for-workload`, or the usual ones.

use crate::cli::link::LinkArgs as Flags;
use crate::cluster::{Cluster, Kind, kinds};
use crate::error::Error;
use crate::plan::{Purposes, pod};
use crate::verbs::objects;

/// The kinds that run as an account, with what kubectl and oc call them.
const KINDS: [(Kind, &[&str]); 10] = [
    (kinds::DEPLOYMENT, &["deployment", "deployments", "deploy"]),
    (kinds::STATEFUL_SET, &["statefulset", "statefulsets", "sts"]),
    (kinds::DAEMON_SET, &["daemonset", "daemonsets", "ds"]),
    (kinds::REPLICA_SET, &["replicaset", "replicasets", "rs"]),
    (kinds::JOB, &["job", "jobs"]),
    (kinds::CRON_JOB, &["cronjob", "cronjobs", "cj"]),
    (kinds::POD, &["pod", "pods", "po"]),
    (
        kinds::DEPLOYMENT_CONFIG,
        &["deploymentconfig", "deploymentconfigs", "dc"],
    ),
    (kinds::BUILD_CONFIG, &["buildconfig", "buildconfigs", "bc"]),
    (kinds::BUILD, &["build", "builds"]),
];

/// The accounts with what each is for.
pub(super) async fn accounts(
    cluster: &Cluster,
    flags: &Flags,
    namespaces: &[String],
) -> Result<Vec<(String, Purposes)>, Error> {
    let mut accounts: Vec<(String, Purposes)> = Vec::new();
    for name in &flags.service_accounts {
        if !accounts.iter().any(|(known, _)| known == name) {
            accounts.push((name.clone(), flags.purposes));
        }
    }
    if let (Some(text), Some(namespace)) = (&flags.for_workload, namespaces.first()) {
        let name = of_workload(cluster, text, namespace).await?;
        if !accounts.iter().any(|(known, _)| *known == name) {
            accounts.push((name, flags.purposes));
        }
    }
    if accounts.is_empty() && flags.purposes.pull {
        accounts.push(("default".to_owned(), Purposes::PULL));
    }
    if accounts.is_empty() && !flags.purposes.pull
        || flags.purposes.push && flags.service_accounts.is_empty() && flags.for_workload.is_none()
    {
        accounts.push(("builder".to_owned(), Purposes::PUSH));
    }
    Ok(accounts)
}

/// The account that a workload's pods, or a build config's builds, run as.
async fn of_workload(cluster: &Cluster, text: &str, namespace: &str) -> Result<String, Error> {
    let refuse = || {
        Error::usage(format!("--for-workload takes KIND/NAME, not {text:?}"))
            .hint("for example deployment/web, sts/db, dc/app or bc/app")
    };
    let (kind, name) = text.split_once('/').ok_or_else(refuse)?;
    let word = kind.to_ascii_lowercase();
    // `deployments.apps/web` is what `-o name` prints.
    let plain = word.split('.').next().unwrap_or_default();
    let (kind, _) = KINDS
        .iter()
        .find(|(_, words)| words.contains(&plain))
        .filter(|_| !name.is_empty())
        .ok_or_else(refuse)?;
    let reference = kind.object(Some(namespace), name);
    let object = objects::required(cluster, &reference).await?;
    Ok(match *kind {
        kinds::BUILD_CONFIG | kinds::BUILD => match object.text("/spec/serviceAccount") {
            "" => "builder".to_owned(),
            name => name.to_owned(),
        },
        kind => pod::account_of(&object, pod::template_of(kind)),
    })
}

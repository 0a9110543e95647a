//! Values that this machine knows: kubeconfig, files of registry credentials, the journal, the causes. No password of
//! such a file is looked at.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use crate::apply::journal::Journal;
use crate::cli::complete::Candidate;
use crate::cluster::connect::{self, ConnectOptions, Names};
use crate::credentials::usual_places;
use crate::doctor::causes::Cause;
use crate::env::Env;
use crate::model::docker_config::DockerConfig;
use crate::model::endpoint::RegistryArgument;

/// A longer file holds something else than credentials, in bytes.
const FILE_MAX: u64 = 1024 * 1024;

fn plain(names: Vec<String>) -> Vec<Candidate> {
    names
        .into_iter()
        .map(|name| Candidate::new(name, ""))
        .collect()
}

fn kubeconfig(
    env: &Env,
    options: &ConnectOptions,
    which: impl FnOnce(Names) -> Vec<String>,
) -> Vec<Candidate> {
    plain(which(connect::names(env, options)))
}

pub(super) fn contexts(env: &Env, options: &ConnectOptions) -> Vec<Candidate> {
    kubeconfig(env, options, |names| names.contexts)
}

pub(super) fn clusters(env: &Env, options: &ConnectOptions) -> Vec<Candidate> {
    kubeconfig(env, options, |names| names.clusters)
}

pub(super) fn users(env: &Env, options: &ConnectOptions) -> Vec<Candidate> {
    kubeconfig(env, options, |names| names.users)
}

pub(super) fn namespaces(env: &Env, options: &ConnectOptions) -> Vec<Candidate> {
    kubeconfig(env, options, |names| names.namespaces)
}

/// The registries that this machine is logged in to, or that `-a FILE` has entries for.
pub(super) fn registries(env: &Env, file: Option<PathBuf>) -> Vec<Candidate> {
    let files = match file {
        Some(file) => vec![env.cwd.join(file)],
        None => usual_places(env),
    };
    files
        .into_iter()
        .filter_map(|path| {
            let mut bytes = Vec::new();
            let file = File::open(path).ok()?;
            file.take(FILE_MAX).read_to_end(&mut bytes).ok()?;
            DockerConfig::parse_any(&bytes).ok()
        })
        .flat_map(|config| {
            let helpers = config.cred_helpers().into_iter().map(|(key, _)| key);
            let entries = config.entries().iter().map(|entry| entry.key.clone());
            entries.chain(helpers).collect::<Vec<_>>()
        })
        .filter_map(|key| registry_of(&key))
        .map(|registry| Candidate::new(registry, "logged in on this machine"))
        .collect()
}

/// What `link` takes for a key: `https://index.docker.io/v1/` is docker.io.
fn registry_of(key: &str) -> Option<String> {
    let registry = RegistryArgument::parse(key).ok()?;
    Some(registry.to_string())
}

/// The causes, with what they are.
pub(super) fn causes() -> Vec<Candidate> {
    Cause::ALL
        .iter()
        .map(|cause| Candidate::new(cause.id(), cause.title()))
        .collect()
}

/// What can be taken back, with what it was.
pub(super) fn changes(env: &Env) -> Vec<Candidate> {
    let (records, _) = Journal::of(env).list().unwrap_or_default();
    records
        .into_iter()
        .filter(|record| record.undone.is_none())
        .map(|record| {
            let mut names: Vec<String> = record.made().map(|entry| entry.name.clone()).collect();
            names.dedup();
            let help = format!("{}: {}", record.verb, names.join(", "));
            Candidate::new(record.id, help)
        })
        .collect()
}

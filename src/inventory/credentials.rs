//! The secrets with docker credentials: what each entry is for by both matchers, and who has it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;
use secrecy::ExposeSecret as _;

use super::places::Places;
use super::types::{Entry, Image, Matched, Reach, Secret, SecretRef};
use super::{Input, holders};
use crate::model::credential::Credential;
use crate::model::docker_config::{self, DockerConfig, EntryFault, Format, shown_key};
use crate::model::endpoint::RegistryArgument;
use crate::model::keyring::NearMiss;
use crate::model::ownership::Owner;
use crate::model::sanitize::sanitize_line;
use crate::model::view;
use crate::model::{auth_file, jwt, keyring};

/// The longest key that is shown.
const LONGEST: usize = 200;

/// Two entries for the same place and user.
pub(super) struct Duplicate {
    pub(super) first: SecretRef,
    pub(super) second: SecretRef,
    /// They hold the same credential, too.
    pub(super) same: bool,
}

/// What [`find`] finds.
pub(super) struct Found {
    pub(super) secrets: Vec<Secret>,
    pub(super) duplicates: Vec<Duplicate>,
}

/// `registry/repository` to its registry.
type Names = BTreeMap<String, String>;

/// Reads all secrets; those that OpenShift keeps for its own registry are left out.
pub(super) fn find(input: &Input<'_>, images: &[Image], places: &Places) -> Found {
    let (by_namespace, all) = names(images, places);
    let none = Names::new();
    let (accounts, named) = (holders::accounts(input), holders::named(input));
    let mut found = Found {
        secrets: Vec::new(),
        duplicates: Vec::new(),
    };
    let mut configs: Vec<Option<DockerConfig>> = Vec::new();
    if let Ok(Some(bytes)) = &input.config.global_pull_secret {
        let mut secret = empty(None, "pull-secret", "kubernetes.io/dockerconfigjson");
        let config = DockerConfig::parse(bytes.expose(), Format::ConfigJson);
        configs.push(fill(&mut secret, config, &all));
        found.secrets.push(secret);
    }
    let own = input.view.secrets.iter().flatten();
    for read in own.filter(|read| !read.is_of_platform()) {
        let place = (read.namespace.as_str(), read.name.as_str());
        let mut secret = empty(Some(&read.namespace), &read.name, &read.type_name);
        secret.ours = matches!(read.owner(), Owner::Ours { .. });
        secret.excluded_from_import = read.excluded_from_import;
        secret.accounts = accounts.get(&place).cloned().unwrap_or_default();
        let named = named.get(&place).into_iter().flatten();
        secret.named_by = named.cloned().collect();
        let names = by_namespace.get(read.namespace.as_str()).unwrap_or(&none);
        configs.push(match content(read) {
            Some((config, wrong_type)) => {
                secret.wrong_type = wrong_type;
                fill(&mut secret, config, names)
            }
            None => {
                secret.wrong_type = true;
                None
            }
        });
        found.secrets.push(secret);
    }
    found.duplicates = duplicates(&found.secrets, &configs);
    found
}

fn empty(namespace: Option<&str>, name: &str, type_name: &str) -> Secret {
    Secret {
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        ours: false,
        accounts: Vec::new(),
        named_by: Vec::new(),
        excluded_from_import: false,
        entries: Vec::new(),
        fault: None,
        wrong_type: false,
    }
}

/// The names that credentials are looked up for: those in use in each namespace, and all.
fn names<'a>(images: &'a [Image], places: &Places) -> (BTreeMap<&'a str, Names>, Names) {
    let (mut by_namespace, mut all): (BTreeMap<&str, Names>, Names) = Default::default();
    for (at, image) in images.iter().enumerate() {
        let users: BTreeSet<&str> = image
            .uses
            .iter()
            .map(|one| one.by.namespace.as_str())
            .collect();
        for (name, registry) in places.names(at, image) {
            for &namespace in &users {
                let names = by_namespace.entry(namespace).or_default();
                names.insert(name.clone(), registry.to_owned());
            }
            all.insert(name, registry.to_owned());
        }
    }
    (by_namespace, all)
}

/// The docker config in a secret, and whether the type keeps pods from reading it; `None` when there is none.
fn content(
    read: &view::Secret,
) -> Option<(Result<DockerConfig, docker_config::ConfigError>, bool)> {
    if let Some((format, bytes)) = read.docker_config() {
        return Some((DockerConfig::parse(bytes.expose(), format), false));
    }
    let bytes = read.configs.values().next()?;
    Some((DockerConfig::parse_any(bytes.expose()), true))
}

fn fill(
    secret: &mut Secret,
    config: Result<DockerConfig, docker_config::ConfigError>,
    names: &Names,
) -> Option<DockerConfig> {
    match config {
        Ok(config) => {
            secret.entries = config
                .entries()
                .iter()
                .map(|held| entry(held, names))
                .collect();
            if secret.entries.is_empty() {
                let remark = config.remarks().into_iter().next();
                secret.fault = Some(match remark {
                    Some(docker_config::Remark::CredentialHelper { name }) => format!(
                        "it holds no credentials: they are with the helper {:?}, which the cluster does not have",
                        sanitize_line(&name, 60)
                    ),
                    Some(docker_config::Remark::WrongFormat { .. }) => {
                        "its content is of the other format (`auths` or .dockercfg), so nothing in it is found".to_owned()
                    }
                    _ => "it holds no credentials".to_owned(),
                });
            }
            Some(config)
        }
        Err(error) => {
            secret.fault = Some(format!("it does not decode: {error}"));
            None
        }
    }
}

fn entry(held: &docker_config::Entry, names: &Names) -> Entry {
    let shown = sanitize_line(&shown_key(&held.key), LONGEST);
    let meant = RegistryArgument::parse(&held.key).ok();
    let scope = meant
        .as_ref()
        .map_or_else(|| shown.to_ascii_lowercase(), ToString::to_string);
    let (mut matched, mut registries) = (Matched::default(), BTreeSet::new());
    for (name, registry) in names {
        let kubelet = keyring::key_matches(&held.key, name);
        let containers = auth_file::key_matches(&held.key, name);
        matched.kubelet.images += usize::from(kubelet);
        matched.containers_image.images += usize::from(containers);
        if kubelet || containers {
            registries.insert(registry.clone());
        }
    }
    near(&mut matched.kubelet, names, |name| {
        keyring::near_miss(&held.key, name)
    });
    near(&mut matched.containers_image, names, |name| {
        auth_file::near_miss(&held.key, name)
    });
    if registries.is_empty()
        && let Some((name, _)) = &matched.kubelet.near
    {
        registries.extend(names.get(name).cloned());
    }
    if registries.is_empty() {
        registries.insert(meant.map_or_else(|| host_of(&shown), |meant| meant.endpoint.name()));
    }
    Entry {
        key: shown,
        registries,
        scope,
        user: held
            .held()
            .ok()
            .and_then(|credential| Some(sanitize_line(credential.username()?, LONGEST))),
        credential: held.held().ok().map(|credential| credential.kind()),
        matched,
        expires: held.held().ok().and_then(|credential| end_of(&credential)),
        fault: held.credential.as_ref().err().map(ToString::to_string),
        breaks_all: held
            .credential
            .as_ref()
            .is_err_and(EntryFault::breaks_whole_keyring),
    }
}

/// An image that the key was probably meant for. A key for another part of the same registry is about that part, and one with
/// another port about another registry: one host often serves several.
fn near(reach: &mut Reach, names: &Names, miss: impl Fn(&str) -> Option<NearMiss>) {
    reach.near = names.keys().find_map(|name| {
        let miss =
            miss(name).filter(|miss| !matches!(miss, NearMiss::Path | NearMiss::PortDiffers))?;
        Some((name.clone(), miss))
    });
}

fn host_of(key: &str) -> String {
    let rest = key.split_once("://").map_or(key, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or(rest);
    host.to_ascii_lowercase()
}

fn end_of(credential: &Credential) -> Option<Timestamp> {
    jwt::expiry(value(credential))
}

/// Entries of one namespace for the same place and user, each with the one before it.
fn duplicates(secrets: &[Secret], configs: &[Option<DockerConfig>]) -> Vec<Duplicate> {
    let mut first: HashMap<(Option<&str>, &str, Option<&str>), SecretRef> = HashMap::new();
    let mut found = Vec::new();
    let credential = |at: SecretRef| {
        let config = configs.get(at.secret)?.as_ref()?;
        config.entries().get(at.entry)?.held().ok()
    };
    for (index, secret) in secrets.iter().enumerate() {
        for (entry, held) in secret.entries.iter().enumerate() {
            if secret.wrong_type || held.credential.is_none() {
                continue;
            }
            let at = SecretRef {
                secret: index,
                entry,
            };
            let key = (
                secret.namespace.as_deref(),
                held.scope.as_str(),
                held.user.as_deref(),
            );
            let Some(&earlier) = first.get(&key) else {
                first.insert(key, at);
                continue;
            };
            let same = match (credential(earlier), credential(at)) {
                (Some(a), Some(b)) => is_same(&a, &b),
                _ => false,
            };
            // Two spellings of one key are how people serve both matchers.
            if earlier.secret != index || !same {
                found.push(Duplicate {
                    first: earlier,
                    second: at,
                    same,
                });
            }
        }
    }
    found
}

fn is_same(a: &Credential, b: &Credential) -> bool {
    a.kind() == b.kind() && a.username() == b.username() && value(a) == value(b)
}

/// The secret itself, to be compared and never to be kept.
fn value(credential: &Credential) -> &str {
    match credential {
        Credential::Password { password: text, .. }
        | Credential::IdentityToken { token: text, .. }
        | Credential::RegistryToken(text) => text.expose_secret(),
    }
}

//! Which secret a build pulls an image with.
//!
//! The builder merges the secret with the node's own file and looks in it as containers/image does; the image of a custom
//! build is pulled by the kubelet, which looks as its keyring does.

use super::input::Role;
use crate::model::docker_config::{DockerConfig, shown_key};
use crate::model::image::ImageReference;
use crate::model::view::Secret;
use crate::model::{auth_file, keyring};

/// How keys are compared with the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matcher {
    ContainersImage,
    Kubelet,
}

impl Matcher {
    pub fn of(role: &Role) -> Self {
        match role {
            Role::Custom => Self::Kubelet,
            Role::Source | Role::Docker | Role::SourceImage { .. } => Self::ContainersImage,
        }
    }

    fn key(self, config: &DockerConfig, image: &str) -> Option<String> {
        let found = match self {
            Self::ContainersImage => auth_file::lookup(&[config], image),
            Self::Kubelet => keyring::lookup(&[config], image).into_iter().next(),
        }?;
        let entry = config.entries().get(found.entry)?;
        entry.credential.is_ok().then_some(found.key)
    }

    fn near(self, key: &str, image: &str) -> Option<keyring::NearMiss> {
        match self {
            Self::ContainersImage => auth_file::near_miss(key, image),
            Self::Kubelet => keyring::near_miss(key, image),
        }
    }

    /// Who compares, in words.
    pub fn who(self) -> &'static str {
        match self {
            Self::ContainersImage => "the builder",
            Self::Kubelet => "the kubelet",
        }
    }
}

/// The docker config in a secret, as whoever pulls reads it.
///
/// # Errors
///
/// In words, with the secret as the subject that is left out: `has no docker config`.
pub fn read(secret: &Secret, matcher: Matcher) -> Result<DockerConfig, String> {
    let found = match matcher {
        Matcher::ContainersImage => secret.docker_config_of_build(),
        Matcher::Kubelet => secret.docker_config(),
    };
    let Some((format, bytes)) = found else {
        return Err(format!(
            "has the type {} and no docker config that {} reads",
            secret.type_name,
            matcher.who()
        ));
    };
    DockerConfig::parse(bytes.expose(), format)
        .map_err(|error| format!("has a docker config that is {error}"))
}

/// Whether a secret has something for the image; if not, why, in words.
///
/// # Errors
///
/// In words, with the secret as the subject that is left out.
pub fn serves(secret: &Secret, image: &ImageReference, matcher: Matcher) -> Result<String, String> {
    let config = read(secret, matcher)?;
    let name = image.name();
    if let Some(key) = matcher.key(&config, &name) {
        return Ok(key);
    }
    let near: Vec<String> = config
        .entries()
        .iter()
        .filter_map(|entry| {
            let near = matcher.near(&entry.key, &name)?;
            Some(format!("{:?}: {near}", shown_key(&entry.key)))
        })
        .collect();
    let near = if near.is_empty() {
        String::new()
    } else {
        format!(" ({})", near.join("; "))
    };
    Err(format!(
        "has nothing that {} uses for {}{near}",
        matcher.who(),
        image.registry()
    ))
}

/// What a secret is looked for with.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    pub image: &'a ImageReference,
    pub matcher: Matcher,
    /// The secret that the BuildConfig names already.
    pub own: Option<&'a str>,
    /// What the account's lists name, in their order.
    pub linked: &'a [String],
    /// The docker secrets of the namespace.
    pub secrets: &'a [Secret],
}

/// What there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// This secret, under this key; `others` would serve as well.
    Found {
        name: String,
        key: String,
        others: Vec<String>,
    },
    /// The integrated registry: the platform has a secret for the account, which it replaces as it likes.
    Platform,
    /// Nothing for the image; near misses in words.
    Nothing { near: Vec<String> },
}

/// The secret that the BuildConfig names if that serves, else one of its account's, else one of the namespace; of several
/// the one whose key says most.
pub fn choose(offer: &Offer<'_>) -> Choice {
    let (mut found, mut near, mut platform) = (Vec::new(), Vec::new(), false);
    for secret in offer.secrets {
        let served = serves(secret, offer.image, offer.matcher);
        if secret.is_of_platform() {
            platform |= served.is_ok();
            continue;
        }
        match served {
            Ok(key) => {
                let linked = offer.linked.contains(&secret.name);
                let rank = match (offer.own == Some(secret.name.as_str()), linked) {
                    (true, _) => 0,
                    (false, true) => 1,
                    (false, false) => 2,
                };
                found.push((rank, usize::MAX - key.len(), secret.name.clone(), key));
            }
            Err(why) if why.contains('(') => near.push(format!("secret {} {why}", secret.name)),
            Err(_) => {}
        }
    }
    found.sort();
    let mut found = found.into_iter();
    match found.next() {
        Some((_, _, name, key)) => Choice::Found {
            name,
            key,
            others: found.map(|(_, _, name, _)| name).collect(),
        },
        None if platform => Choice::Platform,
        None => Choice::Nothing { near },
    }
}

/// The registries that `old` has credentials for and `new` has not. A Dockerfile with several FROM lines has one secret for all.
pub fn lost(old: &DockerConfig, new: &DockerConfig) -> Vec<String> {
    old.entries()
        .iter()
        .map(|entry| &entry.key)
        .filter(|key| {
            let kept = new.entries().iter().any(|other| other.key == **key);
            !kept && auth_file::lookup(&[new], &format!("{key}/image")).is_none()
        })
        .map(|key| shown_key(key))
        .collect()
}

//! Which login an import uses, and which it passes over.
//!
//! The importer takes all docker secrets of the namespace, linked or not, in the order of their names, but for those that
//! opt out, and sends the first login whose key matches the whole reference; others are never tried, also when the
//! registry refuses the first. The nodes' own pull secret stands behind them. One secret that cannot be read fails every
//! import of the namespace. Sources: openshift-apiserver `pkg/image/apiserver/registry/imagesecret/rest.go` `Get`,
//! `pkg/image/apiserver/importer/staticcredentials.go` `Repository`, Kubernetes
//! `pkg/credentialprovider/secrets/secrets.go` `MakeDockerKeyring`.

use crate::model::docker_config::{DockerConfig, shown_key};
use crate::model::image::ImageReference;
use crate::model::keyring;
use crate::model::view::Secret;

/// A login by the secret and the key that it stands under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub secret: String,
    /// Without a user name or password that may stand in it.
    pub key: String,
}

/// What an import of one image finds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Logins {
    /// The one that is sent.
    pub used: Option<Found>,
    /// Those that match as well and are never tried.
    pub shadowed: Vec<Found>,
    /// Secrets that match and keep themselves out (`openshift.io/image.excludeSecret`).
    pub excluded: Vec<String>,
    /// Secrets that cannot be read, because of which every import of the namespace fails.
    pub broken: Vec<String>,
}

/// Looks through the secrets of a namespace as the importer does. `secrets` may come in any order.
pub fn logins(secrets: &[Secret], image: &ImageReference) -> Logins {
    let mark = if image.digest().is_some() { '@' } else { ':' };
    let name = format!("{}{mark}{}", image.name(), image.selector());
    let mut sorted: Vec<&Secret> = secrets.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let mut logins = Logins::default();
    let (mut names, mut configs) = (Vec::new(), Vec::new());
    for secret in sorted {
        let Some((format, bytes)) = secret.docker_config() else {
            continue;
        };
        let parsed = DockerConfig::parse(bytes.expose(), format);
        let broken = parsed.as_ref().map_or(true, |config| {
            let mut entries = config.entries().iter();
            entries.any(
                |entry| matches!(&entry.credential, Err(fault) if fault.breaks_whole_keyring()),
            )
        });
        match parsed {
            Ok(config) if secret.excluded_from_import => {
                if !keyring::lookup(&[&config], &name).is_empty() {
                    logins.excluded.push(secret.name.clone());
                }
            }
            _ if secret.excluded_from_import => {}
            _ if broken => logins.broken.push(secret.name.clone()),
            Ok(config) => {
                names.push(secret.name.clone());
                configs.push(config);
            }
            Err(_) => {}
        }
    }
    let configs: Vec<&DockerConfig> = configs.iter().collect();
    let mut found = keyring::lookup(&configs, &name)
        .into_iter()
        .map(|at| Found {
            secret: names[at.config].clone(),
            key: shown_key(&at.key),
        });
    logins.used = found.next();
    logins.shadowed = found.collect();
    logins
}

impl Logins {
    /// In sentences.
    pub fn words(&self, registry: &str) -> Vec<String> {
        let mut words = Vec::new();
        if !self.broken.is_empty() {
            words.push(format!(
                "cannot be read, which fails every import of the namespace: the secret {}",
                self.broken.join(", ")
            ));
        }
        words.push(match &self.used {
            Some(used) => format!(
                "login for {registry}: the secret {}, under {:?}",
                used.secret, used.key
            ),
            None => format!(
                "login for {registry}: none in this namespace; the cluster's own pull secret, or nobody's"
            ),
        });
        for found in &self.shadowed {
            words.push(format!(
                "never tried: the secret {}, under {:?}; an import sends the first login that matches and no other",
                found.secret, found.key
            ));
        }
        for name in &self.excluded {
            words.push(format!(
                "left out: the secret {name}, which keeps itself out of imports (openshift.io/image.excludeSecret)"
            ));
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::view::SecretBytes;

    fn secret(name: &str, keys: &[&str], excluded: bool) -> Secret {
        let entries: Vec<String> = keys
            .iter()
            .map(|key| format!("{key:?}:{{\"auth\":\"dTpw\"}}"))
            .collect();
        with_config(
            name,
            &format!("{{\"auths\":{{{}}}}}", entries.join(",")),
            excluded,
        )
    }

    fn with_config(name: &str, config: &str, excluded: bool) -> Secret {
        let key = ".dockerconfigjson".to_owned();
        Secret {
            namespace: "shop".to_owned(),
            name: name.to_owned(),
            uid: String::new(),
            resource_version: String::new(),
            type_name: "kubernetes.io/dockerconfigjson".to_owned(),
            keys: vec![key.clone()],
            configs: BTreeMap::from([(key, SecretBytes::new(config.as_bytes().to_vec()))]),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            immutable: false,
            excluded_from_import: excluded,
            created: None,
        }
    }

    fn image(text: &str) -> ImageReference {
        ImageReference::parse(text).expect("a reference")
    }

    #[test]
    fn the_first_by_key_and_then_by_name_is_sent() {
        let secrets = [
            secret("z", &["r.example.com"], false),
            secret("b", &["r.example.com/team"], false),
            secret("a", &["r.example.com"], false),
            secret("out", &["r.example.com"], true),
            secret("other", &["q.example.com"], false),
        ];
        let logins = logins(&secrets, &image("r.example.com/team/app:1"));
        let found = |secret: &str, key: &str| Found {
            secret: secret.to_owned(),
            key: key.to_owned(),
        };
        assert_eq!(logins.used, Some(found("b", "r.example.com/team")));
        assert_eq!(
            logins.shadowed,
            [found("a", "r.example.com"), found("z", "r.example.com")]
        );
        assert_eq!(logins.excluded, ["out"]);
        assert!(logins.broken.is_empty());
        assert_eq!(logins.words("r.example.com").len(), 4);
    }

    #[test]
    fn the_tag_belongs_to_what_is_looked_up() {
        let secrets = [secret("a", &["r.example.com/team/app:1"], false)];
        assert!(
            logins(&secrets, &image("r.example.com/team/app:1"))
                .used
                .is_some()
        );
        assert!(
            logins(&secrets, &image("r.example.com/team/app:2"))
                .used
                .is_none()
        );
    }

    #[test]
    fn one_that_cannot_be_read_is_named_unless_it_keeps_out() {
        let secrets = [
            with_config(
                "bad",
                r#"{"auths":{"q.example.com":{"auth":"!!!"}}}"#,
                false,
            ),
            with_config("worse", "no", false),
            with_config("kept-out", "no", true),
        ];
        let logins = logins(&secrets, &image("r.example.com/app"));
        assert_eq!(logins.broken, ["bad", "worse"]);
        assert!(logins.used.is_none());
    }
}

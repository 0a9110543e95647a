//! The credential of one side: named for it, named for both, or from the usual files; without any, nobody's.

use std::path::PathBuf;
use std::time::Duration;

use crate::cli::promote::PromoteArgs as Flags;
use crate::cluster::{Cluster, kinds};
use crate::credentials::{self, SourceError};
use crate::error::Error;
use crate::model::credential::Credential;
use crate::model::image::ImageReference;
use crate::plan::Object;
use crate::verbs::Run;
use crate::verbs::link::credential::entry_of;

/// How long a credential helper may take.
const HELPER_TIMEOUT: Duration = Duration::from_secs(30);

/// What is wanted, and where it may come from.
pub(super) struct Wanted {
    /// The name that it is looked up by.
    image: String,
    registry: String,
    secret: Option<String>,
    own_file: Option<PathBuf>,
    common_file: Option<PathBuf>,
}

impl Wanted {
    pub(super) fn source(flags: &Flags, image: &ImageReference) -> Self {
        Self::of(
            flags,
            image,
            flags.sides.source_from_secret.as_ref(),
            flags.sides.source_registry_config.as_ref(),
        )
    }

    pub(super) fn target(flags: &Flags, image: &ImageReference) -> Self {
        Self::of(
            flags,
            image,
            flags.sides.target_from_secret.as_ref(),
            flags.sides.target_registry_config.as_ref(),
        )
    }

    fn of(
        flags: &Flags,
        image: &ImageReference,
        secret: Option<&String>,
        own_file: Option<&PathBuf>,
    ) -> Self {
        Self {
            image: image.name(),
            registry: image.registry().to_owned(),
            secret: secret.cloned(),
            own_file: own_file.cloned(),
            common_file: flags.registry.registry_config.clone(),
        }
    }
}

/// What was said of the other side: of one registry it is the same, and said once.
#[derive(Debug, Default)]
pub(super) struct Said(Vec<String>);

impl Said {
    fn say(&mut self, run: &mut Run, words: String) {
        if !self.0.contains(&words) {
            run.ui.status(&words);
            self.0.push(words);
        }
    }
}

/// Finds it, and says where. Where it was named for this side it has to be there; else the registry is asked as anybody.
///
/// # Errors
///
/// When it was named and is not there, or is there and cannot be used.
pub(super) async fn find(
    run: &mut Run,
    cluster: Option<&Cluster>,
    wanted: &Wanted,
    said: &mut Said,
) -> Result<Option<Credential>, Error> {
    let (credential, origin) = match (&wanted.secret, cluster) {
        (Some(name), Some(cluster)) => from_secret(cluster, name, wanted).await?,
        _ => match from_files(run, wanted, said).await? {
            Some(found) => found,
            None => return Ok(None),
        },
    };
    let user = credential
        .username()
        .map_or_else(String::new, |name| format!(" of {name:?}"));
    let words = format!("credentials{user} for {} from {origin}", wanted.registry);
    said.say(run, words);
    Ok(Some(credential))
}

async fn from_files(
    run: &mut Run,
    wanted: &Wanted,
    said: &mut Said,
) -> Result<Option<(Credential, String)>, Error> {
    let env = &run.env;
    let found = match (&wanted.own_file, &wanted.common_file) {
        (Some(file), _) => {
            return credentials::from_file(env, file, &wanted.image, HELPER_TIMEOUT)
                .await
                .map(|found| Some((found.credential, found.origin)))
                .map_err(Error::from);
        }
        (None, Some(file)) => {
            credentials::from_file(env, file, &wanted.image, HELPER_TIMEOUT).await
        }
        (None, None) => credentials::from_usual_places(env, &wanted.image, HELPER_TIMEOUT).await,
    };
    match found {
        Ok(found) => Ok(Some((found.credential, found.origin))),
        // A file for both sides may well have the one alone.
        Err(SourceError::NoEntry { path, .. }) => {
            let words = format!(
                "no credentials for {} in {}: it is asked without",
                wanted.registry,
                path.display()
            );
            said.say(run, words);
            Ok(None)
        }
        Err(SourceError::Nowhere { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn from_secret(
    cluster: &Cluster,
    name: &str,
    wanted: &Wanted,
) -> Result<(Credential, String), Error> {
    let (namespace, name) = name.split_once('/').unwrap_or((cluster.namespace(), name));
    let place = format!("secret {name:?} in namespace {namespace:?}");
    let object = cluster
        .get(&kinds::SECRET.object(Some(namespace), name))
        .await?
        .map(Object::new)
        .ok_or_else(|| Error::failure(format!("{place} not found")))?;
    entry_of(&object, &place, &wanted.image, &wanted.registry, true)
}

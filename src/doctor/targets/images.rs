//! Images of the command line: pulled by a service account, with a file of credentials, or by nobody in particular.

use std::sync::Arc;
use std::time::Duration;

use super::argument::{Argument, Wanted};
use super::ground::Ground;
use super::signature;
use crate::credentials::{self, SourceError};
use crate::doctor::ask::Ask;
use crate::doctor::probes::credentials::{FileFault, Sources};
use crate::doctor::run::Request;
use crate::doctor::target::{Consumer, Operation, TargetRef};
use crate::env::Env;
use crate::error::Error;
use crate::model::image::ImageReference;

/// How long a credential helper may take.
const HELPER: Duration = Duration::from_secs(10);

/// The questions on an image that a service account of `namespace` pulls, or that is pulled with the file of `-a`.
///
/// # Errors
///
/// When the file cannot be read.
pub(super) async fn asks(
    ground: &Ground<'_>,
    env: &Env,
    request: &Request,
    namespace: &str,
    text: &str,
) -> Result<Vec<Ask>, Error> {
    if request.registry_config.is_some() {
        return by_file(env, request, text).await;
    }
    let wired = ground.wiring.account(namespace, &request.account);
    let asks = questions(text, &wired.consumer, &wired.sources, request);
    Ok(asks
        .into_iter()
        .map(|mut ask| {
            ask.unread.clone_from(&wired.lines);
            if ask.operation == Operation::Pull {
                ask.signatures = signature::policies(ground, namespace, text);
                ask.notes.extend(signature::unread(ground, &ask.signatures));
            }
            ask
        })
        .collect())
}

/// Images that are asked for with a file of credentials, or with none.
///
/// # Errors
///
/// When the file cannot be read, or something else than images is wanted.
pub async fn without_cluster(env: &Env, request: &Request) -> Result<Vec<Ask>, Error> {
    let Wanted::Named(arguments) = &request.wanted else {
        return Err(needs_cluster("a look at everything"));
    };
    let mut asks = Vec::new();
    for argument in arguments {
        match argument {
            Argument::Image(text) => asks.extend(by_file(env, request, text).await?),
            Argument::Object { kind, name } => {
                let word = kind.kind.to_ascii_lowercase();
                return Err(needs_cluster(&format!("{word}/{name}")));
            }
            Argument::All(kind) => return Err(needs_cluster(kind.resource)),
        }
    }
    Ok(asks)
}

fn needs_cluster(what: &str) -> Error {
    Error::usage(format!(
        "{what} needs a cluster, and --no-cluster asks none"
    ))
    .hint("name an image: REGISTRY/REPOSITORY:TAG")
}

async fn by_file(env: &Env, request: &Request, text: &str) -> Result<Vec<Ask>, Error> {
    let (consumer, sources) = match &request.registry_config {
        Some(path) => (
            Consumer::AuthFile {
                path: path.display().to_string(),
            },
            file(env, request, path, text).await?,
        ),
        None => (Consumer::Anonymous, Sources::of(&Consumer::Anonymous)),
    };
    Ok(questions(text, &consumer, &Arc::new(sources), request))
}

/// The pull, and the push where that was asked for.
fn questions(
    text: &str,
    consumer: &Consumer,
    sources: &Arc<Sources>,
    request: &Request,
) -> Vec<Ask> {
    let ask = |operation| Ask {
        sources: Arc::clone(sources),
        ..Ask::new(
            TargetRef::Image,
            text.to_owned(),
            operation,
            consumer.clone(),
        )
    };
    let mut asks = vec![ask(Operation::Pull)];
    asks.extend(request.push.then(|| ask(Operation::Push)));
    asks
}

/// What containers/image takes out of a file for one image.
async fn file(
    env: &Env,
    request: &Request,
    path: &std::path::Path,
    text: &str,
) -> Result<Sources, Error> {
    let name = path.display().to_string();
    let config = match credentials::read_auth_file(&env.cwd.join(path)).await {
        Ok(config) => config,
        Err(SourceError::Malformed { reason, .. }) => {
            return Ok(Sources::of_malformed_file(name, reason));
        }
        Err(unreadable) => return Err(unreadable.into()),
    };
    let Ok(image) = ImageReference::parse(text) else {
        return Ok(Sources::of_file(name, config, None, None));
    };
    // Half of the run's time is left to look at the registry, whatever a helper does.
    let patience = HELPER.min(request.timeout / 2);
    let (found, fault) =
        match credentials::as_containers_image(env, path, &image.name(), patience).await {
            Ok(found) => (Some(found), None),
            Err(SourceError::NoEntry { .. } | SourceError::HelperHasNone { .. }) => (None, None),
            Err(SourceError::BadEntry { key, .. }) => (None, Some(FileFault::Entry { key })),
            Err(SourceError::LeftToHelper { key, words, .. }) => {
                let reason = format!("{words}, and containers/image does not ask it");
                (None, Some(FileFault::Helper { key, reason }))
            }
            Err(SourceError::Helper { helper, reason }) => {
                let reason = format!("the credential helper {helper:?} {reason}");
                let key = image.registry().to_owned();
                (None, Some(FileFault::Helper { key, reason }))
            }
            Err(other) => return Err(other.into()),
        };
    Ok(Sources::of_file(name, config, found, fault))
}

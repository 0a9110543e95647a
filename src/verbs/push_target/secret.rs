//! The secret that builds push with: made of credentials that were given, named, or found.

use crate::cli::global::Global;
use crate::cli::link::LinkArgs;
use crate::cli::push_target::PushTargetArgs as Flags;
use crate::cluster::{Cluster, ClusterError, Scope, Selectors, kinds};
use crate::error::Error;
use crate::model::image::ImageReference;
use crate::plan::ours::{self, Owner};
use crate::plan::push_target::aim::{Aim, Goal};
use crate::plan::push_target::choose::{self, Choice};
use crate::plan::push_target::{PushSecret, account_of, is_there, push_secret_of};
use crate::plan::{Object, Plan, Purposes};
use crate::verbs::link::{self, Begun, Checks};
use crate::verbs::{Run, objects};

/// Credentials that a secret is made of, as far as they are known before the cluster is asked.
pub(super) struct Made {
    flags: LinkArgs,
    begun: Begun,
}

/// One a BuildConfig, and what has to be done for them beforehand.
pub(super) struct Chosen {
    pub(super) secrets: Vec<PushSecret>,
    pub(super) plan: Option<Plan>,
}

/// Reads the credentials that were given, if any were.
pub(super) fn begin(run: &mut Run, flags: &Flags, aim: &Aim) -> Result<Option<Made>, Error> {
    link::refuse_on_command_line(&flags.credentials)?;
    let given = flags.credentials.name_a_source(&flags.registry);
    let Some(registry) = aim.registry().filter(|_| given) else {
        if flags.name.is_some() {
            return Err(Error::usage(
                "--name is for a secret that is made, and there are no credentials to make one of",
            )
            .hint("--secret NAME uses a secret that is there; --registry-username NAME asks for a password"));
        }
        return Ok(None);
    };
    let link = LinkArgs {
        skip_check: flags.skip_check,
        name: flags.name.clone(),
        yes: flags.yes,
        ..LinkArgs::on_the_way(
            registry,
            Purposes::PUSH,
            &flags.credentials,
            &flags.registry,
            &flags.write,
        )
    };
    let begun = link::begin(run, &link)?;
    Ok(Some(Made { flags: link, begun }))
}

/// The secret for each BuildConfig.
pub(super) async fn choose(
    run: &mut Run,
    global: &Global,
    flags: &Flags,
    cluster: &Cluster,
    made: Option<Made>,
    goals: &[(Object, Goal)],
    accounts: &[Object],
) -> Result<Chosen, Error> {
    if let Some(made) = made {
        return make(run, global, cluster, made, goals, accounts).await;
    }
    let same = |secret: PushSecret| Chosen {
        secrets: goals.iter().map(|_| secret.clone()).collect(),
        plan: None,
    };
    if let Some(name) = &flags.credentials.secret {
        named(run, cluster, name).await?;
        return Ok(same(PushSecret::Use(name.clone())));
    }
    let secrets = match secrets(cluster).await {
        Ok(secrets) => secrets,
        Err(error @ ClusterError::Forbidden { .. }) if flags.internal.is_none() => {
            return Err(Error::from(error)
                .context("cannot look for a secret")
                .hint("--secret NAME names the one to push with"));
        }
        Err(ClusterError::Forbidden { .. }) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let mut chosen = Vec::new();
    for (config, goal) in goals {
        chosen.push(match goal {
            Goal::External(image) => {
                let account = accounts.iter().find(|it| it.name() == account_of(config));
                let named = push_secret_of(config);
                let choice = choose::choose(image, named, account, &secrets);
                found(run, config, image, choice)?
            }
            Goal::Internal(_) => back(run, cluster, config, goal, &secrets).await?,
        });
    }
    Ok(Chosen {
        secrets: chosen,
        plan: None,
    })
}

/// One is made, as `link` does it; whether the registry takes it is asked later, together with all else.
async fn make(
    run: &mut Run,
    global: &Global,
    cluster: &Cluster,
    made: Made,
    goals: &[(Object, Goal)],
    accounts: &[Object],
) -> Result<Chosen, Error> {
    let Made { mut flags, begun } = made;
    flags.service_accounts = accounts.iter().map(|it| it.name().to_owned()).collect();
    let name = begun.secret().to_owned();
    let link = link::go_on(run, global, &flags, begun, cluster.clone(), Checks::Caller);
    let ready = Box::pin(link).await?;
    let replaced = ready.plan.changes.iter().find_map(choose::replaced_login);
    if let Some((old, new)) = replaced {
        return Err(Error::failure(format!(
            "secret {name:?} holds the login {old}, which others may use: it is not replaced by {new}"
        ))
        .hint("--name NAME makes another secret")
        .hint(format!(
            "`{} link {}` with the same credentials replaces it for everybody",
            run.program, flags.target
        )));
    }
    Ok(Chosen {
        secrets: goals
            .iter()
            .map(|_| PushSecret::Use(name.clone()))
            .collect(),
        plan: Some(ready.plan),
    })
}

/// `--secret`: it must be there, and not the platform's.
async fn named(run: &mut Run, cluster: &Cluster, name: &str) -> Result<(), Error> {
    if name.contains('/') {
        return Err(Error::usage(
            "--secret takes a secret of the namespace itself: a name without a namespace",
        )
        .hint(format!("--from-secret {name} makes a copy of its login")));
    }
    let namespace = cluster.namespace();
    let place = format!("secret {name:?} in namespace {namespace:?}");
    let reference = kinds::SECRET.object(Some(namespace), name);
    let secret = match cluster.get(&reference).await {
        Ok(Some(secret)) => Object::new(secret),
        Ok(None) => {
            return Err(objects::missing(cluster, &reference)
                .await
                .hint("without --secret one is looked for, or made of credentials"));
        }
        Err(error @ ClusterError::Forbidden { .. }) => {
            run.ui.warning(format!("not checked: {place} ({error})"));
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    if ours::owner(&secret) == Owner::Platform {
        return Err(Error::failure(format!(
            "{place} is managed by the platform, which replaces it as it likes"
        ))
        .hint("name a secret of your own, or give credentials and one is made"));
    }
    if !choose::is_readable(&secret) {
        return Err(Error::failure(format!(
            "{place} holds nothing that a build reads registry credentials from (its type is {})",
            secret.text("/type")
        )));
    }
    Ok(())
}

/// All secrets of the namespace that may hold registry credentials.
async fn secrets(cluster: &Cluster) -> Result<Vec<Object>, ClusterError> {
    let mut found = Vec::new();
    let scope = Scope::Namespace(cluster.namespace().to_owned());
    cluster
        .list(kinds::SECRET, &scope, &Selectors::default(), |secret| {
            let secret = Object::new(secret);
            found.extend(choose::is_readable(&secret).then_some(secret));
        })
        .await?;
    Ok(found)
}

/// What becomes of the push secret, in words for the user too.
fn found(
    run: &mut Run,
    config: &Object,
    image: &ImageReference,
    choice: Choice,
) -> Result<PushSecret, Error> {
    let (registry, account) = (image.registry(), account_of(config));
    let bc = format!("bc/{}", config.name());
    match choice {
        Choice::Named(name) => {
            run.ui
                .status(format!("{bc}: pushes with {name}, which it names already"));
            Ok(PushSecret::Use(name))
        }
        Choice::Linked { name, behind } => {
            let rest = match behind.as_slice() {
                [] => String::new(),
                behind => format!(
                    "; {} would serve too, and --secret chooses",
                    behind.join(", ")
                ),
            };
            run.ui.status(format!(
                "{bc}: pushes with {name}, the account {account}'s secret for {registry}{rest}"
            ));
            Ok(PushSecret::Use(name))
        }
        Choice::Unlinked(name) => {
            run.ui.status(format!(
                "{bc}: pushes with {name}, the namespace's secret for {registry}"
            ));
            Ok(PushSecret::Use(name))
        }
        Choice::Several(names) => Err(Error::failure(format!(
            "{} all have a login for {registry}, and nothing tells which is for {bc}",
            names.join(", ")
        ))
        .hint(format!("--secret {} chooses", names.join(" or ")))),
        Choice::Nothing { near } => {
            for line in &near {
                run.ui.warning(line);
            }
            run.ui.status(format!(
                "{bc}: no secret of the namespace has a login for {registry}: it pushes without one"
            ));
            run.ui.hint(
                "--registry-username NAME asks for a password and makes a secret; -a FILE takes what is stored there",
            );
            // One for another registry is of no use, and keeps the platform from looking for a better one.
            Ok(match push_secret_of(config) {
                Some(_) => PushSecret::Remove,
                None => PushSecret::Keep,
            })
        }
    }
}

/// The way back: a push secret that is not for the integrated registry goes, or builds push there without a login.
async fn back(
    run: &mut Run,
    cluster: &Cluster,
    config: &Object,
    goal: &Goal,
    secrets: &[Object],
) -> Result<PushSecret, Error> {
    let (Some(name), Goal::Internal(tag)) = (push_secret_of(config), goal) else {
        return Ok(PushSecret::Keep);
    };
    let namespace = tag.namespace.as_deref().unwrap_or(cluster.namespace());
    let reference = kinds::IMAGE_STREAM.object(Some(namespace), &tag.stream);
    let stream = cluster.get(&reference).await.ok().flatten();
    let repository = stream
        .as_ref()
        .and_then(|stream| stream["status"]["dockerImageRepository"].as_str())
        .unwrap_or_default();
    let secret = secrets.iter().find(|secret| secret.name() == name);
    let serves = secret.is_some_and(|secret| choose::serves_repository(secret, repository));
    // Of a build that is back already it goes only where it is seen to be of no use.
    let is_judged = secret.is_some() && !repository.is_empty();
    if serves || (is_there(config, goal) && !is_judged) {
        return Ok(PushSecret::Keep);
    }
    run.ui.status(format!(
        "bc/{}: the push secret {name} is not for the integrated registry and goes; the secret itself and its links stay, which `{} unlink {name}` takes away",
        config.name(),
        run.program
    ));
    Ok(PushSecret::Remove)
}

//! The secret that the builds pull with: found, named, or made on the spot.

use super::gather::Build;
use crate::cli::build_source::BuildSourceArgs as Flags;
use crate::cli::global::Global;
use crate::cli::link::LinkArgs;
use crate::cluster::snapshot::decode;
use crate::cluster::{Cluster, Scope, kinds};
use crate::error::Error;
use crate::model::image::ImageReference;
use crate::model::view::{Missing, Secret};
use crate::plan::build_source::input::Role;
use crate::plan::build_source::secret::{self, Choice, Matcher, Offer};
use crate::plan::{Action, Plan, Purposes, purpose};
use crate::ui::sanitize_line;
use crate::verbs::objects::required;
use crate::verbs::{Run, link};

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    /// By the name of the BuildConfig.
    secrets: Vec<(String, String)>,
    /// What makes and links it, where credentials were given.
    pub plan: Plan,
    /// That plan links the accounts.
    pub is_linked: bool,
    /// What was said to be good.
    pub checked: Vec<String>,
}

impl Found {
    /// The secret for a build, none where it pulls without.
    pub(super) fn secret_for(&self, build: &Build) -> Option<&str> {
        let name = build.config.name();
        let mut secrets = self.secrets.iter();
        secrets
            .find(|(config, _)| config == name)
            .map(|(_, secret)| secret.as_str())
    }

    /// The secret that is going to be made.
    fn made(&self) -> impl Iterator<Item = Secret> {
        self.plan
            .changes
            .iter()
            .filter(|change| change.object.kind == kinds::SECRET)
            .filter_map(|change| match &change.action {
                Action::Apply(object) => Some(decode::secret(object.value())),
                _ => None,
            })
    }

    fn name_for_all(&mut self, builds: &[Build], secret: &str) {
        let names = builds.iter().map(|build| build.config.name().to_owned());
        self.secrets = names.map(|name| (name, secret.to_owned())).collect();
    }
}

/// The secret for each build.
pub(super) async fn find(
    run: &mut Run,
    global: &Global,
    flags: &Flags,
    cluster: &Cluster,
    builds: &[Build],
    image: &ImageReference,
) -> Result<Found, Error> {
    let mut found = Found::default();
    if let Some(name) = &flags.credentials.secret {
        named(run, flags, cluster, builds, image, name).await?;
        found.name_for_all(builds, name);
    } else if flags.credentials.name_a_source(&flags.registry) {
        let args = link_args(flags, builds, image);
        let ready = Box::pin(link::prepare(run, global, &args)).await?;
        found.plan = ready.plan;
        let made = found.made().next();
        if let Some(secret) = made {
            found.name_for_all(builds, &secret.name);
        }
        found.is_linked = true;
        found.checked = ready.checked;
    } else if flags.name.is_some() {
        return Err(Error::usage(
            "--name names a secret that is made, and there are no credentials to make it of",
        )
        .hint("--secret NAME takes one that is there"));
    } else {
        found.secrets = chosen(run, cluster, builds, image).await;
    }
    say_lost(run, cluster, builds, &found).await;
    Ok(found)
}

/// `link` for the accounts of the builds, checked with the image itself.
fn link_args(flags: &Flags, builds: &[Build], image: &ImageReference) -> LinkArgs {
    let mut accounts: Vec<String> = Vec::new();
    for build in builds {
        let name = build.account.name().to_owned();
        if !accounts.contains(&name) {
            accounts.push(name);
        }
    }
    LinkArgs {
        service_accounts: accounts,
        image: Some(image.to_string()),
        skip_check: flags.skip_check,
        name: flags.name.clone(),
        yes: flags.yes,
        ..LinkArgs::on_the_way(
            image.registry().to_owned(),
            Purposes::BOTH,
            &flags.credentials,
            &flags.registry,
            &flags.write,
        )
    }
}

/// A secret that the user named must be one, and be for the image.
async fn named(
    run: &mut Run,
    flags: &Flags,
    cluster: &Cluster,
    builds: &[Build],
    image: &ImageReference,
    name: &str,
) -> Result<(), Error> {
    if name.contains('/') {
        return Err(Error::usage(
            "--secret takes a secret of the namespace itself: a name without a namespace",
        )
        .hint(format!("--from-secret {name} makes a copy of its login")));
    }
    let object = kinds::SECRET.object(Some(cluster.namespace()), name);
    let object = required(cluster, &object).await.map_err(|error| {
        error.hint("with credentials (--registry-username, -a FILE, --from-secret) one is made")
    })?;
    let secret = decode::secret(object.value());
    if secret.is_of_platform() {
        return Err(Error::failure(format!(
            "secret {name:?} is managed by the platform, which replaces it as it likes"
        ))
        .hint("name a secret of your own, or leave --secret out"));
    }
    let mut matchers: Vec<Matcher> = Vec::new();
    for build in builds {
        let matcher = Matcher::of(&build.input.role);
        if !matchers.contains(&matcher) {
            matchers.push(matcher);
        }
    }
    for matcher in matchers {
        let Err(why) = secret::serves(&secret, image, matcher) else {
            continue;
        };
        let words = sanitize_line(&format!("secret {name:?} {why}"), 400);
        if !flags.skip_check {
            return Err(Error::failure(words).hint(format!(
                "--from-secret {name} makes one with the key that matches; --skip-check names it all the same"
            )));
        }
        run.ui.warning(words);
    }
    Ok(())
}

/// The secret that fits for each build, and words on it.
async fn chosen(
    run: &mut Run,
    cluster: &Cluster,
    builds: &[Build],
    image: &ImageReference,
) -> Vec<(String, String)> {
    let secrets = match secrets(cluster).await {
        Ok(secrets) => secrets,
        Err(why) => {
            run.ui.warning(format!(
                "not known: which secret is for {} ({why}); --secret NAME names one",
                image.registry()
            ));
            return Vec::new();
        }
    };
    let (mut found, mut said) = (Vec::new(), Vec::new());
    for build in builds {
        let linked: Vec<String> = [purpose::PULL_LIST, purpose::MOUNT_LIST]
            .into_iter()
            .flat_map(|list| build.account.names(list))
            .map(str::to_owned)
            .collect();
        let choice = secret::choose(&Offer {
            image,
            matcher: Matcher::of(&build.input.role),
            own: build.secret(),
            linked: &linked,
            secrets: &secrets,
        });
        for line in words_on(&choice, build, image) {
            if !said.contains(&line) {
                run.ui.status(sanitize_line(&line, 400));
                said.push(line);
            }
        }
        if let Choice::Found { name, .. } = choice {
            found.push((build.config.name().to_owned(), name));
        }
    }
    found
}

async fn secrets(cluster: &Cluster) -> Result<Vec<Secret>, Missing> {
    let scope = Scope::Namespace(cluster.namespace().to_owned());
    cluster.secrets(&scope, None).await
}

fn words_on(choice: &Choice, build: &Build, image: &ImageReference) -> Vec<String> {
    let registry = image.registry();
    match choice {
        Choice::Found { name, key, others } => {
            let more = if others.is_empty() {
                String::new()
            } else {
                format!(
                    "; {} would serve as well, --secret chooses",
                    others.join(", ")
                )
            };
            let key = crate::model::docker_config::shown_key(key);
            let mut lines = vec![format!("secret {name} is for it (under {key:?}){more}")];
            if let Some(own) = build.secret().filter(|own| own != name) {
                lines.push(if build.keeps_secret() {
                    format!(
                        "bc/{}: pullSecret {own} stays, for the builder's own use; its image is pulled with the account's secrets",
                        build.config.name()
                    )
                } else {
                    format!(
                        "bc/{}: pullSecret {own} has nothing for {registry}, and gives way to {name}",
                        build.config.name()
                    )
                });
            }
            lines
        }
        Choice::Platform => vec![format!(
            "{registry} is the integrated registry: builds have their account's own secret for it"
        )],
        Choice::Nothing { near } => {
            let mut lines = vec![match build.secret() {
                Some(own) => format!(
                    "no secret of the namespace is for {registry}, neither is {own}, which bc/{} names; it stays",
                    build.config.name()
                ),
                None => format!(
                    "no secret of the namespace is for {registry}: builds pull with what the nodes have, or without credentials"
                ),
            }];
            lines.extend(near.iter().cloned());
            lines
        }
    }
}

/// A Dockerfile with several FROM lines has one secret for all of them: what only the old one had is missed.
async fn say_lost(run: &mut Run, cluster: &Cluster, builds: &[Build], found: &Found) {
    let changed = builds.iter().filter_map(|build| {
        let (old, new) = (build.secret()?, found.secret_for(build)?);
        (build.input.role == Role::Docker && old != new).then_some((build, old, new))
    });
    let changed: Vec<(&Build, &str, &str)> = changed.collect();
    if changed.is_empty() {
        return;
    }
    let Ok(there) = secrets(cluster).await else {
        return;
    };
    let mut secrets: Vec<Secret> = found.made().collect();
    secrets.extend(there);
    let config = |name: &str| {
        let secret = secrets.iter().find(|secret| secret.name == name)?;
        secret::read(secret, Matcher::ContainersImage).ok()
    };
    for (build, old, new) in changed {
        let (Some(before), Some(after)) = (config(old), config(new)) else {
            continue;
        };
        let lost = secret::lost(&before, &after);
        if !lost.is_empty() {
            run.ui.warning(sanitize_line(
                &format!(
                    "bc/{}: only pullSecret {old} has credentials for {}; other FROM lines of the Dockerfile that need them fail with {new}",
                    build.config.name(),
                    lost.join(", ")
                ),
                400,
            ));
        }
    }
}

//! `use`: the workload, the image as its pods would pull it, the plan, and where it is wanted the rollout to its end.

mod config;
mod gather;
mod importing;
mod refusals;
mod target;

use std::time::{Duration, Instant};

use super::connecting::connect;
use super::preflight::{self, Preflight, Question};
use super::{Run, link, rollout, writing};
use crate::cli::global::Global;
use crate::cli::link::LinkArgs;
use crate::cli::namespaces::NamespaceFlags;
use crate::cli::output::DryRun;
use crate::cli::use_image::UseArgs as Flags;
use crate::cluster::{Cluster, kinds};
use crate::doctor::target::Operation;
use crate::doctor::targets::Argument;
use crate::error::Error;
use crate::model::image::ImageReference;
use crate::plan::use_image::create::{self, NewAim};
use crate::plan::use_image::rolls::Rolls;
use crate::plan::use_image::stream::{ReferencePolicy, StreamAim};
use crate::plan::use_image::{self, Aim, Planned, Workload};
use crate::plan::{Plan, Purposes, pod, together};
use gather::Tag;
use target::Target;

/// A change that is checked and planned, and not written yet.
pub(super) struct Prepared {
    pub(super) cluster: Cluster,
    pub(super) plan: Plan,
    target: Target,
    image: ImageReference,
    tag: Option<Tag>,
    container: String,
    rolls: Rolls,
}

pub(super) async fn run(run: &mut Run, global: &Global, flags: &Flags) -> Result<(), Error> {
    let ready = Box::pin(prepare(run, global, flags)).await?;
    let object = ready.target.object(&ready.cluster);
    let before = rollout::before(&ready.cluster, &object, &ready.container).await;
    let applied =
        writing::carry_out(run, &ready.cluster, &flags.write, &ready.plan, "use", None).await?;
    if let Some(id) = &applied.journal {
        run.ui
            .status(format!("`{} undo {id}` takes it back", run.program));
    }
    if flags.write.dry_run != DryRun::None {
        return Ok(());
    }
    match flags.wait {
        Some(limit) => Box::pin(wait(run, flags, &ready, before, limit)).await,
        None => {
            if let Some(tag) = ready.tag.as_ref().filter(|_| applied.journal.is_some()) {
                run.ui.status(format!(
                    "the platform imports {} into istag/{tag} now, and its pods follow; --wait waits for both",
                    ready.image
                ));
            }
            Ok(())
        }
    }
}

/// Everything up to the first write: what is there, credentials where they are given, the plan, and whether the image
/// would arrive.
///
/// # Errors
///
/// What is wrong with the arguments, what must not be written, and what the look at the image found.
pub(super) async fn prepare(
    run: &mut Run,
    global: &Global,
    flags: &Flags,
) -> Result<Prepared, Error> {
    let target = target::parse(&flags.workload, flags.create, run.program)?;
    let image = target::image(&mut run.ui, &flags.image)?;
    let wanted = target::tag(flags.stream.via_stream.as_deref(), &image)?;
    let cluster = connect(run, global).await?;
    gather::require_served(&cluster, target.kind, wanted.is_some()).await?;
    let namespace = cluster.namespace().to_owned();
    let (found, tag) = tokio::join!(
        gather::workload(&cluster, &target, flags.create),
        gather::tag(&cluster, wanted)
    );
    let (found, tag) = (found?, tag?);
    let account = found.as_ref().map_or_else(
        || "default".to_owned(),
        |workload| pod::account_of(&workload.object, workload.spec()),
    );
    let stream = tag.as_ref().map(|tag| aim(flags, tag, &namespace, &image));
    // What cannot be is said before anybody is asked for a password.
    if let Some(workload) = &found {
        planned(run, flags, workload, stream.as_ref(), &image, None)?;
    }
    let linked = credentials(run, global, flags, &image, &account).await?;
    let secret = linked.as_ref().and_then(|plan| secret_of(flags, plan));
    let planned = match &found {
        Some(workload) => planned(
            run,
            flags,
            workload,
            stream.as_ref(),
            &image,
            secret.as_deref(),
        )?,
        None => {
            let place = config::Place {
                cluster: &cluster,
                image: &image,
                account: &account,
                linked: linked.as_ref(),
            };
            let exposed = config::exposed(run, flags, &place).await?;
            let aim = NewAim {
                kind: target.kind,
                namespace: &namespace,
                name: &target.name,
                image: &image,
                stream: stream.as_ref(),
                exposed: exposed.as_ref(),
            };
            create::new(&aim).map_err(|refusal| refusals::refused(refusal.into(), run.client()))?
        }
    };
    let policy = stream.as_ref().map(StreamAim::reference_policy);
    let settled = together(linked.clone().into_iter().chain([planned.settled]));
    let look = Look {
        cluster: &cluster,
        target: &target,
        tag: tag.as_ref(),
        policy,
        container: &planned.container,
        account: &account,
        image: &image,
    };
    check(run, flags, &look, &settled).await?;
    Ok(Prepared {
        plan: together(linked.into_iter().chain([planned.plan])),
        cluster,
        target,
        image,
        tag,
        container: planned.container,
        rolls: planned.rolls,
    })
}

fn aim<'a>(
    flags: &Flags,
    tag: &'a Tag,
    namespace: &'a str,
    image: &'a ImageReference,
) -> StreamAim<'a> {
    StreamAim {
        namespace,
        name: &tag.stream,
        tag: &tag.tag,
        image,
        seen: tag.seen.as_ref(),
        policy: flags.stream.reference_policy.map(Into::into),
        insecure: flags.stream.insecure,
        scheduled: flags.stream.scheduled,
        change_source: flags.stream.change_source,
    }
}

fn planned(
    run: &Run,
    flags: &Flags,
    workload: &Workload,
    stream: Option<&StreamAim<'_>>,
    image: &ImageReference,
    pull_secret: Option<&str>,
) -> Result<Planned, Error> {
    let aim = Aim {
        image,
        container: flags.container.as_deref(),
        stream,
        pull_secret,
        client: run.client(),
    };
    use_image::existing(workload, &aim).map_err(|refusal| refusals::refused(refusal, run.client()))
}

/// The plan of a link, where credentials were given.
async fn credentials(
    run: &mut Run,
    global: &Global,
    flags: &Flags,
    image: &ImageReference,
    account: &str,
) -> Result<Option<Plan>, Error> {
    let given = &flags.credentials;
    let wanted = given.registry_username.is_some()
        || given.registry_token_stdin
        || given.registry_password.is_some()
        || given.from_secret.is_some()
        || given.from_context.is_some()
        || given.secret.is_some()
        || flags.registry.registry_config.is_some();
    if !wanted {
        return Ok(None);
    }
    let args = LinkArgs {
        target: image.registry().to_owned(),
        purposes: Purposes::PULL,
        service_accounts: vec![account.to_owned()],
        for_workload: None,
        image: Some(image.to_string()),
        skip_check: flags.skip_check,
        name: None,
        format: None,
        restart: false,
        yes: false,
        credentials: flags.credentials.clone(),
        registry: flags.registry.clone(),
        namespaces: NamespaceFlags::default(),
        write: flags.write.clone(),
    };
    let ready = Box::pin(link::prepare(run, global, &args)).await?;
    Ok(Some(ready.plan))
}

/// The secret that a link makes, or takes as it is.
fn secret_of(flags: &Flags, linked: &Plan) -> Option<String> {
    let made = linked
        .changes
        .iter()
        .find(|change| change.object.kind == kinds::SECRET);
    flags
        .credentials
        .secret
        .clone()
        .or_else(|| made.map(|change| change.object.name.clone()))
}

/// What is looked at before it is written.
struct Look<'a> {
    cluster: &'a Cluster,
    target: &'a Target,
    tag: Option<&'a Tag>,
    policy: Option<ReferencePolicy>,
    container: &'a str,
    account: &'a str,
    image: &'a ImageReference,
}

/// Whether the image would arrive: the import where there is one, and the pull by the workload's pods.
async fn check(run: &mut Run, flags: &Flags, look: &Look<'_>, plan: &Plan) -> Result<(), Error> {
    if flags.skip_check {
        run.ui.warning(format!(
            "not checked: whether {} is there for the nodes' platform, and whether {} may pull it",
            look.image,
            look.target.argument()
        ));
        return Ok(());
    }
    let mut targets = Vec::new();
    if let Some(tag) = look.tag {
        targets.push(Argument::Object {
            kind: kinds::IMAGE_STREAM_TAG,
            name: tag.to_string(),
        });
    }
    if look.policy == Some(ReferencePolicy::Local) {
        run.ui.status(
            "pods pull it from the integrated registry, which fetches it with the secrets of the namespace",
        );
    } else {
        targets.push(Argument::Object {
            kind: look.target.kind,
            name: look.target.name.clone(),
        });
    }
    let question = Question {
        plan,
        targets,
        operations: &[Operation::Pull, Operation::Import],
        registry: &flags.registry,
        platform: flags.platform.clone(),
        push: false,
        account: look.account,
    };
    let answers = preflight::ask(run, look.cluster, question)
        .await?
        .of_container(look.container);
    let refused = answers.say(run);
    refused.map_err(|error| offer_link(error, &answers))
}

/// Where the credentials are at fault, the way that needs no other command.
fn offer_link(error: Error, answers: &Preflight) -> Error {
    let auth = answers
        .results()
        .iter()
        .any(|result| result.cause().is_some_and(|cause| cause.family() == "auth"));
    if auth {
        error.hint(
            "with --registry-username NAME, -a FILE, --from-secret NAME or --secret NAME the credentials are checked, stored and linked in the same run",
        )
    } else {
        error
    }
}

/// The import, the trigger, the rollout: each in its turn, all within the time.
async fn wait(
    run: &mut Run,
    flags: &Flags,
    ready: &Prepared,
    before: rollout::Before,
    limit: Duration,
) -> Result<(), Error> {
    let end = Instant::now() + limit;
    let object = ready.target.object(&ready.cluster);
    if let Some(tag) = &ready.tag {
        let watch = importing::Watch {
            cluster: &ready.cluster,
            registry: &flags.registry,
            tag,
            workload: &object,
            container: &ready.container,
            limit,
            end,
        };
        importing::follow(run, &watch).await?;
    }
    if let Rolls::Not(why) = &ready.rolls {
        run.ui.status(format!("{object}: not waited for: {why}"));
        return Ok(());
    }
    let watch = rollout::Watch {
        cluster: &ready.cluster,
        registry: &flags.registry,
        object: &object,
        container: &ready.container,
        before,
        limit,
        end,
    };
    rollout::follow(run, &watch).await
}

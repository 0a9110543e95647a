//! `use`: the workload, the image as its pods would pull it, the plan, and where it is wanted the rollout to its end.

mod gather;
mod importing;
mod look;
mod ports;
mod refusals;
mod target;

use std::time::{Duration, Instant};

use super::connecting::connect;
use super::{Run, arguments, link, rollout, writing};
use crate::cli::global::Global;
use crate::cli::link::LinkArgs;
use crate::cli::output::DryRun;
use crate::cli::use_image::UseArgs as Flags;
use crate::cluster::Cluster;
use crate::error::Error;
use crate::model::exposed::Exposed;
use crate::model::image::ImageReference;
use crate::plan::use_image::create::{self, NewAim};
use crate::plan::use_image::rolls::Rolls;
use crate::plan::use_image::stream::StreamAim;
use crate::plan::use_image::{self, Aim, Planned, UseRefusal, Workload};
use crate::plan::{Plan, Purposes, naming, pod, together};
use gather::Tag;
use look::Look;
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
    link::refuse_on_command_line(&flags.credentials)?;
    let target = target::parse(&flags.workload, flags.create, run.program)?;
    let image = target::image(&mut run.ui, &flags.image)?;
    if flags.stream.scheduled && image.digest().is_some() {
        return Err(arguments::never_changes(&image));
    }
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
    let planner = Planner {
        workload: found.as_ref(),
        target: &target,
        namespace: &namespace,
        image: &image,
        container: flags.container.as_deref(),
        stream: stream.as_ref(),
        client: run.client(),
    };
    // What cannot be is said before anybody is asked for a password.
    planner.plan(None, None)?;
    let linked = credentials(run, global, flags, &image, &account).await?;
    let secret = linked.as_ref().map(|linked| linked.secret.as_str());
    let planned = planner.plan(secret, None)?;
    let link = linked.as_ref().map(|linked| linked.plan.clone());
    let look = Look {
        cluster: &cluster,
        target: &target,
        tag: tag.as_ref(),
        policy: stream.as_ref().map(StreamAim::reference_policy),
        container: &planned.container,
        account: &account,
        image: &image,
        said: linked.as_ref().map_or(&[], |linked| &linked.checked),
        read_config: found.is_none(),
    };
    let settled = together(link.clone().into_iter().chain([planned.settled]));
    let answers = look::check(run, flags, &look, &settled).await?;
    let planned = if found.is_some() {
        planner.plan(secret, None)?
    } else {
        let exposed = ports::of(run, flags, &cluster, &image, answers.as_ref()).await;
        planner.plan(secret, exposed.as_ref())?
    };
    Ok(Prepared {
        plan: together(link.into_iter().chain([planned.plan])),
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

/// Everything that a plan is made of, but for what is found out on the way.
struct Planner<'a> {
    /// `None` for one that is to be made.
    workload: Option<&'a Workload>,
    target: &'a Target,
    namespace: &'a str,
    image: &'a ImageReference,
    container: Option<&'a str>,
    stream: Option<&'a StreamAim<'a>>,
    client: &'static str,
}

impl Planner<'_> {
    /// The plan. `exposed` is for a workload that is to be made.
    fn plan(&self, pull_secret: Option<&str>, exposed: Option<&Exposed>) -> Result<Planned, Error> {
        let planned = match self.workload {
            Some(workload) => use_image::existing(
                workload,
                &Aim {
                    image: self.image,
                    container: self.container,
                    stream: self.stream,
                    pull_secret,
                    client: self.client,
                },
            ),
            None => create::new(&NewAim {
                kind: self.target.kind,
                namespace: self.namespace,
                name: &self.target.name,
                image: self.image,
                stream: self.stream,
                exposed,
            })
            .map_err(UseRefusal::from),
        };
        planned.map_err(|refusal| refusals::refused(refusal, self.client))
    }
}

/// A link that is planned with the rest.
struct Linked {
    plan: Plan,
    secret: String,
    /// What was said to be good.
    checked: Vec<String>,
}

/// The link, where credentials were given.
async fn credentials(
    run: &mut Run,
    global: &Global,
    flags: &Flags,
    image: &ImageReference,
    account: &str,
) -> Result<Option<Linked>, Error> {
    let given = &flags.credentials;
    let wanted = given.name_a_source(&flags.registry) || given.secret.is_some();
    if !wanted {
        return Ok(None);
    }
    let args = LinkArgs {
        service_accounts: vec![account.to_owned()],
        image: Some(image.to_string()),
        skip_check: flags.skip_check,
        yes: flags.yes,
        ..LinkArgs::on_the_way(
            image.registry().to_owned(),
            Purposes::PULL,
            given,
            &flags.registry,
            &flags.write,
        )
    };
    let ready = Box::pin(link::prepare(run, global, &args)).await?;
    let secret = match &given.secret {
        Some(name) => name.clone(),
        None => naming::secret_name(image.registry()),
    };
    Ok(Some(Linked {
        plan: ready.plan,
        secret,
        checked: ready.checked,
    }))
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

//! `push-target`: BuildConfigs, secret, check, plan, write; and with `--start` a build that shows whether it was right.

mod configs;
mod old;
mod secret;
mod start;
mod words;

use super::connecting::connect;
use super::preflight::{self, Question};
use super::{Run, writing};
use crate::apply::build;
use crate::cli::global::Global;
use crate::cli::output::DryRun;
use crate::cli::push_target::PushTargetArgs as Flags;
use crate::cluster::{Cluster, kinds};
use crate::doctor::target::Operation;
use crate::doctor::targets::Argument;
use crate::error::Error;
use crate::model::kinds::ObjectRef;
use crate::plan::push_target::{self, Ground, Move, PushTargetRefusal};
use crate::plan::{Plan, together};
use words::Words;

/// Builds that are pointed elsewhere, checked and planned, and not written yet.
pub(super) struct Prepared {
    pub(super) cluster: Cluster,
    pub(super) plan: Plan,
    /// The BuildConfigs of the plan.
    configs: Vec<ObjectRef>,
}

pub(super) async fn run(run: &mut Run, global: &Global, flags: &Flags) -> Result<(), Error> {
    let ready = Box::pin(prepare(run, global, flags)).await?;
    let applied = writing::carry_out(
        run,
        &ready.cluster,
        &flags.write,
        &ready.plan,
        "push-target",
        None,
    )
    .await?;
    if let Some(id) = &applied.journal {
        run.ui
            .status(format!("`{} undo {id}` takes it back", run.program));
    }
    if !flags.start {
        return Ok(());
    }
    if flags.write.dry_run != DryRun::None {
        run.ui.status("--start: no build is started by a dry run");
        return Ok(());
    }
    Box::pin(start::start(run, &ready.cluster, flags, &ready.configs)).await
}

/// Everything up to the first write: what is there, the secret, the registry's own word on it, the plan, and who lived by the
/// old output.
///
/// # Errors
///
/// What is wrong with the arguments, what the check found, and what must not be written.
pub(super) async fn prepare(
    run: &mut Run,
    global: &Global,
    flags: &Flags,
) -> Result<Prepared, Error> {
    let words = Words::of(&mut run.ui, flags)?;
    // What has to be read from the user comes before anything that takes time.
    let made = secret::begin(run, flags, &words.aim)?;
    let cluster = connect(run, global).await?;
    configs::require_groups(&cluster, words.aim.is_internal()).await?;
    let configs = configs::find(run, &cluster, &words).await?;
    if flags.start {
        refuse_to_start(&configs)?;
    }
    let goals = configs::goals(run, &words, &configs)?;
    let accounts = configs::accounts(&cluster, &configs).await?;
    let chosen = secret::choose(run, global, flags, &cluster, made, &goals, &accounts).await?;
    let moves: Vec<Move> = goals
        .into_iter()
        .zip(chosen.secrets)
        .map(|((config, goal), secret)| Move {
            config,
            goal,
            secret,
        })
        .collect();
    let missing_streams = configs::missing_streams(run, &cluster, &moves).await?;
    let ground = Ground {
        accounts: &accounts,
        missing_streams: &missing_streams,
        chosen: words.selector.is_some(),
    };
    let own = push_target::push_target(&moves, &ground).map_err(|it| refused(&it))?;
    let plan = together(chosen.plan.into_iter().chain([own]));
    let references: Vec<ObjectRef> = moves
        .iter()
        .map(|it| kinds::BUILD_CONFIG.object(Some(it.config.namespace()), it.config.name()))
        .collect();
    if flags.start {
        build::require(&cluster, &references).await?;
    }
    old::warn(run, &cluster, &moves).await;
    check(run, &cluster, flags, &plan, &moves).await?;
    Ok(Prepared {
        cluster,
        plan,
        configs: references,
    })
}

/// Has the registry asked about what the plan would leave behind.
async fn check(
    run: &mut Run,
    cluster: &Cluster,
    flags: &Flags,
    plan: &Plan,
    moves: &[Move],
) -> Result<(), Error> {
    if flags.internal.is_some() {
        return Ok(());
    }
    let images: Vec<String> = moves.iter().map(|it| it.goal.to_string()).collect();
    if flags.skip_check {
        run.ui.warning(format!(
            "not checked: whether the registry answers and takes the login, nor whether it may push to {}",
            images.join(", ")
        ));
        return Ok(());
    }
    let targets = moves
        .iter()
        .map(|it| Argument::Object {
            kind: kinds::BUILD_CONFIG,
            name: it.config.name().to_owned(),
        })
        .collect();
    let question = Question {
        plan,
        targets,
        operations: &[Operation::Push],
        registry: &flags.registry,
        platform: None,
        push: flags.check_push,
        account: "builder",
    };
    let answers = preflight::ask(run, cluster, question).await?;
    if answers.results().len() < moves.len() {
        return Err(Error::failure(format!(
            "{} is in the integrated registry, into which builds push through image streams",
            images.join(", ")
        ))
        .hint("--internal STREAM:TAG does that; nothing was written"));
    }
    answers.say(run)?;
    if !flags.check_push {
        run.ui.hint(
            "--check-push asks for the right to push as well, and says first what that leaves behind",
        );
    }
    Ok(())
}

fn refuse_to_start(configs: &[crate::plan::Object]) -> Result<(), Error> {
    match configs.iter().find_map(push_target::cannot_start) {
        Some(why) => Err(Error::failure(why).hint("leave --start out; nothing was written")),
        None => Ok(()),
    }
}

fn refused(refusal: &PushTargetRefusal) -> Error {
    let error = Error::failure(refusal.to_string());
    match refusal {
        PushTargetRefusal::Pipeline { .. } => {
            error.hint("change the Jenkinsfile, or the BuildConfigs that its stages start")
        }
        PushTargetRefusal::OnePlace { .. } => error.hint(
            "an image that ends in / (quay.io/team/) has the name of each BuildConfig put behind it; {name} puts it anywhere",
        ),
    }
}

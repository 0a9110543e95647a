//! `build-source`: BuildConfigs, secret, plan, a look at the image, write.

mod gather;
mod look;
mod secret;
mod words;

use super::connecting::connect;
use super::{Run, link, writing};
use crate::apply::{Applied, Status};
use crate::cli::build_source::BuildSourceArgs as Flags;
use crate::cli::global::Global;
use crate::cluster::{Cluster, kinds};
use crate::error::Error;
use crate::plan::build_source::{self as planner, Origin, Setting};
use crate::plan::{Plan, together};
use words::Wish;

/// Builds that are looked at and planned, and not written yet.
pub(super) struct Prepared {
    pub(super) cluster: Cluster,
    pub(super) plan: Plan,
}

pub(super) async fn run(run: &mut Run, global: &Global, flags: &Flags) -> Result<(), Error> {
    let ready = Box::pin(prepare(run, global, flags)).await?;
    let (cluster, plan) = (&ready.cluster, &ready.plan);
    let applied =
        writing::carry_out(run, cluster, &flags.write, plan, "build-source", None).await?;
    after(run, &applied);
    Ok(())
}

/// Everything up to the first write: the BuildConfigs, the secret, the plan, and what is known of the image.
///
/// # Errors
///
/// What is wrong with the arguments, what there is not, and why the builds would not get the image.
pub(super) async fn prepare(
    run: &mut Run,
    global: &Global,
    flags: &Flags,
) -> Result<Prepared, Error> {
    link::refuse_on_command_line(&flags.credentials)?;
    let wish = words::of(&mut run.ui, flags)?;
    let cluster = connect(run, global).await?;
    let builds = gather::builds(run, &cluster, flags, &wish).await?;
    let found = match &wish.origin {
        Wish::Image(image) => {
            Box::pin(secret::find(run, global, flags, &cluster, &builds, image)).await?
        }
        Wish::Tag(tag) => {
            gather::tag(&cluster, tag).await?;
            secret::Found::default()
        }
    };
    let origin = wish.origin.planned(cluster.namespace());
    let plan = plan(run, &builds, &origin, &found);
    if flags.skip_check {
        run.ui.warning(format!(
            "not checked: whether {} is there for the nodes that build, and whether the builds can use it",
            origin.words()
        ));
    } else {
        Box::pin(look::look(
            run,
            &cluster,
            flags,
            &wish.origin,
            &builds,
            &plan,
            &found.checked,
        ))
        .await?;
    }
    Ok(Prepared { cluster, plan })
}

fn plan(run: &Run, builds: &[gather::Build], origin: &Origin, found: &secret::Found) -> Plan {
    let mut own = Plan::default();
    for build in builds {
        let pull_secret = found.secret_for(build);
        let setting = Setting {
            input: &build.input,
            origin,
            pull_secret: pull_secret.filter(|_| !build.keeps_secret()),
            client: run.client(),
        };
        let (change, notes) = planner::change(&build.config, &setting);
        if let (Some(secret), false) = (pull_secret, found.is_linked) {
            own.changes.push(planner::link(&build.account, secret));
        }
        own.changes.push(change);
        own.notes.extend(notes);
    }
    // The secret, then who may use it, then who names it.
    together([found.plan.clone(), own])
}

/// What is left to do.
fn after(run: &mut Run, applied: &Applied) {
    let Some(id) = &applied.journal else {
        return;
    };
    let changed: Vec<&str> = applied
        .outcomes
        .iter()
        .filter(|it| it.object.kind == kinds::BUILD_CONFIG && matches!(it.status, Status::Done(_)))
        .map(|it| it.object.name.as_str())
        .collect();
    if let Some(name) = changed.first() {
        let more = if changed.len() > 1 {
            " (and so on)"
        } else {
            ""
        };
        run.ui.status(format!(
            "the next build takes it: `{} start-build {name}`{more}",
            run.client()
        ));
    }
    run.ui
        .status(format!("`{} undo {id}` takes it back", run.program));
}

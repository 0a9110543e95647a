//! `doctor --fix`: the safe remedies of a report as one plan, shown, asked about, and carried out by the engine.
//!
//! A safe remedy is a command line of this tool. It is parsed as one and prepared by the verb that it names, with the same
//! checks; so there is nothing that `--fix` can do and the verbs cannot. An import that has to be made once more comes after
//! everything else is written: before that it would fail as it did.

use clap::Parser as _;

use crate::apply::Applied;
use crate::cli::global::Global;
use crate::cli::output::{DryRun, WriteFlags};
use crate::cli::{Cli, Verb};
use crate::cluster::Cluster;
use crate::doctor::diagnosis::Report;
use crate::doctor::remedies::{Action, Applicability, Remedy};
use crate::error::Error;
use crate::model::kinds::ObjectRef;
use crate::plan::{Object, Plan, after, diff, restart, together};
use crate::ui::sanitize_line;
use crate::verbs::connecting::connect;
use crate::verbs::{Run, build_source, import, link, push_target, unlink, use_image, writing};

/// What came of it.
pub(super) enum Fixed {
    /// No result has a safe remedy.
    Nothing,
    /// The plan was shown, and not wanted.
    Declined,
    Done(Applied),
}

/// Plans the safe remedies, shows the differences once and, after a yes, writes.
///
/// # Errors
///
/// When nobody can be asked and `yes` was not given, and whatever the verbs and the engine refuse.
pub(super) async fn fix(
    run: &mut Run,
    global: &Global,
    report: &Report,
    yes: bool,
) -> Result<Fixed, Error> {
    let mut plans = Vec::new();
    let mut cluster = None;
    let mut later: Vec<&[String]> = Vec::new();
    for remedy in safe(report) {
        let Some((command, rest)) = remedy.commands.split_first() else {
            continue;
        };
        match prepare(run, global, remedy, command).await {
            Ok(Some((connected, plan))) => {
                cluster = Some(connected);
                plans.push(plan);
                later.extend(rest.iter().map(Vec::as_slice));
            }
            Ok(None) => {}
            // One remedy that is refused keeps no other from helping.
            Err(error) => left_out(run, command, &error),
        }
    }
    let (Some(cluster), mut plan) = (cluster, together(plans)) else {
        return Ok(Fixed::Nothing);
    };
    later.sort_unstable();
    later.dedup();
    let objects = show(run, &mut plan, &later)?;
    if objects == 0 {
        return Ok(Fixed::Nothing);
    }
    if !yes {
        if !run.ui.is_interactive() {
            return Err(Error::usage("--fix writes only after a yes")
                .hint("--yes says so beforehand; the lines above are what it would write"));
        }
        let question = if objects == 1 {
            "Write this object?".to_owned()
        } else {
            format!("Write these {objects} objects?")
        };
        if !run.ui.confirm(&question)? {
            return Ok(Fixed::Declined);
        }
    }
    let applied = carry_out(run, &cluster, &plan).await?;
    for command in later {
        if let Err(error) = import_again(run, global, command).await {
            left_out(run, command, &error);
        }
    }
    Ok(Fixed::Done(applied))
}

fn left_out(run: &mut Run, command: &[String], error: &Error) {
    let line = format!("`{}` is left out: {}", command.join(" "), error.message());
    run.ui.warning(sanitize_line(&line, 600));
}

/// The first safe remedy of every result that was not healthy, each once.
fn safe(report: &Report) -> Vec<&Remedy> {
    let mut found: Vec<&Remedy> = Vec::new();
    for result in &report.results {
        let safe = result
            .remedies()
            .iter()
            .find(|remedy| remedy.applicability == Applicability::Safe);
        let new = safe.filter(|remedy| found.iter().all(|known| known.commands != remedy.commands));
        found.extend(new);
    }
    found
}

/// Shows what the plan would write, each object once, and gives their number. What was said here the engine does not say again.
fn show(run: &mut Run, plan: &mut Plan, later: &[&[String]]) -> Result<usize, Error> {
    let planned = after::after(plan).map_err(|refusal| Error::failure(refusal.to_string()))?;
    let several = plan.namespaces().len() > 1;
    let mut objects = 0;
    for note in std::mem::take(&mut plan.notes) {
        run.ui.status(note);
    }
    for (object, wanted) in planned {
        let changes = || plan.changes.iter().filter(|change| change.object == object);
        let seen = changes().find_map(|change| change.seen.as_ref());
        let text = diff::diff(seen, wanted.as_ref());
        if text.is_empty() {
            continue;
        }
        objects += 1;
        run.ui.line("")?;
        let place = match &object.namespace {
            Some(namespace) if several => format!(" in namespace {namespace}"),
            _ => String::new(),
        };
        let mut why: Vec<&str> = changes().map(|change| change.why.as_str()).collect();
        why.dedup();
        run.ui.line(format!(
            "to be written: {object}{place} ({})",
            why.join("; ")
        ))?;
        run.ui.data(text)?;
        for risk in changes().filter_map(|change| change.risk.as_ref()) {
            run.ui.line(format!("  {risk}"))?;
        }
    }
    for change in &mut plan.changes {
        change.risk = None;
    }
    if objects > 0 {
        for command in later {
            run.ui.line(format!("and then: {}", command.join(" ")))?;
        }
    }
    Ok(objects)
}

/// A command line of this tool, and the flags of the run that it shares: the same cluster and user, the command's namespace.
fn parsed(global: &Global, command: &[String]) -> Result<(Global, Verb), Error> {
    // `oc extreg VERB ...`: the words before the verb are how the tool is called.
    let arguments = command.iter().skip(1);
    let cli = Cli::try_parse_from(arguments).map_err(|error| {
        Error::failure(format!(
            "`{}` cannot be carried out: {}",
            command.join(" "),
            error.kind()
        ))
    })?;
    let global = Global {
        namespace: cli.global.namespace.or_else(|| global.namespace.clone()),
        ..global.clone()
    };
    Ok((global, cli.verb))
}

/// The plan of a remedy, and the cluster that it is for; `None` for one that writes nothing, such as another look.
async fn prepare(
    run: &mut Run,
    global: &Global,
    remedy: &Remedy,
    command: &[String],
) -> Result<Option<(Cluster, Plan)>, Error> {
    if let Some(Action::Restart { object }) = &remedy.action {
        return restarted(run, global, object).await.map(Some);
    }
    let (global, verb) = parsed(global, command)?;
    Ok(match verb {
        Verb::Link(flags) => {
            let ready = Box::pin(link::prepare(run, &global, &flags)).await?;
            Some((ready.cluster, ready.plan))
        }
        Verb::Unlink(flags) => Some(Box::pin(unlink::prepare(run, &global, &flags)).await?),
        Verb::PushTarget(flags) => {
            let ready = Box::pin(push_target::prepare(run, &global, &flags)).await?;
            Some((ready.cluster, ready.plan))
        }
        Verb::BuildSource(flags) => {
            let ready = Box::pin(build_source::prepare(run, &global, &flags)).await?;
            Some((ready.cluster, ready.plan))
        }
        Verb::Use(flags) => {
            let ready = Box::pin(use_image::prepare(run, &global, &flags)).await?;
            Some((ready.cluster, ready.plan))
        }
        _ => None,
    })
}

/// A rolling restart, as `link --restart` makes it.
async fn restarted(
    run: &Run,
    global: &Global,
    object: &ObjectRef,
) -> Result<(Cluster, Plan), Error> {
    let cluster = connect(run, global).await?;
    let found = cluster.get(object).await?;
    let Some(workload) = found.map(Object::new) else {
        return Err(Error::failure(format!("{object} is gone")));
    };
    let now = jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string();
    let change = restart::rolling(object.kind, workload, &now).map_err(Error::failure)?;
    let plan = Plan {
        changes: vec![change],
        notes: Vec::new(),
    };
    Ok((cluster, plan))
}

/// An import that failed, once more.
async fn import_again(run: &mut Run, global: &Global, command: &[String]) -> Result<(), Error> {
    match parsed(global, command)? {
        (global, Verb::Import(flags)) => Box::pin(import::run(run, &global, &flags)).await,
        _ => Ok(()),
    }
}

async fn carry_out(run: &mut Run, cluster: &Cluster, plan: &Plan) -> Result<Applied, Error> {
    let flags = WriteFlags {
        dry_run: DryRun::None,
        output: None,
        show_secret_values: false,
        diff: false,
        force_conflicts: false,
    };
    Box::pin(writing::carry_out(
        run,
        cluster,
        &flags,
        plan,
        "doctor --fix",
        None,
    ))
    .await
}

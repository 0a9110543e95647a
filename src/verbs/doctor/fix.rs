//! `doctor --fix`: the safe remedies of a report as one plan, shown, asked about, and carried out by the engine.
//!
//! A safe remedy is a command line of this tool. It is parsed as one and prepared by the verb that it names, with the same
//! checks; so there is nothing that `--fix` can do and the verbs cannot.

use clap::Parser as _;

use crate::apply::Applied;
use crate::cli::global::Global;
use crate::cli::output::{DryRun, WriteFlags};
use crate::cli::{Cli, Verb};
use crate::cluster::Cluster;
use crate::doctor::diagnosis::Report;
use crate::doctor::remedies::Applicability;
use crate::error::Error;
use crate::plan::{Plan, together};
use crate::ui::sanitize_line;
use crate::verbs::{Run, link, unlink, writing};

/// What came of it.
pub(super) enum Fixed {
    /// No result has a safe remedy.
    Nothing,
    /// The plan was shown, and not wanted.
    Declined,
    Done(Applied),
}

/// Plans the safe remedies, shows the differences and, after a yes, writes.
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
    let commands = safe_commands(report);
    let mut plans = Vec::new();
    let mut cluster = None;
    for command in &commands {
        match prepare(run, global, command).await {
            Ok(Some((connected, plan))) => {
                cluster = Some(connected);
                plans.push(plan);
            }
            Ok(None) => {}
            // One remedy that is refused keeps no other from helping.
            Err(error) => {
                let words = error.message().to_owned();
                run.ui.warning(format!(
                    "`{}` is left out: {}",
                    command.join(" "),
                    sanitize_line(&words, 400)
                ));
            }
        }
    }
    let (Some(cluster), plan) = (cluster, together(plans)) else {
        return Ok(Fixed::Nothing);
    };
    if plan.changes.is_empty() {
        return Ok(Fixed::Nothing);
    }
    carry_out(run, &cluster, &plan, DryRun::Client).await?;
    if !yes {
        if !run.ui.is_interactive() {
            return Err(Error::usage("--fix writes only after a yes")
                .hint("--yes says so beforehand; the lines above are what it would write"));
        }
        let objects = plan.changes.len();
        let question = format!(
            "Write {objects} {}?",
            if objects == 1 { "object" } else { "objects" }
        );
        if !run.ui.confirm(&question)? {
            return Ok(Fixed::Declined);
        }
    }
    carry_out(run, &cluster, &plan, DryRun::None)
        .await
        .map(Fixed::Done)
}

/// The first safe remedy of every result that was not healthy, each command once.
fn safe_commands(report: &Report) -> Vec<Vec<String>> {
    let mut commands: Vec<Vec<String>> = Vec::new();
    for result in &report.results {
        let safe = result
            .remedies()
            .iter()
            .find(|remedy| remedy.applicability == Applicability::Safe);
        for command in safe.into_iter().flat_map(|remedy| &remedy.commands) {
            if !commands.contains(command) {
                commands.push(command.clone());
            }
        }
    }
    commands
}

/// The plan of one command, and the cluster that it is for; `None` for a command that writes nothing, such as `doctor` itself.
async fn prepare(
    run: &mut Run,
    global: &Global,
    command: &[String],
) -> Result<Option<(Cluster, Plan)>, Error> {
    // `oc extreg VERB ...`: the words before the verb are how the tool is called.
    let arguments = command.iter().skip(1);
    let cli = Cli::try_parse_from(arguments).map_err(|error| {
        Error::failure(format!(
            "`{}` cannot be carried out: {}",
            command.join(" "),
            error.kind()
        ))
    })?;
    // The same cluster and user; the namespace is the command's.
    let global = Global {
        namespace: cli.global.namespace.or_else(|| global.namespace.clone()),
        ..global.clone()
    };
    Ok(match cli.verb {
        Verb::Link(flags) => {
            let ready = Box::pin(link::prepare(run, &global, &flags)).await?;
            Some((ready.cluster, ready.plan))
        }
        Verb::Unlink(flags) => Some(Box::pin(unlink::prepare(run, &global, &flags)).await?),
        _ => None,
    })
}

async fn carry_out(
    run: &mut Run,
    cluster: &Cluster,
    plan: &Plan,
    dry_run: DryRun,
) -> Result<Applied, Error> {
    let flags = WriteFlags {
        dry_run,
        output: None,
        show_secret_values: false,
        diff: dry_run != DryRun::None,
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

//! From the flags of a writing verb to the engine, and from what it did to objects on standard output.

use serde_json::{Value, json};

use super::Run;
use crate::apply::journal::{Header, Journal};
use crate::apply::{Applied, Engine, Mode, Outcome, Status};
use crate::cli::output::{DryRun, Format, WriteFlags};
use crate::cluster::Cluster;
use crate::error::Error;
use crate::plan::{Object, Plan, mask, yaml};

/// Carries out the plan as the flags say, and prints what `-o` asks for.
pub(super) async fn carry_out(
    run: &mut Run,
    cluster: &Cluster,
    flags: &WriteFlags,
    plan: &Plan,
    verb: &'static str,
    undoes: Option<String>,
) -> Result<Applied, Error> {
    let mode = mode(run, flags);
    let journal = Journal::of(&run.env);
    let engine = Engine {
        cluster,
        journal: &journal,
        interrupt: &run.interrupt,
        mode,
        diff: flags.diff,
        force_conflicts: flags.force_conflicts,
        lines: flags.output.is_none(),
        program: run.program,
    };
    let header = Header {
        verb,
        context: cluster.context().map(str::to_owned),
        server: cluster.server().to_owned(),
        undoes,
    };
    let applied = engine.run(plan, header, &mut run.ui).await?;
    if let Some(format) = flags.output {
        print(run, &applied.outcomes, format, flags.show_secret_values)?;
    }
    Ok(applied)
}

/// What `--dry-run` says.
pub(super) fn mode(run: &mut Run, flags: &WriteFlags) -> Mode {
    match flags.dry_run {
        DryRun::None => Mode::Write,
        DryRun::Client => Mode::DryRunClient,
        DryRun::Server => Mode::DryRunServer,
        DryRun::Unchanged => {
            run.ui
                .warning("--dry-run without a value is taken for --dry-run=client");
            Mode::DryRunClient
        }
    }
}

/// Prints objects as kubectl does: one by itself, several as a `List`; deleted ones only by name.
pub(super) fn print(
    run: &mut Run,
    outcomes: &[Outcome],
    format: Format,
    show_secret_values: bool,
) -> Result<(), Error> {
    if format == Format::Name {
        for outcome in outcomes.iter().filter(|it| it.status != Status::Gone) {
            run.ui.line(outcome.object.to_string())?;
        }
        return Ok(());
    }
    let mut objects: Vec<Value> = outcomes
        .iter()
        .filter_map(|outcome| outcome.after.as_ref())
        .map(|object| shown(object, show_secret_values))
        .collect();
    let document = if objects.len() == 1 {
        objects.remove(0)
    } else {
        json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": objects})
    };
    run.ui.data(match format {
        Format::Yaml => yaml::to_yaml(&document),
        Format::Json | Format::Name => format!("{document:#}\n"),
    })
}

/// Without secret values unless asked for, and without `managedFields`, as kubectl shows objects.
fn shown(object: &Object, show_secret_values: bool) -> Value {
    let mut value = if show_secret_values {
        object.value().clone()
    } else {
        mask::masked(object)
    };
    if let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("managedFields");
    }
    value
}

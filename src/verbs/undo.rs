//! `undo`: the journal entry, the objects as they are now, plan, write; and `undo --list`.

mod gather;
mod list;

use super::connecting::connect;
use super::platform_rollout;
use super::trust::{Removed, settle};
use super::{Run, writing};
use crate::apply::Applied;
use crate::apply::journal::{Journal, JournalError, Record};
use crate::cli::global::Global;
use crate::cli::output::DryRun;
use crate::cli::undo::UndoArgs as Flags;
use crate::cluster::Cluster;
use crate::error::Error;
use crate::plan::trust::Scope;
use crate::plan::undo::{self, UndoRefusal};
use crate::plan::{Action, Change, Op, Plan};

pub(super) async fn run(run: &mut Run, global: &Global, flags: &Flags) -> Result<(), Error> {
    let journal = Journal::of(&run.env);
    if flags.list {
        return list::print(run, &journal, flags.write.output);
    }
    let record = chosen(&journal, flags.id.as_deref(), run.program)?;
    if let Some(undone) = &record.undone {
        let by = undone
            .by
            .as_ref()
            .map_or_else(String::new, |id| format!(" by {id}"));
        return Err(Error::failure(format!(
            "{} was taken back already{by}, at {}",
            record.id,
            undone.at.strftime("%Y-%m-%d %H:%M:%S UTC")
        ))
        .hint(format!(
            "`{} undo --list` shows what else there is",
            run.program
        )));
    }
    let cluster = connect(run, global).await?;
    same_cluster(&record, &cluster)?;
    let (recorded, namers) = gather::gather(run, &cluster, &record).await?;
    let plan = undo::undo(&recorded, &namers).map_err(|it| refused(it, &record, run.program))?;
    let change = platform_rollout::Change::of_plan(&cluster, &plan).await?;
    if let Some(change) = &change {
        change.announce(run, &flags.rollout, &flags.write)?;
    }
    let undoes = Some(record.id.clone());
    let applied = writing::carry_out(run, &cluster, &flags.write, &plan, "undo", undoes).await?;
    if flags.write.dry_run == DryRun::None {
        journal.mark_undone(&record.id, applied.journal.as_deref())?;
        for scope in unnamed(&plan, &applied) {
            let removed = Removed {
                cluster: &cluster,
                scope,
                unnamed: true,
                verb: "undo",
                undoes: Some(&record.id),
            };
            settle(run, &flags.write, removed).await?;
        }
        run.ui.status(format!("{} is taken back", record.id));
    }
    if let Some(change) = change {
        Box::pin(change.follow(run, &cluster, &flags.rollout, &flags.write)).await?;
    }
    Ok(())
}

/// Where a ConfigMap with CAs is no longer named by this: somebody else may have used it between the look at it and the write.
fn unnamed(plan: &Plan, applied: &Applied) -> Vec<Scope> {
    let was_unnamed = |scope: &Scope| {
        let object = scope.config();
        let takes_away = |change: &Change| match &change.action {
            Action::Edit(ops) => ops
                .iter()
                .any(|op| matches!(op, Op::Set { value: None, .. })),
            _ => false,
        };
        let mut changes = plan.changes.iter().zip(&applied.outcomes);
        changes.any(|(change, outcome)| {
            change.object == object && takes_away(change) && outcome.is_change()
        })
    };
    [Scope::Registry, Scope::Cluster]
        .into_iter()
        .filter(was_unnamed)
        .collect()
}

/// The entry with this id, or the last one that is not an undo itself.
fn chosen(journal: &Journal, id: Option<&str>, program: &str) -> Result<Record, Error> {
    if let Some(id) = id {
        return journal.find(id).map_err(|error| match error {
            JournalError::NoSuchEntry(_) | JournalError::Ambiguous(_) => {
                Error::from(error).hint(format!("`{program} undo --list` shows all entries"))
            }
            other => other.into(),
        });
    }
    let (mut records, _) = journal.list()?;
    records.retain(|record| record.undoes.is_none());
    records
        .pop()
        .ok_or_else(|| Error::failure("the journal is empty: there is nothing to take back"))
}

/// A change is taken back where it was made.
fn same_cluster(record: &Record, cluster: &Cluster) -> Result<(), Error> {
    if record.server == cluster.server() {
        return Ok(());
    }
    let error = Error::failure(format!(
        "{} was made on {}, and this is {}",
        record.id,
        record.server,
        cluster.server()
    ));
    Err(match &record.context {
        Some(context) => error.hint(format!("--context {context} was used then")),
        None => error,
    })
}

fn refused(refusal: UndoRefusal, record: &Record, program: &str) -> Error {
    let error = Error::failure(format!("{} is not taken back: {refusal}", record.id));
    match refusal {
        UndoRefusal::NeedsSecret { again, .. } => {
            error.hint(format!("`{again}` makes it again, with credentials of your choice"))
        }
        UndoRefusal::Changed { .. } if record.verb == "import" => error.hint(
            "nothing was written; `oc tag -d STREAM:TAG` removes a tag, and `oc delete is/STREAM` a stream, whatever came after",
        ),
        UndoRefusal::Changed { .. } | UndoRefusal::Used { .. } => error.hint(format!(
            "nothing was written; `{program} unlink` takes a registry's secret off whatever came after"
        )),
    }
}

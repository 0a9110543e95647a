//! The import for real, or what `--dry-run` has of it.

use super::{Prepared, ask, report};
use crate::apply::import::{Imported, Importer, imported};
use crate::apply::journal::{Header, Journal};
use crate::apply::{Applied, Engine, Mode, Outcome, Status};
use crate::cli::import::ImportArgs as Flags;
use crate::error::Error;
use crate::plan::import::arrival::{Arrival, arrival};
use crate::plan::{after, diff};
use crate::verbs::{Run, writing};

/// Tags that are named one by one; of more their number.
pub(super) const NAMED: usize = 20;

/// Imports as the flags say, prints the stream or a line about it, and says what came.
///
/// # Errors
///
/// What could not be imported, with what was put back.
pub(super) async fn carry_out(run: &mut Run, flags: &Flags, ready: &Prepared) -> Result<(), Error> {
    let mode = writing::mode(run, &flags.write);
    if flags.write.diff {
        show_difference(run, flags, ready)?;
    }
    if mode != Mode::Write {
        let outcome = try_out(run, flags, ready, mode).await?;
        print(run, flags, outcome, mode)?;
        return report::left_out(ready);
    }
    let journal = Journal::of(&run.env);
    let counter = run.ui.counter("tags");
    let importer = Importer {
        told: &|done, of| counter.show(done, of),
        cluster: &ready.cluster,
        journal: &journal,
        interrupt: &run.interrupt,
        program: run.program,
        stream: ready.target.stream.clone(),
        registry: ready.target.image.registry().to_owned(),
    };
    let planner = |now: Option<&_>| ready.planned(now);
    let came = importer
        .run(header(ready), ready.seen.clone(), &planner)
        .await?;
    drop(counter);
    for warning in ready.cluster.take_warnings() {
        run.ui.warning(crate::ui::sanitize_line(&warning, 500));
    }
    conclude(run, flags, ready, came).await
}

fn header(ready: &Prepared) -> Header {
    Header {
        verb: "import",
        context: ready.cluster.context().map(str::to_owned),
        server: ready.cluster.server().to_owned(),
        undoes: None,
    }
}

/// What the engine has of it without writing, in the words of the import.
async fn try_out(
    run: &mut Run,
    flags: &Flags,
    ready: &Prepared,
    mode: Mode,
) -> Result<Outcome, Error> {
    let journal = Journal::of(&run.env);
    let engine = Engine {
        cluster: &ready.cluster,
        journal: &journal,
        interrupt: &run.interrupt,
        mode,
        diff: false,
        force_conflicts: flags.write.force_conflicts,
        lines: false,
        program: run.program,
    };
    let Applied { mut outcomes, .. } = engine.run(&ready.plan, header(ready), &mut run.ui).await?;
    let outcome = outcomes
        .pop()
        .ok_or_else(|| Error::failure("there is nothing to import"))?;
    Ok(imported(outcome, moves(ready)))
}

/// The difference of the stream, on standard error where standard output is for objects.
fn show_difference(run: &mut Run, flags: &Flags, ready: &Prepared) -> Result<(), Error> {
    let planned =
        after::after(&ready.plan).map_err(|refusal| Error::failure(refusal.to_string()))?;
    for (object, wanted) in planned {
        let text = diff::diff(ready.seen.as_ref(), wanted.as_ref());
        if text.is_empty() {
            continue;
        }
        let namespace = ready.cluster.namespace();
        let title = format!("{object} in namespace {namespace}:");
        if flags.write.output.is_none() {
            run.ui.line(title)?;
            run.ui.data(text)?;
        } else {
            run.ui.status(title);
            run.ui.status(text.trim_end());
        }
    }
    Ok(())
}

/// Whether the dry run found another image than a tag has.
fn moves(ready: &Prepared) -> bool {
    let Some(seen) = &ready.seen else {
        return true;
    };
    ready.wishes.iter().zip(&ready.found).any(|(wish, found)| {
        match arrival(seen.value(), &wish.tag) {
            Arrival::Here { image, .. } => image != found.digest,
            Arrival::Failed(_) | Arrival::Pending => true,
        }
    })
}

fn print(run: &mut Run, flags: &Flags, outcome: Outcome, mode: Mode) -> Result<(), Error> {
    match flags.write.output {
        None => run.ui.line(outcome.line(mode, false)),
        Some(format) => writing::print(run, &[outcome], format, flags.write.show_secret_values),
    }
}

async fn conclude(
    run: &mut Run,
    flags: &Flags,
    ready: &Prepared,
    came: Imported,
) -> Result<(), Error> {
    let Imported {
        outcome,
        tags,
        journal,
        left,
    } = came;
    let failed: Vec<(String, String)> = tags
        .iter()
        .filter_map(|(tag, answer)| {
            let failure = answer.as_ref().err()?;
            let words = format!("{}: {}", failure.reason.word(), failure.message);
            Some((tag.clone(), words))
        })
        .collect();
    let gone = outcome.status == Status::Gone;
    let stream = outcome.after.clone();
    if failed.len() < tags.len() {
        print(run, flags, outcome, Mode::Write)?;
        if let Some(stream) = stream {
            report::arrived(run, ready, &tags, stream).await;
        }
        if let Some(id) = &journal {
            // A stream that was made goes with all that is in it.
            let stays = match ready.seen {
                Some(_) => ", but for the history of the images",
                None => "",
            };
            run.ui
                .status(format!("`{} undo {id}` takes it back{stays}", run.program));
        }
    }
    if failed.is_empty() {
        return report::left_out(ready);
    }
    for (tag, words) in failed.iter().take(NAMED) {
        run.ui.warning(format!(
            "{}:{tag} was not imported: {}",
            ready.target.stream.name,
            crate::ui::sanitize_line(words, 600)
        ));
    }
    if let Some(more) = failed.len().checked_sub(NAMED).filter(|more| *more > 0) {
        run.ui
            .warning(format!("and {} more were not", ask::count(more)));
    }
    let first = failed.first().map_or("", |(_, words)| words.as_str());
    let error = if let [_] = tags.as_slice() {
        let planned = ready.planned(ready.seen.as_ref())?;
        ask::diagnosis(run, flags, ready, &planned, first).await
    } else {
        Error::failure(format!(
            "{} of {} could not be imported",
            failed.len(),
            ask::count(tags.len())
        ))
    };
    Err(report::put_back(error, ready, &failed, gone, left))
}

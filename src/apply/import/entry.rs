//! The journal's entry of an import: how what is left of it is taken back.

use serde_json::Value;

use super::Work;
use crate::apply::decide::Wanted;
use crate::apply::journal::OpenRun;
use crate::apply::outcome::Status;
use crate::apply::perform::Performed;
use crate::cluster::Write;
use crate::error::Error;
use crate::plan::Object;
use crate::plan::import::forget;
use crate::plan::undo::Undo;

pub(super) fn deletion(resource_version: Option<&str>) -> Undo {
    Undo::Delete {
        resource_version: resource_version.map(str::to_owned),
        again: None,
        made: None,
    }
}

pub(super) fn wanted(write: Write, undo: Undo) -> Wanted {
    Wanted {
        write,
        after: None,
        undo,
        before: Value::Null,
    }
}

/// How what is left is taken back; `None` when nothing is.
pub(super) fn undo_of(work: &Work, failed: &[&str], after: &Object) -> Option<Undo> {
    if work.made.is_some() {
        return Some(deletion(after.resource_version()));
    }
    let new = work.new_tags.iter().filter_map(|tag| tag["name"].as_str());
    let mut ops: Vec<_> = new
        .filter(|tag| !failed.contains(tag))
        .flat_map(|tag| forget(after.value(), tag))
        .collect();
    let edited = work
        .edited
        .iter()
        .filter(|edit| !failed.contains(&edit.tag.as_str()));
    ops.extend(edited.flat_map(|edit| edit.ops.clone()));
    (!ops.is_empty()).then_some(Undo::Edit { ops })
}

/// Ends the journal's entry with what is left.
pub(super) fn note(
    journal: Option<OpenRun>,
    after: Option<&Object>,
    undo: Option<Undo>,
) -> Result<Option<String>, Error> {
    let Some(run) = journal else {
        return Ok(None);
    };
    let performed = match (after, undo) {
        (Some(after), Some(undo)) => Performed {
            status: Status::Done("imported".to_owned()),
            after: Some(after.clone()),
            seen: None,
            wanted: Some(wanted(Write::Create(Value::Null), undo)),
        },
        _ => Performed::without_write(Status::Unchanged, None),
    };
    run.note(0, &Ok(performed))?;
    Ok(run.finish()?)
}

//! The journal's entry of an import: how what is left of it is taken back.

use serde_json::{Value, json};

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

/// By deleting the stream that was made for the import: `after` is the stream as the import left it, once that is known.
pub(super) fn deletion(after: Option<&Object>) -> Undo {
    Undo::Delete {
        resource_version: after.and_then(Object::resource_version).map(str::to_owned),
        again: None,
        made: after.map(|after| specification(after.value())),
    }
}

/// What of the stream is this import's: the cluster's own imports count generations and write to its status.
fn specification(stream: &Value) -> Value {
    let mut spec = stream["spec"].clone();
    for tag in spec
        .get_mut("tags")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        if let Some(tag) = tag.as_object_mut() {
            tag.shift_remove("generation");
        }
    }
    json!({ "spec": spec })
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
        return Some(deletion(Some(after)));
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

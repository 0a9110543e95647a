//! The way back: what takes an import out of a stream's specification again.

use serde_json::Value;

use super::{Planned, TAGS};
use crate::plan::edit::{OpRefusal, invert_all, place};
use crate::plan::{Object, Op};

/// The fields of a tag that an import writes.
const OWN_FIELDS: [&str; 4] = ["from", "importPolicy", "referencePolicy", "reference"];

/// The edits that take a tag out of the specification again that the import made, while it is as `stream` has it: one that
/// was changed since refuses them. What was imported stays in the stream's status, which no client can write.
pub fn forget(stream: &Value, tag: &str) -> Vec<Op> {
    let at = place::item(TAGS, "name", tag);
    let Some(spec) = place::look(stream, &at) else {
        return Vec::new();
    };
    let mut ops: Vec<Op> = OWN_FIELDS
        .iter()
        .map(|field| Op::Set {
            field: format!("{at}/{field}"),
            expected: spec.get(*field).filter(|value| !value.is_null()).cloned(),
            value: None,
        })
        .collect();
    ops.push(Op::ListRemove {
        list: TAGS.to_owned(),
        key: "name".to_owned(),
        value: tag.to_owned(),
    });
    ops
}

/// What takes back a planned import into a stream that is there, before it is known how the server stores it.
///
/// # Errors
///
/// When an edit does not fit the stream.
pub fn undo(planned: &Planned, now: &Object) -> Result<Vec<Op>, OpRefusal> {
    let mut ops = Vec::new();
    for tag in &planned.new_tags {
        let name = tag["name"].as_str().unwrap_or_default();
        let at = place::item(TAGS, "name", name);
        ops.push(Op::Set {
            field: format!("{at}/from"),
            expected: Some(tag["from"].clone()),
            value: None,
        });
        ops.push(Op::ListRemove {
            list: TAGS.to_owned(),
            key: "name".to_owned(),
            value: name.to_owned(),
        });
    }
    for edit in &planned.edits {
        ops.extend(invert_all(&edit.ops, now.value())?);
    }
    Ok(ops)
}

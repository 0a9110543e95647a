//! `undo --list`.

use serde_json::json;

use crate::apply::journal::{Journal, Record};
use crate::cli::output::Format;
use crate::error::Error;
use crate::plan::yaml;
use crate::ui::Table;
use crate::verbs::Run;

/// Prints the journal, oldest first.
pub(super) fn print(run: &mut Run, journal: &Journal, format: Option<Format>) -> Result<(), Error> {
    let (records, unreadable) = journal.list()?;
    for error in unreadable {
        run.ui.warning(error.to_string());
    }
    match format {
        Some(Format::Name) => {
            for record in &records {
                run.ui.line(&record.id)?;
            }
            Ok(())
        }
        Some(format) => {
            let document =
                json!({"apiVersion": "extreg.dev/v1", "kind": "Journal", "items": records});
            run.ui.data(match format {
                Format::Yaml => yaml::to_yaml(&document),
                Format::Json | Format::Name => format!("{document:#}\n"),
            })
        }
        None if records.is_empty() => {
            run.ui.status("the journal is empty");
            Ok(())
        }
        None => {
            let mut table = Table::new();
            table.row(["ID", "TIME", "CONTEXT", "VERB", "OBJECTS", "STATE"]);
            for record in &records {
                table.row(row(record));
            }
            run.ui.data(table.render())
        }
    }
}

fn row(record: &Record) -> [String; 6] {
    let mut objects: Vec<String> = Vec::new();
    for entry in record.made() {
        let namespace = entry
            .namespace
            .as_ref()
            .map_or_else(String::new, |namespace| format!("{namespace}/"));
        let kind = entry.object().map_or_else(
            || entry.kind.to_ascii_lowercase(),
            |object| object.kind.printed(),
        );
        objects.push(format!("{kind} {namespace}{}", entry.name));
    }
    let more = objects.len().saturating_sub(3);
    objects.truncate(3);
    if more > 0 {
        objects.push(format!("{more} more"));
    }
    let state = if record.undone.is_some() {
        "taken back"
    } else if !record.finished {
        "cut off"
    } else {
        "made"
    };
    [
        record.id.clone(),
        record.started_at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
        record.context.clone().unwrap_or_else(|| "-".to_owned()),
        record.verb.clone(),
        objects.join(", "),
        state.to_owned(),
    ]
}

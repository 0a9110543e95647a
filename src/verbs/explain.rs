//! `explain`: the list of causes, the page of one, or what a message can mean.

mod message;

use super::Run;
use crate::cli::explain::{ExplainArgs, ReadingFormat};
use crate::doctor::causes::Cause;
use crate::doctor::explain;
use crate::error::Error;
use crate::ui::Table;

/// Prints the list, a page or a reading; asks no cluster.
pub(super) fn run(run: &mut Run, args: &ExplainArgs) -> Result<(), Error> {
    match (&args.message, &args.cause) {
        (Some(text), _) => message::run(run, text, args.output),
        (None, _) if args.output == ReadingFormat::Json => {
            Err(Error::usage("-o json is for messages; pages are Markdown")
                .hint("add --message TEXT, or leave -o json out"))
        }
        (None, None) => list(run),
        (None, Some(text)) => page(run, text),
    }
}

fn list(run: &mut Run) -> Result<(), Error> {
    let mut table = Table::new();
    let mut family = "";
    for cause in Cause::ALL {
        if !family.is_empty() && cause.family() != family {
            table.row([""]);
        }
        family = cause.family();
        table.row([cause.id(), cause.title()]);
    }
    run.ui.data(table.render())
}

fn page(run: &mut Run, text: &str) -> Result<(), Error> {
    let wanted = text.trim().to_ascii_lowercase();
    // The name after the dot is enough where only one cause has it.
    let named: Vec<Cause> = Cause::ALL
        .iter()
        .copied()
        .filter(|cause| {
            cause.id() == wanted
                || cause
                    .id()
                    .split_once('.')
                    .is_some_and(|(_, name)| name == wanted)
        })
        .collect();
    if let [cause] = named.as_slice() {
        return run.ui.data(explain::page(*cause));
    }
    let mut error = Error::usage(format!("there is no cause {text:?}"));
    for cause in explain::near(text) {
        error = error.hint(format!("did you mean {cause}? {}", cause.title()));
    }
    Err(error.hint(format!("`{} explain` lists them all", run.program)))
}

//! `explain --message`: a text from the command line or standard input, read and printed; asks nobody.

use std::io::Read as _;

use crate::cli::explain::ReadingFormat;
use crate::doctor::reading::{self, Known};
use crate::error::Error;
use crate::model::message::{self, Message};
use crate::report::text::{Detail, Look};
use crate::report::{reading_v1, text};
use crate::verbs::Run;

/// Standard input is read up to here: a build log, and no disk.
const LONGEST: u64 = 1 << 20;

/// Reads `given`, or standard input where it is `-`.
pub(super) fn run(run: &mut Run, given: &str, output: ReadingFormat) -> Result<(), Error> {
    let text = if given == "-" {
        standard_input()?
    } else {
        given.to_owned()
    };
    if text.trim().is_empty() {
        return Err(Error::usage("the message is empty")
            .hint("give the text of the failure, or pipe it in with --message -"));
    }
    let mut found = message::read_all(&text);
    if found.is_empty() {
        found.push(message::read(&text));
    }
    let known = Known {
        program: run.program,
        ..Known::default()
    };
    let read: Vec<(&Message, reading::Reading)> = found
        .iter()
        .map(|message| (message, reading::read(message, &known)))
        .collect();
    let printed = match output {
        ReadingFormat::Json => reading_v1::render(&read),
        ReadingFormat::Text => text::reading::render(&read, &Look::on(&run.ui, Detail::Normal)),
    };
    run.ui.data(printed)
}

/// What is no UTF-8 is read with replacement characters: a log may hold anything.
fn standard_input() -> Result<String, Error> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(LONGEST)
        .read_to_end(&mut bytes)
        .map_err(|error| {
            Error::failure(format!(
                "cannot read the message from standard input: {error}"
            ))
        })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

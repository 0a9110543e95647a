//! A report on its way to the user: from a run or from a file, in any format, redacted or not; and the exit status that
//! follows from it.

use std::io::Read;
use std::path::Path;

use crate::cli::report_flags::{ReportFlags, ReportFormat};
use crate::doctor::diagnosis::Outcome;
use crate::error::{Error, Kind};
use crate::model::observation::Exchange;
use crate::report::changes::changes;
use crate::report::junit;
use crate::report::redact::Redactor;
use crate::report::text::{self, Detail, Look};
use crate::report::v1::{self, ReadError};
use crate::ui::sanitize_line;
use crate::verbs::Run;

/// Things that do not agree in a saved report, of which each is said.
const REMARKS: usize = 5;

/// Where the reports of one run go, and how they look.
pub(super) struct Printer<'a> {
    flags: &'a ReportFlags,
    redactor: Redactor,
}

impl<'a> Printer<'a> {
    pub(super) fn new(flags: &'a ReportFlags) -> Self {
        Self {
            flags,
            redactor: Redactor::default(),
        }
    }

    /// Whether standard output takes nothing but one report.
    pub(super) fn is_one_document(&self) -> bool {
        self.flags.output != ReportFormat::Text
    }

    /// Prints the report; the exit status follows from the results, whatever the format.
    ///
    /// # Errors
    ///
    /// When it cannot be written; and, without a word, where the exit status is not 0.
    pub(super) fn print(
        &mut self,
        run: &mut Run,
        report: v1::Report,
        exchanges: &[Exchange],
    ) -> Result<(), Error> {
        let shown = self.show(run, report, exchanges)?;
        status(&shown)
    }

    /// Prints the report, and gives it back as it was shown.
    pub(super) fn show(
        &mut self,
        run: &mut Run,
        report: v1::Report,
        exchanges: &[Exchange],
    ) -> Result<v1::Report, Error> {
        let report = self.hidden(report);
        let exchanges = if self.flags.redact { &[] } else { exchanges };
        match self.flags.output {
            ReportFormat::Json => run.ui.stream(|out| report.write_json(out))?,
            ReportFormat::Junit => run.ui.stream(|out| junit::write(&report, out))?,
            ReportFormat::Text => {
                let look = look(run, self.flags);
                run.ui.data(text::render(&report, exchanges, &look))?;
            }
        }
        Ok(report)
    }

    /// Prints what is otherwise than in the report before, and gives the new one back as it was shown.
    pub(super) fn show_changes(
        &mut self,
        run: &mut Run,
        before: &v1::Report,
        after: v1::Report,
    ) -> Result<v1::Report, Error> {
        let after = self.hidden(after);
        run.ui
            .data(changes(before, &after, &look(run, self.flags)))?;
        Ok(after)
    }

    fn hidden(&mut self, report: v1::Report) -> v1::Report {
        if self.flags.redact {
            self.redactor.redacted(report)
        } else {
            report
        }
    }
}

/// The exit status that follows from a report.
///
/// # Errors
///
/// Without a word, where it is not 0.
pub(in crate::verbs) fn status(report: &v1::Report) -> Result<(), Error> {
    let kind = if report.interrupted {
        Kind::Interrupted
    } else if report.count(Outcome::Failed) > 0 {
        Kind::ProblemFound
    } else if report.count(Outcome::Undetermined) > 0 {
        Kind::Undetermined
    } else {
        return Ok(());
    };
    Err(Error::exit_only(kind))
}

/// Prints a saved report as the run printed it, and says where it does not agree with itself.
///
/// # Errors
///
/// When it cannot be read, and as [`Printer::print`].
pub(super) fn from(run: &mut Run, path: &Path, flags: &ReportFlags) -> Result<(), Error> {
    let name = if is_stdin(path) {
        "standard input".to_owned()
    } else {
        sanitize_line(&path.display().to_string(), 200)
    };
    let bytes = bytes(run, path)
        .map_err(|error| Error::failure(format!("cannot read the report in {name}: {error}")))?;
    let report = v1::read(&bytes).map_err(|error| unreadable(&name, &error))?;
    drop(bytes);
    let remarks = v1::remarks(&report);
    for remark in remarks.iter().take(REMARKS) {
        let line = format!("the report in {name} does not agree with itself: {remark}");
        run.ui.warning(sanitize_line(&line, 400));
    }
    if remarks.len() > REMARKS {
        let more = remarks.len() - REMARKS;
        run.ui.warning(format!("and {more} more of that kind"));
    }
    Printer::new(flags).print(run, report, &[])
}

fn unreadable(name: &str, error: &ReadError) -> Error {
    let failure = Error::failure(format!("cannot read the report in {name}: {error}"));
    match error {
        ReadError::OtherVersion(_) => failure.hint("read it with the version that wrote it"),
        ReadError::TooLarge => failure,
        _ => failure.hint("`doctor -o json > FILE` saves a report"),
    }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// One byte more than the largest report is enough to know that it is too large.
fn bytes(run: &Run, path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = v1::LARGEST + 1;
    if is_stdin(path) {
        std::io::stdin()
            .lock()
            .take(limit)
            .read_to_end(&mut bytes)?;
    } else {
        let file = std::fs::File::open(run.env.cwd.join(path))?;
        file.take(limit).read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn look(run: &Run, flags: &ReportFlags) -> Look {
    let detail = match (flags.quiet, flags.verbose) {
        (true, _) => Detail::Quiet,
        (false, 0) => Detail::Normal,
        (false, 1) => Detail::Stages,
        (false, _) => Detail::Wire,
    };
    Look::on(&run.ui, detail)
}

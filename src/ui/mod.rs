//! Every byte for the user: standard output for data, standard error for the rest.
//!
//! Colour is decided once (`--color`, `NO_COLOR`, `TERM=dumb`, no terminal); meaning never depends on it. Text that came
//! from a registry, a cluster or a helper goes through [`sanitize`] before it is printed.

mod aside;
mod bug;
mod progress;
mod prompt;
mod style;
mod table;
mod transfer;

use std::io::{self, Write};

use crate::env::Env;
use crate::error::Error;
pub use crate::model::sanitize::{sanitize, sanitize_line};
use aside::Shared;

pub use aside::Aside;
pub use bug::{answer_crashes, report_crashes};
pub use progress::{Counter, Progress, Ticker};
pub use style::{Glyphs, Paint};
pub use table::Table;
pub use transfer::Bytes;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColorChoice {
    #[default]
    Auto,
    Always,
    Never,
}

/// The two streams, and how to write to them. Cheap to pass by `&mut`; tests give it buffers.
pub struct Ui {
    out: Box<dyn Write + Send>,
    err: Shared,
    out_paint: Paint,
    err_paint: Paint,
    glyphs: Glyphs,
    width: usize,
    interactive: bool,
    stderr_terminal: bool,
    quiet: bool,
}

impl Ui {
    /// The process's own streams.
    pub fn of_process(env: &Env, color: ColorChoice) -> Self {
        let (utf8, width) = (style::locale_is_utf8(env), style::terminal_width(env));
        Self {
            out: Box::new(io::stdout()),
            err: Shared::of(Box::new(io::stderr())),
            out_paint: Paint::decide(env, color, env.terminal.stdout),
            err_paint: Paint::decide(env, color, env.terminal.stderr),
            glyphs: Glyphs::for_locale(utf8),
            width,
            interactive: env.terminal.stdin && env.terminal.stderr,
            stderr_terminal: env.terminal.stderr,
            quiet: false,
        }
    }

    /// Writes to the given sinks, without colour, 84 columns wide, never asking.
    pub fn to_sinks(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Self {
        Self {
            out,
            err: Shared::of(err),
            out_paint: Paint::plain(),
            err_paint: Paint::plain(),
            glyphs: Glyphs::for_locale(true),
            width: 84,
            interactive: false,
            stderr_terminal: false,
            quiet: false,
        }
    }

    /// Keeps [`status`](Self::status) lines back (`-q`); warnings and errors are still printed.
    pub fn set_quiet(&mut self, quiet: bool) {
        self.quiet = quiet;
    }

    /// A line of data on standard output.
    pub fn line(&mut self, text: impl AsRef<str>) -> Result<(), Error> {
        writeln!(self.out, "{}", text.as_ref()).map_err(|error| broken_output(&error))
    }

    /// Text on standard output as it is, without a line end of its own (JSON, YAML, tables).
    pub fn data(&mut self, text: impl AsRef<str>) -> Result<(), Error> {
        self.out
            .write_all(text.as_ref().as_bytes())
            .map_err(|error| broken_output(&error))
    }

    /// Data on standard output that is too long to be held in memory.
    pub fn stream(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Error> {
        write(&mut self.out).map_err(|error| broken_output(&error))
    }

    /// A line about what is going on, on standard error.
    pub fn status(&mut self, text: impl AsRef<str>) {
        if !self.quiet {
            self.write_error(text.as_ref());
        }
    }

    /// A line about what is written or started next, on standard error: said however quiet the run is.
    pub fn announce(&mut self, text: impl AsRef<str>) {
        self.write_error(text.as_ref());
    }

    /// `Warning: ...` on standard error, as kubectl words it.
    pub fn warning(&mut self, text: impl AsRef<str>) {
        let line = format!("{} {}", self.err_paint.yellow("Warning:"), text.as_ref());
        self.write_error(&line);
    }

    /// `hint: ...` on standard error.
    pub fn hint(&mut self, text: impl AsRef<str>) {
        let line = format!("{} {}", self.err_paint.cyan("hint:"), text.as_ref());
        self.write_error(&line);
    }

    /// `error: ...` and its hints on standard error.
    pub fn error(&mut self, error: &Error) {
        if error.is_silent() {
            return;
        }
        let line = format!("{} {}", self.err_paint.red("error:"), error.message());
        self.write_error(&line);
        for hint in error.hints() {
            self.hint(hint);
        }
    }

    /// What clap has to say: help and version on standard output, a wrong command line on standard error. Gives the exit
    /// status.
    pub fn command_line(&mut self, error: &clap::Error) -> u8 {
        let text = error.render();
        let paint = if error.use_stderr() {
            self.err_paint
        } else {
            self.out_paint
        };
        let mut text = if paint.is_on() {
            text.ansi().to_string()
        } else {
            text.to_string()
        };
        if !text.ends_with('\n') {
            text.push('\n');
        }
        let sink: &mut dyn Write = if error.use_stderr() {
            &mut self.err
        } else {
            &mut self.out
        };
        // A reader that went away is told nothing.
        drop(sink.write_all(text.as_bytes()));
        u8::try_from(error.exit_code()).unwrap_or(2)
    }

    /// Colours for standard output.
    pub fn paint(&self) -> Paint {
        self.out_paint
    }

    pub fn glyphs(&self) -> Glyphs {
        self.glyphs
    }

    /// Columns of the terminal, at most 100, 84 where there is none.
    pub fn width(&self) -> usize {
        self.width
    }

    /// A handle for lines like [`status`](Self::status), as quiet as this is now.
    pub fn aside(&self) -> Aside {
        Aside {
            err: self.err.clone(),
            quiet: self.quiet,
        }
    }

    /// Whether a question can be asked.
    pub fn is_interactive(&self) -> bool {
        self.interactive
    }

    /// Whether progress may be drawn on standard error.
    pub fn shows_progress(&self) -> bool {
        self.stderr_terminal && !self.quiet
    }

    /// A failing standard error has nobody to be told about it.
    fn write_error(&mut self, text: &str) {
        drop(writeln!(self.err, "{text}"));
    }
}

/// A reader that went away (`| head`) is no failure worth words.
fn broken_output(error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Error::exit_only(crate::error::Kind::Failure)
    } else {
        Error::failure(format!("cannot write to standard output: {error}"))
    }
}

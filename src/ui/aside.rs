//! Standard error for those who work while the [`Ui`](super::Ui) is in somebody else's hands.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A stream with several writers.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<Box<dyn Write + Send>>>);

impl Shared {
    pub(super) fn of(sink: Box<dyn Write + Send>) -> Self {
        Self(Arc::new(Mutex::new(sink)))
    }

    /// A writer that panicked leaves at worst half a line.
    fn sink(&self) -> MutexGuard<'_, Box<dyn Write + Send>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sink().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.sink().flush()
    }
}

/// Says what is going on, on standard error; cheap to clone and free to be sent elsewhere.
#[derive(Clone)]
pub struct Aside {
    pub(super) err: Shared,
    pub(super) quiet: bool,
}

impl Aside {
    /// As [`Ui::status`](super::Ui::status); in one write, so that lines of several writers stay whole.
    pub fn status(&self, text: impl AsRef<str>) {
        if !self.quiet {
            // A failing standard error has nobody to be told about it.
            drop(
                self.err
                    .sink()
                    .write_all(format!("{}\n", text.as_ref()).as_bytes()),
            );
        }
    }
}

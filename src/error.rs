//! The one error that reaches the user: what happened, what to do, and the exit status.
//!
//! Modules have typed errors of their own; each is turned into an [`Error`] in one `From` beside its definition, which
//! chooses the kind and the hints.

use std::fmt;

/// Decides the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The command line makes no sense: exit status 2.
    Usage,
    /// The work could not be done: exit status 1, as kubectl's own failures.
    Failure,
    /// `doctor` found a problem; it has been printed already: exit status 3.
    ProblemFound,
    /// `doctor` found nothing wrong and could not determine everything; printed already: exit status 4.
    Undetermined,
    /// Interrupted by the user: exit status 130.
    Interrupted,
}

/// An error as the user sees it: `error: MESSAGE`, then one `hint: ...` line each.
pub struct Error {
    kind: Kind,
    message: String,
    hints: Vec<String>,
    /// True when everything has been said already and only the exit status is left.
    silent: bool,
}

impl Error {
    /// The work could not be done.
    pub fn failure(message: impl Into<String>) -> Self {
        Self::new(Kind::Failure, message)
    }

    /// The command line makes no sense.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Only the exit status: what there was to say has been printed.
    pub fn exit_only(kind: Kind) -> Self {
        Self {
            kind,
            message: String::new(),
            hints: Vec::new(),
            silent: true,
        }
    }

    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hints: Vec::new(),
            silent: false,
        }
    }

    /// Adds advice; printed after the message, in the order added.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Puts what was being done in front of the message: `CONTEXT: MESSAGE`.
    #[must_use]
    pub fn context(mut self, context: impl fmt::Display) -> Self {
        self.message = format!("{context}: {}", self.message);
        self
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    pub fn is_silent(&self) -> bool {
        self.silent
    }

    /// The exit status of the process.
    pub fn status(&self) -> u8 {
        match self.kind {
            Kind::Failure => 1,
            Kind::Usage => 2,
            Kind::ProblemFound => 3,
            Kind::Undetermined => 4,
            Kind::Interrupted => 130,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {} {:?}", self.kind, self.message, self.hints)
    }
}

impl std::error::Error for Error {}

/// The result of whatever ends at the user.
pub type Result<T, E = Error> = std::result::Result<T, E>;

//! What the process was given from outside, gathered once: arguments, environment variables, directories, terminal.
//!
//! Nothing else in the crate reads `std::env`, so that tests decide what a run sees.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::path::PathBuf;

/// The surroundings of one run.
#[derive(Debug, Clone, Default)]
pub struct Env {
    /// `argv`, the program's own name first.
    pub args: Vec<OsString>,
    /// Environment variables; names and values that are not UTF-8 are left out. On Windows, where case makes no difference and
    /// `PATH` is usually `Path`, names are in upper case.
    pub vars: BTreeMap<String, String>,
    /// The working directory, against which relative file arguments are resolved.
    pub cwd: PathBuf,
    /// Whether standard input, output and error are terminals.
    pub terminal: Terminal,
}

/// Which standard streams are terminals, and how wide the terminal is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terminal {
    pub stdin: bool,
    pub stdout: bool,
    pub stderr: bool,
}

impl Env {
    /// The surroundings of this process.
    pub fn of_process() -> Self {
        Self {
            args: std::env::args_os().collect(),
            vars: std::env::vars_os()
                .filter_map(|(name, value)| {
                    let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
                    Some((as_known(&name, cfg!(windows)).into_owned(), value))
                })
                .collect(),
            cwd: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            terminal: Terminal {
                stdin: std::io::stdin().is_terminal(),
                stdout: std::io::stdout().is_terminal(),
                stderr: std::io::stderr().is_terminal(),
            },
        }
    }

    /// An environment variable, or `None` when it is unset or empty: kubectl and the containers tools treat both alike.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.vars
            .get(as_known(name, cfg!(windows)).as_ref())
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The home directory: `HOME`, or `USERPROFILE` where that is unset.
    pub fn home(&self) -> Option<PathBuf> {
        self.var("HOME")
            .or_else(|| self.var("USERPROFILE"))
            .map(PathBuf::from)
    }
}

/// The name under which a variable is kept.
fn as_known(name: &str, windows: bool) -> Cow<'_, str> {
    if windows {
        Cow::Owned(name.to_ascii_uppercase())
    } else {
        Cow::Borrowed(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_variables_have_no_case_on_windows() {
        assert_eq!(as_known("Path", true), as_known("PATH", true));
        assert_ne!(as_known("Path", false), as_known("PATH", false));
    }
}

//! Questions: a hidden password, and yes or no. Only where somebody can answer.

use std::io::{BufRead as _, Write as _};

use secrecy::SecretString;

use super::Ui;
use crate::error::Error;

impl Ui {
    /// Asks for a password without echo. `Err` where nobody can answer: the caller's hint names the other ways.
    pub fn ask_secret(&mut self, question: &str) -> Result<SecretString, Error> {
        if !self.interactive {
            return Err(Error::usage(format!(
                "cannot ask for {question}: standard input is not a terminal"
            )));
        }
        rpassword::prompt_password(format!("{question}: "))
            .map(SecretString::from)
            .map_err(|error| Error::failure(format!("cannot read {question}: {error}")))
    }

    /// Asks yes or no; anything but yes is no. Where nobody can answer it is no.
    pub fn confirm(&mut self, question: &str) -> Result<bool, Error> {
        if !self.interactive {
            return Ok(false);
        }
        let asked = write!(self.err, "{question} [y/N] ").and_then(|()| self.err.flush());
        asked.map_err(|error| Error::failure(format!("cannot ask: {error}")))?;
        let mut answer = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut answer)
            .map_err(|error| Error::failure(format!("cannot read the answer: {error}")))?;
        Ok(matches!(
            answer.trim().to_ascii_lowercase().as_str(),
            "y" | "yes"
        ))
    }
}

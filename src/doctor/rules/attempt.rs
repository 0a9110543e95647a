//! One manifest request with one credential, and what came of it.

use crate::doctor::answer::Meaning;
use crate::doctor::evidence::CandidateFact;
use crate::model::observation::{Login, LoginVerdict, ManifestView};

/// One manifest request and the login that goes with it.
pub struct Attempt<'a> {
    pub at: usize,
    pub view: &'a ManifestView,
    pub meaning: Meaning,
    pub login: Option<(usize, &'a Login)>,
    pub candidate: Option<&'a CandidateFact>,
}

impl Attempt<'_> {
    pub fn delivered(&self) -> bool {
        self.meaning == Meaning::Delivered
    }

    /// The credential itself is refused, by the login or by the answer.
    pub fn credential_refused(&self) -> Option<Refusal> {
        let by_login = self.login.and_then(|(at, login)| match &login.verdict {
            LoginVerdict::Refused { expired, words } => Some(Refusal {
                at,
                expired: *expired,
                words: words.clone(),
            }),
            _ => None,
        });
        by_login.or_else(|| match &self.meaning {
            Meaning::CredentialRefused { expired, words } => Some(Refusal {
                at: self.at,
                expired: *expired,
                words: words.clone(),
            }),
            _ => None,
        })
    }

    /// Positions of the lines on it.
    pub fn because(&self) -> Vec<usize> {
        self.login
            .map(|(at, _)| at)
            .into_iter()
            .chain([self.at])
            .collect()
    }

    /// The answer is about who asks, not about what is asked for.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self.meaning,
            Meaning::Refused { .. } | Meaning::CredentialRefused { .. }
        )
    }
}

/// A refused credential.
pub struct Refusal {
    pub at: usize,
    pub expired: bool,
    pub words: String,
}

/// With a login that was accepted, a refusal is about the right and not about the password, whatever words it comes in.
pub(super) fn weighed(meaning: Meaning, login: Option<(usize, &Login)>) -> Meaning {
    let accepted = login.is_some_and(|(_, login)| login.verdict == LoginVerdict::Accepted);
    match meaning {
        Meaning::CredentialRefused {
            expired: false,
            words,
        } if accepted => Meaning::Refused { words },
        other => other,
    }
}

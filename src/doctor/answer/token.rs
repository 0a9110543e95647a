//! What a token service's answer means when it is no token.

use super::{Meaning, Missing, has_code, retry_after, said, says_expired, words_of};
use crate::model::dialect::Dialect;
use crate::model::observation::{Exchange, ExchangeFault, Withheld};

/// `None` when a token came.
pub(super) fn meaning(
    exchange: &Exchange,
    dialect: Dialect,
    authenticated: bool,
) -> Option<Meaning> {
    let answer = match &exchange.result {
        Ok(answer) => answer,
        Err(ExchangeFault::Withheld(Withheld::RefusedBefore)) => {
            return Some(Meaning::CredentialRefused {
                expired: false,
                words: "refused before in this run".to_owned(),
            });
        }
        Err(fault @ (ExchangeFault::Withheld(Withheld::PlainHttp) | ExchangeFault::Deadline)) => {
            return Some(Meaning::NoAnswer(fault.clone()));
        }
        Err(fault) => {
            return Some(Meaning::TokenService {
                words: super::fault_words(fault),
            });
        }
    };
    let words = words_of(answer);
    let text = said(answer);
    Some(match answer.status {
        200..=299 => return None,
        // The OpenShift registry checks the shape of the name before the login.
        401 if text.contains("must be of the format") => Meaning::NameInvalid { words },
        400 if has_code(answer, "NAME_INVALID") => Meaning::NameInvalid { words },
        401 if authenticated => Meaning::CredentialRefused {
            expired: says_expired(&text),
            words,
        },
        403 if authenticated && says_expired(&text) => Meaning::CredentialRefused {
            expired: true,
            words,
        },
        401 | 403 => Meaning::Refused { words },
        404 if dialect == Dialect::GitLab && has_code(answer, "NAME_UNKNOWN") => {
            Meaning::Missing(Missing::Repository { words })
        }
        405 if has_code(answer, "DENIED") => Meaning::Quarantined { words },
        429 => Meaning::Throttled {
            words,
            retry_after: retry_after(answer),
            at_login: true,
        },
        _ => Meaning::TokenService { words },
    })
}

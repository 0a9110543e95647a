//! What a registry's answer to `GET /v2/NAME/manifests/SELECTOR` means.

use super::{
    Meaning, Missing, has_code, header, is_page, retry_after, said, says_expired, words_of,
};
use crate::model::dialect::Dialect;
use crate::model::observation::{Answer, ExchangeFault, ManifestView, Sent, Withheld};

pub(super) fn meaning(view: &ManifestView, dialect: Dialect, authenticated: bool) -> Meaning {
    let answer = match &view.exchange.result {
        Ok(answer) => answer,
        Err(ExchangeFault::Withheld(Withheld::RefusedBefore)) => {
            return Meaning::CredentialRefused {
                expired: false,
                words: "refused before in this run".to_owned(),
            };
        }
        Err(fault @ ExchangeFault::Withheld(Withheld::Redirect { .. })) => {
            return Meaning::Server {
                words: super::fault_words(fault),
            };
        }
        Err(ExchangeFault::Protocol { text }) => {
            return Meaning::Server {
                words: format!(
                    "no valid HTTP: {}",
                    crate::model::sanitize::sanitize_line(text, 120)
                ),
            };
        }
        Err(fault) => return Meaning::NoAnswer(fault.clone()),
    };
    let words = words_of(answer);
    let text = said(answer);
    match answer.status {
        200 if is_page(answer) => Meaning::Server {
            words: "200: a web page in the manifest's place".to_owned(),
        },
        200 if view.manifest.is_some() => Meaning::Delivered,
        200..=299 => Meaning::Server {
            words: "an answer of 200 that holds no manifest".to_owned(),
        },
        300..=399 => Meaning::Server {
            words: format!(
                "{words}: it sends manifests to another place ({})",
                crate::model::sanitize::sanitize_line(
                    header(answer, "location").unwrap_or("no location"),
                    80
                )
            ),
        },
        _ if is_policy(answer.status, &text) => Meaning::Quarantined { words },
        401 => unauthorized(
            answer,
            view.exchange.sent,
            dialect,
            authenticated,
            words,
            &text,
        ),
        403 => forbidden(answer, dialect, authenticated, words, &text),
        404 => not_found(answer, dialect, words, &text),
        400 if has_code(answer, "NAME_INVALID") => Meaning::NameInvalid { words },
        // An expired or foreign bearer token on ECR Public is a 400 and no challenge.
        400 if dialect == Dialect::EcrPublic && view.exchange.sent == Sent::Bearer => {
            Meaning::TokenRefused { words }
        }
        // The OpenShift registry: one or three path components, refused without words.
        400 if dialect == Dialect::OpenShift && answer.body.is_empty() => Meaning::NameInvalid {
            words: "400: a repository of this registry is PROJECT/NAME".to_owned(),
        },
        400 if has_code(answer, "MANIFEST_INVALID") => Meaning::Unsupported { words },
        405 if has_code(answer, "UNSUPPORTED") => Meaning::Unsupported { words },
        405 if has_code(answer, "DENIED") => Meaning::Quarantined { words },
        429 => Meaning::Throttled {
            words,
            retry_after: retry_after(answer),
            at_login: false,
        },
        // Its vendored handler wraps NAME_UNKNOWN into a 500.
        500 if dialect == Dialect::OpenShift && text.contains("name unknown") => {
            Meaning::Missing(Missing::Repository { words })
        }
        _ => Meaning::Server { words },
    }
}

/// Harbor's 412, and the texts of Xray, Curation and quota refusals; 451 is the law's.
fn is_policy(status: u16, text: &str) -> bool {
    matches!(status, 412 | 451)
        || matches!(status, 400..=403)
            && [
                "blocking policy",
                "download request rejected",
                "quarantine",
                "quota has been exceeded",
                "blocked by policy",
            ]
            .iter()
            .any(|sign| text.contains(sign))
}

fn unauthorized(
    answer: &Answer,
    sent: Sent,
    dialect: Dialect,
    authenticated: bool,
    words: String,
    text: &str,
) -> Meaning {
    if text.contains("must be of the format") {
        return Meaning::NameInvalid { words };
    }
    if dialect == Dialect::Harbor && text.contains("project") && text.contains("not found") {
        return Meaning::Missing(Missing::Repository { words });
    }
    let error = answer
        .challenges
        .iter()
        .find_map(|challenge| challenge.param("error"));
    match sent {
        Sent::Bearer if error == Some("invalid_token") => Meaning::TokenRefused { words },
        // zot answers an invalid bearer so, and without a challenge.
        Sent::Bearer if dialect == Dialect::Zot && has_code(answer, "UNSUPPORTED") => {
            Meaning::TokenRefused { words }
        }
        // Nothing but the challenge tells a wrong password from a missing right here, and there are no rights without a
        // token service except where the dialect has them.
        Sent::Basic => Meaning::CredentialRefused {
            expired: says_expired(text),
            words,
        },
        Sent::Nothing
            if answer.challenges.is_empty()
                && header(answer, "www-authenticate").is_none()
                && !known_without_challenge(dialect) =>
        {
            Meaning::Server {
                words: format!("{words}, without a challenge that says how to log in"),
            }
        }
        Sent::Nothing if authenticated => {
            Meaning::NoAnswer(ExchangeFault::Withheld(Withheld::PlainHttp))
        }
        Sent::Bearer | Sent::Nothing => Meaning::Refused { words },
    }
}

/// Registries that are known to leave the challenge out of a request's 401.
fn known_without_challenge(dialect: Dialect) -> bool {
    matches!(
        dialect,
        Dialect::ArtifactRegistry | Dialect::Harbor | Dialect::Ghcr | Dialect::Zot | Dialect::Ecr
    )
}

fn forbidden(
    answer: &Answer,
    dialect: Dialect,
    authenticated: bool,
    words: String,
    text: &str,
) -> Meaning {
    if authenticated && says_expired(text) {
        return Meaning::CredentialRefused {
            expired: true,
            words,
        };
    }
    // GHCR has no other way to say that a token is none: DENIED `denied` or `invalid token`, and no challenge.
    let bare = answer.errors.iter().any(|error| {
        matches!(
            error.message.trim().to_ascii_lowercase().as_str(),
            "denied" | "invalid token"
        )
    });
    if authenticated && dialect == Dialect::Ghcr && bare {
        return Meaning::CredentialRefused {
            expired: false,
            words,
        };
    }
    if is_page(answer) {
        return Meaning::Server {
            words: format!("{words}: a web page in the registry's place"),
        };
    }
    Meaning::Refused { words }
}

fn not_found(answer: &Answer, dialect: Dialect, words: String, text: &str) -> Meaning {
    if text.contains("accept header does not support") {
        return Meaning::Unsupported { words };
    }
    if has_code(answer, "TAG_EXPIRED") {
        return Meaning::Missing(Missing::TagOnly { words });
    }
    if has_code(answer, "NAME_UNKNOWN") {
        return Meaning::Missing(Missing::Repository { words });
    }
    if has_code(answer, "OPENSHIFT_PULLTHROUGH_MANIFEST") {
        return Meaning::Server { words };
    }
    if has_code(answer, "NOT_FOUND") && dialect == Dialect::Harbor {
        return Meaning::Missing(if text.contains("artifact ") {
            Missing::TagOnly { words }
        } else {
            Missing::Repository { words }
        });
    }
    // ECR asks for the repository before the image: MANIFEST_UNKNOWN is about the image alone.
    if has_code(answer, "MANIFEST_UNKNOWN") && dialect == Dialect::Ecr {
        return Meaning::Missing(Missing::TagOnly { words });
    }
    if is_page(answer) {
        return Meaning::Server {
            words: format!("{words}: a web page in the registry's place"),
        };
    }
    Meaning::Missing(Missing::Manifest { words })
}

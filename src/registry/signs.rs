//! What an answer tells about the credential that was sent for it. Pure.

use super::holder::Sign;
use super::wire::Asked;
use crate::model::observation::Answer;

/// What an answer to Basic tells about the password.
pub(super) fn basic_sign(asked: &Asked) -> Sign {
    match asked.answer() {
        Some(answer) if answer.status == 401 => Sign::Bad,
        Some(answer) if answer.status == 403 && says_expired(answer) => Sign::Bad,
        Some(answer) if answer.is_success() || matches!(answer.status, 403 | 404) => Sign::Good,
        _ => Sign::Nothing,
    }
}

/// What an answer to a registry's own token tells about it.
pub(super) fn registry_token_sign(asked: &Asked) -> Sign {
    let Some(answer) = asked.answer() else {
        return Sign::Nothing;
    };
    let lacks_scope = answer
        .challenges
        .iter()
        .any(|challenge| challenge.param("error") == Some("insufficient_scope"));
    match answer.status {
        401 if !lacks_scope => Sign::Bad,
        _ if answer.is_success() => Sign::Good,
        _ => Sign::Nothing,
    }
}

/// Amazon ECR says so with a 403: "Your authorization token has expired. Reauthenticate and try again."
pub(super) fn says_expired(answer: &Answer) -> bool {
    answer.words().to_ascii_lowercase().contains("expired")
}

/// What `/v2/` tells about a token that is the credential, or repeats it.
pub(super) fn bearer_sign(asked: &Asked) -> Sign {
    match asked.answer() {
        // Amazon ECR Public answers 400 to a token that is no longer good, GitHub 403.
        Some(answer) if matches!(answer.status, 400 | 401 | 403) => Sign::Bad,
        Some(answer) if answer.is_success() => Sign::Good,
        _ => Sign::Nothing,
    }
}

//! What tokens and answers say about the push right. Pure.

use super::super::token::Issued;
use crate::model::observation::{Answer, ExchangeFault, PushVerdict, Withheld};

/// The one way that OpenShift's own registry has, without touching it.
pub(super) fn elsewhere(repository: &str) -> String {
    let namespace = repository.split('/').next().unwrap_or(repository);
    format!(
        "the cluster decides, not the registry: oc auth can-i update imagestreams/layers -n {namespace}"
    )
}

/// What the token service's refusal says about the right; `None` where a token was issued.
pub(super) fn refused_token(issued: &Issued) -> Option<PushVerdict> {
    if issued.token.is_some() {
        return None;
    }
    let verdict = match &issued.exchange.result {
        Ok(answer) if matches!(answer.status, 401 | 403) => PushVerdict::Denied {
            words: said(answer),
        },
        Ok(answer) if answer.status == 405 => PushVerdict::Refused {
            words: said(answer),
        },
        Ok(answer) => PushVerdict::NotProved {
            why: format!("the token service answers {}", said(answer)),
        },
        Err(fault) => PushVerdict::NotProved {
            why: no_answer(fault),
        },
    };
    Some(verdict)
}

/// What the token's own claims say; `None` where they do not tell.
pub(super) fn read_grant(issued: &Issued, repository: &str) -> Option<PushVerdict> {
    let granted = issued.grant(repository).granted?;
    let may = granted
        .iter()
        .any(|action| action == "push" || action == "*");
    Some(if may {
        PushVerdict::Allowed
    } else if granted.is_empty() {
        PushVerdict::Denied {
            words: "the token grants nothing on this repository".to_owned(),
        }
    } else {
        PushVerdict::Denied {
            words: format!("the token grants {}", granted.join(", ")),
        }
    })
}

/// Why a token is of no use to the probe.
pub(super) fn no_token_or_claims(issued: &Issued) -> String {
    match &issued.exchange.result {
        Ok(_) if issued.token.is_some() => "the token does not tell what it grants".to_owned(),
        Ok(answer) => format!("the token service answers {}", said(answer)),
        Err(fault) => no_answer(fault),
    }
}

/// What the answer to an upload says about the right.
pub fn upload_verdict(answer: &Answer) -> PushVerdict {
    let words = said(answer);
    match answer.status {
        // Amazon ECR may answer 201 where the specification says 202 (regclient scheme/reg/blob.go).
        200..300 => PushVerdict::Allowed,
        403 if is_policy(&words) => PushVerdict::Refused { words },
        401 | 403 => PushVerdict::Denied { words },
        404 => PushVerdict::RepositoryMissing { words },
        400 | 405 | 412 | 507 => PushVerdict::Refused { words },
        _ => PushVerdict::NotProved {
            why: format!("the registry answers {words}"),
        },
    }
}

/// Refusals that no right would lift: quota (Quay, Harbor), read-only (Quay, Harbor), proxy projects (Harbor), protected
/// paths (GitLab).
fn is_policy(words: &str) -> bool {
    let words = words.to_ascii_lowercase();
    [
        "quota",
        "read only",
        "read-only",
        "readonly",
        "proxy project",
        "protected",
    ]
    .iter()
    .any(|hint| words.contains(hint))
}

/// Status and words.
pub(super) fn said(answer: &Answer) -> String {
    let words = answer.words();
    if words.is_empty() {
        format!("HTTP {}", answer.status)
    } else {
        format!("HTTP {}: {words}", answer.status)
    }
}

/// Why there is no answer.
pub(super) fn no_answer(fault: &ExchangeFault) -> String {
    match fault {
        ExchangeFault::Withheld(Withheld::RefusedBefore) => {
            "the credentials were refused before".to_owned()
        }
        ExchangeFault::Withheld(_) => "it was not asked, to keep the credentials safe".to_owned(),
        ExchangeFault::Deadline => "the time was up".to_owned(),
        _ => "no answer came".to_owned(),
    }
}

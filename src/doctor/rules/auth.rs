//! The image may be where it should be, the credentials are the problem: none, bad ones, ones without the right.

use super::attempt::Refusal;
use super::{Attempt, Case, Rule};
use crate::doctor::answer::{self, Meaning};
use crate::doctor::causes::Cause;
use crate::doctor::finding::Finding;
use crate::doctor::target::Consumer;
use crate::model::challenge::Challenge;
use crate::model::observation::Purpose;

pub(super) const RULES: &[Rule] = &[
    no_credentials,
    bad_credentials,
    credentials_block_public_pull,
    pull_denied,
];

fn no_credentials(case: &Case<'_>) -> Option<Finding> {
    if !case.is_pull() || case.has_used_candidate() {
        return None;
    }
    let attempt = case.refused()?;
    if attempt.view.credential.is_some() {
        return None;
    }
    // A node has got it: with what, is not seen.
    if case.may_be_known_to_the_cloud() && case.present().is_some() {
        return None;
    }
    let registry = case.subject.registry();
    let everyone = refuses_everyone(case, attempt);
    if !everyone && !answer::refusal_is_about_rights(case.dialect, false) {
        return None;
    }
    let none = match &case.subject.consumer {
        Consumer::Anonymous => "none were given".to_owned(),
        Consumer::AuthFile { path } => format!("{path} has none for it"),
        consumer => format!("{} has none for it", consumer.words()),
    };
    let mut because: Vec<usize> = case.candidates_at.into_iter().collect();
    because.push(attempt.at);
    let summary = format!(
        "{registry} wants credentials for {}, and {none}",
        case.subject.repository()
    );
    let finding = match case.maybe_more {
        Some(unread) => Finding::likely(Cause::NoCredentials, because, summary)
            .settled_by(format!("a look at what could not be read: {unread}")),
        None if case.may_be_known_to_the_cloud() => {
            Finding::likely(Cause::NoCredentials, because, summary).settled_by(
                "a pull on a node (--from-node): the cloud may give its nodes credentials for its own registry, which are not seen from here",
            )
        }
        None if everyone || told_so(case, attempt) => {
            Finding::certain(Cause::NoCredentials, because, summary)
        }
        None => {
            Finding::likely(Cause::NoCredentials, because, summary).or([Cause::RepositoryMissing])
        }
    };
    Some(finding)
}

/// Nobody gets anything without a login: Basic, or a token service that gives nothing to strangers.
pub(super) fn refuses_everyone(case: &Case<'_>, attempt: &Attempt<'_>) -> bool {
    if attempt.view.credential.is_some() {
        return false;
    }
    let challenges = || {
        let ping = case
            .ping
            .and_then(|(_, ping)| ping.exchange.result.as_ref().ok());
        let own = attempt.view.exchange.result.as_ref().ok();
        own.into_iter()
            .chain(ping)
            .flat_map(|answer| answer.challenges.iter())
    };
    let basic = challenges().any(Challenge::is_basic) && !challenges().any(Challenge::is_bearer);
    let no_token = attempt.view.exchange.purpose == Purpose::Token
        || attempt.view.grant.as_ref().is_some_and(|grant| {
            grant
                .exchange
                .result
                .as_ref()
                .is_ok_and(|answer| answer.status >= 400)
        });
    basic || (no_token && !case.dialect.traits().hides_missing)
}

/// The registry's words name the repository's right, so that it is there (Harbor's project).
fn told_so(case: &Case<'_>, attempt: &Attempt<'_>) -> bool {
    case.dialect == crate::model::dialect::Dialect::Harbor
        && attempt
            .meaning
            .words()
            .contains("unauthorized to access repository")
}

fn bad_credentials(case: &Case<'_>) -> Option<Finding> {
    if !case.is_pull() {
        return None;
    }
    let attempt = case.failing()?;
    let refusal = attempt.credential_refused()?;
    Some(refused(
        case,
        attempt.at,
        &case.who(attempt),
        &refusal,
        attempt,
    ))
}

fn refused(
    case: &Case<'_>,
    at: usize,
    who: &str,
    refusal: &Refusal,
    attempt: &Attempt<'_>,
) -> Finding {
    let registry = case.subject.registry();
    let mut because = vec![refusal.at];
    because.extend((at != refusal.at).then_some(at));
    let (cause, summary) = if refusal.expired {
        (
            Cause::ExpiredCredentials,
            format!("{registry} says that the credentials of {who} have expired"),
        )
    } else {
        (
            Cause::BadCredentials,
            format!("{registry} refuses the login of {who}"),
        )
    };
    let mut finding = Finding::certain(cause, because, summary).secret(
        attempt
            .candidate
            .and_then(|candidate| candidate.object.as_ref()),
    );
    finding.names.key = attempt.candidate.map(|candidate| candidate.key.clone());
    finding
}

/// Anonymous pull works, and every credential that would be sent makes it fail.
fn credentials_block_public_pull(case: &Case<'_>) -> Option<Finding> {
    let anonymous = case
        .anonymous
        .as_ref()
        .filter(|attempt| attempt.delivered())?;
    let attempt = case.failing()?;
    if attempt.view.credential.is_none()
        || !(attempt.is_refusal() || attempt.credential_refused().is_some())
    {
        return None;
    }
    let mut because = vec![anonymous.at];
    because.extend(attempt.because());
    let mut finding = Finding::certain(
        Cause::CredentialsBlockPublicPull,
        because,
        format!(
            "{} is public, and the credentials of {} make the pull fail",
            case.subject.repository(),
            case.who(attempt)
        ),
    )
    .secret(
        attempt
            .candidate
            .and_then(|candidate| candidate.object.as_ref()),
    );
    finding.names.key = attempt.candidate.map(|candidate| candidate.key.clone());
    Some(finding)
}

fn pull_denied(case: &Case<'_>) -> Option<Finding> {
    if !case.is_pull() {
        return None;
    }
    let attempt = case.refused()?;
    attempt.view.credential?;
    if attempt.credential_refused().is_some() || !matches!(attempt.meaning, Meaning::Refused { .. })
    {
        return None;
    }
    let told = case.repository_exists();
    if told.is_none() && !answer::refusal_is_about_rights(case.dialect, true) {
        return None;
    }
    let summary = format!(
        "{} accepts {}, and gives no right to pull {} ({})",
        case.subject.registry(),
        case.who(attempt),
        case.subject.repository(),
        attempt.meaning.words()
    );
    let mut because = attempt.because();
    because.extend(told);
    let proved = attempt.login.is_some_and(|(_, login)| {
        login.verdict == crate::model::observation::LoginVerdict::Accepted
    });
    // A registry that judges names by its own rules refuses what is missing as well, and the right is missing all the same.
    let hidden = told.is_none()
        && attempt.view.grant.is_some()
        && !answer::a_refusal_shows_the_repository(case.dialect);
    let finding = if !proved {
        Finding::likely(Cause::PullDenied, because, summary).or([Cause::BadCredentials])
    } else if hidden {
        Finding::likely(Cause::PullDenied, because, summary)
            .or([Cause::RepositoryMissing])
            .settled_by("the same pull by somebody who has the right")
    } else {
        Finding::certain(Cause::PullDenied, because, summary)
    };
    Some(
        finding.secret(
            attempt
                .candidate
                .and_then(|candidate| candidate.object.as_ref()),
        ),
    )
}

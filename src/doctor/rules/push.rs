//! The push right, where it was asked for.

use super::{Case, Rule};
use crate::doctor::answer;
use crate::doctor::causes::Cause;
use crate::doctor::finding::Finding;
use crate::doctor::target::Operation;
use crate::model::observation::{LoginVerdict, PingKind, PushVerdict, PushView};
use crate::model::sanitize::sanitize_line;

pub(super) const RULES: &[Rule] = &[nothing_to_send, login, denied];

/// The verdict on the credential that a push would use: only the first is used.
pub(super) fn first_login<'a>(
    case: &Case<'a>,
) -> Option<(
    usize,
    &'a crate::doctor::evidence::CandidateFact,
    &'a LoginVerdict,
)> {
    let candidate = case
        .candidates
        .iter()
        .find(|candidate| candidate.role.is_used())?;
    let (at, login) = case
        .logins()
        .into_iter()
        .find(|(_, login)| login.credential == Some(candidate.index))?;
    Some((at, candidate, &login.verdict))
}

/// A registry that wants to know who asks, and a push that was not tried and sends no login. A token for strangers may hold the
/// right to push, which nobody sees without asking for it.
fn nothing_to_send(case: &Case<'_>) -> Option<Finding> {
    if case.subject.operation != Operation::Push || case.push().is_some() {
        return None;
    }
    let (at, ping) = case.ping?;
    if ping.kind != PingKind::Challenge || case.has_used_candidate() || case.credentials_unread() {
        return None;
    }
    Some(Finding::likely(
        Cause::NoCredentials,
        case.candidates_at.into_iter().chain([at]).collect(),
        format!(
            "{} wants a login, and a push to {} sends none",
            case.subject.registry(),
            case.subject.repository()
        ),
    ))
}

fn login(case: &Case<'_>) -> Option<Finding> {
    if case.is_pull() {
        return None;
    }
    let (at, candidate, verdict) = first_login(case)?;
    let LoginVerdict::Refused { expired, .. } = verdict else {
        return None;
    };
    let registry = case.subject.registry();
    let who = crate::doctor::evidence::name_of(case.candidates, Some(candidate.index));
    let (cause, summary) = if *expired {
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
    Some(
        Finding::certain(cause, vec![at], summary)
            .secret(candidate.object.as_ref())
            .key(&candidate.key),
    )
}

fn denied(case: &Case<'_>) -> Option<Finding> {
    let (at, push) = case.push()?;
    let registry = case.subject.registry();
    let repository = case.subject.repository();
    let who = crate::doctor::evidence::name_of(case.candidates, push.credential);
    match &push.verdict {
        PushVerdict::Allowed | PushVerdict::NotProved { .. } => None,
        PushVerdict::Denied { words } => {
            let words = sanitize_line(words, 140);
            if is_by_page(push) {
                return Some(
                    Finding::likely(
                        Cause::Proxy,
                        vec![at],
                        format!(
                            "something in front of {registry} refuses the push with a page of its own ({words})"
                        ),
                    )
                    .or([Cause::PushDenied, Cause::NoCredentials])
                    .settled_by("the configuration of what stands in front of the registry"),
                );
            }
            if push.credential.is_none() {
                return Some(Finding::certain(
                    Cause::NoCredentials,
                    case.candidates_at.into_iter().chain([at]).collect(),
                    format!(
                        "{registry} wants credentials for a push to {repository}, and there are none"
                    ),
                ));
            }
            let mut because = vec![at];
            because.extend(first_login(case).map(|(at, ..)| at));
            Some(Finding::certain(
                Cause::PushDenied,
                because,
                format!("{registry} gives {who} no right to push to {repository} ({words})"),
            ))
        }
        PushVerdict::RepositoryMissing { words } => Some(Finding::certain(
            Cause::RepositoryMissing,
            vec![at],
            format!(
                "{registry} has no repository {repository}, and makes none on a push ({})",
                sanitize_line(words, 140)
            ),
        )),
        PushVerdict::Refused { words } => Some(Finding::certain(
            Cause::Quarantined,
            vec![at],
            format!(
                "{registry} takes no push to {repository}: {}",
                sanitize_line(words, 140)
            ),
        )),
    }
}

/// The last word was a web page, which no registry sends.
fn is_by_page(push: &PushView) -> bool {
    let mut answers = push
        .exchanges
        .iter()
        .filter_map(|exchange| exchange.result.as_ref().ok());
    answers.next_back().is_some_and(answer::is_page)
}

//! What the objects of the cluster exclude by themselves, whatever a registry or a message says.

use crate::doctor::causes::Cause;
use crate::doctor::evidence::{Check, Fact, Role, SkipReason, SourceState};
use crate::doctor::rules::Case;
use crate::model::observation::LoginVerdict;

/// Causes that the consumer's secrets and its list leave no room for.
///
/// Empty where the consumer's secrets could not all be read: what was not seen excludes nothing.
pub(super) fn by_secrets(case: &Case<'_>) -> Vec<Cause> {
    let mut out = Vec::new();
    if case.subject.namespace().is_some() && credentials_read(case) {
        by_candidates(case, &mut out);
        by_sources(case, &mut out);
    }
    out
}

/// The same, with those that the reference and the cluster's configuration exclude.
pub(super) fn excluded(case: &Case<'_>) -> Vec<Cause> {
    let mut out = by_secrets(case);
    if case
        .subject
        .image
        .as_ref()
        .is_ok_and(crate::model::image::ImageReference::names_registry)
    {
        out.push(Cause::ShortName);
    }
    let unmirrored = case
        .one(|fact| match fact {
            Fact::MirrorPlan(plan) => Some(plan.mirrors.is_empty()),
            _ => None,
        })
        .is_some_and(|(_, none)| none);
    if unmirrored {
        out.push(Cause::Mirror);
    }
    out
}

fn credentials_read(case: &Case<'_>) -> bool {
    case.maybe_more.is_none()
        && case.candidates_at.is_some()
        && ![Check::Credentials, Check::Wiring].iter().any(|check| {
            case.evidence
                .of(*check)
                .any(|(_, item)| item.skip_reason.is_some_and(SkipReason::leaves_a_gap))
        })
}

/// By the credentials that there are, and the part that they play.
fn by_candidates(case: &Case<'_>, out: &mut Vec<Cause>) {
    let has = |role: Role| case.candidates.iter().any(|known| known.role == role);
    if case.has_used_candidate() {
        out.extend([Cause::NoCredentials, Cause::SecretKeyMismatch]);
    } else {
        out.extend([
            Cause::BadCredentials,
            Cause::ExpiredCredentials,
            Cause::PullDenied,
            Cause::PushDenied,
            Cause::CredentialsBlockPublicPull,
        ]);
    }
    let accepted = case
        .logins()
        .iter()
        .any(|(_, login)| login.verdict == LoginVerdict::Accepted && used(case, login.credential));
    if accepted {
        out.extend([Cause::BadCredentials, Cause::ExpiredCredentials]);
    }
    for (role, cause) in [
        (Role::Unlinked, Cause::SecretNotLinked),
        (Role::Overridden, Cause::SecretOverridden),
        (Role::Late, Cause::PodPredatesLink),
        (Role::Shadowed, Cause::SecretShadowed),
    ] {
        if !has(role) {
            out.push(cause);
        }
    }
    if case.delivered().is_some() {
        out.extend([
            Cause::SecretNotLinked,
            Cause::SecretElsewhere,
            Cause::SecretOverridden,
            Cause::PodPredatesLink,
            Cause::SecretShadowed,
        ]);
    }
    out.sort_unstable();
    out.dedup();
}

fn used(case: &Case<'_>, credential: Option<usize>) -> bool {
    case.candidates
        .iter()
        .any(|known| Some(known.index) == credential && known.role.is_used())
}

/// By the secrets that the consumer names.
fn by_sources(case: &Case<'_>, out: &mut Vec<Cause>) {
    let sources = case.sources();
    let states = || {
        sources
            .iter()
            .filter(|(_, source)| source.role.is_used())
            .map(|(_, source)| &source.state)
    };
    if !states().any(|state| *state == SourceState::Missing) {
        out.push(Cause::SecretMissing);
    }
    if !states().any(|state| matches!(state, SourceState::WrongType { .. })) {
        out.push(Cause::SecretWrongType);
    }
    let faulty = |state: &SourceState| match state {
        SourceState::Malformed { .. } => true,
        SourceState::Read(entries) => entries
            .iter()
            .any(|entry| entry.fault.is_some() || entry.trailing_newline),
        _ => false,
    };
    if !states().any(faulty) {
        out.push(Cause::SecretMalformed);
    }
}

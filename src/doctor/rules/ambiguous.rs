//! Where the registry answers alike for "not there" and "not for you", and nothing from here splits them.

use super::{Case, Rule};
use crate::doctor::answer::{self, Meaning};
use crate::doctor::causes::Cause;
use crate::doctor::finding::{Confidence, Finding};

pub(super) const RULES: &[Rule] = &[missing_or_forbidden];

fn missing_or_forbidden(case: &Case<'_>) -> Option<Finding> {
    let attempt = case.failing()?;
    let authenticated = attempt.view.credential.is_some();
    let Meaning::Refused { words } = &attempt.meaning else {
        return None;
    };
    if case.credentials_unread()
        || attempt.credential_refused().is_some()
        || answer::refusal_is_about_rights(case.dialect, authenticated)
        || case.repository_exists().is_some()
        || super::auth::refuses_everyone(case, attempt)
    {
        return None;
    }
    let registry = case.subject.registry();
    let name = case.dialect.name();
    let (first, who) = if authenticated {
        (Cause::PullDenied, format!("to {}", case.who(attempt)))
    } else {
        (Cause::NoCredentials, "without a login".to_owned())
    };
    let near = case
        .found_variants()
        .into_iter()
        .next()
        .map(|(at, variant)| (at, variant.image.clone()));
    let also = near
        .as_ref()
        .map(|(_, image)| format!("; {image} is there"))
        .unwrap_or_default();
    // A name that exists and is nearly the same makes the typing error the likelier one.
    let alternatives = if near.is_some() {
        [Cause::RepositoryMissing, first]
    } else {
        [first, Cause::RepositoryMissing]
    };
    let mut because = attempt.because();
    because.extend(case.ping.map(|(at, _)| at));
    because.extend(near.as_ref().map(|(at, _)| *at));
    let settle = if authenticated {
        format!(
            "whoever administers {} on {registry}, or a login that may read it",
            case.subject.repository()
        )
    } else {
        format!(
            "a login at {registry} that may read {}",
            case.subject.repository()
        )
    };
    let mut finding = Finding::certain(
        Cause::MissingOrForbidden,
        because,
        format!(
            "{registry} gives {} nothing {who} ({words}); {name} answers alike for private and for missing repositories{also}",
            case.subject.repository()
        ),
    );
    finding.confidence = Confidence::Ambiguous;
    Some(
        finding
            .or(alternatives)
            .settled_by(settle)
            .image(near.map(|(_, image)| image)),
    )
}

//! What a policy keeps out: the cluster's lists of registries, and the registry's own rules.

use super::{Case, Rule};
use crate::doctor::answer::{self, Meaning};
use crate::doctor::causes::Cause;
use crate::doctor::evidence::{Fact, PolicyDecision};
use crate::doctor::finding::Finding;
use crate::model::observation::PingKind;

pub(super) const RULES: &[Rule] = &[image_config, quarantined, refused_at_the_door];

fn image_config(case: &Case<'_>) -> Option<Finding> {
    if !case.is_pull() {
        return None;
    }
    let (at, policy) = case.one(|fact| match fact {
        Fact::Policy(policy) => Some(policy),
        _ => None,
    })?;
    let registry = case.subject.registry();
    match &policy.decision {
        PolicyDecision::Allowed => None,
        // A blocked source with mirrors is how a disconnected cluster is set up: the mirrors decide.
        PolicyDecision::Blocked { .. }
            if super::location::plan(case).is_some_and(|(_, plan)| !plan.mirrors.is_empty()) =>
        {
            None
        }
        PolicyDecision::Blocked { entry, .. } => Some(Finding::certain(
            Cause::RegistryBlocked,
            vec![at],
            format!("the cluster blocks {registry}: blockedRegistries has {entry}"),
        )),
        PolicyDecision::NotAllowedForImport { .. } => Some(Finding::certain(
            Cause::ImportNotAllowed,
            vec![at],
            format!(
                "the cluster imports from some registries only, and {registry} is not among them"
            ),
        )),
        PolicyDecision::NotAllowed { .. } => Some(Finding::certain(
            Cause::RegistryNotAllowed,
            vec![at],
            format!("the cluster allows some registries, and {registry} is not among them"),
        )),
    }
}

fn quarantined(case: &Case<'_>) -> Option<Finding> {
    let attempt = case.failing()?;
    let Meaning::Quarantined { words } = &attempt.meaning else {
        return None;
    };
    Some(Finding::certain(
        Cause::Quarantined,
        vec![attempt.at],
        format!("{} blocks the image: {words}", case.subject.registry()),
    ))
}

/// A registry that refuses `/v2/` itself, in a registry's words: a network rule, not a login.
fn refused_at_the_door(case: &Case<'_>) -> Option<Finding> {
    let (at, ping) = case.ping?;
    let said = ping.exchange.result.as_ref().ok()?;
    (ping.kind == PingKind::Refused && !said.errors.is_empty() && !answer::is_page(said)).then(
        || {
            Finding::likely(
                Cause::Quarantined,
                vec![at],
                format!(
                    "{} refuses this machine before any login: {}",
                    case.subject.registry(),
                    answer::words_of(said)
                ),
            )
            .or([Cause::Proxy])
            .settled_by("the registry's own firewall rules")
        },
    )
}

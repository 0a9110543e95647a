//! Lines on what the cluster's objects and files say, and on certificates.

use super::reported;
use super::words::{list, plural};
use super::{About, Line, here};
use crate::doctor::evidence::{
    ChainFact, ChainFault, Check, EntryFact, Fact, MirrorPlan, MirrorTrial, PolicyDecision,
    PolicyFact, Role, Side, SourceFact, SourceState, Status, TrialOutcome, Vantage,
};
use crate::doctor::target::Consumer;
use crate::model::sanitize::sanitize_line;

pub(super) fn describe(fact: &Fact, about: &About<'_>) -> Line {
    match fact {
        Fact::Reference(Ok(image)) => config(Check::Reference, Status::Pass, image.to_string()),
        Fact::Reference(Err(error)) => config(
            Check::Reference,
            Status::Fail,
            sanitize_line(&error.to_string(), 160),
        ),
        Fact::Policy(policy) => self::policy(policy),
        Fact::MirrorPlan(plan) => self::plan(plan),
        Fact::MirrorTrial(trial) => self::trial(trial),
        Fact::Chain(chain) => self::chain(chain),
        Fact::Source(source) => self::source(source),
        Fact::Wiring(wiring) => reported::wiring(wiring, about),
        Fact::Resolved(resolved) => reported::resolved(resolved, about),
        Fact::Observed(seen) => reported::observed(seen),
        Fact::Opinion(opinion) => reported::opinion(opinion),
        Fact::Signature(policy) => reported::signature(policy),
        Fact::Present(present) => reported::present(present),
        Fact::Candidates { list, maybe_more } => {
            let words: Vec<String> = list
                .iter()
                .filter(|candidate| candidate.role.is_used())
                .map(|candidate| {
                    format!(
                        "{}, key {:?}",
                        super::name_of(list, Some(candidate.index)),
                        sanitize_line(&candidate.key, 80)
                    )
                })
                .collect();
            let unread = maybe_more
                .as_ref()
                .map(|why| format!("; {why}"))
                .unwrap_or_default();
            match (words.as_slice(), &about.subject.consumer) {
                ([], Consumer::Anonymous) => config(
                    Check::Credentials,
                    Status::Pass,
                    "none given, asked anonymously".to_owned(),
                ),
                ([], consumer) => config(
                    Check::Credentials,
                    Status::Warn,
                    format!("{} has none for this image{unread}", consumer.words()),
                ),
                (some, _) => config(
                    Check::Credentials,
                    Status::Pass,
                    format!("would send {}", some.join(", then ")),
                ),
            }
        }
        // The other facts are described where they are observed.
        _ => here(Check::Observed, Status::Pass, String::new()),
    }
}

fn config(check: Check, status: Status, detail: String) -> Line {
    (check, Vantage::Config, status, detail, None)
}

fn policy(policy: &PolicyFact) -> Line {
    let insecure = policy
        .insecure
        .as_ref()
        .map(|entry| format!("; insecureRegistries has {entry}"))
        .unwrap_or_default();
    match &policy.decision {
        PolicyDecision::Allowed => config(
            Check::Policy,
            Status::Pass,
            format!("no list of image.config keeps it out{insecure}"),
        ),
        PolicyDecision::Blocked { entry, .. } => config(
            Check::Policy,
            Status::Fail,
            format!("blockedRegistries of image.config/cluster has {entry}"),
        ),
        PolicyDecision::NotAllowedForImport { allowed } => config(
            Check::Policy,
            Status::Fail,
            format!(
                "allowedRegistriesForImport of image.config/cluster has only {}",
                list(allowed, 3)
            ),
        ),
        PolicyDecision::NotAllowed { allowed } => config(
            Check::Policy,
            Status::Fail,
            format!(
                "allowedRegistries of image.config/cluster has only {}",
                list(allowed, 3)
            ),
        ),
    }
}

fn plan(plan: &MirrorPlan) -> Line {
    let detail = if plan.mirrors.is_empty() {
        "no mirror is set for it".to_owned()
    } else {
        let then = if plan.source_allowed {
            "then the source"
        } else {
            "never the source"
        };
        format!("asked first: {}; {then}", list(&plan.mirrors, 3))
    };
    config(Check::Mirror, Status::Pass, detail)
}

fn trial(trial: &MirrorTrial) -> Line {
    let (status, words) = match &trial.outcome {
        TrialOutcome::Healthy => (Status::Pass, "has it".to_owned()),
        TrialOutcome::Failed { cause, summary } => (Status::Fail, format!("{summary} ({cause})")),
        TrialOutcome::Undetermined { summary } => (Status::Warn, summary.clone()),
    };
    here(Check::Mirror, status, format!("{}: {words}", trial.mirror))
}

fn chain(chain: &ChainFact) -> Line {
    let vantage = match chain.side {
        Side::Here => Vantage::Here,
        Side::Cluster => Vantage::Config,
    };
    let whose = match chain.side {
        Side::Here => "this machine",
        Side::Cluster => "the cluster",
    };
    let until = chain
        .not_after
        .map(|at| format!(", valid to {}", at.strftime("%Y-%m-%d")))
        .unwrap_or_default();
    let assumed = chain
        .assumed
        .as_ref()
        .map(|what| format!(" (assumed: {what})"))
        .unwrap_or_default();
    if chain.faults.is_empty() {
        let anchor = chain.anchor.as_deref().unwrap_or(&chain.issuer);
        return (
            Check::Tls,
            vantage,
            Status::Pass,
            format!(
                "{whose} trusts {}{until}{assumed}",
                sanitize_line(anchor, 60)
            ),
            None,
        );
    }
    let faults: Vec<String> = chain.faults.iter().map(fault_words).collect();
    let bundle = if chain.bundle_remarks.is_empty() {
        String::new()
    } else {
        format!("; {}", chain.bundle_remarks.join("; "))
    };
    let limits = chain
        .faults
        .iter()
        .all(|fault| matches!(fault, ChainFault::OurLimits { .. }));
    let status = if chain.tolerated || limits {
        Status::Warn
    } else {
        Status::Fail
    };
    let tolerated = if chain.tolerated {
        " (not checked by the nodes: insecureRegistries)"
    } else {
        ""
    };
    (
        Check::Tls,
        vantage,
        status,
        format!("{whose}: {}{bundle}{assumed}{tolerated}", faults.join("; ")),
        None,
    )
}

/// One fault of a chain in words.
pub fn fault_words(fault: &ChainFault) -> String {
    let on = |at: &Option<jiff::Timestamp>| {
        at.map_or_else(
            || "an unreadable date".to_owned(),
            |at| at.strftime("%Y-%m-%d").to_string(),
        )
    };
    match fault {
        ChainFault::Expired { who, at, is_ca } => format!(
            "{}{} expired on {}",
            if *is_ca { "the CA " } else { "" },
            sanitize_line(who, 60),
            on(at)
        ),
        ChainFault::NotYetValid { who, from } => {
            format!("{} is valid from {}", sanitize_line(who, 60), on(from))
        }
        ChainFault::WrongName {
            presented,
            only_common_name,
        } => {
            let names: Vec<String> = presented
                .iter()
                .map(|name| sanitize_line(name, 60))
                .collect();
            match (names.as_slice(), only_common_name) {
                (_, true) => {
                    "the certificate has its name in the common name only, which Go ignores"
                        .to_owned()
                }
                ([], false) => "the certificate is for no name at all".to_owned(),
                (names, false) => format!("the certificate is for {}", list(names, 3)),
            }
        }
        ChainFault::UnknownIssuer { issuer, missing } => match missing {
            Some(missing) => format!(
                "the server leaves out {}, {missing}",
                sanitize_line(issuer, 60)
            ),
            None => format!("nobody vouches for {}", sanitize_line(issuer, 160)),
        },
        ChainFault::UnfitIssuer { words }
        | ChainFault::UnfitLeaf { words }
        | ChainFault::OurLimits { words } => sanitize_line(words, 140),
    }
}

fn source(source: &SourceFact) -> Line {
    let check = if source.role.is_used() {
        Check::Credentials
    } else {
        Check::Wiring
    };
    let unused = match source.role {
        Role::Used | Role::Node => "",
        Role::Shadowed => ", behind the first",
        Role::Overridden => ", of the account, not in the pod's own list",
        Role::Late => ", given to the account after the pod was made",
        Role::Unlinked => ", not linked",
        Role::Elsewhere => ", in another namespace",
    };
    let (status, words) = match &source.state {
        SourceState::Missing => (Status::Fail, "does not exist".to_owned()),
        SourceState::WrongType { found, .. } => (
            Status::Fail,
            format!("is of type {}, which is not read", sanitize_line(found, 60)),
        ),
        SourceState::Malformed { words } => (Status::Fail, sanitize_line(words, 140)),
        SourceState::Read(entries) => entries_words(entries),
    };
    config(check, status, format!("{}{unused}: {words}", source.name))
}

/// The entry that says most about this image: one that matches, else one that nearly does.
fn entries_words(entries: &[EntryFact]) -> (Status, String) {
    let key = |entry: &EntryFact| format!("key {:?}", sanitize_line(&entry.key, 80));
    if let Some(entry) = entries.iter().find(|entry| entry.matches) {
        let newline = if entry.trailing_newline {
            ", its password ends in a line end"
        } else {
            ""
        };
        let other = if entry.other_matcher {
            ""
        } else {
            ", which the other matcher does not take"
        };
        return match &entry.fault {
            Some(fault) => (Status::Fail, format!("{}: {fault}", key(entry))),
            None if entry.trailing_newline || !entry.other_matcher => (
                Status::Warn,
                format!("{} matches{other}{newline}", key(entry)),
            ),
            None => (Status::Pass, format!("{} matches", key(entry))),
        };
    }
    if let Some((entry, near)) = entries
        .iter()
        .find_map(|entry| Some((entry, entry.near_miss?)))
    {
        return (
            Status::Fail,
            format!("{} does not match: {near}", key(entry)),
        );
    }
    if let Some(entry) = entries.iter().find(|entry| {
        entry
            .fault
            .as_ref()
            .is_some_and(crate::model::docker_config::EntryFault::breaks_whole_keyring)
    }) {
        let fault = entry
            .fault
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        return (Status::Fail, format!("{}: {fault}", key(entry)));
    }
    (
        Status::Pass,
        format!(
            "{}, none for this registry",
            plural(entries.len(), "entry").replace("entrys", "entries")
        ),
    )
}

//! A secret that would do, and why the consumer does not use it: it stands behind another one, the pod's own list keeps it
//! out, the pod is older than the link, nothing names it, it is in another namespace.

use super::secrets::absent;
use super::{Case, Rule};
use crate::doctor::answer::Meaning;
use crate::doctor::causes::Cause;
use crate::doctor::evidence::{CandidateFact, Fact, ListOrigin, Role, WiringFact};
use crate::doctor::finding::Finding;
use crate::doctor::target::{Consumer, Operation};
use crate::model::observation::{LoginVerdict, PingKind, PushVerdict};

pub(super) const RULES: &[Rule] = &[kept_out, shadowed];

/// Where it is seen that the consumer gets nothing for want of good credentials.
pub(super) struct TurnedAway {
    pub(super) at: usize,
    /// Seen from here; else it is only what the cluster says, while this machine does not reach the registry.
    pub(super) seen: bool,
}

/// The consumer is refused for what it sends, or for sending nothing.
pub(super) fn turned_away(case: &Case<'_>) -> Option<TurnedAway> {
    let seen = match case.subject.operation {
        Operation::Push => refused_push(case),
        _ => case.refused().map(|attempt| attempt.at),
    };
    let by_words = || {
        let (voice, words) = case.voices.own_now()?;
        let auth = words.points_at == "auth" && words.shows_an_answer();
        (auth && !case.answered()).then_some(voice.at)
    };
    match seen {
        Some(at) => Some(TurnedAway { at, seen: true }),
        None => by_words().map(|at| TurnedAway { at, seen: false }),
    }
}

/// A push that nobody makes without a login, or with a bad one.
fn refused_push(case: &Case<'_>) -> Option<usize> {
    let denied = case
        .push()
        .filter(|(_, push)| matches!(push.verdict, PushVerdict::Denied { .. }))
        .map(|(at, _)| at);
    let refused = || {
        super::push::first_login(case)
            .filter(|(_, _, verdict)| matches!(verdict, LoginVerdict::Refused { .. }))
            .map(|(at, ..)| at)
    };
    let nothing_to_send = || {
        let (at, ping) = case.ping?;
        let wanted = ping.kind == PingKind::Challenge;
        (wanted && !case.has_used_candidate() && !case.credentials_unread()).then_some(at)
    };
    denied.or_else(refused).or_else(nothing_to_send)
}

/// A credential that the consumer does not use.
struct Good<'a> {
    candidate: &'a CandidateFact,
    because: Vec<usize>,
    /// The registry gave the image for it, and did not only take the login, or was never asked.
    proved: bool,
    /// It was tried in some way.
    tried: bool,
}

/// The best credential of a role: one that gets the image, else one whose login is accepted, else one that could not be
/// tried.
fn good<'a>(case: &Case<'a>, role: Role) -> Option<Good<'a>> {
    let of_role = || {
        case.candidates
            .iter()
            .filter(move |known| known.role == role)
    };
    let delivered = case.unused.iter().find_map(|attempt| {
        let candidate = attempt.candidate.filter(|known| known.role == role)?;
        attempt.delivered().then(|| Good {
            candidate,
            because: attempt.because(),
            proved: true,
            tried: true,
        })
    });
    let login_of = |candidate: &CandidateFact| {
        case.logins()
            .into_iter()
            .find(|(_, login)| login.credential == Some(candidate.index))
    };
    let accepted = || {
        // For a pull the manifest is what tells.
        of_role()
            .filter(|_| case.subject.operation == Operation::Push)
            .find_map(|candidate| {
                let (at, login) = login_of(candidate)?;
                (login.verdict == LoginVerdict::Accepted).then(|| Good {
                    candidate,
                    because: vec![at],
                    proved: false,
                    tried: true,
                })
            })
    };
    let untried = || {
        of_role()
            .find(|candidate| {
                let asked = case
                    .used
                    .iter()
                    .chain(&case.unused)
                    .filter(|attempt| attempt.view.credential == Some(candidate.index))
                    .any(|attempt| !matches!(attempt.meaning, Meaning::NoAnswer(_)));
                !asked && login_of(candidate).is_none()
            })
            .map(|candidate| Good {
                candidate,
                because: Vec::new(),
                proved: false,
                tried: false,
            })
    };
    delivered.or_else(accepted).or_else(untried)
}

/// Position of the line on a source.
fn line_of(case: &Case<'_>, candidate: &CandidateFact) -> Option<usize> {
    case.sources()
        .into_iter()
        .find(|(_, source)| source.name == candidate.source)
        .map(|(at, _)| at)
}

pub(super) fn wiring<'a>(case: &Case<'a>) -> Option<(usize, &'a WiringFact)> {
    case.one(|fact| match fact {
        Fact::Wiring(wiring) => Some(wiring),
        _ => None,
    })
}

/// The good secret that is not used, with the most exact reason: of several, one that was proved; of these, the one that is
/// nearest to being used.
fn kept_out(case: &Case<'_>) -> Option<Finding> {
    let away = turned_away(case)?;
    let (role, good) = [
        Role::Overridden,
        Role::Late,
        Role::Unlinked,
        Role::Elsewhere,
    ]
    .into_iter()
    .filter_map(|role| Some((role, good(case, role)?)))
    .min_by_key(|(role, good)| (!good.proved, !good.tried, *role))?;
    let (cause, why) = reason(case, role, &good);
    let does = if good.proved {
        "gets the image"
    } else if good.tried {
        "is accepted by the registry"
    } else {
        "has an entry for the registry"
    };
    let summary = format!("{} {does}, and {why}", good.candidate.source);
    let mut because = vec![away.at];
    because.extend(&good.because);
    because.extend(line_of(case, good.candidate));
    because.extend(wiring(case).map(|(at, _)| at));
    if role == Role::Overridden {
        // What the list names instead, and is not there: the other way to mend it.
        because.extend(absent(case).map(|(at, _)| at));
    }
    let finding = if good.proved && away.seen {
        Finding::certain(cause, because, summary)
    } else {
        let others = if case.has_used_candidate() {
            [Cause::BadCredentials, Cause::PullDenied]
        } else {
            [Cause::NoCredentials, Cause::RepositoryMissing]
        };
        Finding::likely(cause, because, summary)
            .or(others)
            .settled_by("a pull with that secret")
    };
    let mut finding = finding
        .secret(good.candidate.object.as_ref())
        .key(&good.candidate.key);
    finding.by_words = !away.seen;
    Some(finding)
}

/// The cause that a role stands for, and the second half of the sentence on it.
fn reason(case: &Case<'_>, role: Role, good: &Good<'_>) -> (Cause, String) {
    let consumer = &case.subject.consumer;
    let who = consumer.words();
    let account = consumer.account().unwrap_or("default");
    match role {
        Role::Overridden => (
            Cause::SecretOverridden,
            format!(
                "the service account {account} has it; {who} names pull secrets of its own, and so gets none of the account's"
            ),
        ),
        Role::Late => (
            Cause::PodPredatesLink,
            format!("the service account {account} was given it after {who} was made"),
        ),
        Role::Elsewhere => {
            let place = good
                .candidate
                .object
                .as_ref()
                .map_or("another namespace", |(namespace, _)| namespace.as_str());
            (
                Cause::SecretElsewhere,
                format!("it is in {place}, where {who} does not look"),
            )
        }
        _ => (Cause::SecretNotLinked, not_linked(case, &who)),
    }
}

/// Why nothing makes the consumer use a secret of its namespace.
fn not_linked(case: &Case<'_>, who: &str) -> String {
    let field = match case.subject.consumer {
        Consumer::BuildPush { .. } => "pushSecret",
        Consumer::BuildPull { .. } => "pullSecret",
        Consumer::Import { .. } => {
            return "imports pass it over (openshift.io/image.excludeSecret)".to_owned();
        }
        Consumer::Pod { ref account, .. }
            if matches!(
                wiring(case).map(|(_, wiring)| &wiring.origin),
                Some(ListOrigin::Copied { .. })
            ) =>
        {
            return format!("{who} runs as the service account {account}, which does not have it");
        }
        _ => return format!("{who} does not use it"),
    };
    match wiring(case).map(|(_, wiring)| &wiring.origin) {
        Some(ListOrigin::BuildField { field }) => {
            format!("the {field} of {who} is another one")
        }
        Some(ListOrigin::BuildAccount { account, list }) => format!(
            "{who} does not use it: it has no {field}, and {list} of the service account {account} does not name it"
        ),
        _ => format!("{who} does not use it"),
    }
}

/// Only the first match is sent, it is refused, and a good one stands behind it: imports (openshift-apiserver
/// `pkg/image/apiserver/importer/staticcredentials.go`) and builds (openshift/builder `pkg/build/builder/docker.go`). The
/// kubelet tries all that match.
fn shadowed(case: &Case<'_>) -> Option<Finding> {
    let pushes = case.subject.operation == Operation::Push;
    if !pushes && !case.subject.consumer.sends_first_only() {
        return None;
    }
    let away = turned_away(case).filter(|away| away.seen)?;
    // What anybody gets, a secret behind the first proves nothing about.
    if case
        .anonymous
        .as_ref()
        .is_some_and(super::Attempt::delivered)
    {
        return None;
    }
    let first = case.candidates.iter().find(|known| known.role.is_used())?;
    let refused_first = case.logins().iter().any(|(_, login)| {
        login.credential == Some(first.index)
            && matches!(login.verdict, LoginVerdict::Refused { .. })
    });
    let good = good(case, Role::Shadowed)
        .or_else(|| good(case, first.role).filter(|_| pushes && refused_first))
        .filter(|good| good.tried && good.candidate.index != first.index)?;
    let mut because = vec![away.at];
    because.extend(
        case.logins()
            .into_iter()
            .find(|(_, login)| login.credential == Some(first.index))
            .map(|(at, _)| at),
    );
    because.extend(&good.because);
    let verb = match case.subject.operation {
        Operation::Push => "a push",
        Operation::Import => "an import",
        _ => "a build",
    };
    let mut finding = Finding::certain(
        Cause::SecretShadowed,
        because,
        format!(
            "{verb} sends {} alone, which is refused; {} behind it is good",
            first.source, good.candidate.source
        ),
    )
    .secret(first.object.as_ref())
    .key(&first.key);
    finding.names.better.clone_from(&good.candidate.object);
    Some(finding)
}

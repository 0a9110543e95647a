//! What would tell the candidates of a reading apart, as commands that can be pasted.
//!
//! Fills in what the text names: its object when there is one, because then the consumer's own secrets and account are
//! looked at, else the image.

use super::case::Case;
use super::{Candidate, Known, Likelihood};
use crate::doctor::causes::Cause;
use crate::model::message::{Message, Symptom};

/// One thing that would settle it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settle {
    /// What it tells, in one sentence without a full stop.
    pub what: String,
    /// The command, an argument each; a whole command line, the program's name first.
    pub command: Vec<String>,
}

pub(super) fn of(case: &Case<'_>, candidates: &[Candidate], known: &Known<'_>) -> Vec<Settle> {
    let program = if known.program.is_empty() {
        "oc extreg"
    } else {
        known.program
    };
    let client = program.split(' ').next().unwrap_or("oc");
    let mut settles = Vec::new();
    let first = candidates.first();
    let bare = matches!(
        case.message.symptom,
        Symptom::NoCause | Symptom::PullSecretUnread
    );
    if bare && !case.imports() {
        settles.push(Settle {
            what: "the first Failed event has the words that carry a cause".to_owned(),
            command: events(case.message, client),
        });
    }
    if let Some(command) = doctor(case, program, known) {
        let certain = first.is_some_and(|first| first.likelihood == Likelihood::Certain);
        let what = if certain {
            "looks at it, and prints the remedy with its names filled in"
        } else {
            "asks the registry, with the credentials that would really be sent and without, and names one cause"
        };
        settles.push(Settle {
            what: what.to_owned(),
            command,
        });
    }
    if let Some(command) = from_node(case, candidates, program, known) {
        settles.push(Settle {
            what: "asks from a node as well, which may stand behind another proxy, mirror, clock or trust than this machine"
                .to_owned(),
            command,
        });
    }
    if let Some(first) = first {
        let mut command: Vec<String> = program.split(' ').map(str::to_owned).collect();
        command.extend(["explain".to_owned(), first.cause.id().to_owned()]);
        settles.push(Settle {
            what: "tells how to know this cause, and how to mend it".to_owned(),
            command,
        });
    }
    settles
}

/// The `doctor` command for what the text names; `None` where it names nothing that can be looked at.
fn doctor(case: &Case<'_>, program: &str, known: &Known<'_>) -> Option<Vec<String>> {
    let mut command: Vec<String> = program.split(' ').map(str::to_owned).collect();
    command.push("doctor".to_owned());
    match (
        &case.message.object,
        known.image.or(case.message.image.as_deref()),
    ) {
        (Some(object), _) => {
            command.push(format!("{}/{}", object.kind, object.name));
            if let Some(namespace) = &object.namespace {
                command.extend(["-n".to_owned(), namespace.clone()]);
            }
        }
        (None, Some(image)) => command.push(image.to_owned()),
        (None, None) => return None,
    }
    if case.pushes() {
        command.push("--push".to_owned());
    }
    Some(command)
}

/// The same from a node, where one of the first three candidates lies with nodes, so that an answer from here proves
/// nothing; not for an import, which no node makes, and not for a push.
fn from_node(
    case: &Case<'_>,
    candidates: &[Candidate],
    program: &str,
    known: &Known<'_>,
) -> Option<Vec<String>> {
    let mut likely = candidates.iter().take(3);
    let certain = likely
        .clone()
        .next()
        .is_some_and(|first| first.likelihood == Likelihood::Certain);
    let by_node = likely.any(|candidate| {
        matches!(
            candidate.cause,
            Cause::Dns
                | Cause::Timeout
                | Cause::Proxy
                | Cause::Mirror
                | Cause::UnknownCa
                | Cause::ClusterTrustMissing
        )
    });
    if certain || !by_node || !case.is_node() || case.imports() || case.pushes() {
        return None;
    }
    let mut command = doctor(case, program, known)?;
    command.push("--from-node".to_owned());
    Some(command)
}

fn events(message: &Message, client: &str) -> Vec<String> {
    let mut command = vec![client.to_owned(), "get".to_owned(), "events".to_owned()];
    let object = message.object.as_ref();
    if let Some(namespace) = object.and_then(|object| object.namespace.as_ref()) {
        command.extend(["-n".to_owned(), namespace.clone()]);
    }
    let mut selector = "reason=Failed".to_owned();
    if let Some(object) = object {
        selector = format!("involvedObject.name={},{selector}", object.name);
    }
    command.extend([
        "--field-selector".to_owned(),
        selector,
        "--sort-by=.metadata.creationTimestamp".to_owned(),
    ]);
    command
}

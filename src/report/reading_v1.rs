//! What a message can mean, as JSON, version `extreg.dev/v1`.
//!
//! Within v1 fields and values are only added. The published schema is `docs/message-reading.schema.json`.

use serde::Serialize;

use crate::doctor::reading::Reading;
use crate::model::message::{Message, Operation};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReadingV1<'a> {
    api_version: &'static str,
    kind: &'static str,
    runtime: &'static str,
    operation: Option<&'static str>,
    image: Option<&'a str>,
    object: Option<ObjectV1<'a>>,
    asked_host: Option<&'a str>,
    status: Option<u16>,
    code: Option<&'a str>,
    words: &'a str,
    symptom: &'static str,
    points_at: &'static str,
    candidates: Vec<CandidateV1<'a>>,
    settles: Vec<SettleV1<'a>>,
    mirrors: Vec<OtherV1<'a>>,
    others: Vec<OtherV1<'a>>,
}

#[derive(Serialize)]
struct ObjectV1<'a> {
    kind: &'static str,
    name: &'a str,
    namespace: Option<&'a str>,
}

#[derive(Serialize)]
struct CandidateV1<'a> {
    cause: &'static str,
    likelihood: &'static str,
    why: &'a str,
}

#[derive(Serialize)]
struct SettleV1<'a> {
    what: &'a str,
    command: &'a [String],
}

/// A failure beside the one that is read.
#[derive(Serialize)]
struct OtherV1<'a> {
    image: Option<&'a str>,
    words: &'a str,
    symptom: &'static str,
}

/// The first failure whole, the others of the text by their words; pretty, ending in a line end.
pub fn render(read: &[(&Message, Reading)]) -> String {
    let Some((first, others)) = read.split_first() else {
        return String::new();
    };
    let (message, reading) = (first.0, &first.1);
    let value = ReadingV1 {
        api_version: "extreg.dev/v1",
        kind: "MessageReading",
        runtime: message.runtime.id(),
        operation: message.operation.map(Operation::id),
        image: message.image.as_deref(),
        object: message.object.as_ref().map(|object| ObjectV1 {
            kind: object.kind,
            name: &object.name,
            namespace: object.namespace.as_deref(),
        }),
        asked_host: message.asked_host.as_deref(),
        status: message.status,
        code: message.code,
        words: &message.words,
        symptom: message.symptom.id(),
        points_at: reading.points_at,
        candidates: reading
            .candidates
            .iter()
            .map(|candidate| CandidateV1 {
                cause: candidate.cause.id(),
                likelihood: candidate.likelihood.id(),
                why: &candidate.why,
            })
            .collect(),
        settles: reading
            .settles
            .iter()
            .map(|settle| SettleV1 {
                what: &settle.what,
                command: &settle.command,
            })
            .collect(),
        mirrors: message.mirrors.iter().map(other).collect(),
        others: others.iter().map(|(message, _)| other(message)).collect(),
    };
    // Strings, numbers and lists of them: there is nothing that could fail.
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

fn other(message: &Message) -> OtherV1<'_> {
    OtherV1 {
        image: message.image.as_deref(),
        words: &message.words,
        symptom: message.symptom.id(),
    }
}

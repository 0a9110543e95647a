//! Reads the text of a failed pull, push or import, wherever it was copied from, into a typed failure.
//!
//! Takes status messages, events, `describe` output, journal lines, build logs, and JSON or YAML of any of these. Knows how
//! runtimes and registries word things; does not judge what the words mean (`doctor::reading` does), and asks nobody.

mod clean;
mod hide;
mod lines;
mod names;
mod phrases;
mod progress;
mod read;
mod speaker;
mod structured;
mod symptom;
#[cfg(test)]
mod tests;

pub use symptom::{Operation, Runtime, Symptom};

/// One failure, as its words have it. Every text in it is cleaned (one line, nothing that steers a terminal) and holds no
/// password or token that stood in the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub runtime: Runtime,
    /// The image that was wanted, as the message spells it.
    pub image: Option<String>,
    pub operation: Option<Operation>,
    /// The URL that failed, without query.
    pub url: Option<String>,
    /// `host[:port]` that was really asked. Differs from the image's registry for a mirror, a token service, a
    /// redirect, or a name without registry.
    pub asked_host: Option<String>,
    /// The HTTP status, where the words name one.
    pub status: Option<u16>,
    /// The registry's error code (`MANIFEST_UNKNOWN`), from its own spelling or from how clients spell it.
    pub code: Option<&'static str>,
    pub symptom: Symptom,
    /// What the same words say as well, where more than one reading fits them.
    pub beside: Vec<Symptom>,
    /// The words that tell the cause, without wrappers.
    pub words: String,
    /// Whether the text (also) says that pulls are being held back.
    pub back_off: bool,
    /// Whether the kubelet's words stand around it: the pull is a pod's, with a pod's secrets.
    pub for_pod: bool,
    /// Whether the lines around the failure tell of a login (`true`) or a logout (`false`) just before.
    pub logged_in: Option<bool>,
    /// The failures of mirrors that were asked first, in their order; the message's own symptom is the source's.
    pub mirrors: Vec<Self>,
    /// The object that the text is about, where it names one.
    pub object: Option<Object>,
    /// Names of pull secrets that could not be read, or that are named as missing.
    pub secrets: Vec<String>,
}

/// An object of the cluster that a message is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// As `doctor` takes it: `pod`, `build`, `bc`, `is`.
    pub kind: &'static str,
    pub name: String,
    pub namespace: Option<String>,
}

/// More of a text is not read.
const MOST: usize = 1 << 20;

/// The failure that tells most of all that `text` tells; [`Symptom::Nothing`] where it speaks of none.
pub fn read(text: &str) -> Message {
    read_all(text)
        .into_iter()
        .next()
        .unwrap_or_else(|| Message::nothing(text))
}

/// Every failure in `text`, the one that tells most first, otherwise in the order of the text; empty where the text speaks
/// of none. The first mebibyte is read.
pub fn read_all(text: &str) -> Vec<Message> {
    let text = hide::secrets(head(text));
    let pieces = structured::pieces(&text).unwrap_or_else(|| {
        let plain = clean::plain(&text);
        lines::pieces(&hide::secrets(&plain))
    });
    let mut found = failures(&pieces, pieces.len() == 1);
    // Nothing that tells a cause by itself: the text as a whole says that it is about an image.
    if found
        .first()
        .is_none_or(|first| read::weight(first.symptom) <= read::VAGUE)
        && pieces.iter().any(|piece| read::is_about(&piece.text))
    {
        found.extend(failures(&pieces, true));
        found.sort_by_key(|message| std::cmp::Reverse(read::weight(message.symptom)));
        found.dedup();
    }
    complete(&mut found, &pieces);
    found
}

/// The failures of the pieces, the one that tells most first. `all`: common words count in every piece.
fn failures(pieces: &[lines::Piece], all: bool) -> Vec<Message> {
    let mut found: Vec<Message> = Vec::new();
    let mut aside: Vec<bool> = Vec::new();
    for piece in pieces {
        let message = read::piece(piece, all);
        let known = found.iter().any(|known| {
            let again = known.url.is_some() && known.url == message.url;
            known.symptom == message.symptom && (known.words == message.words || again)
        });
        if message.symptom != Symptom::Nothing && !known {
            aside.push(lines::is_aside(&piece.text));
            found.push(message);
        }
    }
    let mut order: Vec<(bool, Message)> = aside.into_iter().zip(found).collect();
    order.sort_by_key(|(aside, message)| {
        // An attempt that the speaker itself goes on after tells less than what it ended with.
        std::cmp::Reverse((read::weight(message.symptom), !aside))
    });
    order.into_iter().map(|(_, message)| message).collect()
}

/// Tells the first failure what other pieces of the text tell about it.
fn complete(found: &mut [Message], pieces: &[lines::Piece]) {
    let back_off = found.iter().any(|message| message.back_off);
    let secrets: Vec<String> = found
        .iter()
        .filter(|message| message.symptom == Symptom::PullSecretUnread)
        .flat_map(|message| message.secrets.clone())
        .collect();
    let images: std::collections::BTreeSet<String> = pieces
        .iter()
        .filter_map(|piece| piece.image.clone().or_else(|| read::image_of(&piece.text)))
        .collect();
    let only = images.iter().next().filter(|_| images.len() == 1).cloned();
    let objects: Vec<&Object> = pieces
        .iter()
        .filter_map(|piece| piece.object.as_ref())
        .collect();
    let object = objects
        .first()
        .filter(|first| objects.iter().all(|other| other == *first));
    if let Some(first) = found.first_mut() {
        first.back_off |= back_off;
        first.image = first.image.take().or(only);
        first.object = first
            .object
            .take()
            .or_else(|| object.map(|object| (*object).clone()));
        for secret in secrets {
            if !first.secrets.contains(&secret) {
                first.secrets.push(secret);
            }
        }
        progress::complete(first, pieces);
    }
}

fn head(text: &str) -> &str {
    let mut end = text.len().min(MOST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

impl Message {
    /// A text in which nothing is recognised.
    fn nothing(text: &str) -> Self {
        Self {
            runtime: Runtime::Other,
            image: None,
            operation: None,
            url: None,
            asked_host: None,
            status: None,
            code: None,
            symptom: Symptom::Nothing,
            beside: Vec::new(),
            words: super::sanitize::sanitize_line(&hide::secrets(head(text)), 200),
            back_off: false,
            for_pod: false,
            logged_in: None,
            mirrors: Vec::new(),
            object: None,
            secrets: Vec::new(),
        }
    }
}

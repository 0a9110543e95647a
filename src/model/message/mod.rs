//! Reads the text of a failed pull, push or import, wherever it was copied from, into a typed failure.
//!
//! Takes status messages, events, `describe` output, journal lines, build logs, and JSON or YAML of any of these. Knows how
//! runtimes and registries word things; does not judge what the words mean (`doctor::reading` does), and asks nobody.

mod symptom;

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
    /// The words that tell the cause, without wrappers.
    pub words: String,
    /// Whether the text (also) says that pulls are being held back.
    pub back_off: bool,
    /// The failures of mirrors that were asked first, in their order; the message's own symptom is the source's.
    pub mirrors: Vec<Message>,
    /// The object that the text is about, where it names one.
    pub object: Option<Object>,
    /// Names of pull secrets that could not be read, or that are named as missing.
    pub secrets: Vec<String>,
}

/// An object of the cluster that a message is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// As `doctor` takes it: `pod`, `build`, `istag`.
    pub kind: &'static str,
    pub name: String,
    pub namespace: Option<String>,
}

/// The failure that tells most of all that `text` tells.
pub fn read(text: &str) -> Message {
    read_all(text)
        .into_iter()
        .next()
        .unwrap_or_else(|| Message::nothing(text))
}

/// Every failure in `text`, the one that tells most first; empty where the text speaks of none.
pub fn read_all(text: &str) -> Vec<Message> {
    let message = Message::nothing(text);
    if message.words.is_empty() {
        Vec::new()
    } else {
        vec![message]
    }
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
            words: super::sanitize::sanitize_line(text, 2000),
            back_off: false,
            mirrors: Vec::new(),
            object: None,
            secrets: Vec::new(),
        }
    }
}

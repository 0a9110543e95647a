//! What one journal file says.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cluster::{ObjectRef, kinds};
use crate::plan::undo::Undo;

/// The version of the format that this tool writes, and the newest that it reads.
pub(super) const VERSION: u32 = 1;

/// Who makes a run, and where.
#[derive(Debug, Clone)]
pub struct Header {
    pub verb: &'static str,
    pub context: Option<String>,
    /// The URL of the API server: `undo` refuses on another.
    pub server: String,
    /// The run that this one takes back.
    pub undoes: Option<String>,
}

/// One run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    pub version: u32,
    /// Begins with the time, so that names sort by age.
    pub id: String,
    pub verb: String,
    pub started_at: Timestamp,
    pub context: Option<String>,
    pub server: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone: Option<Undone>,
    /// False while the run is under way, and for good when it was killed.
    pub finished: bool,
    pub changes: Vec<Entry>,
}

/// The run was taken back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Undone {
    pub at: Timestamp,
    /// The run that did it; `None` when there was nothing left to do.
    pub by: Option<String>,
}

/// One change of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub api_version: String,
    pub kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// In the words of the printed line: `linked (pull)`.
    pub what: String,
    pub state: State,
    /// What the touched places held before, by JSON pointer; null for an object that did not exist, or is a secret.
    pub before: Value,
    pub undo: Undo,
}

/// How far a change came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It was going to be made; whether it was is known only once the run is finished.
    Intended,
    Made,
    NotMade,
}

impl Entry {
    /// The object, when it is of a kind that this version knows.
    pub fn object(&self) -> Option<ObjectRef> {
        kinds::ALL
            .iter()
            .find(|kind| kind.kind == self.kind && kind.api_version() == self.api_version)
            .map(|kind| kind.object(self.namespace.as_deref(), &self.name))
    }
}

impl Record {
    /// The changes that were made, or may have been.
    pub fn made(&self) -> impl Iterator<Item = &Entry> {
        self.changes
            .iter()
            .filter(|entry| entry.state != State::NotMade)
    }
}

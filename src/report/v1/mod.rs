//! The report, version `extreg.dev/v1`: structs of its own, so that the inner types may change freely.
//!
//! Within v1 fields and values are only added; what this version does not know is left out when a report is read again.
//! Words of a fixed vocabulary stay text here, because a later version may have more of them. The published schema is
//! `docs/doctor-report.schema.json`.

mod check;
mod make;
mod names;
mod read;
mod texts;

use std::borrow::Cow;
use std::io::{self, BufWriter, Write};

use serde::{Deserialize, Serialize};

use crate::doctor::causes::Cause;
use crate::doctor::diagnosis::Outcome;

pub use check::{Remark, remarks};
pub use make::judged;
pub use names::Names;
pub use read::{LARGEST, ReadError, read};
pub(crate) use texts::Sort;

/// What `apiVersion` says.
pub const API_VERSION: &str = "extreg.dev/v1";
/// What `kind` says.
pub const KIND: &str = "DoctorReport";

/// A word of a fixed vocabulary, or one that a later version added to it.
pub type Word = Cow<'static, str>;

/// A whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    pub api_version: Word,
    pub kind: Word,
    pub tool: Tool,
    /// UTC, RFC 3339, whole seconds.
    pub started_at: String,
    pub elapsed_ms: u64,
    /// The user stopped the run; this is what was known by then.
    #[serde(default, skip_serializing_if = "is_false")]
    pub interrupted: bool,
    /// Names were replaced by placeholders.
    #[serde(default, skip_serializing_if = "is_false")]
    pub redacted: bool,
    pub cluster: Option<Cluster>,
    pub summary: Summary,
    pub results: Vec<Judged>,
    #[serde(default, skip_serializing_if = "Names::is_empty")]
    pub names: Names,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    pub name: Word,
    pub version: Word,
    /// How the user calls it: `oc extreg`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<Word>,
}

/// The cluster that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    pub context: Option<String>,
    pub server: String,
    pub kubernetes: Option<String>,
    pub openshift: Option<String>,
    /// The namespace that the run was about; none where it was about several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub checked: usize,
    pub healthy: usize,
    pub failed: usize,
    pub undetermined: usize,
    /// What keeps how many targets from working, the commonest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<CauseCount>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CauseCount {
    pub cause: Word,
    pub targets: usize,
}

/// One image of one target, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Judged {
    pub target: Target,
    pub image: String,
    pub operation: Word,
    /// Who talks to the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consumer: Option<Consumer>,
    pub status: Word,
    pub cause: Option<Word>,
    pub family: Option<Word>,
    pub alternatives: Vec<Word>,
    /// What would settle it, where something is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_by: Option<String>,
    pub confidence: Word,
    pub summary: String,
    /// The things that the cause is about beside the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub involves: Option<Involved>,
    pub because: Vec<String>,
    /// What the cluster reported on the target; null where it reported nothing.
    pub observed: Option<Observed>,
    pub ruled_out: Vec<Word>,
    pub remedies: Vec<Remedy>,
    pub evidence: Vec<Evidence>,
}

/// Whose image it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Target {
    pub kind: Word,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<String>,
}

/// Who talks to the registry, which decides how credentials are found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumer {
    /// `ServiceAccount`, `Pod`, `Import`, `BuildPull`, `BuildPush`, `AuthFile`, `Anonymous`, `Credential`.
    pub kind: Word,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The service account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The file of credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// The things that a cause is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Involved {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretName>,
    /// The key in that secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Where it is not the image's own: a mirror.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    /// A reference that works, or should be tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SecretName {
    pub namespace: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Observed {
    pub source: Word,
    pub message: String,
    #[serde(default)]
    pub points_at: Option<Word>,
    /// The words point at another family than the cause is of.
    #[serde(default)]
    pub misleading: bool,
    /// The evidence that says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    pub summary: String,
    pub applicability: Word,
    pub changes: Vec<Changed>,
    pub commands: Vec<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    pub api_version: Word,
    pub kind: Word,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    pub id: String,
    pub check: Word,
    pub vantage: Word,
    pub status: Word,
    pub detail: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elapsed_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skip_reason: Option<Word>,
    /// What was taken for granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumed: Option<String>,
    /// Other evidence says it better; a short report leaves it out.
    #[serde(default, skip_serializing_if = "is_false")]
    pub aside: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

impl Report {
    /// As JSON, indented, with a line end.
    pub fn json(&self) -> String {
        // Plain structs of strings and numbers in memory have no way to fail.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// The same, piece by piece: of a large cluster it is long.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut out = BufWriter::new(out);
        serde_json::to_writer_pretty(&mut out, self)?;
        out.write_all(b"\n")?;
        out.flush()
    }

    /// How many results have this outcome, counted anew.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.results
            .iter()
            .filter(|result| result.outcome() == outcome)
            .count()
    }

    /// How the user calls the tool.
    pub fn command(&self) -> &str {
        self.tool.command.as_deref().unwrap_or("oc extreg")
    }
}

impl Judged {
    /// The word of the status; one that this version does not know is undetermined.
    pub fn outcome(&self) -> Outcome {
        [Outcome::Healthy, Outcome::Failed]
            .into_iter()
            .find(|outcome| outcome.word() == self.status)
            .unwrap_or(Outcome::Undetermined)
    }

    /// The cause, where this version knows it.
    pub fn known_cause(&self) -> Option<Cause> {
        Cause::from_id(self.cause.as_deref()?)
    }

    /// The evidence that the verdict rests on.
    pub fn because(&self) -> impl Iterator<Item = &Evidence> {
        self.because
            .iter()
            .filter_map(|id| self.evidence.iter().find(|item| item.id == *id))
    }
}

impl Target {
    /// An image of the command line, which is no object.
    pub fn is_image(&self) -> bool {
        self.name.is_none()
    }
}

//! A saved report, read again. It may come from anywhere: it is bounded, its texts are cleaned as if a registry had sent
//! them, and what is no report of this version is refused in words.

use serde::Deserialize;

use super::make::clean;
use super::{API_VERSION, KIND, Report};

/// Most bytes of a report that are read: 64 MiB.
pub const LARGEST: u64 = 64 << 20;

/// Why a text is no report that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("it is empty")]
    Empty,
    #[error("it is larger than 64 MiB, which no report is")]
    TooLarge,
    #[error("it ends in the middle (line {line}): it was cut off")]
    CutOff { line: usize },
    #[error("it is no JSON: {0}")]
    NoJson(String),
    #[error("it is no report of doctor: it has no apiVersion and no kind")]
    NoObject,
    #[error("it holds a {0}, not a DoctorReport")]
    OtherKind(String),
    #[error("it is of version {0}, and this version of the tool reads extreg.dev/v1")]
    OtherVersion(String),
    #[error("it is not as a report must be: {0}")]
    Shape(String),
}

/// The two fields that say what an object is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    #[serde(default)]
    api_version: Option<String>,
    #[serde(default)]
    kind: Option<String>,
}

/// The report in these bytes, every text of it cleaned.
///
/// # Errors
///
/// When they are too many, no JSON, or something else than a report of version `extreg.dev/v1`.
pub fn read(bytes: &[u8]) -> Result<Report, ReadError> {
    if bytes.len() as u64 > LARGEST {
        return Err(ReadError::TooLarge);
    }
    if bytes.trim_ascii().is_empty() {
        return Err(ReadError::Empty);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let head: Head = serde_json::from_slice(bytes).map_err(|error| refused(&error, true))?;
    match (head.kind.as_deref(), head.api_version.as_deref()) {
        (Some(KIND), Some(API_VERSION)) => {}
        (Some(KIND), Some(other)) => return Err(ReadError::OtherVersion(short(other))),
        (Some(KIND), None) => return Err(ReadError::OtherVersion("none".to_owned())),
        (Some(other), _) => return Err(ReadError::OtherKind(short(other))),
        (None, _) => return Err(ReadError::NoObject),
    }
    let mut report: Report =
        serde_json::from_slice(bytes).map_err(|error| refused(&error, false))?;
    report.each_text(&mut |_, text| {
        let cleaned = clean(text);
        if cleaned != *text {
            *text = cleaned;
        }
    });
    Ok(report)
}

fn refused(error: &serde_json::Error, head: bool) -> ReadError {
    use serde_json::error::Category;
    let words = || short(&error.to_string());
    match error.classify() {
        Category::Eof => ReadError::CutOff { line: error.line() },
        Category::Data if head => ReadError::NoObject,
        Category::Data => ReadError::Shape(words()),
        Category::Io | Category::Syntax => ReadError::NoJson(words()),
    }
}

fn short(text: &str) -> String {
    crate::ui::sanitize_line(text, 160)
}

//! Reads the answer to an ImageStreamImport: one status an image, or one refusal for all. Pure.

use serde_json::Value;

use super::{ImportAnswer, NotAsked};
use crate::cluster::ClusterError;
use crate::model::sanitize::sanitize_line;

/// A longer message is cut.
const MESSAGE_LIMIT: usize = 2000;

/// An image that the importer found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The digest of the manifest. Of a manifest list it is that of the one image for the importer's own platform
    /// (`manifestFromManifestList`: its own, then linux/amd64, then the first), unless the image was asked for by the
    /// digest of the list.
    pub digest: String,
    /// The reference by that digest.
    pub reference: String,
    /// As the image's config says it.
    pub architecture: Option<String>,
}

/// An import that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFailure {
    pub reason: ImportReason,
    /// The importer's words on one line, sanitised.
    pub message: String,
    /// The HTTP status that goes with the reason.
    pub code: u16,
}

/// The reason of a failed import. Source: openshift-apiserver `pkg/image/apiserver/importer/importer.go`
/// (`formatPingError`, `formatRepositoryError`, `imageImportStatus`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportReason {
    /// The registry's code `UNAUTHORIZED`, or it wants a login and there is none, or the login is wrong.
    Unauthorized,
    /// `MANIFEST_UNKNOWN`, or `NAME_UNKNOWN` when the registry was greeted.
    NotFound,
    /// TLS was spoken to a port of plain HTTP.
    BadRequest,
    /// The registry is among `blockedRegistries`.
    Forbidden,
    /// It answers, and not as a registry does.
    NotV2Registry,
    /// The reference does not parse, or `allowedRegistriesForImport` leaves the registry out.
    Invalid,
    /// Everything else: trust, names, time-outs, `DENIED`; the message tells, the reason does not.
    InternalError,
    Other(String),
}

impl ImportReason {
    fn of(word: &str) -> Self {
        match word {
            "Unauthorized" => Self::Unauthorized,
            "NotFound" => Self::NotFound,
            "BadRequest" => Self::BadRequest,
            "Forbidden" => Self::Forbidden,
            "NotV2Registry" => Self::NotV2Registry,
            "Invalid" => Self::Invalid,
            "InternalError" => Self::InternalError,
            other => Self::Other(sanitize_line(other, 60)),
        }
    }

    /// The word of the API.
    pub fn word(&self) -> &str {
        match self {
            Self::Unauthorized => "Unauthorized",
            Self::NotFound => "NotFound",
            Self::BadRequest => "BadRequest",
            Self::Forbidden => "Forbidden",
            Self::NotV2Registry => "NotV2Registry",
            Self::Invalid => "Invalid",
            Self::InternalError => "InternalError",
            Self::Other(word) => word,
        }
    }
}

/// The answers of an import of `count` images, in their order.
pub(super) fn read(import: &Value, count: usize) -> Vec<ImportAnswer> {
    let images = &import["status"]["images"];
    (0..count).map(|at| read_one(&images[at])).collect()
}

fn read_one(image: &Value) -> ImportAnswer {
    let status = &image["status"];
    let nonsense = || {
        ImportAnswer::NotAsked(NotAsked::Cluster(ClusterError::Other(
            "the API server answered an import without saying how it went".to_owned(),
        )))
    };
    match status["status"].as_str() {
        Some("Success") => {
            let Some(digest) = image["image"]["metadata"]["name"].as_str() else {
                return nonsense();
            };
            let text = |value: &Value| value.as_str().map(|text| sanitize_line(text, 500));
            ImportAnswer::Found(Imported {
                digest: sanitize_line(digest, 200),
                reference: text(&image["image"]["dockerImageReference"]).unwrap_or_default(),
                architecture: text(&image["image"]["dockerImageMetadata"]["Architecture"])
                    .filter(|word| !word.is_empty()),
            })
        }
        Some("Failure") => ImportAnswer::Failed(failure(
            status["reason"].as_str().unwrap_or_default(),
            status["message"].as_str().unwrap_or_default(),
            status["code"].as_u64(),
        )),
        _ => nonsense(),
    }
}

/// A failure as the API has it.
pub(in crate::cluster) fn failure(reason: &str, message: &str, code: Option<u64>) -> ImportFailure {
    ImportFailure {
        reason: ImportReason::of(reason),
        message: sanitize_line(message, MESSAGE_LIMIT),
        code: code
            .and_then(|code| u16::try_from(code).ok())
            .unwrap_or_default(),
    }
}

/// The images because of which the server refuses the whole request (422), by their places: those that the causes name
/// (`spec.images[1].from.name`), all of them when the causes name none.
pub(super) fn invalid(status: &Value, count: usize) -> Vec<(usize, ImportFailure)> {
    let causes = status["details"]["causes"].as_array();
    let mut named: Vec<(usize, ImportFailure)> = Vec::new();
    for cause in causes.into_iter().flatten() {
        let Some(at) = cause["field"].as_str().and_then(place) else {
            continue;
        };
        if at < count && named.iter().all(|(known, _)| *known != at) {
            let message = cause["message"].as_str().unwrap_or_default();
            named.push((at, failure("Invalid", message, Some(422))));
        }
    }
    if named.is_empty() {
        let message = status["message"].as_str().unwrap_or_default();
        named = (0..count)
            .map(|at| (at, failure("Invalid", message, Some(422))))
            .collect();
    }
    named
}

fn place(field: &str) -> Option<usize> {
    let rest = field.strip_prefix("spec.images[")?;
    rest.split_once(']')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_image_has_its_own_answer() {
        let import = json!({"status": {"images": [
            {"status": {"status": "Success"}, "image": {
                "metadata": {"name": "sha256:aa"}, "dockerImageReference": "r.example.com/x@sha256:aa",
                "dockerImageMetadata": {"Architecture": "amd64"}}},
            {"status": {"status": "Failure", "reason": "Unauthorized", "code": 401, "message": "you may not\nhave \u{1b}[1maccess"}},
            {"status": {}},
        ]}});
        let answers = read(&import, 4);
        assert!(
            matches!(&answers[0], ImportAnswer::Found(found) if found.digest == "sha256:aa"
            && found.architecture.as_deref() == Some("amd64"))
        );
        let ImportAnswer::Failed(failed) = &answers[1] else {
            panic!("{:?}", answers[1]);
        };
        assert_eq!(failed.reason, ImportReason::Unauthorized);
        assert_eq!(
            (failed.code, failed.message.as_str()),
            (401, "you may not have [1maccess")
        );
        for silent in &answers[2..] {
            assert!(matches!(silent, ImportAnswer::NotAsked(_)), "{silent:?}");
        }
    }

    #[test]
    fn a_refused_request_names_the_images() {
        let status = json!({"message": "all of it", "details": {"causes": [
            {"field": "spec.images[1].from.name", "message": "Forbidden: one"},
            {"field": "spec.images[1].from.name", "message": "Forbidden: again"},
            {"field": "spec.images[7].from.name", "message": "no such image"},
            {"field": "metadata.name", "message": "no image"},
        ]}});
        let named = invalid(&status, 3);
        assert_eq!(named.len(), 1);
        assert_eq!(
            (named[0].0, named[0].1.message.as_str()),
            (1, "Forbidden: one")
        );
        let all = invalid(&json!({"message": "all of it"}), 2);
        assert_eq!(all.len(), 2);
        assert_eq!(all[1].1.message, "all of it");
    }

    #[test]
    fn reasons_keep_their_words() {
        for word in [
            "Unauthorized",
            "NotFound",
            "BadRequest",
            "Forbidden",
            "NotV2Registry",
            "Invalid",
            "InternalError",
            "New",
        ] {
            assert_eq!(ImportReason::of(word).word(), word);
        }
    }
}

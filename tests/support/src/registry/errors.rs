//! What can be wrong with a request that is allowed, and distribution's way of saying it.

use serde_json::{Value, json};

use crate::web::Reply;

/// A failure that is about content, not about rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// No such route.
    PageNotFound,
    /// A route that does not take this method.
    MethodNotAllowed,
    /// The repository is not there (`tags/list`, or an upload where repositories must exist first).
    RepositoryMissing {
        repository: String,
    },
    /// There is no manifest under that tag or digest; `repository_exists` says whether that is all.
    ManifestMissing {
        repository: String,
        reference: String,
        repository_exists: bool,
    },
    /// There is one, and the `Accept` header does not allow its type.
    NotAccepted {
        found: Unaccepted,
    },
    /// A Docker manifest that cannot be rewritten to the schema 1 that an empty `Accept` stands for.
    NotConvertible,
    /// A manifest list without the linux/amd64 image that an `Accept` without lists stands for.
    NoDefaultPlatform,
    /// The reference looks like a digest and is none.
    MalformedReference {
        repository: String,
        reference: String,
    },
    BlobMissing {
        repository: String,
        digest: String,
    },
    DigestInvalid,
    UploadUnknown,
    /// The upload cannot go on: how far it is does not fit what is there.
    UploadInvalid,
    /// A part that does not begin where the upload is.
    RangeInvalid,
    ManifestInvalid,
    /// A manifest was pushed before what it refers to.
    ManifestBlobUnknown {
        digest: String,
    },
}

/// The types that have to be accepted by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unaccepted {
    OciManifest,
    OciIndex,
}

/// The message for [`Problem::NotAccepted`]; registries spell the header's name differently.
pub(crate) fn not_accepted(found: Unaccepted, header: &str) -> String {
    let (one, many) = match found {
        Unaccepted::OciManifest => ("OCI manifest", "OCI manifests"),
        Unaccepted::OciIndex => ("OCI index", "OCI indexes"),
    };
    format!("{one} found, but {header} header does not support {many}")
}

/// `{"errors":[{"code","message","detail"}]}`, the shape of distribution's `errcode`.
pub(crate) fn error_body(code: &str, message: &str, detail: &Value) -> Value {
    json!({"errors": [{"code": code, "message": message, "detail": detail}]})
}

/// A reply in that shape.
pub(crate) fn error(status: u16, code: &str, message: &str, detail: &Value) -> Reply {
    Reply::json(status, &error_body(code, message, detail))
}

/// A reply in that shape without any detail.
pub(crate) fn plain_error(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(
        status,
        &json!({"errors": [{"code": code, "message": message}]}),
    )
}

/// As distribution 2.8 says it (measured on the Debian package's 2.8.2).
pub(crate) fn distribution(problem: &Problem) -> Reply {
    match problem {
        Problem::PageNotFound => {
            Reply::text(404, "404 page not found\n").header("x-content-type-options", "nosniff")
        }
        Problem::MethodNotAllowed => Reply::text(405, "Method not allowed\n")
            .header("allow", "DELETE, GET, HEAD, PUT")
            .header("x-content-type-options", "nosniff"),
        Problem::RepositoryMissing { repository } => error(
            404,
            "NAME_UNKNOWN",
            "repository name not known to registry",
            &json!({"name": repository}),
        ),
        Problem::ManifestMissing {
            repository,
            reference,
            ..
        } => {
            let detail = if reference.contains(':') {
                json!({"Name": repository, "Revision": reference})
            } else {
                json!({"Tag": reference})
            };
            error(404, "MANIFEST_UNKNOWN", "manifest unknown", &detail)
        }
        Problem::NotAccepted { found } => {
            plain_error(404, "MANIFEST_UNKNOWN", &not_accepted(*found, "accept"))
        }
        Problem::NoDefaultPlatform => plain_error(404, "MANIFEST_UNKNOWN", "manifest unknown"),
        Problem::NotConvertible | Problem::ManifestInvalid => {
            error(400, "MANIFEST_INVALID", "manifest invalid", &json!({}))
        }
        Problem::MalformedReference {
            repository,
            reference,
        } => error(
            500,
            "UNKNOWN",
            "unknown error",
            &json!({
                "Path": format!(
                    "/docker/registry/v2/repositories/{repository}/_manifests/tags/{reference}/current/link"
                ),
                "DriverName": "filesystem",
            }),
        ),
        Problem::BlobMissing { digest, .. } => error(
            404,
            "BLOB_UNKNOWN",
            "blob unknown to registry",
            &json!(digest),
        ),
        Problem::DigestInvalid => error(
            400,
            "DIGEST_INVALID",
            "provided digest did not match uploaded content",
            &json!({}),
        ),
        Problem::UploadUnknown => error(
            404,
            "BLOB_UPLOAD_UNKNOWN",
            "blob upload unknown to registry",
            &json!({}),
        ),
        Problem::UploadInvalid => plain_error(404, "BLOB_UPLOAD_INVALID", "blob upload invalid"),
        Problem::RangeInvalid => plain_error(416, "RANGE_INVALID", "invalid content range"),
        Problem::ManifestBlobUnknown { digest } => error(
            400,
            "MANIFEST_BLOB_UNKNOWN",
            "blob unknown to registry",
            &json!(digest),
        ),
    }
}

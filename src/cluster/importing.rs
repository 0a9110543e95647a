//! ImageStreamImports for real, and their dry runs in the very words of the import to come. Only [`crate::apply`] posts
//! one with `spec.import: true`.
//!
//! The API server's own `dryRun` is never sent: openshift-apiserver passes it over and imports
//! (`pkg/image/apiserver/registry/imagestreamimport/rest.go` `Create`); `spec.import` alone decides.

use http::Method;
use serde_json::{Value, json};

use super::faults::{self, Subject};
use super::opinion::{IMAGE_STREAM_IMPORT, ImportFailure, failure};
use super::path::Path;
use super::transport::Call;
use super::{Cluster, ClusterError, kinds};
use crate::model::sanitize::sanitize_line;

/// Fifty images with all their layers come to some hundred KiB; a longer answer than this is not read.
const ANSWER_LIMIT: usize = 32 * 1024 * 1024;

/// One image, or why it could not be had.
pub type ImageAnswer = Result<ImportedImage, ImportFailure>;

/// What the API server answers.
#[derive(Debug, Clone)]
pub struct ImportResult {
    /// One an image of the request, in their order.
    pub images: Vec<ImageAnswer>,
    /// For a request about a whole repository.
    pub repository: Option<RepositoryResult>,
    /// The stream afterwards; `None` for a dry run.
    pub stream: Option<Value>,
}

/// What it answers about a whole repository.
#[derive(Debug, Clone)]
pub struct RepositoryResult {
    /// Its tags, or why they could not be had.
    pub tags: Result<Vec<(String, ImageAnswer)>, ImportFailure>,
    /// Tags that it has beyond what the server takes at one time (50 by default).
    pub more: Vec<String>,
}

/// An image that was had. All text is sanitised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedImage {
    /// `sha256:...`, of the index with `PreserveOriginal`.
    pub digest: String,
    /// Where it is pulled from, by that digest.
    pub reference: String,
    /// `os/architecture[/variant]`; those of an index that was kept, else the one that was taken.
    pub platforms: Vec<String>,
}

impl Cluster {
    /// Posts an ImageStreamImport. With `spec.import: true` it writes: see the module.
    ///
    /// # Errors
    ///
    /// What the server refuses as a whole: rights, [`ClusterError::Invalid`] for images that it may not import,
    /// [`ClusterError::Conflict`] when the stream is not as `metadata.resourceVersion` says.
    pub async fn import_images(
        &self,
        namespace: &str,
        request: &Value,
    ) -> Result<ImportResult, ClusterError> {
        let call = Call {
            method: Method::POST,
            path: Path::collection(IMAGE_STREAM_IMPORT, Some(namespace)).finish(),
            body: Some(("application/json", request.to_string().into_bytes())),
            accept: "application/json",
            limit: Some(ANSWER_LIMIT),
            unasked: false,
        };
        let answer = self.session.call(&call).await?;
        let subject = Subject::kind("create", IMAGE_STREAM_IMPORT, Some(namespace));
        let import = faults::json(&answer, &subject, &self.session.server)?;
        let wanted = request["spec"]["images"].as_array().map_or(0, Vec::len);
        Ok(read(&import, wanted))
    }
}

fn read(import: &Value, wanted: usize) -> ImportResult {
    let status = &import["status"];
    ImportResult {
        images: (0..wanted).map(|at| image(&status["images"][at])).collect(),
        repository: status
            .get("repository")
            .filter(|it| it.is_object())
            .map(repository),
        stream: status.get("import").and_then(stream),
    }
}

/// Inside another object it comes without `apiVersion` and `kind`.
fn stream(import: &Value) -> Option<Value> {
    let mut whole = json!({
        "apiVersion": kinds::IMAGE_STREAM.api_version(), "kind": kinds::IMAGE_STREAM.kind,
    });
    let fields = whole.as_object_mut()?;
    for (name, value) in import.as_object()? {
        fields.insert(name.clone(), value.clone());
    }
    Some(whole)
}

fn repository(status: &Value) -> RepositoryResult {
    let list = |name: &str| status[name].as_array().into_iter().flatten();
    let images: Vec<_> = list("images")
        .filter_map(|one| Some((sanitize_line(one["tag"].as_str()?, 200), image(one))))
        .collect();
    // A repository of which one image failed is a failure by its status, with all its images.
    let tags = if images.is_empty() && status["status"]["status"] != "Success" {
        Err(failed(&status["status"]))
    } else {
        Ok(images)
    };
    RepositoryResult {
        tags,
        more: list("additionalTags")
            .filter_map(Value::as_str)
            .map(|tag| sanitize_line(tag, 200))
            .collect(),
    }
}

fn image(status: &Value) -> ImageAnswer {
    let image = &status["image"];
    match image["metadata"]["name"].as_str() {
        Some(digest) if status["status"]["status"] == "Success" => Ok(ImportedImage {
            digest: sanitize_line(digest, 200),
            reference: sanitize_line(
                image["dockerImageReference"].as_str().unwrap_or_default(),
                500,
            ),
            platforms: platforms(image),
        }),
        _ => Err(failed(&status["status"])),
    }
}

fn failed(status: &Value) -> ImportFailure {
    failure(
        status["reason"].as_str().unwrap_or("InternalError"),
        status["message"]
            .as_str()
            .unwrap_or("the API server answered an import without saying how it went"),
        status["code"].as_u64(),
    )
}

/// Of an Image: those of its manifests, or its own (openshift/api `image/v1` `ImageManifest`, and the `DockerImage` in
/// `dockerImageMetadata`).
fn platforms(image: &Value) -> Vec<String> {
    let manifests = image["dockerImageManifests"].as_array();
    let of_list = manifests.into_iter().flatten().filter_map(|manifest| {
        named([
            &manifest["os"],
            &manifest["architecture"],
            &manifest["variant"],
        ])
    });
    let listed: Vec<String> = of_list.collect();
    if listed.is_empty() {
        let own = &image["dockerImageMetadata"];
        let found = named([&own["Os"], &own["Architecture"], &Value::Null]);
        return found.into_iter().collect();
    }
    listed
}

/// What has no operating system or architecture is an attestation or the like (`unknown/unknown`).
fn named([os, architecture, variant]: [&Value; 3]) -> Option<String> {
    let text = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        (!text.is_empty() && text != "unknown").then(|| sanitize_line(text, 40))
    };
    // Images of old do not say that they are for Linux.
    let os = text(os).unwrap_or_else(|| "linux".to_owned());
    let architecture = text(architecture)?;
    Some(match text(variant) {
        Some(variant) => format!("{os}/{architecture}/{variant}"),
        None => format!("{os}/{architecture}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::opinion::ImportReason;

    #[test]
    fn an_answer_is_read_image_by_image() {
        let import = json!({"status": {
        "import": {"metadata": {"name": "app"}},
        "images": [
            {"tag": "1", "status": {"status": "Success"}, "image": {
                "metadata": {"name": "sha256:aa"}, "dockerImageReference": "r.example.com/x@sha256:aa",
                "dockerImageMetadata": {"Architecture": "arm64", "Os": "linux"}}},
            {"status": {"status": "Success"}, "image": {
                "metadata": {"name": "sha256:bb"}, "dockerImageReference": "r.example.com/x@sha256:bb",
                "dockerImageManifests": [
                    {"os": "linux", "architecture": "amd64"}, {"os": "linux", "architecture": "arm", "variant": "v7"},
                    {"os": "unknown", "architecture": "unknown"}]}},
            {"status": {"status": "Failure", "reason": "NotFound", "code": 404, "message": "not\nthere"}},
        ]}});
        let result = read(&import, 4);
        assert_eq!(
            result.images[0].as_ref().expect("an answer").platforms,
            ["linux/arm64"]
        );
        assert_eq!(
            result.images[1].as_ref().expect("an answer").platforms,
            ["linux/amd64", "linux/arm/v7"]
        );
        let refused = result.images[2].as_ref().expect_err("a failure");
        assert_eq!(
            (&refused.reason, refused.message.as_str()),
            (&ImportReason::NotFound, "not there")
        );
        // The server said nothing of the fourth.
        assert_eq!(
            result.images[3].as_ref().expect_err("a failure").reason,
            ImportReason::InternalError
        );
        assert!(result.stream.is_some() && result.repository.is_none());
    }

    #[test]
    fn a_repository_has_tags_or_says_why_not() {
        let good = json!({"status": {"repository": {
            "status": {"status": "Failure", "reason": "ImportFailed"}, "additionalTags": ["old"],
            "images": [{"tag": "1", "status": {"status": "Failure", "reason": "NotFound"}}]}}});
        let found = read(&good, 0).repository.expect("an answer");
        assert_eq!(found.more, ["old"]);
        assert_eq!(found.tags.expect("an answer")[0].0, "1");
        let bad = json!({"status": {"repository": {
            "status": {"status": "Failure", "reason": "Unauthorized", "message": "no"}}}});
        let found = read(&bad, 0).repository.expect("an answer");
        assert_eq!(
            found.tags.expect_err("a failure").reason,
            ImportReason::Unauthorized
        );
        let empty = json!({"status": {"repository": {"status": {"status": "Success"}}}});
        assert!(
            read(&empty, 0)
                .repository
                .expect("an answer")
                .tags
                .expect("an answer")
                .is_empty()
        );
    }
}

//! Writing: uploads, mounts, manifests, deletions.

use serde_json::Value;

use super::errors::Problem;
use super::world::Cx;
use crate::content::digest as digest_of;
use crate::web::{Call, Reply};

/// `POST /v2/NAME/blobs/uploads/`: begins an upload, mounts a blob, or takes a whole one at once.
pub(crate) fn begin(cx: &mut Cx, repository: &str) -> Result<Reply, Problem> {
    if cx.world.rules.upload_needs_repository(cx) && !cx.state.store.has_repository(repository) {
        return Err(Problem::RepositoryMissing {
            repository: repository.to_owned(),
        });
    }
    if let (Some(digest), Some(from)) = (cx.call.query_value("mount"), cx.call.query_value("from"))
        && let Some(blob) = mountable(cx, &from, &digest)
    {
        store_blob(cx, repository, &digest, blob);
        return Ok(created(cx, repository, "blobs", &digest));
    }
    if let Some(digest) = cx.call.query_value("digest") {
        let body = cx.call.body.to_vec();
        if digest_of(&body) != digest {
            return Err(Problem::DigestInvalid);
        }
        store_blob(cx, repository, &digest, body);
        return Ok(created(cx, repository, "blobs", &digest));
    }
    let id = cx.state.store.begin_upload(repository);
    Ok(progress(cx, 202, repository, &id, 0))
}

/// The blob of another repository that the caller may read.
fn mountable(cx: &mut Cx, from: &str, digest: &str) -> Option<Vec<u8>> {
    let who = cx.world.rules.identify(cx);
    let readable = matches!(cx.world.rules.scheme(cx), super::dialect::Scheme::Open)
        || cx.world.dialect == super::Dialect::DistributionBasic
        || cx.allows(who.subject(), from, super::Action::Pull);
    let source = cx.state.store.repository(from).filter(|_| readable)?;
    source.blobs.get(digest).cloned()
}

/// `GET`, `PATCH`, `PUT` and `DELETE` on an upload.
pub(crate) fn continue_upload(cx: &mut Cx, repository: &str, id: &str) -> Result<Reply, Problem> {
    let uploads = &mut cx.state.store.uploads;
    let upload = uploads
        .get_mut(id)
        .filter(|upload| upload.repository == repository)
        .ok_or(Problem::UploadUnknown)?;
    if upload.is_lost {
        uploads.remove(id);
        return Err(Problem::UploadInvalid);
    }
    let writes = matches!(cx.call.method.as_str(), "PATCH" | "PUT");
    if cx.call.is_cut && writes {
        upload.received.extend_from_slice(&cx.call.body);
        upload.is_lost = !cx.world.rules.resumes_what_was_cut();
        return Err(Problem::UploadInvalid);
    }
    if let Some(first) = content_range(cx.call)
        && first != upload.received.len()
    {
        return Err(Problem::RangeInvalid);
    }
    match cx.call.method.as_str() {
        "GET" | "HEAD" => {
            let received = upload.received.len();
            Ok(progress(cx, 204, repository, id, received))
        }
        "PATCH" => {
            upload.received.extend_from_slice(&cx.call.body);
            let received = upload.received.len();
            Ok(progress(cx, 202, repository, id, received))
        }
        "PUT" => {
            upload.received.extend_from_slice(&cx.call.body);
            let body = std::mem::take(&mut upload.received);
            uploads.remove(id);
            let digest = cx.call.query_value("digest").unwrap_or_default();
            if digest_of(&body) != digest {
                return Err(Problem::DigestInvalid);
            }
            store_blob(cx, repository, &digest, body);
            Ok(created(cx, repository, "blobs", &digest))
        }
        "DELETE" => {
            uploads.remove(id);
            Ok(Reply::empty(204).header("docker-upload-uuid", id))
        }
        _ => Err(Problem::MethodNotAllowed),
    }
}

/// Where a part of an upload is to go: `Content-Range: FIRST-LAST`.
fn content_range(call: &Call) -> Option<usize> {
    let (first, _) = call.header("content-range")?.split_once('-')?;
    first.parse().ok()
}

/// `PUT` on a manifest. What it refers to has to be there.
pub(crate) fn put_manifest(
    cx: &mut Cx,
    repository: &str,
    reference: &str,
) -> Result<Reply, Problem> {
    let body = cx.call.body.to_vec();
    let json: Value = serde_json::from_slice(&body).map_err(|_| Problem::ManifestInvalid)?;
    let media_type = cx
        .call
        .header("content-type")
        .unwrap_or_default()
        .to_owned();
    if let Some(refused) = cx.world.rules.refuse_manifest(&media_type, &json) {
        return Ok(refused);
    }
    if json["mediaType"].is_string() && json["mediaType"] != media_type.as_str() {
        return Err(Problem::ManifestInvalid);
    }
    let digest = digest_of(&body);
    if reference.contains(':') && reference != digest {
        return Err(Problem::DigestInvalid);
    }
    let stored = cx.state.store.repository(repository);
    for part in parts(&json) {
        let known = stored.is_some_and(|stored| {
            stored.blobs.contains_key(&part) || stored.manifests.contains_key(&part)
        });
        if !known {
            return Err(Problem::ManifestBlobUnknown { digest: part });
        }
    }
    let repositories = &mut cx.state.store.repositories;
    let stored = repositories.entry(repository.to_owned()).or_default();
    stored.put_manifest(&media_type, body);
    if !reference.contains(':') {
        stored.tags.insert(reference.to_owned(), digest.clone());
    }
    let reply = created(cx, repository, "manifests", &digest);
    let subject = json["subject"]["digest"].as_str();
    Ok(match subject.filter(|_| cx.world.rules.lists_referrers()) {
        Some(subject) => reply.header("oci-subject", subject),
        None => reply,
    })
}

/// The digests that a manifest or an index refers to. What has addresses of its own lies elsewhere.
fn parts(manifest: &Value) -> Vec<String> {
    let lists = ["layers", "manifests"]
        .into_iter()
        .filter_map(|key| manifest[key].as_array())
        .flatten();
    std::iter::once(&manifest["config"])
        .chain(lists)
        .filter(|part| part["urls"].is_null())
        .filter_map(|part| part["digest"].as_str().map(str::to_owned))
        .collect()
}

/// `DELETE` on a manifest, by digest or by tag.
pub(crate) fn delete_manifest(
    cx: &mut Cx,
    repository: &str,
    reference: &str,
) -> Result<Reply, Problem> {
    let stored = cx.state.store.repositories.get_mut(repository);
    let gone = stored.is_some_and(|stored| {
        if reference.contains(':') {
            stored.tags.retain(|_, digest| digest != reference);
            stored.manifests.remove(reference).is_some()
        } else {
            stored.tags.remove(reference).is_some()
        }
    });
    if gone {
        Ok(Reply::empty(202))
    } else {
        Err(Problem::ManifestMissing {
            repository: repository.to_owned(),
            reference: reference.to_owned(),
            repository_exists: cx.state.store.has_repository(repository),
        })
    }
}

/// `DELETE` on a blob.
pub(crate) fn delete_blob(cx: &mut Cx, repository: &str, digest: &str) -> Result<Reply, Problem> {
    let stored = cx.state.store.repositories.get_mut(repository);
    if stored.is_some_and(|stored| stored.blobs.remove(digest).is_some()) {
        Ok(Reply::empty(202))
    } else {
        Err(Problem::BlobMissing {
            repository: repository.to_owned(),
            digest: digest.to_owned(),
        })
    }
}

fn store_blob(cx: &mut Cx, repository: &str, digest: &str, bytes: Vec<u8>) {
    let repositories = &mut cx.state.store.repositories;
    let stored = repositories.entry(repository.to_owned()).or_default();
    stored.blobs.insert(digest.to_owned(), bytes);
}

fn created(cx: &Cx, repository: &str, kind: &str, digest: &str) -> Reply {
    Reply::empty(201)
        .header(
            "location",
            format!("{}/v2/{repository}/{kind}/{digest}", cx.base()),
        )
        .header("docker-content-digest", digest)
}

/// The state of an upload. The location is absolute and made from the request's host, as distribution's is.
fn progress(cx: &Cx, status: u16, repository: &str, id: &str, received: usize) -> Reply {
    let last = received.saturating_sub(1);
    Reply::empty(status)
        .header(
            "location",
            format!(
                "{}/v2/{repository}/blobs/uploads/{id}?_state=c3RhdGU",
                cx.base()
            ),
        )
        .header("docker-upload-uuid", id)
        .header("range", format!("0-{last}"))
}

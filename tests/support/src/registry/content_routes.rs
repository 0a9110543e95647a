//! Reading: manifests with distribution's negotiation, blobs, tags and the catalogue.

use serde_json::{Value, json};

use super::access::Identity;
use super::errors::Problem;
use super::fault::Kind;
use super::route::is_digest;
use super::store::StoredManifest;
use super::world::Cx;
use crate::content::media_type;
use crate::web::{Payload, Reply};

/// `GET` and `HEAD` on a manifest.
pub(crate) fn manifest(cx: &Cx, repository: &str, reference: &str) -> Result<Reply, Problem> {
    if reference.contains(':') && !is_digest(reference) {
        return Err(Problem::MalformedReference {
            repository: repository.to_owned(),
            reference: reference.to_owned(),
        });
    }
    let stored = cx.state.store.repository(repository);
    let found = stored.and_then(|stored| stored.manifest(reference));
    let (Some(stored), Some((digest, manifest))) = (stored, found) else {
        return Err(Problem::ManifestMissing {
            repository: repository.to_owned(),
            reference: reference.to_owned(),
            repository_exists: stored.is_some(),
        });
    };
    if cx.world.rules.negotiates() {
        cx.world
            .rules
            .negotiate(stored, (digest, manifest), &accepted_types(cx), reference)
    } else {
        Ok(manifest_reply(digest, manifest))
    }
}

/// A manifest with its headers.
pub(crate) fn manifest_reply(digest: &str, manifest: &StoredManifest) -> Reply {
    Reply::bytes(200, &manifest.media_type, manifest.bytes.clone())
        .header("docker-content-digest", digest)
        .header("etag", format!("\"{digest}\""))
}

/// The `Accept` header's media types without parameters, over all its lines.
pub(crate) fn accepted_types(cx: &Cx) -> Vec<String> {
    cx.call
        .headers
        .get_all(http::header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|item| item.split(';').next().unwrap_or_default().trim().to_owned())
        .collect()
}

/// `GET` and `HEAD` on a blob; a redirect where the registry keeps its blobs elsewhere.
pub(crate) fn blob(cx: &Cx, repository: &str, digest: &str) -> Result<Reply, Problem> {
    if !is_digest(digest) {
        return Err(Problem::DigestInvalid);
    }
    let blob = cx
        .state
        .store
        .repository(repository)
        .and_then(|stored| stored.blobs.get(digest))
        .ok_or_else(|| Problem::BlobMissing {
            repository: repository.to_owned(),
            digest: digest.to_owned(),
        })?;
    match &cx.world.storage_base {
        // As distribution's `blobserver.go` does with a storage driver that can sign addresses.
        Some(base) => {
            let address = format!("{base}/blobs/{repository}/{digest}?{SIGNATURE}");
            Ok(Reply::empty(307).header("location", address))
        }
        None => Ok(part_of(cx, blob_reply(digest, blob))),
    }
}

/// The query of a pre-signed storage address: a secret that no report may print.
pub(crate) const SIGNATURE: &str =
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=1200&X-Amz-Signature=c2lnbmVkLXVybC1zZWNyZXQ";

/// A blob with its headers.
pub(crate) fn blob_reply(digest: &str, bytes: &[u8]) -> Reply {
    Reply::bytes(200, "application/octet-stream", bytes.to_vec())
        .header("docker-content-digest", digest)
        .header("etag", format!("\"{digest}\""))
}

/// The part of a blob that `Range` asks for, where it asks for one (RFC 9110 section 14; Go's `http.ServeContent`, which
/// distribution serves blobs with).
pub(crate) fn part_of(cx: &Cx, reply: Reply) -> Reply {
    let wanted = cx
        .call
        .header("range")
        .and_then(|range| range.strip_prefix("bytes=")?.split_once('-'))
        .filter(|_| {
            !cx.state
                .faults
                .iter()
                .any(|fault| matches!(fault.kind, Kind::NoRanges))
        });
    let Some(((first, last), bytes)) = wanted.zip(reply.payload.bytes().cloned()) else {
        return reply;
    };
    let end = bytes.len();
    let Ok(first) = first.parse::<usize>() else {
        return reply;
    };
    let last = last.parse().map_or(end, |last: usize| last + 1).min(end);
    if first >= last {
        return Reply::text(416, "invalid range: failed to overlap\n")
            .header("content-range", format!("bytes */{end}"));
    }
    let range = format!("bytes {first}-{}/{end}", last - 1);
    let mut part = reply.header("content-range", range);
    part.status = http::StatusCode::PARTIAL_CONTENT;
    part.payload = Payload::Full(bytes.slice(first..last));
    part
}

/// `GET` on the manifests that name another as their subject.
pub(crate) fn referrers(cx: &Cx, repository: &str, digest: &str) -> Reply {
    let stored = cx.state.store.repository(repository);
    let manifests = stored.into_iter().flat_map(|stored| &stored.manifests);
    let entries: Vec<Value> = manifests
        .filter_map(|(own, manifest)| {
            let json: Value = serde_json::from_slice(&manifest.bytes).ok()?;
            (json["subject"]["digest"] == digest).then(|| {
                let kind = json
                    .get("artifactType")
                    .unwrap_or(&json["config"]["mediaType"]);
                json!({
                    "mediaType": manifest.media_type,
                    "digest": own,
                    "size": manifest.bytes.len(),
                    "artifactType": kind,
                })
            })
        })
        .collect();
    let list =
        json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": entries});
    Reply::bytes(200, media_type::OCI_INDEX, list.to_string())
}

/// `GET` on the list of tags, with `n` and `last`.
pub(crate) fn tags(cx: &Cx, repository: &str) -> Result<Reply, Problem> {
    let stored = cx
        .state
        .store
        .repository(repository)
        .filter(|stored| !stored.manifests.is_empty())
        .ok_or_else(|| Problem::RepositoryMissing {
            repository: repository.to_owned(),
        })?;
    let limit = cx
        .call
        .query_value("n")
        .and_then(|n| n.parse::<usize>().ok())
        .filter(|_| cx.world.rules.pages_tags());
    let last = cx.call.query_value("last").unwrap_or_default();
    let mut tags: Vec<&str> = stored
        .tags
        .keys()
        .map(String::as_str)
        .filter(|tag| last.is_empty() || *tag > last.as_str())
        .collect();
    let mut next = None;
    if let Some(limit) = limit.filter(|&limit| limit < tags.len()) {
        tags.truncate(limit);
        next = tags.last().map(|last| {
            let name = cx.world.rules.name_in_next_link(repository);
            format!("</v2/{name}/tags/list?last={last}&n={limit}>; rel=\"next\"")
        });
    }
    let reply = Reply::json(200, &json!({"name": repository, "tags": tags}));
    Ok(match next {
        Some(link) => reply.header("link", link),
        None => reply,
    })
}

/// `GET` on the catalogue.
pub(crate) fn catalog(cx: &Cx, who: &Identity) -> Reply {
    let mut names = cx.state.store.catalog();
    names.retain(|name| cx.world.rules.catalog_shows(cx, who, name));
    Reply::json(200, &json!({"repositories": names}))
}

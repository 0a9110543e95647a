//! Reading: manifests with distribution's negotiation, blobs, tags and the catalogue.

use serde_json::json;

use super::access::Identity;
use super::errors::Problem;
use super::route::is_digest;
use super::store::StoredManifest;
use super::world::Cx;
use crate::web::Reply;

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
        None => Ok(blob_reply(digest, blob)),
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

//! A push to a registry, with the words of containers/image when it fails.
//!
//! Sources: containers/image `docker/docker_image_dest.go` (a look whether a part is there, an upload in pieces, the manifest
//! last), `docker/errors.go` and `docker/distribution_error.go` (what of an answer is told), `copy/{single,blob}.go` (what stands
//! before it).

use super::image::{Answer, Talk, Trouble, parameter};
use super::name::Name;
use super::node::containers_image;
use super::secrets::Login;
use super::wire::Wire;
use crate::client::Response;
use crate::content::{Packed, digest};

/// Pushes the image under its name, and gives its digest; the error is what `buildah push` says.
pub(super) fn push(
    wire: &Wire<'_>,
    name: &Name,
    login: Option<&Login>,
    image: &Packed,
) -> Result<String, String> {
    // What is there is looked for before anything is sent, so that whatever is wrong with the way is told of the first part.
    let before = |digest: &str, words: String| {
        format!("trying to reuse blob {digest} at destination: {words}")
    };
    let first = image.blob_digests().into_iter().next().unwrap_or_default();
    let talk = match Talk::open_for(wire, name, login, "pull,push") {
        Ok(talk) => talk,
        // It asks all the same, with an empty user.
        Err(Trouble::NoBasicCredentials { .. }) => {
            let words = "authentication required".to_owned();
            return Err(before(&first, checking(name, &first, &words)));
        }
        Err(trouble) => return Err(before(&first, containers_image(&trouble, name))),
    };
    for blob in &image.blobs {
        let part = digest(blob);
        let there = talk.has_blob(&part).map_err(|words| before(&part, words))?;
        if !there {
            talk.upload(&part, blob)
                .map_err(|words| format!("writing blob: {words}"))?;
        }
    }
    talk.put_manifest(image)
        .map_err(|words| format!("writing manifest: {words}"))?;
    Ok(image.digest())
}

fn checking(name: &Name, digest: &str, words: &str) -> String {
    format!(
        "checking whether a blob {digest} exists in {}: {words}",
        name.bare()
    )
}

impl Talk<'_> {
    /// An answer, or Go's words behind method and URL.
    fn ask(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Response, String> {
        let mut headers = headers.to_vec();
        if let Some(value) = &self.authorization {
            headers.push(("authorization", value));
        }
        let title = format!("{}{}", &method[..1], method[1..].to_lowercase());
        self.wire
            .send_body(method, url, &headers, body)
            .map_err(|words| format!("{title} {url:?}: {words}"))
    }

    fn has_blob(&self, digest: &str) -> Result<bool, String> {
        let url = format!("{}/v2/{}/blobs/{digest}", self.base, self.name.repository);
        let response = self.ask("HEAD", &url, &[], &[])?;
        match response.status {
            200 => Ok(true),
            404 => Ok(false),
            _ => Err(checking(self.name, digest, &told(&response))),
        }
    }

    fn upload(&self, digest: &str, blob: &[u8]) -> Result<(), String> {
        let path = format!("/v2/{}/blobs/uploads/", self.name.repository);
        let begun = self.ask("POST", &format!("{}{path}", self.base), &[], &[])?;
        if begun.status != 202 {
            return Err(format!(
                "initiating layer upload to {path} in {}: {}",
                self.name.registry,
                told(&begun)
            ));
        }
        let kind = [("content-type", "application/octet-stream")];
        let sent = self.ask("PATCH", &self.location(&begun), &kind, blob)?;
        if sent.status != 202 {
            return Err(format!("uploading layer chunked: {}", told(&sent)));
        }
        let location = self.location(&sent);
        let mark = if location.contains('?') { '&' } else { '?' };
        let target = format!("{location}{mark}digest={}", digest.replace(':', "%3A"));
        let done = self.ask("PUT", &target, &kind, &[])?;
        if done.status != 201 {
            return Err(format!("uploading layer to {location}: {}", told(&done)));
        }
        Ok(())
    }

    fn location(&self, response: &Response) -> String {
        let location = response.header("location").unwrap_or_default();
        if location.starts_with('/') {
            format!("{}{location}", self.base)
        } else {
            location.to_owned()
        }
    }

    fn put_manifest(&self, image: &Packed) -> Result<(), String> {
        let tag = &self.name.selector;
        let url = format!("{}/v2/{}/manifests/{tag}", self.base, self.name.repository);
        let kind = [("content-type", image.media_type.as_str())];
        let response = self.ask("PUT", &url, &kind, &image.manifest)?;
        if response.status == 201 {
            return Ok(());
        }
        Err(format!(
            "uploading manifest {tag} to {}: {}",
            self.name.bare(),
            told(&response)
        ))
    }
}

/// What each code says where nobody words it otherwise (distribution `registry/api/{errcode,v2}`).
const DEFAULTS: [(&str, &str); 7] = [
    ("UNAUTHORIZED", "authentication required"),
    ("DENIED", "requested access to the resource is denied"),
    ("NAME_UNKNOWN", "repository name not known to registry"),
    ("NAME_INVALID", "invalid repository name"),
    ("MANIFEST_INVALID", "manifest invalid"),
    ("UNSUPPORTED", "The operation is unsupported."),
    ("TOOMANYREQUESTS", "too many requests"),
];

/// `registryHTTPResponseToError`: the challenge's own error, the first of the body, or what the body begins with.
fn told(response: &Response) -> String {
    let default = |code: &str| {
        let found = DEFAULTS.iter().find(|(known, _)| *known == code);
        found.map_or("", |(_, words)| *words)
    };
    let answer = Answer::of(response);
    if response.status == 401 {
        let challenge = response.challenge();
        match parameter(challenge, "error").as_deref() {
            Some("insufficient_scope") => return default("DENIED").to_owned(),
            Some("invalid_token") => return default("UNAUTHORIZED").to_owned(),
            _ => {}
        }
    }
    match (&answer.error, response.status) {
        (Some((code, message)), _) if message == default(code) => message.clone(),
        (Some(_), _) => answer.error_words().unwrap_or_default(),
        (None, 401) => default("UNAUTHORIZED").to_owned(),
        (None, 400..=499) => {
            let body = response.text();
            let begins: String = body.chars().take(50).collect();
            let more = if body.chars().count() > 50 { "..." } else { "" };
            format!("StatusCode: {}, \"{begins}{more}\"", response.status)
        }
        (None, _) => format!("received unexpected HTTP status: {}", answer.status_line()),
    }
}

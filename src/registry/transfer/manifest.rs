//! Manifests, byte for byte: read with their digest compared, written with the registry's word on what it stored.

use hyper::body::Bytes;
use serde_json::Value;

use super::digest::digest_of;
use super::{Fault, Place, STALL, Tries, Trouble};
use crate::model::observation::{Answer, Purpose};
use crate::registry::browse::MANIFEST_TYPES;
use crate::registry::follow::Redirects;
use crate::registry::manifests::media_type;
use crate::registry::query::{Content, Wish};
use crate::registry::wire::{Asked, MANIFEST_BOUND};

/// A manifest as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// By which it was asked for, or computed of the bytes.
    pub digest: String,
    pub media_type: String,
    pub bytes: Bytes,
}

/// A manifest that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stored {
    /// The registry has noted what it refers to (`OCI-Subject`); without that it is the client's to keep a list.
    pub keeps_referrers: bool,
}

impl Manifest {
    /// Of bytes that were made here.
    pub fn made(media_type: &str, bytes: Vec<u8>) -> Self {
        Self {
            digest: digest_of(&bytes, None),
            media_type: media_type.to_owned(),
            bytes: bytes.into(),
        }
    }
}

/// Whether the answer is the registry's own on the question, and not its token service's.
pub(super) fn said(asked: &Asked) -> bool {
    matches!(
        asked.exchange.purpose,
        Purpose::Manifest | Purpose::Blob | Purpose::Upload
    )
}

impl Place {
    /// The manifest under a tag or a digest; `None` where the registry says that it has none. Asked with the right to pull.
    ///
    /// # Errors
    ///
    /// When it was refused, did not come, or is another one than its digest says.
    pub async fn manifest(&self, selector: &str) -> Result<Option<Manifest>, Fault> {
        let mut tries = Tries::new(self.retries);
        loop {
            match self.manifest_once(selector).await {
                Err(fault) => tries.after(fault).await?,
                done => return done,
            }
        }
    }

    /// The same, with what was answered to whoever asked this client before.
    ///
    /// # Errors
    ///
    /// As [`Place::manifest`].
    pub async fn known_manifest(&self, selector: &str) -> Result<Option<Manifest>, Fault> {
        let view = self
            .registry
            .manifest(&self.repository, selector, self.credential)
            .await;
        if let (Some(fact), Ok(answer)) = (view.manifest, &view.exchange.result)
            && fact.asked_digest.is_none()
            && fact.header_digest.is_none()
            // What was taken out of it as a secret would show here.
            && digest_of(&answer.body, Some(&fact.digest)) == fact.digest
        {
            return Ok(Some(Manifest {
                media_type: own_type(&answer.body).unwrap_or(fact.media_type),
                digest: fact.digest,
                bytes: answer.body.clone().into(),
            }));
        }
        self.manifest(selector).await
    }

    async fn manifest_once(&self, selector: &str) -> Result<Option<Manifest>, Fault> {
        let mut query = self
            .query(Purpose::Manifest, &format!("manifests/{selector}"))
            .await;
        query.accept = &MANIFEST_TYPES;
        query.bound = MANIFEST_BOUND;
        let asked = self
            .registry
            .reach(&self.repository, self.credential, &query, Redirects::Follow)
            .await
            .asked;
        let truncated = match asked.answer().filter(|_| said(&asked)) {
            Some(answer) if answer.is_success() => answer.truncated,
            Some(answer) if answer.status == 404 => return Ok(None),
            _ => return Err(self.fault(Trouble::Exchange(Box::new(asked.exchange)))),
        };
        if truncated {
            return Err(self.fault(Trouble::TooLarge));
        }
        let header = |name: &str| {
            asked
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let by_digest = selector.contains(':').then_some(selector);
        // The registry's own word on a tag counts for the algorithm, too.
        let claimed = by_digest.or_else(|| header("docker-content-digest"));
        let digest = digest_of(&asked.body, claimed);
        if let Some(claimed) = claimed
            && claimed != digest
        {
            return Err(self.fault(Trouble::Digest {
                digest: claimed.to_owned(),
                found: digest,
            }));
        }
        Ok(Some(Manifest {
            digest,
            media_type: own_type(&asked.body)
                .unwrap_or_else(|| media_type(header("content-type"), None)),
            bytes: asked.body,
        }))
    }

    /// Stores a manifest under a tag or its digest.
    ///
    /// # Errors
    ///
    /// When it was refused, or something else was stored.
    pub async fn store(&self, selector: &str, manifest: &Manifest) -> Result<Stored, Fault> {
        let mut tries = Tries::new(self.retries);
        loop {
            match self.store_once(selector, manifest).await {
                Err(fault) => tries.after(fault).await?,
                done => return done,
            }
        }
    }

    async fn store_once(&self, selector: &str, manifest: &Manifest) -> Result<Stored, Fault> {
        let mut query = self
            .query(Purpose::Upload, &format!("manifests/{selector}"))
            .await;
        query.method = http::Method::PUT;
        query.wish = Wish::Push;
        query.patience = Some(STALL);
        query.content = Some(Content {
            media_type: manifest.media_type.clone(),
            bytes: manifest.bytes.clone(),
        });
        let asked = self
            .registry
            .reach(&self.repository, self.credential, &query, Redirects::Stop)
            .await
            .asked;
        if !asked.answer().is_some_and(Answer::is_success) || !said(&asked) {
            return Err(self.fault(Trouble::Exchange(Box::new(asked.exchange))));
        }
        let header = |name: &str| {
            asked
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        // By another algorithm it may well be the same.
        let same_kind = |found: &&str| found.split(':').next() == manifest.digest.split(':').next();
        if let Some(found) = header("docker-content-digest").filter(same_kind)
            && found != manifest.digest
        {
            return Err(self.fault(Trouble::Rewritten {
                digest: manifest.digest.clone(),
                found: found.to_owned(),
            }));
        }
        Ok(Stored {
            keeps_referrers: header("oci-subject").is_some(),
        })
    }
}

/// The type that a manifest says of itself: it has to stand in the header too when it is stored.
fn own_type(bytes: &[u8]) -> Option<String> {
    let json: Value = serde_json::from_slice(bytes).ok()?;
    json.get("mediaType")?.as_str().map(str::to_owned)
}

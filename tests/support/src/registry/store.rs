//! What a registry holds: repositories with manifests, tags and blobs, and open uploads.

use std::collections::{BTreeMap, BTreeSet};

use crate::content::{Packed, digest};

/// A manifest as it was pushed.
#[derive(Clone, Debug)]
pub(crate) struct StoredManifest {
    pub(crate) media_type: String,
    pub(crate) bytes: Vec<u8>,
}

/// One repository.
#[derive(Clone, Debug, Default)]
pub(crate) struct Repository {
    pub(crate) manifests: BTreeMap<String, StoredManifest>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) blobs: BTreeMap<String, Vec<u8>>,
    /// Tags that were there once (Quay remembers them).
    pub(crate) expired_tags: BTreeSet<String>,
}

impl Repository {
    /// The manifest that a tag or a digest names, with its digest.
    pub(crate) fn manifest(&self, reference: &str) -> Option<(&str, &StoredManifest)> {
        let digest = if reference.contains(':') {
            reference
        } else {
            self.tags.get(reference)?
        };
        self.manifests
            .get_key_value(digest)
            .map(|(digest, manifest)| (digest.as_str(), manifest))
    }

    pub(crate) fn put_manifest(&mut self, media_type: &str, bytes: Vec<u8>) -> String {
        let digest = digest(&bytes);
        self.manifests.insert(
            digest.clone(),
            StoredManifest {
                media_type: media_type.to_owned(),
                bytes,
            },
        );
        digest
    }

    /// Stores all that was packed, and returns the digest of the outermost manifest.
    pub(crate) fn put_packed(&mut self, packed: &Packed) -> String {
        for child in &packed.children {
            self.put_packed(child);
        }
        for blob in &packed.blobs {
            self.blobs.insert(digest(blob), blob.clone());
        }
        self.put_manifest(&packed.media_type, packed.manifest.clone())
    }
}

/// An upload that was begun.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub(crate) repository: String,
    pub(crate) received: Vec<u8>,
    /// A request broke off, and the registry does not know any more how far it is.
    pub(crate) is_lost: bool,
}

/// Everything a registry holds.
#[derive(Debug, Default)]
pub(crate) struct Store {
    pub(crate) repositories: BTreeMap<String, Repository>,
    pub(crate) uploads: BTreeMap<String, Upload>,
    /// Namespaces, projects or repository keys that exist without holding anything.
    pub(crate) projects: BTreeSet<String>,
    uploads_begun: usize,
}

impl Store {
    pub(crate) fn repository(&self, name: &str) -> Option<&Repository> {
        self.repositories.get(name)
    }

    pub(crate) fn has_repository(&self, name: &str) -> bool {
        self.repositories.contains_key(name)
    }

    /// Whether a project exists: it was declared, or some repository is in it.
    pub(crate) fn has_project(&self, project: &str) -> bool {
        self.projects.contains(project)
            || self.repositories.keys().any(|name| {
                name.strip_prefix(project)
                    .is_some_and(|rest| rest.starts_with('/'))
            })
    }

    /// Begins an upload and returns its id, which looks like a UUID and is the same on every run.
    pub(crate) fn begin_upload(&mut self, repository: &str) -> String {
        self.uploads_begun += 1;
        let id = format!("00000000-0000-4000-8000-{:012}", self.uploads_begun);
        self.uploads.insert(
            id.clone(),
            Upload {
                repository: repository.to_owned(),
                received: Vec::new(),
                is_lost: false,
            },
        );
        id
    }

    /// The names of repositories that hold a manifest.
    pub(crate) fn catalog(&self) -> Vec<String> {
        self.repositories
            .iter()
            .filter(|(_, repository)| !repository.manifests.is_empty())
            .map(|(name, _)| name.clone())
            .collect()
    }
}

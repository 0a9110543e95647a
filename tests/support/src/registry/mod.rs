//! An embedded registry that speaks every dialect, does TLS, and misbehaves on order.
//!
//! It listens on 127.0.0.1 at a port of its own, runs on a thread of its own, keeps everything in memory and logs what
//! it is sent. It is known by its answers, never by its host name, so a test may map any name to it.
//!
//! ```no_run
//! use extreg_test_support::certs::Ca;
//! use extreg_test_support::content::Image;
//! use extreg_test_support::registry::{At, Dialect, Fault, Registry, User};
//!
//! let ca = Ca::new("Corp Root");
//! let registry = Registry::builder()
//!     .dialect(Dialect::DistributionToken)
//!     .tls(&ca.server(&["127.0.0.1", "localhost"]))
//!     .user(User::new("alice", "s3cret").pull("team/*"))
//!     .start();
//! let digest = registry.push_image("team/app", "1.0", &Image::new());
//! let image = registry.image("team/app:1.0");
//! registry.fault(Fault::status(503).at(At::Manifests).times(1));
//! // ... run what is to be tested, then look at what it sent:
//! assert!(registry.log().iter().all(|request| request.tls));
//! # drop((digest, image));
//! ```
//!
//! What it does not do: check signatures of tokens, keep anything on disk, limit what it reads.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test server that cannot do its work ends the test"
)]

mod access;
mod block;
mod builder;
mod content_routes;
mod dialect;
mod errors;
mod fault;
mod log;
mod misbehave;
mod negotiation;
mod route;
mod serve;
mod signer;
mod store;
mod token;
mod upload_routes;
mod users;
mod world;

pub use block::{Block, Limit, Variant};
pub use builder::RegistryBuilder;
pub use dialect::Dialect;
pub use fault::{At, Fault};
pub use log::{LoggedRequest, Origin};
pub use users::{Action, User};

use std::sync::Arc;

use crate::content::{Artifact, Image, Index, Packed, Schema1};
use crate::net::Background;
use users::Right;
use world::World;

/// A running registry; dropping it stops it.
pub struct Registry {
    world: Arc<World>,
    port: u16,
    is_tls: bool,
    _listening: Background,
}

/// Where it is.
impl Registry {
    /// What it is to be like.
    pub fn builder() -> RegistryBuilder {
        RegistryBuilder::default()
    }

    /// `127.0.0.1:PORT`; `localhost:PORT` reaches it as well.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:PORT`, or https.
    pub fn url(&self) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{}", self.host())
    }

    /// An image in it: `name` is `repository:tag` or `repository@digest`.
    pub fn image(&self, name: &str) -> String {
        format!("{}/{name}", self.host())
    }

    /// `scheme://host:port` of the token service, when it has an origin of its own.
    pub fn token_url(&self) -> Option<&str> {
        self.world.token_base.as_deref()
    }

    /// `scheme://host:port` of the storage that blobs are redirected to, when there is one.
    pub fn storage_url(&self) -> Option<&str> {
        self.world.storage_base.as_deref()
    }

    /// What it is like.
    pub fn dialect(&self) -> Dialect {
        self.world.dialect
    }
}

/// What it holds.
impl Registry {
    /// Stores an image under a tag and returns its digest.
    pub fn push_image(&self, repository: &str, tag: &str, image: &Image) -> String {
        self.push(repository, tag, image)
    }

    /// Stores an index and its images, the index under a tag, and returns the index' digest.
    pub fn push_index(&self, repository: &str, tag: &str, index: &Index) -> String {
        self.push(repository, tag, index)
    }

    /// Stores an artifact that is no image under a tag.
    pub fn push_artifact(&self, repository: &str, tag: &str, artifact: &Artifact) -> String {
        self.push(repository, tag, artifact)
    }

    /// Stores a schema 1 manifest under a tag.
    pub fn push_schema1(&self, repository: &str, tag: &str) -> String {
        self.push(repository, tag, &Schema1::new(repository, tag))
    }

    /// Stores anything that was packed under a tag and returns its digest.
    pub fn push(&self, repository: &str, tag: &str, content: impl Into<Packed>) -> String {
        let mut state = self.world.state();
        let repositories = &mut state.store.repositories;
        let stored = repositories.entry(repository.to_owned()).or_default();
        let digest = stored.put_packed(&content.into());
        stored.tags.insert(tag.to_owned(), digest.clone());
        digest
    }

    /// Makes a repository that holds nothing.
    pub fn create_repository(&self, repository: &str) {
        let mut state = self.world.state();
        let repositories = &mut state.store.repositories;
        repositories.entry(repository.to_owned()).or_default();
    }

    /// Makes a project, namespace or repository key that holds nothing.
    pub fn create_project(&self, project: &str) {
        let mut state = self.world.state();
        state.store.projects.insert(project.to_owned());
    }

    /// Takes a repository away.
    pub fn remove_repository(&self, repository: &str) {
        self.world.state().store.repositories.remove(repository);
    }

    /// Takes a tag away, and leaves what it named.
    pub fn remove_tag(&self, repository: &str, tag: &str) {
        self.in_repository(repository, |stored| {
            stored.tags.remove(tag);
        });
    }

    /// Takes a tag away and remembers that it was there (Quay's time machine).
    pub fn expire_tag(&self, repository: &str, tag: &str) {
        self.in_repository(repository, |stored| {
            stored.tags.remove(tag);
            stored.expired_tags.insert(tag.to_owned());
        });
    }

    /// Takes a manifest away, and leaves the tags that name it.
    pub fn remove_manifest(&self, repository: &str, digest: &str) {
        self.in_repository(repository, |stored| {
            stored.manifests.remove(digest);
        });
    }

    /// Takes a blob away: a configuration or a layer that is gone.
    pub fn remove_blob(&self, repository: &str, digest: &str) {
        self.in_repository(repository, |stored| {
            assert!(
                stored.blobs.remove(digest).is_some(),
                "no blob {digest} in {repository}"
            );
        });
    }

    /// The digests of all blobs of a repository.
    pub fn blobs(&self, repository: &str) -> Vec<String> {
        let state = self.world.state();
        let stored = state.store.repository(repository);
        stored.map_or_else(Vec::new, |stored| stored.blobs.keys().cloned().collect())
    }

    /// The tags of a repository with the digests that they name.
    pub fn tags(&self, repository: &str) -> Vec<(String, String)> {
        let state = self.world.state();
        let stored = state.store.repository(repository);
        stored.map_or_else(Vec::new, |stored| {
            let pairs = stored.tags.iter();
            pairs
                .map(|(tag, digest)| (tag.clone(), digest.clone()))
                .collect()
        })
    }

    /// The bytes of the manifest that a tag or a digest names.
    pub fn manifest(&self, repository: &str, reference: &str) -> Option<Vec<u8>> {
        let state = self.world.state();
        let (_, manifest) = state.store.repository(repository)?.manifest(reference)?;
        Some(manifest.bytes.clone())
    }

    /// Whether there is such a repository, with or without content.
    pub fn has_repository(&self, repository: &str) -> bool {
        self.world.state().store.has_repository(repository)
    }

    /// Repositories that came into being without a push: what a token request for `push` leaves behind on Quay and
    /// GitLab.
    pub fn created_repositories(&self) -> Vec<String> {
        self.world.state().created.clone()
    }

    /// How many uploads were begun and neither finished nor cancelled.
    pub fn open_uploads(&self) -> usize {
        self.world.state().store.uploads.len()
    }

    /// Serves a document at a path of the registry's host: a certificate to download, a login page.
    pub fn serve_file(&self, path: &str, media_type: &str, body: &[u8]) {
        let mut state = self.world.state();
        let file = (media_type.to_owned(), body.to_vec());
        state.files.insert(path.to_owned(), file);
    }

    fn in_repository(&self, name: &str, change: impl FnOnce(&mut store::Repository)) {
        let mut state = self.world.state();
        let stored = state.store.repositories.get_mut(name);
        change(stored.unwrap_or_else(|| panic!("no repository {name} in the registry")));
    }
}

/// Who may what, and what is out of order.
impl Registry {
    /// Adds a user, in place of the one of that name.
    pub fn set_user(&self, user: User) {
        let mut state = self.world.state();
        state.users.retain(|old| old.name != user.name);
        state.users.push(user);
    }

    /// Takes a user away.
    pub fn remove_user(&self, name: &str) {
        self.world.state().users.retain(|user| user.name != name);
    }

    /// From now on everybody may pull what the pattern names.
    pub fn allow_anonymous_pull(&self, pattern: &str) {
        let right = Right::new(pattern, &[Action::Pull]);
        self.world.state().anonymous.push(right);
    }

    /// A rule of the registry that keeps what the pattern names from being used. Panics for one that this dialect does not have.
    pub fn block(&self, pattern: &str, block: Block) {
        assert!(
            self.world.rules.knows(&block),
            "{:?} has no such thing as {block:?}",
            self.world.dialect
        );
        let mut state = self.world.state();
        state.blocks.push((pattern.to_owned(), block));
    }

    /// Makes it misbehave from now on. Several faults act together; of those that replace the answer the first wins.
    pub fn fault(&self, fault: Fault) {
        assert!(
            fault.greeting().is_none() || serve::is_server(fault.at),
            "a fault of connections is for the registry, its token service or its storage, not for {:?}",
            fault.at
        );
        self.world.state().faults.push(fault);
    }

    /// Ends all faults and blocks, and the pulls are counted anew.
    pub fn mend(&self) {
        let mut state = self.world.state();
        state.faults.clear();
        state.blocks.clear();
        state.pulls_left = state.pull_quota;
    }

    /// Makes every token that was given out invalid.
    pub fn revoke_tokens(&self) {
        self.world.state().tokens.clear();
    }
}

/// What it saw.
impl Registry {
    /// All requests so far, in the order in which they were read.
    pub fn log(&self) -> Vec<LoggedRequest> {
        self.world.journal().requests.clone()
    }

    /// Forgets the requests so far.
    pub fn clear_log(&self) {
        let mut journal = self.world.journal();
        journal.requests.clear();
        journal.connections.clear();
        for (open, most) in journal.open.values_mut() {
            *most = *open;
        }
        journal.failed_handshakes.clear();
    }

    /// How many connections one of its servers accepted.
    pub fn connections(&self, origin: Origin) -> usize {
        let journal = self.world.journal();
        journal
            .connections
            .get(&origin)
            .copied()
            .unwrap_or_default()
    }

    /// How many connections to one of its servers were open at the same time, at most.
    pub fn most_connections(&self, origin: Origin) -> usize {
        let journal = self.world.journal();
        journal.open.get(&origin).map_or(0, |(_, most)| *most)
    }

    /// How TLS handshakes failed, in rustls' words: among them the alerts that clients sent.
    pub fn failed_handshakes(&self) -> Vec<String> {
        self.world.journal().failed_handshakes.clone()
    }
}

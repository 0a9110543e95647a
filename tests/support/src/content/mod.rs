//! Images, indexes and artifacts to push: real JSON, real gzipped layers, real digests.
//!
//! Everything here is a pure function of what it is given, so digests are the same on every run. An [`Image`],
//! [`Index`], [`Artifact`] or [`Schema1`] is packed into a [`Packed`], which the embedded registry and the helper for
//! real registries both take.
#![expect(
    clippy::expect_used,
    reason = "a test helper that cannot do its work ends the test"
)]

mod image;
mod layer;
mod other;

pub use image::Image;
pub use layer::Layer;
pub(crate) use other::schema1;
pub use other::{Artifact, Index, Schema1};

use sha2::{Digest as _, Sha256};

/// Media types of manifests and what they hold.
pub mod media_type {
    /// OCI image manifest.
    pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
    /// OCI image index.
    pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
    /// OCI image configuration.
    pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
    /// OCI layer, gzipped tar.
    pub const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
    /// Docker's image manifest, version 2 schema 2.
    pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
    /// Docker's manifest list.
    pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
    /// Docker's image configuration.
    pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
    /// Docker's layer, gzipped tar.
    pub const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
    /// Docker's manifest, version 2 schema 1, signed.
    pub const SCHEMA1_SIGNED: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";
    /// The empty JSON object of OCI artifacts.
    pub const OCI_EMPTY: &str = "application/vnd.oci.empty.v1+json";
}

/// The digest of some bytes, `sha256:` and hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    let hex: Vec<String> = Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha256:{}", hex.concat())
}

/// A manifest with everything it refers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// The manifest's media type.
    pub media_type: String,
    /// The manifest, byte for byte.
    pub manifest: Vec<u8>,
    /// Configuration and layers, in the order in which they are to be pushed.
    pub blobs: Vec<Vec<u8>>,
    /// The manifests of an index.
    pub children: Vec<Self>,
}

impl Packed {
    /// The manifest's digest.
    pub fn digest(&self) -> String {
        digest(&self.manifest)
    }

    /// The digests of the blobs, in the order of [`Packed::blobs`].
    pub fn blob_digests(&self) -> Vec<String> {
        self.blobs.iter().map(|blob| digest(blob)).collect()
    }
}

impl From<&Self> for Packed {
    fn from(packed: &Self) -> Self {
        packed.clone()
    }
}

/// A descriptor as the specifications want it.
fn descriptor(media_type: &str, content: &[u8]) -> serde_json::Value {
    serde_json::json!({
        "mediaType": media_type,
        "size": content.len(),
        "digest": digest(content),
    })
}

fn to_bytes(value: &serde_json::Value) -> Vec<u8> {
    serde_json::to_vec_pretty(value).expect("a JSON value")
}

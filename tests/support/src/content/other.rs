//! Manifests that are not one image: indexes, artifacts, and Docker's old schema 1.

use serde_json::{Value, json};

use super::{Image, Packed, descriptor, digest, media_type, to_bytes};

/// A list of images for several platforms.
#[derive(Clone, Debug, Default)]
pub struct Index {
    images: Vec<Image>,
    docker: bool,
    attestation: bool,
    bare: bool,
}

impl Index {
    /// An index of these images.
    pub fn new(images: impl IntoIterator<Item = Image>) -> Self {
        Self {
            images: images.into_iter().collect(),
            ..Self::default()
        }
    }

    /// An index of plain images for these platforms.
    pub fn of(platforms: &[&str]) -> Self {
        Self::new(
            platforms
                .iter()
                .map(|platform| Image::new().platform(platform)),
        )
    }

    /// Docker's manifest list in place of OCI's index.
    pub fn docker(mut self) -> Self {
        self.docker = true;
        self
    }

    /// Adds an `unknown/unknown` entry as BuildKit does for provenance.
    pub fn attestation(mut self) -> Self {
        self.attestation = true;
        self
    }

    /// Its entries say nothing of platforms.
    pub fn without_platforms(mut self) -> Self {
        self.bare = true;
        self
    }

    /// The index with its images.
    pub fn pack(&self) -> Packed {
        let kind = if self.docker {
            media_type::DOCKER_LIST
        } else {
            media_type::OCI_INDEX
        };
        let mut entries = Vec::new();
        let mut children = Vec::new();
        for image in &self.images {
            let image = if self.docker && !image.is_docker() {
                image.clone().docker()
            } else {
                image.clone()
            };
            let packed = image.pack();
            let mut entry = descriptor(&packed.media_type, &packed.manifest);
            if !self.bare {
                entry["platform"] = image.platform_json();
            }
            entries.push(entry);
            children.push(packed);
        }
        if self.attestation {
            let packed = Artifact::new("application/vnd.in-toto+json").pack();
            let mut entry = descriptor(&packed.media_type, &packed.manifest);
            entry["platform"] = json!({"architecture": "unknown", "os": "unknown"});
            entry["annotations"] = json!({"vnd.docker.reference.type": "attestation-manifest"});
            entries.push(entry);
            children.push(packed);
        }
        let index = json!({"schemaVersion": 2, "mediaType": kind, "manifests": entries});
        Packed {
            media_type: kind.to_owned(),
            manifest: to_bytes(&index),
            blobs: Vec::new(),
            children,
        }
    }
}

impl From<&Index> for Packed {
    fn from(index: &Index) -> Self {
        index.pack()
    }
}

/// An OCI artifact that is no image: an `artifactType` and the empty configuration.
#[derive(Clone, Debug)]
pub struct Artifact {
    kind: String,
}

impl Artifact {
    /// An artifact of that type.
    pub fn new(artifact_type: &str) -> Self {
        Self {
            kind: artifact_type.to_owned(),
        }
    }

    /// The manifest with its two blobs.
    pub fn pack(&self) -> Packed {
        let empty = b"{}".to_vec();
        let content = format!("an artifact of type {}\n", self.kind).into_bytes();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": media_type::OCI_MANIFEST,
            "artifactType": self.kind,
            "config": descriptor(media_type::OCI_EMPTY, &empty),
            "layers": [descriptor("application/octet-stream", &content)],
        });
        Packed {
            media_type: media_type::OCI_MANIFEST.to_owned(),
            manifest: to_bytes(&manifest),
            blobs: vec![empty, content],
            children: Vec::new(),
        }
    }
}

impl From<&Artifact> for Packed {
    fn from(artifact: &Artifact) -> Self {
        artifact.pack()
    }
}

/// Docker's manifest version 2 schema 1, which today's runtimes refuse. Its signature is there and means nothing.
#[derive(Clone, Debug)]
pub struct Schema1 {
    name: String,
    tag: String,
}

impl Schema1 {
    /// The manifest says its own name and tag.
    pub fn new(name: &str, tag: &str) -> Self {
        Self {
            name: name.to_owned(),
            tag: tag.to_owned(),
        }
    }

    /// The manifest with its one layer.
    pub fn pack(&self) -> Packed {
        let layer = super::Layer::file("etc/schema", b"1").gzip();
        Packed {
            media_type: media_type::SCHEMA1_SIGNED.to_owned(),
            manifest: to_bytes(&schema1(&self.name, &self.tag, &[digest(&layer)])),
            blobs: vec![layer],
            children: Vec::new(),
        }
    }
}

impl From<&Schema1> for Packed {
    fn from(manifest: &Schema1) -> Self {
        manifest.pack()
    }
}

/// A schema 1 manifest over these layers.
pub(crate) fn schema1(name: &str, tag: &str, layers: &[String]) -> Value {
    let layers_json: Vec<Value> = layers
        .iter()
        .map(|layer| json!({"blobSum": layer}))
        .collect();
    let history: Vec<Value> = layers
        .iter()
        .map(|_| json!({"v1Compatibility": "{\"architecture\":\"amd64\",\"os\":\"linux\"}"}))
        .collect();
    json!({
        "schemaVersion": 1,
        "name": name,
        "tag": tag,
        "architecture": "amd64",
        "fsLayers": layers_json,
        "history": history,
        "signatures": [{
            "header": {"jwk": {"kty": "EC", "crv": "P-256", "kid": "TEST"}, "alg": "ES256"},
            "signature": "bm90IGEgc2lnbmF0dXJl",
            "protected": "e30",
        }],
    })
}

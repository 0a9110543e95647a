//! An image for one platform.

use serde_json::{Value, json};

use super::{Layer, Packed, descriptor, media_type, to_bytes};

/// What an image is to be; OCI and `linux/amd64` with one small layer unless told otherwise.
///
/// ```
/// use extreg_test_support::content::Image;
///
/// let image = Image::new().platform("linux/arm64/v8").docker().pack();
/// assert_eq!(image.blobs.len(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Image {
    os: String,
    architecture: String,
    variant: Option<String>,
    docker: bool,
    layers: Vec<Layer>,
    labels: Vec<(String, String)>,
    command: Vec<String>,
    ports: Vec<String>,
    volumes: Vec<String>,
}

impl Default for Image {
    fn default() -> Self {
        Self::new()
    }
}

impl Image {
    /// The plain one.
    pub fn new() -> Self {
        Self {
            os: "linux".to_owned(),
            architecture: "amd64".to_owned(),
            variant: None,
            docker: false,
            layers: Vec::new(),
            labels: Vec::new(),
            command: vec!["/app".to_owned()],
            ports: Vec::new(),
            volumes: Vec::new(),
        }
    }

    /// `os/architecture` or `os/architecture/variant`.
    pub fn platform(mut self, platform: &str) -> Self {
        let mut parts = platform.splitn(3, '/').map(str::to_owned);
        self.os = parts.next().unwrap_or_default();
        self.architecture = parts.next().unwrap_or_default();
        self.variant = parts.next();
        self
    }

    /// Docker's media types (schema 2) in place of OCI's.
    pub fn docker(mut self) -> Self {
        self.docker = true;
        self
    }

    /// One more layer; without any, the image gets a small one that says its platform.
    pub fn layer(mut self, layer: Layer) -> Self {
        self.layers.push(layer);
        self
    }

    /// A label, which makes an image differ from its like.
    pub fn label(self, label: &str) -> Self {
        self.labelled("label", label)
    }

    /// A label of this name, as builders and registries look for them.
    pub fn labelled(mut self, name: &str, value: &str) -> Self {
        self.labels.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without a command, so that it runs nothing by itself.
    pub fn without_command(mut self) -> Self {
        self.command.clear();
        self
    }

    /// A port that it exposes, such as `8080/tcp`.
    pub fn port(mut self, port: &str) -> Self {
        self.ports.push(port.to_owned());
        self
    }

    /// A path that it keeps data in.
    pub fn volume(mut self, path: &str) -> Self {
        self.volumes.push(path.to_owned());
        self
    }

    /// `{"os": ..., "architecture": ...}` as an index lists it.
    pub(super) fn platform_json(&self) -> Value {
        let mut platform = json!({"architecture": self.architecture, "os": self.os});
        if let Some(variant) = &self.variant {
            platform["variant"] = json!(variant);
        }
        platform
    }

    /// Whether it is to be listed under Docker's media types.
    pub(super) fn is_docker(&self) -> bool {
        self.docker
    }

    /// Manifest, configuration and layers.
    pub fn pack(&self) -> Packed {
        let (manifest_type, config_type, layer_type) = if self.docker {
            (
                media_type::DOCKER_MANIFEST,
                media_type::DOCKER_CONFIG,
                media_type::DOCKER_LAYER,
            )
        } else {
            (
                media_type::OCI_MANIFEST,
                media_type::OCI_CONFIG,
                media_type::OCI_LAYER,
            )
        };
        let mut layers = self.layers.clone();
        if layers.is_empty() {
            let platform = format!("{}/{}", self.os, self.architecture);
            layers.push(Layer::file("etc/platform", platform.as_bytes()));
        }
        let config = to_bytes(&self.config(&layers));
        let blobs: Vec<Vec<u8>> = layers.iter().map(Layer::gzip).collect();
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": manifest_type,
            "config": descriptor(config_type, &config),
            "layers": blobs.iter().map(|blob| descriptor(layer_type, blob)).collect::<Vec<_>>(),
        });
        Packed {
            media_type: manifest_type.to_owned(),
            manifest: to_bytes(&manifest),
            blobs: std::iter::once(config).chain(blobs).collect(),
            children: Vec::new(),
        }
    }

    fn config(&self, layers: &[Layer]) -> Value {
        let mut config = self.platform_json();
        config["created"] = json!("2020-01-01T00:00:00Z");
        config["config"] = json!({});
        if !self.command.is_empty() {
            config["config"]["Cmd"] = json!(self.command);
        }
        for (name, value) in &self.labels {
            config["config"]["Labels"][name] = json!(value);
        }
        for (field, keys) in [("ExposedPorts", &self.ports), ("Volumes", &self.volumes)] {
            for key in keys {
                config["config"][field][key] = json!({});
            }
        }
        config["rootfs"] = json!({
            "type": "layers",
            "diff_ids": layers.iter().map(Layer::diff_id).collect::<Vec<_>>(),
        });
        config["history"] = layers
            .iter()
            .map(|_| json!({"created": "2020-01-01T00:00:00Z", "created_by": "test"}))
            .collect();
        config
    }
}

impl From<&Image> for Packed {
    fn from(image: &Image) -> Self {
        image.pack()
    }
}

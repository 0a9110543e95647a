//! What a manifest refers to, of whatever kind it is: by its shape, so that artifacts are read as images are.

use serde_json::Value;

use crate::model::observation::Descriptor;
use crate::model::platform::Platform;

/// A manifest's parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// Configuration, layers, an artifact's blobs: in the manifest's order, each once.
    pub blobs: Vec<Part>,
    /// The manifests of an index, in its order.
    pub entries: Vec<Entry>,
    /// The first of the blobs, where it is a configuration.
    pub config: Option<Descriptor>,
    /// It is about this other manifest.
    pub subject: Option<String>,
    /// As a list of referrers names it: its `artifactType`, or its configuration's media type (OCI distribution
    /// specification, "Listing referrers").
    pub artifact_type: Option<String>,
    /// Those of the manifest itself.
    pub annotations: Option<Value>,
}

/// A blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub descriptor: Descriptor,
    /// It lies elsewhere, at `urls` of its own, and is left there (containers/image `copy/single.go` `copyLayers`).
    pub foreign: bool,
}

/// A manifest in an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub descriptor: Descriptor,
    /// `None` for attestations and others without a usable platform.
    pub platform: Option<Platform>,
}

/// A manifest that is not copied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("it is of schema 1, which Docker gave up in 2017 and runtimes no longer take")]
    Schema1,
    #[error("it is no JSON")]
    NoJson,
    #[error("it refers to nothing that an image or an index has")]
    NoParts,
    #[error("it names a part without a digest")]
    NoDigest,
}

/// Reads a manifest.
///
/// # Errors
///
/// When it is none that could be stored elsewhere as it is.
pub fn read(media_type: &str, bytes: &[u8]) -> Result<Contents, Unfit> {
    let json: Value = serde_json::from_slice(bytes).map_err(|_no_json| Unfit::NoJson)?;
    if json.get("schemaVersion").and_then(Value::as_u64) == Some(1)
        || media_type.contains("distribution.manifest.v1+")
    {
        return Err(Unfit::Schema1);
    }
    let list = |name: &str| json.get(name).and_then(Value::as_array);
    let config = json.get("config").filter(|config| config.is_object());
    let (layers, artifact_blobs, manifests) = (list("layers"), list("blobs"), list("manifests"));
    if config.is_none() && layers.is_none() && artifact_blobs.is_none() && manifests.is_none() {
        return Err(Unfit::NoParts);
    }
    let mut blobs: Vec<Part> = Vec::new();
    for value in config
        .into_iter()
        .chain(layers.into_iter().flatten())
        .chain(artifact_blobs.into_iter().flatten())
    {
        let part = part(value)?;
        if !blobs
            .iter()
            .any(|known| known.descriptor.digest == part.descriptor.digest)
        {
            blobs.push(part);
        }
    }
    let entries = manifests
        .into_iter()
        .flatten()
        .map(entry)
        .collect::<Result<Vec<_>, _>>()?;
    let config_type = config.and_then(|config| text(config, "mediaType"));
    Ok(Contents {
        blobs,
        entries,
        config: config.map(descriptor).transpose()?,
        subject: json
            .get("subject")
            .and_then(|subject| text(subject, "digest")),
        artifact_type: text(&json, "artifactType").or(config_type),
        annotations: json.get("annotations").filter(|it| it.is_object()).cloned(),
    })
}

fn part(json: &Value) -> Result<Part, Unfit> {
    let urls = json.get("urls").and_then(Value::as_array);
    Ok(Part {
        descriptor: descriptor(json)?,
        foreign: urls.is_some_and(|urls| !urls.is_empty()),
    })
}

fn entry(json: &Value) -> Result<Entry, Unfit> {
    let platform = json.get("platform").and_then(|platform| {
        // `unknown` is what BuildKit gives to attestations.
        let known = |name| text(platform, name).filter(|value| value != "unknown");
        Some(Platform {
            os: known("os")?,
            architecture: known("architecture")?,
            variant: text(platform, "variant"),
        })
    });
    Ok(Entry {
        descriptor: descriptor(json)?,
        platform,
    })
}

fn descriptor(json: &Value) -> Result<Descriptor, Unfit> {
    let digest = text(json, "digest").filter(|digest| is_digest(digest));
    Ok(Descriptor {
        digest: digest.ok_or(Unfit::NoDigest)?,
        size: json.get("size").and_then(Value::as_u64).unwrap_or(0),
        media_type: text(json, "mediaType").unwrap_or_default(),
    })
}

/// `algorithm:hex`: it becomes part of a path, so it may hold nothing else.
fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, hex)| {
        !algorithm.is_empty()
            && algorithm
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+._-".contains(&byte))
            && hex.len() >= 32
            && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn text(json: &Value, name: &str) -> Option<String> {
    json.get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

impl Contents {
    /// The one entry for `wanted`: the exact platform where there is one, else the first that runs there, as runtimes choose.
    pub fn for_platform(&self, wanted: &Platform) -> Option<&Entry> {
        let offers = || {
            self.entries
                .iter()
                .filter_map(|entry| entry.platform.as_ref().map(|offered| (entry, offered)))
        };
        offers()
            .find(|(_, offered)| *offered == wanted)
            .or_else(|| offers().find(|(_, offered)| wanted.accepts(offered)))
            .map(|(entry, _)| entry)
    }

    /// The platforms of an index, each once.
    pub fn platforms(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for entry in &self.entries {
            if let Some(platform) = &entry.platform {
                let name = platform.to_string();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        names
    }
}
